/* A batch of records to the values of columns; declared in io/csv_priv.h. */
#include "base/pool.h"
#include "io/csv/csv_priv.h"

static struct hone_csv_desk *desk_new(const struct hone_csv_reading *reading)
{
    size_t cols = reading->source->cols;
    struct hone_arena mem = {0};
    struct hone_csv_desk *desk = hone_arena_alloc(&mem, sizeof *desk, 1);
    struct hone_csv_words *words = hone_arena_alloc(&mem, sizeof *words, cols);

    if (desk == NULL || words == NULL) {
        hone_arena_free(&mem);
        return NULL;
    }
    desk->mem = mem;
    desk->words = words;
    for (size_t i = 0; i < cols; i++) {
        words[i].mem = &desk->mem;
        words[i].na = reading->plan[i].na;
    }
    return desk;
}

enum hone_code hone_csv_desk_take(struct hone_run *run, struct hone_csv_seat *seat)
{
    struct hone_csv_reading *reading = seat->reading;

    hone_mutex_lock(reading->lock);
    seat->desk = reading->idle;
    if (seat->desk != NULL) {
        reading->idle = seat->desk->next_idle;
    }
    hone_mutex_unlock(reading->lock);
    if (seat->desk != NULL) {
        return HONE_OK;
    }
    seat->desk = desk_new(reading);
    if (seat->desk == NULL) {
        return hone_no_room(run, "columns", reading->source->cols);
    }
    hone_mutex_lock(reading->lock);
    seat->desk->next = reading->desk;
    reading->desk = seat->desk;
    hone_mutex_unlock(reading->lock);
    return HONE_OK;
}

void hone_csv_desk_back(struct hone_csv_seat *seat)
{
    struct hone_csv_reading *reading = seat->reading;

    if (seat->desk == NULL) {
        return;
    }
    hone_mutex_lock(reading->lock);
    seat->desk->next_idle = reading->idle;
    reading->idle = seat->desk;
    hone_mutex_unlock(reading->lock);
    seat->desk = NULL;
}

enum hone_code hone_csv_begin(struct hone_run *run, struct hone_csv_seat *seat,
                              struct hone_csv_batch *b)
{
    struct hone_source *source = seat->reading->source;
    size_t behind;

    if (seat->desk == NULL) {
        HONE_TRY(hone_csv_desk_take(run, seat));
    }
    b->desk = seat->desk;
    b->chunk = &source->chunk[b->number];
    behind = source->bytes.len - b->chunk->at - b->chunk->bytes.len;
    return hone_csv_walk_begin(run, &b->desk->walk, source, b->chunk, behind < HONE_CSV_SLACK);
}

/* The text of a field without doubled quotes; HONE_CSV_SLACK bytes may be read. */
static enum hone_code plain_text(struct hone_run *run, struct hone_csv_desk *desk,
                                 const struct hone_field *field, struct hone_str *out)
{
    struct hone_str text = {desk->walk.base + field->at, field->len & HONE_FIELD_LEN};
    char quote = desk->walk.csv->quote;
    size_t len = 0;

    if (!(field->len & HONE_FIELD_ESCAPED)) {
        *out = text;
        return HONE_OK;
    }
    if (text.len + HONE_CSV_SLACK > desk->text_room) {
        size_t room = 2 * text.len + HONE_CSV_SLACK;
        HONE_TRY(hone_array(run, &desk->mem, &desk->text, room));
        desk->text_room = room;
    }
    for (size_t i = 0; i < text.len; i++) {
        desk->text[len++] = text.ptr[i];
        i += text.ptr[i] == quote;
    }
    *out = (struct hone_str){desk->text, len};
    return HONE_OK;
}

static struct hone_csv_cells cells_of(const struct hone_csv_batch *b, size_t column)
{
    const struct hone_csv_walk *walk = &b->desk->walk;
    return (struct hone_csv_cells){walk->base, walk->field + column, walk->csv->cols,
                                   walk->rows};
}

/* Values from *row on while they fit the kind; *row is then the first that does not, or the end. */
static void read_values(const struct hone_csv_cells *cells, const struct hone_na *na,
                        enum hone_kind kind, union hone_value *value, uint64_t *missing,
                        size_t *row)
{
    const struct hone_csv_kernels *kernel = hone_csv_kernels();
    size_t i = *row;

    for (;; i++) {
        const struct hone_field *field;
        enum hone_fit fit;
        if (kind == HONE_KIND_REAL && !na->values) {
            i = kernel->reals(cells, i, &value->f, missing);
        } else if (kind == HONE_KIND_INT && !na->values) {
            i = kernel->ints(cells, i, &value->i, missing);
        }
        if (i == cells->rows) {
            break;
        }
        field = &cells->field[i * cells->stride];
        fit = hone_field_fit(na, cells->base, field, kind, &value[i]);
        if (fit == HONE_MISFIT) {
            break;
        }
        if (fit == HONE_MISSING) {
            value[i].i = 0;
            missing[i / 64] |= UINT64_C(1) << (i % 64);
        }
    }
    *row = i;
}

void hone_csv_batch_kind(const struct hone_csv_batch *b, size_t column, enum hone_kind *kind)
{
    struct hone_csv_cells cells = cells_of(b, column);
    const struct hone_na *na = b->reading->plan[column].na;
    size_t row = 0;

    while (*kind != HONE_KIND_TEXT) {
        read_values(&cells, na, *kind, b->desk->value, b->desk->missing, &row);
        if (row == cells.rows) {
            break;
        }
        *kind = hone_kind_join(*kind,
                               hone_field_kind(cells.base, &cells.field[row * cells.stride]));
    }
}

/* The missing values of the batch, to those of the chunk. */
static enum hone_code add_missing(struct hone_run *run, const struct hone_csv_batch *b,
                                  struct hone_csv_part *part)
{
    const struct hone_csv_reading *reading = b->reading;
    size_t rows = b->desk->walk.rows;
    size_t shift = b->done % 64;
    size_t nulls = 0;

    for (size_t w = 0; w < (rows + 63) / 64; w++) {
        nulls += (size_t)__builtin_popcountll(b->desk->missing[w]);
    }
    if (nulls == 0) {
        return HONE_OK;
    }
    part->nulls += nulls;
    if (part->missing == NULL) {
        size_t most = reading->slot[b->number + 1] - reading->slot[b->number];
        HONE_TRY(hone_array(run, &b->chunk->mem, &part->missing, most / 64 + 2));
    }
    for (size_t w = 0; w < (rows + 63) / 64; w++) {
        uint64_t bits = b->desk->missing[w];
        uint64_t *to = part->missing + b->done / 64 + w;
        to[0] |= bits << shift;
        to[1] |= shift == 0 ? 0 : bits >> (64 - shift);
        b->desk->missing[w] = 0;
    }
    return HONE_OK;
}

/* Values in the form of the column. */
static void store(const struct hone_csv_plan *plan, size_t at, const union hone_value *value,
                  size_t n)
{
    if (plan->kind == HONE_KIND_BOOL) {
        uint8_t *to = (uint8_t *)plan->data + at;
        for (size_t i = 0; i < n; i++) {
            to[i] = (uint8_t)value[i].i;
        }
    } else if (plan->kind == HONE_KIND_DAY) {
        int32_t *to = (int32_t *)plan->data + at;
        for (size_t i = 0; i < n; i++) {
            to[i] = (int32_t)value[i].i;
        }
    } else if (plan->wanted == HONE_FLOAT32) {
        float *to = (float *)plan->data + at;
        for (size_t i = 0; i < n; i++) {
            to[i] = (float)value[i].f;
        }
    }
}

static enum hone_code batch_values(struct hone_run *run, const struct hone_csv_batch *b,
                                   size_t column, struct hone_csv_part *part)
{
    const struct hone_csv_plan *plan = &b->reading->plan[column];
    struct hone_csv_cells cells = cells_of(b, column);
    size_t at = b->reading->slot[b->number] + b->done;
    union hone_value *value = b->desk->value;
    size_t row = 0;

    if (part->kind == plan->kind && plan->width == sizeof *value && plan->data != NULL) {
        value = (union hone_value *)plan->data + at;
    }
    while (part->kind != HONE_KIND_TEXT) {
        read_values(&cells, plan->na, part->kind, value, b->desk->missing, &row);
        if (row == cells.rows) {
            break;
        }
        value = b->desk->value;
        part->kind = hone_kind_join(
            part->kind, hone_field_kind(cells.base, &cells.field[row * cells.stride]));
    }
    if (part->kind == plan->kind) {
        if (value == b->desk->value) {
            store(plan, at, value, cells.rows);
        }
        return add_missing(run, b, part);
    }
    memset(b->desk->missing, 0, sizeof b->desk->missing); /* it is read again, all of it */
    return HONE_OK;
}

static void set_missing(const struct hone_csv_batch *b, size_t row)
{
    b->desk->missing[row / 64] |= UINT64_C(1) << (row % 64);
}

/* The lengths of texts. */
static enum hone_code batch_lengths(struct hone_run *run, const struct hone_csv_batch *b,
                                    size_t column, int32_t *len)
{
    struct hone_csv_cells cells = cells_of(b, column);
    const struct hone_na *na = b->reading->plan[column].na;

    for (size_t row = 0; row < cells.rows; row++) {
        const struct hone_field *field = &cells.field[row * cells.stride];
        struct hone_str text = {cells.base + field->at, field->len & HONE_FIELD_LEN};
        if (hone_na_is(na, text.len < 64 ? hone_field_trim(text) : text)) {
            len[row] = -1;
            set_missing(b, row);
            continue;
        }
        HONE_TRY(plain_text(run, b->desk, field, &text));
        len[row] = (int32_t)text.len;
    }
    return HONE_OK;
}

static enum hone_code batch_words(struct hone_run *run, const struct hone_csv_batch *b,
                                  size_t column, struct hone_csv_words *words, int32_t *code)
{
    struct hone_csv_cells cells = cells_of(b, column);

    HONE_TRY(hone_csv_word_all(run, words, &cells, code));
    for (size_t row = 0; row < cells.rows; row++) {
        const struct hone_field *field = &cells.field[row * cells.stride];
        if (field->len & HONE_FIELD_ESCAPED) {
            struct hone_str text;
            HONE_TRY(plain_text(run, b->desk, field, &text));
            HONE_TRY(hone_csv_word(run, words, text, &code[row]));
        }
        if (code[row] < 0) {
            set_missing(b, row);
        }
    }
    return HONE_OK;
}

static enum hone_code batch_texts(struct hone_run *run, const struct hone_csv_batch *b,
                                  size_t column, struct hone_csv_part *part)
{
    struct hone_csv_plan *plan = &b->reading->plan[column];
    int32_t *slot = (int32_t *)plan->data + b->reading->slot[b->number] + b->done;

    if (b->done == 0 && !__atomic_load_n(&plan->lengths, __ATOMIC_RELAXED)) {
        part->words = &b->desk->words[column];
    }
    if (part->words == NULL) {
        HONE_TRY(batch_lengths(run, b, column, slot));
    } else {
        HONE_TRY(batch_words(run, b, column, part->words, slot));
        if (part->words->n > plan->most) {
            __atomic_store_n(&plan->lengths, true, __ATOMIC_RELAXED);
        }
    }
    return add_missing(run, b, part);
}

enum hone_code hone_csv_batch_read(struct hone_run *run, const struct hone_csv_batch *b,
                                   size_t column)
{
    const struct hone_csv_reading *reading = b->reading;
    struct hone_csv_part *part = &reading->part[b->number * reading->source->cols + column];
    const struct hone_csv_plan *plan = &reading->plan[column];

    if (b->done == 0) {
        *part = (struct hone_csv_part){.kind = plan->kind};
    }
    if (plan->kind == HONE_KIND_TEXT) {
        return batch_texts(run, b, column, part);
    }
    return part->kind == HONE_KIND_TEXT ? HONE_OK : batch_values(run, b, column, part);
}

enum hone_code hone_csv_batch_copy(struct hone_run *run, const struct hone_csv_batch *b,
                                   size_t column, size_t row, const struct hone_column *c)
{
    struct hone_csv_cells cells = cells_of(b, column);
    char *data = (char *)(uintptr_t)c->data; /* not yet shared */

    for (size_t i = 0; i < cells.rows; i++) {
        size_t from = (size_t)c->offsets[row + i];
        struct hone_str text;
        if (c->offsets[row + i + 1] > c->offsets[row + i]) {
            HONE_TRY(plain_text(run, b->desk, &cells.field[i * cells.stride], &text));
            memcpy(data + from, text.ptr, text.len);
        }
    }
    return HONE_OK;
}
