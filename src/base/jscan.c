#include "base/jscan.h"

struct hone_jscan hone_jscan(char *body, size_t len)
{
    return (struct hone_jscan){.begin = body, .at = body, .end = body + len};
}

const char *hone_jtype_name(enum hone_jtype type)
{
    static const char *const names[] = {
        [HONE_J_BAD] = "nothing",    [HONE_J_NULL] = "null",       [HONE_J_FALSE] = "false",
        [HONE_J_TRUE] = "true",      [HONE_J_NUMBER] = "a number", [HONE_J_STRING] = "a string",
        [HONE_J_ARRAY] = "an array", [HONE_J_OBJECT] = "an object"};
    return names[type];
}

enum hone_code hone_jscan_fail(struct hone_run *run, const struct hone_jscan *scan)
{
    return hone_fail(run, HONE_E_FORMAT, "the body is not JSON: byte %zu: %s",
                     (size_t)(scan->at - scan->begin),
                     scan->error == NULL ? "something is wrong" : scan->error);
}

static enum hone_jtype bad(struct hone_jscan *scan, const char *error)
{
    if (scan->error == NULL) {
        scan->error = error;
    }
    return HONE_J_BAD;
}

static bool wrong(struct hone_jscan *scan, const char *error)
{
    return bad(scan, error) != HONE_J_BAD;
}

static void skip_blank(struct hone_jscan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t')) {
        scan->at++;
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The four digits after \u; -1 when they are not. */
static int32_t hex4(const char *at, const char *end)
{
    int32_t value = 0;

    if (end - at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | (c >> 6));
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | (c >> 12));
        out[1] = (char)(0x80 | ((c >> 6) & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | (c >> 18));
    out[1] = (char)(0x80 | ((c >> 12) & 0x3f));
    out[2] = (char)(0x80 | ((c >> 6) & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* \uXXXX at scan->at (past the u), pairs of surrogates joined; writes nothing when out is NULL. */
static bool unicode_escape(struct hone_jscan *scan, char *out, size_t *len)
{
    int32_t high = hex4(scan->at, scan->end);
    uint32_t c = (uint32_t)high;

    if (high < 0) {
        return wrong(scan, "\\u is not followed by four hexadecimal digits");
    }
    scan->at += 4;
    if (c >= 0xdc00 && c < 0xe000) {
        return wrong(scan, "half of a surrogate pair");
    }
    if (c >= 0xd800 && c < 0xdc00) {
        int32_t low = scan->end - scan->at >= 6 && scan->at[0] == '\\' && scan->at[1] == 'u'
                          ? hex4(scan->at + 2, scan->end)
                          : -1;
        if (low < 0xdc00 || low >= 0xe000) {
            return wrong(scan, "half of a surrogate pair");
        }
        scan->at += 6;
        c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
    }
    scan->zero = scan->zero || c == 0;
    if (out != NULL) {
        *len = put_utf8(out, c);
    }
    return true;
}

/* One escape, scan->at past the backslash.  It never writes more than it read. */
static bool escape(struct hone_jscan *scan, char *out, size_t *len)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (scan->at == scan->end) {
        return wrong(scan, "a string without an end");
    }
    if (*scan->at == 'u') {
        scan->at++;
        return unicode_escape(scan, out, len);
    }
    found = memchr(from, *scan->at, sizeof from - 1);
    if (found == NULL) {
        return wrong(scan, "an escape that JSON does not have");
    }
    scan->at++;
    if (out != NULL) {
        *out = to[found - from];
        *len = 1;
    }
    return true;
}

/* How many bytes from p on are neither a quote, a backslash nor a control character: eight at a time.  The top bit of
 * *high is set when one is beyond ASCII. */
static inline size_t plain(const char *p, const char *end, unsigned char *high)
{
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t tops = 0x8080808080808080u;
    const char *start = p;

    while (end - p >= 8) {
        uint64_t x, quote, slash, stop;
        memcpy(&x, p, 8);
        quote = x ^ ones * '"';
        slash = x ^ ones * '\\';
        stop = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((x - ones * 0x20) & ~x);
        stop &= tops;
        if (stop != 0) { /* the lowest bit is right, those above it may be borrowed */
            size_t n = (size_t)__builtin_ctzll(stop) / 8;
            x &= n == 0 ? 0 : ~(uint64_t)0 >> (64 - 8 * n);
            *high |= (x & tops) != 0 ? 0x80 : 0;
            return (size_t)(p - start) + n;
        }
        *high |= (x & tops) != 0 ? 0x80 : 0;
        p += 8;
    }
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20) {
        *high |= (unsigned char)*p;
        p++;
    }
    return (size_t)(p - start);
}

/* The rest of a string, scan->at past its opening quote.  text NULL: checked and left as it is. */
static bool string(struct hone_jscan *scan, struct hone_str *text)
{
    char *start = scan->at;
    char *to = start;
    bool resolve = text != NULL && !scan->raw;
    unsigned char high = 0; /* any byte beyond ASCII */
    struct hone_str whole;

    scan->escaped = false;
    for (;;) {
        size_t len = plain(scan->at, scan->end, &high);
        if (resolve && to != scan->at) {
            memmove(to, scan->at, len);
        }
        to += len;
        scan->at += len;
        if (scan->at == scan->end || *scan->at == '"') {
            break;
        }
        if ((unsigned char)*scan->at < 0x20) {
            return wrong(scan, "a control character in a string");
        }
        len = 0;
        scan->at++;
        scan->escaped = true;
        if (!escape(scan, resolve ? to : NULL, &len)) {
            return false;
        }
        to += len;
    }
    if (scan->at == scan->end) {
        return wrong(scan, "a string without an end");
    }
    whole = (struct hone_str){start, (size_t)((resolve ? to : scan->at) - start)};
    if (high >= 0x80 && hone_utf8_valid(whole) != whole.len) {
        return wrong(scan, "a string that is not UTF-8");
    }
    scan->at++;
    if (text != NULL) {
        *text = whole;
    }
    return true;
}

size_t hone_jscan_unescape(struct hone_str text, char *out)
{
    char *from = (char *)(uintptr_t)text.ptr; /* only read */
    struct hone_jscan scan = {.begin = from, .at = from, .end = from + text.len};
    unsigned char high = 0;
    size_t used = 0;

    while (scan.at < scan.end) {
        size_t len = plain(scan.at, scan.end, &high);
        memcpy(out + used, scan.at, len);
        used += len;
        scan.at += len;
        if (scan.at < scan.end) {
            len = 0;
            scan.at++;
            if (!escape(&scan, out + used, &len)) {
                break;
            }
            used += len;
        }
    }
    return used;
}

static bool word(struct hone_jscan *scan, const char *text)
{
    size_t len = strlen(text);

    if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, text, len) != 0) {
        return false;
    }
    scan->at += len;
    return true;
}

static size_t run_of_digits(struct hone_jscan *scan)
{
    char *start = scan->at;

    while (scan->at < scan->end && is_digit(*scan->at)) {
        scan->at++;
    }
    return (size_t)(scan->at - start);
}

static const char no_number[] = "NaN and Infinity are no JSON: write null";

static enum hone_jtype number(struct hone_jscan *scan, struct hone_jvalue *out)
{
    char *start = scan->at;
    char *whole;
    size_t digits;

    scan->at += *scan->at == '-';
    if (word(scan, "Infinity")) {
        if (scan->strict) {
            scan->at = start;
            return bad(scan, no_number);
        }
        out->text = (struct hone_str){start, (size_t)(scan->at - start)};
        return out->type = HONE_J_NUMBER;
    }
    whole = scan->at;
    digits = run_of_digits(scan);
    if (digits == 0) {
        return bad(scan, "a value was expected");
    }
    if (digits > 1 && *whole == '0') {
        return bad(scan, "a number that begins with 0");
    }
    if (scan->at < scan->end && *scan->at == '.') {
        scan->at++;
        if (run_of_digits(scan) == 0) {
            return bad(scan, "a number that ends in a point");
        }
    }
    if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E')) {
        scan->at++;
        scan->at += scan->at < scan->end && (*scan->at == '+' || *scan->at == '-');
        if (run_of_digits(scan) == 0) {
            return bad(scan, "a number without digits in its exponent");
        }
    }
    if (scan->at - start > 1000) {
        return bad(scan, "a number of more than 1000 characters");
    }
    out->text = (struct hone_str){start, (size_t)(scan->at - start)};
    return out->type = HONE_J_NUMBER;
}

static enum hone_jtype open_container(struct hone_jscan *scan, enum hone_jtype type)
{
    if (scan->depth == HONE_JSON_DEPTH) {
        return bad(scan, "nested too deep");
    }
    scan->at++;
    scan->depth++;
    scan->first = true;
    return type;
}

static enum hone_jtype any(struct hone_jscan *scan, struct hone_jvalue *out, bool keep)
{
    out->text = (struct hone_str){NULL, 0};
    out->type = HONE_J_BAD;
    if (scan->error != NULL) {
        return HONE_J_BAD;
    }
    skip_blank(scan);
    if (scan->at == scan->end) {
        return bad(scan, "it ends where a value was expected");
    }
    if (scan->at == scan->begin && *scan->at == '\xef') {
        return bad(scan, "it begins with a byte order mark");
    }
    switch (*scan->at) {
    case '{':
        return out->type = open_container(scan, HONE_J_OBJECT);
    case '[':
        return out->type = open_container(scan, HONE_J_ARRAY);
    case '"':
        scan->at++;
        return out->type = string(scan, keep ? &out->text : NULL) ? HONE_J_STRING : HONE_J_BAD;
    case 'n':
        return out->type = word(scan, "null") ? HONE_J_NULL : bad(scan, "a value was expected");
    case 't':
        return out->type = word(scan, "true") ? HONE_J_TRUE : bad(scan, "a value was expected");
    case 'f':
        return out->type =
                   word(scan, "false") ? HONE_J_FALSE : bad(scan, "a value was expected");
    case 'N':
    case 'I':
        out->text = (struct hone_str){scan->at, *scan->at == 'N' ? 3 : 8};
        if (!word(scan, "NaN") && !word(scan, "Infinity")) {
            return bad(scan, "a value was expected");
        }
        if (scan->strict) {
            scan->at -= out->text.len;
            return bad(scan, no_number);
        }
        return out->type = HONE_J_NUMBER;
    default:
        return number(scan, out);
    }
}

enum hone_jtype hone_jscan_value(struct hone_jscan *scan, struct hone_jvalue *out)
{
    return any(scan, out, true);
}

/* Past the comma to the next entry of a container, or past its end. */
static bool next(struct hone_jscan *scan, char close)
{
    if (scan->error != NULL) {
        return false;
    }
    skip_blank(scan);
    if (scan->at == scan->end) {
        return wrong(scan, "it ends inside an array or object");
    }
    if (*scan->at == close) {
        scan->at++;
        scan->depth--;
        scan->first = false;
        return false;
    }
    if (!scan->first) {
        if (*scan->at != ',') {
            return wrong(scan,
                         close == ']' ? "',' or ']' was expected" : "',' or '}' was expected");
        }
        scan->at++;
        skip_blank(scan);
    }
    scan->first = false;
    return true;
}

bool hone_jscan_item(struct hone_jscan *scan)
{
    return next(scan, ']');
}

static bool member(struct hone_jscan *scan, struct hone_str *key)
{
    if (!next(scan, '}')) {
        return false;
    }
    if (scan->at == scan->end || *scan->at != '"') {
        return wrong(scan, "a member's name was expected");
    }
    scan->at++;
    if (!string(scan, key)) {
        return false;
    }
    skip_blank(scan);
    if (scan->at == scan->end || *scan->at != ':') {
        return wrong(scan, "':' was expected");
    }
    scan->at++;
    return true;
}

bool hone_jscan_member(struct hone_jscan *scan, struct hone_str *key)
{
    return member(scan, key);
}

bool hone_jscan_skip(struct hone_jscan *scan)
{
    uint64_t objects = 0; /* bit d: the container d below here is an object */
    unsigned base = scan->depth;
    struct hone_jvalue value;

    if (any(scan, &value, false) == HONE_J_BAD) {
        return false;
    }
    if (value.type == HONE_J_OBJECT) {
        objects = 1;
    }
    while (scan->depth > base) {
        unsigned open = scan->depth - base - 1;
        bool more = (objects >> open) & 1 ? member(scan, NULL) : next(scan, ']');
        if (!more) {
            if (scan->error != NULL) {
                return false;
            }
            continue;
        }
        if (any(scan, &value, false) == HONE_J_BAD) {
            return false;
        }
        if (value.type == HONE_J_ARRAY || value.type == HONE_J_OBJECT) {
            uint64_t bit = (uint64_t)1 << (scan->depth - base - 1);
            objects = value.type == HONE_J_OBJECT ? objects | bit : objects & ~bit;
        }
    }
    return true;
}

bool hone_jscan_end(struct hone_jscan *scan)
{
    if (scan->error != NULL) {
        return false;
    }
    skip_blank(scan);
    return scan->at == scan->end || wrong(scan, "more text after the value");
}
