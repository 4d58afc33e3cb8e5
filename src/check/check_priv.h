/*
 * check/check_priv.h - what the checks share
 */
#ifndef HONE_CHECK_CHECK_PRIV_H
#define HONE_CHECK_CHECK_PRIV_H

#include "check/check.h"

struct hone_check_ctx {
    const struct hone_check_input *in;
    const struct hone_table *table, *test;
    const struct hone_profile *profile;
    const struct hone_column *target; /* NULL: none */
    enum hone_task task;              /* 0 without target */
    size_t classes;                   /* 1 for regression */
    const double *y;                  /* (rows) class code or value; NaN missing */
    const uint64_t *features;         /* (rows) hash of all columns but the target */
    const uint64_t *test_features;    /* (test rows) */
    struct hone_arena *mem;
};

/* The different values of a text column, in the order in which they appear. */
struct hone_words {
    size_t n;
    struct hone_str *text; /* (n) */
    size_t *count;         /* (n) */
    bool *bad;             /* (n) false; set by the check that looks, which clears it after */
    uint32_t *code;        /* (rows) UINT32_MAX missing */
    size_t known;          /* rows with a value */
};

/* One column as the column checks see it.  What takes work is made when it is first asked for. */
struct hone_facts {
    const struct hone_column *c;
    const struct hone_column_profile *p;
    size_t known; /* values that are not missing */
    bool is_target;
    bool is_numeric; /* numbers other than truth values */
    struct hone_arena *mem;
    double *sorted; /* (finite) */
    size_t finite;
    struct hone_words *words;
};

/* The finite values of a column of numbers or times, ascending; borrowed from facts. */
enum hone_code hone_facts_sorted(struct hone_run *run, struct hone_facts *facts,
                                 const double **v, size_t *n);
/* The words of a text column; borrowed from facts.  NULL for other columns, and for those with
 * more different values than words have. */
enum hone_code hone_facts_words(struct hone_run *run, struct hone_facts *facts,
                                struct hone_words **out);
/* Up to five bad words, quoted; in mem. */
const char *hone_words_examples(const struct hone_words *w, struct hone_arena *mem);
/* List the rows of bad words in a finding, and forget what was bad. */
void hone_words_blame(struct hone_words *w, size_t rows, struct hone_finding *f);

/* The column of that name in training and test; false when one lacks it, or name is NULL. */
bool hone_both_parts(const struct hone_check_ctx *ctx, const char *name,
                     const struct hone_column **train, const struct hone_column **test);

/* A value as 64 bits: equal values of like columns have equal ones, also between tables and between
 * number types.  Missing is a value of its own. */
uint64_t hone_cell_hash(const struct hone_column *c, size_t row);
/* The same of a text. */
uint64_t hone_text_hash(struct hone_str s);

/* Hash of each row over the columns of t but skip; other (or t) gives the names and their order.
 * Columns that t lacks count as missing. */
enum hone_code hone_row_hashes(struct hone_run *run, const struct hone_table *t,
                               const struct hone_table *names, const char *skip,
                               struct hone_arena *mem, const uint64_t **out);

/* A set of hashes, each with a number.  Room is fixed: at most n members. */
struct hone_seen {
    uint64_t *key;
    uint32_t *value;
    size_t mask, n;
};
enum hone_code hone_seen_new(struct hone_run *run, size_t n, struct hone_arena *mem,
                             struct hone_seen *out);
/* The number of key, which becomes value when key is new. */
uint32_t hone_seen_add(struct hone_seen *seen, uint64_t key, uint32_t value);
/* The number of key, or UINT32_MAX. */
uint32_t hone_seen_get(const struct hone_seen *seen, uint64_t key);

/* How well one column, cut into bins, predicts the target on rows it was not fitted on. */
struct hone_single {
    double score; /* ROC AUC (mean over classes), or R2; NaN when it cannot be told */
    double error; /* its standard error, roughly */
    double
        sharp; /* classification: average precision of the rarest class (more than two: mean over classes);
                     near 1 only when the column tells the class, not merely ranks it; regression: 1 */
};

/*
 *   key     (rows) numbers, NaN missing; used when code is NULL
 *   code    (rows) level of a text, UINT32_MAX missing
 *   levels  how many codes there are
 */
struct hone_predictor {
    const double *key;
    const uint32_t *code;
    size_t levels;
};
/* y (rows) as in the context, of the rows that x speaks of. */
enum hone_code hone_single_score(struct hone_run *run, const struct hone_check_ctx *ctx,
                                 const struct hone_predictor *x, size_t rows, const double *y,
                                 struct hone_single *out);

#define HONE_SINGLE_ROWS 20000 /* that are looked at, evenly spaced */

/* The column as a predictor, in mem: of the rows that are looked at. */
enum hone_code hone_predictor_of(struct hone_run *run, const struct hone_column *c,
                                 struct hone_arena *mem, struct hone_predictor *out);

/* Median and robust scale (1.4826 times the median distance from it) of n > 0 ascending values. */
enum hone_code hone_robust(struct hone_run *run, size_t n, const double *sorted, double *centre,
                           double *scale);

/* The values of -9, 999, ... that people write for missing. */
bool hone_is_missing_code(double x);

/* An identifier by its values: text or whole numbers that hardly repeat, no prose. */
bool hone_is_id_like(const struct hone_column *c, const struct hone_column_profile *p,
                     double share, size_t rows);

/* A text for findings. */
#define HONE_SAY(findings, ...) hone_arena_format((findings)->mem, __VA_ARGS__)

/* "" for 1, "s" for all others. */
static inline const char *hone_plural(size_t n)
{
    return n == 1 ? "" : "s";
}

#endif
