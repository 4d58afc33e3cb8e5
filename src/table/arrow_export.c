/* Tables to the Arrow C data interface; declared in table/arrow_c.h. */
#include <errno.h>

#include "base/pool.h"
#include "table/arrow_c.h"

/* What an array and its children share, freed with the last of them. */
struct shared {
    struct hone_arena mem;   /* this struct, the arrays' lists of buffers and children */
    struct hone_arena owner; /* the table's */
    struct shared *host;     /* who owns the table for the arrays of a stream; or NULL */
    struct hone_mutex *lock;
    size_t users;
};

static struct shared *shared_new(struct hone_arena *owner)
{
    struct hone_arena mem = {0};
    struct shared *s = hone_new(&mem, struct shared);

    s->mem = mem;
    s->lock = hone_mutex_new();
    s->users = 1;
    if (owner != NULL) {
        s->owner = *owner;
        *owner = (struct hone_arena){0};
    }
    return s;
}

static void shared_take(struct shared *s)
{
    hone_mutex_lock(s->lock);
    s->users++;
    hone_mutex_unlock(s->lock);
}

static void shared_drop(struct shared *s)
{
    while (s != NULL) {
        struct shared *host = s->host;
        struct hone_arena mem = s->mem; /* which holds s itself */
        bool last;

        hone_mutex_lock(s->lock);
        last = --s->users == 0;
        hone_mutex_unlock(s->lock);
        if (!last) {
            return;
        }
        hone_mutex_free(s->lock);
        hone_arena_free(&s->owner);
        hone_arena_free(&mem);
        s = host;
    }
}

/* ---- schemas ---- */

/* A schema's arena holds all of it but the struct itself; children and dictionaries share the root's. */
static void schema_release(struct ArrowSchema *schema)
{
    struct shared *s = schema->private_data;

    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release != NULL) {
            schema->children[i]->release(schema->children[i]);
        }
    }
    if (schema->dictionary != NULL && schema->dictionary->release != NULL) {
        schema->dictionary->release(schema->dictionary);
    }
    schema->release = NULL;
    shared_drop(s);
}

static void schema_fill(struct shared *s, const char *format, const char *name,
                        struct ArrowSchema *out)
{
    *out = (struct ArrowSchema){.format = hone_arena_text(&s->mem, format, strlen(format)),
                                .name = hone_arena_text(&s->mem, name, strlen(name)),
                                .flags = ARROW_FLAG_NULLABLE,
                                .release = schema_release,
                                .private_data = s};
    shared_take(s);
}

static struct ArrowSchema *schema_child(struct shared *s, const char *format, const char *name)
{
    struct ArrowSchema *child = hone_new(&s->mem, struct ArrowSchema);
    schema_fill(s, format, name, child);
    return child;
}

static struct ArrowSchema *column_schema(struct shared *s, const struct hone_column *c)
{
    static const char *const formats[] = {
#define X(name, text, arrow) [HONE_##name] = (arrow),
        HONE_TYPES(X)
#undef X
    };
    struct ArrowSchema *out;

    if (c->type != HONE_VECTOR) {
        out = schema_child(s, formats[c->type], c->name);
        if (c->type == HONE_CATEGORY) {
            out->dictionary = schema_child(s, formats[HONE_UTF8], "");
        }
        return out;
    }
    out = schema_child(s, hone_arena_format(&s->mem, "%s%zu", formats[HONE_VECTOR], c->width),
                       c->name);
    out->children = hone_new(&s->mem, struct ArrowSchema *);
    out->children[0] = schema_child(s, formats[HONE_FLOAT32], "item");
    out->children[0]->flags = 0;
    out->n_children = 1;
    return out;
}

static enum hone_code make_schema(struct hone_run *run, const struct hone_table *t,
                                  struct ArrowSchema *out)
{
    struct shared *s = shared_new(NULL);
    struct ArrowSchema **children = hone_arena_alloc(&s->mem, sizeof *children, t->cols);

    if (children == NULL) {
        shared_drop(s);
        return hone_no_room(run, "columns", t->cols);
    }
    schema_fill(s, "+s", "", out);
    out->flags = 0;
    out->children = children;
    out->n_children = (int64_t)t->cols;
    for (size_t i = 0; i < t->cols; i++) {
        children[i] = column_schema(s, &t->column[i]);
    }
    shared_drop(s); /* the root has its own */
    return HONE_OK;
}

/* ---- arrays ---- */

static void array_release(struct ArrowArray *array)
{
    struct shared *s = array->private_data;

    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release != NULL) {
            array->children[i]->release(array->children[i]);
        }
    }
    if (array->dictionary != NULL && array->dictionary->release != NULL) {
        array->dictionary->release(array->dictionary);
    }
    array->release = NULL;
    shared_drop(s);
}

/* An array of n buffers of rows [from, from + rows). */
static void array_fill(struct shared *s, size_t from, size_t rows, size_t buffers,
                       struct ArrowArray *out)
{
    *out = (struct ArrowArray){.length = (int64_t)rows,
                               .offset = (int64_t)from,
                               .n_buffers = (int64_t)buffers,
                               .buffers = hone_arena_must(&s->mem, buffers * sizeof(void *)),
                               .release = array_release,
                               .private_data = s};
    shared_take(s);
}

static struct ArrowArray *array_child(struct shared *s, size_t from, size_t rows,
                                      size_t buffers)
{
    struct ArrowArray *child = hone_new(&s->mem, struct ArrowArray);
    array_fill(s, from, rows, buffers, child);
    return child;
}

/* Counted, though the interface knows -1 for "unknown": DuckDB to 1.5 takes that for none in dictionaries. */
static int64_t nulls_in(const struct hone_column *c, size_t from, size_t rows)
{
    int64_t nulls = 0;

    if (c->nulls == 0 || rows == c->rows) {
        return (int64_t)c->nulls;
    }
    for (size_t row = from; row < from + rows; row++) {
        nulls += !hone_bit(c->valid, row);
    }
    return nulls;
}

static struct ArrowArray *column_array(struct shared *s, const struct hone_column *c,
                                       size_t from, size_t rows)
{
    static const int64_t no_offsets[1];
    bool text = c->type == HONE_UTF8 || c->type == HONE_BINARY;
    struct ArrowArray *out = array_child(s, from, rows,
                                         text                     ? 3
                                         : c->type == HONE_VECTOR ? 1
                                                                  : 2);

    out->null_count = nulls_in(c, from, rows);
    out->buffers[0] = c->nulls == 0 ? NULL : c->valid;
    if (text) {
        out->buffers[1] = c->offsets == NULL ? no_offsets : c->offsets;
        out->buffers[2] = c->data == NULL ? "" : c->data;
    } else if (c->type == HONE_VECTOR) {
        struct ArrowArray *items = array_child(s, 0, hone_product(c->rows, c->width), 2);
        items->buffers[1] = c->data;
        out->children = hone_new(&s->mem, struct ArrowArray *);
        out->children[0] = items;
        out->n_children = 1;
    } else {
        out->buffers[1] = c->data;
    }
    if (c->type == HONE_CATEGORY) {
        out->dictionary = column_array(s, c->dict, 0, c->dict->rows);
    }
    return out;
}

/* The rows of all columns; the caller's own share of s is not touched. */
static enum hone_code make_array(struct hone_run *run, struct shared *s,
                                 const struct hone_table *t, size_t from, size_t rows,
                                 struct ArrowArray *out)
{
    struct ArrowArray **children = hone_arena_alloc(&s->mem, sizeof *children, t->cols);

    if (children == NULL) {
        return hone_no_room(run, "columns", t->cols);
    }
    array_fill(s, 0, rows, 1, out);
    out->children = children;
    out->n_children = (int64_t)t->cols;
    for (size_t i = 0; i < t->cols; i++) {
        children[i] = column_array(s, &t->column[i], from, rows);
    }
    return HONE_OK;
}

enum hone_code hone_arrow_export(struct hone_run *run, const struct hone_table *t,
                                 struct hone_arena *owner, struct ArrowSchema *schema,
                                 struct ArrowArray *array)
{
    struct ArrowSchema made;
    struct shared *s;
    enum hone_code code;

    HONE_TRY(make_schema(run, t, &made));
    s = shared_new(NULL);
    code = make_array(run, s, t, 0, t->rows, array);
    if (code != HONE_OK) {
        made.release(&made);
        shared_drop(s);
        return code;
    }
    if (owner != NULL) {
        s->owner = *owner;
        *owner = (struct hone_arena){0};
    }
    *schema = made;
    shared_drop(s);
    return HONE_OK;
}

/* ---- streams ---- */

struct stream {
    struct shared *shared; /* holds this struct and the table's memory */
    const struct hone_table *table;
    size_t rows_per_array, at;
    bool done;
    struct hone_run run; /* for its error */
};

static int failed(struct stream *s)
{
    return s->run.err.code == HONE_E_LIMIT ? ENOMEM : EIO;
}

static int stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct stream *s = stream->private_data;
    return make_schema(&s->run, s->table, out) == HONE_OK ? 0 : failed(s);
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct stream *s = stream->private_data;
    size_t rows = s->table->rows - s->at;
    struct shared *lists;
    enum hone_code code;

    *out = (struct ArrowArray){0};
    if (s->done) {
        return 0;
    }
    if (s->rows_per_array != 0 && rows > s->rows_per_array) {
        rows = s->rows_per_array;
    }
    lists = shared_new(NULL);
    lists->host = s->shared;
    shared_take(s->shared);
    code = make_array(&s->run, lists, s->table, s->at, rows, out);
    shared_drop(lists);
    if (code != HONE_OK) {
        *out = (struct ArrowArray){0};
        return failed(s);
    }
    s->at += rows;
    s->done = s->at == s->table->rows;
    return 0;
}

static const char *stream_error(struct ArrowArrayStream *stream)
{
    struct stream *s = stream->private_data;
    return s->run.err.code == HONE_OK ? NULL : s->run.err.message;
}

static void stream_release(struct ArrowArrayStream *stream)
{
    struct stream *s = stream->private_data;

    hone_run_clear(&s->run);
    stream->release = NULL;
    shared_drop(s->shared);
}

enum hone_code hone_arrow_export_stream(struct hone_run *run, const struct hone_table *t,
                                        struct hone_arena *owner, size_t rows_per_array,
                                        struct ArrowArrayStream *out)
{
    struct shared *shared = shared_new(owner);
    struct stream *s = hone_new(&shared->mem, struct stream);

    (void)run;
    s->shared = shared;
    s->table = t;
    s->rows_per_array = hone_product((rows_per_array + 63) / 64, 64);
    *out = (struct ArrowArrayStream){.get_schema = stream_schema,
                                     .get_next = stream_next,
                                     .get_last_error = stream_error,
                                     .release = stream_release,
                                     .private_data = s};
    return HONE_OK;
}
