/*
 * graph/codec_priv.h - the messages of an ONNX file, as they are read and written
 *
 * One struct per message of onnx.proto3 with the fields that matter; `at` is where it began in the file.
 */
#ifndef HONE_GRAPH_CODEC_PRIV_H
#define HONE_GRAPH_CODEC_PRIV_H

#include "graph/model.h"

struct wire_opset {
    size_t at;
    const char *domain;
    int64_t version;
    bool has_version;
};

struct wire_pair {
    size_t at;
    const char *key;
    struct hone_str value;
};

struct wire_dim {
    size_t at;
    int64_t value;
    const char *param;
    bool has_value;
};

struct wire_shape {
    size_t at;
    struct wire_dim *dim;
    size_t dims;
};

struct wire_tensor_type {
    size_t at;
    int64_t elem;
    struct wire_shape *shape;
};

struct wire_map_type {
    size_t at;
    int64_t key;
    struct wire_type *value;
};

struct wire_sequence_type {
    size_t at;
    struct wire_type *elem;
};

struct wire_type {
    size_t at;
    struct wire_tensor_type *tensor;
    struct wire_sequence_type *sequence;
    struct wire_map_type *map;
    struct wire_sequence_type *optional; /* of the same form */
};

struct wire_value {
    size_t at;
    const char *name;
    struct wire_type *type;
    struct hone_str raw; /* the type once more, as bytes */
    const char *doc;
    bool has_raw;
};

struct wire_tensor {
    size_t at;
    int64_t *dim;
    size_t dims;
    int64_t type, location;
    float *floats;
    size_t n_floats;
    int64_t *ints;
    size_t n_ints;
    struct hone_str *strings;
    size_t n_strings;
    int64_t *longs;
    size_t n_longs;
    const char *name;
    struct hone_str raw;
    double *doubles;
    size_t n_doubles;
    int64_t *ulongs;
    size_t n_ulongs;
    struct wire_pair *external;
    size_t externals;
    bool has_raw;
};

struct wire_sparse {
    size_t at;
    struct wire_tensor *values, *indices;
    int64_t *dim;
    size_t dims;
};

struct wire_attr {
    size_t at;
    const char *name;
    const char *reference;
    int64_t type, i;
    float f;
    struct hone_str s;
    struct wire_tensor *t;
    struct wire_graph *g;
    struct wire_sparse *sparse;
    float *floats;
    size_t n_floats;
    int64_t *ints;
    size_t n_ints;
    struct hone_str *strings;
    size_t n_strings;
    struct wire_tensor *tensors;
    size_t n_tensors;
    struct wire_graph *graphs;
    size_t n_graphs;
    bool has_f, has_i, has_s;
};

struct wire_node {
    size_t at;
    const char **input;
    size_t inputs;
    const char **output;
    size_t outputs;
    const char *name, *op, *domain;
    struct wire_attr *attr;
    size_t attrs;
};

struct wire_graph {
    size_t at;
    struct wire_node *node;
    size_t nodes;
    const char *name;
    struct wire_tensor *init;
    size_t inits;
    struct wire_value *input;
    size_t inputs;
    struct wire_value *output;
    size_t outputs;
    struct wire_value *value;
    size_t values;
    struct wire_sparse *sparse;
    size_t sparses;
};

struct wire_function {
    size_t at;
    const char *name, *domain;
    const char **input;
    size_t inputs;
    const char **output;
    size_t outputs;
    struct wire_node *node;
    size_t nodes;
    struct wire_opset *opset;
    size_t opsets;
    struct wire_attr *attr;
    size_t attrs;
};

struct wire_model {
    size_t at;
    int64_t ir_version, version;
    const char *producer, *producer_version, *domain, *doc;
    struct wire_graph *graph;
    struct wire_opset *opset;
    size_t opsets;
    struct wire_pair *meta;
    size_t metas;
    struct hone_str *function;
    size_t functions;
    bool has_ir;
};

/* A model on its way in or out. */
struct codec {
    struct hone_run *run;
    struct hone_arena *mem;
    struct hone_model *model;
    struct hone_str bytes;
    bool in_function;
};

/* Bits of one element in raw_data; 0 for text and for types the format has not. */
size_t hone_raw_bits(int64_t type);
/* Values stay in the file's bytes where alignment allows.  Fails: HONE_E_FORMAT, HONE_E_UNSUPPORTED, HONE_E_LIMIT. */
enum hone_code hone_tensor_in(const struct codec *c, const struct wire_tensor *w,
                              struct hone_tensor *out);
/* The same, from the elements that are not zero; at most HONE_SPARSE_MAX elements in all. */
#define HONE_SPARSE_MAX ((size_t)1 << 28)
enum hone_code hone_sparse_in(const struct codec *c, const struct wire_sparse *w,
                              struct hone_tensor *out);
enum hone_code hone_tensor_out(const struct codec *c, const char *name,
                               const struct hone_tensor *t, struct wire_tensor *w);

#endif
