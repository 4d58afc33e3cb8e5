#include "cli/data_show.h"

#include "cli/show.h"

json_t *hone_data_version_json(const struct hone_dataset_version *v)
{
    json_t *o = json_object();
    HONE_JSON json_t *schema = NULL;
    struct hone_run run = {0};

    hone_json_set_text(o, "name", v->name);
    hone_json_set(o, "version", json_integer(v->version));
    hone_json_set(o, "tree", v->tree == NULL ? json_null() : json_string(v->tree));
    hone_json_set_text(o, "source", v->source);
    hone_json_set(o, "file", v->file == NULL ? json_null() : json_string(v->file));
    hone_json_set(o, "files", json_integer(v->files));
    hone_json_set(o, "bytes", json_integer(v->bytes));
    if (v->rows >= 0) {
        hone_json_set(o, "rows", json_integer(v->rows));
        hone_json_set(o, "columns", json_integer(v->cols));
        hone_json_set_text(o, "content", v->data);
    }
    if (v->schema != NULL && hone_json_parse(&run, hone_str(v->schema), &schema) == HONE_OK) {
        hone_json_set(o, "schema", json_incref(schema));
    }
    hone_json_set_text(o, "note", v->note);
    hone_json_set_text(o, "actor", v->actor);
    hone_json_set(o, "created_us", json_integer(v->created));
    hone_json_set(o, "removed", json_boolean(v->tree == NULL));
    hone_run_clear(&run);
    return o;
}

/* --- list --------------------------------------------------------------------------------- */

static const char *rows_of(struct hone_arena *mem, const struct hone_dataset_version *v)
{
    return v->rows < 0 ? "" : hone_text_count(mem, (uint64_t)v->rows);
}

static void print_sets(const struct hone_dataset_version *v, size_t n, struct hone_args *args)
{
    static const struct hone_grid_column columns[] = {
        {"data set", HONE_LEFT, HONE_BOLD, 12},  {"versions", HONE_RIGHT, HONE_PLAIN, 0},
        {"latest", HONE_RIGHT, HONE_PLAIN, 0},   {"files", HONE_RIGHT, HONE_PLAIN, 0},
        {"size", HONE_RIGHT, HONE_PLAIN, 0},     {"rows", HONE_RIGHT, HONE_PLAIN, 0},
        {"added (UTC)", HONE_LEFT, HONE_DIM, 0},
    };
    struct hone_arena *mem = args->mem;
    struct hone_grid grid = hone_grid(mem, columns, 7);

    for (size_t i = 0; i < n;) {
        size_t end = i;
        uint64_t alive = 0;
        const struct hone_dataset_version *last = &v[i];
        while (end < n && strcmp(v[end].name, v[i].name) == 0) {
            if (v[end].tree != NULL) {
                last = &v[end];
                alive++;
            }
            end++;
        }
        const char *const cells[] = {v[i].name,
                                     hone_text_count(mem, alive),
                                     hone_arena_format(mem, "%lld", (long long)last->version),
                                     hone_text_count(mem, (uint64_t)last->files),
                                     hone_text_bytes(mem, (uint64_t)last->bytes),
                                     rows_of(mem, last),
                                     hone_text_when(mem, last->created)};
        hone_grid_row(&grid, cells);
        i = end;
    }
    hone_grid_print(&grid, &args->out);
}

static void print_versions(const struct hone_dataset_version *v, size_t n,
                           struct hone_args *args)
{
    static const struct hone_grid_column columns[] = {
        {"version", HONE_LEFT, HONE_BOLD, 0},    {"files", HONE_RIGHT, HONE_PLAIN, 0},
        {"size", HONE_RIGHT, HONE_PLAIN, 0},     {"rows", HONE_RIGHT, HONE_PLAIN, 0},
        {"added (UTC)", HONE_LEFT, HONE_DIM, 0}, {"by", HONE_LEFT, HONE_PLAIN, 0},
        {"source", HONE_LEFT, HONE_PLAIN, 16},   {"note", HONE_LEFT, HONE_PLAIN, 8},
    };
    struct hone_arena *mem = args->mem;
    struct hone_grid grid = hone_grid(mem, columns, 8);

    for (size_t i = n; i-- > 0;) {
        const char *const cells[] = {
            hone_arena_format(mem, "data:/%s/%lld", v[i].name, (long long)v[i].version),
            hone_text_count(mem, (uint64_t)v[i].files),
            hone_text_bytes(mem, (uint64_t)v[i].bytes),
            rows_of(mem, &v[i]),
            hone_text_when(mem, v[i].created),
            v[i].actor,
            v[i].source,
            v[i].tree == NULL ? "removed" : v[i].note};
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
}

enum hone_code hone_data_list(struct hone_run *run, struct hone_store *store, const char *name,
                              struct hone_args *args)
{
    struct hone_dataset_version *v;
    size_t n;

    HONE_TRY(hone_dataset_list(run, store, name, args->mem, &v, &n));
    if (name != NULL && n == 0) {
        struct hone_dataset_version none;
        return hone_dataset_get(run, store, name, 0, args->mem, &none); /* says what there is */
    }
    if (args->global.json) {
        json_t *list = json_array();
        json_t *result = json_object();
        for (size_t i = 0; i < n; i++) {
            hone_json_push(list, hone_data_version_json(&v[i]));
        }
        hone_json_set(result, "versions", list);
        hone_print_json(result);
    } else if (n == 0) {
        puts("no data sets; `hone data add FILE` keeps one");
    } else {
        (name == NULL ? print_sets : print_versions)(v, n, args);
    }
    return HONE_OK;
}

/* --- show --------------------------------------------------------------------------------- */

struct shown {
    struct hone_dataset_version v;
    struct hone_tree_file *file;
    size_t files;
    const char **run;
    size_t runs;
};

static json_t *files_json(const struct hone_tree_file *file, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        json_t *o = json_object();
        hone_json_set_text(o, "path", file[i].path);
        hone_json_set(o, "bytes", json_integer(file[i].size));
        hone_json_set_text(o, "content", file[i].hash);
        hone_json_push(list, o);
    }
    return list;
}

static void show_json(const struct shown *s)
{
    json_t *o = hone_data_version_json(&s->v);
    json_t *runs = json_array();

    hone_json_set(o, "tree_files", files_json(s->file, s->files));
    for (size_t i = 0; i < s->runs; i++) {
        hone_json_push(runs, json_string(s->run[i]));
    }
    hone_json_set(o, "runs", runs);
    hone_print_json(o);
}

static void print_schema(const struct hone_dataset_version *v, struct hone_args *args)
{
    struct hone_run run = {0};
    HONE_JSON json_t *schema = NULL;
    struct hone_buf line = hone_buf(args->mem);

    if (v->schema == NULL || hone_json_parse(&run, hone_str(v->schema), &schema) != HONE_OK) {
        return;
    }
    for (size_t i = 0; i < json_array_size(schema); i++) {
        const json_t *column = json_array_get(schema, i);
        hone_buf_format(&line, "%s%s %s", i == 0 ? "" : ", ",
                        hone_json_get_text(column, "name", ""),
                        hone_json_get_text(column, "type", ""));
    }
    printf("  columns\n    ");
    hone_print_wrapped(&args->out, line.ptr, 4);
    hone_run_clear(&run);
}

static void show_people(const struct shown *s, struct hone_args *args)
{
    enum { SHOWN = 20 };
    const struct hone_dataset_version *v = &s->v;
    struct hone_arena *mem = args->mem;

    printf("%sdata:/%s/%lld%s\n", hone_style(&args->out, HONE_BOLD), v->name,
           (long long)v->version, hone_style(&args->out, HONE_PLAIN));
    printf("  added    %s by %s\n", hone_text_when(mem, v->created),
           v->actor[0] == '\0' ? "unknown" : v->actor);
    printf("  source   %s\n", v->source);
    if (v->note[0] != '\0') {
        printf("  note     %s\n", v->note);
    }
    printf("  tree     %.12s, %s in %s file%s\n", v->tree,
           hone_text_bytes(mem, (uint64_t)v->bytes), hone_text_count(mem, (uint64_t)v->files),
           v->files == 1 ? "" : "s");
    if (v->rows >= 0) {
        printf("  table    %s rows, %s columns, content %.12s\n",
               hone_text_count(mem, (uint64_t)v->rows), hone_text_count(mem, (uint64_t)v->cols),
               v->data);
        print_schema(v, args);
    }
    for (size_t i = 0; i < s->files && i < SHOWN && v->file == NULL; i++) {
        printf("  %10s  %s\n", hone_text_bytes(mem, (uint64_t)s->file[i].size),
               hone_text_fit(&args->out, mem, hone_str(s->file[i].path), 200));
    }
    if (s->files > SHOWN) {
        printf("  and %s files more (--json lists them all)\n",
               hone_text_count(mem, s->files - SHOWN));
    }
    for (size_t i = 0; i < s->runs; i++) {
        printf("%s%.8s%s", i == 0 ? "  used by  " : ", ", s->run[i],
               i + 1 == s->runs ? "\n" : "");
    }
}

enum hone_code hone_data_show(struct hone_run *run, struct hone_store *store, const char *text,
                              struct hone_args *args)
{
    struct hone_dataset_uri uri;
    struct shown s = {0};

    HONE_TRY(hone_dataset_uri(run, text, args->mem, &uri));
    HONE_TRY(hone_dataset_get(run, store, uri.name, uri.version, args->mem, &s.v));
    HONE_TRY(hone_tree_list(run, store, s.v.tree, args->mem, &s.file, &s.files));
    if (s.v.data != NULL) {
        HONE_TRY(hone_dataset_runs(run, store, s.v.data, args->mem, &s.run, &s.runs));
    }
    if (args->global.json) {
        show_json(&s);
    } else {
        show_people(&s, args);
    }
    return HONE_OK;
}

/* --- diff --------------------------------------------------------------------------------- */

struct change {
    const char *kind; /* "added", "removed", "changed", "retyped" */
    const char *name;
    const char *before, *after;
};

struct changes {
    struct change *item;
    size_t n;
};

static void note(struct changes *changes, const char *kind, const char *name,
                 const char *const value[2])
{
    changes->item[changes->n++] = (struct change){kind, name, value[0], value[1]};
}

/* Files of two trees, each in the order of their paths. */
static void compare_files(const struct shown s[2], struct hone_arena *mem, struct changes *out)
{
    size_t a = 0;
    size_t b = 0;

    while (a < s[0].files || b < s[1].files) {
        const struct hone_tree_file *x = a < s[0].files ? &s[0].file[a] : NULL;
        const struct hone_tree_file *y = b < s[1].files ? &s[1].file[b] : NULL;
        int order = x == NULL ? 1 : y == NULL ? -1 : strcmp(x->path, y->path);
        const char *const size[2] = {order > 0 ? "" : hone_text_bytes(mem, (uint64_t)x->size),
                                     order < 0 ? "" : hone_text_bytes(mem, (uint64_t)y->size)};
        if (order < 0) {
            note(out, "removed", x->path, size);
        } else if (order > 0) {
            note(out, "added", y->path, size);
        } else if (strcmp(x->hash, y->hash) != 0) {
            note(out, "changed", x->path, size);
        }
        a += order <= 0;
        b += order >= 0;
    }
}

static const char *type_in(const json_t *schema, const char *name)
{
    for (size_t i = 0; i < json_array_size(schema); i++) {
        const json_t *column = json_array_get(schema, i);
        if (strcmp(hone_json_get_text(column, "name", ""), name) == 0) {
            return hone_json_get_text(column, "type", "");
        }
    }
    return NULL;
}

static void compare_columns(const json_t *const schema[2], struct changes *out)
{
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < json_array_size(schema[side]); i++) {
            const json_t *column = json_array_get(schema[side], i);
            const char *name = hone_json_get_text(column, "name", "");
            const char *here = hone_json_get_text(column, "type", "");
            const char *there = type_in(schema[1 - side], name);
            const char *const value[2] = {side == 0 ? here : "", side == 0 ? "" : here};
            const char *const both[2] = {here, there};
            if (there == NULL) {
                note(out, side == 0 ? "removed" : "added", name, value);
            } else if (side == 0 && strcmp(here, there) != 0) {
                note(out, "retyped", name, both);
            }
        }
    }
}

static json_t *changes_json(const struct changes *changes)
{
    json_t *list = json_array();

    for (size_t i = 0; i < changes->n; i++) {
        json_t *o = json_object();
        hone_json_set_text(o, "change", changes->item[i].kind);
        hone_json_set_text(o, "name", changes->item[i].name);
        hone_json_set_text(o, "before", changes->item[i].before);
        hone_json_set_text(o, "after", changes->item[i].after);
        hone_json_push(list, o);
    }
    return list;
}

static void print_changes(const char *title, const struct changes *changes,
                          struct hone_args *args)
{
    static const struct hone_grid_column columns[] = {
        {"", HONE_LEFT, HONE_PLAIN, 0},
        {"", HONE_LEFT, HONE_BOLD, 16},
        {"before", HONE_RIGHT, HONE_PLAIN, 0},
        {"after", HONE_RIGHT, HONE_PLAIN, 0},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 4);

    if (changes->n == 0) {
        return;
    }
    for (size_t i = 0; i < changes->n; i++) {
        const struct change *c = &changes->item[i];
        const char *const cells[] = {c->kind, c->name, c->before, c->after};
        hone_grid_row(&grid, cells);
    }
    printf("%s\n", title);
    hone_grid_print(&grid, &args->out);
}

static enum hone_code schema_of(struct hone_run *run, const struct hone_dataset_version *v,
                                json_t **out)
{
    return v->schema == NULL ? HONE_OK : hone_json_parse(run, hone_str(v->schema), out);
}

static void print_difference(const struct shown s[2], const struct changes *files,
                             const struct changes *columns, struct hone_args *args)
{
    struct hone_arena *mem = args->mem;

    if (args->global.json) {
        json_t *o = json_object();
        hone_json_set(o, "before", hone_data_version_json(&s[0].v));
        hone_json_set(o, "after", hone_data_version_json(&s[1].v));
        hone_json_set(o, "files", changes_json(files));
        hone_json_set(o, "columns", changes_json(columns));
        hone_print_json(o);
        return;
    }
    if (files->n == 0) {
        puts("the two are the same");
        return;
    }
    print_changes("files", files, args);
    print_changes("columns", columns, args);
    if (s[0].v.rows >= 0 && s[1].v.rows >= 0) {
        printf("rows: %s, then %s\n", rows_of(mem, &s[0].v), rows_of(mem, &s[1].v));
        printf("row by row: hone diff data:/%s/%lld data:/%s/%lld --key COLUMN\n", s[0].v.name,
               (long long)s[0].v.version, s[1].v.name, (long long)s[1].v.version);
    }
}

enum hone_code hone_data_diff(struct hone_run *run, struct hone_store *store,
                              const char *const text[2], struct hone_args *args, bool *same)
{
    struct shown s[2] = {0};
    struct changes files = {0};
    struct changes columns = {0};
    HONE_JSON json_t *before = NULL;
    HONE_JSON json_t *after = NULL;

    for (size_t i = 0; i < 2; i++) {
        struct hone_dataset_uri uri;
        HONE_TRY(hone_dataset_uri(run, text[i], args->mem, &uri));
        HONE_TRY(hone_dataset_get(run, store, uri.name, uri.version, args->mem, &s[i].v));
        HONE_TRY(hone_tree_list(run, store, s[i].v.tree, args->mem, &s[i].file, &s[i].files));
    }
    HONE_TRY(schema_of(run, &s[0].v, &before));
    HONE_TRY(schema_of(run, &s[1].v, &after));
    HONE_TRY(hone_array(run, args->mem, &files.item, s[0].files + s[1].files));
    HONE_TRY(hone_array(run, args->mem, &columns.item,
                        json_array_size(before) + json_array_size(after)));
    compare_files(s, args->mem, &files);
    if (before != NULL && after != NULL) {
        compare_columns((const json_t *const[]){before, after}, &columns);
    }
    print_difference(s, &files, &columns, args);
    *same = files.n == 0;
    return HONE_OK;
}
