/* Profiles: counts, moments, quantiles, bars, frequent values, texts, times, duplicates, notes, JSON. */
#include "base/pool.h"
#include "base/time.h"
#include "profiles.h"
#include "table/builder.h"

static struct hone_builder *begin(struct hone_run *run, struct hone_arena *mem,
                                  const char *name, enum hone_type type)
{
    struct hone_builder *b = NULL;
    CHECK_OK(run, hone_builder_new(run, name, type, mem, &b));
    return b;
}

/* 1000 rows; of x, (i * 7919) % 1000 / 8, the figures are numpy's. */
static struct hone_table *sample(struct hone_run *run, struct hone_arena *mem)
{
    struct hone_builder *b[5];
    struct hone_column column[5];
    struct hone_table *t = NULL;

    b[0] = begin(run, mem, "x", HONE_FLOAT64);
    b[1] = begin(run, mem, "id", HONE_INT64);
    b[2] = begin(run, mem, "word", HONE_CATEGORY);
    b[3] = begin(run, mem, "same", HONE_BOOL);
    b[4] = begin(run, mem, "day", HONE_DATE);
    for (int i = 0; i < 1000; i++) {
        CHECK_OK(run, i % 10 == 3 ? hone_builder_null(run, b[0])
                                  : hone_builder_f64(run, b[0], (i * 7919) % 1000 / 8.0));
        CHECK_OK(run, hone_builder_i64(run, b[1], INT64_C(9007199254740993) + i));
        CHECK_OK(run,
                 hone_builder_str(run, b[2], hone_str(i % 4 == 0 ? "gr\xc3\xbcn" : "red")));
        CHECK_OK(run, hone_builder_i64(run, b[3], 1));
        CHECK_OK(run, hone_builder_i64(run, b[4], i / 100));
    }
    for (size_t i = 0; i < 5; i++) {
        CHECK_OK(run, hone_builder_end(run, b[i], &column[i]));
    }
    CHECK_OK(run, hone_table_of(run, column, 5, mem, &t));
    return t;
}

static void numbers_are_described_exactly(void **state)
{
    static const double quantile[] = {0.0,      1.24875,   6.24375,   31.21875, 62.4375,
                                      93.65625, 118.63125, 123.62625, 124.875};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_profile *p = NULL;
    const struct hone_column_profile *x;
    (void)state;

    CHECK_OK(&run, hone_table_profile(&run, sample(&run, &mem), &mem, &p));
    x = &p->column[0];
    CHECK(p->rows == 1000 && p->cols == 5 && p->missing_cells == 100 && p->duplicate_rows == 0);
    CHECK(x->missing == 100 && x->distinct == 900 && x->zeros == 1 && x->negatives == 0);
    CHECK_NEAR(x->mean, 62.40277777777778, 1e-12); /* order of summation */
    CHECK_NEAR(x->std, 36.10446880193681, 1e-12);
    for (size_t q = 0; q < HONE_PROFILE_QUANTILES; q++) {
        CHECK_NEAR(x->quantile[q], quantile[q], 1e-12);
    }
    CHECK(x->histogram.bins == 25 && !x->histogram.each && x->zoom.bins == 0);
    for (size_t b = 0; b < 25; b++) {
        CHECK_NEAR(x->histogram.edge[b], 5.0 * (double)b, 0); /* round */
        CHECK(x->histogram.count[b] == 36);
    }
    CHECK_STR(x->note[0].text, "10 % missing");
    CHECK_STR(x->note[0].kind, "missing");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void words_ids_constants_and_days_are_told_apart(void **state)
{
    struct hone_run run = {.pool = hone_pool_new(2)};
    struct hone_arena mem = {0};
    struct hone_profile *p = NULL;
    (void)state;

    CHECK_OK(&run, hone_table_profile(&run, sample(&run, &mem), &mem, &p));
    CHECK(p->column[1].distinct == 1000); /* beyond what double tells apart */
    CHECK_STR(p->column[1].note[0].text, "id-like: counts the rows one by one");
    CHECK(p->column[1].id == HONE_ID_SEQUENCE && p->column[1].strictly);
    CHECK_STR(p->column[1].top[0].text, "9007199254740993");
    CHECK(p->column[2].distinct == 2 && p->column[2].top[0].count == 750);
    CHECK_STR(p->column[2].top[0].text, "red");
    CHECK(p->column[2].texts.shortest == 3 && p->column[2].texts.longest == 4); /* characters */
    CHECK_STR(p->column[3].note[0].kind, "constant");
    CHECK(p->column[3].histogram.bins == 0);
    CHECK(p->column[4].distinct == 10 && p->column[4].top_n == 10);
    CHECK_STR(p->column[4].top[0].text, "1970-01-01");
    hone_pool_free(run.pool);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void odd_values_are_counted_and_left_out(void **state)
{
    static const double values[] = {1, 2, 3, HUGE_VAL, -HUGE_VAL, 0, -0.0};
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_builder *b = begin(&run, &mem, "x", HONE_FLOAT64);
    struct hone_column column;
    struct hone_table *t = NULL;
    struct hone_profile *p = NULL;
    (void)state;

    for (size_t i = 0; i < 7; i++) {
        CHECK_OK(&run, hone_builder_f64(&run, b, values[i]));
    }
    CHECK_OK(&run, hone_builder_f64(&run, b, (double)NAN));
    CHECK_OK(&run, hone_builder_f64(&run, b, (double)NAN));
    CHECK_OK(&run, hone_builder_end(&run, b, &column));
    CHECK_OK(&run, hone_table_of(&run, &column, 1, &mem, &t));
    CHECK_OK(&run, hone_table_profile(&run, t, &mem, &p));
    CHECK(p->column[0].infinite == 2 && p->column[0].zeros == 2 && p->column[0].missing == 0);
    CHECK(p->column[0].distinct == 7); /* -0 is 0, NaN is one value */
    CHECK(p->duplicate_rows == 2);
    CHECK_NEAR(p->column[0].min, 0, 0);
    CHECK_NEAR(p->column[0].max, 3, 0);
    CHECK_NEAR(p->column[0].mean, 1.2, 1e-15);
    CHECK(p->column[0].nans == 2);
    CHECK_STR(p->column[0].note[0].text, "2 infinite");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void nothing_can_be_described_too(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_builder *b = begin(&run, &mem, "x", HONE_FLOAT64);
    struct hone_column column;
    struct hone_table *t = NULL;
    struct hone_profile *p = NULL;
    (void)state;

    CHECK_OK(&run, hone_builder_null(&run, b));
    CHECK_OK(&run, hone_builder_end(&run, b, &column));
    CHECK_OK(&run, hone_table_of(&run, &column, 1, &mem, &t));
    CHECK_OK(&run, hone_table_profile(&run, t, &mem, &p));
    CHECK(isnan(p->column[0].min) && isnan(p->column[0].quantile[4]) &&
          p->column[0].top_n == 0);
    CHECK_STR(p->column[0].note[0].kind, "all_missing");
    CHECK_OK(&run, hone_table_of(&run, NULL, 0, &mem, &t));
    CHECK_OK(&run, hone_table_profile(&run, t, &mem, &p));
    CHECK(p->cols == 0 && p->duplicate_rows == 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void json_has_the_same_numbers(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_profile *p = NULL;
    HONE_JSON json_t *json = NULL;
    const json_t *column;
    (void)state;

    CHECK_OK(&run, hone_table_profile(&run, sample(&run, &mem), &mem, &p));
    json = hone_profile_json(p);
    column = json_object_get(json, "column");
    CHECK(json_array_size(column) == 5);
    CHECK_NEAR(hone_json_get_real(json_array_get(column, 0), "mean", 0), p->column[0].mean, 0);
    CHECK_STR(hone_json_get_text(json_array_get(column, 4), "max", ""), "1970-01-10");
    CHECK(hone_json_get_int(json_array_get(column, 2), "longest", 0) == 4);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void near_golden(double got, const json_t *o, const char *key, double tolerance)
{
    double want = hone_json_get_real(o, key, (double)NAN);
    CHECK_NEAR(got, want, tolerance * fmax(1, fabs(want)));
}

static void figures_are_those_of_pandas(void **state)
{
    struct tables_room *room = tables_enter(1);
    HONE_JSON json_t *golden = profiles_golden(room);
    size_t compared = 0;
    (void)state;

    for (size_t k = 0; k < profiles_n; k++) {
        const json_t *want = json_object_get(golden, profiles_cases[k].name);
        struct hone_profile *profile = NULL;
        struct hone_table *t = profiles_read(room, &profiles_cases[k], &profile);
        for (size_t j = 0; t != NULL && j < profile->cols; j++) {
            const struct hone_column_profile *p = &profile->column[j];
            const json_t *o = json_object_get(json_object_get(want, "columns"), p->name);
            const json_t *q = json_object_get(o, "quantiles");
            if (o == NULL) {
                continue;
            }
            CHECK((int64_t)p->missing == hone_json_get_int(o, "missing", -1));
            CHECK((int64_t)p->distinct == hone_json_get_int(o, "distinct", -1));
            CHECK((int64_t)p->zeros == hone_json_get_int(o, "zeros", -1));
            CHECK((int64_t)p->negatives == hone_json_get_int(o, "negatives", -1));
            near_golden(p->min, o, "min", 0);
            near_golden(p->max, o, "max", 0);
            near_golden(p->mean, o, "mean", 1e-12); /* order of summation */
            near_golden(p->sum, o, "sum", 1e-12);
            near_golden(p->std, o, "std", 1e-11);
            near_golden(p->skewness, o, "skewness", 1e-9); /* pandas sums in one pass */
            near_golden(p->kurtosis, o, "kurtosis", 1e-8);
            near_golden(p->spread.mad, o, "mad", 1e-13);
            for (size_t i = 0; i < HONE_PROFILE_QUANTILES; i++) {
                double quantile = json_number_value(json_array_get(q, i));
                CHECK_NEAR(p->quantile[i], quantile, 1e-13 * fmax(1, fabs(quantile)));
            }
            compared++;
        }
        if (t != NULL) {
            CHECK((int64_t)profile->rows == hone_json_get_int(want, "rows", -1));
            CHECK((int64_t)profile->duplicate_rows ==
                  hone_json_get_int(want, "duplicates", -1));
        }
    }
    CHECK(compared >= 5);
    tables_leave(room);
}

static void frequent_values_are_those_of_pandas(void **state)
{
    struct tables_room *room = tables_enter(1);
    HONE_JSON json_t *golden = profiles_golden(room);
    (void)state;

    for (size_t k = 0; k < profiles_n; k++) {
        const json_t *want =
            json_object_get(json_object_get(golden, profiles_cases[k].name), "top");
        struct hone_profile *profile = NULL;
        struct hone_table *t = profiles_read(room, &profiles_cases[k], &profile);
        for (size_t j = 0; t != NULL && j < profile->cols; j++) {
            const struct hone_column_profile *p = &profile->column[j];
            const json_t *list = json_object_get(want, p->name);
            for (size_t i = 0; i < json_array_size(list); i++) {
                const json_t *pair = json_array_get(list, i);
                CHECK_STR(p->top[i].text, json_string_value(json_array_get(pair, 0)));
                CHECK((json_int_t)p->top[i].count ==
                      json_integer_value(json_array_get(pair, 1)));
            }
        }
    }
    tables_leave(room);
}

/* The profile of one column of CSV text. */
static const struct hone_column_profile *profile_of(struct tables_room *room, const char *csv,
                                                    const char *types)
{
    struct hone_table *t = tables_read(&room->run, &room->mem, csv, types);
    struct hone_profile *profile = NULL;

    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, &profile));
    return &profile->column[0];
}

static bool has_note(const struct hone_column_profile *p, const char *kind)
{
    for (size_t i = 0; i < p->notes; i++) {
        if (strcmp(p->note[i].kind, kind) == 0) {
            return true;
        }
    }
    return false;
}

/* n lines of a column x, by a function of the row. */
static char *lines(struct hone_arena *mem, size_t n,
                   const char *(*cell)(struct hone_arena *, size_t))
{
    struct hone_buf buf = hone_buf(mem);

    hone_buf_text(&buf, "x\n");
    for (size_t i = 0; i < n; i++) {
        hone_buf_format(&buf, "%s\n", cell(mem, i));
    }
    return buf.ptr;
}

static const char *die(struct hone_arena *mem, size_t i)
{
    return hone_arena_format(mem, "%zu", i * 7 % 6 + 1);
}

static const char *wide(struct hone_arena *mem, size_t i)
{
    return hone_arena_format(mem, "%zu", i * 7919 % 1000 + 17);
}

static const char *rating(struct hone_arena *mem, size_t i)
{
    return hone_arena_format(mem, "%g", 0.1 * (double)(i * 7 % 11 + 20));
}

static void bars_hold_whole_numbers_evenly(void **state)
{
    struct tables_room *room = tables_enter(1);
    const struct hone_column_profile *p = profile_of(room, lines(&room->mem, 600, die), NULL);
    const struct hone_histogram *h = &p->histogram;
    size_t rows = 0;
    (void)state;

    CHECK(h->bins == 6 && h->each);
    for (size_t b = 0; b < 6; b++) {
        CHECK(h->count[b] == 100);
        CHECK_NEAR(h->edge[b], (double)b + 1, 0);
    }
    h = &profile_of(room, lines(&room->mem, 1000, wide), NULL)->histogram;
    CHECK(!h->each && h->bins > 10);
    for (size_t b = 0; b < h->bins; b++) {
        double width = h->edge[b + 1] - h->edge[b];
        CHECK_NEAR(width, h->edge[1] - h->edge[0], 0);
        CHECK_NEAR(width, floor(width), 0);
        CHECK(b == 0 || b + 1 == h->bins || h->count[b] == (size_t)width); /* each value once */
        rows += h->count[b];
    }
    CHECK(rows == 1000);
    h = &profile_of(room, lines(&room->mem, 1100, rating), NULL)->histogram;
    CHECK(h->each && h->bins == 11);
    CHECK_NEAR(h->edge[3], 2.3, 0); /* the value itself, not 2 + 3 * 0.1 */
    tables_leave(room);
}

static const char *tail(struct hone_arena *mem, size_t i)
{
    return hone_arena_format(mem, "%.0f", exp(0.014 * (double)(i * 7919 % 1000)));
}

static const char *two_sided(struct hone_arena *mem, size_t i)
{
    return hone_arena_format(mem, "%g",
                             i == 5   ? -1e6
                             : i == 9 ? 1e6
                                      : (double)(i % 100) / 7 - 3);
}

static void squeezed_columns_are_looked_at_closer(void **state)
{
    struct tables_room *room = tables_enter(1);
    const struct hone_column_profile *p = profile_of(room, lines(&room->mem, 1000, tail), NULL);
    size_t rows = 0;
    (void)state;

    CHECK(p->zoom.log && p->zoom.bins > 10 && has_note(p, "heavy_tail"));
    for (size_t b = 0; b < p->zoom.bins; b++) {
        CHECK(p->zoom.edge[b] < p->zoom.edge[b + 1]);
        rows += p->zoom.count[b];
    }
    CHECK(rows + p->zoom.below + p->zoom.above == 1000);
    p = profile_of(room, lines(&room->mem, 1000, two_sided), NULL);
    CHECK(!p->zoom.log && p->zoom.bins > 5 && p->zoom.below == 1 && p->zoom.above == 1);
    CHECK(has_note(p, "far_out"));
    CHECK(p->spread.low[0].row == 5 && p->spread.high[0].row == 9);
    CHECK(p->spread.low_out == 1 && p->spread.high_out == 1 && p->spread.robust_out == 2);
    tables_leave(room);
}

static const char *code(struct hone_arena *mem, size_t i)
{
    return hone_arena_format(mem, "%c%c-%03zu", 'A' + (int)(i % 26), 'A' + (int)(i % 25),
                             i % 997);
}

static const char *hex(struct hone_arena *mem, size_t i)
{
    return hone_arena_format(mem, "%08zx%08zx", i * 2654435761u & 0xffffffff,
                             i * 40503u + 0xabcd0000);
}

static const char *mixed(struct hone_arena *mem, size_t i)
{
    return i % 10 == 3 ? "n.a.?" : hone_arena_format(mem, "%zu.5", i);
}

static const char *spelling(struct hone_arena *mem, size_t i)
{
    static const char *const words[] = {"Pune", "pune", " Pune", "Oslo", "Lima"};
    (void)mem;
    return words[i % 5];
}

static const char *birthday(struct hone_arena *mem, size_t i)
{
    return hone_arena_format(mem, "%02zu/%02zu/19%02zu x", i % 28 + 1, i % 12 + 1, i % 90 + 10);
}

static void texts_are_described(void **state)
{
    struct tables_room *room = tables_enter(1);
    const struct hone_column_profile *p =
        profile_of(room, lines(&room->mem, 500, code), "x=text");
    (void)state;

    CHECK(p->texts.shapes == 1 && p->texts.shape[0].count == 500 && !p->texts.shape_runs);
    CHECK_STR(p->texts.shape[0].text, "AA-999");
    CHECK(p->texts.shortest == 6 && p->texts.longest == 6 && p->texts.most_words == 1);
    p = profile_of(room, lines(&room->mem, 500, hex), "x=text");
    CHECK(p->id == HONE_ID_HASH && has_note(p, "id"));
    p = profile_of(room, lines(&room->mem, 500, mixed), NULL);
    CHECK(p->texts.numeric == 450 && has_note(p, "mixed"));
    p = profile_of(room, lines(&room->mem, 500, spelling), "x=category");
    CHECK(p->texts.variants == 3 && p->texts.blanks == 100 && has_note(p, "variants"));
    CHECK(p->distinct == 5);
    p = profile_of(room, lines(&room->mem, 500, birthday), "x=text");
    CHECK(p->texts.datelike == 0); /* something follows */
    p = profile_of(room, "x\n01/02/2003\n11/12/2013\n", "x=text");
    CHECK(p->texts.datelike == 2 && has_note(p, "dates_as_text"));
    CHECK(p->texts.mean_words == 1);
    tables_leave(room);
}

static int64_t noon(void *clock)
{
    (void)clock;
    return INT64_C(1710504000000000); /* 2024-03-15T12:00:00Z, a Friday */
}

static const char *day(struct hone_arena *mem, size_t i)
{
    char text[40];
    int64_t at = 19700 + (int64_t)i +
                 (i >= 40 ? 6 : 0); /* 2023-12-09, a Saturday; six days are left out */
    return hone_arena_text(mem, text, hone_format_date(text, at));
}

static void days_have_weeks_gaps_and_a_future(void **state)
{
    struct tables_room *room = tables_enter(1);
    const struct hone_column_profile *p;
    size_t rows = 0;
    (void)state;

    room->run.now = noon;
    p = profile_of(room, lines(&room->mem, 100, day), NULL);
    CHECK(p->type == HONE_DATE && p->rising && p->strictly);
    CHECK(p->times.step == 1 && p->times.gaps == 1 && p->times.gap == 7);
    CHECK_NEAR(p->times.gap_from, 19739, 0);
    CHECK(p->times.future == 8); /* 2024-03-16 to 2024-03-23 */
    CHECK(p->times.weekday[5] == 14 + 1 && p->times.month[11] == 23);
    for (size_t d = 0; d < 7; d++) {
        rows += p->times.weekday[d];
    }
    CHECK(rows == 100 && has_note(p, "gaps") && has_note(p, "future"));
    p = profile_of(
        room, "x\n2024-03-15T00:00:00Z\n2024-03-15T09:30:00Z\n1969-12-31T23:59:59Z\n", NULL);
    CHECK(p->times.hour[0] == 1 && p->times.hour[9] == 1 && p->times.hour[23] == 1);
    CHECK(p->times.midnight == 1 && p->times.weekday[4] == 2 && p->times.weekday[2] == 1);
    tables_leave(room);
}

static void moments_beyond_all_calendars_are_no_error(void **state)
{
    static const int64_t ends[] = {INT64_MIN, INT64_MAX, 0};
    struct tables_room *room = tables_enter(1);
    struct hone_builder *b = begin(&room->run, &room->mem, "x", HONE_TIMESTAMP);
    struct hone_column column;
    struct hone_table *t = NULL;
    struct hone_profile *p = NULL;
    HONE_JSON json_t *json = NULL;
    (void)state;

    for (size_t i = 0; i < 60; i++) {
        CHECK_OK(&room->run, hone_builder_i64(&room->run, b, ends[i % 3]));
    }
    CHECK_OK(&room->run, hone_builder_end(&room->run, b, &column));
    CHECK_OK(&room->run, hone_table_of(&room->run, &column, 1, &room->mem, &t));
    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, &p));
    json = hone_profile_json(p);
    CHECK(p->column[0].distinct == 3 && json != NULL);
    CHECK(hone_profile_moment(-0.5) == -1 && hone_profile_moment(1.5) == 1);
    tables_leave(room);
}

static void rows_and_columns_that_repeat_are_found(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = tables_read(
        &room->run, &room->mem, "a,b,c,d\n1,x,1,\n2,y,2,7\n1,x,1,\n2,,2,\n3,,3,\n1,x,1,\n",
        "a=int64,c=float64");
    struct hone_profile *p = NULL;
    const struct hone_missingness *m;
    (void)state;

    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, &p));
    CHECK(p->duplicate_rows == 2 && p->duplicate_example[0] == 2 &&
          p->duplicate_example[1] == 0);
    CHECK_STR(p->column[2].same_as, "a"); /* 1 and 1.0 are one value */
    CHECK(p->column[1].same_as == NULL);
    m = &p->missingness;
    CHECK(m->columns == 2 && m->complete == 1 && m->patterns == 3);
    CHECK(m->pattern[0].rows == 3 && m->pattern[0].n == 1 && m->pattern[0].column[0] == 3);
    CHECK(m->pattern[1].rows == 2 && m->pattern[1].n == 2);
    tables_leave(room);
}

static void missing_together_is_told(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_buf csv = hone_buf(&room->mem);
    struct hone_profile *p = NULL;
    struct hone_table *t;
    (void)state;

    hone_buf_text(&csv, "a,b,c\n");
    for (int i = 0; i < 100; i++) {
        hone_buf_format(&csv, i % 5 == 0 ? ",,%d\n" : i % 7 == 0 ? "%d,2,\n" : "%d,2,3\n", i);
    }
    t = tables_read(&room->run, &room->mem, csv.ptr, NULL);
    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, &p));
    CHECK(p->missingness.pairs == 1);
    CHECK(p->missingness.pair[0].a == 0 && p->missingness.pair[0].b == 1);
    CHECK(p->missingness.pair[0].both == 20 && p->missingness.pair[0].either == 20);
    tables_leave(room);
}

static void masked_columns_show_no_value(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = tables_read(&room->run, &room->mem,
                                       "who,age\nAda Secretname,36\nAda secretname,36\n", NULL);
    struct hone_profile *p = NULL;
    struct hone_buf text = hone_buf(&room->mem);
    HONE_JSON json_t *json = NULL;
    (void)state;

    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, &p));
    hone_profile_mark(p, "who", "name", "looks like names", true);
    hone_profile_mark(p, "nobody", "name", "no such column", true);
    hone_profile_mark(p, "age", "age", "is an age", false);
    json = hone_profile_json(p);
    hone_json_write(&text, json, false);
    CHECK(strstr(text.ptr, "ecretname") == NULL);
    CHECK(strstr(text.ptr, "36") != NULL);
    CHECK_STR(p->column[0].note[0].kind, "personal");
    CHECK_STR(p->column[1].note[1].text, "is an age");
    hone_profile_mark(p, "age", "birth year", "guessed", true);
    json_decref(json);
    json = hone_profile_json(p);
    text.len = 0;
    hone_json_write(&text, json, false);
    CHECK(strstr(text.ptr, "36") == NULL);
    tables_leave(room);
}

static void threads_change_nothing(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_profile *profile = NULL;
    struct hone_profile *again = NULL;
    struct hone_table *t = profiles_read(room, &profiles_cases[0], &profile);
    HONE_JSON json_t *one = NULL;
    HONE_JSON json_t *two = NULL;
    (void)state;

    room->run.pool = hone_pool_new(3);
    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, &again));
    one = hone_profile_json(profile);
    two = hone_profile_json(again);
    CHECK(json_equal(one, two));
    hone_pool_free(room->run.pool);
    room->run.pool = NULL;
    tables_leave(room);
}

/* Every allocation may fail; then it says so and nothing leaks (ASan would tell). */
static void want_of_memory_is_told(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_profile *profile = NULL;
    struct hone_table *t = profiles_read(room, &profiles_cases[0], &profile);
    bool done = false;
    (void)state;

    for (unsigned nth = 1; !done && nth < 2000; nth++) {
        enum hone_code got;
        HONE_ARENA(mem);
        hone_arena_fail_after(nth);
        got = hone_table_profile(&room->run, t, &mem, &profile);
        hone_arena_fail_after(0);
        done = got == HONE_OK;
        CHECK(done || (got == HONE_E_LIMIT && room->run.err.code == got));
        hone_error_clear(&room->run);
    }
    CHECK(done);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_profile[] = {
    cmocka_unit_test(numbers_are_described_exactly),
    cmocka_unit_test(words_ids_constants_and_days_are_told_apart),
    cmocka_unit_test(odd_values_are_counted_and_left_out),
    cmocka_unit_test(nothing_can_be_described_too),
    cmocka_unit_test(json_has_the_same_numbers),
    cmocka_unit_test(figures_are_those_of_pandas),
    cmocka_unit_test(frequent_values_are_those_of_pandas),
    cmocka_unit_test(bars_hold_whole_numbers_evenly),
    cmocka_unit_test(squeezed_columns_are_looked_at_closer),
    cmocka_unit_test(texts_are_described),
    cmocka_unit_test(days_have_weeks_gaps_and_a_future),
    cmocka_unit_test(moments_beyond_all_calendars_are_no_error),
    cmocka_unit_test(rows_and_columns_that_repeat_are_found),
    cmocka_unit_test(missing_together_is_told),
    cmocka_unit_test(masked_columns_show_no_value),
    cmocka_unit_test(threads_change_nothing),
    cmocka_unit_test(want_of_memory_is_told),
};
const size_t hone_tests_profile_n = sizeof hone_tests_profile / sizeof hone_tests_profile[0];
