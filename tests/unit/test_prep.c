/* Each transform: what its nodes compute is what its definition says, computed here once more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/time.h"
#include "prep/recipe.h"
#include "tables.h"

/* One transform on one column of a table, and the graph it made. */
struct encoded {
    struct hone_model *model;
    struct hone_signature signature;
    struct hone_input input;
    struct hone_features features;
};

/* what: a transform, or a chain of them with settings, as people write it. */
static struct encoded *encode(struct tables_room *room, const char *what,
                              const struct hone_table *t, const char *name,
                              const struct hone_target *target)
{
    struct hone_arena *mem = &room->mem;
    struct encoded *e = hone_new(mem, struct encoded);
    const struct hone_column *c = hone_table_find(t, hone_str(name));
    const char *text = hone_arena_format(mem, "%s=%s", name, what);
    const struct hone_texts texts = {&text, 1};
    const struct hone_span rows = {t, tables_rows(mem, t->rows), t->rows};
    struct hone_requests requests;

    CHECK(c != NULL);
    e->model = hone_model_new(mem, "test");
    e->input = (struct hone_input){name, c->type};
    e->signature = (struct hone_signature){.inputs = 1, .input = &e->input};
    e->features.mem = mem;
    hone_graph_input(&e->model->graph, name, hone_input_dtype(c->type), 2,
                     (const int64_t[]){-1, 1});
    CHECK_OK(&room->run,
             hone_requests_read(&room->run, t, "(target)", &texts, NULL, mem, &requests));
    CHECK(requests.n == 1);
    CHECK_OK(&room->run, hone_chain_fit(&room->run, &requests.item[0], "target", &rows, target,
                                        e->model, mem, &e->features));
    return e;
}

/* A feature of all rows of a table, as the graph computes it. */
static const float *feature(struct tables_room *room, const struct encoded *e, size_t j,
                            const struct hone_table *t)
{
    struct hone_arena *mem = &room->mem;
    struct hone_plan *plan;
    struct hone_tensor *in;
    struct hone_tensor out;
    const struct hone_span rows = {t, NULL, t->rows};
    const struct hone_feature *f = &e->features.item[j];

    CHECK_OK(&room->run, hone_plan_new(&room->run, e->model, &f->value, 1, mem, &plan));
    CHECK_OK(&room->run,
             hone_bind(&room->run, &e->signature, plan, &rows, true, mem, &in, NULL));
    CHECK_OK(&room->run, hone_plan_run_rows(&room->run, plan, t->rows, in, mem, &out));
    CHECK(out.type == HONE_F32 && out.rank == 2 && out.dim[0] == t->rows);
    CHECK(f->at < out.dim[1]);
    float *x = hone_arena_must(mem, t->rows * sizeof *x);
    for (size_t i = 0; i < t->rows; i++) {
        x[i] = ((const float *)out.data)[i * out.dim[1] + f->at];
    }
    return x;
}

static size_t feature_named(const struct encoded *e, const char *name)
{
    for (size_t j = 0; j < e->features.n; j++) {
        if (strcmp(e->features.item[j].name, name) == 0) {
            return j;
        }
    }
    return SIZE_MAX;
}

static void number_is_rounded_once_and_missing_is_nan(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    const struct hone_table *t = tables_read(
        &room->run, &room->mem, "a,b,c\n0.1,16777217,true\n,,\n-2.5e9,-7,false\n", NULL);
    const struct encoded *a = encode(room, "number", t, "a", NULL);
    const struct encoded *b = encode(room, "number", t, "b", NULL);
    const struct encoded *c = encode(room, "number", t, "c", NULL);

    CHECK(a->features.n == 1 && b->features.n == 1 && c->features.n == 1);
    CHECK_STR(a->features.item[0].name, "a");
    CHECK(!a->features.item[0].flag && c->features.item[0].flag);
    const float *x = feature(room, a, 0, t);
    CHECK_NEAR((double)x[0], (double)0.1F, 0);
    CHECK(isnan(x[1]));
    CHECK_NEAR((double)x[2], -2.5e9, 0); /* a float holds it exactly */
    x = feature(room, b, 0, t);
    CHECK_NEAR((double)x[0], 16777216, 0); /* 2^24 + 1 has no float; ties to even */
    CHECK(isnan(x[1]));
    x = feature(room, c, 0, t);
    CHECK_NEAR((double)x[0], 1, 0);
    CHECK(isnan(x[1]));
    CHECK_NEAR((double)x[2], 0, 0);
    tables_leave(room);
}

/* --- categories ------------------------------------------------------------------------- */

#define WORDS "w,x\nb,\nb,\na,\na,\nc,\n,\nc,\nc,\nd,\na,\n"
static const double words_y[] = {1, 0, 1, 0, 0, 1, 1, 0, 1, 1};
static const struct hone_target words_target = {HONE_TASK_BINARY, 2, words_y, NULL};

static void rank_follows_the_smoothed_mean(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    static const char *const types[] = {"w=category", "w=text"};
    /* mean 0.6; with 10 rows of it: c (3 rows, sum 1) 7/13 = .538, b (2, 1) 7/12 = .583,
     * a (3, 2) 8/13 = .615, d (1, 1) 7/11 = .636 */
    for (size_t k = 0; k < 2; k++) {
        const struct hone_table *t = tables_read(&room->run, &room->mem, WORDS, types[k]);
        CHECK(t->rows == 10);
        const struct encoded *e = encode(room, "rank", t, "w", &words_target);
        CHECK(e->features.n == 1 && e->features.item[0].category);
        CHECK(e->features.item[0].train == NULL);
        const struct hone_table *other = tables_read(
            &room->run, &room->mem, "w\nd\na\nb\nc\nnever seen\n\"\"\nA\n a\n", "w=text");
        const float *x = feature(room, e, 0, other);
        for (size_t i = 0; i < 4; i++) {
            CHECK_NEAR((double)x[i], 3.0 - (double)i, 0);
        }
        CHECK(isnan(x[4]) && isnan(x[5]) && isnan(x[6]));
        const float *own = feature(room, e, 0, t);
        CHECK(isnan(own[5])); /* the missing one */
        CHECK_NEAR((double)own[0], 1, 0);
    }
    tables_leave(room);
}

static void equal_means_rank_in_byte_order(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    static const double y[] = {1, 1, 1, 0, 0, 0};
    const struct hone_target target = {HONE_TASK_BINARY, 2, y, NULL};
    const struct hone_table *t =
        tables_read(&room->run, &room->mem, "w\nz\nm\nB\nz\nm\nB\n", "w=category");
    const float *x = feature(room, encode(room, "rank", t, "w", &target), 0, t);

    CHECK_NEAR((double)x[0], 2, 0);
    CHECK_NEAR((double)x[1], 1, 0);
    CHECK_NEAR((double)x[2], 0, 0);
    tables_leave(room);
}

static void target_is_the_smoothed_mean_in_the_graph(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(3);
    const struct hone_table *t = tables_read(&room->run, &room->mem, WORDS, "w=category");
    const struct encoded *e = encode(room, "target:smoothing=20", t, "w", &words_target);
    const struct hone_table *other =
        tables_read(&room->run, &room->mem, "w\na\nb\nc\nd\nnew\n\"\"\n", "w=text");
    const float *x = feature(room, e, 0, other);

    /* (sum + 20 * 0.6) / (n + 20); one rounding to float: relative 6e-8 */
    CHECK_NEAR((double)x[0], 14.0 / 23, 1e-7);
    CHECK_NEAR((double)x[1], 13.0 / 22, 1e-7);
    CHECK_NEAR((double)x[2], 13.0 / 23, 1e-7);
    CHECK_NEAR((double)x[3], 13.0 / 21, 1e-7);
    CHECK_NEAR((double)x[4], 0.6, 1e-7); /* new: worth the mean of all */
    CHECK(isnan(x[5]));                  /* missing */
    const float *train = e->features.item[0].train;
    CHECK(train != NULL && isnan(train[5]));
    /* d is there once: without its own row nothing is known but the mean of all */
    CHECK_NEAR((double)train[8], 0.6, 1e-7);
    tables_leave(room);
}

/* Pearson's correlation of a column and the target, rows with NaN left out. */
static double correlation(const float *x, const double *y, size_t n)
{
    double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0, m = 0;

    for (size_t i = 0; i < n; i++) {
        if (!isnan(x[i])) {
            double v = (double)x[i];
            sx += v, sy += y[i], sxx += v * v, syy += y[i] * y[i], sxy += v * y[i], m++;
        }
    }
    return (sxy - sx * sy / m) / sqrt((sxx - sx * sx / m) * (syy - sy * sy / m));
}

/* Rows of "l0" .. "l<levels - 1>" at random beside a target that has nothing to do with it. */
static const char *noise(struct hone_arena *mem, size_t rows, size_t levels, bool classes,
                         double *y)
{
    struct hone_rng rng = hone_rng(11, 1);
    struct hone_buf text = hone_buf(mem);

    hone_buf_text(&text, "w\n");
    for (size_t i = 0; i < rows; i++) {
        hone_buf_format(&text, "l%d\n", (int)hone_rng_below(&rng, levels));
        y[i] = classes ? (double)hone_rng_below(&rng, 2) : hone_rng_normal(&rng);
    }
    return text.ptr;
}

static void noise_of_many_levels_does_not_look_predictive(void **state)
{
    (void)state;
    enum { ROWS = 6000, LEVELS = 2000 };
    static double y[ROWS];

    for (int classes = 0; classes < 2; classes++) {
        struct tables_room *room = tables_enter(5);
        const struct hone_table *t =
            tables_read(&room->run, &room->mem,
                        noise(&room->mem, ROWS, LEVELS, classes == 1, y), "w=category");
        const struct hone_target target = {classes == 1 ? HONE_TASK_BINARY
                                                        : HONE_TASK_REGRESSION,
                                           classes == 1 ? 2 : 1, y, NULL};
        const struct encoded *e = encode(room, "target", t, "w", &target);
        const float *graph = feature(room, e, 0, t);
        const float *train = e->features.item[0].train;
        size_t differ = 0;
        for (size_t i = 0; i < ROWS; i++) {
            differ += train[i] < graph[i] || train[i] > graph[i];
        }
        CHECK(differ > ROWS / 2);
        CHECK(correlation(graph, y, ROWS) > 0.4); /* each row is in its own mean */
        /* standard error of a correlation of nothing: 1 / sqrt(6000) = 0.013 */
        CHECK(fabs(correlation(train, y, ROWS)) < 0.05);
        tables_leave(room);
    }
}

static void target_of_three_classes_has_a_feature_per_class(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(3);
    static const double y[] = {0, 1, 2, 0, 1, 2, 2, 2, 1, 0};
    const struct hone_target target = {HONE_TASK_MULTICLASS, 3, y, NULL};
    const struct hone_table *t = tables_read(&room->run, &room->mem, WORDS, "w=category");
    const struct encoded *e = encode(room, "target:smoothing=20", t, "w", &target);

    CHECK(e->features.n == 2);
    const struct hone_table *other =
        tables_read(&room->run, &room->mem, "w\na\nnew\n\"\"\n", "w=text");
    const float *one = feature(room, e, 0, other);
    const float *two = feature(room, e, 1, other);
    /* a is in rows 2, 3 and 9: classes 2, 0 and 0; shares 0.3 of class 1 and 0.4 of class 2 */
    CHECK_NEAR((double)one[0], (0 + 20 * 0.3) / 23, 1e-7);
    CHECK_NEAR((double)two[0], (1 + 20 * 0.4) / 23, 1e-7);
    for (size_t j = 0; j < 2; j++) { /* missing is to training what it is to the graph */
        const float *x = feature(room, e, j, other);
        CHECK_NEAR((double)x[1], j == 0 ? 0.3 : 0.4, 1e-7);
        CHECK(isnan(x[2]));
        CHECK(isnan(e->features.item[j].train[5]));
    }
    tables_leave(room);
}

static void onehot_takes_levels_of_five_rows(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    const struct hone_table *t =
        tables_read(&room->run, &room->mem, "w\nb\nb\nb\nb\nb\na\na\na\na\na\na\nc\nc\nc\nc\n",
                    "w=category");
    const struct encoded *e = encode(room, "onehot", t, "w", NULL);

    CHECK(e->features.n == 2);
    CHECK_STR(e->features.item[0].name, "w = a");
    CHECK_STR(e->features.item[1].name, "w = b");
    CHECK(e->features.item[0].flag && e->features.item[1].at == 1);
    const struct hone_table *other =
        tables_read(&room->run, &room->mem, "w\na\nb\nc\nnew\n\"\"\n", "w=text");
    const float *a = feature(room, e, 0, other);
    const float *b = feature(room, e, 1, other);
    for (size_t i = 0; i < 5; i++) {
        CHECK_NEAR((double)a[i], i == 0, 0);
        CHECK_NEAR((double)b[i], i == 1, 0);
    }
    tables_leave(room);
}

static const char *levels_of(struct hone_arena *mem, size_t levels, size_t least, size_t step)
{
    struct hone_buf text = hone_buf(mem);

    hone_buf_text(&text, "w\n");
    for (size_t l = 0; l < levels; l++) {
        for (size_t k = 0; k < least + l * step; k++) {
            hone_buf_format(&text, "l%03d\n", (int)l);
        }
    }
    return text.ptr;
}

static void onehot_keeps_the_64_most_frequent(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    const struct hone_table *t =
        tables_read(&room->run, &room->mem, levels_of(&room->mem, 100, 5, 1), "w=category");
    const struct encoded *e = encode(room, "onehot", t, "w", NULL);

    CHECK(e->features.n == 64); /* l036, of 41 rows, is the 64th most frequent */
    CHECK(feature_named(e, "w = l035") == SIZE_MAX);
    CHECK(feature_named(e, "w = l036") == 0);
    CHECK(feature_named(e, "w = l099") == 63);
    /* as frequent as each other: the first in byte order */
    t = tables_read(&room->run, &room->mem, levels_of(&room->mem, 70, 6, 0), "w=category");
    e = encode(room, "onehot", t, "w", NULL);
    CHECK(e->features.n == 64);
    CHECK(feature_named(e, "w = l000") == 0 && feature_named(e, "w = l064") == SIZE_MAX);
    tables_leave(room);
}

static void onehot_of_rare_levels_gives_nothing(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    const struct hone_table *t =
        tables_read(&room->run, &room->mem, "w\na\nb\nc\na\nb\nc\n", "w=category");

    CHECK(encode(room, "onehot", t, "w", NULL)->features.n == 0);
    tables_leave(room);
}

static void present_tells_missing_from_there(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    const struct hone_table *t =
        tables_read(&room->run, &room->mem, "w,x\na,1\n,2\nb,3\n", "w=text");
    const struct encoded *e = encode(room, "present", t, "w", NULL);
    const float *x = feature(room, e, 0, t);

    CHECK(e->features.n == 1 && e->features.item[0].flag);
    CHECK_STR(e->features.item[0].name, "w is present");
    CHECK_NEAR((double)x[0], 1, 0);
    CHECK_NEAR((double)x[1], 0, 0);
    CHECK_NEAR((double)x[2], 1, 0);
    tables_leave(room);
}

static void present_takes_times(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    const struct hone_table *t =
        tables_read(&room->run, &room->mem, "w,x\n2020-01-01,1\n,2\n1960-01-01,3\n", "w=date");
    const float *x = feature(room, encode(room, "present", t, "w", NULL), 0, t);

    CHECK_NEAR((double)x[0], 1, 0);
    CHECK_NEAR((double)x[1], 0, 0);
    CHECK_NEAR((double)x[2], 1, 0);
    tables_leave(room);
}

/* --- dates -------------------------------------------------------------------------------- */

static double part_of(struct tables_room *room, const struct encoded *e, const char *name,
                      const struct hone_table *t, size_t row)
{
    size_t j = feature_named(e, name);

    CHECK(j != SIZE_MAX);
    return (double)feature(room, e, j, t)[row];
}

static void date_parts_of_known_days(void **state)
{
    (void)state;
    /* weekdays as calendars have them, Monday 0; days from 1970-01-01 by Python's datetime */
    static const struct {
        const char *date;
        int days, year, month, day, weekday;
    } known[] = {
        {"1970-01-01", 0, 1970, 1, 1, 3},       {"1969-12-31", -1, 1969, 12, 31, 2},
        {"2000-02-29", 11016, 2000, 2, 29, 1},  {"1900-02-28", -25509, 1900, 2, 28, 2},
        {"1900-03-01", -25508, 1900, 3, 1, 3},  {"2024-02-29", 19782, 2024, 2, 29, 3},
        {"2024-12-31", 20088, 2024, 12, 31, 1}, {"1600-02-29", -135081, 1600, 2, 29, 1},
        {"0001-01-01", -719162, 1, 1, 1, 0},    {"9999-12-31", 2932896, 9999, 12, 31, 4},
        {"2100-03-01", 47541, 2100, 3, 1, 0},
    };
    struct tables_room *room = tables_enter(0);
    struct hone_buf text = hone_buf(&room->mem);
    size_t n = sizeof known / sizeof *known;

    hone_buf_text(&text, "d,x\n");
    for (size_t i = 0; i < n; i++) {
        hone_buf_format(&text, "%s,1\n", known[i].date);
    }
    hone_buf_text(&text, ",1\n");
    const struct hone_table *t = tables_read(&room->run, &room->mem, text.ptr, "d=date");
    const struct encoded *e = encode(room, "date_parts", t, "d", NULL);
    CHECK(e->features.n == 5); /* no hours in dates */
    for (size_t i = 0; i < n; i++) {
        CHECK_NEAR(part_of(room, e, "d (days)", t, i), known[i].days, 0);
        CHECK_NEAR(part_of(room, e, "d (year)", t, i), known[i].year, 0);
        CHECK_NEAR(part_of(room, e, "d (month)", t, i), known[i].month, 0);
        CHECK_NEAR(part_of(room, e, "d (day)", t, i), known[i].day, 0);
        CHECK_NEAR(part_of(room, e, "d (weekday)", t, i), known[i].weekday, 0);
    }
    for (size_t j = 0; j < e->features.n; j++) {
        CHECK(isnan(feature(room, e, j, t)[n]));
    }
    tables_leave(room);
}

static bool leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* ISO 8601: by the ordinal day and weekday; a year has a week 53 when it begins or ends on a Thursday. */
static int iso_week(int year, int of_year, int weekday)
{
    int week = (of_year - (weekday + 1) + 10) / 7;
    int first = (weekday - (of_year - 1) % 7 + 7) % 7; /* weekday of 1 January */
    if (week == 0) {
        int before = (first - 365 % 7 - leap(year - 1) + 14) % 7;
        return before == 3 || (leap(year - 1) && before == 2) ? 53 : 52;
    }
    return week == 53 && !(first == 3 || (leap(year) && first == 2)) ? 1 : week;
}

static void date_parts_of_every_day_of_two_centuries(void **state)
{
    (void)state;
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct tables_room *room = tables_enter(0);
    struct hone_buf text = hone_buf(&room->mem);

    hone_buf_text(&text, "d,x\n");
    for (int year = 1890; year <= 2110; year++) {
        for (int month = 1; month <= 12; month++) {
            int days = length[month - 1] + (month == 2 && leap(year));
            for (int day = 1; day <= days; day++) {
                hone_buf_format(&text, "%04d-%02d-%02d,1\n", year, month, day);
            }
        }
    }
    const struct hone_table *t = tables_read(&room->run, &room->mem, text.ptr, "d=date");
    const struct encoded *e = encode(room, "date_parts:part=all", t, "d", NULL);
    const float *y = feature(room, e, feature_named(e, "d (year)"), t);
    const float *m = feature(room, e, feature_named(e, "d (month)"), t);
    const float *d = feature(room, e, feature_named(e, "d (day)"), t);
    const float *w = feature(room, e, feature_named(e, "d (weekday)"), t);
    const float *q = feature(room, e, feature_named(e, "d (quarter)"), t);
    const float *k = feature(room, e, feature_named(e, "d (week)"), t);
    const float *n = feature(room, e, feature_named(e, "d (day of year)"), t);
    const float *s = feature(room, e, feature_named(e, "d (weekend)"), t);
    const float *z = feature(room, e, feature_named(e, "d (elapsed)"), t);
    size_t i = 0;
    int of_year = 0;
    for (int year = 1890; year <= 2110; year++) {
        for (int month = 1; month <= 12; month++) {
            int days = length[month - 1] + (month == 2 && leap(year));
            for (int day = 1; day <= days; day++, i++) {
                int got = (int)y[i] * 10000 + (int)m[i] * 100 + (int)d[i];
                assert_int_equal(got, year * 10000 + month * 100 + day);
                int weekday = (int)((2 + i) % 7);
                of_year = month == 1 && day == 1 ? 1 : of_year + 1;
                assert_int_equal((int)w[i], weekday); /* 1890-01-01 was a Wednesday */
                assert_int_equal((int)q[i], (month + 2) / 3);
                assert_int_equal((int)n[i], of_year);
                assert_int_equal((int)s[i], weekday >= 5);
                assert_int_equal((int)z[i], (int)i);
                assert_int_equal((int)k[i], iso_week(year, of_year, weekday));
            }
        }
    }
    CHECK(i == t->rows);
    tables_leave(room);
}

static void parts_that_come_round_are_on_a_circle(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    const struct hone_table *t =
        tables_read(&room->run, &room->mem,
                    "d,x\n2024-01-01T00:00:00Z,1\n2024-04-03T06:30:00Z,1\n,1\n"
                    "2024-07-07T12:00:00Z,1\n2023-12-31T18:00:00Z,1\n",
                    "d=timestamp");
    const struct encoded *e = encode(
        room, "date_parts:part=month,hour,elapsed:cyclic=yes:since=2024-01-01", t, "d", NULL);
    CHECK(e->features.n == 5);
    CHECK_NEAR(part_of(room, e, "d (hour sin)", t, 1), 1, 1e-7); /* a quarter of the day */
    CHECK_NEAR(part_of(room, e, "d (hour cos)", t, 1), 0, 1e-7);
    CHECK_NEAR(part_of(room, e, "d (hour cos)", t, 3), -1, 1e-7);
    CHECK_NEAR(part_of(room, e, "d (hour sin)", t, 4), -1, 1e-7);
    CHECK_NEAR(part_of(room, e, "d (month sin)", t, 1), 1, 1e-7); /* April is three months on */
    CHECK_NEAR(part_of(room, e, "d (month cos)", t, 4), cos(11 * 3.14159265358979 / 6), 1e-7);
    CHECK_NEAR(part_of(room, e, "d (elapsed)", t, 0), 0, 0);
    CHECK_NEAR(part_of(room, e, "d (elapsed)", t, 1), 93 + 6.5 / 24, 1e-5);
    CHECK_NEAR(part_of(room, e, "d (elapsed)", t, 4), -0.25, 0);
    for (size_t j = 0; j < e->features.n; j++) {
        CHECK(isnan(feature(room, e, j, t)[2]));
    }
    tables_leave(room);
}

static void timestamps_have_hours_before_1970_too(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    const struct hone_table *t =
        tables_read(&room->run, &room->mem,
                    "d,x\n1969-12-31T23:59:59.5Z,1\n1970-01-01T00:00:00Z,1\n,1\n"
                    "2024-02-29T13:07:00Z,1\n1955-11-05T06:15:00+05:30,1\n",
                    "d=timestamp");
    const struct encoded *e = encode(room, "date_parts", t, "d", NULL);
    static const double want[][5] = {
        /* days, day, hour, minute of day, weekday */
        {-1, 31, 23, 1439, 2},   {0, 1, 0, 0, 3},      {0, 0, 0, 0, 0},
        {19782, 29, 13, 787, 3}, {-5171, 5, 0, 45, 5},
    };
    static const char *const part[] = {"d (days)", "d (day)", "d (hour)", "d (minute of day)",
                                       "d (weekday)"};
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = 0; k < 5; k++) {
            double got = part_of(room, e, part[k], t, i);
            CHECK_NEAR(got, i == 2 ? (double)NAN : want[i][k], 0);
        }
    }
    tables_leave(room);
}

static void only_parts_that_vary_become_features(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    const struct hone_table *t =
        tables_read(&room->run, &room->mem,
                    "d,x\n2024-01-01T05:00:00Z,1\n2024-01-01T07:00:00Z,1\n", "d=timestamp");
    const struct encoded *e = encode(room, "date_parts", t, "d", NULL);
    CHECK(e->features.n == 1); /* the minute would be the hour again */
    CHECK_STR(e->features.item[0].name, "d (hour)");
    t = tables_read(&room->run, &room->mem, "d,x\n2024-03-05,1\n2024-04-05,1\n,1\n", "d=date");
    e = encode(room, "date_parts", t, "d", NULL);
    CHECK(feature_named(e, "d (year)") == SIZE_MAX && feature_named(e, "d (day)") == SIZE_MAX);
    CHECK(feature_named(e, "d (month)") != SIZE_MAX);
    tables_leave(room);
}

/* --- maps --------------------------------------------------------------------------------- */

#define COLS 3
/* A map fitted on rows of COLS columns whose graph value is the input x, and run on given rows. */
struct mapped {
    struct hone_model *model;
    const char *value;
    struct hone_features features;
};

static struct mapped *fit_map(struct tables_room *room, const char *transform,
                              const float *const *x, size_t rows,
                              const struct hone_feature *feature_list)
{
    struct mapped *m = hone_new(&room->mem, struct mapped);

    m->model = hone_model_new(&room->mem, "test");
    m->features.mem = &room->mem;
    hone_graph_input(&m->model->graph, "x", HONE_F32, 2, (const int64_t[]){-1, COLS});
    const struct hone_fit_matrix in = {
        .rows = rows, .cols = COLS, .x = x, .feature = feature_list, .value = "x"};
    CHECK_OK(&room->run, hone_map_features(&room->run, transform, &in, &m->model->graph,
                                           &room->mem, &m->value, &m->features));
    return m;
}

static const float *run_map(struct tables_room *room, const struct mapped *m, const float *x,
                            size_t rows)
{
    struct hone_plan *plan;
    struct hone_tensor in;
    struct hone_tensor out;

    CHECK_OK(&room->run, hone_plan_new(&room->run, m->model, &m->value, 1, &room->mem, &plan));
    CHECK_OK(&room->run,
             hone_tensor_new(&room->run, HONE_F32, 2, (size_t[]){rows, COLS}, &room->mem, &in));
    memcpy(in.data, x, rows * COLS * sizeof *x);
    CHECK_OK(&room->run, hone_plan_run_rows(&room->run, plan, rows, &in, &room->mem, &out));
    CHECK(out.dim[1] == m->features.n);
    return out.data;
}

static void impute_fills_medians_and_flags(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    float a[] = {5, NAN, 1, 3, NAN}; /* median 3 */
    float b[] = {4, 1, NAN, 3, 10};  /* median 3.5 */
    float c[] = {NAN, NAN, NAN, NAN, NAN};
    const float *x[COLS] = {a, b, c};
    const struct hone_feature feature_list[COLS] = {
        {.name = "a", .source = "A"}, {.name = "b", .at = 1}, {.name = "c", .at = 2}};
    const struct mapped *m = fit_map(room, "impute", x, 5, feature_list);

    CHECK(m->features.n == 5); /* no flag for what was always missing */
    CHECK_STR(m->features.item[3].name, "a is missing");
    CHECK_STR(m->features.item[3].source, "A");
    CHECK_STR(m->features.item[4].name, "b is missing");
    CHECK(m->features.item[3].flag && !m->features.item[0].flag);
    static const float rows[] = {NAN, NAN, NAN, 1, 2, 3};
    static const double want[] = {3, 3.5, 0, 1, 1, 1, 2, 3, 0, 0};
    const float *y = run_map(room, m, rows, 2);
    for (size_t i = 0; i < 10; i++) {
        CHECK_NEAR((double)y[i], want[i], 0);
    }
    tables_leave(room);
}

static void impute_flags_from_one_in_a_hundred(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    static float a[101], b[101], c[101];
    const float *x[COLS] = {a, b, c};
    const struct hone_feature feature_list[COLS] = {
        {.name = "a"}, {.name = "b", .at = 1}, {.name = "c", .at = 2}};

    a[0] = NAN;
    CHECK(fit_map(room, "impute", x, 100, feature_list)->features.n == 4);
    CHECK(fit_map(room, "impute", x, 101, feature_list)->features.n == 3);
    tables_leave(room);
}

static void standard_gives_mean_0_and_deviation_1(void **state)
{
    (void)state;
    enum { ROWS = 500 };
    struct tables_room *room = tables_enter(0);
    struct hone_rng rng = hone_rng(1, 1);
    static float a[ROWS], b[ROWS], c[ROWS], wide[ROWS * COLS];
    const float *x[COLS] = {a, b, c};
    const struct hone_feature feature_list[COLS] = {
        {.name = "a"}, {.name = "flag", .at = 1, .flag = true}, {.name = "constant", .at = 2}};

    for (size_t i = 0; i < ROWS; i++) {
        wide[i * COLS] = a[i] = (float)(1000 + 3 * hone_rng_normal(&rng));
        wide[i * COLS + 1] = b[i] = (float)hone_rng_below(&rng, 2);
        wide[i * COLS + 2] = c[i] = 0.1F;
    }
    const struct mapped *m = fit_map(room, "standard", x, ROWS, feature_list);
    const float *y = run_map(room, m, wide, ROWS);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < ROWS; i++) {
        double v = (double)y[i * COLS];
        sum += v;
        squares += v * v;
        CHECK_NEAR((double)y[i * COLS + 1], (double)b[i], 0);
        CHECK_NEAR((double)y[i * COLS + 2], 0, 1e-6); /* of a size no weight can blow up */
    }
    /* floats near 1000 are 6e-5 apart, a fiftieth of a thousandth of the deviation */
    CHECK_NEAR(sum / ROWS, 0, 1e-4);
    CHECK_NEAR(squares / ROWS, 1, 1e-4);
    tables_leave(room);
}

static void levels_of_text_and_category_are_the_same(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    static const size_t some[] = {9, 8, 5, 3, 2, 0};
    static const char *const types[] = {"w=category", "w=text"};

    for (size_t k = 0; k < 2; k++) {
        const struct hone_table *t = tables_read(&room->run, &room->mem, WORDS, types[k]);
        struct hone_levels l;
        CHECK_OK(&room->run,
                 hone_levels_find(&room->run, &t->column[0], some, 6, &room->mem, &l));
        CHECK(l.n == 3 && l.missing == 1); /* c is not among these rows */
        CHECK(hone_str_is(l.level[0], "a") && l.count[0] == 3);
        CHECK(hone_str_is(l.level[1], "b") && l.count[1] == 1);
        CHECK(hone_str_is(l.level[2], "d") && l.count[2] == 1);
        static const int32_t want[] = {0, 2, -1, 0, 0, 1};
        for (size_t i = 0; i < 6; i++) {
            assert_int_equal(l.code[i], want[i]);
        }
    }
    tables_leave(room);
}

const struct CMUnitTest hone_tests_prep[] = {
    cmocka_unit_test(number_is_rounded_once_and_missing_is_nan),
    cmocka_unit_test(rank_follows_the_smoothed_mean),
    cmocka_unit_test(equal_means_rank_in_byte_order),
    cmocka_unit_test(target_is_the_smoothed_mean_in_the_graph),
    cmocka_unit_test(noise_of_many_levels_does_not_look_predictive),
    cmocka_unit_test(target_of_three_classes_has_a_feature_per_class),
    cmocka_unit_test(onehot_takes_levels_of_five_rows),
    cmocka_unit_test(onehot_keeps_the_64_most_frequent),
    cmocka_unit_test(onehot_of_rare_levels_gives_nothing),
    cmocka_unit_test(present_tells_missing_from_there),
    cmocka_unit_test(present_takes_times),
    cmocka_unit_test(date_parts_of_known_days),
    cmocka_unit_test(date_parts_of_every_day_of_two_centuries),
    cmocka_unit_test(parts_that_come_round_are_on_a_circle),
    cmocka_unit_test(timestamps_have_hours_before_1970_too),
    cmocka_unit_test(only_parts_that_vary_become_features),
    cmocka_unit_test(impute_fills_medians_and_flags),
    cmocka_unit_test(impute_flags_from_one_in_a_hundred),
    cmocka_unit_test(standard_gives_mean_0_and_deviation_1),
    cmocka_unit_test(levels_of_text_and_category_are_the_same),
};
const size_t hone_tests_prep_n = sizeof hone_tests_prep / sizeof hone_tests_prep[0];
