/* From other encodings to UTF-8; declared in io/encoding.h. */
#include <errno.h>
#include <iconv.h>

#include "base/pool.h"
#include "io/encoding.h"

enum { PIECE = 1 << 20 }; /* bytes; a multiple of all units */

uint16_t hone_cp1252(unsigned char byte)
{
    static const uint16_t middle[32] = {
        0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

    return byte >= 0x80 && byte < 0xa0 ? middle[byte - 0x80] : byte;
}

enum hone_code hone_decode_fail(struct hone_run *run, const char *path, struct hone_str bytes,
                                enum hone_encoding encoding, size_t at, const char *what)
{
    size_t unit = hone_unit_bytes(encoding);
    size_t low = encoding == HONE_UTF_16BE || encoding == HONE_UTF_32BE ? unit - 1 : 0;
    size_t line = 1;

    for (size_t i = 0; i + unit <= at; i += unit) {
        size_t others = 0;
        for (size_t k = 0; k < unit; k++) {
            others += k != low && bytes.ptr[i + k] != '\0';
        }
        line += others == 0 && bytes.ptr[i + low] == '\n';
    }
    (void)hone_fail(run, HONE_E_FORMAT, "%s, line %zu, byte %zu of the file: %s", path, line,
                    at + 1, what);
    return hone_hint(run, "say what the file is with --encoding (iconv -l lists the names), or "
                          "mend the bytes");
}

struct job {
    const char *path;
    struct hone_str bytes;
    size_t skip; /* of the mark */
    enum hone_encoding encoding;
    size_t n;     /* pieces */
    size_t *size; /* (n + 1) bytes of UTF-8 of each piece, later where each begins */
    char *out;    /* NULL: they are being counted */
};

/* A character as UTF-8; returns its bytes. */
static inline size_t put_char(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static inline void put(char **out, size_t *len, uint32_t c)
{
    char text[4];
    size_t n = put_char(text, c);

    if (*out != NULL) {
        memcpy(*out + *len, text, n);
    }
    *len += n;
}

/* What a piece turned out to be: the bytes of UTF-8, and the first place that is no character. */
struct turned {
    size_t len;
    size_t bad; /* SIZE_MAX: none */
    const char *what;
};

/* One byte a character. */
static struct turned narrow(const struct job *job, size_t from, size_t to, char *out)
{
    const char *in = job->bytes.ptr;
    struct turned t = {.bad = SIZE_MAX};
    size_t i = from;

    while (i < to) {
        unsigned char byte = (unsigned char)in[i];
        uint64_t eight;
        uint32_t c = byte;
        while (to - i >= 8 && (memcpy(&eight, in + i, 8), (eight & 0x8080808080808080u) == 0)) {
            if (out != NULL) {
                memcpy(out + t.len, &eight, 8);
            }
            t.len += 8;
            i += 8;
        }
        if (i == to) {
            break;
        }
        byte = (unsigned char)in[i];
        c = job->encoding == HONE_CP1252 ? hone_cp1252(byte) : byte;
        if (byte >= 0x80 && (c == 0 || job->encoding == HONE_ASCII)) {
            t.bad = i;
            t.what = c == 0 ? "Windows-1252 has nothing there" : "no ASCII";
            break;
        }
        put(&out, &t.len, c);
        i++;
    }
    return t;
}

static inline uint32_t unit16(const char *p, bool big)
{
    uint16_t u;

    memcpy(&u, p, 2);
    return big ? __builtin_bswap16(u) : u;
}

static bool is_low(uint32_t u)
{
    return u >= 0xdc00 && u < 0xe000;
}

static bool is_high(uint32_t u)
{
    return u >= 0xd800 && u < 0xdc00;
}

/* The character at i of UTF-16 in *c, and its bytes; 0: half of a pair. */
static inline size_t wide_char(struct hone_str in, size_t i, bool big, uint32_t *c)
{
    uint32_t low;

    *c = unit16(in.ptr + i, big);
    if (!is_high(*c) && !is_low(*c)) {
        return 2;
    }
    if (is_low(*c) || in.len - i < 4) {
        return 0;
    }
    low = unit16(in.ptr + i + 2, big);
    *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
    return is_low(low) ? 4 : 0;
}

/* UTF-16: four units of ASCII at a time where there are such. */
static struct turned wide(const struct job *job, size_t from, size_t to, char *out)
{
    bool big = job->encoding == HONE_UTF_16BE;
    uint64_t mask = big ? 0x80ff80ff80ff80ffu : 0xff80ff80ff80ff80u;
    const char *in = job->bytes.ptr;
    struct turned t = {.bad = SIZE_MAX};
    size_t i = from;

    if (i > 0 && i < to && is_low(unit16(in + i, big)) && is_high(unit16(in + i - 2, big))) {
        i += 2; /* the piece before has it */
    }
    while (i < to) {
        uint64_t four;
        uint32_t c;
        size_t n;
        while (to - i >= 8 && (memcpy(&four, in + i, 8), (four & mask) == 0)) {
            four = big ? four >> 8 : four;
            for (int k = 0; k < 4 && out != NULL; k++) {
                out[t.len + (size_t)k] = (char)(four >> (16 * k));
            }
            t.len += 4;
            i += 8;
        }
        if (i == to) {
            break;
        }
        n = wide_char(job->bytes, i, big, &c);
        if (n == 0) {
            t.bad = i;
            t.what = "half of a UTF-16 surrogate pair";
            break;
        }
        put(&out, &t.len, c);
        i += n;
    }
    return t;
}

static struct turned widest(const struct job *job, size_t from, size_t to, char *out)
{
    struct turned t = {.bad = SIZE_MAX};

    for (size_t i = from; i < to; i += 4) {
        uint32_t c;
        memcpy(&c, job->bytes.ptr + i, 4);
        c = job->encoding == HONE_UTF_32BE ? __builtin_bswap32(c) : c;
        if (c > 0x10ffff || is_high(c) || is_low(c)) {
            t.bad = i;
            t.what = "no character of UTF-32";
            break;
        }
        put(&out, &t.len, c);
    }
    return t;
}

static enum hone_code turn_piece(struct hone_run *run, void *ctx, size_t k)
{
    struct job *job = ctx;
    size_t from = k == 0 ? job->skip : k * PIECE;
    size_t to = k + 1 == job->n ? job->bytes.len : (k + 1) * PIECE;
    char *out = job->out == NULL ? NULL : job->out + job->size[k];
    size_t unit = hone_unit_bytes(job->encoding);
    struct turned t = unit == 1   ? narrow(job, from, to, out)
                      : unit == 2 ? wide(job, from, to, out)
                                  : widest(job, from, to, out);

    HONE_TRY(hone_check_cancel(run));
    if (t.bad != SIZE_MAX) {
        return hone_decode_fail(run, job->path, job->bytes, job->encoding, t.bad, t.what);
    }
    if (out == NULL) {
        job->size[k] = t.len;
    }
    return HONE_OK;
}

enum hone_code hone_transcode(struct hone_run *run, const char *path, struct hone_str bytes,
                              size_t skip, enum hone_encoding encoding, struct hone_arena *mem,
                              struct hone_str *out)
{
    struct job job = {.path = path, .bytes = bytes, .skip = skip, .encoding = encoding};
    size_t whole = 0;
    char *text;
    HONE_SCRATCH(run);

    if (bytes.len % hone_unit_bytes(encoding) != 0) {
        return hone_decode_fail(run, path, bytes, encoding, bytes.len - 1,
                                "the file ends in the middle of a character");
    }
    job.n = bytes.len / PIECE + 1;
    HONE_TRY(hone_array(run, &run->scratch, &job.size, job.n + 1));
    HONE_TRY(hone_parallel_try(run, job.n, turn_piece, &job));
    for (size_t k = 0; k <= job.n; k++) {
        size_t len = job.size[k];
        job.size[k] = whole;
        whole += len;
    }
    HONE_TRY(hone_array(run, mem, &text, whole));
    job.out = text;
    HONE_TRY(hone_parallel_try(run, job.n, turn_piece, &job));
    *out = (struct hone_str){text, whole};
    return HONE_OK;
}

/* Of one that is not open: nothing, by glibc and musl. */
static void conversion_close(iconv_t *conversion)
{
    (void)iconv_close(*conversion);
}

/* Python's names have '_' where iconv's have '-'. */
static const char *with_dashes(struct hone_arena *mem, const char *name)
{
    char *text = hone_arena_text(mem, name, strlen(name));

    for (char *p = text; *p != '\0'; p++) {
        *p = *p == '_' ? '-' : *p;
    }
    return text;
}

enum hone_code hone_iconv(struct hone_run *run, const char *path, struct hone_str bytes,
                          const char *name, struct hone_arena *mem, struct hone_str *out)
{
    HONE_CLOSING(conversion_close) iconv_t named = iconv_open("UTF-8", name);
    HONE_CLOSING(conversion_close)
    iconv_t dashed = iconv_open("UTF-8", with_dashes(mem, name));
    iconv_t conversion = named != (iconv_t)-1 ? named : dashed;
    char *in = (char *)(uintptr_t)bytes.ptr; /* only read */
    size_t left = bytes.len;
    size_t room = bytes.len + bytes.len / 2 + 64;
    size_t used = 0;
    char *text;

    if (conversion == (iconv_t)-1 || strchr(name, '/') != NULL) {
        (void)hone_fail(run, HONE_E_ARG, "no encoding is called '%.60s'", name);
        return hone_hint(run,
                         "utf-8, utf-16, latin1, cp1252, ... or a name that iconv -l lists");
    }
    HONE_TRY(hone_array(run, mem, &text, room));
    for (;;) {
        size_t give = left < PIECE ? left : PIECE;
        size_t rest = give;
        char *to = text + used;
        size_t free_room = room - used;
        size_t state = iconv(conversion, give == 0 ? NULL : &in, &rest, &to, &free_room);
        used = room - free_room;
        left -= give - rest;
        HONE_TRY(hone_check_cancel(run));
        if (state == (size_t)-1 && errno == E2BIG) {
            text = hone_arena_grow(mem, text, 1, room, room * 2);
            if (text == NULL) {
                return hone_no_room(run, path, room * 2);
            }
            room *= 2;
        } else if (state == (size_t)-1 && (errno != EINVAL || rest == left)) {
            return hone_decode_fail(run, path, bytes, HONE_BY_ICONV, bytes.len - left,
                                    errno == EINVAL
                                        ? "the file ends in the middle of a character"
                                        : "no character of the encoding asked for");
        } else if (give == 0) {
            break;
        }
    }
    if (used >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        used -= 3;
    }
    *out = (struct hone_str){text, used};
    return HONE_OK;
}
