/* What encoding a text file is in; declared in io/encoding.h. */
#include "io/encoding.h"

#include "base/pool.h"

enum {
    HEAD = 4096,      /* bytes in which zero bytes are counted */
    PIECE = 1 << 20,  /* bytes looked at by one thread at a time */
    ZEROS = 4,        /* fewer zero bytes than this are damage, not UTF-16 */
    SIDE_BY_SIDE = 8, /* fewer bytes above 127 than this tell nothing of scripts */
};

/* What a piece of the file has in it. */
struct survey {
    size_t chars;     /* UTF-8 characters beyond ASCII */
    size_t stray;     /* bytes above 127 that belong to none */
    size_t high;      /* bytes above 127 */
    size_t beside;    /* of them, those with another one before or after */
    size_t undefined; /* bytes that Windows-1252 leaves open */
    size_t controls;  /* control characters that texts do not have, zero bytes too */
};

struct pieces {
    struct hone_str bytes;
    size_t n;
    const char **cut;     /* (n + 1) */
    bool *valid;          /* (n) */
    struct survey *found; /* (n) */
};

static const unsigned char *unsigned_of(const char *p)
{
    return (const unsigned char *)p;
}

static bool is_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Pieces begin where a character may begin: at most three bytes further on. */
static enum hone_code cut_pieces(struct hone_run *run, struct hone_str bytes,
                                 struct hone_arena *mem, struct pieces *out)
{
    struct pieces p = {.bytes = bytes, .n = bytes.len / PIECE + 1};
    const char *end = bytes.ptr + bytes.len;

    HONE_TRY(hone_array(run, mem, &p.cut, p.n + 1));
    HONE_TRY(hone_array(run, mem, &p.valid, p.n));
    HONE_TRY(hone_array(run, mem, &p.found, p.n));
    for (size_t i = 0; i < p.n; i++) {
        const char *at = bytes.ptr + i * PIECE;
        for (int step = 0; i > 0 && step < 3 && at < end && is_tail(*at); step++) {
            at++;
        }
        p.cut[i] = at;
    }
    p.cut[p.n] = end;
    *out = p;
    return HONE_OK;
}

static void look_for_utf8(void *ctx, size_t i, size_t worker)
{
    struct pieces *p = ctx;
    struct hone_str piece = {p->cut[i], (size_t)(p->cut[i + 1] - p->cut[i])};

    (void)worker;
    p->valid[i] = hone_utf8_valid(piece) == piece.len;
}

/* The bytes of the UTF-8 character at p, above 127; 0: none. */
static size_t character(const char *p, const char *end)
{
    unsigned char lead = (unsigned char)*p;
    size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    struct hone_str text = {p, len};

    if ((size_t)(end - p) < len) {
        return 0;
    }
    return hone_utf8_valid(text) == len ? len : 0;
}

static bool is_control(unsigned char c)
{
    return c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v' &&
           c != 0x1a && c != 0x1b; /* the end of a DOS file, and terminal colours */
}

static void look_closely(void *ctx, size_t i, size_t worker)
{
    struct pieces *p = ctx;
    const char *end = p->cut[i + 1];
    struct survey s = {0};
    const char *at = p->cut[i];

    (void)worker;
    while (at < end) {
        unsigned char c = (unsigned char)*at;
        size_t len;
        if (c < 0x80) {
            s.controls += is_control(c);
            at++;
            continue;
        }
        len = character(at, end);
        s.chars += len > 0;
        s.stray += len == 0;
        for (size_t k = 0; k < (len == 0 ? 1 : len); k++, at++) {
            bool before = at > p->bytes.ptr && *unsigned_of(at - 1) >= 0x80;
            bool after = at + 1 < p->bytes.ptr + p->bytes.len && *unsigned_of(at + 1) >= 0x80;
            s.high++;
            s.beside += before || after;
            s.undefined += hone_cp1252(*unsigned_of(at)) == 0;
        }
    }
    p->found[i] = s;
}

static struct survey sum(const struct pieces *p)
{
    struct survey all = {0};

    for (size_t i = 0; i < p->n; i++) {
        const struct survey *s = &p->found[i];
        all.chars += s->chars;
        all.stray += s->stray;
        all.high += s->high;
        all.beside += s->beside;
        all.undefined += s->undefined;
        all.controls += s->controls;
    }
    return all;
}

/* Rules 3 to 5 of the header. */
static enum hone_code by_content(struct hone_run *run, const char *path, struct hone_str bytes,
                                 enum hone_encoding *out)
{
    struct pieces p;
    struct survey s;
    bool valid = true;
    HONE_SCRATCH(run);

    *out = HONE_UTF_8;
    HONE_TRY(cut_pieces(run, bytes, &run->scratch, &p));
    hone_parallel(run, p.n, look_for_utf8, &p);
    for (size_t i = 0; i < p.n; i++) {
        valid = valid && p.valid[i];
    }
    if (valid) {
        return HONE_OK;
    }
    hone_parallel(run, p.n, look_closely, &p);
    s = sum(&p);
    if (s.stray <= s.chars || s.controls > 0) {
        return HONE_OK;
    }
    if (s.high >= SIDE_BY_SIDE && s.beside > s.high / 2) {
        (void)hone_fail(
            run, HONE_E_FORMAT,
            "%s is not UTF-8, and its %zu bytes above 127 look like no Western text", path,
            s.high);
        return hone_hint(run, "say what it is: --encoding cp1251, koi8-r, gb18030, shift_jis, "
                              "big5, euc-kr, ... (iconv -l lists them)");
    }
    if (s.undefined == 0) {
        *out = HONE_CP1252;
    }
    return HONE_OK;
}

/* Rules 1 and 2; the bytes of the mark are counted in *mark. */
static bool by_mark(struct hone_str bytes, enum hone_encoding *out, size_t *mark)
{
    static const struct {
        const char *mark;
        size_t len;
        enum hone_encoding encoding;
    } marks[] = {{"\xef\xbb\xbf", 3, HONE_UTF_8},
                 {"\xff\xfe\0\0", 4, HONE_UTF_32LE},
                 {"\0\0\xfe\xff", 4, HONE_UTF_32BE},
                 {"\xff\xfe", 2, HONE_UTF_16LE},
                 {"\xfe\xff", 2, HONE_UTF_16BE}};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (bytes.len >= marks[i].len && memcmp(bytes.ptr, marks[i].mark, marks[i].len) == 0 &&
            (marks[i].len < 4 || bytes.len % 4 == 0)) {
            *out = marks[i].encoding;
            *mark = marks[i].len;
            return true;
        }
    }
    return false;
}

static bool by_zeros(struct hone_str bytes, enum hone_encoding *out)
{
    size_t pairs = (bytes.len < HEAD ? bytes.len : HEAD) / 2;
    size_t zeros[2] = {0, 0};
    size_t most, least;

    for (size_t i = 0; i < 2 * pairs; i++) {
        zeros[i % 2] += bytes.ptr[i] == '\0';
    }
    *out = zeros[1] > zeros[0] ? HONE_UTF_16LE : HONE_UTF_16BE;
    most = zeros[zeros[1] > zeros[0]];
    least = zeros[zeros[1] <= zeros[0]];
    return bytes.len % 2 == 0 && most >= ZEROS && most * 5 >= pairs && least * 10 <= most;
}

static const char *name_of(enum hone_encoding encoding)
{
    static const char *const names[] = {
        [HONE_UTF_8] = "utf-8",        [HONE_ASCII] = "ascii",
        [HONE_LATIN_1] = "iso-8859-1", [HONE_CP1252] = "windows-1252",
        [HONE_UTF_16LE] = "utf-16le",  [HONE_UTF_16BE] = "utf-16be",
        [HONE_UTF_32LE] = "utf-32le",  [HONE_UTF_32BE] = "utf-32be",
    };
    return names[encoding];
}

/* The encoding that a name means; "utf-16" and "utf-32" are little-endian where no mark says otherwise. */
static enum hone_encoding by_name(const char *name)
{
    static const struct {
        const char *name; /* letters and digits only */
        enum hone_encoding encoding;
    } names[] = {
        {"utf8", HONE_UTF_8},       {"utf8sig", HONE_UTF_8},      {"ascii", HONE_ASCII},
        {"usascii", HONE_ASCII},    {"latin1", HONE_LATIN_1},     {"l1", HONE_LATIN_1},
        {"iso88591", HONE_LATIN_1}, {"88591", HONE_LATIN_1},      {"cp1252", HONE_CP1252},
        {"1252", HONE_CP1252},      {"windows1252", HONE_CP1252}, {"win1252", HONE_CP1252},
        {"ansi", HONE_CP1252},      {"utf16", HONE_UTF_16LE},     {"utf16le", HONE_UTF_16LE},
        {"ucs2", HONE_UTF_16LE},    {"utf16be", HONE_UTF_16BE},   {"utf32", HONE_UTF_32LE},
        {"utf32le", HONE_UTF_32LE}, {"utf32be", HONE_UTF_32BE},   {"ucs4", HONE_UTF_32LE},
    };
    char plain[32];
    size_t len = 0;

    for (const char *p = name; *p != '\0' && len + 1 < sizeof plain; p++) {
        char c = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            plain[len++] = c;
        }
    }
    plain[len] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(plain, names[i].name) == 0) {
            return names[i].encoding;
        }
    }
    return HONE_BY_ICONV;
}

/* Bytes of a mark of this encoding at the start; of "utf-16" and "utf-32" the mark decides the order. */
static size_t mark_of(struct hone_str bytes, const char *name, enum hone_encoding *encoding)
{
    enum hone_encoding marked;
    size_t mark = 0;
    struct hone_str end = hone_str(name);
    bool ordered =
        end.len > 2 &&
        (hone_str_eq_nocase((struct hone_str){name + end.len - 2, 2}, hone_str("le")) ||
         hone_str_eq_nocase((struct hone_str){name + end.len - 2, 2}, hone_str("be")));

    if (!by_mark(bytes, &marked, &mark)) {
        return 0;
    }
    if (marked == *encoding) {
        return mark;
    }
    if (!ordered && hone_unit_bytes(marked) == hone_unit_bytes(*encoding) &&
        hone_unit_bytes(marked) > 1) {
        *encoding = marked;
        return mark;
    }
    return 0;
}

/* The text behind the mark. */
static enum hone_code behind(struct hone_run *run, const char *path, struct hone_str bytes,
                             size_t mark, enum hone_encoding encoding, struct hone_arena *mem,
                             struct hone_decoded *out)
{
    out->encoding = name_of(encoding);
    if (encoding != HONE_UTF_8) {
        return hone_transcode(run, path, bytes, mark, encoding, mem, &out->text);
    }
    out->text = (struct hone_str){bytes.ptr + mark, bytes.len - mark};
    return HONE_OK;
}

static enum hone_code as_asked(struct hone_run *run, const char *path, struct hone_str bytes,
                               const char *name, struct hone_arena *mem,
                               struct hone_decoded *out)
{
    enum hone_encoding encoding = by_name(name);
    size_t mark;

    if (encoding == HONE_BY_ICONV) {
        out->encoding = name;
        return hone_iconv(run, path, bytes, name, mem, &out->text);
    }
    mark = mark_of(bytes, name, &encoding);
    return behind(run, path, bytes, mark, encoding, mem, out);
}

static enum hone_code found_out(struct hone_run *run, const char *path, struct hone_str bytes,
                                struct hone_arena *mem, struct hone_decoded *out)
{
    enum hone_encoding encoding;
    size_t mark = 0;
    bool marked = by_mark(bytes, &encoding, &mark);

    if (!marked && by_zeros(bytes, &encoding)) {
        enum hone_code code = hone_transcode(run, path, bytes, 0, encoding, mem, &out->text);
        if (code == HONE_OK) {
            out->encoding = name_of(encoding);
            out->guessed = true;
        }
        if (code != HONE_E_FORMAT) {
            return code;
        }
        hone_error_clear(run); /* zero bytes, but no UTF-16: damaged rows of something else */
    }
    if (!marked) {
        HONE_TRY(by_content(run, path, bytes, &encoding));
        out->guessed = encoding != HONE_UTF_8;
    }
    return behind(run, path, bytes, mark, encoding, mem, out);
}

enum hone_code hone_decode(struct hone_run *run, const char *path, struct hone_str bytes,
                           const char *encoding, struct hone_arena *mem,
                           struct hone_decoded *out)
{
    struct hone_decoded own = {0};

    if (encoding != NULL) {
        HONE_TRY(as_asked(run, path, bytes, encoding, mem, &own));
    } else {
        HONE_TRY(found_out(run, path, bytes, mem, &own));
    }
    if (own.text.len > 0 && own.text.ptr[own.text.len - 1] == '\x1a') {
        own.text.len--; /* the end of a file, in DOS */
    }
    *out = own;
    return HONE_OK;
}
