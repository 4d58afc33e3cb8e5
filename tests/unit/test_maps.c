/* Maps: as inputs, through files, out of ZipMap, into DictVectorizer and CastMap. */
#include "check.h"
#include "graph/op.h"
#include "graph/plan.h"

/* A map as a caller holds it. */
struct map {
    struct hone_tensor part[2];
    struct hone_tensor value;
};

static struct hone_tensor *make(struct map *m, enum hone_dtype key, enum hone_dtype value,
                                size_t n, void *keys, void *values)
{
    m->part[0] = (struct hone_tensor){.type = key, .rank = 1, .dim = {n}, .data = keys};
    m->part[1] = (struct hone_tensor){.type = value, .rank = 1, .dim = {n}, .data = values};
    m->value = (struct hone_tensor){.type = HONE_MAP, .rank = 1, .dim = {2}, .data = m->part};
    return &m->value;
}

/* One operator on the map "x"; the graph goes through a file before it is run. */
struct bench {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_graph *g;
    struct hone_node *node;
    struct hone_plan *plan;
    struct hone_session *session;
    struct hone_tensor out[1];
};

static void map_input(struct hone_graph *g, const char *name, enum hone_dtype key,
                      enum hone_dtype value)
{
    struct hone_value *v = hone_graph_input(g, name, HONE_MAP, 1, (const int64_t[]){2});
    v->elem[0] = key;
    v->elem[1] = value;
}

static void begin(struct bench *b, const char *op, enum hone_dtype key, enum hone_dtype value)
{
    *b = (struct bench){0};
    b->g = &hone_model_new(&b->mem, "g")->graph;
    map_input(b->g, "x", key, value);
    b->node = hone_graph_node(b->g, HONE_ML, op, HONE_IN("x"), HONE_IN("y"));
    hone_graph_output(b->g, "y", HONE_NONE, 0, NULL);
}

static enum hone_code compile(struct bench *b)
{
    struct hone_model *m = NULL;
    struct hone_str bytes;
    HONE_TRY(hone_model_write(&b->run, b->g->model, &b->mem, &bytes));
    HONE_TRY(hone_model_read(&b->run, bytes, &b->mem, &m));
    return hone_plan_new(&b->run, m, NULL, 0, &b->mem, &b->plan);
}

static enum hone_code run_map(struct bench *b, const struct hone_tensor *x)
{
    if (b->plan == NULL) {
        HONE_TRY(compile(b));
    }
    if (b->session == NULL) {
        b->session = hone_session_new(b->plan);
    }
    return hone_plan_run(&b->run, b->plan, b->session, x, b->out);
}

static void end(struct bench *b)
{
    hone_session_free(b->session);
    hone_arena_free(&b->mem);
    hone_run_clear(&b->run);
}

static bool is_row(const struct hone_tensor *t, enum hone_dtype type, size_t n)
{
    return t->type == type && t->rank == 2 && t->dim[0] == 1 && t->dim[1] == n;
}

static void the_vocabulary_is_the_order(void **state)
{
    (void)state;
    struct bench b;
    struct map m;
    const struct hone_str words[] = {hone_str("a"), hone_str("c"), hone_str("b"),
                                     hone_str("z")};
    struct hone_str keys[] = {hone_str("a"), hone_str("c"), hone_str("unknown")};
    int64_t values[] = {4, 8, 99};
    const int64_t *y;

    /* The standard's own example; a key that is not in the vocabulary is passed over. */
    begin(&b, "DictVectorizer", HONE_STRING, HONE_I64);
    hone_node_texts(b.g, b.node, "string_vocabulary", 4, words);
    for (size_t n = 4;
         n-- > 0;) { /* smaller from run to run: nothing of the run before stays */
        CHECK_OK(&b.run, run_map(&b, make(&m, HONE_STRING, HONE_I64, n, keys, values)));
        CHECK(is_row(b.out, HONE_I64, 4));
        y = b.out[0].data;
        CHECK(y[0] == (n > 0 ? 4 : 0) && y[1] == (n > 1 ? 8 : 0) && y[2] == 0 && y[3] == 0);
    }
    CHECK(!hone_plan_rowwise(b.plan));
    end(&b);
}

static void keys_may_be_integers_and_values_reals_or_text(void **state)
{
    (void)state;
    struct bench b;
    struct map m;
    const int64_t words[] = {7, -3, 7, INT64_MAX}; /* 7 twice: both places have its value */
    int64_t keys[] = {INT64_MAX, 7};
    float f32[] = {1.5f, -2};
    double f64[] = {1e300, 0.1};
    struct hone_str text[] = {hone_str("last"), hone_str("seven")};
    const struct hone_str *s;

    begin(&b, "DictVectorizer", HONE_I64, HONE_F32);
    hone_node_ints(b.g, b.node, "int64_vocabulary", 4, words);
    CHECK_OK(&b.run, run_map(&b, make(&m, HONE_I64, HONE_F32, 2, keys, f32)));
    CHECK(is_row(b.out, HONE_F32, 4));
    CHECK(memcmp(b.out[0].data, (const float[]){-2, 0, -2, 1.5f}, 16) == 0);
    end(&b);

    begin(&b, "DictVectorizer", HONE_I64, HONE_F64);
    hone_node_ints(b.g, b.node, "int64_vocabulary", 4, words);
    CHECK_OK(&b.run, run_map(&b, make(&m, HONE_I64, HONE_F64, 2, keys, f64)));
    CHECK(is_row(b.out, HONE_F64, 4));
    CHECK(memcmp(b.out[0].data, (const double[]){0.1, 0, 0.1, 1e300}, 32) == 0);
    end(&b);

    begin(&b, "DictVectorizer", HONE_I64, HONE_STRING);
    hone_node_ints(b.g, b.node, "int64_vocabulary", 4, words);
    CHECK_OK(&b.run, run_map(&b, make(&m, HONE_I64, HONE_STRING, 2, keys, text)));
    CHECK(is_row(b.out, HONE_STRING, 4));
    s = b.out[0].data;
    CHECK(hone_str_is(s[0], "seven") && hone_str_is(s[1], "") && hone_str_is(s[2], "seven") &&
          hone_str_is(s[3], "last"));
    end(&b);
}

static void a_dense_form_is_in_the_order_of_the_keys(void **state)
{
    (void)state;
    struct bench b;
    struct map m;
    int64_t keys[] = {30, -1, 2};
    float values[] = {3, NAN, 2.75f};
    struct hone_str numbers[] = {hone_str("9223372036854775807"), hone_str("1e30"),
                                 hone_str(" -2.5 ")};
    const struct hone_str *s;
    struct hone_tensor kept;

    begin(&b, "CastMap", HONE_I64, HONE_F32); /* TO_FLOAT, DENSE */
    for (size_t n = 4; n-- > 0;) {
        CHECK_OK(&b.run, run_map(&b, make(&m, HONE_I64, HONE_F32, n, keys, values)));
        CHECK(is_row(b.out, HONE_F32, n));
    }
    CHECK_OK(&b.run, run_map(&b, make(&m, HONE_I64, HONE_F32, 3, keys, values)));
    CHECK(isnan(((float *)b.out[0].data)[0]));
    CHECK(memcmp((float *)b.out[0].data + 1, (const float[]){2.75f, 3}, 8) == 0);
    end(&b);

    begin(&b, "CastMap", HONE_I64, HONE_F32);
    hone_node_text(b.g, b.node, "cast_to", hone_str("TO_INT64"));
    CHECK_OK(&b.run, run_map(&b, make(&m, HONE_I64, HONE_F32, 3, keys, values)));
    CHECK(is_row(b.out, HONE_I64, 3));
    CHECK(memcmp(b.out[0].data, (const int64_t[]){0, 2, 3}, 24) == 0);
    end(&b);

    begin(&b, "CastMap", HONE_I64, HONE_STRING);
    hone_node_text(b.g, b.node, "cast_to", hone_str("TO_INT64"));
    CHECK_OK(&b.run, run_map(&b, make(&m, HONE_I64, HONE_STRING, 3, keys, numbers)));
    CHECK(memcmp(b.out[0].data, (const int64_t[]){INT64_MAX, -2, INT64_MAX}, 24) == 0);
    end(&b);

    begin(&b, "CastMap", HONE_I64, HONE_F32);
    hone_node_text(b.g, b.node, "cast_to", hone_str("TO_STRING"));
    values[1] = -0.5f;
    make(&m, HONE_I64, HONE_F32, 3, keys, values);
    CHECK_OK(&b.run, compile(&b));
    /* Text that is made lives as long as the results do. */
    CHECK_OK(&b.run, hone_plan_run_rows(&b.run, b.plan, 1, &m.value, &b.mem, &kept));
    CHECK(is_row(&kept, HONE_STRING, 3));
    s = kept.data;
    CHECK(hone_str_is(s[0], "-0.500000") && hone_str_is(s[1], "2.750000") &&
          hone_str_is(s[2], "3.000000"));
    end(&b);
}

static void a_sparse_form_is_indexed_by_the_keys(void **state)
{
    (void)state;
    struct bench b;
    struct map m;
    int64_t keys[] = {4, 0};
    float values[] = {1.5f, -1};
    struct hone_str text[] = {hone_str("four"), hone_str("0.25")};
    const struct hone_str *s;

    begin(&b, "CastMap", HONE_I64, HONE_F32);
    hone_node_text(b.g, b.node, "map_form", hone_str("SPARSE"));
    hone_node_int(b.g, b.node, "max_map", 5);
    CHECK_OK(&b.run, run_map(&b, make(&m, HONE_I64, HONE_F32, 2, keys, values)));
    CHECK(is_row(b.out, HONE_F32, 5));
    CHECK(memcmp(b.out[0].data, (const float[]){-1, 0, 0, 0, 1.5f}, 20) == 0);
    CHECK_OK(&b.run, run_map(&b, make(&m, HONE_I64, HONE_F32, 0, NULL, NULL)));
    CHECK(memcmp(b.out[0].data, (const float[]){0, 0, 0, 0, 0}, 20) == 0);
    keys[0] = 5;
    CHECK_FAILS_WITH(&b.run, run_map(&b, make(&m, HONE_I64, HONE_F32, 2, keys, values)),
                     HONE_E_SHAPE, "key 5 is not in 0 .. max_map - 1 = 4");
    keys[0] = -2;
    CHECK_FAILS_WITH(&b.run, run_map(&b, make(&m, HONE_I64, HONE_F32, 2, keys, values)),
                     HONE_E_SHAPE, "key -2");
    keys[0] = 0;
    CHECK_FAILS_WITH(&b.run, run_map(&b, make(&m, HONE_I64, HONE_F32, 2, keys, values)),
                     HONE_E_SHAPE, "more than once");
    end(&b);

    keys[0] = 2;
    begin(&b, "CastMap", HONE_I64, HONE_STRING);
    hone_node_text(b.g, b.node, "cast_to", hone_str("TO_STRING"));
    hone_node_text(b.g, b.node, "map_form", hone_str("SPARSE"));
    hone_node_int(b.g, b.node, "max_map", 3);
    CHECK_OK(&b.run, run_map(&b, make(&m, HONE_I64, HONE_STRING, 2, keys, text)));
    CHECK(is_row(b.out, HONE_STRING, 3));
    s = b.out[0].data;
    CHECK(hone_str_is(s[0], "0.25") && hone_str_is(s[1], "0.f") && hone_str_is(s[2], "four"));
    end(&b);

    begin(&b, "CastMap", HONE_I64, HONE_STRING);
    CHECK_FAILS_WITH(&b.run, run_map(&b, make(&m, HONE_I64, HONE_STRING, 2, keys, text)),
                     HONE_E_FORMAT, "'four' is not a float32");
    end(&b);
}

/* What a plan says to one attribute more. */
static void refused(const char *op, enum hone_dtype key, enum hone_dtype value,
                    const char *attr, const char *text, enum hone_code code, const char *why)
{
    struct bench b;
    begin(&b, op, key, value);
    if (attr != NULL) {
        hone_node_text(b.g, b.node, attr, hone_str(text));
    }
    CHECK_FAILS_WITH(&b.run, compile(&b), code, why);
    end(&b);
}

static void plans_refuse_what_does_not_fit(void **state)
{
    (void)state;
    struct bench b;
    const struct hone_str word = hone_str("a");

    refused("CastMap", HONE_STRING, HONE_F32, NULL, NULL, HONE_E_SHAPE, "a map from string");
    refused("CastMap", HONE_I64, HONE_F64, NULL, NULL, HONE_E_SHAPE, "to float64");
    refused("CastMap", HONE_I64, HONE_F32, "cast_to", "TO_BOOL", HONE_E_UNSUPPORTED, "TO_BOOL");
    refused("CastMap", HONE_I64, HONE_F32, "map_form", "LOOSE", HONE_E_UNSUPPORTED, "LOOSE");
    refused("DictVectorizer", HONE_I64, HONE_F32, NULL, NULL, HONE_E_FORMAT, "no vocabulary");

    begin(&b, "CastMap", HONE_I64, HONE_F32);
    hone_node_text(b.g, b.node, "map_form", hone_str("SPARSE"));
    hone_node_int(b.g, b.node, "max_map", 0);
    CHECK_FAILS_WITH(&b.run, compile(&b), HONE_E_FORMAT, "max_map is 0");
    end(&b);

    begin(&b, "DictVectorizer", HONE_I64, HONE_F32);
    hone_node_texts(b.g, b.node, "string_vocabulary", 1, &word);
    CHECK_FAILS_WITH(&b.run, compile(&b), HONE_E_SHAPE, "a vocabulary of string for a map");
    hone_node_ints(b.g, b.node, "int64_vocabulary", 1, (const int64_t[]){1});
    CHECK_FAILS_WITH(&b.run, compile(&b), HONE_E_FORMAT, "more than one");
    end(&b);

    b = (struct bench){0};
    b.g = &hone_model_new(&b.mem, "g")->graph;
    hone_graph_input(b.g, "x", HONE_F32, 1, (const int64_t[]){2});
    hone_graph_node(b.g, HONE_ML, "CastMap", HONE_IN("x"), HONE_IN("y"));
    hone_graph_output(b.g, "y", HONE_NONE, 0, NULL);
    CHECK_FAILS_WITH(&b.run, compile(&b), HONE_E_SHAPE, "input 0 is float32, not a map");
    end(&b);
}

static void runs_refuse_maps_that_are_none(void **state)
{
    (void)state;
    struct bench b;
    struct map m;
    int64_t keys[] = {1, 2};
    float values[] = {1, 2};
    struct hone_tensor plain = {.type = HONE_F32, .rank = 1, .dim = {2}, .data = values};

    begin(&b, "DictVectorizer", HONE_I64, HONE_F32);
    hone_node_ints(b.g, b.node, "int64_vocabulary", 2, (const int64_t[]){1, 2});
    for (int round = 0; round < 2; round++) { /* before and after a run that went well */
        CHECK_FAILS_WITH(&b.run, run_map(&b, &plain), HONE_E_SHAPE, "wants map");
        make(&m, HONE_I64, HONE_F64, 2, keys, values);
        CHECK_FAILS_WITH(&b.run, run_map(&b, &m.value), HONE_E_SHAPE,
                         "a map from int64 to float64, the model wants int64 to float32");
        make(&m, HONE_STRING, HONE_F32, 2, keys, values);
        CHECK_FAILS_WITH(&b.run, run_map(&b, &m.value), HONE_E_SHAPE, "input 'x'");
        make(&m, HONE_I64, HONE_F32, 2, keys, values);
        m.part[1].dim[0] = 1;
        CHECK_FAILS_WITH(&b.run, run_map(&b, &m.value), HONE_E_SHAPE, "2 keys and 1 values");
        make(&m, HONE_I64, HONE_F32, 2, keys, NULL);
        CHECK_FAILS_WITH(&b.run, run_map(&b, &m.value), HONE_E_SHAPE, "without the data");
        make(&m, HONE_I64, HONE_F32, 2, keys, values);
        m.part[0].rank = 0;
        CHECK_FAILS_WITH(&b.run, run_map(&b, &m.value), HONE_E_SHAPE, "2 values");
        m.value.data = NULL;
        CHECK_FAILS_WITH(&b.run, run_map(&b, &m.value), HONE_E_SHAPE, "no data");
        keys[1] = 1;
        CHECK_FAILS_WITH(&b.run, run_map(&b, make(&m, HONE_I64, HONE_F32, 2, keys, values)),
                         HONE_E_SHAPE, "was there before");
        keys[1] = 2;
        CHECK_OK(&b.run, run_map(&b, make(&m, HONE_I64, HONE_F32, 2, keys, values)));
        CHECK(memcmp(b.out[0].data, values, sizeof values) == 0);
    }
    end(&b);
}

/* ZipMap of x (or of a constant), its map number i in the order of a vocabulary. */
static void zip_graph(struct bench *b, const char *x, size_t labels, int64_t i)
{
    const struct hone_str label[] = {hone_str("no"), hone_str("yes"), hone_str("maybe")};
    const char *maps, *map;

    maps = hone_graph_op(b->g, HONE_ML, "ZipMap", "maps", HONE_IN(x));
    hone_node_texts(b->g, hone_graph_last(b->g), "classlabels_strings", labels, label);
    map = hone_graph_op(b->g, "", "SequenceAt", "map",
                        HONE_IN(maps, hone_graph_const(b->g, "at", HONE_I64, 0, NULL, &i)));
    hone_graph_node(b->g, HONE_ML, "DictVectorizer", HONE_IN(map), HONE_IN("y"));
    hone_node_texts(b->g, hone_graph_last(b->g), "string_vocabulary", 2, label + 1);
}

static void maps_of_zip_map_go_on(void **state)
{
    (void)state;
    struct bench b = {0};
    float p[] = {0.1f, 0.2f, 0.7f, 0.6f, 0.3f, 0.1f};
    struct hone_tensor x = {.type = HONE_F32, .rank = 2, .dim = {2, 3}, .data = p};
    const char *maps = "maps";

    b.g = &hone_model_new(&b.mem, "g")->graph;
    hone_graph_input(b.g, "x", HONE_F32, 2, (const int64_t[]){-1, 3});
    zip_graph(&b, "x", 3, -1);
    hone_graph_output(b.g, "y", HONE_NONE, 0, NULL);
    CHECK_OK(&b.run, run_map(&b, &x));
    CHECK(is_row(b.out, HONE_F32, 2) && memcmp(b.out[0].data, p + 4, 8) == 0);
    x.dim[0] = 1;
    CHECK_OK(&b.run, run_map(&b, &x));
    CHECK(memcmp(b.out[0].data, p + 1, 8) == 0);
    x.dim[0] = 0;
    CHECK_FAILS_WITH(&b.run, run_map(&b, &x), HONE_E_SHAPE, "item -1 of 0");
    /* Without a reader in the graph it is the matrix, with rows. */
    CHECK_OK(&b.run, hone_plan_new(&b.run, b.g->model, &maps, 1, &b.mem, &b.plan));
    CHECK(hone_plan_output(b.plan, 0)->type == HONE_F32 && hone_plan_rowwise(b.plan));
    end(&b);

    b = (struct bench){0}; /* all constant: folded when the plan is made */
    b.g = &hone_model_new(&b.mem, "g")->graph;
    zip_graph(&b, hone_graph_const(b.g, "p", HONE_F32, 2, (const size_t[]){2, 3}, p), 3, 0);
    hone_graph_output(b.g, "y", HONE_NONE, 0, NULL);
    CHECK_OK(&b.run, run_map(&b, NULL));
    CHECK(is_row(b.out, HONE_F32, 2) && memcmp(b.out[0].data, p + 1, 8) == 0);
    end(&b);

    b = (struct bench){0};
    b.g = &hone_model_new(&b.mem, "g")->graph;
    hone_graph_input(b.g, "x", HONE_F32, 2, (const int64_t[]){-1, 3});
    zip_graph(&b, "x", 2, 0);
    hone_graph_output(b.g, "y", HONE_NONE, 0, NULL);
    CHECK_FAILS_WITH(&b.run, compile(&b), HONE_E_SHAPE, "2 class labels");
    end(&b);
}

static void sequences_of_maps_are_inputs(void **state)
{
    (void)state;
    struct bench b = {0};
    struct map m[2];
    int64_t keys[] = {2, 1}, at = 1;
    float values[] = {20, 10};
    double wide[] = {20, 10};
    struct hone_tensor item[2],
        x = {.type = HONE_SEQUENCE, .rank = 1, .dim = {2}, .data = item};
    struct hone_value *v;
    const char *map;

    for (int real = 0; real < 2; real++) { /* those of ZipMap's type are declared another way */
        enum hone_dtype type = real == 0 ? HONE_F32 : HONE_F64;
        b = (struct bench){0};
        b.g = &hone_model_new(&b.mem, "g")->graph;
        v = hone_graph_input(b.g, "x", HONE_SEQUENCE, 1, (const int64_t[]){-1});
        v->elem[0] = HONE_MAP;
        v->elem[1] = HONE_I64;
        v->elem[2] = type;
        map = hone_graph_op(b.g, "", "SequenceAt", "map",
                            HONE_IN("x", hone_graph_const(b.g, "at", HONE_I64, 0, NULL, &at)));
        hone_graph_node(b.g, HONE_ML, "DictVectorizer", HONE_IN(map), HONE_IN("y"));
        hone_node_ints(b.g, hone_graph_last(b.g), "int64_vocabulary", 3,
                       (const int64_t[]){1, 2, 3});
        hone_graph_output(b.g, "y", HONE_NONE, 0, NULL);
        item[0] = *make(&m[0], HONE_I64, type, 0, NULL, NULL);
        item[1] =
            *make(&m[1], HONE_I64, type, 2, keys, real == 0 ? (void *)values : (void *)wide);
        CHECK_OK(&b.run, run_map(&b, &x));
        CHECK(is_row(b.out, type, 3));
        for (size_t i = 0; i < 3; i++) {
            double want = i == 2 ? 0 : 10 * (double)(i + 1);
            CHECK_NEAR(hone_tensor_real(b.out, i), want, 0.0);
        }
        m[0].part[0].type = HONE_I32;
        CHECK_FAILS_WITH(&b.run, run_map(&b, &x), HONE_E_SHAPE, "item 0");
        item[1] = (struct hone_tensor){.type = HONE_F32, .rank = 1, .dim = {2}, .data = values};
        m[0].part[0].type = HONE_I64;
        CHECK_FAILS_WITH(&b.run, run_map(&b, &x), HONE_E_SHAPE, "a float32 that is not");
        end(&b);
    }
}

static void maps_go_through_sequences_of_their_kind(void **state)
{
    (void)state;
    struct bench b;
    struct map m[2];
    int64_t keys[] = {6, 5}, at = -1;
    float values[] = {60, 50};
    struct hone_tensor first, x[2] = {{.type = HONE_SEQUENCE, .rank = 1, .dim = {1}}};
    const char *maps, *map;

    for (int kind = 0; kind < 2; kind++) {
        struct hone_value *v;
        b = (struct bench){0};
        b.g = &hone_model_new(&b.mem, "g")->graph;
        v = hone_graph_input(b.g, "x", HONE_SEQUENCE, 1, (const int64_t[]){-1});
        memcpy(v->elem, (const enum hone_dtype[]){HONE_MAP, HONE_I64, HONE_F32},
               sizeof v->elem);
        map_input(b.g, "z", kind == 0 ? HONE_I64 : HONE_STRING, HONE_F32);
        maps = hone_graph_op(b.g, "", "SequenceInsert", "more", HONE_IN("x", "z"));
        map = hone_graph_op(b.g, "", "SequenceAt", "map",
                            HONE_IN(maps, hone_graph_const(b.g, "at", HONE_I64, 0, NULL, &at)));
        hone_graph_node(b.g, HONE_ML, "CastMap", HONE_IN(map), HONE_IN("y"));
        hone_graph_output(b.g, "y", HONE_NONE, 0, NULL);
        first = *make(&m[0], HONE_I64, HONE_F32, 0, NULL, NULL);
        x[0].data = &first;
        x[1] = *make(&m[1], HONE_I64, HONE_F32, 2, keys, values);
        if (kind == 0) {
            CHECK_OK(&b.run, run_map(&b, x));
            CHECK(is_row(b.out, HONE_F32, 2));
            CHECK(memcmp(b.out[0].data, (const float[]){50, 60}, 8) == 0);
        } else {
            CHECK_FAILS_WITH(&b.run, run_map(&b, x), HONE_E_SHAPE,
                             "a map from string to float32 among others");
        }
        end(&b);
    }
}

/* A branch of an If: ZipMap of x, which is outside. */
static void branch(struct bench *b, struct hone_node *node, const char *name, const char *out,
                   const int64_t *ints, const struct hone_str *texts)
{
    struct hone_graph *g = hone_new(&b->mem, struct hone_graph);

    g->name = name;
    g->model = b->g->model;
    hone_graph_node(g, HONE_ML, "ZipMap", HONE_IN("x"), HONE_IN(out));
    if (ints != NULL) {
        hone_node_ints(g, hone_graph_last(g), "classlabels_int64s", 2, ints);
    } else {
        hone_node_texts(g, hone_graph_last(g), "classlabels_strings", 2, texts);
    }
    hone_graph_output(g, out, HONE_NONE, 0, NULL);
    hone_node_int(b->g, node, name, 0);
    for (size_t i = 0; i < node->attrs; i++) {
        if (strcmp(node->attr[i].name, name) == 0) {
            node->attr[i].type = HONE_ATTR_GRAPH;
            node->attr[i].g = g;
        }
    }
}

/* What an If gives is known by its first branch: a map of another kind is found where it is used. */
static void maps_leave_subgraphs(void **state)
{
    (void)state;
    struct bench b;
    const int64_t places[] = {1, 0}, at = 0;
    const struct hone_str words[] = {hone_str("a"), hone_str("b")};
    float p[] = {0.25f, 0.75f};
    uint8_t yes = 1;
    struct hone_tensor x[] = {{.type = HONE_F32, .rank = 2, .dim = {1, 2}, .data = p},
                              {.type = HONE_B8, .data = &yes}};

    for (int reader = 0; reader < 2; reader++) {
        struct hone_node *node;
        const char *map;
        b = (struct bench){0};
        yes = 1;
        b.g = &hone_model_new(&b.mem, "g")->graph;
        hone_graph_input(b.g, "x", HONE_F32, 2, (const int64_t[]){1, 2});
        hone_graph_input(b.g, "c", HONE_B8, 0, NULL);
        node = hone_graph_node(b.g, "", "If", HONE_IN("c"), HONE_IN("maps"));
        branch(&b, node, "then_branch", "m1", places, NULL);
        branch(&b, node, "else_branch", "m2", NULL, words);
        map =
            hone_graph_op(b.g, "", "SequenceAt", "map",
                          HONE_IN("maps", hone_graph_const(b.g, "at", HONE_I64, 0, NULL, &at)));
        hone_graph_node(b.g, HONE_ML, reader == 0 ? "CastMap" : "DictVectorizer", HONE_IN(map),
                        HONE_IN("y"));
        if (reader == 1) {
            hone_node_ints(b.g, hone_graph_last(b.g), "int64_vocabulary", 2,
                           (const int64_t[]){0, 1});
        }
        hone_graph_output(b.g, "y", HONE_NONE, 0, NULL);
        CHECK_OK(&b.run, run_map(&b, x));
        CHECK(is_row(b.out, HONE_F32, 2));
        CHECK(memcmp(b.out[0].data, (const float[]){0.75f, 0.25f}, 8) == 0);
        yes = 0;
        CHECK_FAILS_WITH(&b.run, run_map(&b, x), HONE_E_SHAPE,
                         "a map from string to float32, the model wants int64 to float32");
        end(&b);
    }
}

static void files_keep_the_types_of_maps(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_model *m = hone_model_new(&mem, "g"), *back = NULL;
    struct hone_str bytes, again;
    static const enum hone_dtype key[] = {HONE_I64, HONE_STRING};
    static const enum hone_dtype value[] = {HONE_F32, HONE_F64, HONE_I64, HONE_STRING};
    struct hone_value *v;

    for (size_t i = 0; i < 8; i++) {
        map_input(&m->graph, hone_graph_name(&m->graph, "x"), key[i / 4], value[i % 4]);
    }
    v = hone_graph_input(&m->graph, "odd", HONE_MAP, 1, (const int64_t[]){2});
    v->elem[0] = HONE_I32; /* a type of ONNX that maps do not have here */
    v->elem[1] = HONE_F32;
    CHECK_OK(&run, hone_model_write(&run, m, &mem, &bytes));
    CHECK_OK(&run, hone_model_read(&run, bytes, &mem, &back));
    for (size_t i = 0; i < 8; i++) {
        v = &back->graph.input[i];
        CHECK(v->type == HONE_MAP && v->rank == 1 && v->dim[0] == 2);
        CHECK(v->elem[0] == key[i / 4] && v->elem[1] == value[i % 4]);
    }
    CHECK(back->graph.input[8].type == HONE_NONE && back->graph.input[8].other.len != 0);
    CHECK_OK(&run, hone_model_write(&run, back, &mem, &again));
    CHECK(hone_str_eq(bytes, again));
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_maps[] = {
    cmocka_unit_test(the_vocabulary_is_the_order),
    cmocka_unit_test(keys_may_be_integers_and_values_reals_or_text),
    cmocka_unit_test(a_dense_form_is_in_the_order_of_the_keys),
    cmocka_unit_test(a_sparse_form_is_indexed_by_the_keys),
    cmocka_unit_test(plans_refuse_what_does_not_fit),
    cmocka_unit_test(runs_refuse_maps_that_are_none),
    cmocka_unit_test(maps_of_zip_map_go_on),
    cmocka_unit_test(sequences_of_maps_are_inputs),
    cmocka_unit_test(maps_go_through_sequences_of_their_kind),
    cmocka_unit_test(maps_leave_subgraphs),
    cmocka_unit_test(files_keep_the_types_of_maps),
};
const size_t hone_tests_maps_n = sizeof hone_tests_maps / sizeof hone_tests_maps[0];
