/*
 * privacy/anonymity.h - how well rows hide among each other
 *
 * Rows that agree in all quasi-identifiers form a class.  A missing value is a value of its own.
 * Sources: Samarati & Sweeney, SRI-CSL-98-04, 1998 (k-anonymity); Machanavajjhala et al., l-Diversity, ACM
 * TKDD 1(1), 2007 (distinct, entropy: definition 4.1, recursive (c,l): definition 4.2); Li, Li & Venkatasubramanian,
 * t-Closeness, ICDE 2007 (equal ground distance for categories, ordered distance for numbers).
 */
#ifndef HONE_PRIVACY_ANONYMITY_H
#define HONE_PRIVACY_ANONYMITY_H

#include "base/json.h"
#include "table/table.h"

#define HONE_CLASS_SIZES 8 /* 1, 2, 3-4, 5-9, 10-19, 20-49, 50-99, 100 and more */

/* What a quasi-identifier adds. */
struct hone_quasi {
    const char *column;
    size_t distinct;      /* values, a missing one among them */
    size_t k_without;     /* smallest class without it */
    size_t below_without; /* rows in classes below k without it */
    double unique_alone;  /* share of rows that this column alone singles out */
};

/* How varied a sensitive column is within the classes; the worst class decides. */
struct hone_diversity {
    const char *column;
    size_t distinct;   /* in the whole table */
    size_t distinct_l; /* least number of different values in a class */
    double entropy_l;  /* least exp(entropy) of a class */
    double
        recursive_c; /* least c for which all classes are recursive (c,2)-diverse: most frequent / rest; inf when a
                            class has one value */
    size_t
        uniform_rows; /* in classes of one value: who is known to be in it is known to have it */
    double closeness_t; /* greatest distance of a class from the whole, 0 to 1 */
    bool ordered;       /* distance over the order of numbers, else over categories */
};

struct hone_anonymity {
    size_t rows, classes;
    size_t k;        /* asked for */
    size_t smallest; /* class: the table is that-anonymous; 0 without rows */
    size_t unique;   /* rows that are alone in their class */
    size_t below;    /* rows in classes smaller than k */
    double mean, median;
    size_t size_classes[HONE_CLASS_SIZES], size_rows[HONE_CLASS_SIZES];
    size_t worst[10], worst_n; /* rows of the smallest classes, one each, from 0 */
    struct hone_quasi *quasi;  /* (quasis) in the order given */
    size_t quasis;
    struct hone_diversity *sensitive; /* (sensitives) */
    size_t sensitives;
};

/*
 * Measure.
 *
 *   quasi      (quasis) at least one column
 *   sensitive  (sensitives) columns, none of them quasi
 *   k          at least 1
 *
 * O(rows (quasis + sensitives)) expected, exact (codes of columns are paired and numbered anew); deterministic.
 * Fails: HONE_E_NOT_FOUND; HONE_E_ARG for none or repeated columns; HONE_E_LIMIT, HONE_E_CANCELLED.
 */
enum hone_code hone_anonymity_measure(struct hone_run *run, const struct hone_table *t,
                                      const char *const *quasi, size_t quasis,
                                      const char *const *sensitive, size_t sensitives, size_t k,
                                      struct hone_arena *mem, struct hone_anonymity *out);

/* The members above; new reference. */
json_t *hone_anonymity_json(const struct hone_anonymity *a);
/* "1", "2", "3-4", ... of a place in size_classes. */
const char *hone_class_size_name(size_t place);

#endif
