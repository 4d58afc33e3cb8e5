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
    bool fixed; /* the same for every run with inputs of these shapes */
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
    struct hone_value *output;
    uint32_t *output_slot;
    size_t outputs;
    size_t limit; /* bytes that a session may hold, as that of the plan's arena; 0: no limit */
    bool rowwise;
    bool dynamic; /* shapes depend on elements: they are inferred in every run */
};

/* A node with old attributes turned into the newest definition's, and constants for its new inputs. */
struct hone_upgraded {
    struct hone_node node;
    struct hone_initializer init[6];
    size_t inits;
};
enum hone_code hone_upgrade(struct hone_run *run, const struct hone_node *node,
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

/* Put the node in front of the message of a failure. */
enum hone_code hone_step_failed(struct hone_run *run, const struct hone_node *node);

#endif
