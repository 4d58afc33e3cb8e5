/*
 * Text to numbers in one step of the plan.  Graphs say it in several nodes whose values are large and mostly empty:
 *
 *   [Reshape] [StringNormalizer] Tokenizer TfIdfVectorizer [Normalizer] [MatMul]
 *   [Reshape] [StringNormalizer] Tokenizer LabelEncoder ReduceSum            (words counted)
 *
 * Here a row goes through all of them alone, and what is zero costs nothing.  Sums run over the columns in
 * ascending order, as in the nodes.
 */
#include <math.h>
#include <stdlib.h>

#include "base/pool.h"
#include "graph/fuse_priv.h"
#include "graph/text_priv.h"
#include "graph/unicode_priv.h"

#define NONE HONE_NO_SLOT

enum norm { NORM_NONE, NORM_L1, NORM_L2 };

struct chain {
    int action; /* enum hone_case */
    const struct hone_tokenizer *cut;
    const struct hone_vectorizer *vector; /* NULL: words are counted */
    enum norm norm;
    const float *weight; /* (columns, width) of the MatMul; NULL: none */
    size_t width;        /* of a row of the output */
};

/* --- a row ------------------------------------------------------------------------------------- */

/* Values of a row in ascending columns; grows to the longest row of a call. */
struct row {
    struct hone_words words;
    size_t n, room;
    uint32_t *word, *hit;
    float *value;
    char *text;
    size_t text_room;
};

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void sort(uint32_t *a, size_t n)
{
    if (n > 64) {
        qsort(a, n, sizeof *a, by_number);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        uint32_t v = a[i];
        size_t j = i;
        for (; j > 0 && a[j - 1] > v; j--) {
            a[j] = a[j - 1];
        }
        a[j] = v;
    }
}

static void normalize(enum norm norm, size_t n, float *value)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += norm == NORM_L1 ? fabsf(value[i]) : value[i] * value[i];
    }
    for (size_t i = 0; i < n && sum != 0; i++) {
        value[i] = hone_normalized(norm == NORM_L2, value[i], sum);
    }
}

/* The words of a text in the chain's case.  They lie in the text, or in row->text. */
static enum hone_code cut(struct hone_run *run, const struct chain *c, struct hone_str text,
                          struct hone_arena *mem, struct row *row)
{
    if (c->action != HONE_CASE_NONE) {
        size_t room = HONE_CASE_ROOM(text.len);
        if (room > row->text_room) {
            HONE_TRY(hone_array(run, mem, &row->text, 2 * room));
            row->text_room = 2 * room;
        }
        size_t len = c->action == HONE_CASE_UPPER ? hone_text_upper(text, row->text)
                                                  : hone_text_lower(text, row->text);
        text = (struct hone_str){row->text, len};
    }
    row->words.n = 0;
    row->words.mem = c->vector == NULL ? NULL : mem;
    return hone_tokenize(c->cut, text, &row->words) ? HONE_OK
                                                    : hone_no_room(run, "words", row->words.n);
}

static enum hone_code make_row(struct hone_run *run, const struct chain *c,
                               struct hone_str text, struct hone_arena *mem, struct row *row)
{
    const struct hone_vectorizer *v = c->vector;
    HONE_TRY(cut(run, c, text, mem, row));
    size_t need = hone_vectorizer_room(v, row->words.n);
    if (need > row->room) {
        HONE_TRY(hone_array(run, mem, &row->word, 2 * row->words.n));
        HONE_TRY(hone_array(run, mem, &row->hit, 2 * need));
        HONE_TRY(hone_array(run, mem, &row->value, 2 * need));
        row->room = 2 * need;
    }
    for (size_t i = 0; i < row->words.n; i++) {
        row->word[i] = hone_map_get(&v->words, row->words.item[i]);
    }
    size_t hits = hone_vectorizer_hits(v, row->word, row->words.n, row->hit), n = 0;
    sort(row->hit, hits);
    for (size_t i = 0, end; i < hits; i = end, n++) {
        uint32_t column = row->hit[i];
        for (end = i + 1; end < hits && row->hit[end] == column; end++) {
        }
        row->hit[n] = column;
        row->value[n] = hone_vectorizer_value(v, column, (float)(end - i));
    }
    row->n = n;
    if (c->norm != NORM_NONE) {
        normalize(c->norm, n, row->value);
    }
    return HONE_OK;
}

static void put_row(const struct chain *c, const struct row *row, float *restrict out)
{
    memset(out, 0, c->width * sizeof *out);
    for (size_t i = 0; i < row->n; i++) {
        if (c->weight == NULL) {
            out[row->hit[i]] = row->value[i];
            continue;
        }
        const float *restrict w = c->weight + row->hit[i] * c->width;
        float x = row->value[i];
        for (size_t k = 0; k < c->width; k++) {
            out[k] += x * w[k];
        }
    }
}

/* --- the step -------------------------------------------------------------------------------------- */

static enum hone_code infer(struct hone_run *run, const struct hone_site *site)
{
    const struct chain *c = site->state;
    int64_t rows = hone_shape_count(&site->in[0]);
    (void)run;
    hone_shape_set(&site->out[0], HONE_F32, 2, (const int64_t[]){rows, (int64_t)c->width});
    return HONE_OK;
}

static enum hone_code forward(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct chain *c = call->state;
    const struct hone_str *text = call->in[0]->data;
    size_t rows = hone_tensor_count(call->in[0]);
    float *out = call->out[0]->data;
    struct row row = {0};

    for (size_t i = 0; i < rows; i++, out += c->width) {
        if (c->vector == NULL) {
            HONE_TRY(cut(run, c, text[i], &run->scratch, &row));
            *out = (float)row.words.n;
            continue;
        }
        HONE_TRY(make_row(run, c, text[i], &run->scratch, &row));
        put_row(c, &row, out);
    }
    return HONE_OK;
}

static const struct hone_op fused = {
    .part.name = "text to numbers",
    .part.source = "fused",
    .domain = "",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_min = 1,
    .outputs_max = 1,
    .infer = infer,
    .rowwise = hone_rows_first,
    .forward = {[HONE_STRING] = forward},
};

/* --- finding chains ----------------------------------------------------------------------------------- */

struct finder {
    struct hone_run *run;
    struct hone_plan *plan;
    struct hone_arena *mem;
    uint32_t *from; /* of each slot: the step that makes it, or NONE */
    uint32_t *to;   /* of each slot: the only step that takes it, or NONE */
    bool *gone;     /* (steps) swallowed by a later one */
};

static enum hone_code look_around(struct hone_run *run, struct finder *f,
                                  struct hone_arena *work)
{
    const struct hone_plan *p = f->plan;
    size_t *uses;
    HONE_TRY(hone_array(run, work, &f->from, p->slots));
    HONE_TRY(hone_array(run, work, &f->to, p->slots));
    HONE_TRY(hone_array(run, work, &f->gone, p->steps));
    HONE_TRY(hone_array(run, work, &uses, p->slots));
    memset(f->from, 0xff, p->slots * sizeof *f->from);
    memset(f->to, 0xff, p->slots * sizeof *f->to);
    for (uint32_t i = 0; i < p->steps; i++) {
        for (size_t k = 0; k < p->step[i].node.inputs; k++) {
            uint32_t slot = p->step[i].in[k];
            if (slot != NONE) {
                f->to[slot] = ++uses[slot] == 1 ? i : NONE;
            }
        }
        for (size_t k = 0; k < p->step[i].node.outputs; k++) {
            f->from[p->step[i].out[k]] = i;
        }
    }
    for (size_t i = 0; i < p->outputs; i++) {
        f->to[p->output_slot[i]] = NONE;
    }
    return HONE_OK;
}

static bool is_op(const struct hone_step *s, const char *domain, const char *name)
{
    return strcmp(s->node.op, name) == 0 && strcmp(s->op->domain, domain) == 0;
}

/* The step that alone takes what a step makes, if it is this operator and takes it first. */
static struct hone_step *next_step(const struct finder *f, const struct hone_step *s,
                                   const char *domain, const char *name)
{
    uint32_t slot = s->out[0], to = f->to[slot];
    struct hone_step *next = to == NONE ? NULL : &f->plan->step[to];
    return next != NULL && is_op(next, domain, name) && next->in[0] == slot ? next : NULL;
}

/* The step that makes a slot which nobody else takes. */
static struct hone_step *step_before(const struct finder *f, uint32_t slot)
{
    return f->to[slot] == NONE || f->from[slot] == NONE ? NULL : &f->plan->step[f->from[slot]];
}

/* One text a row: [N] or [N, 1]. */
static bool is_list(const struct hone_shape *s)
{
    return s->ranked && s->type == HONE_STRING &&
           (s->rank == 1 || (s->rank == 2 && s->dim[1] == 1));
}

/* A matrix of constants as the second input: its columns, or 0. */
static size_t weights_of(const struct finder *f, const struct hone_step *s, size_t rows,
                         const float **weight)
{
    const struct hone_slot *w = s->in[1] == NONE ? NULL : &f->plan->slot[s->in[1]];
    if (w == NULL || !w->constant || w->tensor.type != HONE_F32 || w->tensor.rank != 2 ||
        w->tensor.dim[0] != rows) {
        return 0;
    }
    *weight = w->tensor.data;
    return w->tensor.dim[1];
}

static void swallow(struct finder *f, const struct hone_step *s)
{
    f->gone[s - f->plan->step] = true;
}

/* The pad becomes 0, all else 1, and they are added up: words are counted. */
static struct hone_step *counted(struct finder *f, const struct hone_step *cut)
{
    const struct hone_tokenizer *t = cut->state;
    struct hone_step *map = next_step(f, cut, HONE_ML, "LabelEncoder");
    struct hone_step *sum = map == NULL ? NULL : next_step(f, map, "", "ReduceSum");
    size_t keys, values;

    if (sum == NULL || sum->node.inputs < 2 || sum->in[1] == NONE) {
        return NULL;
    }
    const struct hone_str *key = hone_op_texts(&map->node, "keys_strings", &keys);
    const float *value = hone_op_floats(&map->node, "values_floats", &values);
    const struct hone_slot *axes = &f->plan->slot[sum->in[1]];
    bool last = axes->constant && axes->tensor.type == HONE_I64 &&
                hone_tensor_count(&axes->tensor) == 1 &&
                *(const int64_t *)axes->tensor.data == 1;
    if (!last || hone_op_int(&sum->node, "keepdims", 1) == 0 || keys != 1 || values != 1 ||
        value[0] != 0 || hone_op_float(&map->node, "default_float", 0) != 1 ||
        !hone_str_eq(key[0], t->pad) || t->mark) {
        return NULL;
    }
    swallow(f, map);
    return sum;
}

/* The last step of a chain of n-grams. */
static struct hone_step *weighed(struct finder *f, struct hone_step *vector, struct chain *c)
{
    struct hone_step *last = vector;
    struct hone_step *norm = next_step(f, vector, HONE_ML, "Normalizer");
    c->vector = vector->state;
    c->width = c->vector->columns;
    if (norm != NULL) {
        struct hone_str kind = hone_op_text(&norm->node, "norm", "MAX");
        c->norm = hone_str_is(kind, "L2")   ? NORM_L2
                  : hone_str_is(kind, "L1") ? NORM_L1
                                            : NORM_NONE;
        if (c->norm == NORM_NONE) {
            return last;
        }
        swallow(f, last);
        last = norm;
    }
    struct hone_step *times = next_step(f, last, "", "MatMul");
    size_t width = times == NULL ? 0 : weights_of(f, times, c->width, &c->weight);
    if (width != 0) {
        swallow(f, last);
        last = times;
        c->width = width;
    }
    return last;
}

/* What comes before the words: returns the slot of the texts. */
static uint32_t source_of(struct finder *f, const struct hone_step *cut, struct chain *c)
{
    uint32_t slot = cut->in[0];
    struct hone_step *before = step_before(f, slot);
    if (before != NULL && is_op(before, "", "StringNormalizer") &&
        ((const struct hone_normalizer *)before->state)->stops == 0) {
        c->action = ((const struct hone_normalizer *)before->state)->action;
        swallow(f, before);
        slot = before->in[0];
        before = step_before(f, slot);
    }
    if (before != NULL && before->kernel == NULL &&
        is_list(&f->plan->slot[before->in[0]].shape)) {
        swallow(f, before);
        slot = before->in[0];
    }
    return slot;
}

/* Turn the chain that a Tokenizer begins, if it is one, into its last step. */
static enum hone_code fuse_chain(struct finder *f, struct hone_step *cut)
{
    struct chain c = {.action = HONE_CASE_NONE, .cut = cut->state, .width = 1};
    struct hone_step *vector = next_step(f, cut, "", "TfIdfVectorizer");
    struct hone_step *last;

    if (f->plan->slot[cut->in[0]].shape.rank != 1) {
        return HONE_OK;
    }
    last = vector == NULL ? counted(f, cut) : weighed(f, vector, &c);
    if (last == NULL) {
        return HONE_OK;
    }
    swallow(f, cut);
    uint32_t source = source_of(f, cut, &c);
    struct chain *state = hone_new(f->mem, struct chain);
    *state = c;
    last->op = &fused;
    last->state = state;
    last->kernel = forward;
    last->node.inputs = 1;
    HONE_TRY(hone_array(f->run, f->mem, &last->in, 1));
    last->in[0] = source;
    f->plan->slot[last->out[0]].ragged = false;
    return HONE_OK;
}

/* Do shapes still depend on elements? */
static bool is_dynamic(const struct hone_plan *p)
{
    bool dynamic = false;
    for (size_t i = 0; i < p->steps; i++) {
        const struct hone_step *s = &p->step[i];
        for (size_t k = 0; k < s->node.inputs; k++) {
            bool varies = s->in[k] != NONE && p->slot[s->in[k]].varies;
            dynamic = dynamic || (varies && ((s->op->flags & HONE_OP_RAGGED) != 0 ||
                                             (k < 32 && (s->op->reads >> k & 1) != 0)));
        }
    }
    return dynamic;
}

enum hone_code hone_plan_fuse_text(struct hone_run *run, struct hone_plan *plan,
                                   struct hone_arena *mem)
{
    HONE_ARENA(work);
    struct finder f = {.run = run, .plan = plan, .mem = mem};
    size_t kept = 0;

    HONE_TRY(look_around(run, &f, &work));
    for (size_t i = 0; i < plan->steps; i++) {
        if (plan->step[i].op == &hone_op_ms_tokenizer) {
            HONE_TRY(fuse_chain(&f, &plan->step[i]));
        }
    }
    for (size_t i = 0; i < plan->steps; i++) {
        if (!f.gone[i]) {
            plan->step[kept++] = plan->step[i];
        }
    }
    if (kept != plan->steps) {
        plan->steps = kept;
        plan->dynamic = is_dynamic(plan);
    }
    return HONE_OK;
}

/* --- sparse rows ---------------------------------------------------------------------------------------- */

/* Rows are made in blocks of their own arenas, then put below each other. */
#define BLOCK ((size_t)512)

struct blocks {
    const struct chain *chain;
    const struct hone_str *text;
    size_t rows;
    struct hone_arena *mem;   /* (blocks) */
    struct hone_sparse *part; /* (blocks) */
};

static enum hone_code sparse_block(struct hone_run *run, void *ctx, size_t chunk)
{
    HONE_SCRATCH(run);
    struct blocks *b = ctx;
    struct hone_arena *mem = &b->mem[chunk];
    size_t first = chunk * BLOCK, at = 0, room = 1024;
    size_t rows = b->rows - first < BLOCK ? b->rows - first : BLOCK;
    struct hone_sparse out = {.rows = rows, .cols = b->chain->width};
    struct row row = {0};

    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(hone_array(run, mem, &out.start, rows + 1));
    HONE_TRY(hone_array(run, mem, &out.col, room));
    HONE_TRY(hone_array(run, mem, &out.value, room));
    for (size_t i = 0; i < rows; i++) {
        HONE_TRY(make_row(run, b->chain, b->text[first + i], &run->scratch, &row));
        if (at + row.n > room) {
            size_t more = 2 * (at + row.n);
            out.col = hone_arena_grow(mem, out.col, sizeof *out.col, room, more);
            out.value = hone_arena_grow(mem, out.value, sizeof *out.value, room, more);
            if (out.col == NULL || out.value == NULL) {
                return hone_no_room(run, "a block of text", more);
            }
            room = more;
        }
        memcpy(out.col + at, row.hit, row.n * sizeof *out.col);
        memcpy(out.value + at, row.value, row.n * sizeof *out.value);
        at += row.n;
        out.start[i + 1] = at;
    }
    b->part[chunk] = out;
    return HONE_OK;
}

/* Any other plan: dense blocks, whose zeros are left out. */
static enum hone_code dense_block(struct hone_run *run, const struct hone_plan *plan,
                                  const struct hone_tensor *in, size_t first, size_t rows,
                                  struct hone_arena *mem, struct hone_sparse *out)
{
    HONE_ARENA(work);
    struct hone_tensor *part, dense;
    HONE_TRY(hone_array(run, &work, &part, plan->inputs));
    for (size_t i = 0; i < plan->inputs; i++) {
        size_t size = hone_dtype_size(in[i].type);
        for (size_t k = 1; k < in[i].rank; k++) {
            size *= in[i].dim[k];
        }
        part[i] = in[i];
        part[i].dim[0] = rows;
        part[i].data = (char *)in[i].data + first * size;
    }
    HONE_TRY(hone_plan_run_rows(run, plan, rows, part, &work, &dense));
    HONE_ASSERT(dense.type == HONE_F32 && dense.rank == 2);
    return hone_sparse_of(run, rows, dense.dim[1], dense.data, mem, out);
}

enum hone_code hone_plan_run_sparse(struct hone_run *run, const struct hone_plan *plan,
                                    size_t rows, const struct hone_tensor *in,
                                    struct hone_arena *mem, struct hone_sparse *out)
{
    HONE_ARENA(work);
    size_t n = (rows + BLOCK - 1) / BLOCK;
    const struct hone_step *step = plan->step;
    struct blocks b = {.rows = rows};
    bool direct = plan->steps == 1 && step->op == &fused && plan->outputs == 1 &&
                  plan->output_slot[0] == step->out[0] && step->in[0] == plan->input_slot[0] &&
                  ((const struct chain *)step->state)->vector != NULL &&
                  ((const struct chain *)step->state)->weight == NULL;
    enum hone_code code = HONE_OK;

    HONE_ASSERT(plan->outputs == 1 && rows > 0);
    HONE_TRY(hone_array(run, &work, &b.mem, n));
    HONE_TRY(hone_array(run, &work, &b.part, n));
    if (direct) {
        b.chain = step->state;
        b.text = in[0].data;
        code = hone_parallel_try(run, n, sparse_block, &b);
    }
    for (size_t i = 0; i < n && !direct && code == HONE_OK; i++) {
        size_t first = i * BLOCK, len = rows - first < BLOCK ? rows - first : BLOCK;
        code = dense_block(run, plan, in, first, len, &b.mem[i], &b.part[i]);
    }
    if (code == HONE_OK) {
        code = hone_sparse_stack(run, b.part, n, mem, out);
    }
    for (size_t i = 0; i < n; i++) {
        hone_arena_free(&b.mem[i]);
    }
    return code;
}
