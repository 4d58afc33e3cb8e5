#include "flow/train/answer.h"

/* class_name as the graph's label output has it: int64 when the target was, else text. */
static const char *emit_class_names(struct hone_run *run, struct hone_graph *g,
                                    const struct hone_signature *s)
{
    HONE_SCRATCH(run);
    if (s->target_type == HONE_INT64) {
        int64_t *value = hone_arena_must(&run->scratch, s->classes * sizeof *value);
        for (size_t k = 0; k < s->classes; k++) {
            HONE_ASSERT(hone_parse_i64(hone_str(s->class_name[k]), &value[k]));
        }
        return hone_graph_const(g, "classes", HONE_I64, 1, &s->classes, value);
    }
    struct hone_str *text = hone_arena_must(&run->scratch, s->classes * sizeof *text);
    for (size_t k = 0; k < s->classes; k++) {
        text[k] = hone_str(s->class_name[k]);
    }
    return hone_graph_const(g, "classes", HONE_STRING, 1, &s->classes, text);
}

/* The last node's output gets the name that the signature promises. */
static void name_output(struct hone_graph *g, const char *name)
{
    hone_graph_last(g)->output[0] = name;
}

/* The sum over classes, [N, 1]. */
static const char *emit_sum(struct hone_graph *g, const char *value, int64_t axis, bool keep)
{
    const char *axes = hone_graph_const_i64(g, "axes", axis);
    const char *sum = hone_graph_op(g, "", "ReduceSum", "sum", HONE_IN(value, axes));
    hone_node_int(g, hone_graph_last(g), "keepdims", keep);
    return sum;
}

static const char *emit_row(struct hone_graph *g, const char *hint, size_t n, const float *x)
{
    return hone_graph_const(g, hint, HONE_F32, 2, (const size_t[]){1, n}, x);
}

/* slope * score + shift, a sigmoid's log-odds: [N, curves]. */
static const char *emit_scaling(struct hone_run *run, struct hone_graph *g,
                                const struct hone_calibration *c, const char *score)
{
    HONE_SCRATCH(run);
    float *slope = hone_arena_must(&run->scratch, c->curves * sizeof *slope);
    float *shift = hone_arena_must(&run->scratch, c->curves * sizeof *shift);
    for (size_t k = 0; k < c->curves; k++) {
        slope[k] = (float)-c->sigmoid[k].a;
        shift[k] = (float)-c->sigmoid[k].b;
    }
    const char *a = emit_row(g, "calibration_slope", c->curves, slope);
    const char *b = emit_row(g, "calibration_shift", c->curves, shift);
    const char *scaled = hone_graph_op(g, "", "Mul", "calibrated", HONE_IN(score, a));
    return hone_graph_op(g, "", "Add", "calibrated", HONE_IN(scaled, b));
}

/* The pieces of the broken lines of all curves, as many for each: those it lacks are flat. */
struct pieces {
    size_t n;
    float *from, *width, *slope; /* (curves, n) */
    float *base;                 /* (curves) what the line is before its first point */
};

static void cut_pieces(const struct hone_calibration *c, struct hone_arena *mem,
                       struct pieces *out)
{
    struct pieces p = {.n = 1};
    for (size_t k = 0; k < c->curves; k++) {
        p.n = c->steps[k].n > p.n + 1 ? c->steps[k].n - 1 : p.n;
    }
    p.from = hone_arena_must(mem, c->curves * p.n * sizeof *p.from);
    p.width = hone_arena_must(mem, c->curves * p.n * sizeof *p.width);
    p.slope = hone_arena_must(mem, c->curves * p.n * sizeof *p.slope);
    p.base = hone_arena_must(mem, c->curves * sizeof *p.base);
    for (size_t k = 0; k < c->curves; k++) {
        const struct hone_steps *s = &c->steps[k];
        p.base[k] = (float)s->y[0];
        for (size_t i = 0; i + 1 < s->n; i++) {
            size_t at = k * p.n + i;
            p.from[at] = (float)s->x[i];
            p.width[at] = (float)s->x[i + 1] - (float)s->x[i];
            p.slope[at] = (float)((s->y[i + 1] - s->y[i]) / (double)p.width[at]);
        }
    }
    *out = p;
}

/*
 * A broken line: its first value, and of each piece the slope times how far the score is into it.
 * score [N, curves] -> probability [N, curves]
 */
static const char *emit_line(struct hone_run *run, struct hone_graph *g,
                             const struct hone_calibration *c, const char *score)
{
    HONE_SCRATCH(run);
    struct pieces p;
    cut_pieces(c, &run->scratch, &p);
    const size_t dim[3] = {1, c->curves, p.n};
    const char *from = hone_graph_const(g, "calibration_from", HONE_F32, 3, dim, p.from);
    const char *width = hone_graph_const(g, "calibration_width", HONE_F32, 3, dim, p.width);
    const char *slope = hone_graph_const(g, "calibration_slope", HONE_F32, 3, dim, p.slope);
    const char *base = emit_row(g, "calibration_base", c->curves, p.base);
    const char *axis = hone_graph_const_i64(g, "axis", 2);
    const char *deep = hone_graph_op(g, "", "Unsqueeze", "calibrated", HONE_IN(score, axis));
    const char *past = hone_graph_op(g, "", "Sub", "calibrated", HONE_IN(deep, from));
    const char *begun = hone_graph_op(g, "", "Relu", "calibrated", HONE_IN(past));
    const char *into = hone_graph_op(g, "", "Min", "calibrated", HONE_IN(begun, width));
    const char *risen = hone_graph_op(g, "", "Mul", "calibrated", HONE_IN(into, slope));
    const char *sum = emit_sum(g, risen, 2, false);
    return hone_graph_op(g, "", "Add", "calibrated", HONE_IN(sum, base));
}

/* Probability of class 1, [N, 1]. */
static const char *emit_two(struct hone_run *run, struct hone_graph *g,
                            const struct hone_calibration *c, const char *score)
{
    if (c->kind == HONE_CALIBRATION_ISOTONIC) {
        return emit_line(run, g, c, score);
    }
    if (c->kind == HONE_CALIBRATION_SIGMOID) {
        score = emit_scaling(run, g, c, score);
    }
    return hone_graph_op(g, "", "Sigmoid", "probability", HONE_IN(score));
}

/* Probabilities of several classes, [N, classes]: one curve against the rest each, then a sum of 1. */
static const char *emit_many(struct hone_run *run, struct hone_graph *g,
                             const struct hone_calibration *c, const char *score)
{
    const char *plain = hone_graph_op(g, "", "Softmax", "softmax", HONE_IN(score));
    hone_node_int(g, hone_graph_last(g), "axis", 1);
    if (c->kind == HONE_CALIBRATION_NONE) {
        return plain;
    }
    float least = (float)HONE_CALIBRATION_LEAST;
    const char *low = hone_graph_const(g, "least", HONE_F32, 0, NULL, &least);
    float most = 1 - least;
    const char *high = hone_graph_const(g, "most", HONE_F32, 0, NULL, &most);
    const char *one = hone_graph_const_f32(g, "one", 1);
    const char *p = hone_graph_op(g, "", "Clip", "odds", HONE_IN(plain, low, high));
    const char *rest = hone_graph_op(g, "", "Sub", "odds", HONE_IN(one, p));
    const char *odds = hone_graph_op(g, "", "Div", "odds", HONE_IN(p, rest));
    const char *logit = hone_graph_op(g, "", "Log", "odds", HONE_IN(odds));
    const char *each;
    if (c->kind == HONE_CALIBRATION_ISOTONIC) {
        each = emit_line(run, g, c, logit);
    } else {
        const char *scaled = emit_scaling(run, g, c, logit);
        each = hone_graph_op(g, "", "Sigmoid", "calibrated", HONE_IN(scaled));
    }
    const char *sum = emit_sum(g, each, 1, true);
    return hone_graph_op(g, "", "Div", "calibrated", HONE_IN(each, sum));
}

/* Raw scores [N, 1] or [N, K] to probabilities and the class that is said. */
static void emit_classes(struct hone_run *run, struct hone_graph *g,
                         const struct hone_signature *s, const struct hone_calibration *c,
                         const char *score)
{
    const char *names = emit_class_names(run, g, s);
    const char *index;
    if (s->task == HONE_TASK_BINARY) {
        const char *one = hone_graph_const_f32(g, "one", 1);
        const char *cut = hone_graph_const_f32(g, "threshold", (float)s->threshold);
        const char *yes = emit_two(run, g, c, score);
        const char *no = hone_graph_op(g, "", "Sub", "complement", HONE_IN(one, yes));
        hone_graph_op(g, "", "Concat", HONE_OUT_PROBABILITIES, HONE_IN(no, yes));
        hone_node_int(g, hone_graph_last(g), "axis", 1);
        name_output(g, HONE_OUT_PROBABILITIES);
        const char *is = hone_graph_op(g, "", "GreaterOrEqual", "positive", HONE_IN(yes, cut));
        const char *number = hone_graph_op(g, "", "Cast", "index", HONE_IN(is));
        hone_node_int(g, hone_graph_last(g), "to", HONE_I64);
        const char *axis = hone_graph_const_i64(g, "axis", 1);
        index = hone_graph_op(g, "", "Squeeze", "index", HONE_IN(number, axis));
    } else {
        emit_many(run, g, c, score);
        name_output(g, HONE_OUT_PROBABILITIES);
        index = hone_graph_op(g, "", "ArgMax", "index", HONE_IN(HONE_OUT_PROBABILITIES));
        hone_node_int(g, hone_graph_last(g), "axis", 1);
        hone_node_int(g, hone_graph_last(g), "keepdims", 0);
    }
    hone_graph_op(g, "", "Gather", HONE_OUT_LABEL, HONE_IN(names, index));
    name_output(g, HONE_OUT_LABEL);
    enum hone_dtype label = s->target_type == HONE_INT64 ? HONE_I64 : HONE_STRING;
    struct hone_value *v =
        hone_graph_output(g, HONE_OUT_LABEL, label, 1, (const int64_t[]){-1});
    v->dim_name[0] = "N";
    v = hone_graph_output(g, HONE_OUT_PROBABILITIES, HONE_F32, 2,
                          (const int64_t[]){-1, (int64_t)s->classes});
    v->dim_name[0] = "N";
}

void hone_answer_emit(struct hone_run *run, const struct hone_signature *s,
                      const struct hone_calibration *calibration, const char *score,
                      struct hone_graph *g)
{
    if (s->task != HONE_TASK_REGRESSION) {
        emit_classes(run, g, s, calibration, score);
        return;
    }
    hone_graph_op(g, "", "Identity", HONE_OUT_PREDICTION, HONE_IN(score));
    name_output(g, HONE_OUT_PREDICTION);
    struct hone_value *v =
        hone_graph_output(g, HONE_OUT_PREDICTION, HONE_F32, 2, (const int64_t[]){-1, 1});
    v->dim_name[0] = "N";
}
