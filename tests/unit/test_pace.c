/* One line about many fits, whoever runs them. */
#include <string.h>

#include "flow/train/pace.h"
#include "tables.h"

/* What was shown last, and how often. */
struct seen {
    struct hone_progress progress; /* first */
    size_t shown, ended;
    uint64_t done, total;
    char detail[128];
    double left;
    bool more;
};

static void look(struct hone_progress *self, const char *stage, const char *unit, uint64_t done,
                 uint64_t total)
{
    struct seen *s = (struct seen *)(void *)self;
    CHECK_STR(stage, "fitting");
    CHECK_STR(unit, "fits");
    s->shown++;
    s->ended += done == total;
    s->done = done;
    s->total = total;
    s->left = self->seconds_left;
    s->more = self->more_left;
    strncpy(s->detail, self->detail == NULL ? "" : self->detail, sizeof s->detail - 1);
}

static void lines_say_what_is_known(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_run *run = &room->run;
    struct seen seen = {.progress.show = look};
    struct hone_pace_fit fit[] = {
        {.name = "slow", .kind = 1, .fold = 0, .folds = 2, .rows = 100},
        {.name = "fast", .kind = 0, .fold = 0, .folds = 2, .rows = 100},
        {.name = "slow", .kind = 1, .fold = 1, .folds = 2, .rows = 200},
        {.name = "fast", .kind = 0, .fold = 1, .folds = 2, .rows = 200},
    };
    struct hone_pace pace;
    struct hone_pace_watch watch;

    run->progress = &seen.progress;
    hone_pace_begin(run, fit, 4, 1, 300, &pace);
    hone_pace_enter(run, &pace, 0, &watch);
    CHECK_STR(seen.detail, "slow, fold 1 of 2");
    CHECK(seen.more && seen.done == 0 && seen.total == 4);
    hone_progress_begin(run, "boost", "rounds", 2000);
    hone_progress_at(run, 7);
    CHECK_STR(seen.detail, "slow, fold 1 of 2, 7 rounds");
    CHECK(seen.done == 0 && seen.total == 4);
    hone_progress_end(run);
    hone_pace_leave(run, &watch, 1000);
    CHECK(run->progress == &seen.progress);
    /* of slow is left: 2000 s in the other fold, 3000 s on all rows; of fast no one knows */
    CHECK(seen.more && seen.done == 1);
    CHECK_NEAR(seen.left, 5000, 1e-9);
    hone_pace_enter(run, &pace, 1, &watch);
    hone_pace_leave(run, &watch, 10);
    CHECK(!seen.more);
    CHECK_NEAR(seen.left, 5020, 1e-9);
    hone_pace_enter(run, &pace, 2, &watch);
    CHECK(seen.left <= 5020 && seen.left >= 3020); /* less what it has run for */
    hone_pace_leave(run, &watch, 2000);
    hone_pace_enter(run, &pace, 3, &watch);
    hone_pace_leave(run, &watch, 20);
    CHECK(seen.ended == 0);
    hone_pace_end(run, &pace);
    CHECK(seen.ended == 1 && seen.done == 4);
    run->progress = NULL;
    tables_leave(room);
}

static void no_one_looks(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_pace_fit fit = {.name = "one", .folds = 1, .rows = 10};
    struct hone_pace pace;
    struct hone_pace_watch watch;

    hone_pace_begin(&room->run, &fit, 1, 1, 10, &pace);
    hone_pace_enter(&room->run, &pace, 0, &watch);
    CHECK(room->run.progress == NULL);
    hone_pace_leave(&room->run, &watch, 1);
    hone_pace_end(&room->run, &pace);
    tables_leave(room);
}

static enum hone_code work(struct hone_run *run, void *ctx, size_t chunk)
{
    struct hone_pace_watch watch;
    hone_pace_enter(run, ctx, chunk, &watch);
    hone_progress_begin(run, "boost", "rounds", 50);
    for (uint64_t i = 0; i < 50; i++) {
        hone_progress_at(run, i);
    }
    hone_progress_end(run);
    hone_pace_leave(run, &watch, 1);
    return HONE_OK;
}

static void threads_share_a_line(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_run *run = &room->run;
    struct seen seen = {.progress.show = look};
    struct hone_pace_fit fit[40];
    struct hone_pace pace;

    for (size_t i = 0; i < 40; i++) {
        fit[i] = (struct hone_pace_fit){.name = "x", .folds = 40, .fold = i, .rows = 10};
    }
    run->pool = hone_pool_new(4);
    run->progress = &seen.progress;
    hone_pace_begin(run, fit, 40, 4, 10, &pace);
    CHECK_OK(run, hone_parallel_try(run, 40, work, &pace));
    CHECK(seen.done == 39 && seen.shown > 40);
    hone_pace_end(run, &pace);
    CHECK(seen.done == 40 && seen.ended == 1);
    hone_pool_free(run->pool);
    run->pool = NULL;
    run->progress = NULL;
    tables_leave(room);
}

const struct CMUnitTest hone_tests_pace[] = {
    cmocka_unit_test(lines_say_what_is_known),
    cmocka_unit_test(no_one_looks),
    cmocka_unit_test(threads_share_a_line),
};
const size_t hone_tests_pace_n = sizeof hone_tests_pace / sizeof hone_tests_pace[0];
