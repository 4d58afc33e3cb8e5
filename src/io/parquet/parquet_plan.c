/* Which columns are read, of which leaves, as what; declared in io/parquet_priv.h. */
#include "io/parquet/parquet_priv.h"

/* The columns that a schema gives, found one after the other. */
struct finding {
    const struct hone_pq_file *file;
    struct hone_arena *mem;
    struct hone_pq_column *column;
    size_t n;
    struct hone_map names;
};

static size_t leaves_below(const struct hone_pq_file *file, size_t node, size_t *first)
{
    size_t n = 0;

    for (size_t i = node; i < file->node[node].next; i++) {
        if (file->node[i].leaf != SIZE_MAX) {
            *first = n == 0 ? file->node[i].leaf : *first;
            n++;
        }
    }
    return n;
}

/* A name that is taken gets a number, as in CSV. */
static enum hone_code free_name(struct hone_run *run, struct finding *f, const char *wanted,
                                const char **out)
{
    const char *name =
        wanted[0] == '\0' ? hone_arena_format(f->mem, "column_%zu", f->n + 1) : wanted;

    for (size_t k = 1;; k++) {
        uint32_t at = hone_map_get(&f->names, hone_str(name));
        if (at == UINT32_MAX) {
            break;
        }
        name = hone_arena_format(f->mem, "%s.%zu", wanted, k);
    }
    if (hone_map_add(&f->names, hone_str(name), (uint32_t)f->n) == UINT32_MAX) {
        return hone_no_room(run, "column names", f->n);
    }
    *out = name;
    return HONE_OK;
}

/* Whether a nested node is a list of numbers, which may be a vector: of one leaf, repeated once. */
static bool may_be_vector(const struct hone_pq_file *file, size_t node)
{
    size_t first = 0;
    const struct hone_pq_node *leaf;

    if (leaves_below(file, node, &first) != 1) {
        return false;
    }
    leaf = &file->node[file->leaf[first]];
    return leaf->rep == 1 && leaf->kind == HONE_PQ_BARE &&
           file->node[node].kind != HONE_PQ_MAP &&
           (leaf->physical == HONE_PQ_FLOAT || leaf->physical == HONE_PQ_DOUBLE) &&
           (file->leaf[first] - node <= 2) &&
           !(file->leaf[first] - node == 2 && file->node[node].kind != HONE_PQ_LIST);
}

static enum hone_code add_column(struct hone_run *run, struct finding *f, size_t node,
                                 bool nested)
{
    const struct hone_pq_node *n = &f->file->node[node];
    struct hone_pq_column *c = &f->column[f->n];

    *c = (struct hone_pq_column){.node = node, .nested = nested, .wanted = HONE_TYPE_COUNT};
    c->leaves = leaves_below(f->file, node, &c->first);
    if (c->leaves == 0) {
        return HONE_OK; /* a group without members has nothing to read */
    }
    HONE_TRY(free_name(run, f, n->path, &c->name));
    if (nested) {
        c->type = HONE_UTF8;
        c->mode = may_be_vector(f->file, node) ? HONE_PQ_AS_VECTOR : HONE_PQ_AS_WORDS;
    } else {
        c->type = hone_pq_type_of(n);
        c->mode = c->type == HONE_UTF8 || c->type == HONE_BINARY ? HONE_PQ_AS_WORDS
                                                                 : HONE_PQ_AS_VALUES;
    }
    f->n++;
    return HONE_OK;
}

/* Members of structures are columns of their own; what is repeated is one column with all below it. */
static enum hone_code find_columns(struct hone_run *run, struct finding *f, size_t node)
{
    const struct hone_pq_node *n = &f->file->node[node];
    bool nested =
        n->repeat == HONE_PQ_REPEATED || n->kind == HONE_PQ_LIST || n->kind == HONE_PQ_MAP;

    if (nested || n->physical != HONE_PQ_GROUP) {
        return add_column(run, f, node, nested);
    }
    for (size_t child = node + 1; child < n->next; child = f->file->node[child].next) {
        HONE_TRY(find_columns(run, f, child));
    }
    return HONE_OK;
}

static enum hone_code no_column(struct hone_run *run, const struct hone_pq_scan *s,
                                struct hone_str name, const char *what)
{
    const char **names;
    const char *near;
    char wanted[100];
    size_t len = name.len < sizeof wanted - 1 ? name.len : sizeof wanted - 1;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &names, s->cols));
    for (size_t i = 0; i < s->cols; i++) {
        names[i] = s->column[i].name;
    }
    memcpy(wanted, name.ptr, len);
    wanted[len] = '\0';
    near = hone_nearest(wanted, names, s->cols);
    (void)hone_fail(run, HONE_E_NOT_FOUND, "%.200s has no column '%s'%s", s->file->path, wanted,
                    what);
    return near == NULL ? run->err.code : hone_hint(run, "did you mean '%.100s'?", near);
}

static struct hone_pq_column *column_of(struct hone_pq_scan *s, struct hone_str name)
{
    for (size_t i = 0; i < s->cols; i++) {
        if (hone_str_is(name, s->column[i].name)) {
            return &s->column[i];
        }
    }
    return NULL;
}

/* Types asked for with "column=type": text is read as text, the rest is cast when it is there. */
static enum hone_code set_types(struct hone_run *run, struct hone_pq_scan *s)
{
    const struct hone_read_options *o = s->options;

    for (size_t i = 0; i < o->as_text.n; i++) {
        struct hone_pq_column *c = column_of(s, hone_str(o->as_text.item[i]));
        if (c != NULL) {
            c->mode = HONE_PQ_AS_WORDS;
            c->type = HONE_UTF8;
        }
    }
    for (size_t i = 0; i < o->type.n; i++) {
        const char *equals = strrchr(o->type.item[i], '=');
        struct hone_pq_column *c;
        struct hone_str name;
        if (equals == NULL || equals == o->type.item[i]) {
            return hone_fail(run, HONE_E_ARG, "type '%.100s' is not of the form column=type",
                             o->type.item[i]);
        }
        name = (struct hone_str){o->type.item[i], (size_t)(equals - o->type.item[i])};
        c = column_of(s, name);
        if (c == NULL) {
            return no_column(run, s, name, ", for which a type is given");
        }
        c->wanted = hone_type_parse(hone_str(equals + 1));
        if (c->wanted == HONE_TYPE_COUNT || c->wanted == HONE_BINARY ||
            c->wanted == HONE_VECTOR) {
            (void)hone_fail(run, HONE_E_ARG, "'%.100s' names no type that can be read",
                            o->type.item[i]);
            return hone_hint(run,
                             "the types are bool, int64, float32, float64, text, category, "
                             "date, timestamp");
        }
        if (hone_type_is_text(c->wanted)) {
            c->mode = HONE_PQ_AS_WORDS;
            c->type = HONE_UTF8;
        }
    }
    return HONE_OK;
}

/* Mark the columns to be read: those asked for and those that `where` looks at. */
static enum hone_code mark(struct hone_run *run, struct hone_pq_scan *s,
                           const struct hone_expr *where, struct hone_arena *mem)
{
    const struct hone_read_options *o = s->options;
    const char **name = NULL;
    size_t names = 0;
    size_t n = 0;
    bool *keep;

    HONE_TRY(hone_array(run, mem, &keep, s->cols));
    if (where != NULL) {
        HONE_TRY(hone_expr_columns(run, where, mem, &name, &names));
    }
    for (size_t i = 0; i < o->columns.n + names; i++) {
        const char *one = i < o->columns.n ? o->columns.item[i] : name[i - o->columns.n];
        const struct hone_pq_column *c = column_of(s, hone_str(one));
        if (c == NULL) {
            return no_column(run, s, hone_str(one), "");
        }
        keep[c - s->column] = true;
    }
    for (size_t i = 0; i < s->cols; i++) {
        if (o->columns.n == 0 || keep[i]) {
            s->column[n++] = s->column[i];
        }
    }
    s->cols = n;
    return HONE_OK;
}

enum hone_code hone_pq_plan(struct hone_run *run, const struct hone_pq_file *file,
                            const struct hone_read_options *options, struct hone_arena *mem,
                            struct hone_pq_scan *out)
{
    struct hone_pq_scan s = {.file = file, .options = options};
    struct finding f = {.file = file, .mem = mem, .names.mem = mem};
    struct hone_expr *where = NULL;

    HONE_TRY(hone_array(run, mem, &f.column, file->leaves));
    for (size_t child = 1; child < file->node[0].next; child = file->node[child].next) {
        HONE_TRY(find_columns(run, &f, child));
    }
    s.column = f.column;
    s.cols = f.n;
    HONE_TRY(set_types(run, &s));
    if (options->where != NULL) {
        HONE_TRY(hone_expr_parse(run, hone_str(options->where), mem, &where));
    }
    HONE_TRY(mark(run, &s, where, mem));
    HONE_TRY(hone_pq_prune(run, &s, where, mem));
    for (size_t i = 0; i < s.cols; i++) {
        HONE_TRY(hone_array(run, mem, &s.column[i].part, s.groups));
        for (size_t g = 0; g < s.groups; g++) {
            s.column[i].part[g].rows = file->group[s.group[g]].rows;
        }
    }
    *out = s;
    return HONE_OK;
}
