#include "flow/data/keep.h"

#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "flow/data/source.h"

const char *hone_keep_name(struct hone_arena *mem, const char *path, const char *fallback)
{
    char *name = hone_arena_format(mem, "%s", hone_path_stem(mem, path));

    for (char *c = name; *c != '\0'; c++) {
        bool fine = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                    (*c >= '0' && *c <= '9') || (c > name && (*c == '_' || *c == '.'));
        *c = fine ? *c : c == name ? fallback[0] : '-';
    }
    return name[0] == '\0' ? fallback : name;
}

/* The reader of a source that is no plain file, or NULL. */
static const struct hone_reader *source_reader(const char *source)
{
    for (const struct hone_part *const *part = hone_readers; *part != NULL; part++) {
        const struct hone_reader *reader = (const struct hone_reader *)(const void *)*part;
        if (reader->prefix != NULL && hone_str_starts(hone_str(source), reader->prefix)) {
            return reader;
        }
    }
    return NULL;
}

static void remove_file(const char **path)
{
    if (*path != NULL) {
        (void)unlink(*path); /* a leftover goes with the next collection */
    }
}

/* Read another source's table and take it in as a Parquet file of the data set's name. */
static enum hone_code take_table(struct hone_run *run, struct hone_store *store,
                                 const struct hone_keep *what, const char *name,
                                 struct hone_arena *mem, struct hone_tree *out)
{
    HONE_ARENA(work);
    HONE_CLOSING(remove_file) const char *path = NULL;
    HONE_CLOSING(hone_file_close) struct hone_file file = {0};
    struct hone_table *t;
    const char *folder = hone_path_join(&work, hone_store_folder(store), "objects");

    HONE_TRY(hone_table_read(run, what->source, what->read, &work, &t, NULL));
    HONE_TRY(hone_dir_make(run, folder));
    path = hone_arena_format(&work, "%s/import-%ld.parquet", folder, (long)getpid());
    HONE_TRY(hone_table_write(run, t, path, NULL));
    HONE_TRY(hone_file_open(run, path, &work, &file));
    return hone_tree_add_bytes(run, store, hone_arena_format(&work, "%s.parquet", name),
                               file.bytes, mem, out);
}

static bool looks_like_table(const char *file)
{
    static const char *const packed[] = {".gz", ".zst", NULL};
    struct hone_str name = hone_str(file);

    for (const char *const *end = packed; *end != NULL; end++) {
        if (hone_str_ends(name, *end)) {
            name.len -= strlen(*end);
        }
    }
    for (const struct hone_part *const *part = hone_readers; *part != NULL; part++) {
        const struct hone_reader *reader = (const struct hone_reader *)(const void *)*part;
        for (const char *const *end = reader->endings; end != NULL && *end != NULL; end++) {
            if (hone_str_ends(name, *end)) {
                return true;
            }
        }
    }
    return false;
}

/* What a table says of itself; a file that is none after all is kept all the same. */
static enum hone_code describe(struct hone_run *run, struct hone_store *store,
                               const struct hone_keep *what, struct hone_arena *mem,
                               struct hone_kept *kept)
{
    HONE_ARENA(work);
    struct hone_tree_file *file;
    struct hone_str bytes;
    struct hone_table *t = NULL;
    struct hone_sha hash;
    struct hone_buf text = hone_buf(mem);
    HONE_JSON json_t *schema = NULL;
    size_t n;

    kept->version.rows = kept->version.cols = -1;
    if (what->no_table || kept->tree.file == NULL || !looks_like_table(kept->tree.file)) {
        return HONE_OK;
    }
    HONE_TRY(hone_tree_list(run, store, kept->tree.hash, &work, &file, &n));
    HONE_TRY(hone_tree_read(run, store, file[0].hash, &work, &bytes));
    if (hone_table_read_text(run, kept->tree.file, bytes, what->read, &work, &t, NULL) !=
        HONE_OK) {
        if (run->err.code == HONE_E_CANCELLED) {
            return run->err.code;
        }
        kept->not_table = hone_arena_text(mem, run->err.message, strlen(run->err.message));
        hone_error_clear(run);
        return HONE_OK;
    }
    HONE_TRY(hone_table_hash(run, t, &hash));
    schema = hone_schema_list(t);
    hone_json_write(&text, schema, false);
    kept->version.rows = (int64_t)t->rows;
    kept->version.cols = (int64_t)t->cols;
    kept->version.schema = text.ptr;
    kept->version.data = hone_arena_text(mem, hash.hex, strlen(hash.hex));
    return HONE_OK;
}

enum hone_code hone_keep(struct hone_run *run, struct hone_store *store,
                         const struct hone_keep *what, struct hone_arena *mem,
                         struct hone_kept *out)
{
    bool other = source_reader(what->source) != NULL;
    struct hone_kept kept = {0};
    struct hone_dataset_version newest;
    int64_t start = hone_ticks_ns();
    const char *name =
        what->name != NULL ? what->name : hone_keep_name(mem, what->source, "data");

    if (other) {
        HONE_TRY(take_table(run, store, what, name, mem, &kept.tree));
    } else {
        HONE_TRY(hone_tree_add(run, store, what->source, mem, &kept.tree));
    }
    if (hone_dataset_get(run, store, name, 0, mem, &newest) == HONE_OK &&
        strcmp(newest.tree, kept.tree.hash) == 0) {
        kept.unchanged = true;
        kept.version = newest;
    } else {
        hone_error_clear(run);
        kept.version = (struct hone_dataset_version){
            .name = name,
            .tree = kept.tree.hash,
            .source = other ? what->source : hone_path_absolute(mem, what->source),
            .file = kept.tree.file,
            .files = kept.tree.files,
            .bytes = kept.tree.bytes,
            .note = what->note,
            .actor = what->actor};
        HONE_TRY(describe(run, store, what, mem, &kept));
        HONE_TRY(hone_dataset_put(run, store, &kept.version, &kept.version.version));
        HONE_TRY(hone_dataset_get(run, store, name, kept.version.version, mem, &kept.version));
    }
    kept.seconds = (double)(hone_ticks_ns() - start) * 1e-9;
    *out = kept;
    return HONE_OK;
}
