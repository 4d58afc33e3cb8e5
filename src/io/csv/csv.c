/* Delimited text to a table; declared in io/chunk_priv.h. */
#include "base/pool.h"
#include "io/csv/csv_priv.h"
#include "table/dict.h"

/* Chunks are looked into at this many places, so that most columns are read as what they are at once. */
enum { SAMPLES = 5 };

/* The next batch, without the records that do not fit the types asked for. */
static enum hone_code next_batch(struct hone_run *run, const struct hone_csv_batch *b,
                                 bool *more)
{
    const struct hone_source *source = b->reading->source;
    struct hone_csv_walk *walk = &b->desk->walk;

    HONE_TRY(hone_csv_walk_next(run, walk));
    *more = walk->rows > 0;
    if (source->options->type.n > 0 && source->want == NULL && *more) {
        struct hone_cells cells = {.base = walk->base,
                                   .field = walk->field,
                                   .record = walk->record,
                                   .rows = walk->rows,
                                   .cols = source->cols};
        HONE_TRY(hone_drop_misfits(run, source, b->chunk, walk->quiet, &cells));
        walk->rows = cells.rows;
    }
    return HONE_OK;
}

/* The columns of this round, of one chunk. */
static enum hone_code read_chunk(struct hone_run *run, void *ctx, size_t number)
{
    struct hone_csv_reading *reading = ctx;
    struct hone_source *source = reading->source;
    HONE_CLOSING(hone_csv_desk_back) struct hone_csv_seat seat = {.reading = reading};
    struct hone_csv_batch b = {.reading = reading, .number = number};

    HONE_TRY(hone_check_cancel(run));
    HONE_TRY(hone_csv_begin(run, &seat, &b));
    for (;;) {
        bool more;
        HONE_TRY(next_batch(run, &b, &more));
        if (!more) {
            break;
        }
        for (size_t i = 0; i < source->cols && b.desk->walk.rows > 0; i++) {
            if (reading->plan[i].now) {
                HONE_TRY(hone_csv_batch_read(run, &b, i));
            }
        }
        b.done += b.desk->walk.rows;
    }
    HONE_ASSERT(b.done <= reading->slot[number + 1] - reading->slot[number]);
    HONE_ASSERT(source->want == NULL || b.chunk->rows == b.done);
    b.chunk->rows = b.done;
    if (source->want == NULL) {
        hone_chunk_sort_bad(b.chunk);
    }
    if (reading->mapped) {
        hone_csv_pass(b.chunk->bytes);
    }
    return HONE_OK;
}

/* What columns seem to be: the kinds of the first batches of some chunks. */
static enum hone_code sample(struct hone_run *run, struct hone_csv_reading *reading)
{
    const struct hone_source *source = reading->source;
    HONE_CLOSING(hone_csv_desk_back) struct hone_csv_seat seat = {.reading = reading};
    size_t before = SIZE_MAX;

    for (size_t s = 0; s < SAMPLES && source->chunks > 0; s++) {
        struct hone_csv_batch b = {.reading = reading};
        bool more;
        b.number = s * (source->chunks - 1) / (SAMPLES - 1);
        if (b.number == before) {
            continue;
        }
        before = b.number;
        HONE_TRY(hone_csv_begin(run, &seat, &b));
        seat.desk->walk.quiet = true;
        HONE_TRY(next_batch(run, &b, &more));
        seat.desk->walk.quiet = false;
        for (size_t i = 0; i < source->cols && more; i++) {
            if (reading->plan[i].wanted == HONE_TYPE_COUNT && !reading->plan[i].left_out) {
                hone_csv_batch_kind(&b, i, &reading->plan[i].kind);
            }
        }
    }
    if (seat.desk != NULL) {
        memset(seat.desk->missing, 0, sizeof seat.desk->missing);
    }
    return HONE_OK;
}

/* Where the values of a column go in the next round.  Texts become codes or lengths, truth values bits later on. */
static enum hone_code make_room(struct hone_run *run, const struct hone_csv_reading *reading,
                                struct hone_csv_plan *plan, struct hone_arena *mem)
{
    size_t slots = reading->slot[reading->source->chunks];
    size_t width = 8;
    char *data;

    if (plan->kind == HONE_KIND_BOOL) {
        width = 1;
        mem = &plan->temp;
    } else if (plan->kind == HONE_KIND_TEXT) {
        width = 4;
        mem = &plan->temp;
        plan->most = hone_categories_most(slots);
        plan->most = plan->wanted == HONE_CATEGORY ? SIZE_MAX : plan->most;
        plan->lengths = plan->wanted == HONE_UTF8;
    } else if (plan->kind == HONE_KIND_DAY || plan->wanted == HONE_FLOAT32) {
        width = 4;
    }
    plan->now = true;
    if (plan->data != NULL && plan->width == width && mem != &plan->temp) {
        return HONE_OK; /* what was read as something narrower is of no use any more */
    }
    HONE_TRY(hone_array(run, mem, &data, hone_product(slots, width)));
    plan->data = data;
    plan->width = width;
    return HONE_OK;
}

/* Join the kinds over the chunks; the columns that were read as less are to be read again. */
static enum hone_code join_kinds(struct hone_run *run, struct hone_csv_reading *reading,
                                 struct hone_arena *work, struct hone_arena *mem, size_t *again)
{
    struct hone_source *source = reading->source;

    HONE_TRY(hone_array(run, work, &source->want, source->cols));
    *again = 0;
    for (size_t i = 0; i < source->cols; i++) {
        struct hone_csv_plan *plan = &reading->plan[i];
        enum hone_kind kind = plan->kind;
        for (size_t k = 0; k < source->chunks && !plan->left_out; k++) {
            if (source->chunk[k].rows > 0) {
                kind = hone_kind_join(kind, reading->part[k * source->cols + i].kind);
            }
        }
        plan->now = kind != plan->kind;
        source->want[i] = plan->kind = kind;
        if (plan->now) {
            HONE_TRY(make_room(run, reading, plan, mem));
            *again += 1;
        }
    }
    return HONE_OK;
}

/* Leave out the columns that are not among those asked for; where one is asked for that there is not, none: the
 * caller tells. */
static void leave_out(const struct hone_csv_reading *reading)
{
    const struct hone_source *source = reading->source;
    const struct hone_texts *asked = &source->options->columns;
    size_t there = 0;

    for (size_t i = 0; i < source->cols && asked->n > 0; i++) {
        size_t at = 0;
        while (at < asked->n && strcmp(asked->item[at], source->name[i]) != 0) {
            at++;
        }
        reading->plan[i].left_out = at == asked->n;
        there += at < asked->n;
    }
    for (size_t i = 0; i < source->cols && there < asked->n; i++) {
        reading->plan[i].left_out = false;
    }
}

static enum hone_code set_up(struct hone_run *run, struct hone_csv_reading *reading,
                             struct hone_arena *mem)
{
    struct hone_source *source = reading->source;

    HONE_TRY(hone_array(run, mem, &reading->plan, source->cols));
    HONE_TRY(hone_matrix(run, mem, &reading->part, source->chunks, source->cols));
    HONE_TRY(hone_array(run, mem, &reading->slot, source->chunks + 1));
    HONE_TRY(hone_array(run, mem, &reading->first, source->chunks + 1));
    for (size_t k = 0; k < source->chunks; k++) {
        reading->slot[k + 1] = reading->slot[k] + source->chunk[k].rows;
    }
    for (size_t i = 0; i < source->cols; i++) {
        reading->plan[i].wanted = hone_type_wanted(source, source->name[i]);
        reading->plan[i].kind = hone_kind_wanted(source, source->name[i]);
        reading->plan[i].na = hone_na_of(&source->na, source->name[i]);
    }
    leave_out(reading);
    return HONE_OK;
}

static void clear(struct hone_csv_reading *reading)
{
    for (size_t i = 0; reading->plan != NULL && i < reading->source->cols; i++) {
        hone_arena_free(&reading->plan[i].temp);
    }
    while (reading->desk != NULL) {
        struct hone_csv_desk *desk = reading->desk;
        struct hone_arena mem;
        reading->desk = desk->next;
        hone_arena_free(&desk->walk.mem);
        mem = desk->mem; /* it lies in its own arena */
        hone_arena_free(&mem);
    }
    hone_mutex_free(reading->lock);
}

static enum hone_code read_all(struct hone_run *run, struct hone_source *source, bool mapped,
                               struct hone_arena *work, struct hone_arena *mem,
                               struct hone_table **out)
{
    HONE_CLOSING(clear)
    struct hone_csv_reading reading = {
        .source = source, .mapped = mapped, .lock = hone_mutex_new()};
    size_t again;

    HONE_TRY(set_up(run, &reading, work));
    HONE_TRY(sample(run, &reading));
    for (size_t i = 0; i < source->cols; i++) {
        if (!reading.plan[i].left_out) {
            HONE_TRY(make_room(run, &reading, &reading.plan[i], mem));
        }
    }
    HONE_TRY(hone_parallel_try(run, source->chunks, read_chunk, &reading));
    HONE_TRY(join_kinds(run, &reading, work, mem, &again));
    if (again > 0) {
        HONE_TRY(hone_parallel_try(run, source->chunks, read_chunk, &reading));
    }
    return hone_csv_join(run, &reading, mem, out);
}

static bool lies_in(struct hone_str part, struct hone_str whole)
{
    return whole.len > 0 && part.ptr >= whole.ptr &&
           part.ptr + part.len <= whole.ptr + whole.len;
}

/* Asked for, or found out. */
static bool parted_by_blanks(struct hone_str bytes, const struct hone_read_options *options)
{
    if (options->delimiter != NULL) {
        return strcmp(options->delimiter, "space") == 0 || strcmp(options->delimiter, " ") == 0;
    }
    return hone_csv_blanks_part(bytes);
}

enum hone_code hone_csv_read(struct hone_run *run, const char *path, struct hone_str bytes,
                             const struct hone_read_options *options, struct hone_arena *mem,
                             struct hone_table **out, struct hone_read_report *report)
{
    HONE_ARENA(work);
    struct hone_read_options tabbed = *options;
    struct hone_source source = {.path = path, .options = &tabbed};
    HONE_CLOSING(hone_chunks_free) struct hone_source *held = &source;
    struct hone_str text;
    struct hone_csv csv;
    bool blanks = parted_by_blanks(bytes, options);
    bool mapped;
    char told[2] = "";
    size_t first = hone_csv_told(bytes, told);

    if (first > 0 && options->delimiter == NULL) {
        tabbed.delimiter = told;
    } else if (blanks) {
        tabbed.delimiter = "\t";
        HONE_TRY(hone_csv_squeeze(run, bytes, &work, &bytes));
    }
    options = &tabbed;
    source.bytes = text = bytes;
    text.ptr += first;
    text.len -= first;
    mapped = lies_in(bytes, report->mapped);
    HONE_TRY(hone_csv_sniff(run, path, text, options, mem, &csv));
    source.reader = &csv;
    source.quote = csv.quote;
    source.cols = csv.cols;
    source.name = csv.name;
    report->delimiter = blanks ? ' ' : csv.delimiter;
    report->header = csv.header;
    text.ptr += csv.start;
    text.len -= csv.start;
    HONE_TRY(hone_source_prepare(run, held, &work));
    HONE_TRY(hone_csv_split(run, &csv, text, mapped, &work, held));
    HONE_TRY(read_all(run, held, mapped, &work, mem, out));
    return hone_source_report(run, held, mem, report);
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
