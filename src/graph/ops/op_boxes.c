/* Boxes that overlap less than a bound: NonMaxSuppression. */
#include "graph/walk_priv.h"

static enum hone_code infer_nms(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *boxes = &site->in[0], *scores = &site->in[1];

    if (boxes->ranked && scores->ranked &&
        (boxes->rank != 3 || scores->rank != 3 || (boxes->dim[2] >= 0 && boxes->dim[2] != 4))) {
        return hone_fail(run, HONE_E_SHAPE, "boxes of rank %zu, scores of rank %zu",
                         boxes->rank, scores->rank);
    }
    HONE_TRY(hone_site_like_first(run, site, 1));
    hone_shape_set(&site->out[0], HONE_I64, 2, (const int64_t[]){-1, 3});
    return HONE_OK;
}

struct box {
    float x0, y0, x1, y1;
};

static struct box box_of(const float *b, bool centre)
{
    struct box r = {b[1], b[0], b[3], b[2]};
    if (centre) {
        r = (struct box){b[0] - b[2] / 2, b[1] - b[3] / 2, b[0] + b[2] / 2, b[1] + b[3] / 2};
    }
    return (struct box){r.x0 < r.x1 ? r.x0 : r.x1, r.y0 < r.y1 ? r.y0 : r.y1,
                        r.x0 < r.x1 ? r.x1 : r.x0, r.y0 < r.y1 ? r.y1 : r.y0};
}

/* Intersection over union above the bound. */
static bool overlaps(struct box a, struct box b, float bound)
{
    float w = (a.x1 < b.x1 ? a.x1 : b.x1) - (a.x0 > b.x0 ? a.x0 : b.x0);
    float h = (a.y1 < b.y1 ? a.y1 : b.y1) - (a.y0 > b.y0 ? a.y0 : b.y0);
    float area_a = (a.x1 - a.x0) * (a.y1 - a.y0), area_b = (b.x1 - b.x0) * (b.y1 - b.y0);
    float both = w > 0 && h > 0 ? w * h : 0;

    return area_a > 0 && area_b > 0 && both / (area_a + area_b - both) > bound;
}

/* A scalar input, or what holds without it. */
static double scalar(const struct hone_call *call, size_t i, double absent)
{
    const struct hone_tensor *t = hone_call_in(call, i);
    return t == NULL || hone_tensor_count(t) == 0 ? absent : hone_tensor_real(t, 0);
}

/* Candidates with a higher score first; of equal ones the one with the lower index. */
static void sift(const float *score, size_t *heap, size_t n, size_t at)
{
    for (;;) {
        size_t best = at;
        for (size_t k = 2 * at + 1; k < n && k <= 2 * at + 2; k++) {
            bool earlier = heap[k] < heap[best];
            float mine = score[heap[k]], his = score[heap[best]];
            if (mine > his || (mine == his && earlier)) {
                best = k;
            }
        }
        if (best == at) {
            return;
        }
        size_t swap = heap[at];
        heap[at] = heap[best];
        heap[best] = swap;
        at = best;
    }
}

struct choice {
    const struct hone_tensor *boxes;
    float bound, least;
    size_t most;
    bool centre, has_least;
};

/* The boxes of one class of one image, in the order they are chosen; returns how many. */
static size_t choose(const struct choice *c, const float *boxes, const float *score,
                     size_t *heap, size_t *chosen)
{
    size_t n = 0, found = 0;

    for (size_t i = 0; i < c->boxes->dim[1]; i++) {
        if (score[i] == score[i] && (!c->has_least || score[i] > c->least)) {
            heap[n++] = i;
        }
    }
    for (size_t i = n / 2; i-- > 0;) {
        sift(score, heap, n, i);
    }
    while (n > 0 && found < c->most) {
        size_t best = heap[0];
        struct box mine = box_of(boxes + best * 4, c->centre);
        bool free = true;
        heap[0] = heap[--n];
        sift(score, heap, n, 0);
        for (size_t i = 0; free && i < found; i++) {
            free = !overlaps(mine, box_of(boxes + chosen[i] * 4, c->centre), c->bound);
        }
        if (free) {
            chosen[found++] = best;
        }
    }
    return found;
}

static enum hone_code nms(struct hone_run *run, const struct hone_call *call)
{
    HONE_SCRATCH(run);
    const struct hone_tensor *boxes = call->in[0], *scores = call->in[1];
    size_t n = boxes->dim[1], classes = scores->dim[1], *heap, *chosen, total = 0;
    double most = scalar(call, 2, 0);
    struct choice c = {boxes,
                       (float)scalar(call, 3, 0),
                       (float)scalar(call, 4, 0),
                       0,
                       hone_op_int(call->node, "center_point_box", 0) != 0,
                       hone_call_in(call, 4) != NULL};

    if (scores->dim[0] != boxes->dim[0] || scores->dim[2] != n) {
        return hone_fail(run, HONE_E_SHAPE, "scores that do not fit the boxes");
    }
    c.most = most >= (double)n ? n : most > 0 ? (size_t)most : 0;
    HONE_TRY(hone_array(run, &run->scratch, &heap, n));
    HONE_TRY(hone_array(run, &run->scratch, &chosen, n));
    HONE_TRY(hone_call_output(run, call, 0, 2, (const size_t[]){0, 3}));
    for (size_t i = 0; i < boxes->dim[0] * classes; i++) {
        size_t found = choose(&c, (const float *)boxes->data + i / classes * n * 4,
                              (const float *)scores->data + i * n, heap, chosen);
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(hone_call_output(run, call, 0, 2, (const size_t[]){total + found, 3}));
        for (size_t k = 0; k < found; k++) {
            int64_t *row = (int64_t *)call->out[0]->data + (total + k) * 3;
            row[0] = (int64_t)(i / classes);
            row[1] = (int64_t)(i % classes);
            row[2] = (int64_t)chosen[k];
        }
        total += found;
    }
    return HONE_OK;
}

const struct hone_op hone_op_non_max_suppression = {
    .part.name = "NonMaxSuppression",
    .part.source = HONE_OP_SOURCE_ONNX,
    .domain = "",
    .since = 10,
    .inputs_min = 2,
    .inputs_max = 5,
    .outputs_min = 1,
    .outputs_max = 1,
    .attrs = "center_point_box:i",
    .flags = HONE_OP_RAGGED,
    .infer = infer_nms,
    .forward = {[HONE_F32] = nms},
};
