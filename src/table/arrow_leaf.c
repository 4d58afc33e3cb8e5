/* The columns of a schema: structs flattened; declared in table/arrow_array.h. */
#include "base/hash.h"
#include "table/arrow_array.h"

struct gathering {
    struct hone_run *run;
    struct hone_arena *mem;
    struct hone_arrow_leaf *leaf;
    size_t n, room;
    struct hone_map names;
    size_t path[HONE_ARROW_DEPTH];
};

/* The name, or with ".1", ".2" and so on behind it when it is taken. */
static enum hone_code add_name(struct gathering *g, const char *name, const char **out)
{
    const char *own =
        name[0] != '\0' ? name : hone_arena_format(g->mem, "column_%zu", g->n + 1);
    const char *free_name = own;

    for (size_t i = 1; hone_map_get(&g->names, hone_str(free_name)) != UINT32_MAX; i++) {
        free_name = hone_arena_format(g->mem, "%s.%zu", own, i);
    }
    if (hone_map_add(&g->names, hone_str(free_name), 0) == UINT32_MAX) {
        return hone_no_room(g->run, "column names", g->n);
    }
    *out = free_name;
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
    HONE_TRY(add_name(g, name, &leaf->name));
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
