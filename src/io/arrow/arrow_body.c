/* Packed buffers of Arrow files; declared in io/arrow_priv.h. */
#include <lz4frame.h>
#include <zstd.h>

#include "io/arrow/arrow_priv.h"

enum { ZSTD_LEVEL = 1, PADDING_MOST = 64 };

static void lz4_end(LZ4F_dctx **context)
{
    (void)LZ4F_freeDecompressionContext(*context);
}

/* What is behind a frame is padding, which some writers count into the buffer. */
static bool is_padding(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return len < PADDING_MOST;
}

/* A frame of LZ4 to exactly room bytes; false when it holds anything else. */
static bool unpack_lz4(struct hone_str in, char *out, size_t room)
{
    HONE_CLOSING(lz4_end) LZ4F_dctx *context = NULL;
    size_t used = 0;
    size_t made = 0;
    size_t more = 1;

    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) {
        return false;
    }
    while (used < in.len && more != 0) {
        size_t taken = in.len - used;
        size_t given = room - made;
        more = LZ4F_decompress(context, out + made, &given, in.ptr + used, &taken, NULL);
        if (LZ4F_isError(more) || (taken == 0 && given == 0)) {
            return false;
        }
        used += taken;
        made += given;
    }
    return more == 0 && made == room && is_padding(in.ptr + used, in.len - used);
}

static bool unpack_zstd(struct hone_str in, char *out, size_t room)
{
    size_t frame = ZSTD_findFrameCompressedSize(in.ptr, in.len);
    size_t made;

    if (ZSTD_isError(frame)) {
        return false;
    }
    made = ZSTD_decompress(out, room, in.ptr, frame);
    return !ZSTD_isError(made) && made == room && is_padding(in.ptr + frame, in.len - frame);
}

enum hone_code hone_ipc_unpack_bytes(struct hone_run *run, const struct hone_ipc *ipc,
                                     enum hone_ipc_codec codec, struct hone_arena *mem,
                                     struct hone_arrow_bytes *bytes)
{
    struct hone_str in = {(const char *)bytes->ptr, bytes->len};
    int64_t len;
    char *out;

    if (codec == HONE_IPC_PLAIN || in.len == 0) {
        return HONE_OK;
    }
    if (in.len < 8) {
        return hone_fail(run, HONE_E_FORMAT, "a packed buffer of %zu bytes", in.len);
    }
    memcpy(&len, in.ptr, 8);
    in.ptr += 8;
    in.len -= 8;
    if (len == -1) {
        *bytes = (struct hone_arrow_bytes){(const uint8_t *)in.ptr, in.len};
        return HONE_OK;
    }
    if (len < 0 || (size_t)len > ipc->unpacked) {
        return hone_fail(run, HONE_E_FORMAT, "a packed buffer of %lld bytes", (long long)len);
    }
    HONE_TRY(hone_array(run, mem, &out, (size_t)len));
    if (len > 0 && !(codec == HONE_IPC_LZ4 ? unpack_lz4 : unpack_zstd)(in, out, (size_t)len)) {
        (void)hone_fail(run, HONE_E_FORMAT,
                        "a buffer packed with %s is damaged, or does not hold %lld bytes",
                        codec == HONE_IPC_LZ4 ? "lz4" : "zstd", (long long)len);
        return (size_t)len == in.len
                   ? hone_hint(run, "that is its packed length, as apache-arrow 21.2 for "
                                    "JavaScript writes it: write the file without compression")
                   : HONE_E_FORMAT;
    }
    *bytes = (struct hone_arrow_bytes){(const uint8_t *)out, (size_t)len};
    return HONE_OK;
}

enum hone_code hone_ipc_unpack(struct hone_run *run, const struct hone_ipc *ipc,
                               enum hone_ipc_codec codec, const struct hone_arrow_type *type,
                               const struct hone_arrow_array *packed, struct hone_arena *mem,
                               struct hone_arrow_array *out)
{
    struct hone_arrow_bytes *more;
    size_t children = type->kind == HONE_ARROW_DICTIONARY ? 0 : type->children;

    *out = *packed;
    HONE_TRY(hone_ipc_unpack_bytes(run, ipc, codec, mem, &out->valid));
    HONE_TRY(hone_ipc_unpack_bytes(run, ipc, codec, mem, &out->a));
    HONE_TRY(hone_ipc_unpack_bytes(run, ipc, codec, mem, &out->b));
    HONE_TRY(hone_array(run, mem, &more, packed->mores));
    for (size_t i = 0; i < packed->mores; i++) {
        more[i] = packed->more[i];
        HONE_TRY(hone_ipc_unpack_bytes(run, ipc, codec, mem, &more[i]));
    }
    out->more = more;
    HONE_TRY(hone_array(run, mem, &out->child, children));
    for (size_t i = 0; i < children; i++) {
        HONE_TRY(hone_ipc_unpack(run, ipc, codec, &type->child[i], &packed->child[i], mem,
                                 &out->child[i]));
    }
    return HONE_OK;
}

enum hone_code hone_ipc_pack_bytes(struct hone_run *run, enum hone_ipc_codec codec,
                                   struct hone_str bytes, struct hone_arena *mem,
                                   struct hone_str *out)
{
    LZ4F_preferences_t preferences = {.frameInfo.contentSize = bytes.len};
    size_t room = codec == HONE_IPC_LZ4 ? LZ4F_compressFrameBound(bytes.len, &preferences)
                                        : ZSTD_compressBound(bytes.len);
    int64_t len = (int64_t)bytes.len;
    size_t made;
    bool failed;
    char *packed;

    if (codec == HONE_IPC_PLAIN || bytes.len == 0) {
        *out = bytes;
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &packed, room + 8));
    if (codec == HONE_IPC_LZ4) {
        made = LZ4F_compressFrame(packed + 8, room, bytes.ptr, bytes.len, &preferences);
        failed = LZ4F_isError(made);
    } else {
        made = ZSTD_compress(packed + 8, room, bytes.ptr, bytes.len, ZSTD_LEVEL);
        failed = ZSTD_isError(made);
    }
    if (failed) {
        return hone_no_room(run, "packed buffers", bytes.len);
    }
    if (made >= bytes.len) { /* as it is */
        len = -1;
        made = bytes.len;
        memcpy(packed + 8, bytes.ptr, made);
    }
    memcpy(packed, &len, 8);
    *out = (struct hone_str){packed, made + 8};
    return HONE_OK;
}
