/*
 * Text: StringNormalizer, and TfIdfVectorizer on text or integers.  Case changes follow Unicode's simple mappings,
 * whatever the machine's locale and the node's.
 */
#include "graph/text_priv.h"
#include "graph/unicode_priv.h"

/* --- StringNormalizer ---------------------------------------------------------------------------------------- */

static size_t change_case(struct hone_str s, bool up, char *out)
{
    return up ? hone_text_upper(s, out) : hone_text_lower(s, out);
}

/* s in the changed case, in mem; NULL when there is no room. */
static char *changed(struct hone_arena *mem, struct hone_str s, bool up, size_t *len)
{
    char *out = hone_arena_alloc(mem, 1, HONE_CASE_ROOM(s.len));
    *len = out == NULL ? 0 : change_case(s, up, out);
    return out;
}

static enum hone_code prepare_normalizer(struct hone_run *run, const struct hone_site *site,
                                         struct hone_arena *mem, void *state)
{
    static const char *const words[] = {"LOWER", "UPPER", "NONE", NULL};
    struct hone_normalizer *s = state;
    const struct hone_str *stop = hone_op_texts(site->node, "stopwords", &s->stops);

    HONE_TRY(hone_op_word(run, site->node, "case_change_action", "NONE", words, &s->action));
    s->sensitive = hone_op_int(site->node, "is_case_sensitive", 0) != 0;
    s->stop.mem = mem;
    for (size_t i = 0; i < s->stops; i++) {
        struct hone_str key = stop[i];
        if (!s->sensitive) {
            key.ptr = changed(mem, stop[i], false, &key.len);
        }
        if (key.ptr == NULL || hone_map_add(&s->stop, key, 1) == UINT32_MAX) {
            return hone_no_room(run, "stop words", s->stops);
        }
    }
    return HONE_OK;
}

static enum hone_code infer_normalizer(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_normalizer *s = site->state;
    const struct hone_shape *in = &site->in[0];

    if (in->ranked && (in->rank == 0 || in->rank > 2 || (in->rank == 2 && in->dim[0] > 1))) {
        return hone_fail(run, HONE_E_SHAPE, "an input that is not (C) or (1, C)");
    }
    HONE_TRY(hone_infer_same(run, site));
    if (s->stops != 0 && in->ranked) {
        site->out[0].dim[in->rank - 1] = -1;
    }
    return HONE_OK;
}

static bool normalizer_keeps_rows(const struct hone_site *site)
{
    return ((const struct hone_normalizer *)site->state)->stops == 0 && site->in[0].rank == 1;
}

/* Is it one of the stop words?  text has room for s in another case. */
static bool is_stop(const struct hone_normalizer *n, struct hone_str s, char *text)
{
    struct hone_str key = s;
    if (n->stops != 0 && !n->sensitive) {
        key = (struct hone_str){text, change_case(s, false, text)};
    }
    return hone_map_get(&n->stop, key) != UINT32_MAX;
}

static enum hone_code normalize(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct hone_normalizer *s = call->state;
    const struct hone_tensor *in = call->in[0];
    const struct hone_str *from = in->data;
    size_t n = hone_tensor_count(in), kept = 0, bytes = 0, longest = 0;
    size_t dim[2] = {1, 1};
    struct hone_str *keep, *to;
    char *text;

    HONE_TRY(hone_array(run, &run->scratch, &keep, n + 1));
    for (size_t i = 0; i < n; i++) {
        bytes += from[i].len;
        longest = from[i].len > longest ? from[i].len : longest;
    }
    HONE_TRY(hone_array(run, &run->scratch, &text, HONE_CASE_ROOM(longest)));
    for (size_t i = 0; i < n; i++) {
        if (!is_stop(s, from[i], text)) {
            keep[kept++] = from[i];
        }
    }
    if (kept == 0 && s->stops != 0) {
        keep[kept++] = (struct hone_str){"", 0}; /* the standard leaves one empty text */
    }
    dim[in->rank - 1] = kept;
    HONE_TRY(hone_call_output(run, call, 0, in->rank, dim));
    to = call->out[0]->data;
    HONE_TRY(hone_call_text(
        run, call, s->action == HONE_CASE_NONE ? 0 : HONE_CASE_ROOM(bytes) + kept, &text));
    for (size_t i = 0; i < kept; i++) {
        to[i] = keep[i];
        if (s->action != HONE_CASE_NONE) {
            to[i] = (struct hone_str){text,
                                      change_case(keep[i], s->action == HONE_CASE_UPPER, text)};
            text += to[i].len;
        }
    }
    return HONE_OK;
}

/* --- TfIdfVectorizer ----------------------------------------------------------------------------------------- */

/* An item of the pool, or of the input, as bytes. */
static struct hone_str item_at(enum hone_dtype type, const void *data, size_t i, int64_t *room)
{
    if (type == HONE_STRING) {
        return ((const struct hone_str *)data)[i];
    }
    *room = type == HONE_I64 ? ((const int64_t *)data)[i] : ((const int32_t *)data)[i];
    return (struct hone_str){(const char *)room, sizeof *room};
}

static enum hone_code take_pool(struct hone_run *run, enum hone_dtype type, const void *pool,
                                size_t n, struct hone_arena *mem, struct hone_vectorizer *s,
                                uint32_t *word)
{
    int64_t *copies;
    HONE_TRY(hone_array(run, mem, &copies, type == HONE_STRING ? 0 : n));
    for (size_t i = 0; i < n; i++) {
        int64_t room = 0;
        struct hone_str key = item_at(type, pool, i, &room);
        if (type != HONE_STRING) {
            copies[i] = room;
            key.ptr = (const char *)&copies[i];
        }
        word[i] = hone_map_add(&s->words, key, (uint32_t)i);
        if (word[i] == UINT32_MAX) {
            return hone_no_room(run, "the pool", n);
        }
    }
    return HONE_OK;
}

/* ngram_counts: where the n-grams of each length begin in the pool. */
static enum hone_code take_grams(struct hone_run *run, const struct hone_node *node,
                                 const uint32_t *word, size_t pool, struct hone_vectorizer *s)
{
    size_t lengths, indexes;
    const int64_t *start = hone_op_ints(node, "ngram_counts", &lengths);
    uint32_t gram = 0;

    s->column = hone_op_ints(node, "ngram_indexes", &indexes);
    for (size_t len = 1; len <= lengths; len++) {
        int64_t from = start[len - 1], to = len < lengths ? start[len] : (int64_t)pool;
        if (from < 0 || to < from || (uint64_t)to > pool || (size_t)(to - from) % len != 0) {
            return hone_fail(run, HONE_E_FORMAT, "ngram_counts that do not cut the pool");
        }
        for (size_t i = (size_t)from; i < (size_t)to; i += len, gram++) {
            struct hone_str key = {(const char *)(word + i), len * sizeof *word};
            if (gram >= indexes) {
                return hone_fail(run, HONE_E_FORMAT, "more n-grams than ngram_indexes");
            }
            if (hone_map_add(&s->grams, key, gram) == UINT32_MAX) {
                return hone_no_room(run, "n-grams", gram);
            }
        }
    }
    for (size_t i = 0; i < indexes; i++) {
        if (s->column[i] < 0 || s->column[i] > INT32_MAX) {
            return hone_fail(run, HONE_E_FORMAT, "an n-gram for column %lld",
                             (long long)s->column[i]);
        }
        s->columns = (size_t)s->column[i] >= s->columns ? (size_t)s->column[i] + 1 : s->columns;
    }
    return HONE_OK;
}

static enum hone_code prepare_vectorizer(struct hone_run *run, const struct hone_site *site,
                                         struct hone_arena *mem, void *state)
{
    static const char *const words[] = {"TF", "IDF", "TFIDF", NULL};
    struct hone_vectorizer *s = state;
    const struct hone_node *node = site->node;
    int64_t least = hone_op_int(node, "min_gram_length", 1);
    int64_t most = hone_op_int(node, "max_gram_length", 1);
    int64_t skip = hone_op_int(node, "max_skip_count", 0);
    bool text = site->in[0].type == HONE_STRING;
    size_t n, weights;
    const void *pool = text ? (const void *)hone_op_texts(node, "pool_strings", &n)
                            : (const void *)hone_op_ints(node, "pool_int64s", &n);
    uint32_t *word;

    HONE_TRY(hone_op_word(run, node, "mode", "TF", words, &s->mode));
    if (least < 1 || most < least || most > 64 || skip < 0 || n == 0 || n > UINT32_MAX / 8) {
        return hone_fail(run, HONE_E_FORMAT, "n-grams of %lld to %lld over a pool of %zu",
                         (long long)least, (long long)most, n);
    }
    s->least = (size_t)least;
    s->most = (size_t)most;
    s->skip = (size_t)skip;
    s->words.mem = mem;
    s->grams.mem = mem;
    HONE_TRY(hone_array(run, mem, &word, n));
    HONE_TRY(take_pool(run, text ? HONE_STRING : HONE_I64, pool, n, mem, s, word));
    HONE_TRY(take_grams(run, node, word, n, s));
    s->weight = hone_op_floats(node, "weights", &weights);
    if (weights != 0 && weights < s->columns) {
        return hone_fail(run, HONE_E_FORMAT, "%zu weights for %zu columns", weights,
                         s->columns);
    }
    return HONE_OK;
}

static enum hone_code infer_vectorizer(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_vectorizer *s = site->state;
    const struct hone_shape *in = &site->in[0];

    site->out[0] = (struct hone_shape){.type = HONE_F32};
    if (!in->ranked) {
        return HONE_OK;
    }
    if (in->rank > 2) {
        return hone_fail(run, HONE_E_SHAPE, "an input of rank %zu, not 1 or 2", in->rank);
    }
    hone_shape_set(&site->out[0], HONE_F32, in->rank == 2 ? 2 : 1,
                   (const int64_t[]){in->rank == 2 ? in->dim[0] : (int64_t)s->columns,
                                     (int64_t)s->columns});
    return HONE_OK;
}

static bool vectorizer_keeps_rows(const struct hone_site *site)
{
    return hone_rows_first(site) && site->in[0].rank == 2;
}

/* The n-grams of one length among the n words of a row, the words `step` apart; returns how many. */
static size_t find_grams(const struct hone_vectorizer *s, const uint32_t *word, size_t n,
                         size_t len, size_t step, uint32_t *hit)
{
    uint32_t gram[64];
    size_t hits = 0;

    for (size_t i = 0; i + (len - 1) * step < n; i++) {
        struct hone_str key = {(const char *)gram, len * sizeof *gram};
        uint32_t found;
        bool known = true;
        for (size_t k = 0; k < len; k++) {
            gram[k] = word[i + k * step];
            known = known && gram[k] != UINT32_MAX;
        }
        found = known ? hone_map_get(&s->grams, key) : UINT32_MAX;
        if (found != UINT32_MAX) {
            hit[hits++] = (uint32_t)s->column[found];
        }
    }
    return hits;
}

size_t hone_vectorizer_room(const struct hone_vectorizer *s, size_t n)
{
    return hone_product(n, (s->most - s->least + 1) * (s->skip + 1));
}

size_t hone_vectorizer_hits(const struct hone_vectorizer *s, const uint32_t *word, size_t n,
                            uint32_t *hit)
{
    size_t hits = 0;
    for (size_t len = s->least; len <= s->most; len++) {
        for (size_t step = 1; step <= (len == 1 ? 0 : s->skip) + 1 && step <= n; step++) {
            hits += find_grams(s, word, n, len, step, hit + hits);
        }
    }
    return hits;
}

float hone_vectorizer_value(const struct hone_vectorizer *s, uint32_t column, float count)
{
    float w = s->weight == NULL ? 1 : s->weight[column];
    return s->mode == HONE_TF ? count : s->mode == HONE_TFIDF ? count * w : w;
}

static enum hone_code vectorize(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct hone_vectorizer *s = call->state;
    const struct hone_tensor *in = call->in[0];
    size_t n = in->rank == 0 ? 1 : in->dim[in->rank - 1], rows = in->rank == 2 ? in->dim[0] : 1;
    float *out = call->out[0]->data;
    uint32_t *word, *hit;

    HONE_TRY(hone_array(run, &run->scratch, &word, n));
    HONE_TRY(hone_array(run, &run->scratch, &hit, hone_vectorizer_room(s, n)));
    memset(out, 0, rows * s->columns * sizeof *out);
    for (size_t r = 0; r < rows; r++, out += s->columns) {
        for (size_t i = 0; i < n; i++) {
            int64_t room = 0;
            word[i] = hone_map_get(&s->words, item_at(in->type, in->data, r * n + i, &room));
        }
        size_t hits = hone_vectorizer_hits(s, word, n, hit);
        for (size_t i = 0; i < hits; i++) {
            out[hit[i]] += 1;
        }
        for (uint32_t k = 0; k < s->columns && s->mode != HONE_TF; k++) {
            out[k] = out[k] > 0 ? hone_vectorizer_value(s, k, out[k]) : 0;
        }
    }
    return HONE_OK;
}

/* --- the operators ----------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, S, ...)                                                             \
    const struct hone_op hone_op_##variable = {                                                \
        .part.name = onnx,                                                                     \
        .part.source = HONE_OP_SOURCE_ONNX,                                                    \
        .domain = "",                                                                          \
        .inputs_min = 1,                                                                       \
        .inputs_max = 1,                                                                       \
        .outputs_min = 1,                                                                      \
        .outputs_max = 1,                                                                      \
        .state_size = sizeof(struct S),                                                        \
        __VA_ARGS__,                                                                           \
    }

OP(string_normalizer, "StringNormalizer", hone_normalizer, .since = 10,
   .attrs = "case_change_action:s is_case_sensitive:i locale:s stopwords:S",
   .flags = HONE_OP_NEW_TEXT | HONE_OP_RAGGED, .prepare = prepare_normalizer,
   .infer = infer_normalizer, .rowwise = normalizer_keeps_rows,
   .forward = {[HONE_STRING] = normalize});
OP(tf_idf_vectorizer, "TfIdfVectorizer", hone_vectorizer, .since = 9,
   .attrs = "max_gram_length:i max_skip_count:i min_gram_length:i mode:s ngram_counts:I "
            "ngram_indexes:I pool_int64s:I pool_strings:S weights:F",
   .prepare = prepare_vectorizer, .infer = infer_vectorizer, .rowwise = vectorizer_keeps_rows,
   .forward = {[HONE_STRING] = vectorize, [HONE_I32] = vectorize, [HONE_I64] = vectorize});
