#include <zstd.h>

#include "store/textblock_priv.h"

#define LEVEL 1 /* half of the log's time is spent here: what higher levels save is little */

static size_t texts_of(const struct hone_logged_prediction *row)
{
    return row->inputs.len + row->outputs.len;
}

size_t hone_block_span(const struct hone_logged_prediction *list, size_t n)
{
    size_t bytes = 0;
    size_t rows = 0;

    while (rows < n && rows < HONE_BLOCK_ROWS && bytes < HONE_BLOCK_BYTES) {
        bytes += texts_of(&list[rows++]);
    }
    return rows;
}

static char *put_length(char *at, size_t value)
{
    for (int i = 0; i < 4; i++) {
        *at++ = (char)(value >> 8 * i & 255);
    }
    return at;
}

static size_t get_length(const char *at)
{
    size_t value = 0;

    for (int i = 0; i < 4; i++) {
        value |= (size_t)(unsigned char)at[i] << 8 * i;
    }
    return value;
}

static char *put_text(char *at, struct hone_str text)
{
    if (text.len > 0) {
        memcpy(at, text.ptr, text.len);
    }
    return at + text.len;
}

enum hone_code hone_block_pack(struct hone_run *run, struct ZSTD_CCtx_s *zstd,
                               const struct hone_logged_prediction *list, size_t n,
                               struct hone_arena *mem, struct hone_str *out)
{
    size_t size = 4 + 8 * n;
    char *plain;
    char *packed;
    char *at;

    for (size_t i = 0; i < n; i++) {
        size += texts_of(&list[i]);
    }
    HONE_TRY(hone_array(run, mem, &plain, size));
    at = put_length(plain, n);
    for (size_t i = 0; i < n; i++) {
        at = put_length(at, list[i].inputs.len);
        at = put_length(at, list[i].outputs.len);
    }
    for (size_t i = 0; i < n; i++) {
        at = put_text(at, list[i].inputs);
    }
    for (size_t i = 0; i < n; i++) {
        at = put_text(at, list[i].outputs);
    }
    size_t room = ZSTD_compressBound(size);
    HONE_TRY(hone_array(run, mem, &packed, room));
    size_t len = ZSTD_compressCCtx(zstd, packed, room, plain, size, LEVEL);
    if (ZSTD_isError(len)) {
        return hone_fail(run, HONE_E_LIMIT, "predictions cannot be packed: %s",
                         ZSTD_getErrorName(len));
    }
    *out = (struct hone_str){packed, len};
    return HONE_OK;
}

static enum hone_code damaged(struct hone_run *run)
{
    return hone_fail(run, HONE_E_FORMAT, "the texts of logged predictions are damaged");
}

/* Cut the plain bytes; false when lengths and bytes do not fit each other. */
static bool cut(struct hone_str plain, size_t rows, struct hone_str *inputs,
                struct hone_str *outputs)
{
    size_t at = 4 + 8 * rows;

    for (int side = 0; side < 2; side++) {
        struct hone_str *text = side == 0 ? inputs : outputs;
        for (size_t i = 0; i < rows; i++) {
            size_t len = get_length(plain.ptr + 4 + 8 * i + 4 * (size_t)side);
            if (len > plain.len - at) {
                return false;
            }
            text[i] = (struct hone_str){plain.ptr + at, len};
            at += len;
        }
    }
    return at == plain.len;
}

enum hone_code hone_block_open(struct hone_run *run, struct hone_str bytes,
                               struct hone_arena *mem, struct hone_block *out)
{
    unsigned long long size = ZSTD_getFrameContentSize(bytes.ptr, bytes.len);
    struct hone_str *inputs;
    struct hone_str *outputs;
    char *plain;

    /* Above all sizes are the two values that mean "unknown" and "no frame". */
    if (size < 4 || size > HONE_BLOCK_MOST) {
        return damaged(run);
    }
    HONE_TRY(hone_array(run, mem, &plain, (size_t)size));
    if (ZSTD_decompress(plain, (size_t)size, bytes.ptr, bytes.len) != size) {
        return damaged(run);
    }
    size_t rows = get_length(plain);
    if (rows > (size - 4) / 8) {
        return damaged(run);
    }
    HONE_TRY(hone_array(run, mem, &inputs, rows));
    HONE_TRY(hone_array(run, mem, &outputs, rows));
    if (!cut((struct hone_str){plain, (size_t)size}, rows, inputs, outputs)) {
        return damaged(run);
    }
    *out = (struct hone_block){rows, inputs, outputs};
    return HONE_OK;
}
