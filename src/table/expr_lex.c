/* The words of an expression; declared in table/expr_priv.h. */
#include <stdio.h>

#include "table/expr_priv.h"

enum { AROUND = 40 }; /* bytes shown on either side of a place */

/* A place that begins no character in the middle. */
static size_t to_start(struct hone_str text, size_t at)
{
    while (at > 0 && at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80) {
        at--;
    }
    return at;
}

/* The bytes with blanks for what would break the line or the terminal. */
static void show(struct hone_buf *buf, struct hone_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        hone_buf_char(buf, c < 0x20 || c == 0x7F ? ' ' : text.ptr[i]);
    }
}

enum hone_code hone_expr_error(struct hone_run *run, struct hone_str text, size_t at,
                               enum hone_code code, const char *advice, const char *format, ...)
{
    char message[400];
    size_t from = to_start(text, at > AROUND ? at - AROUND : 0);
    size_t to = to_start(text, at + AROUND < text.len ? at + AROUND : text.len);
    size_t character = 1;
    struct hone_buf around;
    va_list args;
    HONE_SCRATCH(run);

    at = at > text.len ? text.len : at;
    for (size_t i = 0; i < at; i++) {
        character += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    }
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    around = hone_buf(&run->scratch);
    hone_buf_text(&around, from > 0 ? "..." : "");
    show(&around, (struct hone_str){text.ptr + from, at - from});
    hone_buf_text(&around, " -->");
    show(&around, (struct hone_str){text.ptr + at, to > at ? to - at : 0});
    hone_buf_text(&around, to < text.len ? "..." : "");
    (void)hone_fail(run, code, "%s (character %zu)", message, character);
    return hone_hint(run, "%s%s%s", advice == NULL ? "" : advice, advice == NULL ? "" : ": ",
                     around.ptr);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 'text', "name" or `name`: the mark doubled stands for itself. */
static enum hone_code quoted(struct hone_run *run, struct hone_str text, struct hone_arena *mem,
                             struct expr_token *out)
{
    char mark = text.ptr[out->at];
    size_t end = out->at + 1;
    size_t doubled = 0;
    char *copy;
    size_t len = 0;

    while (end < text.len &&
           (text.ptr[end] != mark || (end + 1 < text.len && text.ptr[end + 1] == mark))) {
        doubled += text.ptr[end] == mark;
        end += text.ptr[end] == mark ? 2 : 1;
    }
    if (end >= text.len) {
        return hone_expr_error(run, text, out->at, HONE_E_ARG, NULL, "a %c is never closed",
                               mark);
    }
    out->len = end + 1 - out->at;
    out->type = mark == '\'' ? EXPR_STRING : EXPR_QUOTED;
    out->text = (struct hone_str){text.ptr + out->at + 1, end - out->at - 1};
    if (doubled == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &copy, out->text.len));
    for (size_t i = 0; i < out->text.len; i++) {
        copy[len++] = out->text.ptr[i];
        i += out->text.ptr[i] == mark;
    }
    out->text = (struct hone_str){copy, len};
    return HONE_OK;
}

static enum hone_code number(struct hone_run *run, struct hone_str text, struct expr_token *out)
{
    const char *p = text.ptr + out->at;
    const char *end = text.ptr + text.len;
    const char *start = p;

    while (p < end && (is_digit(*p) || *p == '.')) {
        p++;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        const char *q = p + 1;
        q += q < end && (*q == '+' || *q == '-');
        if (q < end && is_digit(*q)) {
            while (q < end && is_digit(*q)) {
                q++;
            }
            p = q;
        }
    }
    while (p < end && (is_letter(*p) || is_digit(*p))) {
        p++; /* 12abc is one wrong word and not two */
    }
    out->len = (size_t)(p - start);
    out->text = (struct hone_str){start, out->len};
    if (hone_parse_i64(out->text, &out->integer)) {
        out->type = EXPR_INTEGER;
        return HONE_OK;
    }
    out->type = EXPR_DECIMAL;
    if (!hone_parse_f64(out->text, &out->decimal)) {
        return hone_expr_error(
            run, text, out->at, HONE_E_ARG, "names that begin with a digit want \"...\"",
            "'%.*s' is no number", (int)(out->len < 60 ? out->len : 60), start);
    }
    return HONE_OK;
}

static void name(struct hone_str text, struct expr_token *out)
{
    size_t end = out->at;

    while (end < text.len &&
           (is_letter(text.ptr[end]) || is_digit(text.ptr[end]) ||
            (text.ptr[end] == '.' && end + 1 < text.len && is_letter(text.ptr[end + 1])))) {
        end++;
    }
    out->type = EXPR_NAME;
    out->len = end - out->at;
    out->text = (struct hone_str){text.ptr + out->at, out->len};
}

static enum hone_code sign(struct hone_run *run, struct hone_str text, struct expr_token *out)
{
    static const char *const signs[] = {"||", "==", "!=", "<>", "<=", ">=", "//", "=", "<",
                                        ">",  "+",  "-",  "*",  "/",  "%",  "(",  ")", ","};
    struct hone_str rest = {text.ptr + out->at, text.len - out->at};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (hone_str_starts(rest, signs[i])) {
            out->type = EXPR_SIGN;
            out->len = strlen(signs[i]);
            out->text = (struct hone_str){rest.ptr, out->len};
            return HONE_OK;
        }
    }
    if (rest.ptr[0] == '\0') {
        return hone_expr_error(run, text, out->at, HONE_E_ARG, NULL,
                               "a NUL byte has no place here");
    }
    return hone_expr_error(run, text, out->at, HONE_E_ARG,
                           rest.ptr[0] == '&'   ? "write: and"
                           : rest.ptr[0] == '!' ? "write: not"
                           : rest.ptr[0] == ';' ? "one expression only"
                           : rest.ptr[0] == '['
                               ? "column names with odd characters want \"...\""
                               : NULL,
                           "'%c' has no meaning here", rest.ptr[0]);
}

enum hone_code hone_expr_next(struct hone_run *run, struct hone_str text, size_t *at,
                              struct hone_arena *mem, struct expr_token *out)
{
    struct expr_token token = {.type = EXPR_END};
    char c;

    while (*at < text.len && (text.ptr[*at] == ' ' || text.ptr[*at] == '\t' ||
                              text.ptr[*at] == '\n' || text.ptr[*at] == '\r')) {
        (*at)++;
    }
    token.at = *at;
    if (*at == text.len) {
        *out = token;
        return HONE_OK;
    }
    c = text.ptr[*at];
    if (c == '\'' || c == '"' || c == '`') {
        HONE_TRY(quoted(run, text, mem, &token));
    } else if (is_digit(c) || (c == '.' && *at + 1 < text.len && is_digit(text.ptr[*at + 1]))) {
        HONE_TRY(number(run, text, &token));
    } else if (is_letter(c)) {
        name(text, &token);
    } else {
        HONE_TRY(sign(run, text, &token));
    }
    *at = token.at + token.len;
    *out = token;
    return HONE_OK;
}
