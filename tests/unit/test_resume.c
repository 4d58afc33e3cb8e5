/* Fits that are kept are read back to the last bit, or not at all. */
#include <string.h>

#include "base/file.h"
#include "base/rng.h"
#include "flow/train/resume.h"
#include "tables.h"

#define SCORES 500

static void to_the_last_bit(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_run *run = &room->run;
    const char *store = check_folder();
    HONE_JSON json_t *lineage = json_pack("{s:s, s:i}", "data", "abc", "seed", 3);
    HONE_JSON json_t *other = json_pack("{s:s, s:i}", "data", "abc", "seed", 4);
    HONE_JSON json_t *settings = json_pack("{s:f}", "alpha", 0.1);
    HONE_JSON json_t *changed = json_pack("{s:f}", "alpha", 0.2);
    struct hone_rng rng = hone_rng(1, 2);
    double raw[SCORES];
    double back[SCORES];

    for (size_t i = 0; i < SCORES; i++) {
        raw[i] = hone_rng_normal(&rng) * pow(10, (double)i / 2 - 120);
    }
    raw[0] = -0.0;
    raw[1] = 5;
    raw[2] = 5e-324;
    const char *folder = hone_resume_folder(run, store, lineage, &room->mem);
    CHECK(strcmp(folder, hone_resume_folder(run, store, other, &room->mem)) != 0);
    const struct hone_resume_fit fit = {"gbt", settings, 2};
    const struct hone_resume_said said = {
        .rounds = 7, .seconds = 1.25, .n = SCORES, .raw = raw};
    struct hone_resume_said found = {.n = SCORES, .raw = back};

    CHECK(!hone_resume_find(run, folder, &fit, &found));
    CHECK(hone_resume_count(run, folder) == 0);
    hone_resume_keep(run, folder, &fit, &said);
    CHECK(hone_resume_count(run, folder) == 1);
    CHECK(hone_resume_find(run, folder, &fit, &found));
    CHECK(found.rounds == 7);
    CHECK_NEAR(found.seconds, 1.25, 0);
    CHECK(memcmp(raw, back, sizeof raw) == 0);
    CHECK(
        !hone_resume_find(run, folder, &(struct hone_resume_fit){"gbt", settings, 1}, &found));
    CHECK(
        !hone_resume_find(run, folder, &(struct hone_resume_fit){"tree", settings, 2}, &found));
    CHECK(!hone_resume_find(run, folder, &(struct hone_resume_fit){"gbt", changed, 2}, &found));
    found.n = SCORES - 1;
    CHECK(!hone_resume_find(run, folder, &fit, &found));
    CHECK(run->err.code == HONE_OK);
    raw[9] = (double)NAN;
    const struct hone_resume_fit odd = {"gbt", settings, 3};
    hone_resume_keep(run, folder, &odd, &said);
    CHECK(hone_resume_count(run, folder) == 1);
    hone_resume_forget(run, folder);
    CHECK(!hone_dir_exists(folder));
    hone_resume_forget(run, folder);
    tables_leave(room);
}

static void what_is_damaged_is_not_there(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_run *run = &room->run;
    HONE_JSON json_t *lineage = json_object();
    HONE_JSON json_t *settings = json_object();
    double raw[2] = {1, 2};
    static const char *const bad[] = {"",
                                      "{",
                                      "[]",
                                      "{\"raw\":[1.5,2.5]}",
                                      "{\"raw\":[1.5],\"rounds\":1}",
                                      "{\"raw\":[1.5,null],\"rounds\":1}",
                                      "{\"raw\":[1.5,2.5],\"rounds\":-1}"};
    const char *folder = hone_resume_folder(run, check_folder(), lineage, &room->mem);
    const struct hone_resume_fit fit = {"gbt", settings, 0};
    struct hone_resume_said said = {.n = 2, .raw = raw};
    const char **name;
    size_t n;

    hone_resume_keep(run, folder, &fit, &said);
    CHECK_OK(run, hone_dir_list(run, folder, &room->mem, &name, &n));
    CHECK(n == 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_write(hone_path_join(&room->mem, folder, name[0]), bad[i]);
        CHECK(!hone_resume_find(run, folder, &fit, &said));
        CHECK(run->err.code == HONE_OK);
    }
    hone_resume_keep(run, "/proc/none/such", &fit, &said); /* can not be written: no error */
    CHECK(run->err.code == HONE_OK);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_resume[] = {
    cmocka_unit_test(to_the_last_bit),
    cmocka_unit_test(what_is_damaged_is_not_there),
};
const size_t hone_tests_resume_n = sizeof hone_tests_resume / sizeof hone_tests_resume[0];
