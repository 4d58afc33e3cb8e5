/* Text in graphs: case, characters, words, n-grams, and the step that does it all at once. */
#include "base/pool.h"
#include "check.h"
#include "graph/plan.h"
#include "graph/text.h"

/* --- case ------------------------------------------------------------------------------------ */

static const struct hone_cutter *cutter(struct hone_run *run, bool lower, const char *pattern,
                                        size_t shortest, struct hone_arena *mem)
{
    const struct hone_cutter *out = NULL;
    CHECK_OK(run, hone_cutter_new(run, lower, pattern, shortest, mem, &out));
    return out;
}

/* The words of a text as one text, with a bar behind each. */
static const char *words(struct hone_run *run, const struct hone_cutter *c,
                         struct hone_str text, struct hone_arena *mem)
{
    struct hone_buf out = hone_buf(mem);
    struct hone_str *word;
    size_t n;
    CHECK_OK(run, hone_cutter_words(run, c, text, mem, &word, &n));
    for (size_t i = 0; i < n; i++) {
        hone_buf_str(&out, word[i]);
        hone_buf_char(&out, '|');
    }
    return out.len == 0 ? "" : out.ptr;
}

static void words_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", ""},
        {" \t\n", ""},
        {"a b c", ""}, /* one letter is no word */
        {"It's a well-known fact_1, isn't IT?", "it|well|known|fact_1|isn|it|"},
        {"Straße ÄÖÜ naïve Ünïcödé", "straße|äöü|naïve|ünïcödé|"},
        {"ΟΔΥΣΣΕΥΣ Москва ДА", "οδυσσευσ|москва|да|"},
        {"東京都に 住む", "東京都に|住む|"},
        {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80 ok \xf0\x9f\x91\x8dyes", "ok|yes|"}, /* emoji */
        {"x² ½½ ٣٤ Ⅷx", "x²|½½|٣٤|ⅷx|"},
        {"हिन्दी", ""}, /* vowel signs are no letters, as in Python */
        {"Ⱥⱥ KELVIN İSTANBUL", "ⱥⱥ|kelvin|istanbul|"}, /* longer and shorter in small letters */
        {"ab\xff"
         "cd \xc3",
         "ab|cd|"}, /* no UTF-8 */
        {"\xed\xa0\x80zz\xf5zz", "zz|zz|"},
    };
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    const struct hone_cutter *c =
        cutter(&run, true, HONE_WORD_PATTERN, HONE_WORD_SHORTEST, &mem);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_STR(words(&run, c, hone_str(cases[i].text), &mem), cases[i].words);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void patterns_know_kinds_of_characters(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    const struct hone_str text = hone_str("Ab1 É2 x9Ω");
    const struct hone_cutter *none = NULL;

    CHECK_STR(words(&run, cutter(&run, false, "\\p{Lu}", 1, &mem), text, &mem), "A|É|Ω|");
    CHECK_STR(words(&run, cutter(&run, false, "\\pN", 1, &mem), text, &mem), "1|2|9|");
    CHECK_STR(words(&run, cutter(&run, false, "\\pL+", 1, &mem), text, &mem), "Ab|É|x|Ω|");
    CHECK_STR(words(&run, cutter(&run, false, "\\P{L}+", 1, &mem), text, &mem), "1 |2 |9|");
    CHECK_STR(words(&run, cutter(&run, false, "[^\\p{L}]", 1, &mem), text, &mem), "1| |2| |9|");
    CHECK_STR(words(&run, cutter(&run, false, "[\\w]+", 1, &mem), text, &mem), "Ab1|2|x9|");
    /* going back over bytes that are no UTF-8 (found by the fuzzer) */
    const struct hone_str odd = {"&\xc4\x03\xb0"
                                 "C\xc8\xb1\x80x",
                                 9};
    CHECK_STR(words(&run, cutter(&run, false, "..*x.*H", 1, &mem), odd, &mem), "");
    CHECK_FAILS_WITH(&run, hone_cutter_new(&run, false, "\\p{Greek}", 1, &mem, &none),
                     HONE_E_UNSUPPORTED, "Greek");
    CHECK_FAILS_WITH(&run, hone_cutter_new(&run, false, "\\p{L", 1, &mem, &none),
                     HONE_E_UNSUPPORTED, "pattern");
    CHECK_FAILS_WITH(&run, hone_cutter_new(&run, false, "\\p", 1, &mem, &none),
                     HONE_E_UNSUPPORTED, "pattern");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* --- the fused step ----------------------------------------------------------------------------- */

enum { TERMS = 6, SCORES = 2 };

/* Pool: good, bad, film, movie; good film, not good. */
static const char *add_vectorizer(struct hone_graph *g, const char *value)
{
    const struct hone_str pool[] = {hone_str("good"),  hone_str("bad"),  hone_str("film"),
                                    hone_str("naïve"), hone_str("good"), hone_str("film"),
                                    hone_str("not"),   hone_str("good")};
    const char *out = hone_graph_op(g, "", "TfIdfVectorizer", "tfidf", HONE_IN(value));
    struct hone_node *node = hone_graph_last(g);
    hone_node_text(g, node, "mode", hone_str("TFIDF"));
    hone_node_int(g, node, "min_gram_length", 1);
    hone_node_int(g, node, "max_gram_length", 2);
    hone_node_int(g, node, "max_skip_count", 0);
    hone_node_ints(g, node, "ngram_counts", 2, (const int64_t[]){0, 4});
    hone_node_ints(g, node, "ngram_indexes", TERMS, (const int64_t[]){3, 0, 2, 1, 5, 4});
    hone_node_texts(g, node, "pool_strings", 8, pool);
    hone_node_floats(g, node, "weights", TERMS, (const float[]){1.5F, 1.1F, 1.9F, 2, 2.5F, 3});
    return out;
}

struct built {
    struct hone_model *model;
    const char *words, *value, *score, *count;
};

static struct built build(struct hone_arena *mem)
{
    static const float weight[TERMS][SCORES] = {{1, -1}, {0.5F, 2},  {-3, 1},
                                                {0, 1},  {0.25F, 4}, {7, -2}};
    struct built b = {.model = hone_model_new(mem, "text")};
    struct hone_graph *g = &b.model->graph;
    struct hone_value *v =
        hone_graph_input(g, "text", HONE_STRING, 2, (const int64_t[]){-1, 1});
    v->dim_name[0] = "N";
    hone_model_import(b.model, HONE_MICROSOFT, 1);
    const char *all = hone_graph_const_i64(g, "all", -1);
    const char *flat = hone_graph_op(g, "", "Reshape", "flat", HONE_IN("text", all));
    const char *small = hone_graph_op(g, "", "StringNormalizer", "small", HONE_IN(flat));
    hone_node_text(g, hone_graph_last(g), "case_change_action", hone_str("LOWER"));
    b.words = hone_graph_op(g, HONE_MICROSOFT, "Tokenizer", "words", HONE_IN(small));
    hone_node_text(g, hone_graph_last(g), "tokenexp", hone_str(HONE_WORD_PATTERN));
    hone_node_text(g, hone_graph_last(g), "pad_value", hone_str(HONE_WORD_PAD));
    hone_node_int(g, hone_graph_last(g), "mincharnum", 2);
    const char *tfidf = add_vectorizer(g, b.words);
    b.value = hone_graph_op(g, HONE_ML, "Normalizer", "unit", HONE_IN(tfidf));
    hone_node_text(g, hone_graph_last(g), "norm", hone_str("L2"));
    const char *w =
        hone_graph_const(g, "weights", HONE_F32, 2, (const size_t[]){TERMS, SCORES}, weight);
    b.score = hone_graph_op(g, "", "MatMul", "score", HONE_IN(b.value, w));
    const char *more = hone_graph_op(g, HONE_MICROSOFT, "Tokenizer", "more", HONE_IN(flat));
    hone_node_text(g, hone_graph_last(g), "tokenexp", hone_str("\\pN"));
    hone_node_text(g, hone_graph_last(g), "pad_value", hone_str(HONE_WORD_PAD));
    const char *one = hone_graph_op(g, HONE_ML, "LabelEncoder", "one", HONE_IN(more));
    const struct hone_str pad = hone_str(HONE_WORD_PAD);
    hone_node_texts(g, hone_graph_last(g), "keys_strings", 1, &pad);
    hone_node_floats(g, hone_graph_last(g), "values_floats", 1, (const float[]){0});
    hone_node_float(g, hone_graph_last(g), "default_float", 1);
    const char *axis = hone_graph_const_i64(g, "axis", 1);
    b.count = hone_graph_op(g, "", "ReduceSum", "count", HONE_IN(one, axis));
    return b;
}

enum { TEXTS = 9, LONG = 30000 };

static void fill_texts(struct hone_str *text, char *long_text)
{
    static const char *const some[TEXTS] = {"Good film",
                                            "not good, NOT good: bad bad bad 3 of 10",
                                            "",
                                            "nothing known 12",
                                            "\xf0\x9f\x98\x80",
                                            ("good\xff"
                                             "film"),
                                            "NAÏVE good film 2 \xd9\xa3",
                                            "good good film film not good film"};
    for (size_t i = 0; i + 1 < TEXTS; i++) {
        text[i] = hone_str(some[i]);
    }
    for (size_t i = 0; i < LONG; i++) {
        memcpy(long_text + 10 * i, i % 3 == 0 ? "not  good " : "good film ", 10);
    }
    text[TEXTS - 1] = (struct hone_str){long_text, 10 * (size_t)LONG};
}

static void fused_is_what_the_nodes_say(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    static char long_text[10 * LONG];
    struct hone_str text[TEXTS];
    struct built b = build(&mem);
    struct hone_plan *plan;
    struct hone_tensor in = {.type = HONE_STRING, .rank = 2, .dim = {TEXTS, 1}, .data = text};
    struct hone_tensor fused[3], plain[6];
    struct hone_sparse sparse;

    fill_texts(text, long_text);
    /* what is asked for is not swallowed: then all nodes run by themselves */
    const char *few[] = {b.value, b.score, b.count};
    const char *many[] = {b.value, b.score, b.count, b.words, "tfidf", "more"};
    for (size_t i = 0; i < 3; i++) {
        CHECK_OK(&run, hone_plan_new(&run, b.model, &few[i], 1, &mem, &plan));
        CHECK(hone_plan_rowwise(plan));
        CHECK_OK(&run, hone_plan_run_rows(&run, plan, TEXTS, &in, &mem, &fused[i]));
        if (i == 0) {
            CHECK_OK(&run, hone_plan_run_sparse(&run, plan, TEXTS, &in, &mem, &sparse));
        }
    }
    CHECK_OK(&run, hone_plan_new(&run, b.model, many, 6, &mem, &plan));
    CHECK_OK(&run, hone_plan_run_rows(&run, plan, TEXTS, &in, &mem, plain));
    CHECK(fused[0].dim[0] == TEXTS && fused[0].dim[1] == TERMS);
    assert_memory_equal(fused[0].data, plain[0].data, TEXTS * TERMS * sizeof(float));
    assert_memory_equal(fused[2].data, plain[2].data, TEXTS * sizeof(float));
    const float *a = fused[1].data, *c = plain[1].data, *value = plain[0].data;
    for (size_t i = 0; i < TEXTS * SCORES; i++) {
        CHECK_NEAR((double)a[i], (double)c[i], 2e-6); /* sums in another order */
    }
    CHECK(sparse.rows == TEXTS && sparse.cols == TERMS);
    for (size_t i = 0; i < TEXTS; i++) {
        float row[TERMS] = {0};
        for (size_t k = sparse.start[i]; k < sparse.start[i + 1]; k++) {
            CHECK(k == sparse.start[i] || sparse.col[k] > sparse.col[k - 1]);
            row[sparse.col[k]] = sparse.value[k];
        }
        assert_memory_equal(row, value + i * TERMS, sizeof row);
    }
    const float *count = fused[2].data;
    CHECK_NEAR((double)count[1], 3, 0); /* 3, 1, 0 */
    CHECK_NEAR((double)count[6], 2, 0); /* an Arabic digit is one */
    CHECK(value[2 * TERMS] == 0.0F && value[4 * TERMS + 3] == 0.0F);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void sparse_rows_of_any_plan(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_model *model = hone_model_new(&mem, "relu");
    struct hone_graph *g = &model->graph;
    struct hone_plan *plan;
    struct hone_sparse a;
    const float x[6] = {1, -1, 0, -2, -3, 4};
    struct hone_tensor in = {.type = HONE_F32, .rank = 2, .dim = {3, 2}};

    memcpy(&in.data, &(const void *){x}, sizeof in.data);
    hone_graph_input(g, "x", HONE_F32, 2, (const int64_t[]){-1, 2})->dim_name[0] = "N";
    const char *out = hone_graph_op(g, "", "Relu", "y", HONE_IN("x"));
    CHECK_OK(&run, hone_plan_new(&run, model, &out, 1, &mem, &plan));
    CHECK_OK(&run, hone_plan_run_sparse(&run, plan, 3, &in, &mem, &a));
    CHECK(a.rows == 3 && a.cols == 2 && a.start[1] == 1 && a.start[2] == 1 && a.start[3] == 2);
    CHECK(a.col[0] == 0 && a.col[1] == 1);
    CHECK_NEAR((double)a.value[1], 4, 0);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_text[] = {
    cmocka_unit_test(words_are_found),
    cmocka_unit_test(patterns_know_kinds_of_characters),
    cmocka_unit_test(fused_is_what_the_nodes_say),
    cmocka_unit_test(sparse_rows_of_any_plan),
};
const size_t hone_tests_text_n = sizeof hone_tests_text / sizeof hone_tests_text[0];
