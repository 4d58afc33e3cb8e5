#include "serve/observe.h"

#include "serve/server_priv.h"
#include "store/sketchlog.h"

/* --- on the way of a request ---------------------------------------------------------------------- */

enum source { NOWHERE, INPUT, LABEL, SCORE };

struct hone_observer {
    const struct hone_served *served;
    struct hone_reference *reference;
    struct origin {
        enum source source;
        size_t at;               /* column of the batch, or class */
    } * origin;                  /* (reference->cols) */
    struct hone_sketch **sketch; /* (workers) */
    size_t workers;
};

static struct origin origin_of(const struct hone_served *m,
                               const struct hone_reference_column *c)
{
    static const char probability[] = "probability_";
    if (!c->prediction) {
        for (size_t i = 0; i < m->cols; i++) {
            if (m->column[i].width == 1 && strcmp(m->column[i].name, c->name) == 0) {
                return (struct origin){INPUT, i};
            }
        }
        return (struct origin){NOWHERE, 0};
    }
    if (m->kind == HONE_SERVED_NUMBER) {
        return (struct origin){SCORE, 0};
    }
    if (m->kind != HONE_SERVED_CLASSES) {
        return (struct origin){NOWHERE, 0};
    }
    for (size_t k = 0; k < m->classes && hone_str_starts(hone_str(c->name), probability); k++) {
        if (strcmp(c->name + sizeof probability - 1, m->signature->class_name[k]) == 0) {
            return (struct origin){SCORE, k};
        }
    }
    return strcmp(c->name, "prediction") == 0 ? (struct origin){LABEL, 0}
                                              : (struct origin){NOWHERE, 0};
}

static enum hone_code fill(struct hone_run *run, const json_t *tree, struct hone_arena *mem,
                           struct hone_observer *o)
{
    HONE_TRY(hone_reference_parse(run, tree, mem, &o->reference));
    HONE_TRY(hone_array(run, mem, &o->origin, o->reference->cols));
    HONE_TRY(hone_array(run, mem, &o->sketch, o->workers));
    for (size_t j = 0; j < o->reference->cols; j++) {
        o->origin[j] = origin_of(o->served, &o->reference->column[j]);
    }
    for (size_t i = 0; i < o->workers; i++) {
        HONE_TRY(hone_sketch_new(run, o->reference, mem, &o->sketch[i]));
    }
    return HONE_OK;
}

enum hone_code hone_observer_new(struct hone_run *run, const struct hone_served *m,
                                 size_t workers, struct hone_arena *mem,
                                 struct hone_observer **out)
{
    struct hone_str text = hone_model_meta(m->model, HONE_META_REFERENCE);
    HONE_JSON json_t *tree = NULL;
    *out = NULL;
    if (text.len == 0) {
        return HONE_OK;
    }
    struct hone_observer *o = hone_new(mem, struct hone_observer);
    o->served = m;
    o->workers = workers;
    HONE_TRY(hone_json_parse(run, text, &tree));
    HONE_TRY(fill(run, tree, mem, o));
    *out = o;
    return HONE_OK;
}

static void see_input(struct hone_sketch_column *s, const struct hone_batch_column *c,
                      size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        if (hone_batch_is_missing(c, i)) {
            hone_sketch_missing(s);
        } else if (c->dtype == HONE_STRING) {
            hone_sketch_level(s, ((const struct hone_str *)c->data)[i]);
        } else if (c->dtype == HONE_I64) {
            hone_sketch_number(s, (double)((const int64_t *)c->data)[i]);
        } else if (c->dtype == HONE_F32) {
            hone_sketch_number(s, (double)((const float *)c->data)[i]);
        } else {
            hone_sketch_missing(s); /* a model of others: its column is no number of ours */
        }
    }
}

/* Labels are numbers where the target was. */
static void see_labels(struct hone_sketch_column *s, const struct hone_tensor *label,
                       size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        if (label->type == HONE_STRING) {
            hone_sketch_level(s, ((const struct hone_str *)label->data)[i]);
        } else if (!s->reference->levels_only) {
            hone_sketch_number(s, (double)((const int64_t *)label->data)[i]);
        } else {
            char text[32];
            size_t len = hone_format_i64(text, ((const int64_t *)label->data)[i]);
            hone_sketch_level(s, (struct hone_str){text, len});
        }
    }
}

void hone_observer_rows(struct hone_observer *o, size_t worker, const struct hone_batch *b,
                        const struct hone_tensor *out)
{
    if (o == NULL) {
        return;
    }
    const struct hone_served *m = o->served;
    struct hone_sketch *sketch = o->sketch[worker];
    for (size_t j = 0; j < o->reference->cols; j++) {
        struct hone_sketch_column *s = &sketch->column[j];
        const struct origin *from = &o->origin[j];
        size_t width = m->kind == HONE_SERVED_CLASSES ? m->classes : 1;
        if (from->source == INPUT) {
            see_input(s, &b->column[from->at], b->rows);
        } else if (from->source == LABEL) {
            see_labels(s, &out[m->label], b->rows);
        } else if (from->source == SCORE) {
            const float *score = out[m->scores].data;
            for (size_t i = 0; i < b->rows; i++) {
                hone_sketch_number(s, (double)score[i * width + from->at]);
            }
        }
    }
    hone_count(&sketch->rows, b->rows);
}

/* --- to the store ----------------------------------------------------------------------------------- */

#define HOUR_US   (INT64_C(3600) * 1000000)
#define MINUTE_NS (INT64_C(60) * 1000000000)

/* What is known of the version that a slot answers with; served holds a reference to it. */
struct watched {
    struct hone_slot *slot;
    struct hone_served *served; /* NULL: none is watched */
    struct hone_arena mem;
    struct hone_counts *before; /* what it had counted when this hour began */
    int64_t hour;
    uint64_t written; /* rows at the last write of this hour */
};

struct hone_scribe {
    struct hone_server *server;
    struct hone_arena mem;
    int64_t id, next;
    struct watched *slot; /* (server->slots) */
};

enum hone_code hone_scribe_new(struct hone_run *run, struct hone_server *server,
                               struct hone_scribe **out)
{
    struct hone_arena mem = {0};
    struct hone_scribe *s = hone_new(&mem, struct hone_scribe);
    uint64_t random;
    s->mem = mem;
    s->server = server;
    s->slot = hone_arena_must(&s->mem, server->slots * sizeof *s->slot);
    if (hone_random_bytes(run, &random, sizeof random) != HONE_OK) {
        hone_scribe_free(s);
        return run->err.code;
    }
    s->id = (int64_t)(random >> 1);
    for (size_t i = 0; i < server->slots; i++) {
        s->slot[i].slot = &server->slot[i];
    }
    *out = s;
    return HONE_OK;
}

static void let_go(struct watched *w)
{
    if (w->served != NULL) {
        hone_slot_give(w->slot, w->served);
        w->served = NULL;
        hone_arena_free(&w->mem);
    }
}

void hone_scribe_free(struct hone_scribe *scribe)
{
    if (scribe != NULL) {
        struct hone_arena mem = scribe->mem; /* it lies in it itself */
        for (size_t i = 0; i < scribe->server->slots; i++) {
            let_go(&scribe->slot[i]);
        }
        hone_arena_free(&mem);
    }
}

static enum hone_code take_up(struct hone_run *run, struct watched *w)
{
    struct hone_served *served = hone_slot_take(w->slot);
    w->served = served;
    w->hour = hone_now_us(run) / HOUR_US * HOUR_US;
    w->written = 0;
    return served->observer == NULL
               ? HONE_OK
               : hone_counts_new(run, served->observer->reference, &w->mem, &w->before);
}

/* What this hour has seen so far, to the store; with over the next hour begins. */
static enum hone_code write_hour(struct hone_run *run, struct hone_scribe *s, struct watched *w,
                                 bool over)
{
    HONE_ARENA(work);
    const struct hone_observer *o = w->served->observer;
    struct hone_counts *all;
    struct hone_counts *seen;
    HONE_TRY(hone_counts_new(run, o->reference, &work, &all));
    HONE_TRY(hone_counts_new(run, o->reference, &work, &seen));
    for (size_t i = 0; i < o->workers; i++) {
        hone_counts_read(all, o->sketch[i]);
    }
    hone_counts_add(seen, all);
    hone_counts_subtract(seen, w->before);
    if (seen->rows != w->written) {
        HONE_JSON json_t *tree = hone_counts_json(seen, o->reference);
        struct hone_buf text = hone_buf(&work);
        hone_json_write(&text, tree, false);
        hone_buf_char(&text, '\0');
        const struct hone_sketch_row row = {.server = s->id,
                                            .version_id = w->served->record,
                                            .begin = w->hour,
                                            .rows = (int64_t)seen->rows,
                                            .data = text.ptr};
        HONE_TRY(hone_sketch_put(run, s->server->store, &row));
        w->written = seen->rows;
    }
    if (over) {
        hone_counts_add(w->before, seen);
        w->hour = hone_now_us(run) / HOUR_US * HOUR_US;
        w->written = 0;
    }
    return HONE_OK;
}

enum hone_code hone_scribe_beat(struct hone_run *run, struct hone_scribe *s, bool last)
{
    int64_t ticks = hone_ticks_ns();
    int64_t now = hone_now_us(run);
    bool due = last || ticks >= s->next;
    if (s->server->store == NULL) {
        return HONE_OK;
    }
    for (size_t i = 0; i < s->server->slots; i++) {
        struct watched *w = &s->slot[i];
        if (w->served == NULL) {
            HONE_TRY(take_up(run, w));
        }
        bool gone = !hone_slot_is(w->slot, w->served);
        bool over = now - w->hour >= HOUR_US;
        bool known = w->served->observer != NULL && w->served->record != 0;
        if (known && (due || gone || over)) {
            HONE_TRY(write_hour(run, s, w, over));
        }
        if (gone || last) {
            let_go(w);
        }
    }
    s->next = due ? ticks + MINUTE_NS : s->next;
    return HONE_OK;
}
