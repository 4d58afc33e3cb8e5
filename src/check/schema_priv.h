/*
 * check/schema_priv.h - a schema in memory: rules, their kinds, and how they are judged
 */
#ifndef HONE_CHECK_SCHEMA_PRIV_H
#define HONE_CHECK_SCHEMA_PRIV_H

#include "base/hash.h"
#include "check/schema.h"

enum hone_rule_action { HONE_RULE_WARN, HONE_RULE_QUARANTINE, HONE_RULE_FAIL };

struct hone_rule_kind;
struct hone_trial;
struct hone_expr;

/* One rule.  Which members hold depends on its kind; all have a value that says nothing. */
struct hone_rule {
    const struct hone_rule_kind *kind;
    const char *column; /* NULL: of the table */
    enum hone_rule_action action;
    double mostly;   /* share of values that must pass */
    double min, max; /* -inf, inf: no bound.  Times: days or µs, as the column's */
    const char *min_text, *max_text; /* as written, when they were texts */
    bool strict_min, strict_max;
    bool strictly, ties, or_equal, two_sided, exact, all;
    unsigned types;         /* bits of enum hone_type */
    struct hone_map values; /* texts as CSV writes them */
    const char **item;      /* (items) the same, or patterns, or columns of a pair */
    size_t items;
    const char **columns; /* (cols) */
    size_t cols;
    const char **only_in, **not_in; /* environments; none: all */
    size_t only_ins, not_ins;
    const char *text; /* a format, a law */
    struct hone_expr *expr;
    double *at, *low, *high; /* (ats) quantiles, and the bounds of each */
    size_t ats;
    double *edge;  /* (edges) of a reference of numbers; shares is edges - 1 */
    double *share; /* (shares) of a reference; of texts they go with item */
    size_t edges, shares;
    double number;           /* days, total, position */
    const char *kwargs;      /* the rule as it was written, JSON */
    const char *expectation; /* its name as it was written */
};

/* What a kind of rule is; one constant per kind, in rules.def. */
struct hone_rule_kind {
    const char *name;
    bool table;          /* of the table as a whole, else of a column */
    bool values;         /* about single values or rows: knows mostly and quarantine */
    bool dates;          /* bounds may be dates */
    const char *keys[9]; /* that it understands beside action, mostly, only_in */
    size_t need;         /* the first so many keys must be there */
    bool some;           /* at least one key must be there */
    enum hone_code (*judge)(struct hone_trial *trial, const struct hone_rule *rule);
};

struct hone_schema {
    struct hone_arena *mem;
    struct hone_rule *rule; /* (rules) in the order of the file */
    size_t rules, room;
    const char **column; /* (cols) that it names, each once */
    size_t cols, column_room;
    enum hone_rule_action extra;
    bool foreign; /* a Great Expectations suite: extra columns are no matter */
};

extern const struct hone_rule_kind *const hone_rule_kinds[]; /* ends with NULL */

/* One rule under judgement. */
struct hone_trial {
    struct hone_run *run;
    const struct hone_table *t;
    const struct hone_column *raw; /* as it is in the table; NULL: a rule of the table */
    struct hone_column column;     /* in the type of the schema where that works */
    struct hone_schema_verdict *verdict;
};

/* Which rows break a rule is collected here before anything is said. */
struct hone_score {
    struct hone_finding found;
    size_t known; /* values judged */
    bool *bad;    /* (rows) */
};
enum hone_code hone_score_begin(struct hone_trial *t, struct hone_score *s);
static inline void hone_score_row(struct hone_score *s, size_t row, bool good)
{
    s->known++;
    if (!good) {
        s->bad[row] = true;
        hone_finding_row(&s->found, row);
    }
}

/* The outcome of a rule as a finding; broken rows are set aside when the rule says so.  s NULL: it is not about
 * rows. */
struct hone_finding *hone_conclude(struct hone_trial *t, const struct hone_rule *rule,
                                   const struct hone_score *s, bool good, const char *message);
/* The same for a rule about single values, which should be what. */
void hone_conclude_values(struct hone_trial *t, const struct hone_rule *rule,
                          const struct hone_score *s, const char *what);
/* The same for one figure against the rule's bounds; what it is: "the mean". */
void hone_conclude_figure(struct hone_trial *t, const struct hone_rule *rule, const char *what,
                          double figure);
/* The rule cannot be judged: it fails, and this is why. */
void hone_conclude_unfit(struct hone_trial *t, const struct hone_rule *rule, const char *why);

/* The text of a value: of texts as it is, of others as CSV writes it. */
struct hone_str hone_value_text(const struct hone_column *c, size_t row, struct hone_buf *buf);
/* A bound in the unit of a column; false when it does not apply to its type. */
bool hone_bound_of(const struct hone_column *c, double number, const char *text, double *out);
/* "between 1 and 5", "at least 3"; in mem. */
const char *hone_bounds_text(const struct hone_rule *rule, struct hone_arena *mem);

/* Is a value, read as JSON, what a JSON Schema (a useful part of draft 7) asks for? */
bool hone_json_fits(const json_t *schema, const json_t *value, size_t depth);

/* A suite of Great Expectations as a tree of ours; new reference.  Fails: HONE_E_FORMAT, naming the expectation
 * by its place, when one cannot be mapped. */
bool hone_is_suite(const json_t *tree);
enum hone_code hone_suite_tree(struct hone_run *run, const json_t *suite, json_t **out);

#endif
