/* Products of tall float panels, against plain loops; the solver, against its own residual. */
#include <string.h>

#include "base/pool.h"
#include "base/rng.h"
#include "check.h"
#include "tensor/linalg.h"

enum { ROWS = 5003, COLS = 7 };

static float data[COLS][ROWS];
static double weight[ROWS];
static double shift[COLS] = {0.5, -1, 2, 0, 0, 3, 1};

static struct hone_panel panel(void)
{
    static const float *x[COLS];
    struct hone_rng rng = hone_rng(3, 1);

    for (size_t j = 0; j < COLS; j++) {
        x[j] = data[j];
        for (size_t i = 0; i < ROWS; i++) {
            data[j][i] = (float)hone_rng_normal(&rng);
        }
    }
    for (size_t i = 0; i < ROWS; i++) {
        weight[i] = hone_rng_unit(&rng);
    }
    return (struct hone_panel){ROWS, COLS, x, shift};
}

static double at(size_t i, size_t j)
{
    return (double)data[j][i] - shift[j];
}

static void gram_is_the_sum_of_products(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_panel p = panel();
    double gram[COLS * COLS], plain[COLS * COLS];

    CHECK_OK(&run, hone_gram(&run, &p, weight, gram));
    CHECK_OK(&run, hone_gram(&run, &p, NULL, plain));
    for (size_t a = 0; a < COLS; a++) {
        for (size_t b = 0; b < COLS; b++) {
            double want = 0, want_plain = 0;
            for (size_t i = 0; i < ROWS; i++) {
                want += weight[i] * at(i, a) * at(i, b);
                want_plain += at(i, a) * at(i, b);
            }
            CHECK_NEAR(gram[a * COLS + b], want, 1e-9 * ROWS); /* the order of 5003 additions */
            CHECK_NEAR(plain[a * COLS + b], want_plain, 1e-9 * ROWS);
        }
    }
    hone_run_clear(&run);
}

static void products_are_sums(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_panel p = panel();
    static double out[ROWS];
    double w[COLS] = {1, -2, 0, 3, 0.5, 0, 1}, back[COLS], mean[COLS], total = 0;

    hone_panel_times(&run, &p, w, 0.25, out);
    for (size_t i = 0; i < ROWS; i++) {
        double want = 0.25;
        total += weight[i];
        for (size_t j = 0; j < COLS; j++) {
            want += w[j] * at(i, j);
        }
        CHECK_NEAR(out[i], want, 1e-12);
    }
    hone_panel_transposed_times(&run, &p, weight, back);
    hone_panel_mean(&run, &p, weight, total, mean);
    for (size_t j = 0; j < COLS; j++) {
        double want = 0;
        for (size_t i = 0; i < ROWS; i++) {
            want += weight[i] * at(i, j);
        }
        CHECK_NEAR(back[j], want, 1e-9);
        CHECK_NEAR(mean[j], want / total + shift[j], 1e-12);
    }
    hone_run_clear(&run);
}

static void any_threads_give_the_same_bits(void **state)
{
    (void)state;
    struct hone_run one = {0}, four = {.pool = hone_pool_new(4)};
    struct hone_panel p = panel();
    double a[COLS * COLS], b[COLS * COLS];

    CHECK_OK(&one, hone_gram(&one, &p, weight, a));
    CHECK_OK(&four, hone_gram(&four, &p, weight, b));
    assert_memory_equal(a, b, sizeof a);
    hone_panel_transposed_times(&one, &p, weight, a);
    hone_panel_transposed_times(&four, &p, weight, b);
    assert_memory_equal(a, b, COLS * sizeof *a);
    hone_pool_free(four.pool);
    hone_run_clear(&one);
    hone_run_clear(&four);
}

/* The library must never see two threads at once: it then mixes up their buffers, now and then. */
static void many_calls_at_once_give_the_same_bits(void **state)
{
    (void)state;
    enum { WIDE = 40, TIMES = 400 };
    static double once[WIDE * WIDE], again[WIDE * WIDE];
    const float *x[WIDE];
    struct hone_run run = {0};

    (void)panel();
    for (size_t j = 0; j < WIDE; j++) {
        x[j] = data[j % COLS];
    }
    struct hone_panel p = {ROWS, WIDE, x, NULL};
    CHECK_OK(&run, hone_gram(&run, &p, weight, once));
    run.pool = hone_pool_new(4);
    for (int i = 0; i < TIMES; i++) {
        CHECK_OK(&run, hone_gram(&run, &p, weight, again));
        CHECK(memcmp(once, again, sizeof once) == 0);
    }
    hone_pool_free(run.pool);
    hone_run_clear(&run);
}

static void parts_cover_the_rows(void **state)
{
    (void)state;
    for (size_t rows = 1; rows < 20000; rows += 617) {
        size_t parts = hone_panel_parts(rows, 100);
        CHECK(parts >= 1);
        CHECK(hone_panel_part_row(rows, parts, 0) == 0);
        CHECK(hone_panel_part_row(rows, parts, parts) == rows);
        for (size_t i = 1; i < parts; i++) {
            size_t row = hone_panel_part_row(rows, parts, i);
            CHECK(row % HONE_PANEL_BLOCK == 0 && row > hone_panel_part_row(rows, parts, i - 1));
        }
    }
    CHECK(hone_panel_parts(1000000, (size_t)1 << 30) == 1); /* too wide for two */
}

static void solver_solves_and_refuses(void **state)
{
    (void)state;
    /* Hilbert's matrix plus the unit matrix. */
    double a[25], b[5] = {1, 2, 3, 4, 5}, x[5] = {1, 2, 3, 4, 5}, copy[25];

    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            a[i * 5 + j] = 1.0 / (double)(i + j + 1) + (i == j ? 1 : 0);
            copy[i * 5 + j] = j > i ? (double)NAN : a[i * 5 + j]; /* the upper is not read */
        }
    }
    CHECK(hone_solve_spd(5, copy, x));
    for (size_t i = 0; i < 5; i++) {
        CHECK_NEAR(hone_dot(5, a + i * 5, x), b[i], 1e-13);
    }
    double bad[4] = {1, 2, 2, 1}, c[2] = {1, 1};
    CHECK(!hone_solve_spd(2, bad, c));
    CHECK(hone_solve_spd(0, bad, c));
}

static void small_products(void **state)
{
    (void)state;
    const double a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {1, 0, -1, 2, 1, 0};
    double c[4], d[9] = {100, 0, 0, 0, 0, 0, 0, 0, 0};

    hone_mul_nt(2, 2, 3, a, b, c); /* (2, 3) (2, 3)^T */
    CHECK_NEAR(c[0], -2, 0);
    CHECK_NEAR(c[1], 4, 0);
    CHECK_NEAR(c[2], -2, 0);
    CHECK_NEAR(c[3], 13, 0);
    hone_mul_tn_add(3, 3, 2, a, b, d); /* (2, 3)^T (2, 3) */
    CHECK_NEAR(d[0], 109, 0);          /* 100 + 1 * 1 + 4 * 2 */
    CHECK_NEAR(d[2], -1, 0);
    CHECK_NEAR(d[3], 12, 0); /* 2 * 1 + 5 * 2 */
}

const struct CMUnitTest hone_tests_linalg[] = {
    cmocka_unit_test(gram_is_the_sum_of_products),
    cmocka_unit_test(products_are_sums),
    cmocka_unit_test(any_threads_give_the_same_bits),
    cmocka_unit_test(many_calls_at_once_give_the_same_bits),
    cmocka_unit_test(parts_cover_the_rows),
    cmocka_unit_test(solver_solves_and_refuses),
    cmocka_unit_test(small_products),
};
const size_t hone_tests_linalg_n = sizeof hone_tests_linalg / sizeof hone_tests_linalg[0];
