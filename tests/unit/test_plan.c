/* Plans: what is compiled, what is refused, what is the same again. */
#include <stdio.h>

#include "base/pool.h"
#include "check.h"
#include "graph/plan.h"

static struct hone_graph *begin(struct hone_arena *mem)
{
    return &hone_model_new(mem, "g")->graph;
}

static void float_input(struct hone_graph *g, const char *name, int64_t cols)
{
    hone_graph_input(g, name, HONE_F32, 2, (const int64_t[]){-1, cols});
}

static void float_output(struct hone_graph *g, const char *name)
{
    hone_graph_output(g, name, HONE_F32, 2, (const int64_t[]){-1, -1});
}

/* Inputs of several types, as a table has them, to one row of features and a label. */
static struct hone_model *pipeline(struct hone_arena *mem)
{
    struct hone_graph *g = begin(mem);
    const struct hone_str cats[] = {hone_str("red"), hone_str("green")};
    const float middle[] = {2.0f}, scale[] = {0.5f};
    const struct hone_str labels[] = {hone_str("no"), hone_str("yes")};
    const float coef[] = {1, 0.5f, -2};
    const float intercept[] = {0.25f};
    const char *x, *c, *all;

    hone_graph_input(g, "amount", HONE_F32, 2, (const int64_t[]){-1, 1});
    hone_graph_input(g, "colour", HONE_STRING, 2, (const int64_t[]){-1, 1});
    x = hone_graph_op(g, HONE_ML, "Imputer", "imputed", HONE_IN("amount"));
    hone_node_floats(g, hone_graph_last(g), "imputed_value_floats", 1, middle);
    hone_node_float(g, hone_graph_last(g), "replaced_value_float", NAN);
    x = hone_graph_op(g, HONE_ML, "Scaler", "scaled", HONE_IN(x));
    hone_node_floats(g, hone_graph_last(g), "offset", 1, middle);
    hone_node_floats(g, hone_graph_last(g), "scale", 1, scale);
    c = hone_graph_op(g, HONE_ML, "OneHotEncoder", "onehot", HONE_IN("colour"));
    hone_node_texts(g, hone_graph_last(g), "cats_strings", 2, cats);
    c = hone_graph_op(g, "", "Reshape", "flat",
                      HONE_IN(c, hone_graph_const(g, "shape", HONE_I64, 1, (const size_t[]){2},
                                                  (const int64_t[]){-1, 2})));
    all = hone_graph_op(g, "", "Concat", "features", HONE_IN(x, c));
    hone_node_int(g, hone_graph_last(g), "axis", 1);
    hone_graph_node(g, HONE_ML, "LinearClassifier", HONE_IN(all), HONE_IN("label", "scores"));
    hone_node_floats(g, hone_graph_last(g), "coefficients", 3, coef);
    hone_node_floats(g, hone_graph_last(g), "intercepts", 1, intercept);
    hone_node_texts(g, hone_graph_last(g), "classlabels_strings", 2, labels);
    hone_node_text(g, hone_graph_last(g), "post_transform", hone_str("LOGISTIC"));
    hone_graph_output(g, "label", HONE_STRING, 1, (const int64_t[]){-1});
    hone_graph_output(g, "scores", HONE_F32, 2, (const int64_t[]){-1, 2});
    return g->model;
}

static void a_pipeline_runs_by_row_and_by_block(void **state)
{
    (void)state;
    enum { N = 3000 };
    static float amount[N];
    static struct hone_str colour[N];
    struct hone_run run = {.pool = hone_pool_new(2)};
    struct hone_arena mem = {0};
    struct hone_plan *plan = NULL;
    struct hone_session *s;
    struct hone_tensor in[2] = {
        {.type = HONE_F32, .rank = 2, .dim = {N, 1}, .data = amount},
        {.type = HONE_STRING, .rank = 2, .dim = {N, 1}, .data = colour}};
    struct hone_tensor all[2], one[2];

    CHECK_OK(&run, hone_plan_new(&run, pipeline(&mem), NULL, 0, &mem, &plan));
    CHECK(hone_plan_inputs(plan) == 2 && hone_plan_outputs(plan) == 2);
    CHECK(hone_plan_rowwise(plan));
    CHECK(hone_plan_output(plan, 0)->type == HONE_STRING &&
          hone_plan_output(plan, 1)->dim[1] == 2);
    for (size_t i = 0; i < N; i++) {
        amount[i] = i % 7 == 0 ? NAN : (float)i / 100;
        colour[i] = hone_str(i % 3 == 0 ? "red" : i % 3 == 1 ? "green" : "blue");
    }
    CHECK_OK(&run, hone_plan_run_rows(&run, plan, N, in, &mem, all));
    s = hone_session_new(plan);
    in[0].dim[0] = in[1].dim[0] = 1;
    for (size_t i = 0; i < N; i++) {
        double x = i % 7 == 0 ? 0 : ((double)i / 100 - 2) / 2;
        double z = x + (i % 3 == 0 ? 0.5 : i % 3 == 1 ? -2 : 0) + 0.25;
        in[0].data = amount + i;
        in[1].data = colour + i;
        CHECK_OK(&run, hone_plan_run(&run, plan, s, in, one));
        CHECK(memcmp(one[1].data, (float *)all[1].data + 2 * i, 8) == 0);
        CHECK(
            hone_str_eq(*(struct hone_str *)one[0].data, ((struct hone_str *)all[0].data)[i]));
        CHECK_NEAR((double)((float *)one[1].data)[1], 1 / (1 + exp(-z)), 1e-6);
        CHECK(hone_str_is(*(struct hone_str *)one[0].data, z > 0 ? "yes" : "no"));
    }
    hone_session_free(s);
    hone_pool_free(run.pool);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void only_what_the_outputs_need_is_compiled(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_model *m = pipeline(&mem);
    struct hone_plan *plan = NULL;
    const char *some[] = {"scaled"}, *none[] = {"nothing"};

    hone_graph_op(&m->graph, "", "NoSuchOperator", "unused", HONE_IN("colour"));
    CHECK_OK(&run, hone_plan_new(&run, m, some, 1, &mem, &plan));
    CHECK(hone_plan_inputs(plan) == 1);
    CHECK_STR(hone_plan_input(plan, 0)->name, "amount");
    CHECK_FAILS_WITH(&run, hone_plan_new(&run, m, none, 1, &mem, &plan), HONE_E_NOT_FOUND,
                     "'nothing'");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void a_plan_may_live_in_the_scratch(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_plan *plan = NULL;
    float x = 3;
    struct hone_str c = hone_str("red");
    struct hone_tensor in[2] = {{.type = HONE_F32, .rank = 2, .dim = {1, 1}, .data = &x},
                                {.type = HONE_STRING, .rank = 2, .dim = {1, 1}, .data = &c}};
    struct hone_tensor out[2];

    CHECK_OK(&run, hone_plan_new(&run, pipeline(&mem), NULL, 0, &run.scratch, &plan));
    CHECK_OK(&run, hone_plan_run_rows(&run, plan, 1, in, &run.scratch, out));
    CHECK_NEAR((double)((float *)out[1].data)[1], 1 / (1 + exp(-1.25)), 1e-6);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void sessions_follow_changing_shapes(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_graph *g = begin(&mem);
    struct hone_plan *plan = NULL;
    struct hone_session *s;
    float x[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    struct hone_tensor in = {.type = HONE_F32, .rank = 2, .data = x}, out;
    const char *shape, *sum;

    /* y = x + sum over rows, through the shape of x: not rowwise. */
    hone_graph_input(g, "x", HONE_F32, 2, (const int64_t[]){-1, -1});
    shape = hone_graph_op(g, "", "Shape", "shape", HONE_IN("x"));
    sum = hone_graph_op(g, "", "ReduceSum", "sum",
                        HONE_IN("x", hone_graph_const_i64(g, "axis", 0)));
    sum = hone_graph_op(g, "", "Expand", "wide", HONE_IN(sum, shape));
    hone_graph_op(g, "", "Add", "y", HONE_IN("x", sum));
    float_output(g, "y");
    CHECK_OK(&run, hone_plan_new(&run, g->model, NULL, 0, &mem, &plan));
    CHECK(!hone_plan_rowwise(plan));
    s = hone_session_new(plan);
    for (size_t again = 0; again < 3; again++) {
        for (size_t cols = 1; cols <= 12; cols++) {
            size_t rows = 12 / cols;
            in.dim[0] = rows;
            in.dim[1] = cols;
            CHECK_OK(&run, hone_plan_run(&run, plan, s, &in, &out));
            CHECK(out.dim[0] == rows && out.dim[1] == cols);
            for (size_t j = 0; j < cols; j++) {
                double total = 0;
                for (size_t i = 0; i < rows; i++) {
                    total += (double)x[i * cols + j];
                }
                CHECK_NEAR((double)((float *)out.data)[j], (double)x[j] + total, 1e-5);
            }
        }
    }
    in.rank = 1;
    CHECK_FAILS_WITH(&run, hone_plan_run(&run, plan, s, &in, &out), HONE_E_SHAPE,
                     "input 'x' has 1 dimensions, the model wants 2");
    in.rank = 2;
    in.type = HONE_F64;
    CHECK_FAILS_WITH(&run, hone_plan_run(&run, plan, s, &in, &out), HONE_E_SHAPE,
                     "input 'x' is float64, the model wants float32");
    in.type = HONE_F32;
    CHECK_OK(&run, hone_plan_run(&run, plan, s, &in, &out)); /* a failure is got over */
    hone_session_free(s);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void text_made_by_blocks_is_kept(void **state)
{
    (void)state;
    enum { N = 2000 };
    static int64_t x[N];
    struct hone_run run = {.pool = hone_pool_new(2)};
    struct hone_arena mem = {0};
    struct hone_graph *g = begin(&mem);
    struct hone_plan *plan = NULL;
    struct hone_tensor in = {.type = HONE_I64, .rank = 1, .dim = {N}, .data = x}, out;

    hone_graph_input(g, "x", HONE_I64, 1, (const int64_t[]){-1});
    hone_graph_op(g, "", "Cast", "y", HONE_IN("x"));
    hone_node_int(g, hone_graph_last(g), "to", HONE_STRING);
    hone_graph_output(g, "y", HONE_STRING, 1, (const int64_t[]){-1});
    for (size_t i = 0; i < N; i++) {
        x[i] = (int64_t)i * 37 - 1000;
    }
    CHECK_OK(&run, hone_plan_new(&run, g->model, NULL, 0, &mem, &plan));
    CHECK_OK(&run, hone_plan_run_rows(&run, plan, N, &in, &mem, &out));
    for (size_t i = 0; i < N; i++) {
        char want[32];
        snprintf(want, sizeof want, "%lld", (long long)x[i]);
        CHECK(hone_str_is(((struct hone_str *)out.data)[i], want));
    }
    hone_pool_free(run.pool);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void a_failing_block_is_named_once(void **state)
{
    (void)state;
    enum { N = 5000 };
    static struct hone_str x[N];
    struct hone_run run = {.pool = hone_pool_new(2)};
    struct hone_arena mem = {0};
    struct hone_graph *g = begin(&mem);
    struct hone_plan *plan = NULL;
    struct hone_tensor in = {.type = HONE_STRING, .rank = 1, .dim = {N}, .data = x}, out;

    hone_graph_input(g, "x", HONE_STRING, 1, (const int64_t[]){-1});
    hone_graph_op(g, "", "Cast", "y", HONE_IN("x"));
    hone_node_int(g, hone_graph_last(g), "to", HONE_F32);
    hone_graph_output(g, "y", HONE_F32, 1, (const int64_t[]){-1});
    for (size_t i = 0; i < N; i++) {
        x[i] = hone_str(i == 1700 ? "first" : i == 4000 ? "second" : "1.5");
    }
    CHECK_OK(&run, hone_plan_new(&run, g->model, NULL, 0, &mem, &plan));
    for (size_t again = 0; again < 20; again++) {
        CHECK_FAILS_WITH(&run, hone_plan_run_rows(&run, plan, N, &in, &mem, &out),
                         HONE_E_FORMAT, "'first' is not a float32");
    }
    hone_pool_free(run.pool);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* Each makes one graph that must be refused. */
static void unknown(struct hone_graph *g)
{
    hone_graph_op(g, "", "Nonsense", "y", HONE_IN("x"));
    hone_graph_op(g, "acme", "Widget", "z", HONE_IN("y"));
}
static void undefined(struct hone_graph *g)
{
    hone_graph_op(g, "", "Relu", "y", HONE_IN("absent"));
}
static void twice(struct hone_graph *g)
{
    hone_graph_node(g, "", "Relu", HONE_IN("x"), HONE_IN("y"));
    hone_graph_node(g, "", "Relu", HONE_IN("x"), HONE_IN("y"));
}
static void cycle(struct hone_graph *g)
{
    hone_graph_node(g, "", "Relu", HONE_IN("b"), HONE_IN("a"));
    hone_graph_node(g, "", "Relu", HONE_IN("a"), HONE_IN("b"));
    hone_graph_node(g, "", "Relu", HONE_IN("b"), HONE_IN("y"));
}
static void types(struct hone_graph *g)
{
    hone_graph_op(g, "", "Add", "y", HONE_IN("x", hone_graph_const_i64(g, "c", 1)));
}
static void shapes(struct hone_graph *g)
{
    const float w[9] = {0};
    hone_graph_op(
        g, "", "MatMul", "y",
        HONE_IN("x", hone_graph_const(g, "w", HONE_F32, 2, (const size_t[]){3, 3}, w)));
}
static void broadcast(struct hone_graph *g)
{
    const float w[3] = {0};
    hone_graph_op(g, "", "Add", "y",
                  HONE_IN("x", hone_graph_const(g, "w", HONE_F32, 1, (const size_t[]){3}, w)));
}
static void no_kernel(struct hone_graph *g)
{
    const char *c = hone_graph_op(g, "", "Cast", "c", HONE_IN("x"));
    hone_node_int(g, hone_graph_last(g), "to", HONE_STRING);
    hone_graph_op(g, "", "Relu", "y", HONE_IN(c));
}
static void attribute(struct hone_graph *g)
{
    hone_graph_op(g, "", "LeakyRelu", "y", HONE_IN("x"));
    hone_node_int(g, hone_graph_last(g), "alpha", 1);
}
static void extra(struct hone_graph *g)
{
    hone_graph_op(g, "", "Relu", "y", HONE_IN("x"));
    hone_node_int(g, hone_graph_last(g), "mystery", 1);
}
static void arity(struct hone_graph *g)
{
    hone_graph_op(g, "", "Add", "y", HONE_IN("x"));
}
static void left_out(struct hone_graph *g)
{
    hone_graph_op(g, "", "Add", "y", HONE_IN("", "x"));
}
static void axis(struct hone_graph *g)
{
    hone_graph_op(g, "", "Softmax", "y", HONE_IN("x"));
    hone_node_int(g, hone_graph_last(g), "axis", 2);
}
static void cast(struct hone_graph *g)
{
    hone_graph_op(g, "", "Cast", "y", HONE_IN("x"));
    hone_node_int(g, hone_graph_last(g), "to", 14);
}
static void scaler(struct hone_graph *g)
{
    const float w[3] = {0};
    hone_graph_op(g, HONE_ML, "Scaler", "y", HONE_IN("x"));
    hone_node_floats(g, hone_graph_last(g), "offset", 3, w);
    hone_node_floats(g, hone_graph_last(g), "scale", 3, w);
}
static void keys(struct hone_graph *g)
{
    const float w[3] = {0};
    hone_graph_op(g, HONE_ML, "LabelEncoder", "y", HONE_IN("x"));
    hone_node_floats(g, hone_graph_last(g), "keys_floats", 3, w);
    hone_node_floats(g, hone_graph_last(g), "values_floats", 2, w);
}
static void reshape(struct hone_graph *g)
{
    const int64_t dim[] = {-1, -1};
    hone_graph_op(
        g, "", "Reshape", "y",
        HONE_IN("x", hone_graph_const(g, "s", HONE_I64, 1, (const size_t[]){2}, dim)));
}
static void gather(struct hone_graph *g)
{
    hone_graph_op(g, "", "Gather", "y", HONE_IN("x", "x"));
}
static void division(struct hone_graph *g)
{
    hone_graph_op(g, "", "Div", "y",
                  HONE_IN(hone_graph_const_i64(g, "a", 1), hone_graph_const_i64(g, "b", 0)));
}
static void constant(struct hone_graph *g)
{
    hone_graph_op(g, "", "Constant", "y", (const char *const[]){NULL});
}
static void post(struct hone_graph *g)
{
    const float w[2] = {0};
    hone_graph_op(g, HONE_ML, "LinearRegressor", "y", HONE_IN("x"));
    hone_node_floats(g, hone_graph_last(g), "coefficients", 2, w);
    hone_node_text(g, hone_graph_last(g), "post_transform", hone_str("MAGIC"));
}
static void coefficients(struct hone_graph *g)
{
    const float w[3] = {0};
    hone_graph_op(g, HONE_ML, "LinearRegressor", "y", HONE_IN("x"));
    hone_node_floats(g, hone_graph_last(g), "coefficients", 3, w);
}
static void split(struct hone_graph *g)
{
    hone_graph_node(g, "", "Split",
                    HONE_IN("x", hone_graph_const(g, "s", HONE_I64, 1, (const size_t[]){2},
                                                  (const int64_t[]){1, 3})),
                    HONE_IN("y", "z"));
    hone_node_int(g, hone_graph_last(g), "axis", 1);
}
static void huge(struct hone_graph *g)
{
    const int64_t dim[] = {INT64_MAX / 4, 8};
    hone_graph_op(g, "", "ConstantOfShape", "c",
                  HONE_IN(hone_graph_const(g, "s", HONE_I64, 1, (const size_t[]){2}, dim)));
    hone_graph_op(g, "", "Add", "y", HONE_IN("x", "c"));
}

static void graphs_that_are_not_well_formed_are_refused(void **state)
{
    (void)state;
    static const struct {
        void (*make)(struct hone_graph *g);
        const char *output;
        enum hone_code code;
        const char *says;
    } cases[] = {
        {unknown, "z", HONE_E_UNSUPPORTED, "Nonsense, acme:Widget"},
        {undefined, "y", HONE_E_FORMAT, "input 'absent' is not defined"},
        {twice, "y", HONE_E_FORMAT, "defined twice"},
        {cycle, "y", HONE_E_FORMAT, "depends on itself"},
        {types, "y", HONE_E_SHAPE, "node Add_0 (Add): inputs of different types"},
        {shapes, "y", HONE_E_SHAPE, "2 columns times one of 3 rows"},
        {broadcast, "y", HONE_E_SHAPE, "do not broadcast"},
        {no_kernel, "y", HONE_E_UNSUPPORTED, "Relu of string"},
        {attribute, "y", HONE_E_FORMAT, "attribute 'alpha' is of another type"},
        {extra, "y", HONE_E_UNSUPPORTED, "attribute 'mystery'"},
        {arity, "y", HONE_E_FORMAT, "1 inputs"},
        {left_out, "y", HONE_E_FORMAT, "input 0 is left out"},
        {axis, "y", HONE_E_SHAPE, "axis 2"},
        {cast, "y", HONE_E_UNSUPPORTED, "complex64"},
        {scaler, "y", HONE_E_SHAPE, "3 offsets and 3 scales for 2 columns"},
        {keys, "y", HONE_E_FORMAT, "3 keys and 2 values"},
        {reshape, "y", HONE_E_SHAPE, "wrong dimension"},
        {gather, "y", HONE_E_SHAPE, "indices of float32"},
        {division, "y", HONE_E_NUMERIC, "division by zero"},
        {constant, "y", HONE_E_FORMAT, "one value"},
        {post, "y", HONE_E_UNSUPPORTED, "post_transform of 'MAGIC'"},
        {coefficients, "y", HONE_E_SHAPE, "2 features, the model has 3"},
        {split, "y", HONE_E_SHAPE, "do not add up"},
        {huge, "nothing", HONE_E_NOT_FOUND, "'nothing'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hone_run run = {0};
        struct hone_arena mem = {0};
        struct hone_graph *g = begin(&mem);
        struct hone_plan *plan = NULL;
        float_input(g, "x", 2);
        cases[i].make(g);
        CHECK_FAILS_WITH(&run, hone_plan_new(&run, g->model, &cases[i].output, 1, &mem, &plan),
                         cases[i].code, cases[i].says);
        CHECK(plan == NULL);
        hone_arena_free(&mem);
        hone_run_clear(&run);
    }
}

static void too_much_memory_is_refused_at_run_time(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_graph *g = begin(&mem);
    struct hone_plan *plan = NULL;
    struct hone_session *s;
    float x[2] = {0};
    struct hone_tensor in = {.type = HONE_F32, .rank = 2, .dim = {1, 2}, .data = x}, out;

    float_input(g, "x", 2);
    huge(g);
    float_output(g, "y");
    g->init[0].tensor.data = (int64_t[]){INT64_MAX / 4, 2};
    CHECK_OK(&run, hone_plan_new(&run, g->model, NULL, 0, &mem, &plan));
    s = hone_session_new(plan);
    CHECK_FAILS(&run, hone_plan_run(&run, plan, s, &in, &out), HONE_E_LIMIT);
    hone_session_free(s);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* Allocation after allocation fails: each time it is said, and nothing is half made. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct hone_arena model_mem = {0};
    struct hone_model *m = pipeline(&model_mem);
    size_t failures = 0;

    for (unsigned n = 1;; n++) {
        struct hone_run run = {0};
        struct hone_arena mem = {0};
        struct hone_plan *plan = NULL;
        hone_arena_fail_after(n);
        enum hone_code code = hone_plan_new(&run, m, NULL, 0, &mem, &plan);
        hone_arena_fail_after(0);
        CHECK(code == run.err.code);
        CHECK((code == HONE_OK) == (plan != NULL));
        hone_arena_free(&mem);
        hone_run_clear(&run);
        if (code == HONE_OK) {
            break;
        }
        failures++;
    }
    CHECK(failures > 20);
    hone_arena_free(&model_mem);
}

static void old_definitions_are_upgraded(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_graph *g = begin(&mem);
    struct hone_plan *plan = NULL;
    struct hone_session *s;
    float x[8] = {1, -9, 3, 4, 5, 6, 7, 8};
    struct hone_tensor in = {.type = HONE_F32, .rank = 2, .dim = {2, 4}, .data = x}, out;
    const char *v;

    g->model->opset[0].version = 9;
    float_input(g, "x", 4);
    v = hone_graph_op(g, "", "Clip", "c", HONE_IN("x"));
    hone_node_float(g, hone_graph_last(g), "min", -1.0f);
    hone_node_float(g, hone_graph_last(g), "max", 6.0f);
    v = hone_graph_op(g, "", "Slice", "s", HONE_IN(v));
    hone_node_ints(g, hone_graph_last(g), "starts", 1, (const int64_t[]){1});
    hone_node_ints(g, hone_graph_last(g), "ends", 1, (const int64_t[]){4});
    hone_node_ints(g, hone_graph_last(g), "axes", 1, (const int64_t[]){1});
    v = hone_graph_op(g, "", "ReduceSum", "r", HONE_IN(v));
    hone_node_ints(g, hone_graph_last(g), "axes", 1, (const int64_t[]){1});
    float_output(g, v);
    CHECK_OK(&run, hone_plan_new(&run, g->model, NULL, 0, &mem, &plan));
    CHECK(hone_plan_rowwise(plan));
    s = hone_session_new(plan);
    CHECK_OK(&run, hone_plan_run(&run, plan, s, &in, &out));
    CHECK_NEAR((double)((float *)out.data)[0], -1 + 3 + 4, 0.0);
    CHECK_NEAR((double)((float *)out.data)[1], 6 + 6 + 6, 0.0);
    hone_session_free(s);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* Runs with the same input give the same bits, though buffers grow and are passed on in the first. */
static void later_runs_find_what_the_first_left(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_graph *g = begin(&mem);
    static const int64_t wide[] = {1, 200000}, one[] = {1};
    static float x[3] = {1, 2, 3};
    struct hone_tensor in = {.type = HONE_F32, .rank = 2, .dim = {3, 1}, .data = x}, out[2];
    struct hone_plan *plan = NULL;
    struct hone_session *s;
    const char *a, *shape, *ones, *b;
    float first[2][3];

    /* x + 1 is small and is gone when x * 2 is made wide in its buffer; ones depends on the shape of x alone. */
    float_input(g, "x", 1);
    a = hone_graph_op(g, "", "Add", "a", HONE_IN("x", hone_graph_const_f32(g, "one", 1)));
    a = hone_graph_op(g, "", "Neg", "minus", HONE_IN(a));
    a = hone_graph_op(g, "", "Exp", "e", HONE_IN(a));
    b = hone_graph_op(
        g, "", "Expand", "wide",
        HONE_IN(a, hone_graph_const(g, "to", HONE_I64, 1, (const size_t[]){2}, wide)));
    a = hone_graph_op(g, "", "Sqrt", "root", HONE_IN(b));
    b = hone_graph_op(g, "", "Sub", "both", HONE_IN(b, a)); /* two buffers are free behind it */
    shape = hone_graph_op(g, "", "Shape", "shape", HONE_IN("x"));
    ones = hone_graph_op(g, "", "ConstantOfShape", "ones", HONE_IN(shape));
    hone_node_tensor(
        g, hone_graph_last(g), "value",
        &(struct hone_tensor){.type = HONE_F32, .rank = 1, .dim = {1}, .data = (float[]){1}});
    b = hone_graph_op(
        g, "", "ReduceMax", "top",
        HONE_IN(b, hone_graph_const(g, "axis", HONE_I64, 1, (const size_t[]){1}, one)));
    hone_graph_node(g, "", "Add", HONE_IN(b, ones), HONE_IN("y"));
    hone_graph_node(g, "", "Add", HONE_IN(ones, "x"), HONE_IN("z"));
    float_output(g, "y");
    float_output(g, "z");
    g->model->opset[0].version = 18;
    CHECK_OK(&run, hone_plan_new(&run, g->model, NULL, 0, &mem, &plan));
    s = hone_session_new(plan);
    for (size_t again = 0; again < 4; again++) {
        CHECK_OK(&run, hone_plan_run(&run, plan, s, &in, out));
        for (size_t i = 0; i < 3; i++) {
            if (again == 0) {
                first[0][i] = ((float *)out[0].data)[i];
                first[1][i] = ((float *)out[1].data)[i];
            }
            CHECK(((float *)out[0].data)[i] == first[0][i]);
            CHECK(((float *)out[1].data)[i] == first[1][i] && first[1][i] == 1 + x[i]);
        }
    }
    hone_session_free(s);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* --- subgraphs ---------------------------------------------------------------------------------------- */

/* A graph as an attribute. */
static void node_graph(struct hone_graph *g, struct hone_node *node, const char *name,
                       struct hone_graph *value)
{
    hone_node_int(g, node, name, 0);
    for (size_t i = 0; i < node->attrs; i++) {
        if (strcmp(node->attr[i].name, name) == 0) {
            node->attr[i].type = HONE_ATTR_GRAPH;
            node->attr[i].g = value;
        }
    }
}

static struct hone_graph *subgraph(struct hone_arena *mem, struct hone_model *model)
{
    struct hone_graph *g = hone_new(mem, struct hone_graph);
    g->name = "body";
    g->model = model;
    return g;
}

/* A Loop without end that doubles x, which it takes from outside. */
static struct hone_graph *endless(struct hone_arena *mem)
{
    struct hone_graph *g = begin(mem), *body = subgraph(mem, g->model);

    float_input(g, "x", 1);
    hone_graph_input(body, "i", HONE_I64, 0, NULL);
    hone_graph_input(body, "go", HONE_B8, 0, NULL);
    hone_graph_input(body, "v", HONE_F32, 2, (const int64_t[]){-1, 1});
    hone_graph_node(body, "", "Identity", HONE_IN("go"), HONE_IN("go_on"));
    hone_graph_node(body, "", "Add", HONE_IN("v", "x"), HONE_IN("next"));
    hone_graph_output(body, "go_on", HONE_B8, 0, NULL);
    hone_graph_output(body, "next", HONE_F32, 2, (const int64_t[]){-1, 1});
    hone_graph_node(g, "", "Loop", HONE_IN("", "", "x"), HONE_IN("y"));
    node_graph(g, hone_graph_last(g), "body", body);
    float_output(g, "y");
    return g;
}

static int64_t count_looks(void *clock)
{
    return ++*(int64_t *)clock;
}

static void loops_stop_at_the_deadline(void **state)
{
    (void)state;
    int64_t looks = 0;
    struct hone_run run = {.now = count_looks, .clock = &looks, .deadline = 100};
    struct hone_arena mem = {0};
    struct hone_graph *g = endless(&mem);
    struct hone_plan *plan = NULL;
    static float x[2] = {1, 2};
    struct hone_tensor in = {.type = HONE_F32, .rank = 2, .dim = {2, 1}, .data = x}, out;
    struct hone_session *s;

    CHECK_OK(&run, hone_plan_new(&run, g->model, NULL, 0, &mem, &plan));
    s = hone_session_new(plan);
    CHECK(hone_plan_run(&run, plan, s, &in, &out) == HONE_E_CANCELLED);
    CHECK(looks == 100);
    CHECK(strstr(run.err.message, "Loop") != NULL);
    hone_session_free(s);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void subgraphs_too_deep_are_refused(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_graph *g = begin(&mem), *inner = subgraph(&mem, g->model);
    struct hone_plan *plan = NULL;

    hone_graph_input(g, "c", HONE_B8, 0, NULL);
    hone_graph_node(inner, "", "Not", HONE_IN("c"), HONE_IN("y"));
    hone_graph_output(inner, "y", HONE_B8, 0, NULL);
    for (size_t i = 0; i < 40; i++) {
        struct hone_graph *outer = i == 39 ? g : subgraph(&mem, g->model);
        hone_graph_node(outer, "", "If", HONE_IN("c"), HONE_IN("y"));
        node_graph(outer, hone_graph_last(outer), "then_branch", inner);
        node_graph(outer, hone_graph_last(outer), "else_branch", inner);
        hone_graph_output(outer, "y", HONE_B8, 0, NULL);
        inner = outer;
    }
    CHECK(hone_plan_new(&run, g->model, NULL, 0, &mem, &plan) == HONE_E_LIMIT);
    CHECK(strstr(run.err.message, "deep") != NULL);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* --- functions ---------------------------------------------------------------------------------------- */

static void field(struct hone_buf *b, unsigned number, struct hone_str bytes)
{
    hone_buf_char(b, (char)(number << 3 | 2));
    hone_buf_char(b, (char)bytes.len); /* all here are short */
    hone_buf_str(b, bytes);
}

static struct hone_str done(const struct hone_buf *b)
{
    return (struct hone_str){b->ptr, b->len};
}

/* twice_leaky(a; slope) = LeakyRelu(t, alpha = slope) with t = a + a, as the bytes of a FunctionProto. */
static struct hone_str twice_leaky(struct hone_arena *mem)
{
    struct hone_buf f = hone_buf(mem), add = hone_buf(mem), leaky = hone_buf(mem),
                    alpha = hone_buf(mem);

    field(&add, 1, hone_str("a"));
    field(&add, 1, hone_str("a"));
    field(&add, 2, hone_str("t"));
    field(&add, 4, hone_str("Add"));
    field(&alpha, 1, hone_str("alpha"));
    hone_buf_bytes(&alpha, "\xa0\x01\x01\xaa\x01\x05slope", 11); /* FLOAT, refers to slope */
    field(&leaky, 1, hone_str("t"));
    field(&leaky, 2, hone_str("b"));
    field(&leaky, 4, hone_str("LeakyRelu"));
    field(&leaky, 5, done(&alpha));
    field(&f, 1, hone_str("TwiceLeaky"));
    field(&f, 4, hone_str("a"));
    field(&f, 5, hone_str("b"));
    field(&f, 6, hone_str("slope"));
    field(&f, 7, done(&add));
    field(&f, 7, done(&leaky));
    field(&f, 10, hone_str("local"));
    return done(&f);
}

static void functions_are_the_nodes_they_stand_for(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_graph *g = begin(&mem);
    struct hone_str function = twice_leaky(&mem), bytes;
    struct hone_model *model = NULL;
    struct hone_plan *plan = NULL;
    static float x[2] = {1, -1};
    struct hone_tensor in = {.type = HONE_F32, .rank = 2, .dim = {2, 1}, .data = x}, out;
    struct hone_session *s;
    const char *t;

    float_input(g, "x", 1);
    t = hone_graph_op(g, "local", "TwiceLeaky", "once", HONE_IN("x"));
    hone_node_float(g, hone_graph_last(g), "slope", 0.5f);
    hone_graph_node(g, "local", "TwiceLeaky", HONE_IN(t), HONE_IN("y"));
    hone_node_float(g, hone_graph_last(g), "slope", 0.25f);
    float_output(g, "y");
    g->model->function = &function;
    g->model->functions = 1;
    CHECK_OK(&run, hone_model_write(&run, g->model, &mem, &bytes));
    CHECK_OK(&run, hone_model_read(&run, bytes, &mem, &model));
    CHECK_OK(&run, hone_plan_new(&run, model, NULL, 0, &mem, &plan));
    CHECK(hone_plan_rowwise(plan));
    s = hone_session_new(plan);
    CHECK_OK(&run, hone_plan_run(&run, plan, s, &in, &out));
    CHECK(((float *)out.data)[0] == 4);     /* 1, 2, 2, 4, 4 */
    CHECK(((float *)out.data)[1] == -0.5f); /* -1, -2, -1, -2, -0.5 */
    hone_session_free(s);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* A graph x + w with w = (0, 7, 0, 5) as a sparse initializer, as the bytes of a ModelProto. */
static void sparse_initializers_are_filled_up(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_buf values = hone_buf(&mem), index = hone_buf(&mem), sparse = hone_buf(&mem),
                    node = hone_buf(&mem), in = hone_buf(&mem), y = hone_buf(&mem),
                    g = hone_buf(&mem), m = hone_buf(&mem);
    static const float nonzero[] = {7, 5};
    static const int64_t where[] = {1, 3};
    static float x[4] = {1, 2, 3, 4};
    struct hone_tensor input = {.type = HONE_F32, .rank = 1, .dim = {4}, .data = x}, out;
    struct hone_model *model = NULL;
    struct hone_plan *plan = NULL;
    struct hone_session *s;

    hone_buf_bytes(&values, "\x08\x02\x10\x01", 4); /* dims 2, float */
    field(&values, 8, hone_str("w"));
    field(&values, 9, (struct hone_str){(const char *)nonzero, sizeof nonzero});
    hone_buf_bytes(&index, "\x08\x02\x10\x07", 4); /* dims 2, int64 */
    field(&index, 9, (struct hone_str){(const char *)where, sizeof where});
    field(&sparse, 1, done(&values));
    field(&sparse, 2, done(&index));
    hone_buf_bytes(&sparse, "\x18\x04", 2); /* dims 4 */
    field(&node, 1, hone_str("x"));
    field(&node, 1, hone_str("w"));
    field(&node, 2, hone_str("y"));
    field(&node, 4, hone_str("Add"));
    field(&in, 1, hone_str("x"));
    field(&in, 2, (struct hone_str){"\x0a\x08\x08\x01\x12\x04\x0a\x02\x08\x04", 10});
    field(&y, 1, hone_str("y"));
    field(&g, 1, done(&node));
    field(&g, 11, done(&in));
    field(&g, 12, done(&y));
    field(&g, 15, done(&sparse));
    field(&m, 7, done(&g));
    field(&m, 8, (struct hone_str){"\x10\x0d", 2}); /* opset 13 */
    CHECK_OK(&run, hone_model_read(&run, done(&m), &mem, &model));
    CHECK_OK(&run, hone_plan_new(&run, model, NULL, 0, &mem, &plan));
    s = hone_session_new(plan);
    CHECK_OK(&run, hone_plan_run(&run, plan, s, &input, &out));
    CHECK(((float *)out.data)[0] == 1 && ((float *)out.data)[1] == 9);
    CHECK(((float *)out.data)[2] == 3 && ((float *)out.data)[3] == 9);
    hone_session_free(s);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_plan[] = {
    cmocka_unit_test(a_pipeline_runs_by_row_and_by_block),
    cmocka_unit_test(only_what_the_outputs_need_is_compiled),
    cmocka_unit_test(a_plan_may_live_in_the_scratch),
    cmocka_unit_test(sessions_follow_changing_shapes),
    cmocka_unit_test(text_made_by_blocks_is_kept),
    cmocka_unit_test(a_failing_block_is_named_once),
    cmocka_unit_test(graphs_that_are_not_well_formed_are_refused),
    cmocka_unit_test(too_much_memory_is_refused_at_run_time),
    cmocka_unit_test(every_allocation_may_fail),
    cmocka_unit_test(old_definitions_are_upgraded),
    cmocka_unit_test(later_runs_find_what_the_first_left),
    cmocka_unit_test(loops_stop_at_the_deadline),
    cmocka_unit_test(subgraphs_too_deep_are_refused),
    cmocka_unit_test(functions_are_the_nodes_they_stand_for),
    cmocka_unit_test(sparse_initializers_are_filled_up),
};
const size_t hone_tests_plan_n = sizeof hone_tests_plan / sizeof hone_tests_plan[0];
