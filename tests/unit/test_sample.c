/* Samples: sizes, strata, weights by their error rate, the same for the same seed. */
#include <math.h>

#include "check.h"
#include "table/sample.h"
#include "tables.h"

static struct hone_table *numbered(struct tables_room *room, size_t rows)
{
    struct hone_buf csv = hone_buf(&room->mem);

    hone_buf_text(&csv, "i,s,w\n");
    for (size_t i = 0; i < rows; i++) {
        hone_buf_format(&csv, "%zu,%s,%zu\n", i,
                        i % 10 == 0  ? "rare"
                        : i % 7 == 0 ? ""
                                     : "often",
                        i % 4);
    }
    return tables_read(&room->run, &room->mem, csv.ptr, NULL);
}

static struct hone_table *drawn(struct tables_room *room, const struct hone_table *t,
                                struct hone_sample sample)
{
    struct hone_table *out = NULL;
    CHECK_OK(&room->run, hone_table_sample(&room->run, t, &sample, &room->mem, &out));
    return out;
}

static void sizes_and_order(void **state)
{
    struct tables_room *room = tables_enter(3);
    struct hone_table *t = numbered(room, 1000);
    struct hone_table *a = drawn(room, t, (struct hone_sample){.n = 100});
    struct hone_table *b = drawn(room, t, (struct hone_sample){.fraction = 0.1});

    (void)state;
    CHECK(a->rows == 100 && b->rows == 100);
    for (size_t i = 0; i < 100; i++) {
        CHECK(hone_column_i64(&a->column[0], i) == hone_column_i64(&b->column[0], i));
        CHECK(i == 0 ||
              hone_column_i64(&a->column[0], i - 1) < hone_column_i64(&a->column[0], i));
    }
    room->run.seed = 4;
    b = drawn(room, t, (struct hone_sample){.n = 100});
    CHECK(hone_column_i64(&a->column[0], 0) != hone_column_i64(&b->column[0], 0) ||
          hone_column_i64(&a->column[0], 1) != hone_column_i64(&b->column[0], 1));
    CHECK(drawn(room, t, (struct hone_sample){.fraction = 1.0})->rows == 1000);
    CHECK(drawn(room, t, (struct hone_sample){.fraction = 0.0})->rows == 0);
    CHECK(drawn(room, t, (struct hone_sample){.n = 3000, .replace = true})->rows == 3000);
    tables_leave(room);
}

static size_t count(const struct hone_table *t, const char *word)
{
    size_t n = 0;
    for (size_t i = 0; i < t->rows; i++) {
        n += hone_str_is(hone_column_str(&t->column[1], i), word);
    }
    return n;
}

/* 100 rare of 1000, 129 missing, 771 often: a tenth of each, remainders to the largest. */
static void strata_keep_their_share(void **state)
{
    struct tables_room *room = tables_enter(3);
    struct hone_table *t = numbered(room, 1000);
    size_t missing = count(t, "");

    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct hone_table *s;
        room->run.seed = seed;
        s = drawn(room, t, (struct hone_sample){.fraction = 0.1, .stratify = "s"});
        CHECK(s->rows == 100 && count(s, "rare") == 10);
        CHECK(count(s, "") == missing / 10 || count(s, "") == missing / 10 + 1);
    }
    tables_leave(room);
}

/* Each of 1000 rows is drawn with probability 1/10: a count over 400 samples lies within 6 standard deviations (a
 * chance of 2e-6 for one of the 1000). */
static void every_row_has_its_chance(void **state)
{
    struct tables_room *room = tables_enter(3);
    struct hone_table *t = numbered(room, 1000);
    size_t *seen = hone_arena_must(&room->mem, 1000 * sizeof *seen);

    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct hone_table *s;
        room->run.seed = seed;
        s = drawn(room, t, (struct hone_sample){.n = 100});
        for (size_t i = 0; i < s->rows; i++) {
            seen[hone_column_i64(&s->column[0], i)]++;
        }
    }
    for (size_t i = 0; i < 1000; i++) {
        CHECK_NEAR((double)seen[i], 40.0, 6.0 * sqrt(400 * 0.1 * 0.9));
    }
    tables_leave(room);
}

/* With replacement rows come in proportion to their weights 0, 1, 2, 3; without it at least never those of 0. */
static void weights_are_kept(void **state)
{
    struct tables_room *room = tables_enter(3);
    struct hone_table *t = numbered(room, 1000);
    struct hone_table *s =
        drawn(room, t, (struct hone_sample){.n = 60000, .replace = true, .weight = "w"});
    double seen[4] = {0.0, 0.0, 0.0, 0.0};

    (void)state;
    for (size_t i = 0; i < s->rows; i++) {
        seen[hone_column_i64(&s->column[2], i)] += 1.0;
    }
    CHECK_NEAR(seen[0], 0.0, 0.0);
    for (size_t k = 1; k < 4; k++) {
        double p = (double)k / 6.0;
        CHECK_NEAR(seen[k], 60000.0 * p, 6.0 * sqrt(60000.0 * p * (1.0 - p)));
    }
    s = drawn(room, t, (struct hone_sample){.n = 750, .weight = "w"});
    for (size_t i = 0; i < s->rows; i++) {
        CHECK(hone_column_i64(&s->column[2], i) > 0);
    }
    tables_leave(room);
}

static void impossible_samples_are_refused(void **state)
{
    struct tables_room *room = tables_enter(3);
    struct hone_table *t = numbered(room, 10);
    struct hone_table *out = NULL;
    struct hone_sample many = {.n = 11};
    struct hone_sample share = {.fraction = 1.5};
    struct hone_sample both = {.n = 1, .weight = "w", .stratify = "s"};
    struct hone_sample text = {.n = 1, .weight = "s"};
    struct hone_sample zero = {.n = 9, .weight = "w"};

    (void)state;
    CHECK_FAILS_WITH(&room->run, hone_table_sample(&room->run, t, &many, &room->mem, &out),
                     HONE_E_ARG, "11 rows are wanted, 10 can be drawn");
    CHECK_FAILS_WITH(&room->run, hone_table_sample(&room->run, t, &share, &room->mem, &out),
                     HONE_E_ARG, "a share of the rows is from 0 to 1");
    CHECK_FAILS_WITH(&room->run, hone_table_sample(&room->run, t, &both, &room->mem, &out),
                     HONE_E_ARG, "do not go together");
    CHECK_FAILS_WITH(&room->run, hone_table_sample(&room->run, t, &text, &room->mem, &out),
                     HONE_E_ARG, "weights are numbers");
    CHECK_FAILS_WITH(&room->run, hone_table_sample(&room->run, t, &zero, &room->mem, &out),
                     HONE_E_ARG, "9 rows are wanted, 7 can be drawn");
    tables_leave(room);
}

const struct CMUnitTest hone_tests_sample[] = {
    cmocka_unit_test(sizes_and_order),
    cmocka_unit_test(strata_keep_their_share),
    cmocka_unit_test(every_row_has_its_chance),
    cmocka_unit_test(weights_are_kept),
    cmocka_unit_test(impossible_samples_are_refused),
};
const size_t hone_tests_sample_n = sizeof hone_tests_sample / sizeof hone_tests_sample[0];
