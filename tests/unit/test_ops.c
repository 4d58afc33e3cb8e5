/* Operators: the registry as a whole, and meanings that the shared operator tests do not pin down. */
#include <stdlib.h>

#include "check.h"
#include "graph/op.h"
#include "graph/plan.h"

static void the_registry_is_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; hone_ops[i] != NULL; i++) {
        const struct hone_op *op = hone_ops[i];
        size_t kernels = 0;
        CHECK(op->part.name != NULL && op->part.source != NULL && op->domain != NULL);
        CHECK(op->since >= 1 && op->infer != NULL);
        CHECK(op->inputs_min <= op->inputs_max && op->outputs_min <= op->outputs_max);
        CHECK(op->outputs_min >= 1);
        CHECK(op->prepare == NULL || op->state_size != 0);
        for (size_t k = 0; k < HONE_DTYPES; k++) {
            kernels += op->forward[k] != NULL;
        }
        kernels += op->any != NULL || op->boxed != NULL;
        CHECK((kernels != 0) == ((op->flags & HONE_OP_VIEW) == 0));
        for (const char *a = op->attrs == NULL ? "" : op->attrs; *a != '\0';) {
            size_t name = strcspn(a, ": ");
            CHECK(name > 0 && a[name] == ':' && strchr("fistgFIS", a[name + 1]) != NULL);
            a += name + 2;
            CHECK(*a == '\0' || *a == ' ');
            a += *a == ' ';
        }
        CHECK(hone_op_find(op->domain, op->part.name, op->since) == op); /* the names differ */
        CHECK(hone_op_find(op->domain, op->part.name, op->since - 1) == NULL);
    }
    CHECK(hone_op_find("", "NoSuchOperator", 17) == NULL);
}

/* One operator under test: its graph, and its outputs once it has run. */
struct bench {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_graph *g;
    struct hone_tensor in[2], out[2];
    struct hone_session *session;
    size_t inputs;
};

static void begin(struct bench *b)
{
    *b = (struct bench){0};
    b->g = &hone_model_new(&b->mem, "g")->graph;
}

static void input(struct bench *b, const char *name, enum hone_dtype type, size_t rows,
                  size_t cols, const void *data)
{
    void *copy = hone_arena_alloc(&b->mem, hone_dtype_size(type), rows * cols + 1);
    memcpy(copy, data, rows * cols * hone_dtype_size(type));
    hone_graph_input(b->g, name, type, cols == 0 ? 1 : 2, (const int64_t[]){-1, -1});
    b->in[b->inputs++] =
        (struct hone_tensor){.type = type, .rank = 2, .dim = {rows, cols}, .data = copy};
}

static enum hone_code evaluate(struct bench *b, const char *output)
{
    struct hone_plan *plan = NULL;
    HONE_TRY(hone_plan_new(&b->run, b->g->model, &output, 1, &b->mem, &plan));
    b->session = hone_session_new(plan);
    return hone_plan_run(&b->run, plan, b->session, b->in, b->out);
}

static void end(struct bench *b)
{
    hone_session_free(b->session);
    hone_arena_free(&b->mem);
    hone_run_clear(&b->run);
}

static void integers_divide_as_in_c_and_mod_as_asked(void **state)
{
    (void)state;
    static const int64_t x[] = {7, -7, 7, -7, INT64_MIN}, y[] = {2, 2, -2, -2, -1};
    static const int64_t quotient[] = {3, -3, -3, 3, INT64_MIN};
    static const int64_t floored[] = {1, 1, -1, -1, 0}, remainder[] = {1, -1, 1, -1, 0};
    static const struct {
        const char *op;
        int64_t fmod;
        const int64_t *want;
    } cases[] = {{"Div", -1, quotient}, {"Mod", 0, floored}, {"Mod", 1, remainder}};

    for (size_t i = 0; i < 3; i++) {
        struct bench b;
        begin(&b);
        input(&b, "x", HONE_I64, 5, 1, x);
        input(&b, "y", HONE_I64, 5, 1, y);
        hone_graph_op(b.g, "", cases[i].op, "z", HONE_IN("x", "y"));
        if (cases[i].fmod >= 0) {
            hone_node_int(b.g, hone_graph_last(b.g), "fmod", cases[i].fmod);
        }
        CHECK_OK(&b.run, evaluate(&b, "z"));
        CHECK(memcmp(b.out[0].data, cases[i].want, sizeof x) == 0);
        end(&b);
    }
}

static void nan_keys_match_nan(void **state)
{
    (void)state;
    const float x[] = {NAN, 1, 2, -0.0f}, keys[] = {1, NAN, 0};
    const int64_t values[] = {10, 20, 30};
    struct bench b;
    begin(&b);
    input(&b, "x", HONE_F32, 4, 1, x);
    hone_graph_op(b.g, HONE_ML, "LabelEncoder", "y", HONE_IN("x"));
    hone_node_floats(b.g, hone_graph_last(b.g), "keys_floats", 3, keys);
    hone_node_ints(b.g, hone_graph_last(b.g), "values_int64s", 3, values);
    hone_node_int(b.g, hone_graph_last(b.g), "default_int64", -5);
    CHECK_OK(&b.run, evaluate(&b, "y"));
    CHECK(memcmp(b.out[0].data, ((const int64_t[]){20, 10, -5, 30}), 4 * sizeof(int64_t)) == 0);
    end(&b);
}

static void unknown_categories_are_zeros_or_refused(void **state)
{
    (void)state;
    const struct hone_str x[] = {hone_str("b"), hone_str("z")};
    const struct hone_str cats[] = {hone_str("a"), hone_str("b")};
    for (int64_t zeros = 0; zeros < 2; zeros++) {
        struct bench b;
        begin(&b);
        input(&b, "x", HONE_STRING, 2, 1, x);
        hone_graph_op(b.g, HONE_ML, "OneHotEncoder", "y", HONE_IN("x"));
        hone_node_texts(b.g, hone_graph_last(b.g), "cats_strings", 2, cats);
        hone_node_int(b.g, hone_graph_last(b.g), "zeros", zeros);
        if (zeros == 0) {
            CHECK_FAILS_WITH(&b.run, evaluate(&b, "y"), HONE_E_SHAPE, "element 1");
        } else {
            CHECK_OK(&b.run, evaluate(&b, "y"));
            CHECK(b.out[0].rank == 3 && b.out[0].dim[2] == 2);
            CHECK(memcmp(b.out[0].data, ((const float[]){0, 1, 0, 0}), 4 * sizeof(float)) == 0);
        }
        end(&b);
    }
}

static void text_is_cast_both_ways(void **state)
{
    (void)state;
    const struct hone_str x[] = {hone_str("1.5"), hone_str(" -2e3"), hone_str("NaN"),
                                 hone_str("-INF")};
    const float y[] = {1.5f, -0.0f, NAN, 1e-7f};
    const char *const want[] = {"1.5", "-0", "NaN", "1e-07"};
    struct bench b;

    begin(&b);
    input(&b, "x", HONE_STRING, 4, 1, x);
    hone_graph_op(b.g, "", "Cast", "y", HONE_IN("x"));
    hone_node_int(b.g, hone_graph_last(b.g), "to", HONE_F32);
    CHECK_OK(&b.run, evaluate(&b, "y"));
    CHECK_NEAR((double)((float *)b.out[0].data)[0], 1.5, 0.0);
    CHECK_NEAR((double)((float *)b.out[0].data)[1], -2000, 0.0);
    CHECK(isnan(((float *)b.out[0].data)[2]) && ((float *)b.out[0].data)[3] == -INFINITY);
    end(&b);
    begin(&b);
    input(&b, "x", HONE_F32, 4, 1, y);
    hone_graph_op(b.g, "", "Cast", "y", HONE_IN("x"));
    hone_node_int(b.g, hone_graph_last(b.g), "to", HONE_STRING);
    CHECK_OK(&b.run, evaluate(&b, "y"));
    for (size_t i = 0; i < 3; i++) {
        CHECK(hone_str_is(((struct hone_str *)b.out[0].data)[i], want[i]));
    }
    CHECK_NEAR(strtod(((struct hone_str *)b.out[0].data)[3].ptr, NULL), 1e-7, 1e-14);
    end(&b);
}

static void casts_out_of_range_are_cut(void **state)
{
    (void)state;
    const float x[] = {1e30f, -1e30f, NAN, -2.9f};
    struct bench b;
    begin(&b);
    input(&b, "x", HONE_F32, 4, 1, x);
    hone_graph_op(b.g, "", "Cast", "y", HONE_IN("x"));
    hone_node_int(b.g, hone_graph_last(b.g), "to", HONE_I64);
    CHECK_OK(&b.run, evaluate(&b, "y"));
    CHECK(memcmp(b.out[0].data, ((const int64_t[]){INT64_MAX, INT64_MIN, 0, -2}), 32) == 0);
    end(&b);
}

/* The words of one text, joined by '|'; or why not. */
static const char *words(struct bench *b, const char *pattern, const char *text)
{
    struct hone_str x = hone_str(text);
    struct hone_buf out;

    begin(b);
    out = hone_buf(&b->mem);
    input(b, "x", HONE_STRING, 1, 1, &x);
    hone_graph_op(b->g, "com.microsoft", "Tokenizer", "y", HONE_IN("x"));
    hone_node_text(b->g, hone_graph_last(b->g), "tokenexp", hone_str(pattern));
    if (evaluate(b, "y") != HONE_OK) {
        return b->run.err.message;
    }
    for (size_t i = 0; i < hone_tensor_count(&b->out[0]); i++) {
        hone_buf_text(&out, i == 0 ? "" : "|");
        hone_buf_str(&out, ((struct hone_str *)b->out[0].data)[i]);
    }
    return out.ptr == NULL ? "" : out.ptr;
}

static void patterns_find_words(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text, *want;
    } cases[] = {
        {"[a-zA-Z0-9_]+", "it's 5 o'clock", "it|s|5|o|clock"},
        {"\\w\\w+", "a bc d_e", "bc|d_e"},
        {"[^,; ]+", "a,b;;c d\xc3\xa9j\xc3\xa0", "a|b|c|d\xc3\xa9j\xc3\xa0"},
        {"[a-z]*x", "aaxbxx yy", "aaxbxx"},
        {"#\\d+", "#12 #x #3", "#12|#3"},
        {"ab?c", "ac abc abbc", "ac|abc"},
        {"[]a]+", "a]b", "a]"},
        {".", "\xc3\xa9z", "\xc3\xa9|z"},
    };
    static const char *const refused[] = {"(a|b)+",  "a{2}",        "[a-",    "a**", "^a",
                                          "\\bword", "[[:alpha:]]", "a*b*c*", "",    "[z-a]"};
    struct bench b;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_STR(words(&b, cases[i].pattern, cases[i].text), cases[i].want);
        end(&b);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        words(&b, refused[i], "text");
        CHECK(b.run.err.code == HONE_E_UNSUPPORTED || b.run.err.code == HONE_E_FORMAT);
        end(&b);
    }
}

static void case_changes_know_no_locale(void **state)
{
    (void)state;
    struct hone_str x = hone_str("\xc3\x89T\xc3\x89 \xce\xa9 \xd0\x96 \xff z");
    struct bench b;
    begin(&b);
    input(&b, "x", HONE_STRING, 1, 1, &x);
    hone_graph_op(b.g, "", "StringNormalizer", "y", HONE_IN("x"));
    hone_node_text(b.g, hone_graph_last(b.g), "case_change_action", hone_str("LOWER"));
    CHECK_OK(&b.run, evaluate(&b, "y"));
    CHECK(hone_str_is(*(struct hone_str *)b.out[0].data,
                      "\xc3\xa9t\xc3\xa9 \xcf\x89 \xd0\xb6 \xff z"));
    end(&b);
}

static void a_row_of_a_product_is_its_own(void **state)
{
    (void)state;
    enum { ROWS = 9, K = 37, N = 5 };
    static float x[ROWS * K], w[K * N], all[ROWS * N];
    struct bench b;

    for (size_t i = 0; i < ROWS * K; i++) {
        x[i] = (float)((i * 7919) % 1009) / 1009 - 0.5f;
    }
    for (size_t i = 0; i < K * N; i++) {
        w[i] = (float)((i * 104729) % 997) / 997 - 0.5f;
    }
    for (size_t rows = ROWS; rows >= 1; rows--) {
        begin(&b);
        input(&b, "x", HONE_F32, rows, K, x);
        hone_graph_op(
            b.g, "", "MatMul", "y",
            HONE_IN("x", hone_graph_const(b.g, "w", HONE_F32, 2, (const size_t[]){K, N}, w)));
        CHECK_OK(&b.run, evaluate(&b, "y"));
        if (rows == ROWS) {
            memcpy(all, b.out[0].data, sizeof all);
        }
        CHECK(memcmp(b.out[0].data, all, rows * N * sizeof *all) == 0);
        end(&b);
    }
}

const struct CMUnitTest hone_tests_ops[] = {
    cmocka_unit_test(the_registry_is_well_formed),
    cmocka_unit_test(integers_divide_as_in_c_and_mod_as_asked),
    cmocka_unit_test(nan_keys_match_nan),
    cmocka_unit_test(unknown_categories_are_zeros_or_refused),
    cmocka_unit_test(text_is_cast_both_ways),
    cmocka_unit_test(casts_out_of_range_are_cut),
    cmocka_unit_test(patterns_find_words),
    cmocka_unit_test(case_changes_know_no_locale),
    cmocka_unit_test(a_row_of_a_product_is_its_own),
};
const size_t hone_tests_ops_n = sizeof hone_tests_ops / sizeof hone_tests_ops[0];
