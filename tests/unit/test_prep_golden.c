/* Each transform beside scikit-learn's: tests/golden/prep.py made the numbers. */
#include <math.h>
#include <stdio.h>

#include "chains.h"
/* after chains.h: the numbers are given as its structs */
#include "../golden/prep.h"

static const char types[] =
    "tail=float64,ties=float64,bell=float64,holes=float64,town=category";

static void transforms_give_what_scikit_learn_gives(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof golden_cases / sizeof *golden_cases; c++) {
        const struct golden_case *g = &golden_cases[c];
        struct tables_room *room = tables_enter(1);
        const struct hone_table *train =
            tables_read(&room->run, &room->mem, golden_train, types);
        const struct hone_table *ask = tables_read(&room->run, &room->mem, golden_ask, types);
        struct chains_fitted *f;
        CHECK(train->rows == GOLDEN_ROWS && ask->rows == GOLDEN_ASKED);
        CHECK_OK(&room->run, chains_fit(room, g->spec, train, g->target, &f));
        if (f->view.features.n != g->wide) {
            print_error("%s: %zu features, not %zu\n", g->spec, f->view.features.n, g->wide);
        }
        CHECK(f->view.features.n == g->wide);
        float **x = chains_run(room, f, ask);
        for (size_t i = 0; i < GOLDEN_ASKED * g->wide; i++) {
            double got = (double)x[i % g->wide][i / g->wide];
            double want = g->want[i];
            bool near = isnan(want) ? isnan(got) != 0
                                    : fabs(got - want) <= g->tolerance * fmax(1, fabs(want));
            if (!near) {
                print_error("%s: row %zu feature %zu is %.9g, not %.9g\n", g->spec, i / g->wide,
                            i % g->wide, got, want);
            }
            CHECK(near);
        }
        tables_leave(room);
    }
}

/* A row of weight w is as good as w rows. */
static void a_row_of_weight_two_is_two_rows(void **state)
{
    (void)state;
    static const char *const specs[] = {
        "holes=impute",   "holes=impute:strategy=mean",
        "tail=standard",  "tail=minmax",
        "tail=power",     "bell=bin:strategy=kmeans",
        "town=frequency", "town=ordinal:order=frequency",
        "town=rank",      "ties=impute:strategy=most_frequent",
        "town=target",    "bell=bin:strategy=uniform",
    };
    for (size_t k = 0; k < sizeof specs / sizeof *specs; k++) {
        struct tables_room *room = tables_enter(1);
        const struct hone_table *train =
            tables_read(&room->run, &room->mem, golden_train, types);
        struct hone_table *twice;
        size_t *row = hone_arena_must(&room->mem, 3 * GOLDEN_ROWS * sizeof *row);
        double *y = hone_arena_must(&room->mem, 3 * GOLDEN_ROWS * sizeof *y);
        size_t n = 0;
        for (size_t i = 0; i < GOLDEN_ROWS; i++) {
            for (int w = 0; w < (int)golden_weight[i]; w++) {
                y[n] = golden_yes[i];
                row[n++] = i;
            }
        }
        CHECK_OK(&room->run, hone_table_take(&room->run, train, row, n, &room->mem, &twice));
        const struct hone_target repeated = {HONE_TASK_BINARY, 2, y, NULL};
        struct chains_fitted *a;
        struct chains_fitted *b;
        CHECK_OK(&room->run, chains_fit(room, specs[k], train, &golden_weighted, &a));
        CHECK_OK(&room->run, chains_fit(room, specs[k], twice, &repeated, &b));
        const struct hone_table *ask = tables_read(&room->run, &room->mem, golden_ask, types);
        float **p = chains_run(room, a, ask);
        float **q = chains_run(room, b, ask);
        CHECK(a->view.features.n == b->view.features.n);
        for (size_t i = 0; i < GOLDEN_ASKED; i++) {
            double got = (double)p[0][i];
            double want = (double)q[0][i];
            /* sums in another order, an optimum found to 1e-8 */
            bool near =
                isnan(want) ? isnan(got) != 0 : fabs(got - want) <= 2e-5 * fmax(1, fabs(want));
            if (!near) {
                print_error("%s: row %zu is %.9g, not %.9g\n", specs[k], i, got, want);
            }
            CHECK(near);
        }
        tables_leave(room);
    }
}

const struct CMUnitTest hone_tests_prep_golden[] = {
    cmocka_unit_test(transforms_give_what_scikit_learn_gives),
    cmocka_unit_test(a_row_of_weight_two_is_two_rows),
};
const size_t hone_tests_prep_golden_n =
    sizeof hone_tests_prep_golden / sizeof hone_tests_prep_golden[0];
