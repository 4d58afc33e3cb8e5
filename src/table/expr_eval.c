/* Expressions over whole tables; declared in table/expr.h. */
#include "base/pool.h"
#include "table/dict.h"
#include "table/expr_priv.h"

/* --- constants and dictionaries, while binding ------------------------------------------ */

/* Run a tree over rows of given columns, block by block: values and missing bytes in mem. */
static enum hone_code run_all(struct hone_expr_bind *b, const struct expr_node *n,
                              const struct hone_column *const *column, size_t rows,
                              struct hone_arena *mem, struct expr_vec *out)
{
    struct hone_run *run = b->run;
    size_t width = hone_expr_width(n->kind);
    char *value;
    uint8_t *missing;
    enum hone_code code = HONE_OK;
    HONE_SCRATCH(run);
    HONE_ARENA(constants);
    struct expr_work work = {
        .column = column, .text = b->text, .slots = b->slots, .mem = &constants};

    HONE_TRY(hone_array(run, &constants, &work.constant, b->slots));
    HONE_TRY(hone_array(run, &constants, &work.pattern, b->slots));
    HONE_TRY(hone_matrix(run, mem, &value, rows, width));
    HONE_TRY(hone_array(run, mem, &missing, rows));
    for (size_t row = 0; row < rows && code == HONE_OK; row += EXPR_BLOCK) {
        size_t n_rows = rows - row < EXPR_BLOCK ? rows - row : EXPR_BLOCK;
        struct expr_vec v;
        struct hone_mark mark = hone_arena_mark(&run->scratch);
        code = hone_expr_run(run, &work, n, row, n_rows, NULL, &v);
        if (code == HONE_OK) {
            memcpy(value + row * width, v.data, n_rows * width);
            if (v.missing != NULL) {
                memcpy(missing + row, v.missing, n_rows);
            }
            for (size_t i = 0; i < n_rows && n->kind == EXPR_TEXT; i++) {
                struct hone_str *s = (struct hone_str *)(void *)value + row + i;
                bool lacks = v.missing != NULL && v.missing[i];
                s->len = lacks ? 0 : s->len;
                s->ptr = s->len == 0 ? "" : hone_arena_text(mem, s->ptr, s->len);
            }
        }
        hone_arena_rewind(&run->scratch, mark);
    }
    hone_expr_work_free(&work);
    out->kind = n->kind;
    out->data = value;
    out->missing = missing;
    return code;
}

bool hone_expr_fold(struct hone_expr_bind *b, struct expr_node *n)
{
    struct expr_vec v;

    if (run_all(b, n, NULL, 1, b->mem, &v) != HONE_OK) {
        hone_error_clear(b->run);
        return false;
    }
    n->op = EXPR_LITERAL;
    n->n = 0;
    n->missing = v.missing[0] || n->kind == EXPR_NULL;
    switch (n->kind) {
    case EXPR_TEXT:
        n->text = v.s[0];
        break;
    case EXPR_REAL:
        n->real = v.f[0];
        break;
    case EXPR_BOOL:
        n->integer = v.b[0];
        break;
    case EXPR_NULL:
    case EXPR_OTHER:
        break;
    default:
        n->integer = v.i[0];
    }
    return true;
}

/* Whether the tree looks at exactly one column: its index, else SIZE_MAX - 1 for none, SIZE_MAX for more. */
static size_t only_column(const struct expr_node *n)
{
    size_t found = n->op == EXPR_COLUMN ? n->column : SIZE_MAX - 1;

    for (size_t i = 0; i < n->n && found != SIZE_MAX; i++) {
        size_t one = only_column(n->arg[i]);
        if (one != SIZE_MAX - 1) {
            found = found == SIZE_MAX - 1 || found == one ? one : SIZE_MAX;
        }
    }
    return found;
}

/* The words of a dictionary and a missing one after them, as a text column. */
static enum hone_code words_of(struct hone_expr_bind *b, const struct hone_column *dict,
                               struct hone_column *out)
{
    int64_t *offsets;
    uint8_t *valid;

    HONE_TRY(hone_array(b->run, b->mem, &offsets, dict->rows + 2));
    HONE_TRY(hone_array(b->run, b->mem, &valid, dict->rows / 8 + 1));
    memcpy(offsets, dict->offsets, (dict->rows + 1) * sizeof *offsets);
    offsets[dict->rows + 1] = offsets[dict->rows];
    for (size_t i = 0; i < dict->rows; i++) {
        valid[i / 8] = (uint8_t)(valid[i / 8] | 1u << (i % 8));
    }
    *out = *dict;
    out->rows = dict->rows + 1;
    out->nulls = 1;
    out->offsets = offsets;
    out->valid = valid;
    return HONE_OK;
}

/* A word that no row has may fail where no row does: then the tree stays as it is. */
static enum hone_code lift_one(struct hone_expr_bind *b, struct expr_node *n, size_t column)
{
    const struct hone_column *dict = b->column[column]->dict;
    const struct hone_column **columns;
    struct hone_column words;
    struct expr_lookup *l;
    struct expr_vec v;

    HONE_TRY(hone_array(b->run, b->mem, &columns, column + 1));
    HONE_TRY(words_of(b, dict, &words));
    columns[column] = &words;
    if (run_all(b, n, columns, words.rows, b->mem, &v) != HONE_OK) {
        hone_error_clear(b->run);
        return HONE_OK;
    }
    HONE_TRY(hone_array(b->run, b->mem, &l, 1));
    *l = (struct expr_lookup){.column = column, .words = dict->rows, .value = v.data};
    if (memchr(v.missing, 1, words.rows) != NULL) {
        l->missing = v.missing;
    }
    n->op = EXPR_LOOKUP;
    n->n = 0;
    n->extra = l;
    return HONE_OK;
}

enum hone_code hone_expr_lift(struct hone_expr_bind *b, struct expr_node **root)
{
    struct expr_node *n = *root;
    size_t column = only_column(n);

    if (n->op == EXPR_COLUMN || n->op == EXPR_LITERAL || column == SIZE_MAX - 1) {
        return HONE_OK;
    }
    if (column != SIZE_MAX && b->column[column]->type == HONE_CATEGORY &&
        b->column[column]->dict->rows < b->table->rows / 4 && n->kind != EXPR_OTHER) {
        return lift_one(b, n, column);
    }
    for (size_t i = 0; i < n->n; i++) {
        HONE_TRY(hone_expr_lift(b, &n->arg[i]));
    }
    return HONE_OK;
}

/* --- all rows --------------------------------------------------------------------------- */

struct job {
    const struct hone_expr_bind *bind;
    const struct expr_node *node;
    size_t rows;
    void *data; /* values, or NULL when only rows are looked for */
    int64_t
        *offsets; /* text: offsets[i + 1] is the length of row i until all chunks are done */
    uint8_t *valid;
    size_t *selected; /* (rows) the true rows of chunk c from its first row on */
    struct chunk {
        size_t missing, selected;
        struct hone_arena mem;
        struct hone_buf bytes;
    } * chunk;
};

static void put_bits(const uint8_t *from, bool wanted, size_t row, size_t rows, uint8_t *to)
{
    for (size_t i = 0; i < rows; i++) {
        bool bit = (from[i] != 0) == wanted;
        to[(row + i) / 8] = (uint8_t)(to[(row + i) / 8] | bit << ((row + i) % 8));
    }
}

/* A missing text has no bytes. */
static void put_texts(const struct expr_vec *v, size_t row, size_t rows, int64_t *length,
                      struct hone_buf *bytes)
{
    for (size_t i = 0; i < rows; i++) {
        if (v->missing == NULL || !v->missing[i]) {
            hone_buf_str(bytes, v->s[i]);
            length[row + i + 1] = (int64_t)v->s[i].len;
        }
    }
}

static void put(struct job *job, const struct expr_vec *v, size_t row, size_t rows,
                struct chunk *chunk)
{
    if (v->kind == EXPR_NULL) {
        chunk->missing += rows;
        return;
    }
    if (v->missing == NULL) {
        static const uint8_t none[EXPR_BLOCK];
        put_bits(none, false, row, rows, job->valid);
    } else {
        put_bits(v->missing, false, row, rows, job->valid);
        for (size_t i = 0; i < rows; i++) {
            chunk->missing += v->missing[i] != 0;
        }
    }
    switch (v->kind) {
    case EXPR_BOOL:
        put_bits(v->b, true, row, rows, job->data);
        break;
    case EXPR_DATE:
        for (size_t i = 0; i < rows; i++) {
            ((int32_t *)job->data)[row + i] = (int32_t)v->i[i];
        }
        break;
    case EXPR_TEXT:
        put_texts(v, row, rows, job->offsets, &chunk->bytes);
        break;
    default:
        memcpy((char *)job->data + row * 8, v->data, rows * 8);
    }
}

static void select_rows(struct job *job, const struct expr_vec *v, size_t row, size_t rows,
                        size_t first, struct chunk *chunk)
{
    for (size_t i = 0; i < rows; i++) {
        if (v->b[i] && (v->missing == NULL || !v->missing[i])) {
            job->selected[first + chunk->selected++] = row + i;
        }
    }
}

static enum hone_code run_blocks(struct hone_run *run, struct job *job, struct expr_work *work,
                                 size_t which)
{
    size_t first = which * EXPR_BLOCK * EXPR_CHUNK;
    size_t end = first + EXPR_BLOCK * EXPR_CHUNK < job->rows ? first + EXPR_BLOCK * EXPR_CHUNK
                                                             : job->rows;
    struct chunk *chunk = &job->chunk[which];

    for (size_t row = first; row < end; row += EXPR_BLOCK) {
        size_t rows = end - row < EXPR_BLOCK ? end - row : EXPR_BLOCK;
        struct expr_vec v;
        struct hone_mark mark = hone_arena_mark(&run->scratch);
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(hone_expr_run(run, work, job->node, row, rows, NULL, &v));
        if (job->selected != NULL) {
            select_rows(job, &v, row, rows, first, chunk);
        } else {
            put(job, &v, row, rows, chunk);
        }
        if (chunk->bytes.full) {
            return hone_no_room(run, "texts", chunk->bytes.len);
        }
        hone_arena_rewind(&run->scratch, mark);
    }
    return HONE_OK;
}

static enum hone_code run_chunk(struct hone_run *run, void *ctx, size_t which)
{
    struct job *job = ctx;
    enum hone_code code;
    HONE_ARENA(constants);
    struct expr_work work = {.column = job->bind->column,
                             .text = job->bind->text,
                             .slots = job->bind->slots,
                             .mem = &constants};

    HONE_TRY(hone_array(run, &constants, &work.constant, work.slots));
    HONE_TRY(hone_array(run, &constants, &work.pattern, work.slots));
    code = run_blocks(run, job, &work, which);
    hone_expr_work_free(&work);
    return code;
}

static size_t chunks_of(size_t rows)
{
    return (rows + EXPR_BLOCK * EXPR_CHUNK - 1) / (EXPR_BLOCK * EXPR_CHUNK);
}

static void copy_bytes(void *ctx, size_t which, size_t worker)
{
    struct job *job = ctx;
    struct chunk *chunk = &job->chunk[which];

    (void)worker;
    if (chunk->bytes.len > 0) {
        memcpy((char *)job->data + job->offsets[which * EXPR_BLOCK * EXPR_CHUNK],
               chunk->bytes.ptr, chunk->bytes.len);
    }
}

/* The chunks' texts one after the other. */
static enum hone_code join_texts(struct hone_run *run, struct job *job, struct hone_arena *mem)
{
    char *bytes;

    for (size_t i = 0; i < job->rows; i++) {
        job->offsets[i + 1] += job->offsets[i];
    }
    HONE_TRY(hone_array(run, mem, &bytes, (size_t)job->offsets[job->rows]));
    job->data = bytes;
    hone_parallel(run, chunks_of(job->rows), copy_bytes, job);
    return HONE_OK;
}

/* The chunks lie in the caller's scratch. */
static enum hone_code run_chunks(struct hone_run *run, struct job *job, struct hone_arena *mem)
{
    size_t chunks = chunks_of(job->rows);
    enum hone_code code;

    HONE_TRY(hone_array(run, &run->scratch, &job->chunk, chunks));
    for (size_t i = 0; i < chunks; i++) {
        job->chunk[i].mem.limit = mem->limit;
        job->chunk[i].bytes = hone_buf(&job->chunk[i].mem);
    }
    code = hone_parallel_try(run, chunks, run_chunk, job);
    if (code == HONE_OK && job->offsets != NULL) {
        code = join_texts(run, job, mem);
    }
    for (size_t i = 0; i < chunks; i++) {
        hone_arena_free(&job->chunk[i].mem);
    }
    return code;
}

static enum hone_code eval_all(struct hone_run *run, const struct hone_expr_bind *b,
                               const struct expr_node *root, struct hone_arena *mem,
                               struct hone_column *out)
{
    struct job job = {.bind = b, .node = root, .rows = b->table->rows};
    size_t chunks = chunks_of(job.rows);
    struct hone_column made = {
        .name = out->name, .type = hone_expr_type(root->kind), .rows = job.rows};
    char *data;
    HONE_SCRATCH(run);

    if (root->kind == EXPR_TEXT) {
        HONE_TRY(hone_array(run, mem, &job.offsets, job.rows + 1));
    } else {
        HONE_TRY(hone_array(run, mem, &data, hone_product(job.rows, 8)));
        job.data = data;
    }
    HONE_TRY(hone_array(run, mem, &job.valid, (job.rows + 7) / 8));
    HONE_TRY(run_chunks(run, &job, mem));
    for (size_t i = 0; i < chunks; i++) {
        made.nulls += job.chunk[i].missing;
    }
    made.data = job.data;
    made.offsets = job.offsets;
    made.valid = made.nulls > 0 ? job.valid : NULL;
    *out = made;
    return HONE_OK;
}

/* A text per word of a category column: a category column again. */
static enum hone_code eval_category(struct hone_run *run, const struct hone_expr_bind *b,
                                    const struct expr_node *root, struct hone_arena *mem,
                                    struct hone_column *out)
{
    const struct expr_lookup *l = root->extra;
    const struct hone_column *c = b->column[l->column];
    const struct hone_str *value = l->value;
    struct hone_column made = {.name = out->name, .type = HONE_CATEGORY, .rows = c->rows};
    struct hone_column words = {.type = HONE_UTF8, .rows = l->words + 1};
    int32_t *code;
    int32_t *to;
    uint8_t *valid;
    HONE_SCRATCH(run);
    HONE_ARENA(work);

    HONE_TRY(hone_text_column(run, "", value, l->words + 1, &work, &words));
    HONE_TRY(hone_column_cast(run, &words, HONE_CATEGORY, false, mem, &words));
    to = (int32_t *)(uintptr_t)words.data;
    HONE_TRY(hone_array(run, mem, &code, c->rows));
    HONE_TRY(hone_array(run, mem, &valid, (c->rows + 7) / 8));
    for (size_t i = 0; i < c->rows; i++) {
        size_t word = hone_is_valid(c, i) ? (size_t)((const int32_t *)c->data)[i] : l->words;
        if (l->missing != NULL && l->missing[word]) {
            made.nulls++;
            continue;
        }
        code[i] = to[word];
        valid[i / 8] = (uint8_t)(valid[i / 8] | 1u << (i % 8));
    }
    made.dict = words.dict;
    made.data = code;
    made.valid = made.nulls > 0 ? valid : NULL;
    *out = made;
    return HONE_OK;
}

enum hone_code hone_expr_eval(struct hone_run *run, const struct hone_expr *expr,
                              const struct hone_table *t, const char *name,
                              struct hone_arena *mem, struct hone_column *out)
{
    struct hone_expr_bind b;
    struct expr_node *root;
    struct hone_column made = {.name = hone_arena_text(mem, name, strlen(name))};
    HONE_ARENA(work);

    HONE_TRY(hone_expr_bind(run, expr, t, &work, &b, &root));
    if (root->op == EXPR_COLUMN) {
        const char *given = made.name;
        made = *b.column[root->column];
        made.name = given;
    } else if (root->op == EXPR_LOOKUP && root->kind == EXPR_TEXT) {
        HONE_TRY(eval_category(run, &b, root, mem, &made));
    } else {
        HONE_TRY(eval_all(run, &b, root, mem, &made));
    }
    *out = made;
    return HONE_OK;
}

enum hone_code hone_expr_rows(struct hone_run *run, const struct hone_expr *expr,
                              const struct hone_table *t, struct hone_arena *mem, size_t **row,
                              size_t *n)
{
    struct hone_expr_bind b;
    struct expr_node *root;
    struct job job = {.rows = t->rows};
    size_t *rows;
    size_t count = 0;
    HONE_SCRATCH(run);
    HONE_ARENA(work);

    HONE_TRY(hone_expr_bind(run, expr, t, &work, &b, &root));
    if (root->kind != EXPR_BOOL && root->kind != EXPR_NULL) {
        return hone_expr_wrong_kind(&b, &(struct expr_node){0}, root, "a truth value");
    }
    job.bind = &b;
    job.node = root;
    HONE_TRY(hone_array(run, &work, &job.selected, t->rows));
    HONE_TRY(hone_array(run, &work, &job.chunk, chunks_of(t->rows)));
    HONE_TRY(hone_parallel_try(run, chunks_of(t->rows), run_chunk, &job));
    for (size_t c = 0; c < chunks_of(t->rows); c++) {
        count += job.chunk[c].selected;
    }
    HONE_TRY(hone_array(run, mem, &rows, count));
    count = 0;
    for (size_t c = 0; c < chunks_of(t->rows); c++) {
        size_t kept = job.chunk[c].selected;
        if (kept > 0) {
            memcpy(rows + count, job.selected + c * EXPR_BLOCK * EXPR_CHUNK,
                   kept * sizeof *rows);
        }
        count += kept;
    }
    *row = rows;
    *n = count;
    return HONE_OK;
}

enum hone_code hone_table_filter(struct hone_run *run, const struct hone_table *t,
                                 const struct hone_expr *expr, struct hone_arena *mem,
                                 struct hone_table **out)
{
    size_t *row;
    size_t n;
    HONE_ARENA(work);

    HONE_TRY(hone_expr_rows(run, expr, t, &work, &row, &n));
    return hone_table_take(run, t, row, n, mem, out);
}
