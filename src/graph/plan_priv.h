/*
 * graph/plan_priv.h - what a plan is made of
 */
#ifndef HONE_GRAPH_PLAN_PRIV_H
#define HONE_GRAPH_PLAN_PRIV_H

#include "graph/op.h"
#include "graph/plan.h"

#define HONE_NO_SLOT UINT32_MAX

/* A value of the graph. */
struct hone_slot {
    const char *name;
    struct hone_shape shape; /* as inferred when the plan was made */
    bool constant;           /* tensor holds it */
    bool varies;   /* depends on the elements of the plan's inputs, not on shapes alone */
    bool rows;     /* axis 0 is the plan's rows */
    bool ragged;   /* its shape depends on elements */
    bool new_text; /* its text may live in the session */
    struct hone_tensor tensor;
    uint32_t buffer; /* HONE_NO_SLOT: constant, plan input, or a view of one */
};

struct hone_step {
    const struct hone_op *op;
    struct hone_node node; /* as upgraded */
    int64_t version;
    void *state;
    hone_kernel *kernel; /* NULL for views */
    uint32_t *in;        /* slots; HONE_NO_SLOT: left out */
    uint32_t *out;
    bool fixed;   /* the same for every run with inputs of these shapes */
    bool widened; /* its 16-bit floats are float32 while the kernel runs */
};

struct hone_plan {
    const struct hone_model *model;
    struct hone_slot *slot;
    size_t slots;
    struct hone_step *step;
    size_t steps;
    size_t buffers;
    struct hone_value *input;
    uint32_t *input_slot;
    size_t inputs;
    uint32_t *captured; /* subgraphs: the node's input for each input after the graph's own */
    struct hone_value *output;
    uint32_t *output_slot;
    size_t outputs;
    size_t limit; /* bytes that a session may hold, as that of the plan's arena; 0: no limit */
    bool rowwise;
    bool dynamic; /* shapes depend on elements: they are inferred in every run */
};

/* --- making plans -------------------------------------------------------------------------------- */

#define HONE_SUBGRAPH_DEPTH 32   /* subgraphs in subgraphs */
#define HONE_SUBGRAPHS_MAX  4096 /* compiled for one plan, all together */

/* What subgraphs are compiled in. */
struct hone_scope {
    const struct hone_model *model;
    unsigned depth;
    size_t *left; /* subgraphs that may still be compiled */
};

struct hone_plan_source {
    const struct hone_graph *graph;
    const char *const *outputs; /* NULL: the graph's */
    size_t n_outputs;
    const struct hone_shape
        *input;      /* a subgraph's: what is known of its inputs; NULL: not a subgraph */
    size_t captures; /* what it uses from outside */
    const char *const *name;
    const struct hone_shape *capture;
    const uint32_t *at; /* inputs of the node that it belongs to */
    struct hone_scope scope;
};
enum hone_code hone_plan_make(struct hone_run *run, const struct hone_plan_source *source,
                              struct hone_arena *mem, struct hone_plan **out);

/*
 * Compile the subgraph that a node has as an attribute.  input: of its inputs, n of them; what it uses from outside is
 * among the site's inputs.  Fails: HONE_E_FORMAT (no such attribute, another number of inputs), HONE_E_LIMIT (too deep,
 * too many), and as hone_plan_new.
 */
enum hone_code hone_plan_sub(struct hone_run *run, const struct hone_site *site,
                             const char *attr, const struct hone_shape *input, size_t n,
                             struct hone_arena *mem, struct hone_plan **out);
/* What is known of output i of a plan. */
struct hone_shape hone_plan_output_shape(const struct hone_plan *plan, size_t i);

/*
 * A session inside a session: its memory is in mem, its text in text, and stays there until the session
 * around it begins its next run.
 */
struct hone_session *hone_session_sub(const struct hone_plan *plan, struct hone_arena *mem,
                                      struct hone_arena *text);
/* Run a subgraph for the node of a call: own inputs, and outputs as hone_plan_run gives them. */
enum hone_code hone_plan_sub_run(struct hone_run *run, const struct hone_plan *plan,
                                 struct hone_session *session, const struct hone_call *call,
                                 const struct hone_tensor *own, size_t n,
                                 struct hone_tensor *out);

/*
 * Calls of model-local functions become their nodes, in a copy of the graph; a graph without calls stays what it is.
 * Fails: HONE_E_LIMIT (calls too deep, too many nodes), HONE_E_FORMAT.
 */
enum hone_code hone_nodes_inline(struct hone_run *run, const struct hone_model *model,
                                 const struct hone_graph **g, struct hone_arena *mem);
/* The function that a node calls; NULL: none. */
const struct hone_function *hone_function_of(const struct hone_model *model,
                                             const struct hone_node *node);

/* Copies of a graph's nodes whose inputs have, at their end, what their subgraphs use from outside. */
enum hone_code hone_nodes_close(struct hone_run *run, const struct hone_graph *g,
                                struct hone_arena *mem, struct hone_arena *work,
                                struct hone_node **out);
/* The Constant operator, and its value, whichever attribute holds it. */
bool hone_node_is_constant(const struct hone_node *node);
enum hone_code hone_constant_value(struct hone_run *run, const struct hone_node *node,
                                   struct hone_arena *mem, struct hone_tensor *t);
/* Every attribute of the node is one that the operator knows, and of its type; inputs and outputs are as many as it has. */
enum hone_code hone_node_check(struct hone_run *run, const struct hone_op *op,
                               const struct hone_node *node);

/* A node with old attributes turned into the newest definition's, and constants for its new inputs. */
struct hone_upgraded {
    struct hone_node node;
    struct hone_initializer init[6];
    size_t inits;
    bool aligned; /* input 1 begins at this axis of input 0 (before opset 7) */
    int64_t axis;
};
enum hone_code hone_upgrade(struct hone_run *run, const struct hone_node *node, int64_t version,
                            struct hone_arena *mem, struct hone_upgraded *out);

/* Give every value its buffer, once all steps are there. */
enum hone_code hone_plan_buffers(struct hone_run *run, struct hone_plan *plan,
                                 struct hone_arena *work);

/*
 * Infer the shapes of a step's outputs from tensors and make room for them, then run it.
 * call->in and call->out have step->node.inputs and outputs entries.
 */
enum hone_code hone_step_shape(struct hone_run *run, const struct hone_step *step,
                               const struct hone_call *call);
enum hone_code hone_step_run(struct hone_run *run, const struct hone_step *step,
                             const struct hone_call *call);

/* Run the float32 kernel of a step with 16-bit floats. */
enum hone_code hone_step_widened(struct hone_run *run, const struct hone_step *step,
                                 const struct hone_call *call);

/* Put the node in front of the message of a failure. */
enum hone_code hone_step_failed(struct hone_run *run, const struct hone_node *node);

#endif
