/* Rates by group, their intervals and the verdict on their differences. */
#include <stdio.h>
#include <string.h>

#include "explain/fairness.h"
#include "flow/judge/groups.h"
#include "golden/explain_fairness.h"
#include "tables.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void wilson_agrees_with_scipy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wilson_golden); i++) {
        const double *g = wilson_golden[i];
        const struct hone_share s = hone_wilson(g[0], g[1]);
        CHECK_NEAR(s.value, g[0] / g[1], 0);
        CHECK_NEAR(s.low, g[2], 1e-12); /* the same formula in another order */
        CHECK_NEAR(s.high, g[3], 1e-12);
        CHECK_NEAR(s.n, g[1], 0);
    }
    const struct hone_share none = hone_wilson(0, 0);
    CHECK(isnan(none.value) && isnan(none.low) && isnan(none.high));
    CHECK_NEAR(none.n, 0, 0);
}

#define ROWS 400
/* Rows of two classes: truth, prediction and group. */
struct world {
    double y[ROWS];
    double score[2 * ROWS];
    uint32_t label[ROWS];
    uint32_t code[ROWS];
    size_t n;
};

static void put(struct world *w, uint32_t group, size_t rows, double y, uint32_t predicted)
{
    for (size_t i = 0; i < rows; i++) {
        CHECK(w->n < ROWS);
        w->y[w->n] = y;
        w->label[w->n] = predicted;
        w->score[2 * w->n] = predicted == 1 ? 0.25 : 0.75;
        w->score[2 * w->n + 1] = 1 - w->score[2 * w->n];
        w->code[w->n++] = group;
    }
}

static struct hone_prediction prediction(const struct world *w)
{
    return (struct hone_prediction){.task = HONE_TASK_BINARY,
                                    .rows = w->n,
                                    .classes = 2,
                                    .y = w->y,
                                    .score = w->score,
                                    .label = w->label};
}

static void judge(struct tables_room *room, const struct world *w, size_t groups,
                  double tolerance, struct hone_fairness *out)
{
    static const char *const name[] = {"a", "b", "c", "d"};
    const struct hone_prediction p = prediction(w);

    CHECK_OK(&room->run,
             hone_fairness(&room->run, &p, w->code, groups, name, tolerance, &room->mem, out));
}

static void newcombe_agrees_with_the_published_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(newcombe_golden); i++) {
        const double *g = newcombe_golden[i];
        struct tables_room *room = tables_enter(0);
        struct world w = {.n = 0};
        struct hone_fairness f;
        put(&w, 0, (size_t)g[0], 1, 1);
        put(&w, 0, (size_t)(g[1] - g[0]), 0, 0);
        put(&w, 1, (size_t)g[2], 1, 1);
        put(&w, 1, (size_t)(g[3] - g[2]), 0, 0);
        judge(room, &w, 2, 0.1, &f);
        if (g[1] < HONE_GROUP_SUPPORT || g[3] < HONE_GROUP_SUPPORT) {
            CHECK(f.gaps == 0 && f.rates);
        } else {
            CHECK(f.gaps >= 1);
            CHECK_STR(f.gap[0].name, "demographic_parity_difference");
            CHECK(f.gap[0].high_group == 0 && f.gap[0].low_group == 1);
            CHECK_NEAR(f.gap[0].value, g[0] / g[1] - g[2] / g[3], 1e-15);
            CHECK_NEAR(f.gap[0].low, g[4], 1e-12);
            CHECK_NEAR(f.gap[0].high, g[5], 1e-12);
            CHECK_NEAR(f.gap[0].ratio, (g[2] / g[3]) / (g[0] / g[1]), 1e-15);
        }
        tables_leave(room);
    }
}

static void verdict_knows_too_little_evidence(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct world w = {.n = 0};
    struct hone_fairness f;

    put(&w, 0, 56, 1, 1); /* 0.8 against 0.6: 0.0524 to 0.3339 */
    put(&w, 0, 14, 0, 0);
    put(&w, 1, 48, 1, 1);
    put(&w, 1, 32, 0, 0);
    judge(room, &w, 2, 0.05, &f);
    CHECK_STR(f.gap[0].verdict, "fail");
    judge(room, &w, 2, 0.1, &f);
    CHECK_STR(f.gap[0].verdict, "insufficient evidence");
    judge(room, &w, 2, 0.34, &f);
    CHECK_STR(f.gap[0].verdict, "pass");
    CHECK_NEAR(f.tolerance, 0.34, 0);
    tables_leave(room);
}

static void rates_are_those_of_the_confusion(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct world w = {.n = 0};
    struct hone_fairness f;

    put(&w, 0, 30, 1, 1); /* a: 40 positive, 30 found; 60 negative, 6 alarms */
    put(&w, 0, 10, 1, 0);
    put(&w, 0, 6, 0, 1);
    put(&w, 0, 54, 0, 0);
    put(&w, 1, 32, 1, 1); /* b: 32 positive, all found; 40 negative, 20 alarms */
    put(&w, 1, 20, 0, 1);
    put(&w, 1, 20, 0, 0);
    put(&w, 2, 29, 1, 1); /* c: too few to be compared, and one class only */
    judge(room, &w, 4, 0.1, &f);
    CHECK(f.groups == 4 && f.gaps == 3);
    CHECK_STR(f.group[0].name, "a");
    CHECK(f.group[0].rows == 100 && f.group[2].rows == 29 && f.group[3].rows == 0);
    CHECK_NEAR(f.group[0].base.value, 0.4, 0);
    CHECK_NEAR(f.group[0].selection.value, 0.36, 0);
    CHECK_NEAR(f.group[0].tpr.value, 0.75, 0);
    CHECK_NEAR(f.group[0].tpr.n, 40, 0);
    CHECK_NEAR(f.group[0].fpr.value, 0.1, 0);
    CHECK_NEAR(f.group[1].fpr.value, 0.5, 0);
    CHECK(isnan(f.group[2].fpr.value) && isnan(f.group[3].selection.value));
    /* ROC AUC of one threshold: (1 + tpr - fpr) / 2 */
    CHECK_NEAR(f.group[0].value, (1 + 0.75 - 0.1) / 2, 1e-12);
    CHECK(isnan(f.group[2].value) && isnan(f.group[3].value));
    CHECK_STR(f.gap[1].name, "equal_opportunity_difference");
    CHECK(f.gap[1].high_group == 1 && f.gap[1].low_group == 0); /* c has 29 positives only */
    CHECK_NEAR(f.gap[1].value, 0.25, 0);
    CHECK_STR(f.gap[2].name, "false_positive_rate_difference");
    CHECK_NEAR(f.gap[2].value, 0.4, 1e-15);
    CHECK_STR(f.gap[2].verdict, "fail");
    tables_leave(room);
}

/* A world of 240 rows in two groups with weights, and what numpy says of it: tests/golden/judge_weights.py. */
static void make_weighted(struct world *w, double *weight)
{
    for (size_t i = 0; i < 240; i++) {
        put(w, (uint32_t)(i / 3 % 2), 1, (double)(i * 7 % 5 < 2), i * 3 % 8 < 3 ? 1 : 0);
        weight[i] = 0.5 + (double)(i % 7) / 2;
    }
}

static void weights_count(void **state)
{
    (void)state;
    static const double want[2][4][4] = {
        {{0.403726708074534, 0.310926985217441, 0.503966737766609, 95.5710774272839},
         {0.416149068322981, 0.322439686043189, 0.516338717846145, 95.5710774272839},
         {0.374358974358974, 0.23923674282758, 0.532390921661383, 38.2930513595166},
         {0.444444444444444, 0.323315924614723, 0.572556050416127, 57.2817679558011}},
        {{0.398305084745763, 0.306051151200481, 0.498395368873843, 95.8623063683305},
         {0.328389830508475, 0.24258300012264, 0.427420502502782, 95.8623063683305},
         {0.361702127659574, 0.228740201160252, 0.519857134969709, 38.3340563991323},
         {0.306338028169014, 0.202494945204034, 0.434425398929022, 57.5292439372325}}};
    static const char *const name[] = {"a", "b"};
    static struct world w;
    static double weight[ROWS], same[ROWS];
    struct tables_room *room = tables_enter(0);
    struct hone_run *run = &room->run;
    struct hone_fairness f;
    struct hone_fairness plain;
    struct hone_fairness equal;

    make_weighted(&w, weight);
    struct hone_prediction p = prediction(&w);
    CHECK_OK(run, hone_fairness(run, &p, w.code, 2, name, 0.1, &room->mem, &plain));
    p.weight = weight;
    CHECK_OK(run, hone_fairness(run, &p, w.code, 2, name, 0.1, &room->mem, &f));
    for (size_t g = 0; g < 2; g++) {
        const struct hone_share *s[] = {&f.group[g].base, &f.group[g].selection,
                                        &f.group[g].tpr, &f.group[g].fpr};
        CHECK(f.group[g].rows == 120);
        for (size_t k = 0; k < 4; k++) { /* 15 digits are printed */
            CHECK_NEAR(s[k]->value, want[g][k][0], 1e-14);
            CHECK_NEAR(s[k]->low, want[g][k][1], 1e-14);
            CHECK_NEAR(s[k]->high, want[g][k][2], 1e-14);
            CHECK_NEAR(s[k]->n, want[g][k][3], 1e-12);
        }
    }
    CHECK_NEAR(f.gap[0].value, want[0][1][0] - want[1][1][0], 1e-14);
    /* equal weights, whatever they are, are none; rows of weight 0 are not there */
    for (size_t i = 0; i < w.n; i++) {
        same[i] = 4;
    }
    p.weight = same;
    CHECK_OK(run, hone_fairness(run, &p, w.code, 2, name, 0.1, &room->mem, &equal));
    CHECK_NEAR(equal.gap[0].low, plain.gap[0].low, 0);
    CHECK_NEAR(equal.group[1].tpr.n, plain.group[1].tpr.n, 0);
    for (size_t i = 0; i < w.n; i++) {
        same[i] = w.code[i] == 0 ? 1 : 0;
    }
    CHECK_OK(run, hone_fairness(run, &p, w.code, 2, name, 0.1, &room->mem, &equal));
    CHECK(isnan(equal.group[1].selection.value) && isnan(equal.group[1].value));
    CHECK_NEAR(equal.group[0].fpr.high, plain.group[0].fpr.high, 0);
    CHECK(equal.gaps == 0);
    tables_leave(room);
}

static void numbers_have_a_mean_error(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    static const double y[] = {1, 2, 3, 4};
    static const double score[] = {2, 4, 2, 4};
    static const uint32_t code[] = {0, 0, 1, 1};
    static const char *const name[] = {"a", "b"};
    struct hone_prediction p = {
        .task = HONE_TASK_REGRESSION, .rows = 4, .classes = 1, .y = y, .score = score};
    struct hone_fairness f;

    CHECK_OK(&room->run, hone_fairness(&room->run, &p, code, 2, name, 0.1, &room->mem, &f));
    CHECK(f.gaps == 0 && !f.rates);
    CHECK_NEAR(f.group[0].mean_error, 1.5, 0);
    CHECK_NEAR(f.group[1].mean_error, -0.5, 0);
    CHECK_NEAR(f.group[0].value, sqrt(2.5), 1e-15); /* rmse */
    p.task = HONE_TASK_MULTICLASS;
    CHECK_FAILS_WITH(&room->run,
                     hone_fairness(&room->run, &p, code, 2, name, 0.1, &room->mem, &f),
                     HONE_E_ARG, "two classes");
    tables_leave(room);
}

/* --- by a column of a table ------------------------------------------------------------------- */

static void groups_are_the_values_of_a_column(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct hone_run *run = &room->run;
    struct world w = {.n = 0};
    struct hone_fairness f;
    struct hone_buf text = hone_buf(&room->mem);

    hone_buf_text(&text, "left out,town,id\n0,never,n0\n"); /* a row without a target */
    for (int i = 0; i < 90; i++) {
        hone_buf_format(&text, "1,%s,n%d\n", i % 3 == 0 ? "" : i % 3 == 1 ? "ulm" : "bonn", i);
        put(&w, 0, 1, i % 2 == 0, i % 5 < 2);
    }
    for (int i = 90; i < 300; i++) {
        hone_buf_format(&text, "1,,n%d\n", i);
        put(&w, 0, 1, i % 2 == 0, i % 5 < 2);
    }
    struct hone_table *t = tables_read(run, &room->mem, text.ptr, "town=category");
    size_t *row = tables_rows(&room->mem, 300);
    for (size_t i = 0; i < 300; i++) {
        row[i] = i + 1;
    }
    const struct hone_span rows = {t, row, 300};
    const struct hone_prediction p = prediction(&w);
    CHECK_OK(run, hone_groups_judge(run, &rows, "town", &p, 0.2, &room->mem, &f));
    CHECK(f.groups == 3);
    CHECK_STR(f.group[0].name, "bonn");
    CHECK_STR(f.group[1].name, "ulm");
    CHECK_STR(f.group[2].name, "(missing)");
    CHECK(f.group[0].rows == 30 && f.group[2].rows == 240);
    CHECK_FAILS_WITH(run, hone_groups_judge(run, &rows, "id", &p, 0.2, &room->mem, &f),
                     HONE_E_ARG, "too many to be groups");
    CHECK_FAILS_WITH(run, hone_groups_judge(run, &rows, "city", &p, 0.2, &room->mem, &f),
                     HONE_E_NOT_FOUND, "city");
    tables_leave(room);
}

/* Rates are said even when no two groups are large enough to be compared. */
static void json_of_small_groups_has_rates(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(0);
    struct world w = {.n = 0};
    struct hone_fairness f;

    put(&w, 0, 5, 1, 1);
    put(&w, 0, 5, 0, 0);
    put(&w, 1, 4, 1, 0);
    judge(room, &w, 2, 0.1, &f);
    HONE_JSON json_t *o = hone_fairness_json(&f, "town");
    const json_t *group = json_array_get(json_object_get(o, "groups"), 0);
    CHECK_STR(hone_json_get_text(o, "column", ""), "town");
    CHECK_NEAR(hone_json_get_real(json_object_get(group, "selection_rate"), "value", 9), 0.5,
               0);
    CHECK(json_object_get(group, "mean_error") == NULL);
    CHECK(json_array_size(json_object_get(o, "gaps")) == 0);
    tables_leave(room);
}

const struct CMUnitTest hone_tests_fairness[] = {
    cmocka_unit_test(wilson_agrees_with_scipy),
    cmocka_unit_test(newcombe_agrees_with_the_published_table),
    cmocka_unit_test(verdict_knows_too_little_evidence),
    cmocka_unit_test(rates_are_those_of_the_confusion),
    cmocka_unit_test(weights_count),
    cmocka_unit_test(numbers_have_a_mean_error),
    cmocka_unit_test(groups_are_the_values_of_a_column),
    cmocka_unit_test(json_of_small_groups_has_rates),
};
const size_t hone_tests_fairness_n = sizeof hone_tests_fairness / sizeof hone_tests_fairness[0];
