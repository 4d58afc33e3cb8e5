/*
 * graph/op.h - what every operator is
 *
 * One constant struct per operator and one line in ops.def.  A plan upgrades each node to the newest
 * definition (graph/upgrade.c), prepares it once (attributes, hash tables, packed trees), infers its
 * shapes, and calls its kernel.  Kernels are read-only in everything but their outputs: any number of
 * threads may run one node, each with a call of its own.
 */
#ifndef HONE_GRAPH_OP_H
#define HONE_GRAPH_OP_H

#include "base/part.h"
#include "graph/model.h"

#define HONE_DTYPES 17 /* types that have kernels: HONE_F32 .. HONE_BF16 */

/* What is known of a value. */
struct hone_shape {
    enum hone_dtype type; /* HONE_NONE: an input that is left out */
    bool ranked;          /* rank and dim are known */
    size_t rank;
    int64_t dim[HONE_RANK_MAX]; /* -1: not known */
    const void *data;           /* the elements, where they are known and dim is; else NULL */
    enum hone_dtype elem[3];    /* as in struct hone_value */
};

struct hone_scope; /* what subgraphs are compiled in (graph/plan_priv.h) */

/* An operator at its place in a graph. */
struct hone_site {
    const struct hone_node *node; /* as upgraded */
    int64_t version;              /* of its domain, as the model imports it */
    const void *state;            /* what prepare made; NULL while it runs */
    size_t inputs, outputs;
    const struct hone_shape *in;
    struct hone_shape *out;
    const bool *rows;               /* rowwise only: axis 0 of input i is rows */
    const struct hone_scope *scope; /* prepare only */
};

/* Memory of one output. */
struct hone_buffer {
    void *ptr;
    size_t size; /* bytes */
};

/* An operator at work. */
struct hone_call {
    const struct hone_node *node;
    const void *state;
    size_t inputs, outputs;
    const struct hone_tensor *const *in; /* NULL: left out */
    struct hone_tensor *const *out;      /* type, shape and data as inferred */
    struct hone_buffer *const *buffer;   /* of the outputs */
    struct hone_shape *in_shape;         /* room for infer */
    struct hone_shape *out_shape;
    void *own;               /* what open made for this session; NULL without open */
    struct hone_arena *mem;  /* the buffers' */
    struct hone_arena *text; /* for bytes of text that lives until the next run */
};

typedef enum hone_code hone_kernel(struct hone_run *run, const struct hone_call *call);

enum hone_op_flags {
    HONE_OP_VIEW = 1, /* output 0 is input 0 with another shape; has no kernel */
    HONE_OP_SHAPE_ONLY =
        2, /* outputs depend on the shapes of the inputs, not on their elements */
    HONE_OP_NEW_TEXT = 4, /* output text may point into call->text */
    HONE_OP_RANDOM =
        16, /* outputs depend on the run's seed: never computed when the plan is made */
    HONE_OP_RAGGED = 8, /* the shape of output 0 depends on the elements of the inputs */
};

struct hone_op {
    struct hone_part part; /* name as in ONNX; source: the specification */
    const char *domain;    /* "" is ai.onnx */
    int64_t since;         /* oldest version of the domain whose nodes are taken */
    size_t inputs_min, inputs_max;
    size_t outputs_min, outputs_max;
    /* Attributes: "axis:i alpha:f mode:s axes:I weights:F keys:S value:t", in any order.  A node with
     * another attribute, or one of another type, is refused. */
    const char *attrs;
    size_t by;      /* the input whose type chooses the kernel */
    unsigned reads; /* bit i: infer looks at the elements of input i */
    unsigned flags; /* of enum hone_op_flags */
    size_t state_size;
    /* Attributes, types and constant inputs to state (zeroed; what it points to in mem).
     * NULL: the operator has none. */
    enum hone_code (*prepare)(struct hone_run *run, const struct hone_site *site,
                              struct hone_arena *mem, void *state);
    /* Types of the outputs, and their shapes as far as the inputs' are known; all of them when all
     * dimensions and the elements that it reads are, or else the kernel calls hone_call_output. */
    enum hone_code (*infer)(struct hone_run *run, const struct hone_site *site);
    /* Does row i of every output depend on row i of the row inputs only?  NULL: never. */
    bool (*rowwise)(const struct hone_site *site);
    hone_kernel
        *forward[HONE_DTYPES]; /* by type; NULL: any, or else through float32 for the 16-bit
                                        * floats, or else refused when the plan is made */
    hone_kernel *any;   /* tensors of types without a kernel above, and no input at all */
    hone_kernel *boxed; /* sequences, optionals and maps */
    const struct hone_op
        *inside; /* takes its place where a node reads its output; NULL: none */
    /* Memory that each session has for a node, for sessions of subgraphs and what outlives a call; in mem, from which
     * it may grow.  Panics without memory.  NULL: none. */
    void *(*open)(const void *state, struct hone_arena *mem, struct hone_arena *text);
    /* Append nodes for the gradients of the inputs given those of the outputs (names; NULL: none).
     * NULL: not differentiable. */
    enum hone_code (*backward)(struct hone_run *run, struct hone_graph *g,
                               const struct hone_site *site, const char *const *out_grad,
                               const char **in_grad);
};

/* All operators, in the order of ops.def, ended by NULL. */
extern const struct hone_op *const hone_ops[];
/* The operator that takes nodes of this name at this version; NULL if none. */
const struct hone_op *hone_op_find(const char *domain, const char *name, int64_t version);

/* Attributes by name, checked to be of the type asked for before prepare is called. */
int64_t hone_op_int(const struct hone_node *node, const char *name, int64_t absent);
float hone_op_float(const struct hone_node *node, const char *name, float absent);
struct hone_str hone_op_text(const struct hone_node *node, const char *name,
                             const char *absent);
/* Elements of a list; *n is 0 and NULL is returned when it is absent. */
const int64_t *hone_op_ints(const struct hone_node *node, const char *name, size_t *n);
const float *hone_op_floats(const struct hone_node *node, const char *name, size_t *n);
const struct hone_str *hone_op_texts(const struct hone_node *node, const char *name, size_t *n);
const struct hone_tensor *hone_op_tensor(const struct hone_node *node, const char *name);
/* One of words ended by NULL, as its index; fails with HONE_E_UNSUPPORTED. */
enum hone_code hone_op_word(struct hone_run *run, const struct hone_node *node,
                            const char *name, const char *absent, const char *const *words,
                            int *out);

/* An axis of -rank .. rank-1 as 0 .. rank-1.  Fails: HONE_E_SHAPE. */
enum hone_code hone_op_axis(struct hone_run *run, int64_t axis, size_t rank, size_t *out);
/* The integers (int32 or int64) of input i where they are known: *known tells. */
enum hone_code hone_site_ints(struct hone_run *run, const struct hone_site *site, size_t i,
                              struct hone_arena *mem, const int64_t **out, size_t *n,
                              bool *known);

/* Element i of a tensor of int32 or int64. */
static inline int64_t hone_tensor_int(const struct hone_tensor *t, size_t i)
{
    return t->type == HONE_I64 ? ((const int64_t *)t->data)[i] : ((const int32_t *)t->data)[i];
}

/* Element i of a tensor of numbers, bool or 16-bit floats too; 0 for text. */
double hone_tensor_real(const struct hone_tensor *t, size_t i);
/* Is input i there? */
static inline bool hone_site_has(const struct hone_site *site, size_t i)
{
    return i < site->inputs && site->in[i].type != HONE_NONE;
}
static inline const struct hone_tensor *hone_call_in(const struct hone_call *call, size_t i)
{
    return i < call->inputs ? call->in[i] : NULL;
}
/* Input i has the type of input 0.  Fails: HONE_E_SHAPE. */
enum hone_code hone_site_like_first(struct hone_run *run, const struct hone_site *site,
                                    size_t i);

/* Shapes. */
void hone_shape_set(struct hone_shape *out, enum hone_dtype type, size_t rank,
                    const int64_t *dim);
/* Elements, or -1 when it is not known. */
int64_t hone_shape_count(const struct hone_shape *s);
/* out becomes out and b broadcast together.  Fails: HONE_E_SHAPE. */
enum hone_code hone_shape_broadcast(struct hone_run *run, struct hone_shape *out,
                                    const struct hone_shape *b);

/* What is known of the items of a sequence, or of what an optional holds. */
static inline struct hone_shape hone_shape_item(const struct hone_shape *s)
{
    return (struct hone_shape){.type = s->elem[0], .elem = {s->elem[1], s->elem[2]}};
}
/* The other way round: a value of that type, of n elements (-1: not known), that holds such items. */
void hone_shape_hold(struct hone_shape *out, enum hone_dtype type, int64_t n,
                     const struct hone_shape *item);

/* What is known of a value that is there; all zero for NULL. */
struct hone_shape hone_shape_of(const struct hone_tensor *t);
/* What holds for a and b alike: dimensions that differ are not known, nor is a rank that does. */
struct hone_shape hone_shape_meet(const struct hone_shape *a, const struct hone_shape *b);

/* Ready-made infer functions. */
enum hone_code hone_infer_same(struct hone_run *run,
                               const struct hone_site *site); /* as input 0 */
enum hone_code hone_infer_broadcast(struct hone_run *run, const struct hone_site *site);
enum hone_code hone_infer_broadcast_bool(struct hone_run *run, const struct hone_site *site);

/* Ready-made rowwise functions. */
bool hone_rows_broadcast(const struct hone_site *site); /* elementwise over all inputs */
bool hone_rows_first(const struct hone_site *site); /* input 0 has rows, the others have none */

/* Room for an output whose shape infer could not tell.  Fails: HONE_E_LIMIT, HONE_E_SHAPE. */
enum hone_code hone_call_output(struct hone_run *run, const struct hone_call *call, size_t i,
                                size_t rank, const size_t *dim);
/* Output i becomes a copy of a value, of what it holds too; text stays where it is.  Fails: HONE_E_LIMIT. */
enum hone_code hone_call_copy(struct hone_run *run, const struct hone_call *call, size_t i,
                              const struct hone_tensor *from);
/* t is a map of such keys to such values.  Fails: HONE_E_SHAPE. */
enum hone_code hone_check_map(struct hone_run *run, const struct hone_tensor *t,
                              enum hone_dtype key, enum hone_dtype value);
/* Output i becomes a sequence or optional of copies of n items.  Fails: HONE_E_LIMIT. */
enum hone_code hone_call_items(struct hone_run *run, const struct hone_call *call, size_t i,
                               size_t n, const struct hone_tensor *item);
/* The same copy into memory of the caller's: b grows in mem. */
enum hone_code hone_tensor_keep(struct hone_run *run, struct hone_arena *mem,
                                struct hone_buffer *b, const struct hone_tensor *from,
                                struct hone_tensor *to);
/* Bytes for text made by a kernel.  Fails: HONE_E_LIMIT. */
enum hone_code hone_call_text(struct hone_run *run, const struct hone_call *call, size_t len,
                              char **out);

#define HONE_OP_SOURCE_ONNX "ONNX operators, ai.onnx"
#define HONE_OP_SOURCE_ML   "ONNX operators, ai.onnx.ml"

#endif
