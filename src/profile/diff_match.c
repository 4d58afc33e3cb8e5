/* Which row of one table is which of the other; declared in diff_priv.h. */
#include "base/pool.h"
#include "profile/diff_priv.h"

enum { BLOCK = 8192 };

/* The rows of one table with the hashes of the columns that name them, sorted by hash. */
struct side {
    const struct hone_column *column; /* (n of the diff) */
    const uint64_t **words;
    size_t rows;
    uint64_t *hash;
    struct hone_keyed *entry, *spare;
};

struct job {
    const struct hone_diff_work *w;
    struct side side[2];
    size_t blocks; /* of the first */
    bool
        by_hash; /* whole rows are taken to be equal when their hashes are, and looked at afterwards */
    bool *collision; /* (blocks) some are not */
};

/* Whether a column of the diff takes part in naming rows. */
static bool names_rows(const struct hone_diff *d, size_t i)
{
    const struct hone_diff_column *c = &d->column[i];

    return c->a != SIZE_MAX && c->b != SIZE_MAX && (!d->keyed || c->key);
}

static void hash_block(void *ctx, size_t chunk, size_t worker)
{
    const struct job *job = ctx;
    const struct side *s = &job->side[chunk >= job->blocks];
    size_t from = (chunk - (chunk >= job->blocks ? job->blocks : 0)) * BLOCK;
    size_t to = from + BLOCK < s->rows ? from + BLOCK : s->rows;

    (void)worker;
    for (size_t i = 0; i < job->w->diff->n; i++) {
        if (names_rows(job->w->diff, i)) {
            hone_hash_cells(&s->column[i], s->words[i], from, to, s->hash);
        }
    }
}

static void sort_side(void *ctx, size_t chunk, size_t worker)
{
    const struct side *s = &((const struct job *)ctx)->side[chunk];

    (void)worker;
    hone_sort_keyed(s->entry, s->spare, s->rows);
}

static bool same_names(const struct job *job, size_t x, size_t row_x, size_t y, size_t row_y)
{
    const struct hone_diff *d = job->w->diff;

    for (size_t i = 0; i < d->n; i++) {
        if (names_rows(d, i) &&
            !hone_same_cell(&job->side[x].column[i], row_x, &job->side[y].column[i], row_y)) {
            return false;
        }
    }
    return true;
}

static const char *table_name(const struct hone_diff_work *w, size_t side)
{
    const char *name = side == 0 ? w->options->name_a : w->options->name_b;

    return name != NULL ? name : side == 0 ? "the first table" : "the second table";
}

static const char *print_key(const struct job *job, size_t side, size_t row,
                             struct hone_arena *mem)
{
    const struct hone_diff *d = job->w->diff;
    struct hone_buf buf = hone_buf(mem);

    for (size_t i = 0; i < d->n; i++) {
        if (d->column[i].key) {
            struct hone_buf cell = hone_buf(mem);
            char text[HONE_TEXT_ROOM];
            hone_buf_text(&cell, "");
            hone_column_print(&cell, &job->side[side].column[i], row);
            hone_keep_text(text, (struct hone_str){cell.ptr, cell.len});
            hone_buf_format(&buf, "%s%s %s", buf.len == 0 ? "" : ", ", d->column[i].name, text);
        }
    }
    return buf.ptr;
}

/* A key must be there, and in one row only. */
static enum hone_code check_keys(struct hone_run *run, const struct job *job, size_t side)
{
    const struct hone_diff *d = job->w->diff;
    const struct side *s = &job->side[side];
    size_t repeats = 0;
    size_t first = SIZE_MAX;
    size_t second = SIZE_MAX;
    HONE_ARENA(mem);

    for (size_t i = 0; i < d->n; i++) {
        for (size_t row = 0; row < s->rows && d->column[i].key && s->column[i].nulls > 0;
             row++) {
            if (!hone_is_valid(&s->column[i], row)) {
                (void)hone_fail(run, HONE_E_CONFLICT, "%s, row %zu: the key %s is missing",
                                table_name(job->w, side), row + 1, d->column[i].name);
                return hone_hint(run, "leave such rows out: --where \"%s is not null\"",
                                 d->column[i].name);
            }
        }
    }
    for (size_t i = 0, end; i < s->rows; i = end) {
        for (end = i + 1; end < s->rows && s->entry[end].key == s->entry[i].key; end++) {
        }
        for (size_t k = i + 1; k < end; k++) {
            for (size_t l = i; l < k; l++) {
                size_t row = s->entry[k].row;
                if (!same_names(job, side, s->entry[l].row, side, row)) {
                    continue;
                }
                repeats++;
                if (row < second) {
                    first = s->entry[l].row;
                    second = row;
                }
                break;
            }
        }
    }
    if (repeats == 0) {
        return HONE_OK;
    }
    (void)hone_fail(run, HONE_E_CONFLICT,
                    "%s: %s stands in rows %zu and %zu, and %zu more rows repeat a key",
                    table_name(job->w, side), print_key(job, side, first, &mem), first + 1,
                    second + 1, repeats - 1);
    return hone_hint(run, "name more columns, so that together they name one row: --key %s,...",
                     d->key);
}

/* Rows of one hash in both: each of the first meets the first equal one of the second that is free. */
static void match_group(struct job *job, const struct hone_keyed *a, size_t n,
                        struct hone_keyed *b, size_t m)
{
    size_t start = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t k = start; k < m; k++) {
            if (b[k].row == HONE_NO_ROW ||
                (!job->by_hash && !same_names(job, 0, a[i].row, 1, b[k].row))) {
                continue;
            }
            job->w->match[a[i].row] = b[k].row;
            b[k].row = HONE_NO_ROW;
            break;
        }
        while (start < m && b[start].row == HONE_NO_ROW) {
            start++;
        }
    }
}

static void match_sides(struct job *job)
{
    const struct side *a = &job->side[0];
    const struct side *b = &job->side[1];
    size_t j = 0;

    for (size_t i = 0, end; i < a->rows; i = end) {
        size_t from;
        for (end = i + 1; end < a->rows && a->entry[end].key == a->entry[i].key; end++) {
        }
        while (j < b->rows && b->entry[j].key < a->entry[i].key) {
            j++;
        }
        from = j;
        while (j < b->rows && b->entry[j].key == a->entry[i].key) {
            j++;
        }
        match_group(job, a->entry + i, end - i, b->entry + from, j - from);
    }
}

/* Rows in their own order are near each other in memory, those in the order of hashes are not. */
static void look_again(void *ctx, size_t chunk, size_t worker)
{
    const struct job *job = ctx;
    size_t to =
        (chunk + 1) * BLOCK < job->side[0].rows ? (chunk + 1) * BLOCK : job->side[0].rows;

    (void)worker;
    for (size_t row = chunk * BLOCK; row < to; row++) {
        uint32_t other = job->w->match[row];
        if (other != HONE_NO_ROW && !same_names(job, 0, row, 1, other)) {
            job->collision[chunk] = true;
        }
    }
}

static void sort_sides(struct hone_run *run, struct job *job)
{
    for (size_t k = 0; k < 2; k++) { /* as hashed: a matching before this took rows away */
        for (size_t row = 0; row < job->side[k].rows; row++) {
            job->side[k].entry[row] =
                (struct hone_keyed){job->side[k].hash[row], (uint32_t)row};
        }
    }
    for (size_t row = 0; row < job->side[0].rows; row++) {
        job->w->match[row] = HONE_NO_ROW;
    }
    hone_parallel(run, 2, sort_side, job);
}

enum hone_code hone_diff_match(struct hone_run *run, struct hone_diff_work *w)
{
    struct job job = {.w = w,
                      .side = {{.column = w->left, .words = w->words_a, .rows = w->a->rows},
                               {.column = w->right, .words = w->words_b, .rows = w->b->rows}}};
    HONE_SCRATCH(run);

    for (size_t k = 0; k < 2; k++) {
        struct side *s = &job.side[k];
        HONE_TRY(hone_array(run, &run->scratch, &s->hash, s->rows));
        HONE_TRY(hone_array(run, &run->scratch, &s->entry, s->rows));
        HONE_TRY(hone_array(run, &run->scratch, &s->spare, s->rows));
    }
    job.blocks = (w->a->rows + BLOCK - 1) / BLOCK;
    hone_parallel(run, job.blocks + (w->b->rows + BLOCK - 1) / BLOCK, hash_block, &job);
    HONE_TRY(hone_array(run, &run->scratch, &job.collision, job.blocks));
    job.by_hash = !w->diff->keyed;
    sort_sides(run, &job);
    if (w->diff->keyed) {
        HONE_TRY(check_keys(run, &job, 0));
        HONE_TRY(check_keys(run, &job, 1));
    }
    match_sides(&job);
    if (job.by_hash) {
        bool collision = false;
        hone_parallel(run, job.blocks, look_again, &job);
        for (size_t i = 0; i < job.blocks; i++) {
            collision = collision || job.collision[i];
        }
        if (collision) {
            job.by_hash = false;
            sort_sides(run, &job);
            match_sides(&job);
        }
    }
    return HONE_OK;
}
