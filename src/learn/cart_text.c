/* A tree as rules: one line for each leaf, the conditions on a column put together. */
#include <math.h>
#include <stdlib.h>

#include "learn/cart_priv.h"

/* What a path allows of one column. */
struct allowed {
    size_t col;
    float low, high; /* low < x <= high; infinite: no bound */
    bool missing, present, narrowed;
    uint32_t set[HONE_GBT_SET];
};

struct leaf {
    size_t node;
    size_t depth;
    size_t parent[64];
    bool left[64];
};

struct writer {
    const struct hone_cart *t;
    struct hone_buf buf;
};

/* Narrow a column's condition by one split of the path. */
static void narrow(const struct hone_cart *t, const struct hone_gbt_node *n, bool left,
                   struct allowed *a)
{
    const struct hone_gbt_column *c = &t->bins.column[n->feature];

    a->missing = a->missing && n->missing_left == left;
    if (n->subset) {
        for (size_t b = 0; b <= c->edges; b++) {
            if (hone_gbt_in_set(n->set, b) != left) {
                a->set[b / 32] &= ~(1U << (b % 32));
            }
        }
        a->narrowed = true;
    } else if (n->threshold >= c->edge[c->edges]) { /* present against missing */
        a->present = a->present && left;
    } else if (left) {
        a->high = fminf(a->high, n->threshold);
    } else {
        a->low = fmaxf(a->low, n->threshold);
    }
}

static void put_float(struct writer *w, float x)
{
    char text[32];
    size_t len = hone_format_f32(text, x);
    hone_buf_bytes(&w->buf, text, len);
}

static void put_level(struct writer *w, size_t col, size_t code)
{
    const struct hone_design *d = w->t->d;
    if (d->level != NULL && d->level[col] != NULL) {
        /* codes of training are the places of the levels */
        hone_buf_text(&w->buf, d->level[col][(size_t)w->t->bins.column[col].value[code]]);
    } else {
        put_float(w, w->t->bins.column[col].value[code]);
    }
}

/* How many of the column's levels are allowed; all where no split narrowed them. */
static size_t levels_in(const struct writer *w, const struct allowed *a)
{
    const struct hone_gbt_column *c = &w->t->bins.column[a->col];
    size_t in = 0;

    if (!a->narrowed) {
        return c->edges + 1;
    }
    for (size_t b = 0; b <= c->edges; b++) {
        in += hone_gbt_in_set(a->set, b) ? 1 : 0;
    }
    return in;
}

/* "in {a, b}", or "not in {c}" where that is shorter; in: how many are allowed. */
static void put_set(struct writer *w, const struct allowed *a, size_t in)
{
    const struct hone_gbt_column *c = &w->t->bins.column[a->col];
    bool not = in > c->edges + 1 - in;
    bool first = true;
    hone_buf_text(&w->buf, not ? " not in {" : " in {");
    for (size_t b = 0; b <= c->edges; b++) {
        if (hone_gbt_in_set(a->set, b) != not ) {
            hone_buf_text(&w->buf, first ? "" : ", ");
            put_level(w, a->col, b);
            first = false;
        }
    }
    hone_buf_char(&w->buf, '}');
}

static void put_condition(struct writer *w, const struct allowed *a)
{
    const struct hone_gbt_column *c = &w->t->bins.column[a->col];
    const char *name = w->t->d->name == NULL ? "feature" : w->t->d->name[a->col];
    bool low = a->low > -HUGE_VALF, high = a->high < HUGE_VALF;
    size_t in = levels_in(w, a);

    /* a split of missing from all levels narrows to none, or to all */
    if (!a->present || in == 0) {
        hone_buf_text(&w->buf, name);
        hone_buf_text(&w->buf, " is missing");
        return;
    }
    bool some = in <= c->edges;
    bool either = a->missing && c->missing && (some || low || high);
    hone_buf_text(&w->buf, either ? "(" : "");
    if (low && high) {
        put_float(w, a->low);
        hone_buf_text(&w->buf, " < ");
    }
    hone_buf_text(&w->buf, name);
    if (some) {
        put_set(w, a, in);
    }
    if (high) {
        hone_buf_text(&w->buf, " <= ");
        put_float(w, a->high);
    } else if (low) {
        hone_buf_text(&w->buf, " > ");
        put_float(w, a->low);
    }
    if (!some && !low && !high) {
        hone_buf_text(&w->buf, " is present");
    }
    hone_buf_text(&w->buf, either ? " or missing)" : "");
}

/* "THEN yes 62.1 % of 1204 rows", "THEN 206.5, 1204 rows". */
static void put_outcome(struct writer *w, size_t node)
{
    const struct hone_cart *t = w->t;
    const struct hone_design *d = t->d;
    struct hone_arena *mem = w->buf.mem;
    const double *sum = t->sum + node * t->stats;

    if (d->task == HONE_TASK_REGRESSION) {
        hone_buf_text(&w->buf,
                      hone_arena_format(mem, " THEN %.6g, %zu rows",
                                        t->weight[node] > 0 ? sum[0] / t->weight[node] : 0,
                                        t->rows[node]));
        return;
    }
    size_t best = 0;
    for (size_t k = 1; k < t->stats; k++) {
        best = sum[k] > sum[best] ? k : best;
    }
    hone_buf_text(&w->buf, " THEN ");
    hone_buf_text(&w->buf, d->class_name == NULL ? hone_arena_format(mem, "class %zu", best)
                                                 : d->class_name[best]);
    hone_buf_text(&w->buf,
                  hone_arena_format(mem, " %.1f %% of %zu rows",
                                    t->weight[node] > 0 ? 100 * sum[best] / t->weight[node] : 0,
                                    t->rows[node]));
}

static void put_rule(struct writer *w, const struct leaf *leaf)
{
    struct allowed seen[64];
    size_t n = 0;

    for (size_t i = 0; i < leaf->depth; i++) {
        const struct hone_gbt_node *node = &w->t->node[leaf->parent[i]];
        size_t at = 0;
        while (at < n && seen[at].col != (size_t)node->feature) {
            at++;
        }
        if (at == n) {
            seen[n] = (struct allowed){.col = (size_t)node->feature,
                                       .low = -HUGE_VALF,
                                       .high = HUGE_VALF,
                                       .missing = true,
                                       .present = true};
            memset(seen[n++].set, 0xFF, sizeof seen->set);
        }
        narrow(w->t, node, leaf->left[i], &seen[at]);
    }
    for (size_t i = 0; i < n; i++) {
        hone_buf_text(&w->buf, i == 0 ? "IF " : " AND ");
        put_condition(w, &seen[i]);
    }
    if (n == 0) {
        hone_buf_text(&w->buf, "ALWAYS");
    }
    put_outcome(w, leaf->node);
    hone_buf_char(&w->buf, '\n');
}

enum hone_code hone_cart_text(struct hone_run *run, const struct hone_cart *t, double price,
                              struct hone_arena *mem, const char **text)
{
    struct leaf *leaf;
    size_t *order;
    size_t leaves = hone_cart_leaves(t, price), open = 0, done = 0;
    struct writer w = {.t = t, .buf = hone_buf(mem)};

    HONE_SCRATCH(run);
    HONE_TRY(hone_array(run, &run->scratch, &leaf, leaves + 1));
    HONE_TRY(hone_array(run, &run->scratch, &order, leaves));
    leaf[open++] = (struct leaf){0};
    /* Open nodes lie behind the leaves that are done: together never more than leaves + 1. */
    while (open > 0) {
        struct leaf here = leaf[done + open - 1];
        if (hone_cart_is_leaf(t, price, here.node)) {
            memmove(leaf + done + 1, leaf + done, (open - 1) * sizeof *leaf);
            leaf[done++] = here;
            open--;
            continue;
        }
        const struct hone_gbt_node *n = &t->node[here.node];
        here.parent[here.depth] = here.node;
        here.depth++;
        here.left[here.depth - 1] = false;
        here.node = n->right;
        leaf[done + open - 1] = here;
        here.left[here.depth - 1] = true;
        here.node = n->left;
        leaf[done + open] = here;
        open++;
    }
    for (size_t i = 0; i < leaves; i++) {
        size_t at = i;
        for (; at > 0 && t->rows[leaf[order[at - 1]].node] < t->rows[leaf[i].node]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
    for (size_t i = 0; i < leaves; i++) {
        put_rule(&w, &leaf[order[i]]);
    }
    hone_buf_char(&w.buf, '\0');
    *text = w.buf.ptr;
    return HONE_OK;
}
