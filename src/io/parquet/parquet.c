/* The Parquet reader: parts in parallel, then columns of them. */
#include "base/pool.h"
#include "io/parquet/parquet_priv.h"

static bool accepts(struct hone_str head)
{
    return hone_str_starts(head, "PAR1") || hone_str_starts(head, "PARE");
}

/* One column over all row groups, which must be read (again) as it now is. */
struct pass {
    struct hone_pq_scan *scan;
    size_t *column; /* (columns) to be read */
    size_t columns;
};

/* Row group by row group, so that what one finds out about a column spares the later ones work. */
static enum hone_code read_one(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct pass *pass = ctx;

    return hone_pq_read_part(run, pass->scan, pass->column[chunk % pass->columns],
                             chunk / pass->columns);
}

/* Room for the values of the columns that are read as values. */
static enum hone_code make_room(struct hone_run *run, struct hone_pq_scan *s,
                                struct hone_pq_column *c, struct hone_arena *mem)
{
    char *data;

    if (c->mode == HONE_PQ_AS_VALUES && c->type != HONE_BOOL) {
        HONE_TRY(hone_matrix(run, mem, &data, s->rows, hone_pq_width(c->type)));
        c->out.data = data;
    }
    return HONE_OK;
}

/* The columns that must be read as text after all: a value did not fit, lists differ in length. */
static bool must_change(const struct hone_pq_scan *s, struct hone_pq_column *c)
{
    bool misfit = false;
    size_t width = 0;

    if (c->mode == HONE_PQ_AS_WORDS) {
        return false;
    }
    for (size_t g = 0; g < s->groups; g++) {
        size_t w = c->part[g].width;
        misfit = misfit || c->part[g].misfit || (w != 0 && width != 0 && w != width);
        width = w != 0 ? w : width;
    }
    if (c->mode == HONE_PQ_AS_VECTOR) {
        c->out.width = width;
        misfit = misfit || width == 0;
    }
    return misfit;
}

static enum hone_code read_parts(struct hone_run *run, struct hone_pq_scan *s,
                                 struct hone_arena *mem)
{
    struct pass pass = {.scan = s};
    size_t cells = hone_product(s->rows, s->cols);
    HONE_SCRATCH(run);

    HONE_TRY(hone_pq_afford(run, s->file, hone_product(cells, 8)));
    HONE_TRY(hone_array(run, &run->scratch, &pass.column, s->cols));
    for (size_t i = 0; i < s->cols; i++) {
        pass.column[pass.columns++] = i;
        HONE_TRY(make_room(run, s, &s->column[i], mem));
    }
    for (int round = 0; round < 2; round++) {
        HONE_TRY(hone_parallel_try(run, pass.columns * s->groups, read_one, &pass));
        pass.columns = 0;
        for (size_t i = 0; i < s->cols; i++) {
            if (must_change(s, &s->column[i])) {
                s->column[i].mode = HONE_PQ_AS_WORDS;
                s->column[i].type = HONE_UTF8;
                pass.column[pass.columns++] = i;
            }
        }
    }
    return HONE_OK;
}

static enum hone_code number_one(struct hone_run *run, void *ctx, size_t column)
{
    struct hone_pq_scan *s = ctx;

    return s->column[column].mode == HONE_PQ_AS_WORDS
               ? hone_pq_words_number(run, s, &s->column[column])
               : HONE_OK;
}

static void fill_vectors(struct hone_pq_column *c, const struct hone_pq_part *part, float *to)
{
    const float *from = part->vector;
    size_t width = c->out.width;

    for (size_t row = 0; row < part->rows; row++) {
        if (part->valid == NULL || hone_bit(part->valid, row)) {
            memcpy(to + row * width, from, width * sizeof *to);
            from += width;
        }
    }
}

static void fill_one(void *ctx, size_t chunk, size_t worker)
{
    struct hone_pq_scan *s = ctx;
    struct hone_pq_column *c = &s->column[chunk % s->cols];
    size_t group = chunk / s->cols;

    (void)worker;
    if (c->mode == HONE_PQ_AS_WORDS) {
        hone_pq_words_fill(s, c, group);
    } else if (c->mode == HONE_PQ_AS_VECTOR) {
        float *to = (float *)(uintptr_t)c->out.data;
        fill_vectors(c, &c->part[group], to + s->row[group] * c->out.width);
    }
}

/* Bits of all parts, which may share bytes: by one thread for each column. */
static void fill_bits(void *ctx, size_t column, size_t worker)
{
    const struct hone_pq_scan *s = ctx;
    const struct hone_pq_column *c = &s->column[column];
    uint8_t *valid = (uint8_t *)(uintptr_t)c->out.valid;
    uint8_t *data = (uint8_t *)(uintptr_t)c->out.data;

    (void)worker;
    for (size_t g = 0; g < s->groups; g++) {
        const struct hone_pq_part *part = &c->part[g];
        size_t at = s->row[g];
        if (valid != NULL && part->valid != NULL) {
            hone_pq_bits_copy(valid, at, part->valid, 0, part->rows);
        } else if (valid != NULL) {
            hone_pq_bits_fill(valid, at, part->rows);
        }
        for (size_t i = 0; part->bools != NULL && i < part->rows; i++) {
            data[(at + i) / 8] =
                (uint8_t)(data[(at + i) / 8] | (part->bools[i] != 0) << (at + i) % 8);
        }
    }
}

/* What is still missing of a column: sizes are known now. */
static enum hone_code place(struct hone_run *run, struct hone_pq_scan *s,
                            struct hone_pq_column *c, struct hone_arena *mem)
{
    uint8_t *bits;
    float *number;

    c->out.name = hone_arena_text(mem, c->name, strlen(c->name));
    c->out.rows = s->rows;
    for (size_t g = 0; g < s->groups; g++) {
        c->out.nulls += c->part[g].nulls;
    }
    if (c->out.nulls > 0) {
        HONE_TRY(hone_array(run, mem, &bits, (s->rows + 7) / 8));
        c->out.valid = bits;
    }
    if (c->mode == HONE_PQ_AS_WORDS) {
        return hone_pq_words_place(run, s, c, mem);
    }
    c->out.type = c->type;
    if (c->mode == HONE_PQ_AS_VECTOR) {
        size_t n = hone_product(s->rows, c->out.width);
        c->out.type = HONE_VECTOR;
        HONE_TRY(hone_pq_afford(run, s->file, hone_product(n, sizeof *number)));
        HONE_TRY(hone_array(run, mem, &number, n));
        c->out.data = number;
    } else if (c->type == HONE_BOOL) {
        HONE_TRY(hone_array(run, mem, &bits, (s->rows + 7) / 8));
        c->out.data = bits;
    }
    return HONE_OK;
}

static void scan_free(struct hone_pq_scan *s)
{
    for (size_t i = 0; i < s->cols; i++) {
        for (size_t g = 0; g < s->groups && s->column[i].part != NULL; g++) {
            hone_arena_free(&s->column[i].part[g].mem);
        }
        hone_arena_free(&s->column[i].mem);
    }
    hone_mutex_free(s->lock);
}

static enum hone_code cast_columns(struct hone_run *run, struct hone_pq_scan *s,
                                   struct hone_column *column, struct hone_arena *mem)
{
    for (size_t i = 0; i < s->cols; i++) {
        const struct hone_pq_column *c = &s->column[i];
        column[i] = c->out;
        if (c->wanted != HONE_TYPE_COUNT && c->out.type != c->wanted) {
            enum hone_code code =
                hone_column_cast(run, &c->out, c->wanted, false, mem, &column[i]);
            if (code != HONE_OK) {
                return hone_fail_in(run, "%.200s", s->file->path);
            }
        }
    }
    return HONE_OK;
}

static enum hone_code read_parquet(struct hone_run *run, const char *path,
                                   struct hone_str bytes,
                                   const struct hone_read_options *options,
                                   struct hone_arena *mem, struct hone_table **out,
                                   struct hone_read_report *report)
{
    HONE_ARENA(work);
    HONE_CLOSING(scan_free) struct hone_pq_scan scan = {0};
    struct hone_pq_file file;
    struct hone_column *column;

    HONE_TRY(hone_pq_open(run, path, bytes, &work, &file));
    HONE_TRY(hone_pq_plan(run, &file, options, &work, &scan));
    scan.lock = hone_mutex_new();
    HONE_TRY(read_parts(run, &scan, mem));
    HONE_TRY(hone_parallel_try(run, scan.cols, number_one, &scan));
    for (size_t i = 0; i < scan.cols; i++) {
        HONE_TRY(place(run, &scan, &scan.column[i], mem));
    }
    hone_parallel(run, scan.cols * scan.groups, fill_one, &scan);
    hone_parallel(run, scan.cols, fill_bits, &scan);
    HONE_TRY(hone_array(run, &work, &column, scan.cols));
    HONE_TRY(cast_columns(run, &scan, column, mem));
    HONE_TRY(hone_table_of(run, column, scan.cols, mem, out));
    (*out)->rows = scan.rows;
    report->records = scan.rows;
    return HONE_OK;
}

static const char *const endings[] = {".parquet", ".pq", NULL};

const struct hone_reader hone_reader_parquet = {
    .part.name = "parquet",
    .part.summary = "Parquet",
    .part.source = "apache/parquet-format 2.12",
    .endings = endings,
    .accepts = accepts,
    .read = read_parquet,
    .write = hone_pq_write,
};
