/* Texts in expressions; declared in table/expr_priv.h. */
#include <locale.h>
#include <regex.h>
#include <wctype.h>

#include "base/hash.h"
#include "base/pool.h"
#include "base/time.h"
#include "table/expr_priv.h"

/* --- characters --------------------------------------------------------------------------- */

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

static size_t characters(struct hone_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += starts_character(s.ptr[i]);
    }
    return n;
}

/* The byte where the nth character (from 0) begins; len when there are not so many. */
static size_t byte_of(struct hone_str s, size_t n)
{
    for (size_t i = 0; i < s.len; i++) {
        if (starts_character(s.ptr[i])) {
            if (n == 0) {
                return i;
            }
            n--;
        }
    }
    return s.len;
}

/* The code point at *at, and past it; bytes that are no UTF-8 stand for themselves. */
static uint32_t decode(struct hone_str s, size_t *at)
{
    unsigned char c = (unsigned char)s.ptr[*at];
    size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
    uint32_t code = more == 3 ? c & 7u : more == 2 ? c & 15u : more == 1 ? c & 31u : c;

    (*at)++;
    for (; more > 0 && *at < s.len && !starts_character(s.ptr[*at]); more--) {
        code = code << 6 | ((unsigned char)s.ptr[(*at)++] & 63u);
    }
    return code;
}

static void encode(struct hone_buf *buf, uint32_t code)
{
    if (code < 0x80) {
        hone_buf_char(buf, (char)code);
    } else if (code < 0x800) {
        hone_buf_char(buf, (char)(0xC0 | code >> 6));
        hone_buf_char(buf, (char)(0x80 | (code & 63)));
    } else if (code < 0x10000) {
        hone_buf_char(buf, (char)(0xE0 | code >> 12));
        hone_buf_char(buf, (char)(0x80 | (code >> 6 & 63)));
        hone_buf_char(buf, (char)(0x80 | (code & 63)));
    } else {
        hone_buf_char(buf, (char)(0xF0 | code >> 18));
        hone_buf_char(buf, (char)(0x80 | (code >> 12 & 63)));
        hone_buf_char(buf, (char)(0x80 | (code >> 6 & 63)));
        hone_buf_char(buf, (char)(0x80 | (code & 63)));
    }
}

static enum hone_code too_long(struct hone_run *run, const struct expr_step *s, size_t i)
{
    return hone_expr_row_error(run, s, i, NULL, "%s would make a text of more than %d bytes",
                               s->node->function->name, EXPR_TEXT_MOST);
}

/* --- case --------------------------------------------------------------------------------- */

static void to_case(struct hone_str text, bool upper, locale_t locale, struct hone_buf *buf)
{
    for (size_t at = 0; at < text.len;) {
        char c = text.ptr[at];
        if ((unsigned char)c < 0x80) {
            bool changes = upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
            hone_buf_char(buf, changes ? (char)(c ^ 0x20) : c);
            at++;
        } else {
            wint_t code = (wint_t)decode(text, &at);
            encode(buf,
                   (uint32_t)(upper ? towupper_l(code, locale) : towlower_l(code, locale)));
        }
    }
}

/* Unicode's one-to-one pairs of capital and small letters, as the C library has them. */
static enum hone_code change_case(struct hone_run *run, const struct expr_step *s)
{
    bool upper = s->node->function->which == EXPR_UPPER;
    struct hone_str *out = s->out;
    locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

    if (locale == (locale_t)0) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "the system has no locale C.UTF-8");
    }
    for (size_t i = 0; i < s->rows; i++) {
        struct hone_buf buf = hone_buf(&run->scratch);
        if (s->missing == NULL || !s->missing[i]) {
            to_case(s->arg[0].s[i], upper, locale, &buf);
        }
        out[i] = (struct hone_str){buf.len == 0 ? "" : buf.ptr, buf.len};
    }
    freelocale(locale);
    return HONE_OK;
}

/* --- cutting ------------------------------------------------------------------------------ */

static enum hone_code trim(struct hone_run *run, const struct expr_step *s)
{
    int which = s->node->function->which;
    struct hone_str *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        struct hone_str t = s->arg[0].s[i];
        struct hone_str set = s->node->n == 2 ? s->arg[1].s[i] : hone_str(" \t\r\n\v\f");
        while (which != EXPR_RTRIM && t.len > 0 && set.len > 0 &&
               memchr(set.ptr, t.ptr[0], set.len) != NULL) {
            t.ptr++;
            t.len--;
        }
        while (which != EXPR_LTRIM && t.len > 0 && set.len > 0 &&
               memchr(set.ptr, t.ptr[t.len - 1], set.len) != NULL) {
            t.len--;
        }
        out[i] = t;
    }
    return HONE_OK;
}

/* Characters [from, from + count) of a text. */
static struct hone_str cut(struct hone_str t, size_t from, size_t count)
{
    size_t first = byte_of(t, from);
    struct hone_str rest = {t.ptr + first, t.len - first};
    rest.len = byte_of(rest, count);
    return rest;
}

/* From character `start` (1 is the first, -1 the last, as in SQLite), at most count of them. */
static struct hone_str substring(struct hone_str t, int64_t start, int64_t count)
{
    int64_t n = (int64_t)characters(t);
    int64_t from = start > 0 ? start - 1 : start < 0 ? n + start : -1;
    int64_t to;

    if (start < -n) {
        from = start + n;
    }
    if (count < 0) {
        count = 0;
    }
    to = from > INT64_MAX - count ? INT64_MAX : from + count;
    from = from < 0 ? 0 : from;
    to = to > n ? n : to;
    if (from >= to) {
        return (struct hone_str){t.ptr, 0};
    }
    return cut(t, (size_t)from, (size_t)(to - from));
}

static enum hone_code parts(struct hone_run *run, const struct expr_step *s)
{
    int which = s->node->function->which;
    struct hone_str *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        struct hone_str t = s->arg[0].s[i];
        int64_t k = s->arg[1].i[i];
        if (which == EXPR_SUBSTR) {
            out[i] = substring(t, k, s->node->n == 3 ? s->arg[2].i[i] : INT64_MAX);
            continue;
        }
        if (k < 0) { /* all but so many */
            int64_t n = (int64_t)characters(t);
            k = k < -n ? 0 : n + k;
        }
        if (which == EXPR_LEFT) {
            out[i] = cut(t, 0, (size_t)k);
        } else {
            size_t n = characters(t);
            out[i] = cut(t, n > (size_t)k ? n - (size_t)k : 0, SIZE_MAX);
        }
    }
    return HONE_OK;
}

/* The kth piece between separators, from 1; empty when there is none. */
static enum hone_code split_part(struct hone_run *run, const struct expr_step *s)
{
    struct hone_str *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        struct hone_str rest = s->arg[0].s[i];
        struct hone_str by = s->arg[1].s[i];
        int64_t k = s->arg[2].i[i];
        out[i] = (struct hone_str){"", 0};
        for (int64_t piece = 1; rest.ptr != NULL && piece <= k; piece++) {
            const char *found = by.len == 0 || rest.len == 0
                                    ? NULL
                                    : memmem(rest.ptr, rest.len, by.ptr, by.len);
            size_t len = found == NULL ? rest.len : (size_t)(found - rest.ptr);
            if (piece == k) {
                out[i] = (struct hone_str){rest.ptr, len};
            }
            rest = found == NULL ? (struct hone_str){NULL, 0}
                                 : (struct hone_str){found + by.len, rest.len - len - by.len};
        }
    }
    return HONE_OK;
}

/* --- finding ------------------------------------------------------------------------------ */

static const char *find(struct hone_str in, struct hone_str what)
{
    return what.len == 0 ? in.ptr : memmem(in.ptr, in.len, what.ptr, what.len);
}

static enum hone_code find_tests(struct hone_run *run, const struct expr_step *s)
{
    int which = s->node->function->which;
    uint8_t *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        struct hone_str t = s->arg[0].s[i];
        struct hone_str what = s->arg[1].s[i];
        bool fits = what.len <= t.len;
        if (which == EXPR_CONTAINS) {
            out[i] = what.len == 0 || (fits && find(t, what) != NULL);
        } else if (which == EXPR_STARTS) {
            out[i] = fits && hone_str_eq((struct hone_str){t.ptr, what.len}, what);
        } else {
            out[i] = fits &&
                     hone_str_eq((struct hone_str){t.ptr + t.len - what.len, what.len}, what);
        }
    }
    return HONE_OK;
}

/* Characters, or the place of the first occurrence from 1 with 0 for none. */
static enum hone_code counts(struct hone_run *run, const struct expr_step *s)
{
    bool length = s->node->function->which == EXPR_LENGTH;
    int64_t *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        struct hone_str t = s->arg[0].s[i];
        if (length) {
            out[i] = (int64_t)characters(t);
        } else {
            const char *at =
                t.len == 0 && s->arg[1].s[i].len > 0 ? NULL : find(t, s->arg[1].s[i]);
            size_t before = at == NULL ? 0 : (size_t)(at - t.ptr);
            out[i] = at == NULL ? 0 : (int64_t)characters((struct hone_str){t.ptr, before}) + 1;
        }
    }
    return HONE_OK;
}

static enum hone_code replace(struct hone_run *run, const struct expr_step *s)
{
    struct hone_str *out = s->out;

    for (size_t i = 0; i < s->rows; i++) {
        struct hone_str rest = s->arg[0].s[i];
        struct hone_str from = s->arg[1].s[i];
        struct hone_str to = s->arg[2].s[i];
        struct hone_buf buf = hone_buf(&run->scratch);
        const char *found;
        out[i] = rest;
        if (!expr_live(s, i) || from.len == 0 || rest.len == 0 ||
            (found = find(rest, from)) == NULL) {
            continue;
        }
        for (; found != NULL; found = rest.len == 0 ? NULL : find(rest, from)) {
            size_t len = (size_t)(found - rest.ptr);
            hone_buf_bytes(&buf, rest.ptr, len);
            hone_buf_str(&buf, to);
            if (buf.len > EXPR_TEXT_MOST) {
                return too_long(run, s, i);
            }
            rest = (struct hone_str){found + from.len, rest.len - len - from.len};
        }
        hone_buf_str(&buf, rest);
        out[i] = (struct hone_str){buf.len == 0 ? "" : buf.ptr, buf.len};
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_text(struct hone_expr_bind *b, struct expr_node *n)
{
    static const struct {
        int which;
        const char *kinds; /* t text, i integer */
        enum expr_kind kind;
        expr_kernel *kernel;
    } rows[] = {
        {EXPR_LENGTH, "t", EXPR_INT, counts},
        {EXPR_LOWER, "t", EXPR_TEXT, change_case},
        {EXPR_UPPER, "t", EXPR_TEXT, change_case},
        {EXPR_TRIM, "tt", EXPR_TEXT, trim},
        {EXPR_LTRIM, "tt", EXPR_TEXT, trim},
        {EXPR_RTRIM, "tt", EXPR_TEXT, trim},
        {EXPR_SUBSTR, "tii", EXPR_TEXT, parts},
        {EXPR_LEFT, "ti", EXPR_TEXT, parts},
        {EXPR_RIGHT, "ti", EXPR_TEXT, parts},
        {EXPR_REPLACE, "ttt", EXPR_TEXT, replace},
        {EXPR_CONTAINS, "tt", EXPR_BOOL, find_tests},
        {EXPR_STARTS, "tt", EXPR_BOOL, find_tests},
        {EXPR_ENDS, "tt", EXPR_BOOL, find_tests},
        {EXPR_POSITION, "tt", EXPR_INT, counts},
        {EXPR_SPLIT_PART, "tti", EXPR_TEXT, split_part},
    };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (rows[r].which != n->function->which) {
            continue;
        }
        for (size_t i = 0; i < n->n; i++) {
            enum expr_kind want = rows[r].kinds[i] == 't' ? EXPR_TEXT : EXPR_INT;
            if (n->arg[i]->kind != want && n->arg[i]->kind != EXPR_NULL) {
                return hone_expr_wrong_kind(b, n, n->arg[i],
                                            want == EXPR_TEXT ? "a text" : "a whole number");
            }
            HONE_TRY(hone_expr_to(b, &n->arg[i], want));
        }
        n->kind = rows[r].kind;
        n->kernel = rows[r].kernel;
    }
    HONE_ASSERT(n->kernel != NULL);
    return HONE_OK;
}

/* --- concat, hash ------------------------------------------------------------------------- */

static enum hone_code concat(struct hone_run *run, const struct expr_step *s)
{
    struct hone_str *out = s->out;

    for (size_t i = 0; i < s->rows; i++) {
        struct hone_buf buf = hone_buf(&run->scratch);
        if (s->missing != NULL && s->missing[i]) {
            continue;
        }
        for (size_t a = 0; a < s->node->n; a++) {
            bool lacks = s->arg[a].missing != NULL && s->arg[a].missing[i];
            hone_buf_str(&buf, lacks ? hone_str("") : s->arg[a].s[i]);
            if (buf.len > EXPR_TEXT_MOST) {
                return too_long(run, s, i);
            }
        }
        out[i] = (struct hone_str){buf.len == 0 ? "" : buf.ptr, buf.len};
    }
    return HONE_OK;
}

/* a || b is missing when one is; concat() leaves missing ones out. */
enum hone_code hone_expr_bind_concat(struct hone_expr_bind *b, struct expr_node *n)
{
    for (size_t i = 0; i < n->n; i++) {
        if (n->arg[i]->kind == EXPR_OTHER) {
            return hone_expr_wrong_kind(b, n, n->arg[i], "texts");
        }
        HONE_TRY(hone_expr_to(b, &n->arg[i], EXPR_TEXT));
    }
    n->kind = EXPR_TEXT;
    n->kernel = concat;
    n->sees_missing = strcmp(n->function->name, "concat") == 0;
    return HONE_OK;
}

/* The same for the same value everywhere, below 2^53: for splits by key. */
static enum hone_code hash(struct hone_run *run, const struct expr_step *s)
{
    int64_t *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        struct hone_str t = s->arg[0].s[i];
        bool lacks = s->missing != NULL && s->missing[i];
        out[i] = lacks ? 0 : (int64_t)(hone_hash64(t.len == 0 ? "" : t.ptr, t.len, 0) >> 11);
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_hash(struct hone_expr_bind *b, struct expr_node *n)
{
    if (n->arg[0]->kind == EXPR_OTHER) {
        return hone_expr_wrong_kind(b, n, n->arg[0], "a value");
    }
    n->kind = EXPR_INT;
    n->kernel = hash;
    return hone_expr_to(b, &n->arg[0], EXPR_TEXT);
}

/* --- like, regexp ------------------------------------------------------------------------- */

static bool same_byte(char a, char b, bool any_case)
{
    if (any_case) {
        a = a >= 'A' && a <= 'Z' ? (char)(a | 0x20) : a;
        b = b >= 'A' && b <= 'Z' ? (char)(b | 0x20) : b;
    }
    return a == b;
}

struct pattern {
    struct hone_str text;
    bool any_case;
    int escape; /* -1: none */
};

/* One step at pattern place *p: a character of the text from *t on that fits; both moved past. */
static bool like_step(const struct pattern *p, size_t *at, struct hone_str t, size_t *from)
{
    char c = p->text.ptr[*at];
    size_t next = *at + 1;

    if (*from >= t.len) {
        return false;
    }
    if (c == '_' && c != p->escape) {
        do {
            (*from)++;
        } while (*from < t.len && !starts_character(t.ptr[*from]));
        *at = next;
        return true;
    }
    if (c == p->escape && next < p->text.len) {
        c = p->text.ptr[next++];
    }
    if (!same_byte(c, t.ptr[*from], p->any_case)) {
        return false;
    }
    (*from)++;
    *at = next;
    return true;
}

/* % by going back to the last one only: at most pattern times text. */
static bool like(const struct pattern *p, struct hone_str t)
{
    size_t at = 0;
    size_t from = 0;
    size_t star = SIZE_MAX;
    size_t star_from = 0;

    for (;;) {
        if (at < p->text.len && p->text.ptr[at] == '%' && p->escape != '%') {
            star = ++at;
            star_from = from;
        } else if (at == p->text.len && from == t.len) {
            return true;
        } else if (at < p->text.len && like_step(p, &at, t, &from)) {
            continue;
        } else if (star == SIZE_MAX || star_from >= t.len) {
            return false;
        } else {
            at = star;
            from = ++star_from;
        }
    }
}

static enum hone_code run_like(struct hone_run *run, const struct expr_step *s)
{
    struct pattern p = {.any_case = s->node->function->which == EXPR_ILIKE, .escape = -1};
    uint8_t *out = s->out;

    (void)run;
    for (size_t i = 0; i < s->rows; i++) {
        if (s->missing != NULL && s->missing[i]) {
            continue;
        }
        if (s->node->n == 3) {
            p.escape = s->arg[2].s[i].len == 1 ? s->arg[2].s[i].ptr[0] : -1;
        }
        p.text = s->arg[1].s[i];
        out[i] = like(&p, s->arg[0].s[i]);
    }
    return HONE_OK;
}

enum hone_code hone_expr_bind_like(struct hone_expr_bind *b, struct expr_node *n)
{
    for (size_t i = 0; i < n->n; i++) {
        if (n->arg[i]->kind != EXPR_TEXT && n->arg[i]->kind != EXPR_NULL) {
            return hone_expr_wrong_kind(b, n, n->arg[i], "texts");
        }
        HONE_TRY(hone_expr_to(b, &n->arg[i], EXPR_TEXT));
    }
    if (n->n == 3 && (n->arg[2]->op != EXPR_LITERAL || n->arg[2]->text.len != 1)) {
        return hone_expr_wrong_kind(b, n, n->arg[2], "one ASCII character after escape");
    }
    n->kind = EXPR_BOOL;
    n->kernel = run_like;
    return HONE_OK;
}

/* The compiled pattern of this worker: regexec locks a pattern, so that sharing it would serialise the threads. */
static enum hone_code compiled(struct hone_run *run, const struct expr_step *s, regex_t **out)
{
    struct expr_work *work = s->work;
    struct hone_str text = s->node->arg[1]->text;
    regex_t *pattern;
    int failed;

    if (work->pattern[s->node->slot] == NULL) {
        HONE_TRY(hone_array(run, work->mem, &pattern, 1));
        failed = regcomp(pattern, hone_arena_text(work->mem, text.ptr, text.len),
                         REG_EXTENDED | REG_NOSUB);
        if (failed != 0) {
            char why[100];
            (void)regerror(failed, pattern, why, sizeof why);
            return hone_expr_error(run, work->text, s->node->at, HONE_E_ARG, NULL,
                                   "the regular expression does not read: %s", why);
        }
        work->pattern[s->node->slot] = pattern;
    }
    *out = work->pattern[s->node->slot];
    return HONE_OK;
}

static enum hone_code run_regexp(struct hone_run *run, const struct expr_step *s)
{
    uint8_t *out = s->out;
    regex_t *pattern = NULL;
    struct hone_buf copy = hone_buf(&run->scratch); /* regexec wants an end */

    HONE_TRY(compiled(run, s, &pattern));
    for (size_t i = 0; i < s->rows; i++) {
        struct hone_str t = s->arg[0].s[i];
        regmatch_t where = {.rm_so = 0, .rm_eo = (regoff_t)t.len};
        if (s->missing != NULL && s->missing[i]) {
            continue;
        }
        if (t.len > EXPR_TEXT_MOST) {
            return hone_expr_row_error(run, s, i, NULL, "the text is too long for %s",
                                       s->node->function->name);
        }
        copy.len = 0;
        hone_buf_str(&copy, t);
        hone_buf_char(&copy, '\0');
        out[i] = regexec(pattern, copy.ptr, 0, &where, REG_STARTEND) == 0;
    }
    return HONE_OK;
}

/* Repetitions inside of repetitions multiply what the pattern compiles to: how much, at most. */
static double repetitions(struct hone_str pattern)
{
    double product = 1.0;

    for (size_t i = 0; i < pattern.len; i++) {
        double most = 0.0;
        if (pattern.ptr[i] != '{') {
            continue;
        }
        for (double number = 0.0; i + 1 < pattern.len && pattern.ptr[i + 1] != '}'; i++) {
            char c = pattern.ptr[i + 1];
            number = c >= '0' && c <= '9' ? number * 10.0 + (double)(c - '0') : 0.0;
            most = number > most ? number : most;
        }
        product *= most > 1.0 ? most : 1.0;
    }
    return product;
}

enum hone_code hone_expr_bind_regexp(struct hone_expr_bind *b, struct expr_node *n)
{
    const struct expr_node *pattern = n->arg[1];

    HONE_TRY(hone_expr_bind_like(b, n));
    if (pattern->op != EXPR_LITERAL) {
        return hone_expr_wrong_kind(b, n, pattern, "a pattern that is the same for all rows");
    }
    if (memchr(pattern->text.len == 0 ? "" : pattern->text.ptr, '\0', pattern->text.len) !=
        NULL) {
        return hone_expr_wrong_kind(b, n, pattern, "a pattern without NUL bytes");
    }
    if (pattern->text.len > 1000 || repetitions(pattern->text) > 1000.0) {
        return hone_expr_error(b->run, b->text, pattern->at, HONE_E_LIMIT,
                               "at most 1000 bytes, and 1000 counted repetitions",
                               "the regular expression is too big");
    }
    n->kernel = run_regexp;
    if (pattern->missing) {
        return HONE_OK;
    }
    regex_t probe;
    int failed = regcomp(&probe, hone_arena_text(b->mem, pattern->text.ptr, pattern->text.len),
                         REG_EXTENDED | REG_NOSUB);
    if (failed != 0) {
        char why[100];
        (void)regerror(failed, &probe, why, sizeof why);
        return hone_expr_error(b->run, b->text, pattern->at, HONE_E_ARG, NULL,
                               "the regular expression does not read: %s", why);
    }
    regfree(&probe);
    return HONE_OK;
}
