#include "prep/transform.h"

#include "base/hash.h"
#include "base/pool.h"

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

/* The transform of a name, and its default settings in scratch. */
static const struct hone_transform *with_defaults(struct hone_run *run, const char *name,
                                                  const void **settings)
{
    const struct hone_part *part = hone_part_find(hone_transforms, hone_str(name));
    HONE_ASSERT(part != NULL);
    void *set = hone_arena_must(&run->scratch, part->settings_size + 1);
    hone_settings_default(part, set);
    *settings = set;
    return (const struct hone_transform *)part;
}

enum hone_code hone_encode(struct hone_run *run, const char *transform,
                           const struct hone_fit_column *in, struct hone_graph *graph,
                           struct hone_arena *mem, struct hone_features *out)
{
    HONE_SCRATCH(run);
    const void *settings = NULL;
    const struct hone_transform *t = with_defaults(run, transform, &settings);
    HONE_ASSERT(t->encode != NULL && (t->accepts >> in->column->type & 1) != 0);
    return t->encode(run, settings, in, graph, mem, out);
}

enum hone_code hone_map_features(struct hone_run *run, const char *transform,
                                 const struct hone_fit_matrix *in, struct hone_graph *graph,
                                 struct hone_arena *mem, const char **value,
                                 struct hone_features *out)
{
    HONE_SCRATCH(run);
    const void *settings = NULL;
    const struct hone_transform *t = with_defaults(run, transform, &settings);
    HONE_ASSERT(t->map != NULL);
    return t->map(run, settings, in, graph, mem, value, out);
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
        bool valid = hone_is_valid(column, row[i]);
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
        if (!hone_is_valid(column, row[i])) {
            out->missing++;
            continue;
        }
        struct hone_str text = hone_column_str(column, row[i]);
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

enum hone_code hone_levels_find(struct hone_run *run, const struct hone_column *column,
                                const size_t *row, size_t rows, struct hone_arena *mem,
                                struct hone_levels *out)
{
    struct hone_levels levels = {0};
    HONE_TRY(hone_array(run, mem, &levels.code, rows));
    if (column->type == HONE_CATEGORY) {
        HONE_TRY(levels_of_category(run, column, row, rows, mem, &levels));
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
