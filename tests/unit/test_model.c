/* ONNX models: built, written, read; hostile files. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "check.h"
#include "graph/model.h"

static struct hone_model *small(struct hone_arena *mem)
{
    struct hone_model *m = hone_model_new(mem, "small");
    struct hone_graph *g = &m->graph;
    const float w[] = {1, 2, 3, 4, 5, 6};
    const char *y;

    hone_graph_input(g, "x", HONE_F32, 2, (const int64_t[]){-1, 2})->dim_name[0] = "N";
    y = hone_graph_op(
        g, "", "MatMul", "y",
        HONE_IN("x", hone_graph_const(g, "w", HONE_F32, 2, (const size_t[]){2, 3}, w)));
    hone_graph_op(g, HONE_ML, "Scaler", "y", HONE_IN(y));
    hone_node_floats(g, hone_graph_last(g), "scale", 3, w);
    hone_node_floats(g, hone_graph_last(g), "offset", 1, w);
    hone_node_text(g, hone_graph_last(g), "note", hone_str("free text"));
    hone_node_int(g, hone_graph_last(g), "zero", 0);
    hone_graph_output(g, "y_1", HONE_F32, 2, (const int64_t[]){-1, 3});
    hone_model_meta_set(m, "hone.seed", hone_str("7"));
    hone_model_meta_set(m, "author", hone_str("a"));
    hone_model_meta_set(m, "author", hone_str("b"));
    return m;
}

static void what_is_built_is_read_back(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_model *back = NULL;
    struct hone_str bytes, again;
    const struct hone_node *scaler;

    CHECK_OK(&run, hone_model_write(&run, small(&mem), &mem, &bytes));
    CHECK_OK(&run, hone_model_read(&run, bytes, &mem, &back));
    CHECK(back->ir_version == HONE_ONNX_IR && back->opsets == 2);
    CHECK(back->opset[1].version == HONE_ONNX_ML_OPSET);
    CHECK_STR(back->producer, "hone");
    CHECK(back->metas == 2 && hone_str_is(hone_model_meta(back, "author"), "b"));
    CHECK(hone_model_meta(back, "absent").len == 0);
    CHECK(back->graph.nodes == 2 && back->graph.inits == 1);
    CHECK(back->graph.input[0].dim[0] == -1 && back->graph.input[0].dim[1] == 2);
    CHECK_STR(back->graph.input[0].dim_name[0], "N");
    scaler = &back->graph.node[1];
    CHECK_STR(scaler->op, "Scaler");
    CHECK_STR(scaler->input[0], "y");
    CHECK_STR(scaler->output[0], "y_1");
    CHECK(hone_node_attr(scaler, "scale")->n == 3 && hone_node_attr(scaler, "zero")->i == 0);
    CHECK_NEAR((double)hone_node_attr(scaler, "scale")->floats[2], 3.0, 0.0);
    CHECK(hone_node_attr(scaler, "missing") == NULL);
    CHECK_NEAR((double)((float *)back->graph.init[0].tensor.data)[5], 6.0, 0.0);
    CHECK_OK(&run, hone_model_write(&run, back, &mem, &again));
    CHECK(hone_str_eq(bytes, again));
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void attributes_do_not_depend_on_the_order_they_are_set_in(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_str bytes[2];

    for (size_t i = 0; i < 2; i++) {
        struct hone_model *m = hone_model_new(&mem, "g");
        struct hone_graph *g = &m->graph;
        hone_graph_op(g, "", "Gemm", "y", HONE_IN("a", "b"));
        hone_node_int(g, hone_graph_last(g), i == 0 ? "transA" : "transB", 1);
        hone_node_float(g, hone_graph_last(g), "alpha", 2.0f);
        hone_node_int(g, hone_graph_last(g), i == 0 ? "transB" : "transA", 1);
        CHECK_OK(&run, hone_model_write(&run, m, &mem, &bytes[i]));
    }
    CHECK(hone_str_eq(bytes[0], bytes[1]));
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void names_are_new(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_graph *g = &hone_model_new(&mem, "g")->graph;

    hone_graph_input(g, "x", HONE_F32, 0, NULL);
    CHECK_STR(hone_graph_name(g, "x"), "x_1");
    CHECK_STR(hone_graph_name(g, "x"), "x_2");
    CHECK_STR(hone_graph_name(g, "y"), "y");
    CHECK_STR(hone_graph_const_f32(g, "y", 1.0f), "y_1");
    hone_arena_free(&mem);
}

static void sequence_of_maps_is_kept(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_model *m = hone_model_new(&mem, "g");
    struct hone_value *v = hone_graph_output(&m->graph, "p", HONE_NONE, 0, NULL);
    struct hone_str bytes;

    v->is_sequence_of_maps = true;
    v->key = HONE_STRING;
    CHECK_OK(&run, hone_model_write(&run, m, &mem, &bytes));
    CHECK_OK(&run, hone_model_read(&run, bytes, &mem, &m));
    CHECK(m->graph.output[0].is_sequence_of_maps && m->graph.output[0].key == HONE_STRING);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* A protobuf field by hand. */
static void len_field(struct hone_buf *b, unsigned number, struct hone_str body)
{
    HONE_ASSERT(body.len < 128 * 128);
    hone_buf_char(b, (char)(number << 3 | 2));
    if (body.len >= 128) {
        hone_buf_char(b, (char)(body.len | 128));
        hone_buf_char(b, (char)(body.len >> 7));
    } else {
        hone_buf_char(b, (char)body.len);
    }
    hone_buf_str(b, body);
}

static struct hone_str text(const char *bytes, size_t len)
{
    return (struct hone_str){bytes, len};
}
#define BYTES(s) text(s, sizeof(s) - 1)

/* A model whose graph's body is given. */
static struct hone_str model_of(struct hone_arena *mem, unsigned number, struct hone_str body)
{
    struct hone_buf graph = hone_buf(mem), model = hone_buf(mem);
    len_field(&graph, number, body);
    len_field(&model, 7, (struct hone_str){graph.ptr, graph.len});
    return (struct hone_str){model.ptr, model.len};
}

static void hostile_files_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        unsigned in_graph; /* 0: the whole file; else the field of the graph whose body it is */
        enum hone_code code;
        const char *says;
    } files[] = {
#define FILE_IS(s, field, code, says) {s, sizeof(s) - 1, field, HONE_E_##code, says}
        FILE_IS("", 0, FORMAT, "no graph"),
        FILE_IS("hello, world", 0, FORMAT, "byte 2"),
        FILE_IS("\x08", 0, FORMAT, "cut off"),
        FILE_IS("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 0, FORMAT, "too long"),
        FILE_IS("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 0, FORMAT, "too long"),
        FILE_IS("\x08\x08\x3a\x05\x0a", 0, FORMAT,
                "byte 2: ModelProto: field 7 says 5 bytes, 1 are left"),
        FILE_IS("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 0, FORMAT, "bytes, 0 are left"),
        FILE_IS("\x3b\x00", 0, FORMAT, "unknown wire type"),
        FILE_IS("\x0e\x00", 0, FORMAT, "unknown wire type"),
        FILE_IS("\x02\x00", 0, FORMAT, "field number"),
        FILE_IS("\x38\x01", 0, FORMAT, "ModelProto.graph: not of this field's wire type"),
        FILE_IS("\x0a\x00", 0, FORMAT, "ModelProto.ir_version"),
        FILE_IS("\x12\x03"
                "a\0b",
                0, FORMAT, "NUL"),
        FILE_IS("\x0a\x05"
                "x",
                1, FORMAT, "field 1 says 5 bytes"),
        FILE_IS("\x08\x05", 1, FORMAT, "NodeProto.input"),
        FILE_IS("\x2a\x04\x0a\x01"
                "a\xa0",
                1, FORMAT, "cut off"),
        FILE_IS("\x2a\x05\x0a\x01"
                "a\x42\x01",
                1, FORMAT, "0 are left"),
        FILE_IS("\x2a\x06\x0a\x01"
                "a\x42\x01\xff",
                1, FORMAT, "AttributeProto.ints"),
        FILE_IS("\x2a\x07\x0a\x01"
                "a\x3a\x02\x01\x02",
                1, FORMAT, "AttributeProto.floats"),
        FILE_IS("\x2a\x06\x0a\x01"
                "a\xa0\x01\x04",
                1, FORMAT, "has no value"),
        FILE_IS("\x2a\x06\x0a\x01"
                "a\xa0\x01\x63",
                1, UNSUPPORTED, "of type 99"),
        FILE_IS("\x2a\x06\x0a\x01"
                "a\xa0\x01\x0d",
                1, UNSUPPORTED, "of type 13"),
        FILE_IS("\x2a\x07\x0a\x01"
                "a\xaa\x01\x01r",
                1, UNSUPPORTED, "function's attribute"),
        FILE_IS("\x10\x01", 5, FORMAT, "as many values"),
        FILE_IS("\x10\x01\x4a\x03"
                "abc",
                5, FORMAT, "raw_data is not as long"),
        FILE_IS("\x08\x02\x10\x01\x4a\x04"
                "abcd",
                5, FORMAT, "raw_data is not as long"),
        FILE_IS("\x10\x40\x4a\x00", 5, FORMAT, "data_type"),
        FILE_IS("\x4a\x00", 5, FORMAT, "data_type"),
        FILE_IS("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x01", 5, FORMAT, "negative"),
        FILE_IS(
            "\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x10\x01",
            5, FORMAT, "more elements"),
        FILE_IS("\x0a\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01\x10\x01", 5, UNSUPPORTED,
                "9 dimensions"),
        FILE_IS("\x10\x01\x70\x01", 5, UNSUPPORTED, "another file"),
        FILE_IS("\x10\x08\x08\x03\x32\x01"
                "a",
                5, FORMAT, "as many values"),
        FILE_IS("\x0a\x01x\x12\x05\x0a\x03\x08\x63\x12", 11, FORMAT, "of value 'x'"),
        FILE_IS("\x0a\x01x\x12\x04\x0a\x02\x08\x63", 11, FORMAT, "element type"),
        FILE_IS(
            "\x12\x17\x0a\x15\x08\x01\x12\x11\x0a\x00\x0a\x00\x0a\x00\x0a\x00\x0a\x00\x0a\x00\x0a\x00"
            "\x0a\x00\x0a",
            11, FORMAT, "cut off"),
        FILE_IS("\x3a\x02\x78\x01", 0, FORMAT, "GraphProto.sparse"),
        FILE_IS("\x18\x04", 15, FORMAT, "without its parts"),
    };
    struct hone_run run = {0};
    size_t n = sizeof files / sizeof files[0];

    for (size_t i = 0; i < n; i++) {
        struct hone_arena mem = {0};
        struct hone_model *m = NULL;
        struct hone_str bytes = {files[i].bytes, files[i].len};
        if (files[i].in_graph != 0) {
            bytes = model_of(&mem, files[i].in_graph, bytes);
        }
        CHECK_FAILS_WITH(&run, hone_model_read(&run, bytes, &mem, &m), files[i].code,
                         files[i].says);
        CHECK(m == NULL);
        hone_arena_free(&mem);
    }
    CHECK(n >= 30);
    hone_run_clear(&run);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_model *m = NULL;
    struct hone_str body = {"", 0};

    for (size_t i = 0; i < 40; i++) { /* a graph in an attribute of a node in a graph ... */
        struct hone_buf attr = hone_buf(&mem), node = hone_buf(&mem), graph = hone_buf(&mem);
        len_field(&attr, 6, body);
        len_field(&node, 5, (struct hone_str){attr.ptr, attr.len});
        len_field(&graph, 1, (struct hone_str){node.ptr, node.len});
        body = (struct hone_str){graph.ptr, graph.len};
    }
    CHECK_OK(&run, hone_model_read(&run, model_of(&mem, 1, BYTES("")), &mem, &m));
    struct hone_buf model = hone_buf(&mem);
    len_field(&model, 7, body);
    CHECK_FAILS_WITH(&run,
                     hone_model_read(&run, (struct hone_str){model.ptr, model.len}, &mem, &m),
                     HONE_E_FORMAT, "nested too deep");
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void memory_limits_hold(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0}, tight = {.limit = 100000};
    struct hone_buf graph = hone_buf(&mem), model = hone_buf(&mem);
    struct hone_model *m = NULL;

    for (size_t i = 0; i < 5000; i++) {
        len_field(&graph, 11, BYTES("")); /* two bytes become a whole struct */
    }
    len_field(&model, 7, (struct hone_str){graph.ptr, graph.len});
    CHECK_FAILS(&run,
                hone_model_read(&run, (struct hone_str){model.ptr, model.len}, &tight, &m),
                HONE_E_LIMIT);
    hone_arena_free(&tight);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* Every shared test model: read, write, read, write: the bytes no longer change. */
static void shared_models_round_trip(void **state)
{
    (void)state;
    static const char *const kinds[] = {
        "node", "simple", "pytorch-operator", "pytorch-converted", "light", "ml"};
    struct hone_run run = {0};
    struct hone_arena names = {0};
    size_t done = 0;

    if (check_shared("onnx-node/manifest.tsv") == NULL) {
        SKIP("no shared data");
    }
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        char folder[64];
        const char **name;
        size_t n;
        const char *path;
        snprintf(folder, sizeof folder, "onnx-node/%s", kinds[k]);
        path = hone_path_join(&names, check_shared(folder), "");
        CHECK_OK(&run, hone_dir_list(&run, path, &names, &name, &n));
        for (size_t i = 0; i < n; i++) {
            struct hone_arena mem = {0};
            struct hone_file file = {0};
            struct hone_model *m = NULL, *back = NULL;
            struct hone_str once, twice;
            const char *at =
                hone_path_join(&mem, hone_path_join(&mem, path, name[i]), "model.onnx");
            CHECK_OK(&run, hone_file_open(&run, at, &mem, &file));
            CHECK_OK(&run, hone_model_read(&run, file.bytes, &mem, &m));
            CHECK_OK(&run, hone_model_write(&run, m, &mem, &once));
            CHECK_OK(&run, hone_model_read(&run, once, &mem, &back));
            CHECK_OK(&run, hone_model_write(&run, back, &mem, &twice));
            CHECK(hone_str_eq(once, twice));
            CHECK(m->graph.nodes == back->graph.nodes && m->graph.inits == back->graph.inits);
            hone_file_close(&file);
            hone_arena_free(&mem);
            done++;
        }
    }
    print_message("%zu models read and written\n", done);
    CHECK(done == 1489);
    hone_arena_free(&names);
    hone_run_clear(&run);
}

const struct CMUnitTest hone_tests_model[] = {
    cmocka_unit_test(what_is_built_is_read_back),
    cmocka_unit_test(attributes_do_not_depend_on_the_order_they_are_set_in),
    cmocka_unit_test(names_are_new),
    cmocka_unit_test(sequence_of_maps_is_kept),
    cmocka_unit_test(hostile_files_are_refused),
    cmocka_unit_test(deep_nesting_is_refused),
    cmocka_unit_test(memory_limits_hold),
    cmocka_unit_test(shared_models_round_trip),
};
const size_t hone_tests_model_n = sizeof hone_tests_model / sizeof hone_tests_model[0];
