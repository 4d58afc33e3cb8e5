/* The fields of delimited text; declared in io/csv_priv.h. */
#include "io/csv/csv_priv.h"

/* The rest of a field after its closing quote: blanks are let pass, anything else is a problem. */
static const char *after_quote(const struct hone_csv *csv, const char *p, const char *end,
                               struct hone_csv_field *out)
{
    for (; p < end && !csv->stop[(unsigned char)*p]; p++) {
        if (*p != ' ' && *p != '\t' && *p != '\r') {
            out->problem = "text after a closing quote (does --quote none fit?)";
        }
    }
    out->last = p == end || *p == csv->eol;
    return p < end ? p + 1 : p;
}

/* p is at the opening quote. */
static const char *quoted(const struct hone_csv *csv, const char *p, const char *end,
                          const char *base, struct hone_csv_field *out)
{
    const char *start = ++p;
    bool doubled = false;

    out->quoted = true;
    for (;;) {
        p = memchr(p, csv->quote, (size_t)(end - p));
        if (p == NULL) {
            out->problem = "a quote is opened and never closed";
            out->last = true;
            return end;
        }
        if (p + 1 == end || p[1] != csv->quote) {
            break;
        }
        doubled = true;
        p += 2;
    }
    if ((size_t)(p - start) > HONE_FIELD_MOST) {
        out->problem = "a field longer than 16 MiB";
    } else {
        out->field.at = (uint32_t)(start - base);
        out->field.len = (uint32_t)(p - start) | (doubled ? HONE_FIELD_ESCAPED : 0);
    }
    return after_quote(csv, p + 1, end, out);
}

const char *hone_csv_field(const struct hone_csv *csv, const char *p, const char *end,
                           const char *base, struct hone_csv_field *out)
{
    const char *start;
    size_t len;

    *out = (struct hone_csv_field){0};
    if (csv->skip_space) {
        while (p < end && *p == ' ') {
            p++;
        }
    }
    if (p < end && *p == csv->quote) {
        return quoted(csv, p, end, base, out);
    }
    start = p;
    while (p < end && !csv->stop[(unsigned char)*p]) {
        p++;
    }
    len = (size_t)(p - start);
    out->last = p == end || *p == csv->eol;
    if (out->last && len > 0 && start[len - 1] == '\r') {
        len--;
    }
    if (len > HONE_FIELD_MOST) {
        out->problem = "a field longer than 16 MiB";
        len = 0;
    }
    out->field.at = (uint32_t)(start - base);
    out->field.len = (uint32_t)len;
    return p < end ? p + 1 : p;
}

bool hone_csv_is_blank(const char *base, const struct hone_csv_field *field)
{
    struct hone_str text = {base + field->field.at, field->field.len};

    return !field->quoted && field->problem == NULL && hone_str_trim(text).len == 0;
}

const char *hone_csv_skip_comments(const struct hone_csv *csv, const char *p, const char *end)
{
    while (csv->comment.len > 0 && (size_t)(end - p) >= csv->comment.len &&
           memcmp(p, csv->comment.ptr, csv->comment.len) == 0) {
        p = memchr(p, csv->eol, (size_t)(end - p));
        if (p == NULL) {
            return end;
        }
        p++;
    }
    return p;
}

struct hone_str hone_csv_text(const struct hone_csv *csv, const char *base,
                              struct hone_field field, struct hone_arena *mem)
{
    size_t len = field.len & HONE_FIELD_LEN;
    char *text = hone_arena_text(mem, base + field.at, len);
    size_t kept = 0;

    if (!(field.len & HONE_FIELD_ESCAPED)) {
        return (struct hone_str){text, len};
    }
    for (size_t i = 0; i < len; i++) {
        text[kept++] = text[i];
        i += text[i] == csv->quote;
    }
    text[kept] = '\0';
    return (struct hone_str){text, kept};
}
