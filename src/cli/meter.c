#include "cli/meter.h"

#include <math.h>

#include "base/json.h"

/* A stage shorter than this shows nothing: a flash of text tells no one anything. */
static const int64_t patience = 300000000; /* ns */
static const int64_t interval = 100000000; /* ns between two lines */

/* In place of a rate: what is being done, and the time left where that is known. */
static void print_detail(const struct hone_progress *p, struct hone_arena *mem,
                         struct hone_buf *line)
{
    hone_buf_format(line, ", %s", p->detail);
    if (p->seconds_left > 0) {
        hone_buf_format(line, ", %s%s left", p->more_left ? "more than " : "",
                        hone_text_seconds(mem, ceil(p->seconds_left)));
    }
}

static void print_line(struct hone_meter *meter, uint64_t done, uint64_t total, double seconds)
{
    const struct hone_term *term = &meter->term;
    const struct hone_progress *p = &meter->progress;
    struct hone_arena mem = {0};
    struct hone_buf line = hone_buf(&mem);
    double rate = seconds > 0 ? (double)done / seconds : 0;

    hone_buf_format(&line, "%s ", p->stage);
    if (total != 0) {
        double share = (double)done / (double)total;
        hone_buf_format(&line, "%s %3.0f%% ", hone_bar(term, &mem, share, 24), share * 100);
    }
    hone_buf_text(&line, hone_text_count(&mem, done));
    if (total != 0) {
        hone_buf_format(&line, "/%s", hone_text_count(&mem, total));
    }
    hone_buf_format(&line, " %s", p->unit == NULL ? "" : p->unit);
    if (p->detail != NULL) {
        print_detail(p, &mem, &line);
    } else if (rate > 0) {
        hone_buf_format(&line, ", %s/s",
                        rate < 100 ? hone_text_number(&mem, rate, 3)
                                   : hone_text_count(&mem, (uint64_t)rate));
        if (total > done) {
            hone_buf_format(&line, ", %s left",
                            hone_text_seconds(&mem, (double)(total - done) / rate));
        }
    }
    fprintf(term->file, "\r%s\x1b[K",
            hone_text_fit(term, &mem, hone_str(line.ptr), term->width - 1));
    fflush(term->file);
    meter->visible = true;
    hone_arena_free(&mem);
}

static void print_event(const struct hone_meter *meter, uint64_t done, uint64_t total,
                        double seconds)
{
    static const char *const states[] = {[HONE_PROGRESS_MOVED] = "running",
                                         [HONE_PROGRESS_BEGAN] = "begun",
                                         [HONE_PROGRESS_ENDED] = "ended"};
    const struct hone_progress *p = &meter->progress;
    HONE_JSON json_t *o = json_object();
    struct hone_arena mem = {0};
    struct hone_buf line = hone_buf(&mem);

    hone_json_set_text(o, "event", "progress");
    hone_json_set_text(o, "stage", p->stage);
    hone_json_set_text(o, "state", states[p->state]);
    hone_json_set_text(o, "unit", p->unit);
    hone_json_set(o, "done", json_integer((json_int_t)done));
    hone_json_set(o, "total",
                  total == 0 && p->state != HONE_PROGRESS_ENDED
                      ? json_null()
                      : json_integer((json_int_t)total));
    hone_json_set(o, "seconds", hone_json_real(round(seconds * 1000) / 1000));
    if (p->state == HONE_PROGRESS_MOVED && p->detail != NULL) {
        hone_json_set_text(o, "detail", p->detail);
    }
    if (p->state == HONE_PROGRESS_MOVED && p->seconds_left > 0) {
        hone_json_set(o, "seconds_left", hone_json_real(round(p->seconds_left * 10) / 10));
        hone_json_set(o, "at_least", json_boolean(p->more_left));
    }
    hone_json_write(&line, o, false);
    hone_buf_char(&line, '\n');
    fwrite(line.ptr, 1, line.len, meter->term.file); /* one write: lines of a log stay whole */
    fflush(meter->term.file);
    hone_arena_free(&mem);
}

static void tell(struct hone_meter *meter, uint64_t done, uint64_t total)
{
    int64_t now = hone_ticks_ns();
    bool moved = meter->progress.state == HONE_PROGRESS_MOVED;

    if (meter->progress.state == HONE_PROGRESS_BEGAN) {
        meter->began = now;
    }
    if (!moved || now - meter->shown >= interval) {
        meter->shown = now;
        print_event(meter, done, total, (double)(now - meter->began) * 1e-9);
    }
}

static void show(struct hone_progress *self, const char *stage, const char *unit, uint64_t done,
                 uint64_t total)
{
    struct hone_meter *meter =
        (struct hone_meter *)(void *)self; /* progress is the first member */
    int64_t now = hone_ticks_ns();

    (void)stage; /* both are in self too, where print_line finds them */
    (void)unit;
    if (meter->events) {
        tell(meter, done, total);
        return;
    }
    if (done == 0 && meter->progress.detail == NULL) {
        meter->began = now;
        meter->shown = 0;
        return;
    }
    if (total != 0 && done >= total) {
        hone_meter_clear(meter);
        return;
    }
    if (now - meter->began < patience || now - meter->shown < interval) {
        return;
    }
    meter->shown = now;
    print_line(meter, done, total, (double)(now - meter->began) * 1e-9);
}

void hone_meter_init(struct hone_meter *meter, FILE *file, bool events)
{
    *meter = (struct hone_meter){
        .progress.show = show, .term = hone_term_of(file), .events = events};
}

void hone_meter_clear(struct hone_meter *meter)
{
    if (meter->visible) {
        fputs("\r\x1b[K", meter->term.file);
        fflush(meter->term.file);
        meter->visible = false;
    }
}
