/* Duplicate rows and missing cells of a table; declared in profile_priv.h. */
#include "base/hash.h"
#include "base/pool.h"
#include "profile/profile_priv.h"

enum { ROW_BLOCK = 8192, MASK_COLUMNS = 64, PAIRS = 20 };

struct job {
    const struct hone_table *table;
    const uint64_t **words;
    uint64_t *hash; /* (rows) */
    struct hone_keyed *entry;
    uint64_t *mask; /* (rows) bit k: the kth column with something missing is missing */
    const size_t *gap;
    size_t gaps;
};

static void hash_rows(void *ctx, size_t chunk, size_t worker)
{
    const struct job *job = ctx;
    size_t from = chunk * ROW_BLOCK;
    size_t to = from + ROW_BLOCK < job->table->rows ? from + ROW_BLOCK : job->table->rows;

    (void)worker;
    for (size_t i = 0; i < job->table->cols; i++) {
        hone_hash_cells(&job->table->column[i], job->words[i], from, to, job->hash);
    }
    for (size_t row = from; row < to; row++) {
        job->entry[row] = (struct hone_keyed){job->hash[row], (uint32_t)row};
    }
}

static bool same_rows(const struct hone_table *t, size_t a, size_t b)
{
    for (size_t i = 0; i < t->cols; i++) {
        if (!hone_same_cell(&t->column[i], a, &t->column[i], b)) {
            return false;
        }
    }
    return true;
}

/* Rows of one hash, ascending: those that equal an earlier one. */
static void count_group(const struct hone_table *t, const struct hone_keyed *entry, size_t n,
                        struct hone_profile *profile)
{
    for (size_t i = 1; i < n; i++) {
        size_t row = entry[i].row;
        for (size_t k = 0; k < i; k++) {
            if (same_rows(t, entry[k].row, row)) {
                if (profile->duplicate_rows == 0 || row < profile->duplicate_example[0]) {
                    profile->duplicate_example[0] = row;
                    profile->duplicate_example[1] = entry[k].row;
                }
                profile->duplicate_rows++;
                break;
            }
        }
    }
}

static enum hone_code count_duplicates(struct hone_run *run, const struct hone_table *t,
                                       struct hone_profile *profile)
{
    struct job job = {.table = t};
    struct hone_keyed *spare;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &job.words, t->cols));
    HONE_TRY(hone_array(run, &run->scratch, &job.hash, t->rows));
    HONE_TRY(hone_array(run, &run->scratch, &job.entry, t->rows));
    HONE_TRY(hone_array(run, &run->scratch, &spare, t->rows));
    for (size_t i = 0; i < t->cols; i++) {
        HONE_TRY(hone_word_hashes(run, &t->column[i], &run->scratch, &job.words[i]));
    }
    hone_parallel(run, (t->rows + ROW_BLOCK - 1) / ROW_BLOCK, hash_rows, &job);
    hone_sort_keyed(job.entry, spare, t->rows);
    for (size_t i = 0, end; i < t->rows; i = end) {
        for (end = i + 1; end < t->rows && job.entry[end].key == job.entry[i].key; end++) {
        }
        count_group(t, job.entry + i, end - i, profile);
    }
    return HONE_OK;
}

static void mask_rows(void *ctx, size_t chunk, size_t worker)
{
    const struct job *job = ctx;
    size_t from = chunk * ROW_BLOCK;
    size_t to = from + ROW_BLOCK < job->table->rows ? from + ROW_BLOCK : job->table->rows;

    (void)worker;
    for (size_t k = 0; k < job->gaps; k++) {
        const uint8_t *valid = job->table->column[job->gap[k]].valid;
        for (size_t row = from; row < to; row++) {
            job->mask[row] |= (uint64_t)!hone_bit(valid, row) << k;
        }
    }
}

struct pattern {
    uint64_t mask;
    size_t rows;
};

/* Keep the most frequent patterns; ties by mask. */
static void offer_pattern(struct pattern *top, size_t *n, struct pattern next)
{
    size_t at = *n;

    while (at > 0 && (top[at - 1].rows < next.rows)) {
        at--;
    }
    if (at == HONE_PROFILE_PATTERNS) {
        return;
    }
    *n += *n < HONE_PROFILE_PATTERNS;
    for (size_t i = *n - 1; i > at; i--) {
        top[i] = top[i - 1];
    }
    top[at] = next;
}

static enum hone_code keep_patterns(struct hone_run *run, const struct job *job,
                                    const struct pattern *top, size_t n, struct hone_arena *mem,
                                    struct hone_missingness *out)
{
    out->pattern_n = n;
    for (size_t i = 0; i < n; i++) {
        size_t *column;
        HONE_TRY(hone_array(run, mem, &column, job->gaps));
        out->pattern[i] = (struct hone_missing_pattern){.rows = top[i].rows, .column = column};
        for (size_t k = 0; k < job->gaps; k++) {
            if (top[i].mask >> k & 1) {
                column[out->pattern[i].n++] = job->gap[k];
            }
        }
    }
    return HONE_OK;
}

/* Pairs whose missing cells meet in at least half of the rows where either is missing, and twice as often as by
 * chance. */
static enum hone_code find_pairs(struct hone_run *run, const struct job *job,
                                 const struct pattern *all, size_t n, struct hone_arena *mem,
                                 struct hone_missingness *out)
{
    double rows = (double)job->table->rows;

    HONE_TRY(hone_array(run, mem, &out->pair, PAIRS));
    for (size_t a = 0; a < job->gaps; a++) {
        for (size_t b = a + 1; b < job->gaps; b++) {
            double na = (double)job->table->column[job->gap[a]].nulls;
            double nb = (double)job->table->column[job->gap[b]].nulls;
            struct hone_missing_pair pair = {.a = job->gap[a], .b = job->gap[b]};
            size_t at;
            for (size_t i = 0; i < n; i++) {
                pair.both += (all[i].mask >> a & 1) && (all[i].mask >> b & 1) ? all[i].rows : 0;
            }
            pair.either = (size_t)na + (size_t)nb - pair.both;
            if (pair.both < 5 || 2 * pair.both < pair.either ||
                (double)pair.both * rows < 2 * na * nb) {
                continue;
            }
            for (at = out->pairs; at > 0 && out->pair[at - 1].both * pair.either <
                                                pair.both * out->pair[at - 1].either;
                 at--) {
            }
            if (at == PAIRS) {
                continue;
            }
            out->pairs += out->pairs < PAIRS;
            for (size_t i = out->pairs - 1; i > at; i--) {
                out->pair[i] = out->pair[i - 1];
            }
            out->pair[at] = pair;
        }
    }
    return HONE_OK;
}

static enum hone_code find_missing(struct hone_run *run, const struct hone_table *t,
                                   struct hone_arena *mem, struct hone_missingness *out)
{
    struct job job = {.table = t};
    struct pattern top[HONE_PROFILE_PATTERNS];
    struct pattern *all;
    size_t gap[MASK_COLUMNS];
    size_t n = 0;
    uint64_t *spare;
    HONE_SCRATCH(run);

    for (size_t i = 0; i < t->cols; i++) {
        if (t->column[i].nulls != 0 && job.gaps == MASK_COLUMNS) {
            out->bounded = true;
        } else if (t->column[i].nulls != 0) {
            gap[job.gaps++] = i;
        }
    }
    out->columns = job.gaps;
    if (job.gaps == 0) {
        out->complete = t->rows;
        return HONE_OK;
    }
    job.gap = gap;
    HONE_TRY(hone_array(run, &run->scratch, &job.mask, t->rows));
    HONE_TRY(hone_array(run, &run->scratch, &spare, t->rows));
    hone_parallel(run, (t->rows + ROW_BLOCK - 1) / ROW_BLOCK, mask_rows, &job);
    hone_sort_keys(job.mask, spare, t->rows);
    HONE_TRY(hone_array(run, &run->scratch, &all, t->rows));
    for (size_t i = 0, end; i < t->rows; i = end) {
        for (end = i + 1; end < t->rows && job.mask[end] == job.mask[i]; end++) {
        }
        all[out->patterns++] = (struct pattern){job.mask[i], end - i};
        offer_pattern(top, &n, all[out->patterns - 1]);
    }
    out->complete = all[0].mask == 0 ? all[0].rows : 0;
    HONE_TRY(keep_patterns(run, &job, top, n, mem, out));
    return find_pairs(run, &job, all, out->patterns, mem, out);
}

enum hone_code hone_profile_rows(struct hone_run *run, const struct hone_table *t,
                                 struct hone_arena *mem, struct hone_profile *profile)
{
    HONE_TRY(count_duplicates(run, t, profile));
    return find_missing(run, t, mem, &profile->missingness);
}
