/* The columns of a schema: structs flattened; declared in table/arrow_array.h. */
#include "base/hash.h"
#include "table/arrow_array.h"

struct gathering {
    struct hone_run *run;
    struct hone_arena *mem;
    struct hone_arrow_leaf *leaf;
    size_t n, room;
    struct hone_map names; /* of columns, to their number */
    size_t *again;         /* (named) how often a name came again */
    size_t named, name_room;
    size_t path[HONE_ARROW_DEPTH];
};

static enum hone_code add_name(struct gathering *g, const char *name, uint32_t *number)
{
    *number = hone_map_add(&g->names, hone_str(name), (uint32_t)g->named);
    if (*number == UINT32_MAX) {
        return hone_no_room(g->run, "column names", g->named);
    }
    if (*number < g->named) {
        return HONE_OK;
    }
    if (g->named == g->name_room) {
        size_t room = g->name_room == 0 ? 32 : g->name_room * 2;
        g->again =
            hone_arena_grow(g->names.mem, g->again, sizeof *g->again, g->name_room, room);
        if (g->again == NULL) {
            return hone_no_room(g->run, "column names", room);
        }
        g->name_room = room;
    }
    g->again[g->named++] = 0;
    return HONE_OK;
}

/* The name, or with ".1", ".2" and so on behind it when it is taken. */
static enum hone_code free_name(struct gathering *g, const char *name, const char **out)
{
    const char *own =
        name[0] != '\0' ? name : hone_arena_format(g->mem, "column_%zu", g->n + 1);
    size_t before = g->named;
    uint32_t number, first;

    HONE_TRY(add_name(g, own, &first));
    *out = own;
    while (g->named == before) { /* it was there */
        *out = hone_arena_format(g->mem, "%s.%zu", own, ++g->again[first]);
        HONE_TRY(add_name(g, *out, &number));
    }
    return HONE_OK;
}

static enum hone_code add_leaf(struct gathering *g, const struct hone_arrow_type *type,
                               const char *name, size_t depth)
{
    struct hone_arrow_leaf *leaf;
    size_t *path;

    if (g->n == g->room) {
        size_t room = g->room == 0 ? 32 : g->room * 2;
        g->leaf = hone_arena_grow(g->mem, g->leaf, sizeof *g->leaf, g->room, room);
        if (g->leaf == NULL) {
            return hone_no_room(g->run, "columns", room);
        }
        g->room = room;
    }
    leaf = &g->leaf[g->n];
    HONE_TRY(free_name(g, name, &leaf->name));
    HONE_TRY(hone_array(g->run, g->mem, &path, depth));
    memcpy(path, g->path, depth * sizeof *path);
    leaf->type = type;
    leaf->path = path;
    leaf->depth = depth;
    g->n++;
    return HONE_OK;
}

static enum hone_code gather(struct gathering *g, const struct hone_arrow_type *type,
                             const char *prefix, size_t depth)
{
    if (depth == HONE_ARROW_DEPTH) {
        return hone_fail(g->run, HONE_E_LIMIT, "columns nested deeper than %d",
                         HONE_ARROW_DEPTH);
    }
    for (size_t i = 0; i < type->children; i++) {
        const struct hone_arrow_type *child = &type->child[i];
        const char *name = prefix[0] == '\0'
                               ? child->name
                               : hone_arena_format(g->mem, "%s.%s", prefix, child->name);
        g->path[depth] = i;
        if (child->kind == HONE_ARROW_STRUCT) {
            HONE_TRY(gather(g, child, name, depth + 1));
        } else {
            HONE_TRY(add_leaf(g, child, name, depth + 1));
        }
    }
    return HONE_OK;
}

enum hone_code hone_arrow_leaves(struct hone_run *run, const struct hone_arrow_type *root,
                                 struct hone_arena *mem, struct hone_arrow_leaf **leaf,
                                 size_t *n)
{
    struct gathering g = {.run = run, .mem = mem};
    HONE_ARENA(names);

    g.names.mem = &names;
    HONE_TRY(gather(&g, root, "", 0));
    *leaf = g.leaf;
    *n = g.n;
    return HONE_OK;
}
