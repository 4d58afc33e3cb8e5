/*
 * base/str.h - text: views, and a buffer that grows
 *
 * A view points at bytes it does not own and need not end in NUL.  A buffer grows inside an arena
 * and is always followed by a NUL that is not counted.
 */
#ifndef HONE_BASE_STR_H
#define HONE_BASE_STR_H

#include <stdarg.h>
#include <string.h>

#include "base/run.h"

struct hone_str {
    const char *ptr;
    size_t len;
};

static inline struct hone_str hone_str(const char *text)
{
    return (struct hone_str){text, text == NULL ? 0 : strlen(text)};
}
static inline bool hone_str_eq(struct hone_str a, struct hone_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
static inline bool hone_str_is(struct hone_str a, const char *b)
{
    return hone_str_eq(a, hone_str(b));
}
/* Byte order, shorter first when one begins the other: <0, 0, >0. */
int hone_str_cmp(struct hone_str a, struct hone_str b);
bool hone_str_starts(struct hone_str a, const char *prefix);
bool hone_str_ends(struct hone_str a, const char *suffix);
/* ASCII letters only. */
bool hone_str_eq_nocase(struct hone_str a, struct hone_str b);
/* Without ASCII white space at both ends. */
struct hone_str hone_str_trim(struct hone_str a);

/* Cut at the first sep: *head gets what is before it, *rest what is after.  Returns false, with
 * *head all and *rest empty, when there is none. */
bool hone_str_cut(struct hone_str a, char sep, struct hone_str *head, struct hone_str *rest);

/* Whole-text numbers: false on anything left over, on overflow, on empty text.  The real parser
 * accepts what JSON and C do, "nan" and "inf" too, of at most 1000 bytes, and rounds correctly. */
bool hone_parse_i64(struct hone_str text, int64_t *out);
bool hone_parse_u64(struct hone_str text, uint64_t *out);
bool hone_parse_f64(struct hone_str text, double *out);
bool hone_parse_bool(struct hone_str text, bool *out); /* true/false/yes/no/on/off/1/0 */

/* Shortest decimal that reads back as the same value (double, or float when single); "nan", "inf".
 * Writes at most 32 bytes and returns how many (no NUL). */
size_t hone_format_f64(char out[32], double value);
size_t hone_format_f32(char out[32], float value);
size_t hone_format_i64(char out[32], int64_t value);

/* A growing text.  Panics when there is no memory unless the arena has a limit, then it sets full and
 * drops the rest. */
struct hone_buf {
    struct hone_arena *mem;
    char *ptr;
    size_t len;
    size_t room;
    bool full;
};
struct hone_buf hone_buf(struct hone_arena *mem);
void hone_buf_bytes(struct hone_buf *buf, const void *bytes, size_t len);
void hone_buf_text(struct hone_buf *buf, const char *text);
void hone_buf_str(struct hone_buf *buf, struct hone_str text);
void hone_buf_char(struct hone_buf *buf, char c);
void hone_buf_f64(struct hone_buf *buf, double value);
void hone_buf_format(struct hone_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void hone_buf_vformat(struct hone_buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Text between quotes with JSON escapes; invalid UTF-8 becomes U+FFFD. */
void hone_buf_json(struct hone_buf *buf, struct hone_str text);
/* Text with & < > " ' as HTML entities. */
void hone_buf_html(struct hone_buf *buf, struct hone_str text);

/* Length of the valid UTF-8 prefix of text; equal to len when all of it is valid. */
size_t hone_utf8_valid(struct hone_str text);

/* The candidate nearest to word by edit distance, or NULL when none is near: for "did you mean". */
const char *hone_nearest(const char *word, const char *const *candidates, size_t n);

/* A word as a shell takes it: as it is where that is plain, else in single quotes. */
void hone_buf_word(struct hone_buf *buf, const char *word);
/* The same as a text of mem. */
const char *hone_shell_word(struct hone_arena *mem, const char *word);

#endif
