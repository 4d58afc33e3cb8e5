/* Isotonic and sigmoid calibration against scikit-learn. */
#include "base/file.h"
#include "base/json.h"
#include "check.h"
#include "eval/calibrate.h"

static double *numbers(struct hone_arena *mem, const json_t *array, size_t *n)
{
    if (!json_is_array(array)) {
        return NULL;
    }
    *n = json_array_size(array);
    double *out = hone_arena_alloc(mem, sizeof *out, *n);
    assert_non_null(out);
    for (size_t i = 0; i < *n; i++) {
        out[i] = json_number_value(json_array_get(array, i));
    }
    return out;
}

static void fits_of_scikit_learn(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_file file;
    HONE_JSON json_t *root = NULL;
    size_t i;
    json_t *c;

    (void)state;
    CHECK_OK(&run, hone_file_open(&run, "tests/golden/eval_metrics.json", &mem, &file));
    CHECK_OK(&run, hone_json_parse(&run, file.bytes, &root));
    hone_file_close(&file);
    assert_int_equal(json_array_size(json_object_get(root, "calibration")), 12);
    json_array_foreach(json_object_get(root, "calibration"), i, c)
    {
        struct hone_steps steps;
        struct hone_sigmoid sigmoid;
        size_t n;
        size_t points;
        double *x = numbers(&mem, json_object_get(c, "x"), &n);
        double *y = numbers(&mem, json_object_get(c, "y"), &n);
        double *w = numbers(&mem, json_object_get(c, "weight"), &n);
        double *at = numbers(&mem, json_object_get(c, "at"), &points);
        double *iso = numbers(&mem, json_object_get(c, "isotonic"), &points);
        double *sig = numbers(&mem, json_object_get(c, "sigmoid"), &points);
        CHECK_OK(&run, hone_isotonic_fit(&run, n, x, y, w, &mem, &steps));
        CHECK_OK(&run, hone_sigmoid_fit(&run, n, x, y, w, &sigmoid));
        for (size_t j = 0; j < points; j++) {
            CHECK_NEAR(hone_steps_at(&steps, at[j]), iso[j], 1e-9);
            /* BFGS stops at a gradient of 1e-5, ours at the minimum */
            CHECK_NEAR(hone_sigmoid_at(&sigmoid, at[j]), sig[j], 1e-5);
        }
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void degenerate_input(void **state)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_steps steps;
    struct hone_sigmoid s;
    static const double x[] = {1, 1, 1};
    static const double y[] = {0, 1, 1};
    static const double none[] = {0, 0, 0};
    static const double bad[] = {0, (double)NAN, 1};

    (void)state;
    CHECK_OK(&run, hone_isotonic_fit(&run, 3, x, y, NULL, &mem, &steps));
    assert_int_equal(steps.n, 1);
    CHECK_NEAR(hone_steps_at(&steps, 5), 2.0 / 3, 1e-15);
    CHECK_OK(&run, hone_sigmoid_fit(&run, 3, x, y, NULL, &s));
    CHECK(hone_sigmoid_at(&s, 1) > 0.5 && hone_sigmoid_at(&s, 1) < 2.0 / 3);
    CHECK_FAILS(&run, hone_isotonic_fit(&run, 3, x, y, none, &mem, &steps), HONE_E_ARG);
    CHECK_FAILS(&run, hone_isotonic_fit(&run, 3, bad, y, NULL, &mem, &steps), HONE_E_NUMERIC);
    CHECK_FAILS(&run, hone_sigmoid_fit(&run, 0, x, y, NULL, &s), HONE_E_ARG);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* Far scores of perfectly separated classes must neither overflow nor run away. */
static void separated_classes_stay_finite(void **state)
{
    struct hone_run run = {0};
    struct hone_sigmoid s;
    double x[40];
    double y[40];

    (void)state;
    for (size_t i = 0; i < 40; i++) {
        y[i] = i < 20 ? 0 : 1;
        x[i] = 1e6 * (y[i] - 0.5) + (double)i;
    }
    CHECK_OK(&run, hone_sigmoid_fit(&run, 40, x, y, NULL, &s));
    CHECK_NEAR(hone_sigmoid_at(&s, 5e5 + 30), 21.0 / 22, 1e-3); /* Platt's target */
    CHECK_NEAR(hone_sigmoid_at(&s, -5e5 + 10), 1.0 / 22, 1e-3);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_calibrate[] = {
    cmocka_unit_test(fits_of_scikit_learn),
    cmocka_unit_test(degenerate_input),
    cmocka_unit_test(separated_classes_stay_finite),
};
const size_t hone_tests_calibrate_n =
    sizeof hone_tests_calibrate / sizeof hone_tests_calibrate[0];
