/* JSON to a table; declared in io/chunk_priv.h. */
#include <float.h>
#include <math.h>

#include "base/pool.h"
#include "io/json/json_priv.h"

/* A list of numbers as a row of a vector; width 0: count them only.  False when it is something else, or
 * numbers that float32 does not hold: beyond its range, or whole ones beyond 2^24. */
static bool parse_vector(struct hone_str text, size_t *width, float *out)
{
    size_t n = 0;
    struct hone_str item;
    struct hone_str rest;

    text = hone_str_trim(text);
    if (text.len < 3 || text.ptr[0] != '[' || text.ptr[text.len - 1] != ']') {
        return false;
    }
    rest = (struct hone_str){text.ptr + 1, text.len - 2};
    while (rest.len > 0) {
        double value;
        (void)hone_str_cut(rest, ',', &item, &rest);
        item = hone_str_trim(item);
        if (item.len == 0 ||
            !((item.ptr[0] >= '0' && item.ptr[0] <= '9') || item.ptr[0] == '-') ||
            !hone_parse_f64(item, &value) || !(fabs(value) <= (double)FLT_MAX) ||
            (fabs(value) > 16777216.0 && memchr(item.ptr, '.', item.len) == NULL &&
             memchr(item.ptr, 'e', item.len) == NULL)) {
            return false;
        }
        if (out != NULL && n < *width) {
            out[n] = (float)value;
        }
        n++;
    }
    if (out != NULL) {
        return n == *width;
    }
    *width = n;
    return true;
}

enum { BLOCK = 4096 }; /* rows at a time */

struct vectors {
    const struct hone_column *from;
    float *out; /* (rows, width) */
    size_t width;
    bool *odd; /* (blocks) some value is no vector of this width */
};

static void fill_vectors(void *ctx, size_t block, size_t worker)
{
    const struct vectors *v = ctx;
    size_t row = block * BLOCK;
    size_t end = v->from->rows - row < BLOCK ? v->from->rows : row + BLOCK;
    size_t width = v->width;

    (void)worker;
    for (; row < end && !v->odd[block]; row++) {
        if (hone_is_valid(v->from, row)) {
            v->odd[block] =
                !parse_vector(hone_column_str(v->from, row), &width, v->out + row * v->width);
        }
    }
}

/* A column of texts whose values are all lists of numbers of one length becomes vectors. */
static enum hone_code try_vectors(struct hone_run *run, struct hone_column *c,
                                  struct hone_arena *mem)
{
    struct vectors v = {.from = c};
    size_t blocks = (c->rows + BLOCK - 1) / BLOCK;
    size_t row = 0;
    HONE_SCRATCH(run);

    while (row < c->rows && !hone_is_valid(c, row)) {
        row++;
    }
    if (row == c->rows || !hone_type_is_text(c->type) ||
        !parse_vector(hone_column_str(c, row), &v.width, NULL)) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &v.odd, blocks));
    HONE_TRY(hone_matrix(run, mem, &v.out, c->rows, v.width));
    hone_parallel(run, blocks, fill_vectors, &v);
    for (size_t i = 0; i < blocks; i++) {
        if (v.odd[i]) {
            return HONE_OK;
        }
    }
    *c = (struct hone_column){.name = c->name,
                              .type = HONE_VECTOR,
                              .rows = c->rows,
                              .nulls = c->nulls,
                              .valid = c->valid,
                              .data = v.out,
                              .width = v.width};
    return HONE_OK;
}

/* Whether some other column is below the one of this name: "a" has "a.b". */
static bool has_below(const struct hone_table *t, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < t->cols; i++) {
        if (strncmp(t->column[i].name, name, len) == 0 && t->column[i].name[len] == '.') {
            return true;
        }
    }
    return false;
}

/* Objects that are null in some rows: their members are missing there, they themselves are no column. */
static void drop_null_objects(struct hone_table *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->cols; i++) {
        if (t->column[i].nulls < t->rows || t->rows == 0 || !has_below(t, t->column[i].name)) {
            t->column[kept++] = t->column[i];
        }
    }
    t->cols = kept;
}

enum hone_code hone_jsonl_read(struct hone_run *run, const char *path, struct hone_str bytes,
                               const struct hone_read_options *options, struct hone_arena *mem,
                               struct hone_table **out, struct hone_read_report *report)
{
    struct hone_json json;
    struct hone_source source = {.path = path,
                                 .bytes = bytes,
                                 .find = hone_json_cells,
                                 .reader = &json,
                                 .options = options,
                                 .quote = HONE_JSON_ESCAPES};
    struct hone_table *t;
    HONE_ARENA(work);

    HONE_TRY(hone_json_find_shape(run, path, bytes, &work, &json));
    source.name = json.name;
    source.cols = json.cols;
    HONE_TRY(hone_json_cut(run, &json, &work, &source));
    HONE_TRY(hone_source_read(run, &source, mem, &t, report));
    drop_null_objects(t);
    for (size_t i = 0; i < t->cols; i++) {
        if (hone_type_wanted(&source, t->column[i].name) == HONE_TYPE_COUNT) {
            HONE_TRY(try_vectors(run, &t->column[i], mem));
        }
    }
    if (t->cols == 0) {
        return hone_fail(run, HONE_E_FORMAT, "%s holds no records", path);
    }
    *out = t;
    return HONE_OK;
}

static const char *const endings[] = {".jsonl", ".ndjson", ".json", NULL};

static bool accepts(struct hone_str head)
{
    struct hone_str text = hone_str_trim(head);
    return text.len > 0 && (text.ptr[0] == '{' || text.ptr[0] == '[');
}

const struct hone_reader hone_reader_jsonl = {
    .part.name = "jsonl",
    .part.summary = "JSON: an object a line, a list of objects, or an object of columns",
    .part.source = "RFC 8259, jsonlines.org, pandas.DataFrame.to_json",
    .endings = endings,
    .text = true,
    .accepts = accepts,
    .read = hone_jsonl_read,
    .write = hone_jsonl_write,
};
