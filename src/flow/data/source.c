#include "flow/data/source.h"

#include "base/json.h"
#include "base/progress.h"
#include "store/dataset.h"

json_t *hone_schema_list(const struct hone_table *t)
{
    json_t *columns = json_array();

    for (size_t j = 0; j < t->cols; j++) {
        json_t *column = json_object();
        hone_json_set_text(column, "name", t->column[j].name);
        hone_json_set_text(column, "type", hone_type_name(t->column[j].type));
        hone_json_push(columns, column);
    }
    return columns;
}

static enum hone_code no_file(struct hone_run *run, const struct hone_dataset_uri *uri,
                              int64_t version, const struct hone_tree_file *file, size_t n)
{
    enum { SHOWN = 6 };
    HONE_ARENA(work);
    struct hone_buf names = hone_buf(&work);

    for (size_t i = 0; i < n && i < SHOWN; i++) {
        hone_buf_format(&names, "%s%s", i == 0 ? "" : ", ", file[i].path);
    }
    if (n > SHOWN) {
        hone_buf_format(&names, " and %zu more", n - SHOWN);
    }
    if (uri->path == NULL) {
        (void)hone_fail(run, HONE_E_ARG, "data:/%s/%lld is a folder of %zu files", uri->name,
                        (long long)version, n);
        return hone_hint(run, "name one: data:/%s/%lld/PATH with %s", uri->name,
                         (long long)version, names.ptr);
    }
    (void)hone_fail(run, HONE_E_NOT_FOUND, "data:/%s/%lld holds no %s", uri->name,
                    (long long)version, uri->path);
    return hone_hint(run, "it holds %s", names.ptr);
}

/* The file of a version that is meant; *name is its whole name. */
static enum hone_code find_file(struct hone_run *run, struct hone_store *store,
                                const char *path, struct hone_arena *mem,
                                struct hone_tree_file *out, const char **name)
{
    HONE_ARENA(work);
    struct hone_dataset_uri uri;
    struct hone_dataset_version version;
    struct hone_tree_file *file;
    size_t n;
    size_t at = 0;

    HONE_TRY(hone_dataset_uri(run, path, &work, &uri));
    HONE_TRY(hone_dataset_get(run, store, uri.name, uri.version, &work, &version));
    HONE_TRY(hone_tree_list(run, store, version.tree, mem, &file, &n));
    while (uri.path != NULL && at < n && strcmp(file[at].path, uri.path) != 0) {
        at++;
    }
    if (at == n || (uri.path == NULL && n > 1)) {
        return no_file(run, &uri, version.version, file, n);
    }
    *out = file[at];
    *name = hone_arena_format(mem, "data:/%s/%lld%s%s", uri.name, (long long)version.version,
                              uri.path == NULL ? "" : "/", uri.path == NULL ? "" : uri.path);
    return HONE_OK;
}

static enum hone_code read_version(struct hone_run *run, const char *folder, const char *path,
                                   const struct hone_read_options *options,
                                   struct hone_arena *mem, struct hone_table **out,
                                   struct hone_read_report *report)
{
    HONE_ARENA(work);
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct hone_tree_file file = {0};
    struct hone_str bytes;
    const char *name = path;

    HONE_TRY(hone_store_open(run, folder, false, &work, &store));
    HONE_TRY(find_file(run, store, path, &work, &file, &name));
    HONE_TRY(hone_tree_read(run, store, file.hash, &work, &bytes));
    if (hone_table_read_text(run, file.path, bytes, options, mem, out, report) != HONE_OK) {
        return hone_fail_in(run, "%s", name);
    }
    if (report != NULL) {
        report->path = hone_arena_text(mem, name, strlen(name));
    }
    return HONE_OK;
}

enum hone_code hone_data_read(struct hone_run *run, const char *store, const char *path,
                              const struct hone_read_options *options, struct hone_arena *mem,
                              struct hone_table **out, struct hone_read_report *report)
{
    hone_progress_begin(run, "reading", "rows", 0);
    if (hone_dataset_uri_is(path)) {
        HONE_TRY(read_version(run, store, path, options, mem, out, report));
    } else {
        HONE_TRY(hone_table_read(run, path, options, mem, out, report));
    }
    hone_progress_at(run, (*out)->rows);
    hone_progress_end(run);
    return HONE_OK;
}
