/* The records of a chunk of delimited text; declared in io/csv_priv.h. */
#include "io/csv/csv_priv.h"

enum { FIELDS = 8192 }; /* of a batch: they and their text stay in the second cache */

static bool is_clean(struct hone_str text)
{
    return hone_utf8_valid(text) == text.len &&
           (text.len == 0 || memchr(text.ptr, '\0', text.len) == NULL);
}

/* Room for the marks of n bytes and for a batch. */
static enum hone_code make_room(struct hone_run *run, struct hone_csv_walk *walk, size_t n)
{
    size_t words = n / 64 + 1;

    if (walk->field == NULL) {
        size_t most = FIELDS / walk->csv->cols;
        most = most < 1 ? 1 : most > HONE_CSV_BATCH ? HONE_CSV_BATCH : most;
        HONE_TRY(hone_matrix(run, &walk->mem, &walk->field, most, walk->csv->cols));
        HONE_TRY(hone_array(run, &walk->mem, &walk->record, most));
        walk->most = most;
    }
    if (n < walk->room) {
        return HONE_OK;
    }
    walk->room = 0;
    HONE_TRY(hone_array(run, &walk->mem, &walk->bits.stop, words));
    HONE_TRY(hone_array(run, &walk->mem, &walk->bits.eol, words));
    HONE_TRY(hone_array(run, &walk->mem, &walk->bits.quote, words));
    walk->room = words * 64;
    return HONE_OK;
}

/* The bytes behind which nothing may be read, in a place with slack, and with a line end. */
static enum hone_code copy_last(struct hone_run *run, struct hone_csv_walk *walk)
{
    struct hone_str bytes = walk->chunk->bytes;

    if (bytes.len + 1 + HONE_CSV_SLACK > walk->copy_room) {
        HONE_TRY(hone_array(run, &walk->mem, &walk->copy, bytes.len + 1 + HONE_CSV_SLACK));
        walk->copy_room = bytes.len + 1 + HONE_CSV_SLACK;
    }
    memcpy(walk->copy, bytes.ptr, bytes.len);
    walk->base = walk->copy;
    if (bytes.len > 0 && walk->copy[bytes.len - 1] != walk->csv->eol) {
        walk->copy[bytes.len] = walk->csv->eol;
        walk->n++;
    }
    return HONE_OK;
}

enum hone_code hone_csv_walk_begin(struct hone_run *run, struct hone_csv_walk *walk,
                                   const struct hone_source *source, struct hone_chunk *chunk,
                                   bool last)
{
    const struct hone_csv *csv = source->reader;
    size_t quotes;

    if (chunk->bytes.len >= UINT32_MAX) {
        return hone_fail(
            run, HONE_E_LIMIT,
            "%s: 4 GiB without the end of a record (a quote that is never closed?)",
            source->path);
    }
    walk->source = source;
    walk->csv = csv;
    walk->chunk = chunk;
    walk->base = chunk->bytes.ptr;
    walk->n = chunk->bytes.len;
    walk->at = 0;
    walk->rows = 0;
    HONE_TRY(make_room(run, walk, chunk->bytes.len + 1));
    if (last) {
        HONE_TRY(copy_last(run, walk));
    }
    walk->clean = hone_csv_kernels()->mark(csv->bytes, (struct hone_str){walk->base, walk->n},
                                           &walk->bits, &quotes) ||
                  is_clean(chunk->bytes);
    walk->quick = quotes == 0 && csv->comment.len == 0 && !csv->skip_space;
    return HONE_OK;
}

/* The first bit that is set from a place on, or n. */
static size_t next_bit(const uint64_t *bits, size_t from, size_t n)
{
    size_t word = from / 64;
    uint64_t left;

    if (from >= n) {
        return n;
    }
    left = bits[word] & (UINT64_MAX << (from % 64));
    while (left == 0) {
        if (++word > n / 64) {
            return n;
        }
        left = bits[word];
    }
    return word * 64 + (size_t)__builtin_ctzll(left);
}

/* The rest of a field after its closing quote: blanks are let pass, anything else is a problem. */
static size_t after_quote(const struct hone_csv_walk *walk, size_t p,
                          struct hone_csv_field *out)
{
    size_t stop = next_bit(walk->bits.stop, p, walk->n);

    for (; p < stop; p++) {
        if (walk->base[p] != ' ' && walk->base[p] != '\t' && walk->base[p] != '\r') {
            out->problem = "text after a closing quote (does --quote none fit?)";
        }
    }
    return stop;
}

/* A field whose quote is at p - 1; returns the stop that ends it, or n. */
static size_t quoted(const struct hone_csv_walk *walk, size_t p, struct hone_csv_field *out)
{
    size_t start = p;
    uint32_t doubled = 0;
    size_t close;

    out->quoted = true;
    for (;;) {
        close = next_bit(walk->bits.quote, p, walk->n);
        if (close == walk->n) {
            out->problem = "a quote is opened and never closed";
            return walk->n;
        }
        if (close + 1 == walk->n || walk->base[close + 1] != walk->csv->quote) {
            break;
        }
        doubled = HONE_FIELD_ESCAPED;
        p = close + 2;
    }
    if (close - start > HONE_FIELD_MOST) {
        out->problem = "a field longer than 16 MiB";
    } else {
        out->field = (struct hone_field){(uint32_t)start, (uint32_t)(close - start) | doubled};
    }
    return after_quote(walk, close + 1, out);
}

/* As hone_csv_field, from the marks. */
static size_t one_field(const struct hone_csv_walk *walk, size_t p, struct hone_csv_field *out)
{
    size_t stop;
    size_t len;

    *out = (struct hone_csv_field){0};
    while (walk->csv->skip_space && p < walk->n && walk->base[p] == ' ') {
        p++;
    }
    if (p < walk->n && walk->base[p] == walk->csv->quote) {
        stop = quoted(walk, p + 1, out);
        out->last = stop == walk->n || walk->base[stop] == walk->csv->eol;
        return stop;
    }
    stop = next_bit(walk->bits.stop, p, walk->n);
    len = stop - p;
    out->last = stop == walk->n || walk->base[stop] == walk->csv->eol;
    if (out->last && len > 0 && walk->base[stop - 1] == '\r') {
        len--;
    }
    if (len > HONE_FIELD_MOST) {
        out->problem = "a field longer than 16 MiB";
        len = 0;
    }
    out->field = (struct hone_field){(uint32_t)p, (uint32_t)len};
    return stop;
}

static struct hone_field span(const struct hone_csv_walk *walk, size_t from, size_t to)
{
    while (to > from && (walk->base[to - 1] == '\n' || walk->base[to - 1] == '\r')) {
        to--;
    }
    return (struct hone_field){(uint32_t)from, (uint32_t)(to - from)};
}

static enum hone_code tell_count(struct hone_run *run, const struct hone_csv_walk *walk,
                                 struct hone_field record, size_t n)
{
    size_t shown = record.len < 80 ? record.len : 80;
    enum hone_code code = hone_chunk_bad(
        run, walk->source, walk->chunk, record, "%zu field%s, expected %zu: '%.*s%s'", n,
        n == 1 ? "" : "s", walk->csv->cols, (int)shown, walk->base + record.at,
        shown < record.len ? "..." : "");

    if (code != HONE_E_FORMAT || walk->csv->cols > 2) {
        return code;
    }
    return hone_hint(run, "mend the line, or leave such lines out with --on-bad-row skip (or "
                          "quarantine); is it no table but text? --format lines");
}

static enum hone_code tell_dirty(struct hone_run *run, const struct hone_csv_walk *walk,
                                 struct hone_field record, const struct hone_field *field)
{
    size_t c = 0;

    while (
        c + 1 < walk->csv->cols &&
        is_clean((struct hone_str){walk->base + field[c].at, field[c].len & HONE_FIELD_LEN})) {
        c++;
    }
    return hone_chunk_bad(run, walk->source, walk->chunk, record,
                          "column %s: the text is not UTF-8 (where most of the file is)",
                          walk->csv->name[c]);
}

/* The record at walk->at, added to the batch when it is well-formed. */
static enum hone_code one_record(struct hone_run *run, struct hone_csv_walk *walk)
{
    size_t cols = walk->csv->cols;
    struct hone_field *row = walk->field + walk->rows * cols;
    struct hone_csv_field field;
    struct hone_field record;
    const char *problem = NULL;
    size_t problem_at = 0;
    size_t from = walk->at;
    size_t stop = from;
    size_t n = 0;

    for (;;) {
        stop = one_field(walk, stop, &field);
        if (n < cols) {
            row[n] = field.field;
        }
        if (field.problem != NULL && problem == NULL) {
            problem = field.problem;
            problem_at = n;
        }
        n++;
        if (field.last) {
            break;
        }
        stop++;
    }
    walk->at = stop < walk->n ? stop + 1 : stop;
    if (n == 1 && hone_csv_is_blank(walk->base, &field)) {
        return HONE_OK;
    }
    record = span(walk, from, walk->at);
    if (walk->source->want != NULL && hone_chunk_is_bad(walk->chunk, record.at)) {
        return HONE_OK;
    }
    if (problem == NULL && n == cols &&
        (walk->clean || is_clean((struct hone_str){walk->base + from, record.len}))) {
        walk->record[walk->rows++] = record;
        return HONE_OK;
    }
    if (walk->quiet) {
        return HONE_OK;
    }
    if (problem != NULL) {
        return hone_chunk_bad(run, walk->source, walk->chunk, record, "column %s: %s",
                              problem_at < cols ? walk->csv->name[problem_at] : "(too many)",
                              problem);
    }
    return n != cols ? tell_count(run, walk, record, n) : tell_dirty(run, walk, record, row);
}

/* Every stop from walk->at on ends a field, as long as there is room; returns how many fields. */
static size_t all_fields(const struct hone_csv_walk *walk, size_t most, size_t *end)
{
    struct hone_field *f = walk->field;
    struct hone_field *full = f + most;
    size_t word = walk->at / 64;
    uint64_t left = walk->bits.stop[word] & (UINT64_MAX << (walk->at % 64));
    uint32_t from = (uint32_t)walk->at;

    for (;;) {
        uint32_t at = (uint32_t)(word * 64);
        while (left != 0) {
            uint32_t stop = at + (uint32_t)__builtin_ctzll(left);
            left &= left - 1;
            *f++ = (struct hone_field){from, stop - from};
            from = stop + 1;
            if (f == full) {
                *end = from;
                return most;
            }
        }
        if (++word > walk->n / 64) {
            break;
        }
        left = walk->bits.stop[word];
    }
    *end = from;
    return (size_t)(f - walk->field);
}

static size_t eols_in(const struct hone_csv_walk *walk, size_t from, size_t to)
{
    const uint64_t *bits = walk->bits.eol;
    size_t word = from / 64;
    size_t last = (to - 1) / 64; /* to > from */
    uint64_t head = UINT64_MAX << (from % 64);
    uint64_t tail = UINT64_MAX >> (63 - (to - 1) % 64);
    size_t n = 0;

    for (; word < last; word++, head = UINT64_MAX) {
        n += (size_t)__builtin_popcountll(bits[word] & head);
    }
    return n + (size_t)__builtin_popcountll(bits[word] & head & tail);
}

/*
 * A batch without a look at single bytes: all stops are fields, and they are records when as many line ends are
 * among them as records, each at its end.  False when something is odd; then nothing has happened.
 */
static bool whole_batch(struct hone_csv_walk *walk)
{
    size_t cols = walk->csv->cols;
    size_t end;
    size_t fields = all_fields(walk, walk->most * cols, &end);
    size_t rows = fields / cols;

    if (rows == 0 || fields % cols != 0 || eols_in(walk, walk->at, end) != rows) {
        return false;
    }
    for (size_t r = 0; r < rows; r++) {
        struct hone_field *row = walk->field + r * cols;
        struct hone_field *last = row + cols - 1;
        size_t stop = (size_t)last->at + last->len;
        if (walk->base[stop] != walk->csv->eol) {
            return false;
        }
        last->len -= last->len > 0 && walk->base[stop - 1] == '\r';
        if (stop - row->at > HONE_FIELD_MOST ||
            (cols == 1 && (last->len == 0 || walk->base[row->at] <= ' '))) {
            return false; /* maybe a blank line, maybe a long field */
        }
        walk->record[r] = (struct hone_field){row->at, last->at + last->len - row->at};
    }
    walk->rows = rows;
    walk->at = end;
    return true;
}

enum hone_code hone_csv_walk_next(struct hone_run *run, struct hone_csv_walk *walk)
{
    walk->rows = 0;
    if (walk->at == walk->n ||
        (walk->quick && walk->clean && (walk->source->want == NULL || walk->chunk->bads == 0) &&
         whole_batch(walk))) {
        return HONE_OK;
    }
    while (walk->rows < walk->most) {
        const char *end = walk->base + walk->n;
        const char *p = hone_csv_skip_comments(walk->csv, walk->base + walk->at, end);
        walk->at = (size_t)(p - walk->base);
        if (walk->at == walk->n) {
            break;
        }
        HONE_TRY(one_record(run, walk));
    }
    return HONE_OK;
}
