#include "eval/split.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "eval/order.h"

static enum hone_code check_share(struct hone_run *run, size_t rows, double share)
{
    if (!(share > 0 && share < 1)) {
        return hone_fail(run, HONE_E_ARG, "the test share must lie between 0 and 1, not be %g",
                         share);
    }
    if (rows < 2) {
        return hone_fail(run, HONE_E_ARG, "%zu rows cannot be split into train and test", rows);
    }
    if (rows > UINT32_MAX) {
        return hone_fail(run, HONE_E_LIMIT, "%zu rows are more than can be split", rows);
    }
    return HONE_OK;
}

static size_t test_rows(size_t rows, double share)
{
    size_t n = (size_t)(share * (double)rows + 0.5);
    return n < 1 ? 1 : n >= rows ? rows - 1 : n;
}

/* Row numbers from marks: true tests. */
static enum hone_code from_marks(struct hone_run *run, size_t rows, const bool *test,
                                 struct hone_arena *mem, struct hone_split *out)
{
    struct hone_split s = {0};

    for (size_t i = 0; i < rows; i++) {
        s.test_n += test[i] ? 1 : 0;
    }
    HONE_TRY(hone_array(run, mem, &s.test, s.test_n));
    HONE_TRY(hone_array(run, mem, &s.train, rows - s.test_n));
    s.test_n = 0;
    for (size_t i = 0; i < rows; i++) {
        if (test[i]) {
            s.test[s.test_n++] = i;
        } else {
            s.train[s.train_n++] = i;
        }
    }
    *out = s;
    return HONE_OK;
}

/* The numbers 0..n-1 in random order, in scratch. */
static enum hone_code shuffled(struct hone_run *run, const char *purpose, size_t n,
                               size_t **out)
{
    struct hone_rng rng = hone_rng(run->seed, hone_rng_name(purpose));
    size_t *item;

    HONE_TRY(hone_array(run, &run->scratch, &item, n));
    for (size_t i = 0; i < n; i++) {
        item[i] = i;
    }
    hone_rng_shuffle(&rng, n, item);
    *out = item;
    return HONE_OK;
}

enum hone_code hone_split_random(struct hone_run *run, size_t rows, double share,
                                 struct hone_arena *mem, struct hone_split *out)
{
    size_t *row;
    bool *test;
    HONE_SCRATCH(run);

    HONE_TRY(check_share(run, rows, share));
    HONE_TRY(shuffled(run, "split", rows, &row));
    HONE_TRY(hone_array(run, &run->scratch, &test, rows));
    for (size_t i = 0; i < test_rows(rows, share); i++) {
        test[row[i]] = true;
    }
    return from_marks(run, rows, test, mem, out);
}

static enum hone_code check_classes(struct hone_run *run, size_t rows, const double *y,
                                    size_t classes)
{
    for (size_t i = 0; i < rows; i++) {
        if (!(y[i] >= 0 && y[i] < (double)classes)) {
            return hone_fail(run, HONE_E_ARG, "row %zu: %g is no class index below %zu", i,
                             y[i], classes);
        }
    }
    return HONE_OK;
}

/* How many rows of each class test: floor(share * count), then one more by largest remainder. */
static enum hone_code class_quota(struct hone_run *run, size_t classes, const size_t *count,
                                  size_t rows, double share, size_t *quota)
{
    double *rest;
    uint32_t *order;
    size_t given = 0;
    size_t wanted = test_rows(rows, share);

    HONE_TRY(hone_array(run, &run->scratch, &rest, classes));
    HONE_TRY(hone_array(run, &run->scratch, &order, classes));
    for (size_t k = 0; k < classes; k++) {
        double exact = share * (double)count[k];
        quota[k] = (size_t)exact;
        rest[k] = count[k] < 2 ? -1 : exact - (double)quota[k];
        given += quota[k];
    }
    HONE_TRY(hone_order_by(run, classes, rest, true, order));
    for (size_t j = 0; j < classes && given < wanted; j++) {
        size_t k = order[j];
        if (rest[k] > 0 && quota[k] + 1 < count[k]) {
            quota[k]++;
            given++;
        }
    }
    return HONE_OK;
}

enum hone_code hone_split_stratified(struct hone_run *run, size_t rows, const double *y,
                                     size_t classes, double share, struct hone_arena *mem,
                                     struct hone_split *out)
{
    size_t *count;
    size_t *quota;
    size_t *row;
    bool *test;
    size_t given = 0;
    HONE_SCRATCH(run);

    HONE_TRY(check_share(run, rows, share));
    HONE_TRY(check_classes(run, rows, y, classes));
    HONE_TRY(hone_array(run, &run->scratch, &count, classes));
    HONE_TRY(hone_array(run, &run->scratch, &quota, classes));
    HONE_TRY(hone_array(run, &run->scratch, &test, rows));
    for (size_t i = 0; i < rows; i++) {
        count[(size_t)y[i]]++;
    }
    HONE_TRY(class_quota(run, classes, count, rows, share, quota));
    for (size_t k = 0; k < classes; k++) {
        given += quota[k];
    }
    if (given == 0) { /* no class is large enough: any split is as good */
        return hone_split_random(run, rows, share, mem, out);
    }
    HONE_TRY(shuffled(run, "split", rows, &row));
    for (size_t i = 0; i < rows; i++) {
        size_t k = (size_t)y[row[i]];
        if (quota[k] > 0) {
            quota[k]--;
            test[row[i]] = true;
        }
    }
    return from_marks(run, rows, test, mem, out);
}

/* Rows per group; HONE_E_ARG when a number is out of range or fewer than least groups have rows. */
static enum hone_code group_sizes(struct hone_run *run, size_t rows, const uint32_t *group,
                                  size_t groups, size_t least, size_t **out)
{
    size_t *size;
    size_t used = 0;

    HONE_TRY(hone_array(run, &run->scratch, &size, groups));
    for (size_t i = 0; i < rows; i++) {
        if (group[i] >= groups) {
            return hone_fail(run, HONE_E_ARG, "row %zu: group %u, but there are %zu", i,
                             group[i], groups);
        }
        used += size[group[i]]++ == 0 ? 1 : 0;
    }
    if (used < least) {
        return hone_fail(run, HONE_E_ARG, "%zu groups cannot be split into %zu parts", used,
                         least);
    }
    *out = size;
    return HONE_OK;
}

enum hone_code hone_split_group(struct hone_run *run, size_t rows, const uint32_t *group,
                                size_t groups, double share, struct hone_arena *mem,
                                struct hone_split *out)
{
    size_t *size;
    size_t *order;
    bool *chosen;
    bool *test;
    size_t taken = 0;
    size_t smallest = SIZE_MAX;
    HONE_SCRATCH(run);

    HONE_TRY(check_share(run, rows, share));
    HONE_TRY(group_sizes(run, rows, group, groups, 2, &size));
    HONE_TRY(shuffled(run, "split", groups, &order));
    HONE_TRY(hone_array(run, &run->scratch, &chosen, groups));
    HONE_TRY(hone_array(run, &run->scratch, &test, rows));
    double wanted = (double)test_rows(rows, share);
    for (size_t j = 0; j < groups; j++) {
        size_t g = order[j];
        double with = fabs((double)(taken + size[g]) - wanted);
        if (size[g] > 0 && with < fabs((double)taken - wanted)) {
            chosen[g] = true;
            taken += size[g];
        }
        if (size[g] > 0 && (smallest == SIZE_MAX || size[g] < size[smallest])) {
            smallest = g;
        }
    }
    if (taken == 0) { /* every group is more than twice too large */
        chosen[smallest] = true;
    }
    for (size_t i = 0; i < rows; i++) {
        test[i] = chosen[group[i]];
    }
    return from_marks(run, rows, test, mem, out);
}

enum hone_code hone_split_time(struct hone_run *run, size_t rows, const double *time,
                               double share, struct hone_arena *mem, struct hone_split *out)
{
    uint32_t *order;
    bool *test;
    size_t known = rows;
    size_t cut = 0; /* rows before it in time train; 0: none found yet */
    HONE_SCRATCH(run);

    HONE_TRY(check_share(run, rows, share));
    HONE_TRY(hone_array(run, &run->scratch, &order, rows));
    HONE_TRY(hone_array(run, &run->scratch, &test, rows));
    HONE_TRY(hone_order_by(run, rows, time, false, order));
    while (known > 0 && isnan(time[order[known - 1]])) {
        known--; /* NaN sorts last */
    }
    double wanted = (double)test_rows(rows, share);
    for (size_t i = 1; i < known; i++) {
        bool step = time[order[i]] > time[order[i - 1]];
        double miss = fabs((double)(known - i) - wanted);
        if (step && (cut == 0 || miss < fabs((double)(known - cut) - wanted))) {
            cut = i;
        }
    }
    if (cut == 0) {
        return hone_fail(run, HONE_E_ARG,
                         "the time column has fewer than two different times to split by");
    }
    for (size_t i = cut; i < known; i++) {
        test[order[i]] = true;
    }
    return from_marks(run, rows, test, mem, out);
}

static enum hone_code check_folds(struct hone_run *run, size_t rows, size_t k)
{
    if (k < 2 || k > rows || k > UINT32_MAX) {
        return hone_fail(run, HONE_E_ARG, "%zu rows cannot be cut into %zu folds", rows, k);
    }
    return HONE_OK;
}

enum hone_code hone_folds_random(struct hone_run *run, size_t rows, size_t k,
                                 struct hone_arena *mem, uint32_t **fold)
{
    size_t *row;
    uint32_t *f;
    HONE_SCRATCH(run);

    HONE_TRY(check_folds(run, rows, k));
    HONE_TRY(hone_array(run, mem, &f, rows));
    HONE_TRY(shuffled(run, "folds", rows, &row));
    for (size_t i = 0; i < rows; i++) {
        f[row[i]] = (uint32_t)(i % k);
    }
    *fold = f;
    return HONE_OK;
}

enum hone_code hone_folds_stratified(struct hone_run *run, size_t rows, const double *y,
                                     size_t classes, size_t k, struct hone_arena *mem,
                                     uint32_t **fold)
{
    size_t *row;
    size_t *next; /* (classes) the fold that the next row of the class goes to */
    uint32_t *f;
    size_t start = 0;
    HONE_SCRATCH(run);

    HONE_TRY(check_folds(run, rows, k));
    HONE_TRY(check_classes(run, rows, y, classes));
    HONE_TRY(hone_array(run, mem, &f, rows));
    HONE_TRY(hone_array(run, &run->scratch, &next, classes));
    HONE_TRY(shuffled(run, "folds", rows, &row));
    for (size_t i = 0; i < rows; i++) {
        next[(size_t)y[i]]++;
    }
    for (size_t c = 0; c < classes; c++) { /* each class goes on where the last one stopped */
        size_t count = next[c];
        next[c] = start;
        start = (start + count) % k;
    }
    for (size_t i = 0; i < rows; i++) {
        size_t c = (size_t)y[row[i]];
        f[row[i]] = (uint32_t)next[c];
        next[c] = (next[c] + 1) % k;
    }
    *fold = f;
    return HONE_OK;
}

enum hone_code hone_folds_group(struct hone_run *run, size_t rows, const uint32_t *group,
                                size_t groups, size_t k, struct hone_arena *mem,
                                uint32_t **fold)
{
    size_t *size;
    size_t *shuffle;
    size_t *filled; /* (k) rows given to each fold */
    double *key;
    uint32_t *order;
    uint32_t *of_group;
    uint32_t *f;
    HONE_SCRATCH(run);

    HONE_TRY(check_folds(run, rows, k));
    HONE_TRY(group_sizes(run, rows, group, groups, k, &size));
    HONE_TRY(shuffled(run, "folds", groups, &shuffle));
    HONE_TRY(hone_array(run, mem, &f, rows));
    HONE_TRY(hone_array(run, &run->scratch, &filled, k));
    HONE_TRY(hone_array(run, &run->scratch, &key, groups));
    HONE_TRY(hone_array(run, &run->scratch, &order, groups));
    HONE_TRY(hone_array(run, &run->scratch, &of_group, groups));
    for (size_t j = 0; j < groups; j++) {
        key[j] = (double)size[shuffle[j]];
    }
    HONE_TRY(hone_order_by(run, groups, key, true, order));
    for (size_t j = 0; j < groups; j++) { /* the largest group to the emptiest fold */
        size_t g = shuffle[order[j]];
        size_t least = 0;
        for (size_t a = 1; a < k; a++) {
            least = filled[a] < filled[least] ? a : least;
        }
        of_group[g] = (uint32_t)least;
        filled[least] += size[g];
    }
    for (size_t i = 0; i < rows; i++) {
        f[i] = of_group[group[i]];
    }
    *fold = f;
    return HONE_OK;
}

enum hone_code hone_fold_split(struct hone_run *run, size_t rows, const uint32_t *fold,
                               uint32_t f, struct hone_arena *mem, struct hone_split *out)
{
    bool *test;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &test, rows));
    for (size_t i = 0; i < rows; i++) {
        test[i] = fold[i] == f;
    }
    return from_marks(run, rows, test, mem, out);
}
