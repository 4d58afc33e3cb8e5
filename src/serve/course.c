#include "serve/course.h"

#include <math.h>
#include <stdio.h>

enum {
    HOUR = 60,        /* minutes that are kept */
    MARKS = HOUR + 1, /* the oldest is where the first minute begins */
    PART_S = 10,      /* a last minute that is shorter is not shown */
};

struct mark {
    int64_t at; /* ticks, ns */
    struct hone_counts *series;
};

struct hone_course {
    size_t series;
    size_t beats, beat_n; /* ever; ring of beat_n */
    struct mark *beat;
    size_t marks; /* ever */
    struct mark mark[MARKS];
};

void hone_course_count(struct hone_counts *c, const struct hone_tally *t, bool all)
{
    size_t routes = all ? HONE_ROUTE_COUNT : HONE_ROUTE_PREDICT + 1;
    for (size_t r = 0; r < routes; r++) {
        for (size_t s = 0; s < HONE_STATUS_COUNT; s++) {
            c->code[s] += hone_counted(&t->requests[r][s]);
        }
    }
    c->rows += hone_counted(&t->rows);
    for (size_t b = 0; b < HONE_BUCKET_COUNT; b++) {
        c->bucket[b] += hone_counted(&t->request.bucket[b]);
        c->inner[b] += hone_counted(&t->inference.bucket[b]);
    }
}

enum hone_code hone_course_new(struct hone_run *run, size_t series, int64_t step_ns,
                               struct hone_arena *mem, struct hone_course **out)
{
    struct hone_course *c = hone_new(mem, struct hone_course);
    c->series = series;
    c->beat_n = (size_t)(INT64_C(60000000000) / step_ns) + 1;
    HONE_TRY(hone_array(run, mem, &c->beat, c->beat_n));
    for (size_t i = 0; i < c->beat_n; i++) {
        HONE_TRY(hone_array(run, mem, &c->beat[i].series, series));
    }
    for (size_t i = 0; i < MARKS; i++) {
        HONE_TRY(hone_array(run, mem, &c->mark[i].series, series));
    }
    *out = c;
    return HONE_OK;
}

struct hone_counts *hone_course_next(struct hone_course *course)
{
    struct mark *next = &course->beat[course->beats % course->beat_n];
    memset(next->series, 0, course->series * sizeof *next->series);
    return next->series;
}

void hone_course_beat(struct hone_course *course, int64_t ticks)
{
    struct mark *now = &course->beat[course->beats++ % course->beat_n];
    now->at = ticks;
    const struct mark *last =
        course->marks == 0 ? NULL : &course->mark[(course->marks - 1) % MARKS];
    /* a beat comes when it can: half a second early is a minute too */
    if (last == NULL || ticks - last->at >= INT64_C(59500000000)) {
        struct mark *mark = &course->mark[course->marks++ % MARKS];
        mark->at = ticks;
        memcpy(mark->series, now->series, course->series * sizeof *now->series);
    }
}

/* --- differences ---------------------------------------------------------------------------------- */

/* Counters of versions long gone are dropped, so a total may fall. */
static uint64_t grown(uint64_t now, uint64_t then)
{
    return now > then ? now - then : 0;
}

/* Three digits are enough for people, and make short texts. */
static json_t *rough(double x)
{
    char text[32];
    double value = x;
    if (isfinite(x)) {
        snprintf(text, sizeof text, "%.3g", x);
        (void)hone_parse_f64(hone_str(text), &value);
    }
    return isfinite(value) && value == floor(value) && fabs(value) < 1e15
               ? json_integer((json_int_t)value)
               : hone_json_real(value);
}

static json_t *quantile(const uint64_t *now, const uint64_t *then, double share)
{
    uint64_t bucket[HONE_BUCKET_COUNT];
    for (size_t b = 0; b < HONE_BUCKET_COUNT; b++) {
        bucket[b] = grown(now[b], then[b]);
    }
    return rough(hone_bucket_quantile(bucket, share) * 1e3);
}

struct sums {
    uint64_t all, refused, failed;
};

static struct sums sums_of(const struct hone_counts *now, const struct hone_counts *then)
{
    struct sums sums = {0};
    for (size_t s = 0; s < HONE_STATUS_COUNT; s++) {
        uint64_t n = grown(now->code[s], then->code[s]);
        sums.all += n;
        bool ours = hone_statuses[s] == 500 || hone_statuses[s] == 503;
        sums.refused += hone_statuses[s] >= 400 && !ours ? n : 0;
        sums.failed += ours ? n : 0;
    }
    return sums;
}

static json_t *whole(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *between(const struct mark *now, const struct mark *then, size_t series)
{
    const struct hone_counts *a = &now->series[series];
    const struct hone_counts *b = &then->series[series];
    struct sums sums = sums_of(a, b);
    json_t *o = json_object();
    json_t *codes = json_object();
    hone_json_set(o, "seconds", rough((double)(now->at - then->at) * 1e-9));
    hone_json_set(o, "requests", whole(sums.all));
    hone_json_set(o, "refused", whole(sums.refused));
    hone_json_set(o, "failed", whole(sums.failed));
    hone_json_set(o, "rows", whole(grown(a->rows, b->rows)));
    for (size_t s = 0; s < HONE_STATUS_COUNT; s++) {
        uint64_t n = grown(a->code[s], b->code[s]);
        char name[16];
        if (n > 0 && hone_statuses[s] >= 400) {
            snprintf(name, sizeof name, "%d", hone_statuses[s]);
            hone_json_set(codes, name, whole(n));
        }
    }
    hone_json_set(o, "codes", codes);
    hone_json_set(o, "p50_ms", quantile(a->bucket, b->bucket, 0.5));
    hone_json_set(o, "p99_ms", quantile(a->bucket, b->bucket, 0.99));
    hone_json_set(o, "graph_p50_ms", quantile(a->inner, b->inner, 0.5));
    hone_json_set(o, "graph_p99_ms", quantile(a->inner, b->inner, 0.99));
    return o;
}

static const struct mark *last_beat(const struct hone_course *c)
{
    return &c->beat[(c->beats + c->beat_n - 1) % c->beat_n];
}

static const struct mark *oldest_mark(const struct hone_course *c)
{
    return &c->mark[c->marks <= MARKS ? 0 : c->marks % MARKS];
}

json_t *hone_course_minute(const struct hone_course *c, size_t series)
{
    return between(last_beat(c), &c->beat[c->beats <= c->beat_n ? 0 : c->beats % c->beat_n],
                   series);
}

json_t *hone_course_hour(const struct hone_course *c, size_t series)
{
    return between(last_beat(c), oldest_mark(c), series);
}

json_t *hone_course_minutes(const struct hone_course *c, size_t series)
{
    json_t *o = json_object();
    json_t *rate = json_array();
    json_t *p50 = json_array();
    json_t *p99 = json_array();
    json_t *refused = json_array();
    json_t *failed = json_array();
    size_t kept = c->marks < MARKS ? c->marks : MARKS;
    const struct mark *now = last_beat(c);
    for (size_t i = 1; i <= kept; i++) {
        const struct mark *from = &c->mark[(c->marks - kept + i - 1) % MARKS];
        const struct mark *to = i == kept ? now : &c->mark[(c->marks - kept + i) % MARKS];
        double seconds = (double)(to->at - from->at) * 1e-9;
        if (i == kept && (seconds < PART_S || kept == MARKS)) {
            break;
        }
        const struct hone_counts *a = &to->series[series];
        const struct hone_counts *b = &from->series[series];
        struct sums sums = sums_of(a, b);
        double all = (double)sums.all;
        hone_json_push(rate, rough(all / seconds));
        hone_json_push(p50, quantile(a->bucket, b->bucket, 0.5));
        hone_json_push(p99, quantile(a->bucket, b->bucket, 0.99));
        hone_json_push(refused, rough(all > 0 ? (double)sums.refused / all : (double)NAN));
        hone_json_push(failed, rough(all > 0 ? (double)sums.failed / all : (double)NAN));
    }
    hone_json_set(o, "per_second", rate);
    hone_json_set(o, "p50_ms", p50);
    hone_json_set(o, "p99_ms", p99);
    hone_json_set(o, "refused", refused);
    hone_json_set(o, "failed", failed);
    return o;
}
