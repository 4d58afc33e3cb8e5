/* Calibration by rows held out: what is chosen, what it does, and that the graph does the same. */
#include "base/rng.h"
#include "flow/train/answer.h"
#include "graph/plan.h"
#include "tables.h"

struct world {
    struct hone_target_facts target;
    struct hone_held_out held;
    double *prob;
};

/* Rows whose true log-odds are `truth` and whose score says `stretch` times as much, and `bend` of it bent. */
static struct world *make_world(struct tables_room *room, size_t classes, size_t rows,
                                double stretch, double bend)
{
    struct world *w = hone_new(&room->mem, struct world);
    struct hone_rng rng = hone_rng(5, rows + classes);
    size_t width = classes == 2 ? 1 : classes;

    w->target = (struct hone_target_facts){.name = "y",
                                           .task = classes == 2 ? HONE_TASK_BINARY
                                                                : HONE_TASK_MULTICLASS,
                                           .type = HONE_INT64,
                                           .classes = classes};
    w->held.n = rows;
    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &w->held.y, rows));
    CHECK_OK(&room->run, hone_matrix(&room->run, &room->mem, &w->held.raw, rows, width));
    CHECK_OK(&room->run, hone_matrix(&room->run, &room->mem, &w->prob, rows, classes));
    for (size_t i = 0; i < rows; i++) {
        double *raw = w->held.raw + i * width;
        for (size_t k = 0; k < width; k++) {
            raw[k] = 1.5 * hone_rng_normal(&rng);
        }
        hone_link(w->target.task, 1, classes, raw, w->prob + i * classes);
        double u = hone_rng_unit(&rng);
        size_t k = 0;
        while (k + 1 < classes && u >= w->prob[i * classes + k]) {
            u -= w->prob[i * classes + k];
            k++;
        }
        w->held.y[i] = (double)k;
        for (size_t j = 0; j < width; j++) {
            raw[j] = stretch * (raw[j] + (raw[j] > 0 ? bend : 0));
        }
    }
    return w;
}

static struct hone_calibration fit(struct tables_room *room, const struct world *w,
                                   const char *asked, bool weighted)
{
    struct hone_calibration c = {0};
    CHECK_OK(&room->run, hone_calibration_fit(&room->run, &w->target, &w->held, asked, weighted,
                                              &room->mem, &c));
    return c;
}

static void true_probabilities_are_left_alone(void **state)
{
    (void)state;
    size_t touched = 0;
    for (size_t r = 0; r < 20; r++) {
        struct tables_room *room = tables_enter(r);
        struct hone_calibration c =
            fit(room, make_world(room, 2, 300 + r, 1, 0), "auto", false);
        touched += c.kind != HONE_CALIBRATION_NONE;
        CHECK_NEAR(c.after.gain, 0, c.kind == HONE_CALIBRATION_NONE ? 0 : 1);
        tables_leave(room);
    }
    CHECK(touched <= 3); /* two kinds, each at about 2 % */
}

static void what_is_too_sure_is_calmed(void **state)
{
    (void)state;
    for (size_t classes = 2; classes <= 4; classes += 2) {
        struct tables_room *room = tables_enter(1);
        struct world *w = make_world(room, classes, 3000, 2, 0);
        struct hone_calibration c = fit(room, w, "auto", false);
        CHECK(c.kind == HONE_CALIBRATION_SIGMOID);
        CHECK(c.curves == (classes == 2 ? 1 : classes));
        CHECK(c.after.log_loss < c.before.log_loss && c.after.ece < c.before.ece);
        CHECK(c.after.gain > 2 * c.after.error);
        if (classes == 2) {
            CHECK_NEAR(c.sigmoid[0].a, -0.5, 0.05); /* what was put in, by 3000 rows */
            CHECK_NEAR(c.sigmoid[0].b, 0, 0.1);
        }
        struct hone_calibration none = fit(room, w, "none", false);
        CHECK(none.kind == HONE_CALIBRATION_NONE && none.why == NULL);
        CHECK_NEAR(none.after.log_loss, c.before.log_loss, 0);
        none = fit(room, w, "auto", true);
        CHECK(none.kind == HONE_CALIBRATION_NONE);
        CHECK(strstr(none.why, "class weights") != NULL);
        tables_leave(room);
    }
}

static void what_is_bent_needs_a_broken_line(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(1);
    struct world *w = make_world(room, 2, 8000, 1, 3);
    struct hone_calibration c = fit(room, w, "auto", false);

    CHECK(c.kind == HONE_CALIBRATION_ISOTONIC);
    CHECK(c.steps[0].n > 5 && c.steps[0].n <= 40);
    for (size_t i = 0; i < c.steps[0].n; i++) {
        CHECK(c.steps[0].y[i] > 0 && c.steps[0].y[i] < 1);
        CHECK(i == 0 ||
              (c.steps[0].x[i] > c.steps[0].x[i - 1] && c.steps[0].y[i] > c.steps[0].y[i - 1]));
    }
    HONE_JSON json_t *o = hone_calibration_json(&c);
    CHECK_STR(json_string_value(json_object_get(o, "kind")), "isotonic");
    tables_leave(room);
}

static void nothing_to_calibrate(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(1);
    struct world *w = make_world(room, 2, 100, 2, 0);
    struct hone_run *run = &room->run;
    struct hone_calibration c;

    for (size_t i = 0; i < 100; i++) {
        w->held.raw[i] = 0.25;
    }
    CHECK_STR(fit(room, w, "isotonic", false).why, "every row has the same score");
    w->held.n = 30;
    CHECK_STR(fit(room, w, "auto", false).why, "too few rows were held out");
    const struct hone_target_facts number = {
        .name = "y", .task = HONE_TASK_REGRESSION, .classes = 1};
    CHECK_OK(run, hone_calibration_fit(run, &number, &w->held, "auto", false, &room->mem, &c));
    CHECK(c.kind == HONE_CALIBRATION_NONE);
    CHECK_FAILS_WITH(
        run, hone_calibration_fit(run, &number, &w->held, "sigmoid", false, &room->mem, &c),
        HONE_E_ARG, "y is a number");
    tables_leave(room);
}

/* The graph's probabilities beside those of hone_calibration_apply. */
static void check_graph(struct tables_room *room, struct world *w,
                        const struct hone_calibration *c)
{
    struct hone_run *run = &room->run;
    size_t k = w->target.classes;
    size_t width = k == 2 ? 1 : k;
    size_t n = 400;
    const char *names[] = {"0", "1", "2", "3"};
    struct hone_signature s = {.task = w->target.task,
                               .target_type = HONE_INT64,
                               .classes = k,
                               .class_name = names,
                               .threshold = 0.3};
    struct hone_model *model = hone_model_new(&room->mem, "test");
    struct hone_plan *plan;
    struct hone_tensor out[2];
    float *raw;
    double *exact;
    double *want;

    hone_graph_input(&model->graph, "raw", HONE_F32, 2, (const int64_t[]){-1, (int64_t)width});
    hone_answer_emit(run, &s, c, "raw", &model->graph);
    CHECK_OK(run, hone_plan_new(run, model, NULL, 0, &room->mem, &plan));
    CHECK_OK(run, hone_array(run, &room->mem, &raw, n * width));
    CHECK_OK(run, hone_array(run, &room->mem, &exact, n * width));
    CHECK_OK(run, hone_array(run, &room->mem, &want, n * k));
    for (size_t i = 0; i < n * width; i++) {
        raw[i] = (float)(w->held.raw[i] * (i < 8 ? 20 : 1)); /* and some far outside */
        exact[i] = (double)raw[i];
    }
    hone_calibration_apply(c, &w->target, n, exact, want);
    struct hone_tensor in = {.type = HONE_F32, .rank = 2, .dim = {n, width}, .data = raw};
    CHECK_OK(run, hone_plan_run_rows(run, plan, n, &in, &room->mem, out));
    const struct hone_tensor *label = out[0].type == HONE_I64 ? &out[0] : &out[1];
    const float *got = (label == &out[0] ? &out[1] : &out[0])->data;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < k; j++) {
            /* float sums of at most 40 pieces; log-odds at the clip carry 6 % */
            CHECK_NEAR((double)got[i * k + j], want[i * k + j], 5e-6);
            sum += (double)got[i * k + j];
        }
        CHECK_NEAR(sum, 1, 1e-6);
        if (k == 2) {
            int64_t yes = ((const int64_t *)label->data)[i];
            CHECK(yes == (got[i * k + 1] >= 0.3F));
        }
    }
}

static void the_graph_does_the_same(void **state)
{
    (void)state;
    static const char *const kinds[] = {"none", "sigmoid", "isotonic"};
    for (size_t classes = 2; classes <= 4; classes += 2) {
        for (size_t i = 0; i < 3; i++) {
            struct tables_room *room = tables_enter(2);
            struct world *w = make_world(room, classes, 3000, 1.7, 0.5);
            struct hone_calibration c = fit(room, w, kinds[i], false);
            CHECK_STR(hone_calibration_name(c.kind), kinds[i]);
            check_graph(room, w, &c);
            tables_leave(room);
        }
    }
}

static void weights_count_as_rows(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(3);
    struct world *w = make_world(room, 2, 600, 2, 0);
    struct hone_held_out twice = {.n = 1200};
    struct hone_calibration a;
    struct hone_calibration b;
    static const char *const kinds[] = {"sigmoid", "isotonic"};

    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &twice.y, 1200));
    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &twice.raw, 1200));
    CHECK_OK(&room->run, hone_array(&room->run, &room->mem, &w->held.weight, 600));
    for (size_t i = 0; i < 600; i++) {
        w->held.weight[i] = 2;
        twice.y[i] = twice.y[600 + i] = w->held.y[i];
        twice.raw[i] = twice.raw[600 + i] = w->held.raw[i];
    }
    for (size_t k = 0; k < 2; k++) {
        a = fit(room, w, kinds[k], false);
        CHECK_OK(&room->run, hone_calibration_fit(&room->run, &w->target, &twice, kinds[k],
                                                  false, &room->mem, &b));
        for (double s = -4; s <= 4; s += 0.25) {
            double p[2];
            double q[2];
            hone_calibration_apply(&a, &w->target, 1, &s, p);
            hone_calibration_apply(&b, &w->target, 1, &s, q);
            CHECK_NEAR(p[1], q[1], 1e-6); /* Newton's stopping rule sees the sum of weights */
        }
    }
    tables_leave(room);
}

const struct CMUnitTest hone_tests_calibration[] = {
    cmocka_unit_test(true_probabilities_are_left_alone),
    cmocka_unit_test(what_is_too_sure_is_calmed),
    cmocka_unit_test(what_is_bent_needs_a_broken_line),
    cmocka_unit_test(nothing_to_calibrate),
    cmocka_unit_test(the_graph_does_the_same),
    cmocka_unit_test(weights_count_as_rows),
};
const size_t hone_tests_calibration_n =
    sizeof hone_tests_calibration / sizeof hone_tests_calibration[0];
