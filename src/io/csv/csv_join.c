/* The columns of all chunks put together; declared in io/csv_priv.h. */
#include "base/pool.h"
#include "io/csv/csv_priv.h"
#include "table/dict.h"

/* The words of one text column over all desks. */
struct union_of {
    struct hone_arena mem;
    struct hone_str *word;
    size_t n;
    const struct hone_csv_words **from; /* (sets) each desk's words */
    int32_t **code;                     /* (sets)(words of the set) to word, later to rank */
    size_t sets;
    bool few; /* few enough for a category */
};

struct join {
    struct hone_csv_reading *reading;
    struct hone_arena *mem; /* of one thread at a time: under the lock */
    size_t rows;
    const enum hone_type *type;
    struct hone_column *column; /* (cols) */
};

static const struct hone_csv_part *part_of(const struct hone_csv_reading *r, size_t chunk,
                                           size_t column)
{
    return &r->part[chunk * r->source->cols + column];
}

/* Records of a chunk. */
static size_t rows_of(const struct hone_csv_reading *r, size_t chunk)
{
    return r->first[chunk + 1] - r->first[chunk];
}

static size_t nulls_of(const struct hone_csv_reading *r, size_t column)
{
    size_t nulls = 0;

    for (size_t k = 0; k < r->source->chunks; k++) {
        nulls += rows_of(r, k) > 0 ? part_of(r, k, column)->nulls : 0;
    }
    return nulls;
}

/* Room in the table's arena, which the threads share. */
static void *alloc(const struct join *j, size_t size, size_t n)
{
    void *ptr;

    hone_mutex_lock(j->reading->lock);
    ptr = hone_arena_alloc(j->mem, size, n);
    hone_mutex_unlock(j->reading->lock);
    return ptr;
}

/* The bits of the values that are there: all but the missing ones of each chunk. */
static enum hone_code fill_valid(struct hone_run *run, const struct join *j, size_t column,
                                 struct hone_column *c)
{
    const struct hone_csv_reading *r = j->reading;
    uint8_t *valid;

    c->nulls = nulls_of(r, column);
    if (c->nulls == 0) {
        return HONE_OK;
    }
    valid = alloc(j, 1, (j->rows + 7) / 8);
    if (valid == NULL) {
        return hone_no_room(run, "missing values", j->rows);
    }
    memset(valid, 0xff, j->rows / 8);
    for (size_t i = j->rows / 8 * 8; i < j->rows; i++) {
        valid[i / 8] = (uint8_t)(valid[i / 8] | 1 << (i % 8));
    }
    for (size_t k = 0; k < r->source->chunks; k++) {
        const uint64_t *missing = part_of(r, k, column)->missing;
        size_t rows = missing == NULL ? 0 : rows_of(r, k);
        for (size_t w = 0; w < (rows + 63) / 64; w++) {
            for (uint64_t left = missing[w]; left != 0; left &= left - 1) {
                size_t i = r->first[k] + 64 * w + (size_t)__builtin_ctzll(left);
                valid[i / 8] = (uint8_t)(valid[i / 8] & ~(1 << (i % 8)));
            }
        }
    }
    c->valid = valid;
    return HONE_OK;
}

/* Values that already are in their final form; where some rooms were not filled, moved together. */
static void close_gaps(const struct join *j, const struct hone_csv_plan *plan)
{
    const struct hone_csv_reading *r = j->reading;
    char *data = plan->data;

    for (size_t k = 0; k < r->source->chunks; k++) {
        if (r->first[k] != r->slot[k] && rows_of(r, k) > 0) {
            memmove(data + r->first[k] * plan->width, data + r->slot[k] * plan->width,
                    rows_of(r, k) * plan->width);
        }
    }
}

static enum hone_code fill_bools(struct hone_run *run, const struct join *j,
                                 const struct hone_csv_plan *plan, struct hone_column *c)
{
    const struct hone_csv_reading *r = j->reading;
    const uint8_t *value = plan->data;
    uint8_t *bits = alloc(j, 1, (j->rows + 7) / 8);

    if (bits == NULL) {
        return hone_no_room(run, "truth values", j->rows);
    }
    for (size_t k = 0; k < r->source->chunks; k++) {
        for (size_t i = 0; i < rows_of(r, k); i++) {
            size_t at = r->first[k] + i;
            bits[at / 8] = (uint8_t)(bits[at / 8] | value[r->slot[k] + i] << (at % 8));
        }
    }
    c->data = bits;
    return HONE_OK;
}

/* The number of a set of words among those that a column has. */
static size_t set_of(const struct union_of *u, const struct hone_csv_words *words)
{
    size_t i = 0;

    while (u->from[i] != words) {
        i++;
    }
    return i;
}

static enum hone_code add_words(struct hone_run *run, struct union_of *u, struct hone_map *map,
                                size_t set, size_t most)
{
    const struct hone_csv_words *words = u->from[set];

    HONE_TRY(hone_array(run, &u->mem, &u->code[set], words->n));
    for (size_t i = 0; i < words->n; i++) {
        uint32_t at = hone_map_add(map, words->word[i], (uint32_t)u->n);
        if (at == UINT32_MAX) {
            return hone_no_room(run, "words", u->n);
        }
        u->code[set][i] = (int32_t)at;
        if (at < u->n) {
            continue;
        }
        if (u->n == most) {
            u->few = false;
            return HONE_OK;
        }
        u->word[u->n++] = words->word[i];
    }
    return HONE_OK;
}

/* All words of a column, unless they are more than most. */
static enum hone_code unite(struct hone_run *run, const struct hone_csv_reading *r,
                            size_t column, size_t most, struct union_of *u)
{
    struct hone_map map = {.mem = &u->mem};
    size_t n = 0;
    size_t total = 0;

    for (const struct hone_csv_desk *desk = r->desk; desk != NULL; desk = desk->next) {
        total += desk->words[column].n;
        n++;
    }
    HONE_TRY(hone_array(run, &u->mem, &u->from, n));
    HONE_TRY(hone_array(run, &u->mem, &u->code, n));
    HONE_TRY(hone_array(run, &u->mem, &u->word, total));
    for (const struct hone_csv_desk *desk = r->desk; desk != NULL; desk = desk->next) {
        u->from[u->sets++] = &desk->words[column];
    }
    u->few = !r->plan[column].lengths;
    for (size_t set = 0; set < u->sets && u->few; set++) {
        HONE_TRY(add_words(run, u, &map, set, most));
    }
    return HONE_OK;
}

/* The codes stay where they are, and the memory they are in becomes the table's. */
static enum hone_code fill_codes(struct hone_run *run, const struct join *j,
                                 struct hone_csv_plan *plan, struct union_of *u,
                                 struct hone_column *c)
{
    const struct hone_csv_reading *r = j->reading;
    size_t column = (size_t)(plan - r->plan);
    int32_t *out = plan->data;
    enum hone_code code;
    int32_t *rank;

    HONE_TRY(hone_array(run, &u->mem, &rank, u->n));
    hone_mutex_lock(r->lock);
    code = hone_dict_make(run, u->word, u->n, j->mem, &c->dict, rank);
    hone_mutex_unlock(r->lock);
    HONE_TRY(code);
    for (size_t set = 0; set < u->sets; set++) {
        for (size_t i = 0; i < u->from[set]->n; i++) {
            u->code[set][i] = rank[u->code[set][i]];
        }
    }
    for (size_t k = 0; k < r->source->chunks; k++) {
        const int32_t *from = (const int32_t *)plan->data + r->slot[k];
        const int32_t *to = NULL;
        if (rows_of(r, k) > 0) {
            to = u->code[set_of(u, part_of(r, k, column)->words)];
        }
        for (size_t i = 0; i < rows_of(r, k); i++) { /* never behind what is still to be read */
            out[r->first[k] + i] = from[i] < 0 ? 0 : to[from[i]];
        }
    }
    c->type = HONE_CATEGORY;
    c->data = out;
    hone_mutex_lock(r->lock);
    hone_arena_join(j->mem, &plan->temp);
    hone_mutex_unlock(r->lock);
    return HONE_OK;
}

/* Where each text ends; the texts themselves come in a round of their own. */
static enum hone_code fill_offsets(struct hone_run *run, const struct join *j,
                                   const struct hone_csv_plan *plan, struct hone_column *c)
{
    const struct hone_csv_reading *r = j->reading;
    size_t column = (size_t)(plan - r->plan);
    int64_t *offsets = alloc(j, sizeof *offsets, j->rows + 1);
    char *data;
    int64_t used = 0;

    if (offsets == NULL) {
        return hone_no_room(run, "texts", j->rows);
    }
    for (size_t k = 0; k < r->source->chunks; k++) {
        const int32_t *from = (const int32_t *)plan->data + r->slot[k];
        const struct hone_csv_words *words = part_of(r, k, column)->words;
        for (size_t i = 0; i < rows_of(r, k); i++) {
            if (from[i] >= 0) {
                used += words == NULL ? from[i] : (int64_t)words->word[from[i]].len;
            }
            offsets[r->first[k] + i + 1] = used;
        }
    }
    data = alloc(j, 1, (size_t)used);
    if (data == NULL) {
        return hone_no_room(run, "texts", (size_t)used);
    }
    c->type = HONE_UTF8;
    c->data = data;
    c->offsets = offsets;
    return HONE_OK;
}

static void union_free(struct union_of *u)
{
    hone_arena_free(&u->mem);
}

static enum hone_code fill_text(struct hone_run *run, const struct join *j, size_t column,
                                struct hone_column *c)
{
    struct hone_csv_plan *plan = &j->reading->plan[column];
    HONE_CLOSING(union_free) struct union_of u = {0};
    size_t there = j->rows - c->nulls;
    size_t most = hone_categories_most(there);

    most = plan->wanted == HONE_CATEGORY ? INT32_MAX : most;
    if (plan->wanted != HONE_UTF8) {
        HONE_TRY(unite(run, j->reading, column, most, &u));
    }
    if (plan->wanted == HONE_CATEGORY && !u.few) {
        return hone_fail(run, HONE_E_LIMIT, "%s: column %s has too many categories",
                         j->reading->source->path, c->name);
    }
    if (u.few) {
        HONE_TRY(fill_codes(run, j, plan, &u, c));
    } else {
        HONE_TRY(fill_offsets(run, j, plan, c));
    }
    hone_arena_free(&plan->temp);
    return HONE_OK;
}

static enum hone_code fill(struct hone_run *run, void *ctx, size_t column)
{
    const struct join *j = ctx;
    struct hone_csv_plan *plan = &j->reading->plan[column];
    struct hone_column *c = &j->column[column];

    HONE_TRY(hone_check_cancel(run));
    if (plan->left_out) {
        return HONE_OK;
    }
    c->type = j->type[column];
    c->rows = j->rows;
    HONE_TRY(fill_valid(run, j, column, c));
    if (plan->kind == HONE_KIND_TEXT) {
        return fill_text(run, j, column, c);
    }
    if (plan->kind == HONE_KIND_BOOL) {
        HONE_TRY(fill_bools(run, j, plan, c));
        hone_arena_free(&plan->temp);
        return HONE_OK;
    }
    close_gaps(j, plan);
    c->data = plan->data;
    return HONE_OK;
}

/* The texts of a chunk, to where they belong. */
static enum hone_code fill_texts(struct hone_run *run, void *ctx, size_t number)
{
    const struct join *j = ctx;
    struct hone_csv_reading *r = j->reading;
    struct hone_csv_batch b = {.reading = r, .number = number};
    HONE_CLOSING(hone_csv_desk_back) struct hone_csv_seat seat = {.reading = r};

    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(hone_csv_begin(run, &seat, &b));
    for (;;) {
        const struct hone_csv_walk *walk = &b.desk->walk;
        HONE_TRY(hone_csv_walk_next(run, &b.desk->walk));
        if (walk->rows == 0) {
            break;
        }
        for (size_t i = 0; i < r->source->cols; i++) {
            const struct hone_column *c = &j->column[i];
            if (c->type == HONE_UTF8) {
                HONE_TRY(hone_csv_batch_copy(run, &b, i, r->first[number] + b.done, c));
            }
        }
        b.done += walk->rows;
    }
    HONE_ASSERT(b.done == rows_of(r, number));
    if (r->mapped) {
        hone_csv_pass(b.chunk->bytes);
    }
    return HONE_OK;
}

enum hone_code hone_csv_join(struct hone_run *run, struct hone_csv_reading *reading,
                             struct hone_arena *mem, struct hone_table **out)
{
    const struct hone_source *source = reading->source;
    struct join j = {.reading = reading, .mem = mem};
    enum hone_type *type;
    bool texts = false;
    size_t cols = 0;
    HONE_SCRATCH(run);

    for (size_t k = 0; k < source->chunks; k++) {
        reading->first[k + 1] = reading->first[k] + source->chunk[k].rows;
    }
    j.rows = reading->first[source->chunks];
    HONE_TRY(hone_source_types(run, source, &run->scratch, &type));
    HONE_TRY(hone_array(run, &run->scratch, &j.column, source->cols));
    j.type = type;
    for (size_t i = 0; i < source->cols; i++) {
        j.column[i].name = hone_arena_text(mem, source->name[i], strlen(source->name[i]));
    }
    HONE_TRY(hone_parallel_try(run, source->cols, fill, &j));
    for (size_t i = 0; i < source->cols; i++) {
        texts = texts || j.column[i].type == HONE_UTF8;
    }
    if (texts) {
        HONE_TRY(hone_parallel_try(run, source->chunks, fill_texts, &j));
    }
    for (size_t i = 0; i < source->cols; i++) {
        if (!reading->plan[i].left_out) {
            j.column[cols++] = j.column[i];
        }
    }
    HONE_TRY(hone_table_of(run, j.column, cols, mem, out));
    (*out)->rows = j.rows;
    return HONE_OK;
}
