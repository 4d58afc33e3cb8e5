#include "profile/diff.h"

#include <math.h>

#include "base/pool.h"
#include "profile/diff_priv.h"
#include "table/dict.h"

enum { BLOCK = 8192 };

enum kind { NUMBER, TIME, TEXT, BYTES, VECTOR };

static enum kind kind_of(enum hone_type type)
{
    return hone_type_is_number(type) ? NUMBER
           : hone_type_is_time(type) ? TIME
           : hone_type_is_text(type) ? TEXT
           : type == HONE_BINARY     ? BYTES
                                     : VECTOR;
}

static size_t place_of(const struct hone_table *t, const char *name)
{
    const struct hone_column *c = hone_table_find(t, hone_str(name));

    return c == NULL ? SIZE_MAX : (size_t)(c - t->column);
}

/*
 * Columns that must move for the order of the second table: those outside of a longest rising run of places.
 * Source: patience sorting, Schensted 1961.
 */
static enum hone_code find_moved(struct hone_run *run, struct hone_diff *d)
{
    size_t *pile; /* the last of each pile, as places in column */
    size_t *before;
    size_t piles = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &pile, d->n + 1));
    HONE_TRY(hone_array(run, &run->scratch, &before, d->n + 1));
    for (size_t i = 0; i < d->n; i++) {
        struct hone_diff_column *c = &d->column[i];
        size_t low = 0;
        size_t high = piles;
        if (c->a == SIZE_MAX || c->b == SIZE_MAX) {
            continue;
        }
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (d->column[pile[middle]].b < c->b) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        before[i] = low == 0 ? SIZE_MAX : pile[low - 1];
        pile[low] = i;
        piles += low == piles;
        c->moved = true;
    }
    for (size_t i = piles == 0 ? SIZE_MAX : pile[piles - 1]; i != SIZE_MAX; i = before[i]) {
        d->column[i].moved = false;
    }
    for (size_t i = 0; i < d->n; i++) {
        d->columns_moved += d->column[i].moved;
    }
    return HONE_OK;
}

static enum hone_code match_columns(struct hone_run *run, struct hone_diff_work *w,
                                    struct hone_arena *mem)
{
    struct hone_diff *d = w->diff;
    size_t common = 0;

    HONE_TRY(hone_array(run, mem, &d->column, w->a->cols + w->b->cols));
    for (size_t j = 0; j < w->a->cols; j++) {
        struct hone_diff_column *c = &d->column[d->n++];
        c->name = w->a->column[j].name;
        c->a = j;
        c->b = place_of(w->b, c->name);
        c->type_a = w->a->column[j].type;
        if (c->b == SIZE_MAX) {
            d->columns_removed++;
            continue;
        }
        common++;
        c->type_b = w->b->column[c->b].type;
        c->as_text = kind_of(c->type_a) != kind_of(c->type_b);
        c->retyped = c->type_a != c->type_b && (c->as_text || kind_of(c->type_a) != TEXT);
        d->columns_retyped += c->retyped;
    }
    for (size_t j = 0; j < w->b->cols; j++) {
        const char *name = w->b->column[j].name;
        if (place_of(w->a, name) == SIZE_MAX) {
            d->column[d->n++] = (struct hone_diff_column){
                .name = name, .a = SIZE_MAX, .b = j, .type_b = w->b->column[j].type};
            d->columns_added++;
        }
    }
    if (common == 0 && w->a->cols + w->b->cols > 0) {
        (void)hone_fail(run, HONE_E_SHAPE,
                        "the tables have no column in common: %s has %s, ...; %s has %s, ...",
                        w->options->name_a == NULL ? "the first" : w->options->name_a,
                        w->a->cols == 0 ? "none" : w->a->column[0].name,
                        w->options->name_b == NULL ? "the second" : w->options->name_b,
                        w->b->cols == 0 ? "none" : w->b->column[0].name);
        return hone_hint(
            run,
            "is a first line taken for names, or are names taken for a row? see --header and --no-header");
    }
    return find_moved(run, d);
}

static enum hone_code take_key(struct hone_run *run, struct hone_diff_work *w,
                               struct hone_arena *mem)
{
    struct hone_diff *d = w->diff;
    struct hone_buf key = hone_buf(mem);

    d->keyed = w->options->key.n > 0;
    for (size_t k = 0; k < w->options->key.n; k++) {
        const struct hone_column *unused;
        struct hone_str name = hone_str(w->options->key.item[k]);
        HONE_TRY(hone_table_need(run, w->a, name, &unused));
        HONE_TRY(hone_table_need(run, w->b, name, &unused));
        for (size_t i = 0; i < d->n; i++) {
            if (hone_str_is(name, d->column[i].name)) {
                d->column[i].key = true;
            }
        }
        hone_buf_format(&key, "%s%s", k == 0 ? "" : ", ", w->options->key.item[k]);
    }
    d->key = d->keyed ? key.ptr : NULL;
    if (!d->keyed && (w->options->absolute > 0 || w->options->relative > 0)) {
        (void)hone_fail(run, HONE_E_ARG,
                        "a tolerance needs a key: whole rows are compared by hash");
        return hone_hint(run, "say which columns name a row: --key id");
    }
    return HONE_OK;
}

/* Bring the columns that both have beside each other, as text where their kinds differ. */
static enum hone_code pair_columns(struct hone_run *run, struct hone_diff_work *w,
                                   struct hone_arena *mem)
{
    struct hone_diff *d = w->diff;

    HONE_TRY(hone_array(run, mem, &w->left, d->n));
    HONE_TRY(hone_array(run, mem, &w->right, d->n));
    HONE_TRY(hone_array(run, mem, &w->words_a, d->n));
    HONE_TRY(hone_array(run, mem, &w->words_b, d->n));
    for (size_t i = 0; i < d->n; i++) {
        struct hone_diff_column *c = &d->column[i];
        if (c->a == SIZE_MAX || c->b == SIZE_MAX) {
            continue;
        }
        w->left[i] = w->a->column[c->a];
        w->right[i] = w->b->column[c->b];
        if (c->as_text) {
            HONE_TRY(
                hone_column_cast(run, &w->a->column[c->a], HONE_UTF8, false, mem, &w->left[i]));
            HONE_TRY(hone_column_cast(run, &w->b->column[c->b], HONE_UTF8, false, mem,
                                      &w->right[i]));
        }
        HONE_TRY(hone_word_hashes(run, &w->left[i], mem, &w->words_a[i]));
        HONE_TRY(hone_word_hashes(run, &w->right[i], mem, &w->words_b[i]));
    }
    return HONE_OK;
}

static bool near(const struct hone_diff_options *o, const struct hone_column *a, size_t row_a,
                 const struct hone_column *b, size_t row_b)
{
    double x = hone_column_f64(a, row_a);
    double y = hone_column_f64(b, row_b);

    return fabs(x - y) <= fmax(o->absolute, o->relative * fmax(fabs(x), fabs(y)));
}

static bool cell_differs(const struct hone_diff_work *w, size_t i, size_t row_a, size_t row_b)
{
    const struct hone_diff_options *o = w->options;

    if (hone_same_cell(&w->left[i], row_a, &w->right[i], row_b)) {
        return false;
    }
    return !((o->absolute > 0 || o->relative > 0) && hone_type_is_number(w->left[i].type) &&
             hone_type_is_number(w->right[i].type) && hone_is_valid(&w->left[i], row_a) &&
             hone_is_valid(&w->right[i], row_b) &&
             near(o, &w->left[i], row_a, &w->right[i], row_b));
}

static bool compared(const struct hone_diff_column *c)
{
    return c->a != SIZE_MAX && c->b != SIZE_MAX && !c->key;
}

/* The changed cells of one column of one block of rows. */
struct cells {
    size_t changed, appeared, vanished;
};

struct job {
    struct hone_diff_work *w;
    struct cells *cells;    /* (blocks, n) */
    struct hone_arena *mem; /* (n) one per column, for its examples */
};

static enum hone_code compare_block(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct job *job = ctx;
    const struct hone_diff_work *w = job->w;
    size_t from = chunk * BLOCK;
    size_t to = from + BLOCK < w->a->rows ? from + BLOCK : w->a->rows;

    HONE_TRY(hone_check_cancel(run));
    for (size_t i = 0; i < w->diff->n; i++) {
        struct cells *met = &job->cells[chunk * w->diff->n + i];
        for (size_t row = from; row < to && compared(&w->diff->column[i]); row++) {
            uint32_t other = w->match[row];
            if (other == HONE_NO_ROW || !cell_differs(w, i, row, other)) {
                continue;
            }
            met->changed++;
            met->appeared += !hone_is_valid(&w->left[i], row);
            met->vanished += !hone_is_valid(&w->right[i], other);
            w->differs[row] = 1;
        }
    }
    return HONE_OK;
}

static const char *print_cell(const struct hone_column *c, size_t row, struct hone_arena *mem)
{
    struct hone_buf buf = hone_buf(mem);
    char text[HONE_TEXT_ROOM];

    if (!hone_is_valid(c, row)) {
        return NULL;
    }
    hone_buf_text(&buf, "");
    hone_column_print(&buf, c, row);
    hone_keep_text(text, (struct hone_str){buf.ptr, buf.len});
    return hone_arena_text(mem, text, strlen(text));
}

static const char *print_key(const struct hone_diff_work *w, size_t row, struct hone_arena *mem)
{
    struct hone_buf buf = hone_buf(mem);

    hone_buf_text(&buf, "");
    for (size_t i = 0; i < w->diff->n; i++) {
        if (w->diff->column[i].key) {
            const char *text = print_cell(&w->left[i], row, mem);
            hone_buf_format(&buf, "%s%s", buf.len == 0 ? "" : ", ", text == NULL ? "" : text);
        }
    }
    return buf.ptr;
}

/* Examples of changed cells, and how the column's distribution moved. */
static enum hone_code finish_column(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct job *job = ctx;
    const struct hone_diff_work *w = job->w;
    struct hone_diff_column *c = &w->diff->column[chunk];
    struct hone_arena *mem = &job->mem[chunk];

    HONE_TRY(hone_check_cancel(run));
    if (c->a == SIZE_MAX || c->b == SIZE_MAX) {
        return HONE_OK;
    }
    for (size_t row = 0;
         row < w->a->rows && c->examples < HONE_DIFF_EXAMPLES && c->examples < c->changed;
         row++) {
        uint32_t other = w->match[row];
        if (w->differs[row] && cell_differs(w, chunk, row, other)) {
            c->example[c->examples++] = (struct hone_diff_example){
                row, other, print_key(w, row, mem), print_cell(&w->left[chunk], row, mem),
                print_cell(&w->right[chunk], other, mem)};
        }
    }
    return hone_diff_distribution(run, w, chunk, mem);
}

/* Move the texts of a column from its own arena to the diff's. */
static void keep_column(struct hone_diff_column *c, struct hone_arena *mem)
{
    const char **text[3 * HONE_DIFF_EXAMPLES + 2 * HONE_DIFF_LEVELS];
    size_t n = 0;

    for (size_t i = 0; i < c->examples; i++) {
        text[n++] = &c->example[i].key;
        text[n++] = &c->example[i].old_value;
        text[n++] = &c->example[i].new_value;
    }
    for (size_t i = 0; i < HONE_DIFF_LEVELS; i++) {
        text[n++] = &c->new_level[i];
        text[n++] = &c->lost_level[i];
    }
    for (size_t i = 0; i < n; i++) {
        if (*text[i] != NULL) {
            *text[i] = hone_arena_text(mem, *text[i], strlen(*text[i]));
        }
    }
}

static enum hone_code compare_columns(struct hone_run *run, struct hone_diff_work *w,
                                      struct hone_arena *mem)
{
    struct hone_diff *d = w->diff;
    size_t blocks = (w->a->rows + BLOCK - 1) / BLOCK;
    struct job job = {.w = w};
    enum hone_code code;
    HONE_ARENA(work);

    HONE_TRY(hone_matrix(run, &work, &job.cells, blocks, d->n));
    HONE_TRY(hone_array(run, &work, &job.mem, d->n));
    if (d->keyed) {
        HONE_TRY(hone_parallel_try(run, blocks, compare_block, &job));
    }
    for (size_t i = 0; i < d->n; i++) {
        for (size_t b = 0; b < blocks; b++) {
            const struct cells *met = &job.cells[b * d->n + i];
            d->column[i].changed += met->changed;
            d->column[i].appeared += met->appeared;
            d->column[i].vanished += met->vanished;
        }
        d->cells += d->column[i].changed;
    }
    code = hone_parallel_try(run, d->n, finish_column, &job);
    for (size_t i = 0; i < d->n; i++) {
        if (code == HONE_OK) {
            keep_column(&d->column[i], mem);
        }
        hone_arena_free(&job.mem[i]);
    }
    return code;
}

/* Lists of the rows that differ, in the order of their tables. */
static enum hone_code list_rows(struct hone_run *run, const struct hone_diff_work *w,
                                struct hone_arena *mem)
{
    struct hone_diff *d = w->diff;
    bool *met;
    size_t removed = 0;
    size_t changed = 0;
    size_t added = 0;
    uint32_t last = 0;
    HONE_ARENA(work);

    HONE_TRY(hone_array(run, &work, &met, w->b->rows));
    for (size_t row = 0; row < w->a->rows; row++) {
        uint32_t other = w->match[row];
        d->removed += other == HONE_NO_ROW;
        d->changed += w->differs[row];
        if (other != HONE_NO_ROW) {
            met[other] = true;
            d->reordered = d->reordered || other < last;
            last = other;
        }
    }
    d->same = w->a->rows - d->removed - d->changed;
    d->added = w->b->rows - (w->a->rows - d->removed);
    HONE_TRY(hone_array(run, mem, &d->removed_row, d->removed));
    HONE_TRY(hone_array(run, mem, &d->changed_row, 2 * d->changed));
    HONE_TRY(hone_array(run, mem, &d->added_row, d->added));
    for (size_t row = 0; row < w->a->rows; row++) {
        if (w->match[row] == HONE_NO_ROW) {
            d->removed_row[removed++] = (uint32_t)row;
        } else if (w->differs[row]) {
            d->changed_row[changed++] = (uint32_t)row;
            d->changed_row[changed++] = w->match[row];
        }
    }
    for (size_t row = 0; row < w->b->rows; row++) {
        if (!met[row]) {
            d->added_row[added++] = (uint32_t)row;
        }
    }
    return HONE_OK;
}

/* Without a key: a column whose values all differ in both, which would do as one. */
static enum hone_code find_unique(struct hone_run *run, const struct hone_diff_work *w)
{
    struct hone_keyed *entry;
    struct hone_keyed *spare;
    uint64_t *hash;
    size_t most = w->a->rows > w->b->rows ? w->a->rows : w->b->rows;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &entry, most));
    HONE_TRY(hone_array(run, &run->scratch, &spare, most));
    HONE_TRY(hone_array(run, &run->scratch, &hash, most));
    for (size_t i = 0; i < w->diff->n && w->diff->unique == NULL; i++) {
        const struct hone_diff_column *c = &w->diff->column[i];
        bool unique = compared(c) && kind_of(w->left[i].type) != VECTOR &&
                      w->left[i].type != HONE_FLOAT64 &&
                      w->left[i].nulls + w->right[i].nulls == 0 && w->a->rows > 1 &&
                      w->b->rows > 1;
        for (size_t side = 0; side < 2 && unique; side++) {
            const struct hone_column *column = side == 0 ? &w->left[i] : &w->right[i];
            memset(hash, 0, column->rows * sizeof *hash);
            hone_hash_cells(column, side == 0 ? w->words_a[i] : w->words_b[i], 0, column->rows,
                            hash);
            for (size_t row = 0; row < column->rows; row++) {
                entry[row] = (struct hone_keyed){hash[row], (uint32_t)row};
            }
            hone_sort_keyed(entry, spare, column->rows);
            for (size_t k = 1; k < column->rows && unique; k++) {
                unique = entry[k].key != entry[k - 1].key;
            }
        }
        w->diff->unique = unique ? c->name : NULL;
    }
    return HONE_OK;
}

enum hone_code hone_table_diff(struct hone_run *run, const struct hone_table *a,
                               const struct hone_table *b,
                               const struct hone_diff_options *options, struct hone_arena *mem,
                               struct hone_diff **out)
{
    struct hone_diff *d;
    struct hone_diff_work w = {.a = a, .b = b, .options = options};
    HONE_ARENA(work);

    if (a->rows >= HONE_NO_ROW || b->rows >= HONE_NO_ROW) {
        return hone_fail(run, HONE_E_LIMIT, "%zu rows are more than can be compared",
                         a->rows > b->rows ? a->rows : b->rows);
    }
    HONE_TRY(hone_array(run, mem, &d, 1));
    w.diff = d;
    d->rows_a = a->rows;
    d->rows_b = b->rows;
    d->cols_a = a->cols;
    d->cols_b = b->cols;
    HONE_TRY(match_columns(run, &w, mem));
    HONE_TRY(take_key(run, &w, mem));
    HONE_TRY(pair_columns(run, &w, &work));
    HONE_TRY(hone_array(run, &work, &w.match, a->rows));
    HONE_TRY(hone_array(run, &work, &w.differs, a->rows));
    HONE_TRY(hone_diff_match(run, &w));
    HONE_TRY(compare_columns(run, &w, mem));
    HONE_TRY(list_rows(run, &w, mem));
    if (!d->keyed && d->added + d->removed > 0) {
        HONE_TRY(find_unique(run, &w));
    }
    d->equal = d->added + d->removed + d->changed + d->columns_added + d->columns_removed +
                   d->columns_retyped + d->columns_moved ==
               0;
    *out = d;
    return HONE_OK;
}
