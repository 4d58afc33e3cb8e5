/* ai.onnx.ml: ZipMap makes maps, CastMap makes tensors of them. */
#include <stdlib.h>

#include "graph/op.h"
#include "graph/op_head_priv.h"

/* --- ZipMap ------------------------------------------------------------------------------------------ */

struct zip {
    struct hone_tensor keys; /* the class labels */
};

static enum hone_code prepare_zip(struct hone_run *run, const struct hone_site *site,
                                  struct hone_arena *mem, void *state)
{
    struct zip *s = state;
    size_t n_texts, n_ints;
    const struct hone_str *texts = hone_op_texts(site->node, "classlabels_strings", &n_texts);
    const int64_t *ints = hone_op_ints(site->node, "classlabels_int64s", &n_ints);
    const void *data = n_texts != 0 ? (const void *)texts : (const void *)ints;
    (void)mem;

    if ((n_texts == 0) == (n_ints == 0)) {
        return hone_fail(run, HONE_E_FORMAT, "%s list of class labels",
                         n_texts == 0 ? "no" : "more than one");
    }
    s->keys = (struct hone_tensor){
        .type = n_texts != 0 ? HONE_STRING : HONE_I64, .rank = 1, .dim = {n_texts + n_ints}};
    memcpy(&s->keys.data, &data, sizeof data); /* only read: the type has no place for const */
    return HONE_OK;
}

static enum hone_code infer_zip(struct hone_run *run, const struct hone_site *site)
{
    const struct zip *s = site->state;
    const struct hone_shape *in = &site->in[0];
    const struct hone_shape map = {.type = HONE_MAP, .elem = {s->keys.type, HONE_F32}};
    int64_t cols = !in->ranked                      ? -1
                   : in->rank == 1 || in->rank == 2 ? in->dim[in->rank - 1]
                                                    : 0;

    if (cols >= 0 && (size_t)cols != s->keys.dim[0]) {
        return hone_fail(run, HONE_E_SHAPE,
                         "%zu class labels for values that are not rows of %zu", s->keys.dim[0],
                         s->keys.dim[0]);
    }
    hone_shape_hold(&site->out[0], HONE_SEQUENCE,
                    !in->ranked     ? -1
                    : in->rank == 1 ? 1
                                    : in->dim[0],
                    &map);
    return HONE_OK;
}

/* A map for each row; one row may be a list. */
static enum hone_code zip(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    const struct zip *s = call->state;
    const struct hone_tensor *in = call->in[0];
    size_t rows = in->rank == 1 ? 1 : in->dim[0], cols = s->keys.dim[0];
    struct hone_tensor *map, *part;

    work.limit = call->mem->limit;
    HONE_TRY(hone_array(run, &work, &map, rows));
    HONE_TRY(hone_array(run, &work, &part, 2 * rows));
    for (size_t i = 0; i < rows; i++) {
        part[2 * i] = s->keys;
        part[2 * i + 1] = (struct hone_tensor){
            .type = HONE_F32, .rank = 1, .dim = {cols}, .data = (float *)in->data + i * cols};
        map[i] =
            (struct hone_tensor){.type = HONE_MAP, .rank = 1, .dim = {2}, .data = part + 2 * i};
    }
    return hone_call_items(run, call, 0, rows, map);
}

/* --- CastMap ----------------------------------------------------------------------------------------- */

struct cast_map {
    enum hone_dtype from, to;
    bool sparse;
    int64_t length; /* sparse only */
};

static enum hone_code prepare_cast(struct hone_run *run, const struct hone_site *site,
                                   struct hone_arena *mem, void *state)
{
    static const char *const to[] = {"TO_FLOAT", "TO_STRING", "TO_INT64", NULL};
    static const char *const form[] = {"DENSE", "SPARSE", NULL};
    static const enum hone_dtype type[] = {HONE_F32, HONE_STRING, HONE_I64};
    const enum hone_dtype *elem = site->in[0].elem;
    struct cast_map *s = state;
    int kind = 0, packed = 0;
    (void)mem;

    HONE_TRY(hone_op_word(run, site->node, "cast_to", "TO_FLOAT", to, &kind));
    HONE_TRY(hone_op_word(run, site->node, "map_form", "DENSE", form, &packed));
    if (site->in[0].type != HONE_MAP) {
        return hone_fail(run, HONE_E_SHAPE, "input 0 is %s, not a map",
                         hone_dtype_name(site->in[0].type));
    }
    if (elem[0] != HONE_I64 || (elem[1] != HONE_F32 && elem[1] != HONE_STRING)) {
        return hone_fail(run, HONE_E_SHAPE,
                         "a map from %s to %s, not from int64 to float32 or string",
                         hone_dtype_name(elem[0]), hone_dtype_name(elem[1]));
    }
    s->from = elem[1];
    s->to = type[kind];
    s->sparse = packed == 1;
    s->length = hone_op_int(site->node, "max_map", 1);
    if (s->sparse && s->length <= 0) {
        return hone_fail(run, HONE_E_FORMAT, "max_map is %lld", (long long)s->length);
    }
    return HONE_OK;
}

static enum hone_code infer_cast(struct hone_run *run, const struct hone_site *site)
{
    const struct cast_map *s = site->state;
    (void)run;
    hone_shape_set(&site->out[0], s->to, 2, (const int64_t[]){1, s->sparse ? s->length : -1});
    return HONE_OK;
}

/* The nearest integer of 64 bits that is not further from zero; 0 for NaN. */
static int64_t whole_of(double x)
{
    return !(x == x)                    ? 0
           : x >= 9223372036854775808.0 ? INT64_MAX
           : x < -9223372036854775808.0 ? INT64_MIN
                                        : (int64_t)x;
}

/* Element i of the values to element k of the output. */
static enum hone_code cast_one(struct hone_run *run, const struct hone_call *call,
                               const struct hone_tensor *values, size_t i, size_t k)
{
    const struct cast_map *s = call->state;
    void *out = call->out[0]->data;
    struct hone_str text = {"", 0};
    double x = 0;
    int64_t whole = 0;
    bool is_whole = false;

    if (s->from == HONE_F32) {
        x = (double)((const float *)values->data)[i];
    } else {
        text = ((const struct hone_str *)values->data)[i];
        is_whole = s->to == HONE_I64 && hone_parse_i64(text, &whole);
        if (s->to != HONE_STRING && !is_whole && !hone_parse_f64(hone_str_trim(text), &x)) {
            return hone_fail(run, HONE_E_FORMAT, "'%.*s' is not a %s",
                             (int)(text.len < 40 ? text.len : 40),
                             text.len == 0 ? "" : text.ptr, hone_dtype_name(s->to));
        }
    }
    if (s->to == HONE_F32) {
        ((float *)out)[k] = (float)x;
    } else if (s->to == HONE_I64) {
        ((int64_t *)out)[k] = is_whole ? whole : whole_of(x);
    } else if (s->from == HONE_STRING) {
        ((struct hone_str *)out)[k] = text;
    } else {
        HONE_ARENA(work);
        const char *digits = hone_arena_format(&work, "%f", x); /* as onnxruntime writes them */
        char *kept;
        HONE_TRY(hone_call_text(run, call, strlen(digits), &kept));
        memcpy(kept, digits, strlen(digits));
        ((struct hone_str *)out)[k] = (struct hone_str){kept, strlen(digits)};
    }
    return HONE_OK;
}

struct entry {
    int64_t key;
    size_t at;
};

static int by_key(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

/* The keys of a map in ascending order, each once. */
static enum hone_code sort_keys(struct hone_run *run, const struct hone_tensor *keys,
                                struct hone_arena *work, struct entry **out)
{
    size_t n = keys->dim[0];
    struct entry *entry;

    HONE_TRY(hone_array(run, work, &entry, n));
    for (size_t i = 0; i < n; i++) {
        entry[i] = (struct entry){((const int64_t *)keys->data)[i], i};
    }
    if (n > 1) {
        qsort(entry, n, sizeof *entry, by_key);
    }
    for (size_t i = 1; i < n; i++) {
        if (entry[i].key == entry[i - 1].key) {
            return hone_fail(run, HONE_E_SHAPE, "key %lld is in the map more than once",
                             (long long)entry[i].key);
        }
    }
    *out = entry;
    return HONE_OK;
}

/* What a sparse form has where the map has no key: zero, in onnxruntime's words where it is text. */
static void fill_absent(const struct hone_tensor *out)
{
    size_t n = hone_tensor_count(out);
    struct hone_str *text = out->data;

    if (out->type != HONE_STRING) {
        memset(out->data, 0, n * hone_dtype_size(out->type));
        return;
    }
    for (size_t i = 0; i < n; i++) {
        text[i] = hone_str("0.f");
    }
}

static enum hone_code cast(struct hone_run *run, const struct hone_call *call)
{
    HONE_ARENA(work);
    const struct cast_map *s = call->state;
    const struct hone_tensor *map = call->in[0]->data;
    struct entry *entry = NULL;
    size_t n, dim[2] = {1, (size_t)s->length};

    work.limit = call->mem->limit;
    HONE_TRY(hone_check_map(run, call->in[0], HONE_I64, s->from));
    n = map[0].dim[0];
    HONE_TRY(sort_keys(run, &map[0], &work, &entry));
    if (!s->sparse) {
        dim[1] = n;
    } else if (n != 0 && (entry[0].key < 0 || entry[n - 1].key >= s->length)) {
        return hone_fail(run, HONE_E_SHAPE, "key %lld is not in 0 .. max_map - 1 = %lld",
                         (long long)entry[entry[0].key < 0 ? 0 : n - 1].key,
                         (long long)s->length - 1);
    }
    HONE_TRY(hone_call_output(run, call, 0, 2, dim));
    if (s->sparse) {
        fill_absent(call->out[0]);
    }
    for (size_t i = 0; i < n; i++) {
        HONE_TRY(
            cast_one(run, call, &map[1], entry[i].at, s->sparse ? (size_t)entry[i].key : i));
    }
    return HONE_OK;
}

/* --- the operators ----------------------------------------------------------------------------------- */

#define OP(onnx, ...)                                                                          \
    {                                                                                          \
        HONE_OP_HEAD_ML(onnx, 1, 1, 1), __VA_ARGS__,                                           \
    }

static const struct hone_op zip_inside =
    OP("ZipMap", .attrs = "classlabels_strings:S classlabels_int64s:I",
       .state_size = sizeof(struct zip), .prepare = prepare_zip, .infer = infer_zip,
       .forward = {[HONE_F32] = zip});
/* Maps that only the caller sees are their matrix of probabilities, which has rows. */
const struct hone_op hone_op_ml_zip_map =
    OP("ZipMap", .attrs = "classlabels_strings:S classlabels_int64s:I", .flags = HONE_OP_VIEW,
       .infer = hone_infer_same, .rowwise = hone_rows_first, .inside = &zip_inside);
const struct hone_op hone_op_ml_cast_map =
    OP("CastMap", .attrs = "cast_to:s map_form:s max_map:i",
       .flags = HONE_OP_RAGGED | HONE_OP_NEW_TEXT, .state_size = sizeof(struct cast_map),
       .prepare = prepare_cast, .infer = infer_cast, .boxed = cast);
