/* Rows of "label [qid:n] index:value ...": what LIBSVM, SVMlight and ranking sets are kept in. */
#include <math.h>

#include "base/pool.h"
#include "io/chunk_priv.h"

#define INDEX_MOST HONE_COLUMNS_MOST

struct entry {
    uint32_t index;
    double value;
};

/* What a chunk holds: its rows one after the other, each with some entries. */
struct part {
    struct hone_arena mem;
    double *label; /* (rows) */
    int64_t *query;
    size_t *first; /* (rows + 1) of each row in entry */
    struct entry *entry;
    size_t rows, row_room, entries, entry_room;
    size_t queries;   /* rows with a qid */
    size_t low, high; /* indices */
    bool whole;       /* all labels are whole numbers */
};

struct svm {
    struct hone_source *source;
    struct part *part; /* (chunks) */
    size_t low, cols;  /* the first index, and how many */
    size_t *start;     /* (chunks) the first row of each */
    size_t rows;
    double **value; /* (cols)(rows) */
    bool *real;     /* (chunks, cols) some value is no whole number */
};

static bool is_end(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of a line; empty at its end or a comment. */
static struct hone_str next_word(const char **p, const char *end)
{
    struct hone_str word;

    while (*p < end && is_end(**p)) {
        ++*p;
    }
    word.ptr = *p;
    while (*p < end && !is_end(**p)) {
        ++*p;
    }
    word.len = (size_t)(*p - word.ptr);
    if (word.len > 0 && word.ptr[0] == '#') {
        word.len = 0;
        *p = end;
    }
    return word;
}

static bool parse_number(struct hone_str text, double *out)
{
    return text.len > 0 && (text.ptr[0] <= '9' && text.ptr[0] >= '+') &&
           hone_parse_f64(text, out) && isfinite(*out);
}

static bool parse_entry(struct hone_str word, uint64_t *index, double *value)
{
    struct hone_str before;
    struct hone_str after;

    return hone_str_cut(word, ':', &before, &after) && before.len > 0 && before.ptr[0] != '+' &&
           hone_parse_u64(before, index) && parse_number(after, value);
}

static enum hone_code add_row(struct hone_run *run, struct part *p, double label)
{
    if (p->rows == p->row_room) {
        size_t room = p->row_room == 0 ? 256 : p->row_room * 2;
        p->label = hone_arena_grow(&p->mem, p->label, sizeof *p->label, p->row_room, room);
        p->query = hone_arena_grow(&p->mem, p->query, sizeof *p->query, p->row_room, room);
        p->first = hone_arena_grow(&p->mem, p->first, sizeof *p->first,
                                   p->row_room == 0 ? 0 : p->row_room + 1, room + 1);
        if (p->label == NULL || p->query == NULL || p->first == NULL) {
            return hone_no_room(run, "rows", room);
        }
        p->row_room = room;
    }
    p->label[p->rows] = label;
    p->query[p->rows] = INT64_MIN;
    p->first[p->rows + 1] = p->entries;
    return HONE_OK;
}

static enum hone_code add_entry(struct hone_run *run, struct part *p, struct entry e)
{
    if (p->entries == p->entry_room) {
        size_t room = p->entry_room == 0 ? 4096 : p->entry_room * 2;
        p->entry = hone_arena_grow(&p->mem, p->entry, sizeof *p->entry, p->entry_room, room);
        if (p->entry == NULL) {
            return hone_no_room(run, "values", room);
        }
        p->entry_room = room;
    }
    p->entry[p->entries++] = e;
    return HONE_OK;
}

/* One line; what is wrong with it is left in why. */
static enum hone_code one_line(struct hone_run *run, struct part *p, struct hone_str line,
                               char why[160])
{
    const char *at = line.ptr;
    const char *end = line.ptr + line.len;
    struct hone_str word = next_word(&at, end);
    size_t entries = p->entries;
    uint64_t before = 0;
    double label;

    if (!parse_number(word, &label)) {
        snprintf(why, 160, "the label '%.*s' is no number",
                 (int)(word.len < 80 ? word.len : 80), word.ptr);
        return HONE_OK;
    }
    HONE_TRY(add_row(run, p, label));
    for (word = next_word(&at, end); word.len > 0; word = next_word(&at, end)) {
        struct hone_str query = {word.ptr + 4, word.len - 4};
        int shown = (int)(word.len < 80 ? word.len : 80);
        uint64_t index;
        double value;
        if (p->entries == entries && hone_str_starts(word, "qid:") &&
            hone_parse_i64(query, &p->query[p->rows])) {
            continue;
        }
        if (!parse_entry(word, &index, &value)) {
            snprintf(why, 160, "'%.*s' is not of the form index:number", shown, word.ptr);
        } else if (index >= INDEX_MOST) {
            snprintf(why, 160, "'%.*s': the index is over %zu", shown, word.ptr,
                     INDEX_MOST - 1);
        } else if (p->entries > entries && index <= before) {
            snprintf(why, 160, "'%.*s': indices must rise, and %llu came before", shown,
                     word.ptr, (unsigned long long)before);
        }
        if (why[0] != '\0') {
            p->entries = entries;
            return HONE_OK;
        }
        before = index;
        HONE_TRY(add_entry(run, p, (struct entry){(uint32_t)index, value}));
    }
    p->first[p->rows + 1] = p->entries;
    p->rows++;
    return HONE_OK;
}

static bool is_whole(double value)
{
    return value == trunc(value) && fabs(value) <= 9007199254740992.0;
}

/* What is known of the rows once they are all read. */
static void sum_up(struct part *p)
{
    p->whole = true;
    p->low = SIZE_MAX;
    for (size_t i = 0; i < p->rows; i++) {
        p->whole = p->whole && is_whole(p->label[i]);
        p->queries += p->query[i] != INT64_MIN;
    }
    for (size_t i = 0; i < p->entries; i++) {
        p->low = p->entry[i].index < p->low ? p->entry[i].index : p->low;
        p->high = p->entry[i].index > p->high ? p->entry[i].index : p->high;
    }
}

static enum hone_code read_chunk(struct hone_run *run, void *ctx, size_t k)
{
    const struct svm *svm = ctx;
    struct hone_chunk *chunk = &svm->source->chunk[k];
    struct part *p = &svm->part[k];
    struct hone_str rest = chunk->bytes;

    HONE_TRY(hone_check_cancel(run));
    if (rest.len >= UINT32_MAX) {
        return hone_fail(run, HONE_E_LIMIT, "%s: a line longer than 4 GiB", svm->source->path);
    }
    while (rest.len > 0) {
        struct hone_str line;
        char why[160] = "";
        (void)hone_str_cut(rest, '\n', &line, &rest);
        if (hone_str_trim(line).len == 0 || hone_str_trim(line).ptr[0] == '#') {
            continue;
        }
        HONE_TRY(one_line(run, p, line, why));
        if (why[0] != '\0') {
            struct hone_field record = {(uint32_t)(line.ptr - chunk->bytes.ptr),
                                        (uint32_t)line.len};
            HONE_TRY(hone_chunk_bad(run, svm->source, chunk, record, "%s", why));
        }
    }
    chunk->rows = p->rows;
    sum_up(p);
    return HONE_OK;
}

/* Each value to its place; what a row does not name is 0. */
static void fill_chunk(void *ctx, size_t k, size_t worker)
{
    const struct svm *svm = ctx;
    const struct part *p = &svm->part[k];

    (void)worker;
    for (size_t row = 0; row < p->rows; row++) {
        for (size_t i = p->first[row]; i < p->first[row + 1]; i++) {
            size_t c = p->entry[i].index - svm->low;
            svm->value[c][svm->start[k] + row] = p->entry[i].value;
            svm->real[k * svm->cols + c] |= !is_whole(p->entry[i].value);
        }
    }
}

/* Whole numbers in the place of reals that all are: they are as wide. */
static void make_whole(double *value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t whole = (int64_t)value[i];
        memcpy(value + i, &whole, sizeof whole);
    }
}

static struct hone_column column(const char *name, bool whole, size_t rows, double *value)
{
    if (whole) {
        make_whole(value, rows);
    }
    return (struct hone_column){
        .name = name, .type = whole ? HONE_INT64 : HONE_FLOAT64, .rows = rows, .data = value};
}

static enum hone_code label_column(struct hone_run *run, const struct svm *svm,
                                   struct hone_arena *mem, struct hone_column *out)
{
    bool whole = true;
    double *value;

    HONE_TRY(hone_array(run, mem, &value, svm->rows));
    for (size_t k = 0; k < svm->source->chunks; k++) {
        const struct part *p = &svm->part[k];
        whole = whole && p->whole;
        if (p->rows > 0) {
            memcpy(value + svm->start[k], p->label, p->rows * sizeof *value);
        }
    }
    *out = column("label", whole, svm->rows, value);
    return HONE_OK;
}

/* The groups of a ranking set; *there is false when no row has one. */
static enum hone_code query_column(struct hone_run *run, const struct svm *svm,
                                   struct hone_arena *mem, struct hone_column *out, bool *there)
{
    int64_t *value;
    uint8_t *valid;
    size_t n = 0;

    for (size_t k = 0; k < svm->source->chunks; k++) {
        n += svm->part[k].queries;
    }
    *there = n > 0;
    if (n == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &value, svm->rows));
    HONE_TRY(hone_array(run, mem, &valid, svm->rows / 8 + 1));
    for (size_t k = 0; k < svm->source->chunks; k++) {
        for (size_t i = 0; i < svm->part[k].rows; i++) {
            size_t row = svm->start[k] + i;
            bool has = svm->part[k].query[i] != INT64_MIN;
            value[row] = has ? svm->part[k].query[i] : 0;
            valid[row / 8] = (uint8_t)(valid[row / 8] | has << (row % 8));
        }
    }
    *out = (struct hone_column){.name = "qid",
                                .type = HONE_INT64,
                                .rows = svm->rows,
                                .nulls = svm->rows - n,
                                .valid = n < svm->rows ? valid : NULL,
                                .data = value};
    return HONE_OK;
}

static enum hone_code put_together(struct hone_run *run, struct svm *svm,
                                   struct hone_arena *mem, struct hone_table **out)
{
    struct hone_column *all;
    size_t n = 1;
    bool grouped;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &all, svm->cols + 2));
    HONE_TRY(hone_array(run, &run->scratch, &svm->value, svm->cols));
    HONE_TRY(hone_matrix(run, &run->scratch, &svm->real, svm->source->chunks, svm->cols));
    HONE_TRY(label_column(run, svm, mem, &all[0]));
    HONE_TRY(query_column(run, svm, mem, &all[1], &grouped));
    n += grouped;
    for (size_t c = 0; c < svm->cols; c++) {
        HONE_TRY(hone_array(run, mem, &svm->value[c], svm->rows));
    }
    hone_parallel(run, svm->source->chunks, fill_chunk, svm);
    for (size_t c = 0; c < svm->cols; c++) {
        bool whole = true;
        for (size_t k = 0; k < svm->source->chunks; k++) {
            whole = whole && !svm->real[k * svm->cols + c];
        }
        all[n++] = column(hone_arena_format(mem, "f%zu", svm->low + c), whole, svm->rows,
                          svm->value[c]);
    }
    return hone_table_of(run, all, n, mem, out);
}

static enum hone_code cut_chunks(struct hone_run *run, struct hone_arena *mem,
                                 struct hone_source *source)
{
    size_t most = source->bytes.len / HONE_CHUNK_BYTES + 1;
    const char *p = source->bytes.ptr;
    const char *end = p + source->bytes.len;
    struct hone_chunk *chunk;

    chunk = hone_arena_alloc(mem, sizeof(struct hone_chunk), most);
    if (chunk == NULL) {
        return hone_no_room(run, "chunks", most);
    }
    source->chunk = chunk;
    while (p < end) {
        const char *cut = end;
        if ((size_t)(end - p) > HONE_CHUNK_BYTES) {
            cut = memchr(p + HONE_CHUNK_BYTES, '\n', (size_t)(end - p) - HONE_CHUNK_BYTES);
            cut = cut == NULL ? end : cut + 1;
        }
        source->chunk[source->chunks].bytes = (struct hone_str){p, (size_t)(cut - p)};
        source->chunk[source->chunks++].at = (size_t)(p - source->bytes.ptr);
        p = cut;
    }
    return HONE_OK;
}

/* The parts' sizes, and the indices that there are: from 1 on, or 0 where that is used. */
static void measure(struct svm *svm)
{
    size_t high = 0;
    size_t low = SIZE_MAX;

    for (size_t k = 0; k < svm->source->chunks; k++) {
        const struct part *p = &svm->part[k];
        svm->start[k] = svm->rows;
        svm->rows += p->rows;
        low = p->low < low ? p->low : low;
        high = p->high > high ? p->high : high;
    }
    svm->low = low == 0 ? 0 : 1;
    svm->cols = low == SIZE_MAX ? 0 : high - svm->low + 1;
}

static void parts_free(struct svm *svm)
{
    for (size_t k = 0; svm->part != NULL && k < svm->source->chunks; k++) {
        hone_arena_free(&svm->part[k].mem);
    }
}

static enum hone_code read_libsvm(struct hone_run *run, const char *path, struct hone_str bytes,
                                  const struct hone_read_options *options,
                                  struct hone_arena *mem, struct hone_table **out,
                                  struct hone_read_report *report)
{
    struct hone_source source = {.path = path, .bytes = bytes, .options = options};
    HONE_ARENA(work);
    HONE_CLOSING(hone_chunks_free) struct hone_source *held = &source;
    HONE_CLOSING(parts_free) struct svm svm = {.source = held};

    HONE_TRY(hone_source_prepare(run, &source, &work));
    HONE_TRY(cut_chunks(run, &work, &source));
    HONE_TRY(hone_array(run, &work, &svm.part, source.chunks));
    HONE_TRY(hone_array(run, &work, &svm.start, source.chunks));
    HONE_TRY(hone_parallel_try(run, source.chunks, read_chunk, &svm));
    measure(&svm);
    if (svm.rows == 0) {
        return hone_fail(run, HONE_E_FORMAT, "%s holds no records", path);
    }
    HONE_TRY(put_together(run, &svm, mem, out));
    return hone_source_report(run, &source, mem, report);
}

/* A first line of a number and pairs; one that the head cuts off does not count. */
static bool accepts(struct hone_str head)
{
    struct hone_str line;
    struct hone_str rest = head;
    size_t entries = 0;

    do {
        (void)hone_str_cut(rest, '\n', &line, &rest);
        line = hone_str_trim(line);
    } while ((line.len == 0 || line.ptr[0] == '#') && rest.len > 0);
    if (line.len > 0) {
        const char *at = line.ptr;
        const char *end = line.ptr + line.len;
        struct hone_str word = next_word(&at, end);
        uint64_t index;
        double value;
        if (!parse_number(word, &value)) {
            return false;
        }
        for (word = next_word(&at, end); word.len > 0; word = next_word(&at, end)) {
            if (!parse_entry(word, &index, &value) && !hone_str_starts(word, "qid:") &&
                (at < end || rest.len > 0)) {
                return false;
            }
            entries++;
        }
    }
    return entries > 0;
}

static const char *const endings[] = {".libsvm", ".svmlight", ".svm", NULL};

const struct hone_reader hone_reader_libsvm = {
    .part.name = "libsvm",
    .part.summary = "rows of label, qid and index:value; what is not named is 0",
    .part.source = "LIBSVM README, SVMlight (Joachims 2008), LETOR",
    .endings = endings,
    .text = true,
    .accepts = accepts,
    .read = read_libsvm,
};
