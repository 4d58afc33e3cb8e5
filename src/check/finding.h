/*
 * check/finding.h - what the checks found, for programs and for people
 */
#ifndef HONE_CHECK_FINDING_H
#define HONE_CHECK_FINDING_H

#include "base/json.h"

/* info: worth knowing, nothing to be done about */
enum hone_severity { HONE_PASS, HONE_INFO, HONE_WARN, HONE_FAIL };
#define HONE_SEVERITIES 4

/* "pass", "info", "warn", "fail". */
const char *hone_severity_name(enum hone_severity severity);

#define HONE_FINDING_ROWS 20 /* row numbers that a finding keeps */

struct hone_finding {
    const char *check; /* name of the check or rule */
    enum hone_severity severity;
    const char *column;            /* NULL: the table as a whole */
    const char *other;             /* a second column, or NULL */
    const char *message;           /* one sentence for people */
    const char *advice;            /* what to do; NULL: nothing */
    double value;                  /* what was measured; NaN: nothing */
    double threshold;              /* what it was held against; NaN: nothing */
    size_t rows;                   /* affected rows; 0 when rows are not the point */
    size_t row_n;                  /* how many of them are listed */
    size_t row[HONE_FINDING_ROWS]; /* the first ones, from 0 */
    bool of_test;                  /* the rows are the test table's */
    /* of rules of a schema; all else zero */
    const char *expectation; /* its name as the schema's author wrote it; NULL: check */
    const char *kwargs;      /* its settings, JSON; NULL: made from the members above */
    const char *observed;    /* what was measured, JSON; NULL: value */
    bool by_value; /* it judges values one by one: of known, of which rows are wrong */
    size_t known, missing;
};

struct hone_findings {
    struct hone_arena *mem; /* where texts live */
    struct hone_finding *item;
    size_t n, room;
};

/* Add a finding, all else empty.  Borrowed until the next one is added; panics without memory. */
struct hone_finding *hone_finding_add(struct hone_findings *findings, const char *check,
                                      enum hone_severity severity, const char *column);
/* Count a row, and list it when it is among the first. */
void hone_finding_row(struct hone_finding *finding, size_t row);
/* Take rows and their count from another finding. */
void hone_finding_rows(struct hone_finding *finding, const struct hone_finding *from);
/* Add a copy of a finding, its texts too. */
void hone_finding_copy(struct hone_findings *findings, const struct hone_finding *from);

/* Is a column one that personal_data spoke of?  Then its values are shown nowhere. */
bool hone_findings_hide(const struct hone_findings *findings, const char *column);
/* Take the values of such columns, which messages quote, out of them. */
void hone_findings_mask(struct hone_findings *findings);

size_t hone_findings_count(const struct hone_findings *findings, enum hone_severity severity);
/* The worst severity; HONE_PASS when there are none. */
enum hone_severity hone_findings_worst(const struct hone_findings *findings);

/*
 * {"success", "statistics", "results": [...]} in the shape of Great Expectations (docs/check.md).
 * element_count is the number of rows checked.  Row numbers count from 0, as there.  table gives the
 * unexpected values; NULL: they are left out.  New reference.
 */
struct hone_table;
json_t *hone_findings_report(const struct hone_findings *findings, size_t element_count,
                             const struct hone_table *table);
/* The same without values. */
json_t *hone_findings_json(const struct hone_findings *findings, size_t element_count);

/*
 * Lines for people, worst first: mark, columns, message, rows (counted from 1), advice.  Passed
 * checks are one closing line, or listed when all is true.
 */
void hone_findings_text(const struct hone_findings *findings, bool all, struct hone_buf *out);

#endif
