/* Columns that runs of blanks part, as tables of numbers often have them; declared in io/csv_priv.h. */
#include "io/csv/csv_priv.h"

enum {
    HEAD = 64 << 10, /* bytes looked at */
    RECORDS = 100,   /* lines looked at */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next word of a line. */
static struct hone_str next_word(struct hone_str *rest)
{
    struct hone_str word;

    while (rest->len > 0 && is_blank(*rest->ptr)) {
        rest->ptr++;
        rest->len--;
    }
    word = (struct hone_str){rest->ptr, 0};
    while (word.len < rest->len && !is_blank(word.ptr[word.len])) {
        word.len++;
    }
    rest->ptr += word.len;
    rest->len -= word.len;
    return word;
}

/* The words of a line, and how many of them are numbers. */
static size_t count_words(struct hone_str line, size_t *numbers)
{
    size_t n = 0;

    *numbers = 0;
    for (struct hone_str word = next_word(&line); word.len > 0; word = next_word(&line)) {
        enum hone_kind kind = hone_kind_of(word);
        *numbers += kind == HONE_KIND_INT || kind == HONE_KIND_REAL;
        n++;
    }
    return n;
}

static bool has_delimiter(struct hone_str line)
{
    static const char others[] = {',', ';', '\t', '|'};

    for (size_t i = 0; i < sizeof others; i++) {
        if (memchr(line.ptr, others[i], line.len) != NULL) {
            return true;
        }
    }
    return false;
}

bool hone_csv_blanks_part(struct hone_str bytes)
{
    struct hone_str rest = {bytes.ptr, bytes.len < HEAD ? bytes.len : HEAD};
    size_t cols = 0;
    size_t records = 0;

    while (rest.len > 0 && records < RECORDS) {
        struct hone_str line;
        size_t numbers;
        size_t n;
        bool whole = hone_str_cut(rest, '\n', &line, &rest);
        if (!whole && bytes.len > HEAD) {
            break; /* the head cuts it off */
        }
        line = hone_str_trim(line);
        if (line.len == 0) {
            continue;
        }
        if (has_delimiter(line)) {
            return false;
        }
        n = count_words(line, &numbers);
        if (n < 2 || (cols > 0 && n != cols) || (records > 0 && numbers * 2 < n)) {
            return false;
        }
        cols = n;
        records++;
    }
    return records > 1;
}

/* A quoted field as it is, from its opening quote; returns what follows. */
static const char *copy_quoted(const char *p, const char *end, char **out)
{
    const char *start = p++;

    while (p < end && (*p != '"' || (p + 1 < end && p[1] == '"'))) {
        p += *p == '"' ? 2 : 1;
    }
    p += p < end;
    memcpy(*out, start, (size_t)(p - start));
    *out += p - start;
    return p;
}

enum hone_code hone_csv_squeeze(struct hone_run *run, struct hone_str bytes,
                                struct hone_arena *mem, struct hone_str *out)
{
    const char *p = bytes.ptr;
    const char *end = p + bytes.len;
    bool inside = false; /* the line has had a field */
    bool gap = false;    /* blanks since */
    char *text;
    char *to;

    HONE_TRY(hone_array(run, mem, &text, bytes.len));
    to = text;
    while (p < end) {
        if (is_blank(*p)) {
            gap = true;
            p++;
        } else if (*p == '\n' || *p == '\r') {
            *to++ = *p++;
            inside = gap = false;
        } else {
            bool begins = gap || !inside;
            if (gap && inside) {
                *to++ = '\t';
            }
            inside = true;
            gap = false;
            if (begins && *p == '"') {
                p = copy_quoted(p, end, &to);
            } else {
                *to++ = *p++;
            }
        }
    }
    *out = (struct hone_str){text, (size_t)(to - text)};
    return HONE_OK;
}
