/*
 * profile/associate.h - how the columns of a table hang together, and with a target
 *
 * Pairs are measured over the rows where both are there (and finite).  Numbers with numbers: Pearson and
 * Spearman (equal values share the mean of their ranks).  Categories with categories: Cramér's V and the
 * uncertainty coefficient.  Categories with numbers: the correlation ratio eta.  V and eta grow by chance alone
 * with the number of categories, so the headline takes that out (Bergsma, J. Korean Stat. Soc. 42, 2013;
 * epsilon squared: Kelley, PNAS 21, 1935); the plain values, as SciPy gives them, stand beside.
 * Dates and times count as numbers; a truth value is a number beside numbers and a category beside categories.
 * Same results for any number of threads.
 */
#ifndef HONE_PROFILE_ASSOCIATE_H
#define HONE_PROFILE_ASSOCIATE_H

#include "profile/profile.h"

#define HONE_ASSOCIATE_COLUMNS 100 /* taken part at most */
#define HONE_ASSOCIATE_LEVELS  500 /* of a category that takes part */

enum hone_measure {
    HONE_SPEARMAN,
    HONE_CRAMERS_V,
    HONE_ETA,
};
/* "spearman", "cramers_v", "eta". */
const char *hone_measure_name(enum hone_measure measure);

struct hone_association {
    size_t a, b; /* columns of the table, a < b */
    size_t n;    /* rows where both are there */
    enum hone_measure measure;
    double value; /* spearman: -1 to 1; V and eta without their bias: 0 to 1; NaN: undefined */
    double pearson; /* numbers */
    double plain;   /* V and eta with their bias */
    double u_ab,
        u_ba; /* categories: share of the uncertainty about a that b takes away, and the other way;
                           1: b determines a */
};

struct hone_associations {
    size_t n;                      /* columns that took part */
    size_t *column;                /* (n) of the table, ascending */
    size_t pairs;                  /* n (n - 1) / 2 */
    struct hone_association *pair; /* (pairs) the strongest first, undefined ones last */
    size_t left_out;               /* columns that could have taken part: over the bounds */
    bool
        column_ranks; /* Spearman's ranks were taken once per column, not anew for the rows of each pair that
                          misses some: on large tables */
};

/* profile is of the same table.  Fails: HONE_E_LIMIT, HONE_E_CANCELLED. */
enum hone_code hone_table_associate(struct hone_run *run, const struct hone_table *t,
                                    const struct hone_profile *profile, struct hone_arena *mem,
                                    struct hone_associations **out);

/* List of objects, the strongest first; at most `most` of them.  New reference. */
json_t *hone_associations_json(const struct hone_associations *found,
                               const struct hone_profile *profile, size_t most);

#define HONE_TARGET_GROUPS  12
#define HONE_TARGET_CLASSES 4

enum hone_target_kind {
    HONE_TARGET_BINARY,
    HONE_TARGET_CLASSES_MANY,
    HONE_TARGET_NUMBER,
};

/* What the target is like where a feature has these values. */
struct hone_target_group {
    char label[64];
    size_t rows;
    double mean;   /* of a numeric target; share of the positive class of a binary one */
    double lo, hi; /* around the mean, 95 %; NaN for many classes */
    double share[HONE_TARGET_CLASSES]; /* of each class shown */
};

struct hone_target_feature {
    size_t column;
    size_t n;            /* rows where both are there */
    const char *measure; /* "roc_auc", "cramers_v", "eta", "spearman" */
    double value;        /* NaN: undefined */
    double
        strength; /* 0 to 1, to compare all features: the share of the target's uncertainty (classes: entropy,
                        numbers: variance) that groups of the feature take away, without what chance gives;
                        missing is a group of its own */
    bool suspect; /* it gives the target away */
    size_t groups;
    struct hone_target_group group[HONE_TARGET_GROUPS];
};

struct hone_target_profile {
    size_t column;
    enum hone_target_kind kind;
    size_t rows, missing; /* rows with a target, without one */
    double mean;          /* of the target, or the positive share */
    size_t classes;       /* in all */
    size_t shown;         /* the most frequent ones */
    const char *class
        [HONE_TARGET_CLASSES]; /* binary: the second in order is the positive one, class[1] */
    size_t class_rows[HONE_TARGET_CLASSES];
    size_t features;
    struct hone_target_feature *feature; /* (features) the strongest first */
    size_t left_out; /* columns that say nothing: constant, texts that differ */
};

/*
 * How each column alone tells about the target.
 * Fails: HONE_E_NOT_FOUND (no such column), HONE_E_ARG (it has one value only, or is of texts that are too many
 * for classes), HONE_E_LIMIT, HONE_E_CANCELLED.
 */
enum hone_code hone_target_profile(struct hone_run *run, const struct hone_table *t,
                                   const struct hone_profile *profile, const char *target,
                                   struct hone_arena *mem, struct hone_target_profile **out);

json_t *hone_target_json(const struct hone_target_profile *target,
                         const struct hone_profile *profile);

#endif
