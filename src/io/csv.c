/* Delimited text to a table; declared in io/chunk_priv.h. */
#include "io/csv_priv.h"

/* Whether the quote at q opens a field: a delimiter or line end is before it, or blanks that are skipped. */
static bool opens(const struct hone_csv *csv, const char *start, const char *q)
{
    const char *p = q;

    while (csv->skip_space && p > start && p[-1] == ' ') {
        p--;
    }
    return p == start || csv->stop[(unsigned char)p[-1]];
}

/* After the quote that closes the one before p, or end. */
static const char *past_quoted(const struct hone_csv *csv, const char *p, const char *end)
{
    while (p < end) {
        p = memchr(p, csv->quote, (size_t)(end - p));
        if (p == NULL) {
            break;
        }
        if (p + 1 == end || p[1] != csv->quote) {
            return p + 1;
        }
        p += 2;
    }
    return end;
}

/*
 * Cut [start, end) into chunks of whole records.  cut has room for most; the number of chunks is returned.
 * Only quotes are looked at one by one; line ends are looked for only where a chunk may end.
 */
static size_t split(const struct hone_csv *csv, const char *start, const char *end,
                    const char **cut, size_t most)
{
    const char *p = start;
    size_t n = 0;

    cut[0] = start;
    while (p < end) {
        const char *quote = p;
        while (quote != NULL && quote < end) {
            quote = memchr(quote, csv->quote, (size_t)(end - quote));
            if (quote == NULL || opens(csv, start, quote)) {
                break;
            }
            quote++;
        }
        quote = quote == NULL ? end : quote;
        while (n + 1 < most && (size_t)(quote - cut[n]) > HONE_CHUNK_BYTES) {
            const char *from = cut[n] + HONE_CHUNK_BYTES;
            const char *eol;
            from = from > p ? from : p;
            eol = memchr(from, csv->eol, (size_t)(quote - from));
            if (eol == NULL || eol + 1 == end) {
                break;
            }
            cut[++n] = eol + 1;
        }
        p = quote < end ? past_quoted(csv, quote + 1, end) : end;
    }
    cut[n + 1] = end;
    return n + 1;
}

struct finder {
    struct hone_run *run;
    const struct hone_source *source;
    const struct hone_csv *csv;
    struct hone_chunk *chunk;
    struct hone_cells *cells;
    bool clean; /* the chunk is UTF-8 without NUL */
};

/* Room for as many records as there are line ends. */
static enum hone_code make_room(struct finder *f)
{
    struct hone_arena *mem = &f->run->scratch;
    const char *p = f->chunk->bytes.ptr;
    const char *end = p + f->chunk->bytes.len;
    size_t lines = 1;

    while (p < end && (p = memchr(p, f->csv->eol, (size_t)(end - p))) != NULL) {
        p++;
        lines++;
    }
    HONE_TRY(hone_array(f->run, mem, &f->cells->record, lines));
    return hone_matrix(f->run, mem, &f->cells->field, lines, f->cells->cols);
}

static struct hone_field span(const struct finder *f, const char *from, const char *to)
{
    while (to > from && (to[-1] == '\n' || to[-1] == '\r')) {
        to--;
    }
    return (struct hone_field){(uint32_t)(from - f->chunk->bytes.ptr), (uint32_t)(to - from)};
}

static bool is_clean(struct hone_str text)
{
    return hone_utf8_valid(text) == text.len &&
           (text.len == 0 || memchr(text.ptr, '\0', text.len) == NULL);
}

static enum hone_code tell_count(struct finder *f, struct hone_field record, size_t n)
{
    size_t shown = record.len < 80 ? record.len : 80;

    return hone_chunk_bad(f->run, f->source, f->chunk, record,
                          "%zu field%s, expected %zu: '%.*s%s'", n, n == 1 ? "" : "s",
                          f->csv->cols, (int)shown, f->chunk->bytes.ptr + record.at,
                          shown < record.len ? "..." : "");
}

static enum hone_code tell_dirty(struct finder *f, struct hone_field record,
                                 const struct hone_field *field)
{
    size_t c = 0;

    while (c + 1 < f->csv->cols && is_clean((struct hone_str){f->chunk->bytes.ptr + field[c].at,
                                                              field[c].len & HONE_FIELD_LEN})) {
        c++;
    }
    return hone_chunk_bad(
        f->run, f->source, f->chunk, record,
        "column %s: the text is not UTF-8 (where most of the file is)", f->csv->name[c]);
}

/* The record at p; returns what follows it. */
static enum hone_code one_record(struct finder *f, const char **p, const char *end)
{
    const char *from = *p;
    const char *base = f->chunk->bytes.ptr;
    struct hone_field *row;
    struct hone_csv_field field;
    struct hone_field record;
    const char *problem = NULL;
    size_t problem_at = 0;
    size_t n = 0;

    row = f->cells->field + f->cells->rows * f->cells->cols;
    do {
        *p = hone_csv_field(f->csv, *p, end, base, &field);
        if (n < f->csv->cols) {
            row[n] = field.field;
        }
        if (field.problem != NULL && problem == NULL) {
            problem = field.problem;
            problem_at = n;
        }
        n++;
    } while (!field.last);
    if (n == 1 && hone_csv_is_blank(base, &field)) {
        return HONE_OK;
    }
    record = span(f, from, *p);
    if (f->source->want != NULL && hone_chunk_is_bad(f->chunk, record.at)) {
        return HONE_OK;
    }
    if (problem != NULL) {
        return hone_chunk_bad(
            f->run, f->source, f->chunk, record, "column %s: %s",
            problem_at < f->csv->cols ? f->csv->name[problem_at] : "(too many)", problem);
    }
    if (n != f->csv->cols) {
        return tell_count(f, record, n);
    }
    if (!f->clean && !is_clean((struct hone_str){from, record.len})) {
        return tell_dirty(f, record, row);
    }
    f->cells->record[f->cells->rows++] = record;
    return HONE_OK;
}

static enum hone_code find_cells(struct hone_run *run, const struct hone_source *source,
                                 struct hone_chunk *chunk, struct hone_cells *out)
{
    const struct hone_csv *csv = source->reader;
    struct hone_cells cells = {.base = chunk->bytes.ptr, .cols = csv->cols};
    struct finder f = {run, source, csv, chunk, &cells, is_clean(chunk->bytes)};
    const char *p = chunk->bytes.ptr;
    const char *end = p + chunk->bytes.len;

    if (chunk->bytes.len >= UINT32_MAX) {
        return hone_fail(
            run, HONE_E_LIMIT,
            "%s: 4 GiB without the end of a record (a quote that is never closed?)",
            source->path);
    }
    HONE_TRY(make_room(&f));
    for (;;) {
        p = hone_csv_skip_comments(csv, p, end);
        if (p == end) {
            break;
        }
        HONE_TRY(one_record(&f, &p, end));
    }
    *out = cells;
    return HONE_OK;
}

static enum hone_code cut_chunks(struct hone_run *run, const struct hone_csv *csv,
                                 struct hone_str bytes, struct hone_source *source)
{
    const char *start = bytes.ptr + csv->start;
    const char *end = bytes.ptr + bytes.len;
    size_t most = (size_t)(end - start) / HONE_CHUNK_BYTES + 1;
    const char **cut;

    HONE_TRY(hone_array(run, &run->scratch, &cut, most + 1));
    if (csv->comment.len > 0) { /* quotes in comments mean nothing: one chunk, read in order */
        most = 1;
        cut[0] = start;
        cut[1] = end;
    } else {
        most = split(csv, start, end, cut, most);
    }
    HONE_TRY(hone_array(run, &run->scratch, &source->chunk, most));
    for (size_t k = 0; k < most; k++) {
        source->chunk[k].bytes = (struct hone_str){cut[k], (size_t)(cut[k + 1] - cut[k])};
        source->chunk[k].at = (size_t)(cut[k] - source->bytes.ptr);
    }
    source->chunks = most;
    return HONE_OK;
}

enum hone_code hone_csv_read(struct hone_run *run, const char *path, struct hone_str bytes,
                             const struct hone_read_options *options, struct hone_arena *mem,
                             struct hone_table **out, struct hone_read_report *report)
{
    struct hone_source source = {
        .path = path, .bytes = bytes, .find = find_cells, .options = options};
    struct hone_csv csv;
    HONE_SCRATCH(run);

    HONE_TRY(hone_csv_sniff(run, path, bytes, options, mem, &csv));
    source.reader = &csv;
    source.quote = csv.quote;
    source.cols = csv.cols;
    source.name = csv.name;
    HONE_TRY(cut_chunks(run, &csv, bytes, &source));
    report->delimiter = csv.delimiter;
    report->header = csv.header;
    return hone_source_read(run, &source, mem, out, report);
}

static const char *const endings[] = {".csv", ".tsv", ".tab", NULL};

const struct hone_reader hone_reader_csv = {
    .part.name = "csv",
    .part.summary = "delimited text: commas, semicolons, tabs or bars",
    .part.source = "RFC 4180",
    .endings = endings,
    .text = true,
    .accepts = hone_csv_accepts,
    .read = hone_csv_read,
    .write = hone_csv_write,
};
