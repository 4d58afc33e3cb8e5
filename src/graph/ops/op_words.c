/* Text: StringConcat, StringSplit. */
#include "graph/op_head_priv.h"
#include "graph/walk_priv.h"

/* --- StringConcat ---------------------------------------------------------------------------------------- */

static enum hone_code concat(struct hone_run *run, const struct hone_call *call)
{
    struct hone_walk w;
    struct hone_str *out = call->out[0]->data;

    for (bool more = hone_walk_begin(&w, 2, call->in, call->out[0]); more;
         more = hone_walk_next(&w)) {
        const struct hone_str *a = (const struct hone_str *)call->in[0]->data + w.offset[0];
        const struct hone_str *b = (const struct hone_str *)call->in[1]->data + w.offset[1];
        for (size_t i = 0; i < w.inner; i++) {
            struct hone_str x = a[i * w.step[0]], y = b[i * w.step[1]];
            char *text;
            HONE_TRY(hone_call_text(run, call, x.len + y.len, &text));
            if (x.len != 0) {
                memcpy(text, x.ptr, x.len);
            }
            if (y.len != 0) {
                memcpy(text + x.len, y.ptr, y.len);
            }
            out[w.out + i] = (struct hone_str){text, x.len + y.len};
        }
    }
    return HONE_OK;
}

/* --- StringSplit ------------------------------------------------------------------------------------------ */

static enum hone_code infer_split(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0];

    site->out[0] = (struct hone_shape){.type = HONE_STRING};
    if (in->ranked && in->rank == HONE_RANK_MAX) {
        return hone_fail(run, HONE_E_SHAPE, "a result of rank %zu", in->rank + 1);
    }
    if (in->ranked) {
        hone_shape_set(&site->out[0], HONE_STRING, in->rank, in->dim);
        site->out[0].dim[site->out[0].rank++] = -1;
    }
    if (site->outputs > 1) {
        site->out[1] = *in;
        site->out[1].type = HONE_I64;
        site->out[1].data = NULL;
    }
    return HONE_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * The next part of *rest, which moves on; false when there is none.  Without a delimiter runs of white space part, as
 * Python's split does.  last: take all that is left.
 */
static bool next_part(struct hone_str *rest, struct hone_str by, bool last,
                      struct hone_str *out)
{
    const char *at, *end;
    size_t skip = by.len;

    if (rest->ptr == NULL) {
        return false;
    }
    end = rest->ptr + rest->len;
    if (by.len == 0) {
        while (rest->len != 0 && is_blank(*rest->ptr)) {
            rest->ptr++;
            rest->len--;
        }
        if (rest->len == 0) {
            return false;
        }
        at = rest->ptr;
        while (!last && at < end && !is_blank(*at)) {
            at++;
        }
        at = last ? end : at;
        skip = 0;
    } else {
        at = last || rest->len == 0 ? NULL : memmem(rest->ptr, rest->len, by.ptr, by.len);
    }
    *out = (struct hone_str){rest->ptr, at == NULL ? rest->len : (size_t)(at - rest->ptr)};
    if (at == NULL) {
        *rest = (struct hone_str){NULL, 0};
    } else {
        *rest = (struct hone_str){at + skip, (size_t)(end - at) - skip};
    }
    return true;
}

/* Parts of one text into out (NULL: only counted). */
static size_t parts_of(struct hone_str text, struct hone_str by, int64_t most,
                       struct hone_str *out)
{
    size_t n = 0;
    struct hone_str part;

    text.ptr = text.ptr == NULL ? "" : text.ptr;
    if (text.len == 0) {
        return 0;
    }
    while (next_part(&text, by, most >= 0 && (int64_t)n == most, &part)) {
        if (out != NULL) {
            out[n] = part;
        }
        n++;
    }
    return n;
}

static enum hone_code split(struct hone_run *run, const struct hone_call *call)
{
    const struct hone_tensor *in = call->in[0];
    const struct hone_attr *most_attr = hone_node_attr(call->node, "maxsplit");
    struct hone_str by = hone_op_text(call->node, "delimiter", "");
    int64_t most = most_attr == NULL ? -1 : most_attr->i;
    size_t n = hone_tensor_count(in), wide = 0, dim[HONE_RANK_MAX];
    const struct hone_str *text = in->data;
    struct hone_str *out;

    for (size_t i = 0; i < n; i++) {
        size_t parts = parts_of(text[i], by, most, NULL);
        wide = parts > wide ? parts : wide;
        if (call->outputs > 1) {
            ((int64_t *)call->out[1]->data)[i] = (int64_t)parts;
        }
    }
    memcpy(dim, in->dim, sizeof dim);
    dim[in->rank] = wide;
    HONE_TRY(hone_call_output(run, call, 0, in->rank + 1, dim));
    out = call->out[0]->data;
    for (size_t i = 0; i < n; i++, out += wide) {
        memset(out, 0, wide * sizeof *out);
        (void)parts_of(text[i], by, most, out);
    }
    return HONE_OK;
}

/* --- the operators -------------------------------------------------------------------------------------------- */

#define OP(variable, onnx, n_in, max_out, ...)                                                 \
    const struct hone_op hone_op_##variable = {                                                \
        HONE_OP_HEAD(onnx, 20, n_in, n_in, max_out),                                           \
        __VA_ARGS__,                                                                           \
    }

OP(string_concat, "StringConcat", 2, 1, .flags = HONE_OP_NEW_TEXT,
   .infer = hone_infer_broadcast, .rowwise = hone_rows_broadcast,
   .forward = {[HONE_STRING] = concat});
OP(string_split, "StringSplit", 1, 2, .attrs = "delimiter:s maxsplit:i",
   .flags = HONE_OP_RAGGED, .infer = infer_split, .forward = {[HONE_STRING] = split});
