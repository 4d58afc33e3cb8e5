/*
 * privacy/generalise.h - values made coarser
 */
#ifndef HONE_PRIVACY_GENERALISE_H
#define HONE_PRIVACY_GENERALISE_H

#include "privacy/redact.h"

enum hone_coarse_way {
    HONE_COARSE_YEAR,
    HONE_COARSE_MONTH,
    HONE_COARSE_DECADE,
    HONE_COARSE_AGE,    /* in bands of size years, at the run's clock */
    HONE_COARSE_BAND,   /* of size */
    HONE_COARSE_PREFIX, /* size characters, the rest stars */
    HONE_COARSE_NET,    /* of an IP address: /24, /48 */
    HONE_COARSE_TOP,    /* the size most frequent values, "other" for the rest */
    HONE_COARSE_ROUND   /* to size decimals */
};

struct hone_coarse {
    enum hone_coarse_way way;
    double size;
    int64_t today; /* days since 1970-01-01, for ages */
};

/* What a rule's option means for a column.  Fails: HONE_E_ARG when it does not fit the column's type. */
enum hone_code hone_coarse_of(struct hone_run *run, const struct hone_redact_rule *rule,
                              const struct hone_column *c, struct hone_coarse *out);

/*
 * The coarser value of a row, appended to out; not for HONE_COARSE_TOP.
 *
 *   text  the value as it is written
 *
 * Returns false when it has none: a text that is no date.
 */
bool hone_coarsen(const struct hone_coarse *how, const struct hone_column *c, size_t row,
                  struct hone_str text, struct hone_buf *out);

#endif
