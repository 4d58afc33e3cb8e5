#include "prep/transform.h"

#include <math.h>

#include "base/hash.h"
#include "prep/emit.h"
#include "prep/feature_stats.h"
#include "table/builder.h"

#define HONE_TRANSFORM(name) extern const struct hone_transform hone_transform_##name;
#include "prep/transforms.def"
#undef HONE_TRANSFORM

const struct hone_part *const hone_transforms[] = {
#define HONE_TRANSFORM(name) &hone_transform_##name.part,
#include "prep/transforms.def"
#undef HONE_TRANSFORM
    NULL,
};

void hone_features_add(struct hone_features *list, struct hone_feature feature)
{
    if (list->n == list->room) {
        size_t room = list->room == 0 ? 16 : 2 * list->room;
        list->item =
            hone_arena_grow_plain(list->mem, list->item, sizeof *list->item, list->room, room);
        HONE_ASSERT(list->item != NULL);
        list->room = room;
    }
    list->item[list->n++] = feature;
}

void hone_features_add_block(struct hone_features *list, struct hone_feature_block block)
{
    list->block = hone_arena_grow_plain(list->mem, list->block, sizeof *list->block,
                                        list->blocks, list->blocks + 1);
    HONE_ASSERT(list->block != NULL);
    list->block[list->blocks++] = block;
}

struct hone_step hone_step_default(const char *transform, struct hone_arena *mem)
{
    const struct hone_part *part = hone_part_find(hone_transforms, hone_str(transform));
    HONE_ASSERT(part != NULL);
    void *set = hone_arena_must(mem, part->settings_size + 1);
    hone_settings_default(part, set);
    return (struct hone_step){(const struct hone_transform *)part, set};
}

enum hone_code hone_encode(struct hone_run *run, const char *transform,
                           const struct hone_fit_column *in, struct hone_graph *graph,
                           struct hone_arena *mem, struct hone_features *out)
{
    struct hone_step step = hone_step_default(transform, mem);
    const struct hone_transform *t = step.transform;
    HONE_ASSERT(t->encode != NULL && (t->accepts >> in->column->type & 1) != 0);
    return t->encode(run, step.settings, in, graph, mem, out);
}

enum hone_code hone_map_features(struct hone_run *run, const char *transform,
                                 const struct hone_fit_matrix *in, struct hone_graph *graph,
                                 struct hone_arena *mem, const char **value,
                                 struct hone_features *out)
{
    struct hone_step step = hone_step_default(transform, mem);
    HONE_ASSERT(step.transform->map != NULL);
    return step.transform->map(run, step.settings, in, graph, mem, value, out);
}

/* Category columns carry their levels: count codes, keep those that occur. */
static enum hone_code levels_of_category(struct hone_run *run, const struct hone_column *column,
                                         const size_t *row, size_t rows, struct hone_arena *mem,
                                         struct hone_levels *out)
{
    HONE_SCRATCH(run);
    size_t all = column->dict->rows;
    size_t *seen;
    int32_t *place;
    HONE_TRY(hone_array(run, &run->scratch, &seen, all + 1));
    HONE_TRY(hone_array(run, &run->scratch, &place, all + 1));
    const int32_t *codes = column->data;
    for (size_t i = 0; i < rows; i++) {
        if (hone_is_valid(column, row[i])) {
            seen[codes[row[i]]]++;
        }
    }
    for (size_t k = 0; k < all;
         k++) { /* an empty text is a missing one, as it is to the graph */
        seen[k] = hone_column_str(column->dict, k).len == 0 ? 0 : seen[k];
    }
    size_t n = 0;
    for (size_t k = 0; k < all; k++) {
        n += seen[k] > 0;
    }
    HONE_TRY(hone_array(run, mem, &out->level, n));
    HONE_TRY(hone_array(run, mem, &out->count, n));
    for (size_t k = 0; k < all; k++) {
        if (seen[k] > 0) {
            place[k] = (int32_t)out->n;
            out->level[out->n] = hone_column_str(column->dict, k);
            out->count[out->n++] = seen[k];
        }
    }
    for (size_t i = 0; i < rows; i++) {
        bool valid = hone_is_valid(column, row[i]) && seen[codes[row[i]]] > 0;
        out->code[i] = valid ? place[codes[row[i]]] : -1;
        out->missing += !valid;
    }
    return HONE_OK;
}

struct numbered {
    struct hone_str text;
    uint32_t id;
};

static int by_text(const void *a, const void *b)
{
    return hone_str_cmp(((const struct numbered *)a)->text, ((const struct numbered *)b)->text);
}

/* Plain text: number the texts as they come, then put them into byte order. */
static enum hone_code levels_of_text(struct hone_run *run, const struct hone_column *column,
                                     const size_t *row, size_t rows, struct hone_arena *mem,
                                     struct hone_levels *out)
{
    HONE_SCRATCH(run);
    struct hone_map map = {.mem = &run->scratch};
    struct numbered *list;
    size_t *count;
    uint32_t *place;
    HONE_TRY(hone_array(run, &run->scratch, &list, rows));
    HONE_TRY(hone_array(run, &run->scratch, &count, rows));
    uint32_t n = 0;
    for (size_t i = 0; i < rows; i++) {
        out->code[i] = -1;
        struct hone_str text = hone_column_str(column, row[i]);
        if (text.len == 0) { /* missing, or empty, which the graph can not tell from it */
            out->missing++;
            continue;
        }
        uint32_t id = hone_map_add(&map, text, n);
        if (id == UINT32_MAX) {
            return hone_no_room(run, "levels", n);
        }
        if (id == n) {
            list[n] = (struct numbered){text, n};
            n++;
        }
        count[id]++;
        out->code[i] = (int32_t)id;
    }
    qsort(list, n, sizeof *list, by_text);
    HONE_TRY(hone_array(run, &run->scratch, &place, n));
    HONE_TRY(hone_array(run, mem, &out->level, n));
    HONE_TRY(hone_array(run, mem, &out->count, n));
    out->n = n;
    for (uint32_t k = 0; k < n; k++) {
        out->level[k] = list[k].text;
        out->count[k] = count[list[k].id];
        place[list[k].id] = k;
    }
    for (size_t i = 0; i < rows; i++) {
        if (out->code[i] >= 0) {
            out->code[i] = (int32_t)place[out->code[i]];
        }
    }
    return HONE_OK;
}

/* Numbers: the distinct floats in their order, named as they are written. */
static enum hone_code levels_of_number(struct hone_run *run, const struct hone_column *column,
                                       const size_t *row, size_t rows, struct hone_arena *mem,
                                       struct hone_levels *out)
{
    HONE_SCRATCH(run);
    float *x;
    struct hone_sorted sorted;
    HONE_ARENA(work);
    HONE_TRY(hone_array(run, &run->scratch, &x, rows));
    for (size_t i = 0; i < rows; i++) {
        x[i] = (float)hone_column_f64(column, row[i]);
    }
    HONE_TRY(hone_sorted_of(run, rows, x, NULL, &work, &sorted));
    size_t n = hone_sorted_distinct(&sorted, NULL, NULL);
    HONE_TRY(hone_array(run, mem, &out->number, n + 1));
    HONE_TRY(hone_array(run, mem, &out->level, n));
    HONE_TRY(hone_array(run, mem, &out->count, n));
    hone_sorted_distinct(&sorted, out->number, NULL);
    out->n = n;
    for (size_t k = 0; k < n; k++) {
        char text[32];
        size_t len = hone_format_f32(text, out->number[k]);
        out->level[k] = (struct hone_str){hone_arena_text(mem, text, len), len};
    }
    for (size_t i = 0; i < rows; i++) {
        if (!isfinite(x[i])) {
            out->code[i] = -1;
            out->missing++;
            continue;
        }
        size_t low = 0;
        size_t high = n - 1;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (out->number[middle] >= x[i]) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        out->code[i] = (int32_t)low;
        out->count[low]++;
    }
    return HONE_OK;
}

enum hone_code hone_levels_find(struct hone_run *run, const struct hone_column *column,
                                const size_t *row, size_t rows, struct hone_arena *mem,
                                struct hone_levels *out)
{
    struct hone_levels levels = {0};
    HONE_TRY(hone_array(run, mem, &levels.code, rows));
    if (column->type == HONE_CATEGORY) {
        HONE_TRY(levels_of_category(run, column, row, rows, mem, &levels));
    } else if (hone_type_is_number(column->type)) {
        HONE_TRY(levels_of_number(run, column, row, rows, mem, &levels));
    } else {
        HONE_TRY(levels_of_text(run, column, row, rows, mem, &levels));
    }
    *out = levels;
    return HONE_OK;
}

const char *hone_emit_lookup(struct hone_graph *graph, const char *input, const char *hint,
                             size_t n, const struct hone_str *key, const float *value,
                             float other)
{
    const char *out = hone_graph_op(graph, HONE_ML, "LabelEncoder", hint, HONE_IN(input));
    struct hone_node *node = hone_graph_last(graph);
    hone_node_texts(graph, node, "keys_strings", n, key);
    hone_node_floats(graph, node, "values_floats", n, value);
    hone_node_float(graph, node, "default_float", other);
    return out;
}

/* Pieces that are one number wide, what lies between them is `other`. */
static const char *lookup_numbers(struct hone_run *run, struct hone_graph *graph,
                                  const char *input, const char *hint,
                                  const struct hone_levels *levels, const float *value,
                                  float missing, float other)
{
    HONE_SCRATCH(run);
    float *edge = hone_arena_must(&run->scratch, (2 * levels->n + 1) * sizeof *edge);
    float *piece = hone_arena_must(&run->scratch, (2 * levels->n + 1) * sizeof *piece);
    struct hone_pieces p = {0, edge, piece};
    for (size_t k = 0; k < levels->n; k++) {
        float below = nextafterf(levels->number[k], -INFINITY);
        if (p.edges == 0 || below > edge[p.edges - 1]) {
            edge[p.edges] = below;
            piece[p.edges++] = other;
        }
        edge[p.edges] = levels->number[k];
        piece[p.edges++] = value[k];
    }
    piece[p.edges] = other;
    const char *found = hone_emit_pieces(run, graph, input, hint, 1, &p, 1);
    return hone_emit_mask(graph, input, found, hint, missing);
}

const char *hone_emit_levels(struct hone_run *run, struct hone_graph *graph, const char *input,
                             const char *hint, const struct hone_levels *levels,
                             const float *value, float missing, float other)
{
    if (levels->number != NULL) {
        return lookup_numbers(run, graph, input, hint, levels, value, missing, other);
    }
    HONE_SCRATCH(run);
    struct hone_str *key = hone_arena_must(&run->scratch, (levels->n + 1) * sizeof *key);
    float *all = hone_arena_must(&run->scratch, (levels->n + 1) * sizeof *all);
    key[0] = (struct hone_str){"", 0};
    all[0] = missing;
    size_t n = 1;
    for (size_t k = 0; k < levels->n; k++) {
        key[n] = levels->level[k];
        all[n++] = value[k];
    }
    return hone_emit_lookup(graph, input, hint, n, key, all, other);
}

enum hone_code hone_recoded(struct hone_run *run, const struct hone_fit_column *in, size_t n,
                            const struct hone_str *level, const int32_t *code,
                            const char *value, struct hone_arena *mem,
                            struct hone_fit_column *out)
{
    struct hone_builder *b;
    struct hone_column *column = hone_new(mem, struct hone_column);
    size_t *row;
    HONE_TRY(hone_array(run, mem, &row, in->rows));
    HONE_TRY(hone_builder_new(run, in->column->name, HONE_UTF8, mem, &b));
    for (size_t i = 0; i < in->rows; i++) {
        row[i] = i;
        HONE_ASSERT(code[i] < (int32_t)n);
        HONE_TRY(code[i] < 0 ? hone_builder_null(run, b)
                             : hone_builder_str(run, b, level[code[i]]));
    }
    HONE_TRY(hone_builder_end(run, b, column));
    *out = *in;
    out->column = column;
    out->row = row;
    out->value = value;
    return HONE_OK;
}

enum hone_code hone_level_weights(struct hone_run *run, const struct hone_fit_column *in,
                                  const struct hone_levels *levels, struct hone_arena *mem,
                                  double **weight)
{
    double *sum;
    const double *w = hone_weights_of(in->target);
    HONE_TRY(hone_array(run, mem, &sum, levels->n + 1));
    for (size_t i = 0; i < in->rows; i++) {
        size_t at = levels->code[i] < 0 ? levels->n : (size_t)levels->code[i];
        sum[at] += w == NULL ? 1 : w[i];
    }
    *weight = sum;
    return HONE_OK;
}

size_t hone_levels_cut(const struct hone_levels *levels, size_t least, size_t most)
{
    size_t need = least;
    for (;;) {
        size_t kept = 0;
        size_t next = SIZE_MAX;
        for (size_t k = 0; k < levels->n; k++) {
            kept += levels->count[k] >= need;
            if (levels->count[k] > need && levels->count[k] < next) {
                next = levels->count[k];
            }
        }
        if (kept <= most || next == SIZE_MAX) {
            return need;
        }
        need = next;
    }
}

void hone_features_move(const struct hone_fit_matrix *in, const char *value,
                        struct hone_features *out)
{
    for (size_t j = 0; j < in->cols; j++) {
        struct hone_feature feature = in->feature[j];
        feature.value = value;
        feature.at = j;
        feature.train = NULL;
        hone_features_add(out, feature);
    }
}

void hone_features_scaled(const struct hone_fit_matrix *in, const char *value,
                          struct hone_features *out)
{
    hone_features_move(in, value, out);
    for (size_t j = 0; j < in->cols; j++) {
        out->item[out->n - in->cols + j].scaled = true;
    }
}
