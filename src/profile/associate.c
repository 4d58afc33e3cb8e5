#include "profile/associate.h"

#include <math.h>
#include <stdlib.h>

#include "base/pool.h"
#include "profile/associate_priv.h"

enum { TILE = 8, BLOCK = 1024 };
#define MEMORY      (UINT64_C(1) << 30) /* for the numbers as doubles */
#define RERANK_ROWS 40000000.0          /* rows times pairs that are ranked anew */

/* A column that takes part.  x, order and code are (rows). */
struct part {
    size_t column;
    bool number, category;
    double *x;        /* (x - mean) / deviation, then ranks in the same way; 0 where missing */
    uint64_t *there;  /* bitmap: present and finite */
    uint32_t *listed; /* rows that are missing, or present ones, whichever are fewer */
    size_t listed_n;
    bool lists_present;
    bool whole; /* nothing is missing */
    size_t n;
    double sum, square; /* of x */
    uint32_t *order;    /* present rows by value; NULL: not kept */
    int32_t *code;
    size_t levels;
};

struct work {
    const struct hone_table *t;
    size_t rows, words; /* words of a bitmap */
    struct part *part;
    size_t parts;
    size_t *number; /* (numbers) places in part */
    size_t numbers;
    struct hone_association *pair; /* (parts, parts) upper triangle */
    bool ranks;                    /* x holds ranks */
    bool rerank;
    struct hone_arena *mem; /* (parts) one per column: filled in parallel */
};

static struct hone_association *pair_of(const struct work *w, size_t i, size_t j)
{
    return &w->pair[i * w->parts + j];
}

/* The sum of products of two blocks in four lanes, whatever the machine. */
static double dot(const double *a, const double *b, size_t n)
{
    double lane[4] = {0, 0, 0, 0};
    size_t i = 0;

    for (; i + 4 <= n; i += 4) {
        lane[0] += a[i] * b[i];
        lane[1] += a[i + 1] * b[i + 1];
        lane[2] += a[i + 2] * b[i + 2];
        lane[3] += a[i + 3] * b[i + 3];
    }
    for (; i < n; i++) {
        lane[0] += a[i] * b[i];
    }
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

/* Bring x to mean 0 and deviation 1 over what is present, the rest to 0; false when it is constant. */
static bool standardise(const struct work *w, struct part *p)
{
    double sum = 0;
    double most = 0;
    double mean;
    double scale;

    for (size_t from = 0; from < w->rows; from += BLOCK) {
        size_t to = from + BLOCK < w->rows ? from + BLOCK : w->rows;
        double part = 0;
        for (size_t row = from; row < to; row++) {
            part += p->x[row] / (double)p->n; /* no sum of finite values is infinite */
        }
        sum += part;
    }
    mean = sum;
    for (size_t from = 0; from < w->rows; from += BLOCK) {
        size_t to = from + BLOCK < w->rows ? from + BLOCK : w->rows;
        for (size_t row = from; row < to; row++) {
            bool there = p->there[row / 64] >> (row % 64) & 1;
            double away = there ? p->x[row] - mean : 0;
            double size = away < 0 ? -away : away;
            p->x[row] = away;
            most = size > most ? size : most;
        }
    }
    if (!(most > 0) || !isfinite(most)) {
        return false;
    }
    scale = 1 / most; /* the largest is 1: products neither overflow nor vanish */
    p->sum = p->square = 0;
    for (size_t from = 0; from < w->rows; from += BLOCK) {
        size_t n = from + BLOCK < w->rows ? BLOCK : w->rows - from;
        double part = 0;
        for (size_t row = from; row < from + n; row++) {
            p->x[row] *= scale;
            part += p->x[row];
        }
        p->sum += part;
        p->square += dot(p->x + from, p->x + from, n);
    }
    return p->square > 0;
}

static enum hone_code list_rows(struct hone_run *run, const struct work *w, struct part *p,
                                struct hone_arena *mem)
{
    p->whole = p->n == w->rows;
    p->lists_present = 2 * p->n < w->rows;
    p->listed_n = 0;
    HONE_TRY(hone_array(run, mem, &p->listed, p->lists_present ? p->n : w->rows - p->n));
    for (size_t row = 0; row < w->rows && !p->whole; row++) {
        bool there = p->there[row / 64] >> (row % 64) & 1;
        if (there == p->lists_present) {
            p->listed[p->listed_n++] = (uint32_t)row;
        }
    }
    return HONE_OK;
}

static enum hone_code load_part(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct work *w = ctx;
    struct part *p = &w->part[chunk];
    const struct hone_column *c = &w->t->column[p->column];
    struct hone_arena *mem = &w->mem[chunk];

    HONE_TRY(hone_check_cancel(run));
    if (p->category) {
        uint32_t *unused;
        HONE_TRY(hone_column_codes(run, c, HONE_ASSOCIATE_LEVELS, mem, &p->code, &unused,
                                   &p->levels));
    }
    if (!p->number) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, mem, &p->x, w->rows));
    HONE_TRY(hone_array(run, mem, &p->there, w->words));
    hone_column_reals(c, p->x);
    for (size_t row = 0; row < w->rows; row++) {
        bool there = isfinite(p->x[row]);
        p->there[row / 64] |= (uint64_t)there << (row % 64);
        p->x[row] = there ? p->x[row] : 0;
        p->n += there;
    }
    HONE_TRY(list_rows(run, w, p, mem));
    p->number = standardise(w, p);
    return HONE_OK;
}

/* Replace x by its ranks. */
static enum hone_code rank_part(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct work *w = ctx;
    struct part *p = &w->part[w->number[chunk]];
    struct hone_arena *mem = &w->mem[w->number[chunk]];
    const struct hone_column *c = &w->t->column[p->column];
    struct hone_keyed *entry;
    struct hone_keyed *spare;
    size_t n = 0;

    HONE_TRY(hone_check_cancel(run));
    /* one piece: the arena keeps it warm for the next column */
    HONE_TRY(hone_matrix(run, &run->scratch, &entry, w->rows, 2));
    spare = entry + w->rows;
    for (size_t row = 0; row < w->rows; row++) {
        if (p->there[row / 64] >> (row % 64) & 1) {
            entry[n++] = (struct hone_keyed){hone_cell_key(c, row), (uint32_t)row};
        }
    }
    hone_sort_keyed(entry, spare, n);
    hone_rank_sorted(entry, n, p->x);
    if (w->rerank) {
        HONE_TRY(hone_array(run, mem, &p->order, n));
        for (size_t i = 0; i < n; i++) {
            p->order[i] = entry[i].row;
        }
    }
    p->number = standardise(w, p);
    return HONE_OK;
}

/* Sums of one pair of columns. */
struct sums {
    double xy;
    double a, aa; /* of the first column and its squares, over the listed rows of the second */
    double b, bb;
};

/* Rows of a block that a column lists: from listed[first] to before listed[end]. */
struct span {
    size_t first, end;
};

static void add_listed(const struct part *p, const struct part *other, struct span span,
                       double *sum, double *square)
{
    double s = 0;
    double q = 0;

    for (size_t i = span.first; i < span.end; i++) {
        double x = p->x[other->listed[i]];
        s += x;
        q += x * x;
    }
    *sum += s;
    *square += q;
}

/* Over the rows where the other is present, from those over its listed ones. */
static double where_present(const struct part *other, double all, double listed)
{
    return other->whole ? all : other->lists_present ? listed : all - listed;
}

static size_t count_both(const struct work *w, const struct part *a, const struct part *b)
{
    size_t n = 0;

    for (size_t i = 0; i < w->words; i++) {
        n += (size_t)__builtin_popcountll(a->there[i] & b->there[i]);
    }
    return n;
}

static double correlation(double n, double xy, const double sum[2], const double square[2])
{
    double vx = square[0] - sum[0] * sum[0] / n;
    double vy = square[1] - sum[1] * sum[1] / n;
    double r = (xy - sum[0] * sum[1] / n) / (sqrt(vx) * sqrt(vy));

    /* what rounding leaves of a constant is no variance */
    if (!(n > 1) || !(vx > 1e-14 * square[0]) || !(vy > 1e-14 * square[1])) {
        return (double)NAN;
    }
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

/* Ranks of one column among the rows where both are present, standing in out by row. */
static void rank_within(const struct part *p, const struct part *other, double *out)
{
    size_t rank = 0;

    for (size_t i = 0, end; i < p->n; i = end) {
        size_t met = 0;
        double shared;
        for (end = i; end < p->n && p->x[p->order[end]] == p->x[p->order[i]]; end++) {
            size_t row = p->order[end];
            met += other->there[row / 64] >> (row % 64) & 1;
        }
        shared = (double)rank + 0.5 * (double)(met + 1);
        for (size_t k = i; k < end; k++) {
            out[p->order[k]] = shared;
        }
        rank += met;
    }
}

/* Spearman of a pair with missing cells: ranks among the rows that both have. */
static enum hone_code rerank_pair(struct hone_run *run, const struct work *w,
                                  const struct part *a, const struct part *b, double *rho)
{
    double *x;
    double *y;
    double n = (double)count_both(w, a, b);
    double sum[2] = {0, 0};
    double square[2] = {0, 0};
    double xy = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &x, w->rows));
    HONE_TRY(hone_array(run, &run->scratch, &y, w->rows));
    rank_within(a, b, x);
    rank_within(b, a, y);
    for (size_t row = 0; row < w->rows; row++) {
        if (a->there[row / 64] & b->there[row / 64] & UINT64_C(1) << (row % 64)) {
            double dx = x[row] - 0.5 * (n + 1);
            double dy = y[row] - 0.5 * (n + 1);
            sum[0] += dx;
            sum[1] += dy;
            square[0] += dx * dx;
            square[1] += dy * dy;
            xy += dx * dy;
        }
    }
    *rho = correlation(n, xy, sum, square);
    return HONE_OK;
}

static enum hone_code finish_pair(struct hone_run *run, const struct work *w, size_t i,
                                  size_t j, const struct sums *s)
{
    const struct part *a = &w->part[i];
    const struct part *b = &w->part[j];
    struct hone_association *out = pair_of(w, i, j);
    double sum[2] = {where_present(b, a->sum, s->a), where_present(a, b->sum, s->b)};
    double square[2] = {where_present(b, a->square, s->aa), where_present(a, b->square, s->bb)};
    double r;

    if (!w->ranks) {
        out->measure = HONE_SPEARMAN;
        out->n = count_both(w, a, b);
    }
    r = correlation((double)out->n, s->xy, sum, square);
    if (!w->ranks) {
        out->pearson = r;
    } else if (w->rerank && (!a->whole || !b->whole)) {
        HONE_TRY(rerank_pair(run, w, a, b, &out->value));
    } else {
        out->value = r;
    }
    return HONE_OK;
}

static void tile_of(const struct work *w, size_t chunk, size_t *first, size_t *second)
{
    size_t tiles = (w->numbers + TILE - 1) / TILE;

    *first = 0;
    while (chunk >= tiles - *first) {
        chunk -= tiles - *first;
        ++*first;
    }
    *second = *first + chunk;
}

/* The columns of a tile, and where each one's list of rows stands. */
struct tile {
    const struct part *part[TILE];
    size_t place[TILE]; /* in work */
    struct span span[TILE];
    size_t n;
};

static struct tile tile_at(const struct work *w, size_t index)
{
    struct tile t = {.n = 0};

    for (size_t i = index * TILE; i < w->numbers && t.n < TILE; i++) {
        t.place[t.n] = w->number[i];
        t.part[t.n++] = &w->part[w->number[i]];
    }
    return t;
}

static void move_spans(struct tile *t, size_t to)
{
    for (size_t i = 0; i < t->n; i++) {
        struct span *s = &t->span[i];
        s->first = s->end;
        while (s->end < t->part[i]->listed_n && t->part[i]->listed[s->end] < to) {
            s->end++;
        }
    }
}

/* All pairs of two tiles of columns, block of rows by block, so that the blocks stay in the cache. */
static enum hone_code number_tile(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct work *w = ctx;
    struct sums sums[TILE][TILE] = {{{0}}};
    size_t first;
    size_t second;
    struct tile a;
    struct tile b;

    tile_of(w, chunk, &first, &second);
    a = tile_at(w, first);
    b = tile_at(w, second);
    HONE_TRY(hone_check_cancel(run));
    for (size_t from = 0; from < w->rows; from += BLOCK) {
        size_t n = from + BLOCK < w->rows ? BLOCK : w->rows - from;
        move_spans(&a, from + n);
        move_spans(&b, from + n);
        for (size_t i = 0; i < a.n; i++) {
            for (size_t j = first == second ? i + 1 : 0; j < b.n; j++) {
                struct sums *s = &sums[i][j];
                s->xy += dot(a.part[i]->x + from, b.part[j]->x + from, n);
                add_listed(a.part[i], b.part[j], b.span[j], &s->a, &s->aa);
                add_listed(b.part[j], a.part[i], a.span[i], &s->b, &s->bb);
            }
        }
    }
    for (size_t i = 0; i < a.n; i++) {
        for (size_t j = first == second ? i + 1 : 0; j < b.n; j++) {
            HONE_TRY(finish_pair(run, w, a.place[i], b.place[j], &sums[i][j]));
        }
    }
    return HONE_OK;
}

static enum hone_code category_pair(struct hone_run *run, const struct work *w,
                                    const struct part *a, const struct part *b,
                                    struct hone_association *out)
{
    struct hone_contingency table;
    size_t stride = b->levels + 1;
    uint32_t *count;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &count, (a->levels + 1) * stride));
    for (size_t row = 0; row < w->rows; row++) { /* row and column 0 take the missing ones */
        size_t i = (size_t)a->code[row] + 1;     /* -1 wraps to 0 */
        size_t j = (size_t)b->code[row] + 1;
        count[i * stride + j]++;
    }
    hone_contingency(count + stride + 1, a->levels, b->levels, stride, &table);
    out->measure = HONE_CRAMERS_V;
    out->n = table.n;
    out->value = table.v;
    out->plain = table.v_plain;
    out->u_ab = table.u_row;
    out->u_ba = table.u_col;
    return HONE_OK;
}

static enum hone_code mixed_pair(struct hone_run *run, const struct work *w,
                                 const struct part *category, const struct part *number,
                                 struct hone_association *out)
{
    size_t levels = category->levels + 1;
    double *count;
    double *sum;
    double *square;
    double n = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &count, levels));
    HONE_TRY(hone_array(run, &run->scratch, &sum, levels));
    HONE_TRY(hone_array(run, &run->scratch, &square, levels));
    for (size_t row = 0; row < w->rows; row++) {
        size_t k = (size_t)category->code[row] + 1; /* -1 wraps to 0 */
        double x = number->x[row];
        count[k] += (double)(number->there[row / 64] >> (row % 64) & 1);
        sum[k] += x;
        square[k] += x * x;
    }
    for (size_t k = 1; k < levels; k++) {
        n += count[k];
    }
    out->measure = HONE_ETA;
    out->n = (size_t)n;
    out->value = hone_eta(count + 1, sum + 1, square + 1, levels - 1, &out->plain);
    return HONE_OK;
}

/* A column's pairs with those after it that are not number with number. */
static enum hone_code other_pairs(struct hone_run *run, void *ctx, size_t chunk)
{
    const struct work *w = ctx;
    const struct part *a = &w->part[chunk];

    HONE_TRY(hone_check_cancel(run));
    for (size_t j = chunk + 1; j < w->parts; j++) {
        const struct part *b = &w->part[j];
        struct hone_association *out = pair_of(w, chunk, j);
        if (a->number && b->number) {
            continue;
        }
        if (a->levels > 0 && b->levels > 0) {
            HONE_TRY(category_pair(run, w, a, b, out));
        } else if (a->levels > 0 && b->number) {
            HONE_TRY(mixed_pair(run, w, a, b, out));
        } else if (b->levels > 0 && a->number) {
            HONE_TRY(mixed_pair(run, w, b, a, out));
        }
    }
    return HONE_OK;
}

/* Which columns take part: those that vary, are no identifiers, and not of too many categories. */
static enum hone_code choose(struct hone_run *run, const struct hone_profile *profile,
                             struct hone_arena *mem, struct work *w, size_t *left_out)
{
    size_t room = w->rows == 0 ? 0 : (size_t)(MEMORY / (w->rows * sizeof(double)));
    size_t most = room < HONE_ASSOCIATE_COLUMNS ? room : HONE_ASSOCIATE_COLUMNS;

    HONE_TRY(hone_array(run, mem, &w->part, w->t->cols));
    for (size_t j = 0; j < w->t->cols; j++) {
        const struct hone_column_profile *p = &profile->column[j];
        struct part next = {.column = j};
        next.number = hone_type_is_number(p->type) || hone_type_is_time(p->type);
        next.category = hone_type_is_text(p->type) || p->type == HONE_BOOL;
        if ((!next.number && !next.category) || p->distinct < 2) {
            continue;
        }
        if (!next.number && (p->distinct > HONE_ASSOCIATE_LEVELS || p->id != HONE_ID_NONE ||
                             2 * p->distinct > p->rows - p->missing)) {
            continue; /* words that hardly repeat make no groups */
        }
        if (w->parts == most) {
            ++*left_out;
            continue;
        }
        w->part[w->parts++] = next;
    }
    return HONE_OK;
}

static int by_strength(const void *a, const void *b)
{
    const struct hone_association *x = a;
    const struct hone_association *y = b;
    double p = isnan(x->value) ? -1 : fabs(x->value);
    double q = isnan(y->value) ? -1 : fabs(y->value);

    if (p != q) {
        return p > q ? -1 : 1;
    }
    if (x->a != y->a) {
        return x->a < y->a ? -1 : 1;
    }
    return x->b < y->b ? -1 : 1;
}

static enum hone_code measure(struct hone_run *run, struct work *w)
{
    size_t tiles;

    HONE_TRY(hone_parallel_try(run, w->parts, load_part, w));
    HONE_TRY(hone_array(run, &run->scratch, &w->number, w->parts));
    for (size_t i = 0; i < w->parts; i++) {
        if (w->part[i].number) {
            w->number[w->numbers++] = i;
        }
    }
    w->rerank = (double)w->rows * (double)w->numbers * (double)w->numbers / 2 <= RERANK_ROWS;
    tiles = (w->numbers + TILE - 1) / TILE;
    tiles = tiles * (tiles + 1) / 2;
    HONE_TRY(hone_parallel_try(run, w->parts, other_pairs, w));
    HONE_TRY(hone_parallel_try(run, tiles, number_tile, w));
    HONE_TRY(hone_parallel_try(run, w->numbers, rank_part, w));
    w->ranks = true;
    return hone_parallel_try(run, tiles, number_tile, w);
}

static enum hone_code collect(struct hone_run *run, const struct work *w,
                              struct hone_arena *mem, struct hone_associations *out)
{
    HONE_TRY(hone_array(run, mem, &out->column, w->parts));
    out->n = w->parts;
    HONE_TRY(hone_array(run, mem, &out->pair, w->parts * (w->parts + 1) / 2));
    for (size_t i = 0; i < w->parts; i++) {
        out->column[i] = w->part[i].column;
        for (size_t j = i + 1; j < w->parts; j++) {
            out->pair[out->pairs] = *pair_of(w, i, j);
            out->pair[out->pairs].a = w->part[i].column;
            out->pair[out->pairs].b = w->part[j].column;
            out->pairs++;
        }
        out->column_ranks =
            out->column_ranks || (w->part[i].number && !w->part[i].whole && !w->rerank);
    }
    if (out->pairs > 1) {
        qsort(out->pair, out->pairs, sizeof *out->pair, by_strength);
    }
    return HONE_OK;
}

static void free_arenas(struct work *w)
{
    for (size_t i = 0; i < w->parts && w->mem != NULL; i++) {
        hone_arena_free(&w->mem[i]);
    }
}

enum hone_code hone_table_associate(struct hone_run *run, const struct hone_table *t,
                                    const struct hone_profile *profile, struct hone_arena *mem,
                                    struct hone_associations **out)
{
    struct hone_associations *found;
    HONE_SCRATCH(run); /* given back last: the arenas stand in it */
    HONE_CLOSING(free_arenas)
    struct work w = {.t = t, .rows = t->rows, .words = (t->rows + 63) / 64};

    HONE_TRY(hone_array(run, mem, &found, 1));
    HONE_TRY(choose(run, profile, &run->scratch, &w, &found->left_out));
    HONE_TRY(hone_array(run, &run->scratch, &w.mem, w.parts));
    HONE_TRY(hone_matrix(run, &run->scratch, &w.pair, w.parts, w.parts));
    for (size_t i = 0; i < w.parts * w.parts; i++) {
        w.pair[i].value = w.pair[i].pearson = w.pair[i].plain = (double)NAN;
        w.pair[i].u_ab = w.pair[i].u_ba = (double)NAN;
    }
    HONE_TRY(measure(run, &w));
    HONE_TRY(collect(run, &w, mem, found));
    *out = found;
    return HONE_OK;
}
