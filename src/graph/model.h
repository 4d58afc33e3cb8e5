/*
 * graph/model.h - an ONNX model as it is saved: plain, readable, complete
 *
 * What is trained is built here, what is imported is read into this.  Nothing in it is specific to how it is
 * run: fusions and packed weights live in the plan (graph/plan.h).  Values are known by name, as in
 * ONNX.  All of a model lives in its arena.
 * Source: ONNX IR specification and onnx.proto3, IR 3 to 13.
 */
#ifndef HONE_GRAPH_MODEL_H
#define HONE_GRAPH_MODEL_H

#include "base/hash.h"
#include "tensor/tensor.h"

enum hone_attr_type { /* AttributeProto.AttributeType numbers */
                      HONE_ATTR_FLOAT = 1,
                      HONE_ATTR_INT = 2,
                      HONE_ATTR_STRING = 3,
                      HONE_ATTR_TENSOR = 4,
                      HONE_ATTR_GRAPH = 5,
                      HONE_ATTR_FLOATS = 6,
                      HONE_ATTR_INTS = 7,
                      HONE_ATTR_STRINGS = 8,
                      HONE_ATTR_TENSORS = 9,
                      HONE_ATTR_GRAPHS = 10,
};

struct hone_attr {
    const char *name;
    const char
        *reference; /* in functions: the attribute of the call that it stands for; else NULL */
    enum hone_attr_type type;
    float f;
    int64_t i;
    struct hone_str s;
    struct hone_tensor *t; /* TENSOR */
    struct hone_graph *g;  /* GRAPH */
    size_t n;              /* of the lists */
    float *floats;
    int64_t *ints;
    struct hone_str *strings;
    struct hone_tensor *tensors;
    struct hone_graph *graphs; /* GRAPHS */
};

struct hone_node {
    const char *op, *domain, *name; /* domain "" is ai.onnx */
    const char **input;             /* "" where an optional one is left out */
    size_t inputs;
    const char **output;
    size_t outputs;
    struct hone_attr *attr;
    size_t attrs;
    size_t attr_room; /* for the builder, as the other rooms */
    /* Of the inputs, at the end: values of the graph around it that its subgraphs use.  Filled in the copies that a
     * plan is made from. */
    size_t captured;
};

/* A typed value: an input, an output, or an inner one with a known shape. */
struct hone_value {
    const char *name;
    enum hone_dtype type; /* element type; HONE_NONE for what is not known */
    /* HONE_SEQUENCE, HONE_OPTIONAL: what it holds, and what that holds.  HONE_MAP: keys (HONE_I64, HONE_STRING) and
     * values, as in a sequence of maps behind HONE_MAP. */
    enum hone_dtype elem[3];
    bool has_shape;
    size_t rank;
    int64_t dim[HONE_RANK_MAX];          /* -1: not known */
    const char *dim_name[HONE_RANK_MAX]; /* "N"; may be NULL */
    bool is_sequence_of_maps;            /* ZipMap's output */
    enum hone_dtype key;                 /* of those maps: HONE_I64 or HONE_STRING */
    struct hone_str other;               /* a type that is none of these, as it was read */
    const char *doc;
};

struct hone_initializer {
    const char *name;
    struct hone_tensor tensor;
};

struct hone_opset {
    const char *domain;
    int64_t version;
};

struct hone_pair {
    const char *key;
    struct hone_str value;
};

struct hone_graph {
    const char *name;
    struct hone_node *node;
    size_t nodes;
    struct hone_initializer *init;
    size_t inits;
    struct hone_value *input;
    size_t inputs;
    struct hone_value *output;
    size_t outputs;
    struct hone_value *value;
    size_t values;
    struct hone_model *model;
    struct {
        size_t node, init, input, output;
    } room;
    struct hone_map
        used; /* names of values, for hone_graph_name; filled when it is first asked */
};

/* A model-local function: a call of its name in its domain stands for its nodes. */
struct hone_function {
    const char *name, *domain;
    const char **input, **output;
    size_t inputs, outputs;
    struct hone_attr *attr; /* what holds where a call says nothing */
    size_t attrs;
    struct hone_node *node;
    size_t nodes;
    struct hone_opset *opset;
    size_t opsets;
};

struct hone_model {
    struct hone_arena *mem;
    int64_t ir_version;
    const char *producer, *producer_version, *doc, *domain;
    int64_t version;
    struct hone_opset *opset;
    size_t opsets;
    struct hone_pair *meta; /* metadata_props: unique keys, in the order they were added */
    size_t metas;
    size_t meta_room;
    struct hone_graph graph;
    struct hone_str *function; /* model-local functions, kept as they were read */
    size_t functions;
    struct hone_function
        *local; /* (functions) the same to be run; NULL in models that were not read */
};

/* What hone writes (every runtime of the last three years runs it). */
#define HONE_ONNX_IR       8
#define HONE_ONNX_OPSET    17
#define HONE_ONNX_ML_OPSET 3
#define HONE_ML            "ai.onnx.ml"

/*
 * Build.  A model begins empty with hone's opsets; names are copied.  The functions that return a name or a
 * pointer panic without memory when the arena has no limit (models that we build are ours); the arena of a
 * build must have none.
 */
struct hone_model *hone_model_new(struct hone_arena *mem, const char *graph_name);
/* Nodes of another domain need it imported; once is enough. */
void hone_model_import(struct hone_model *m, const char *domain, int64_t version);
struct hone_value *hone_graph_input(struct hone_graph *g, const char *name,
                                    enum hone_dtype type, size_t rank, const int64_t *dim);
struct hone_value *hone_graph_output(struct hone_graph *g, const char *name,
                                     enum hone_dtype type, size_t rank, const int64_t *dim);
/* A value name not used so far: hint, hint_1, hint_2 ... */
const char *hone_graph_name(struct hone_graph *g, const char *hint);
/*
 * Append a node with one new output named after hint, whose name is returned.  The inputs end with NULL.
 * hone_graph_node gives the node itself, for more outputs and attributes.
 */
const char *hone_graph_op(struct hone_graph *g, const char *domain, const char *op,
                          const char *hint, const char *const *inputs);
struct hone_node *hone_graph_node(struct hone_graph *g, const char *domain, const char *op,
                                  const char *const *inputs, const char *const *outputs);
#define HONE_IN(...) ((const char *const[]){__VA_ARGS__, NULL})
/* The node appended last. */
struct hone_node *hone_graph_last(struct hone_graph *g);

/* Attributes; lists and tensors are copied. */
void hone_node_int(struct hone_graph *g, struct hone_node *node, const char *name,
                   int64_t value);
void hone_node_float(struct hone_graph *g, struct hone_node *node, const char *name,
                     float value);
void hone_node_text(struct hone_graph *g, struct hone_node *node, const char *name,
                    struct hone_str value);
void hone_node_ints(struct hone_graph *g, struct hone_node *node, const char *name, size_t n,
                    const int64_t *values);
void hone_node_floats(struct hone_graph *g, struct hone_node *node, const char *name, size_t n,
                      const float *values);
void hone_node_texts(struct hone_graph *g, struct hone_node *node, const char *name, size_t n,
                     const struct hone_str *values);
void hone_node_tensor(struct hone_graph *g, struct hone_node *node, const char *name,
                      const struct hone_tensor *value);
const struct hone_attr *hone_node_attr(const struct hone_node *node,
                                       const char *name); /* or NULL */

/* Constants: an initializer named after hint; the name is returned.  rank 0 dims NULL: a scalar. */
const char *hone_graph_const(struct hone_graph *g, const char *hint, enum hone_dtype type,
                             size_t rank, const size_t *dim, const void *data);
const char *hone_graph_const_f32(struct hone_graph *g, const char *hint, float value); /* [1] */
const char *hone_graph_const_i64(struct hone_graph *g, const char *hint,
                                 int64_t value); /* [1] */

/* Metadata: set or replace; the text of a key, or an empty view. */
void hone_model_meta_set(struct hone_model *m, const char *key, struct hone_str value);
struct hone_str hone_model_meta(const struct hone_model *m, const char *key);

/*
 * The bytes of an ONNX file, the same for the same model: fields in number order, nothing else.
 * Fails: HONE_E_LIMIT.
 */
enum hone_code hone_model_write(struct hone_run *run, const struct hone_model *m,
                                struct hone_arena *mem, struct hone_str *bytes);

/*
 * Read the bytes of an ONNX file; weights stay in bytes (which must outlive the model) where alignment
 * allows.  Unknown fields are skipped; external data is refused.
 * Fails: HONE_E_FORMAT with the byte offset and the field; HONE_E_UNSUPPORTED; HONE_E_LIMIT.
 */
enum hone_code hone_model_read(struct hone_run *run, struct hone_str bytes,
                               struct hone_arena *mem, struct hone_model **out);

#endif
