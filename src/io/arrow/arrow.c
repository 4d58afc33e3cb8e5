/* Arrow IPC files and streams to tables; the parts are in io/arrow_priv.h. */
#include "base/pool.h"
#include "io/arrow/arrow_priv.h"

/* ---- finding the messages ---- */

static enum hone_code read_stream(struct hone_run *run, struct hone_ipc *ipc)
{
    struct hone_ipc_message m = {.end = 0};

    for (;;) {
        HONE_TRY(hone_check_cancel(run));
        HONE_TRY(hone_ipc_message(run, ipc, m.end, &m));
        if (m.kind == HONE_IPC_NONE) {
            break;
        }
        if (m.kind != HONE_IPC_SCHEMA) {
            HONE_TRY(hone_ipc_take(run, ipc, &m, true));
        } else if (ipc->has_schema) {
            return hone_ipc_bad(run, ipc, "a second schema before byte %zu", m.end);
        } else {
            HONE_TRY(hone_ipc_schema(run, ipc, &m.meta, m.header));
        }
    }
    return ipc->has_schema ? HONE_OK : hone_ipc_bad(run, ipc, "%s", "there is no schema");
}

/* The messages that a list of the footer names. */
static enum hone_code read_blocks(struct hone_run *run, struct hone_ipc *ipc,
                                  struct hone_flat *footer, size_t blocks, size_t n,
                                  enum hone_ipc_header kind)
{
    for (size_t i = 0; i < n; i++) {
        int64_t at = hone_flat_get_i64(footer, blocks + i * 24);
        struct hone_ipc_message m;
        HONE_TRY(hone_check_cancel(run));
        if (at < 8 || (size_t)at >= ipc->bytes.len) {
            return hone_ipc_bad(run, ipc, "the footer names a message at byte %lld of %zu",
                                (long long)at, ipc->bytes.len);
        }
        HONE_TRY(hone_ipc_message(run, ipc, (size_t)at, &m));
        if (m.kind != kind) {
            return hone_ipc_bad(run, ipc, "the message at byte %lld is no %s", (long long)at,
                                kind == HONE_IPC_BATCH ? "record batch" : "dictionary");
        }
        HONE_TRY(hone_ipc_take(run, ipc, &m, false));
    }
    return HONE_OK;
}

/* The mark, messages, the footer, its length in 4 bytes, the mark. */
static enum hone_code read_file(struct hone_run *run, struct hone_ipc *ipc)
{
    const size_t tail = HONE_IPC_MARK_LEN + 4;
    size_t len = ipc->bytes.len;
    struct hone_flat footer = {.bad = false};
    int32_t size = 0;
    size_t root, schema, dictionaries, batches, n_dictionaries, n_batches;

    if (len >= 8 + tail) {
        memcpy(&size, ipc->bytes.ptr + len - tail, 4);
    }
    if (len < 8 + tail || memcmp(ipc->bytes.ptr + len - HONE_IPC_MARK_LEN, HONE_IPC_MARK,
                                 HONE_IPC_MARK_LEN) != 0) {
        (void)hone_ipc_bad(run, ipc, "%s", "an Arrow file that does not end as one");
        return hone_hint(run, "the file was perhaps not written to its end");
    }
    if (size <= 0 || (size_t)size > len - 8 - tail) {
        return hone_ipc_bad(run, ipc, "a footer of %d bytes in a file of %zu", size, len);
    }
    footer.bytes = (const uint8_t *)ipc->bytes.ptr + len - tail - (size_t)size;
    footer.len = (size_t)size;
    root = hone_flat_root(&footer);
    schema = hone_flat_table(&footer, root, 1);
    dictionaries = hone_flat_vector(&footer, root, 2, 24, &n_dictionaries);
    batches = hone_flat_vector(&footer, root, 3, 24, &n_batches);
    if (footer.bad) {
        return hone_ipc_bad(run, ipc, "%s", "a damaged footer");
    }
    HONE_TRY(hone_ipc_schema(run, ipc, &footer, schema));
    HONE_TRY(read_blocks(run, ipc, &footer, dictionaries, n_dictionaries, HONE_IPC_DICTIONARY));
    return read_blocks(run, ipc, &footer, batches, n_batches, HONE_IPC_BATCH);
}

/* ---- making the columns ---- */

struct job {
    const struct hone_ipc *ipc;
    const struct hone_read_options *options;
    struct hone_arrow_leaf *leaf;
    size_t leaves;
    size_t most; /* bytes of a column whose values may be more than what is in the file */
    struct hone_arena *mem;     /* (leaves) */
    struct hone_column *column; /* (leaves) */
};

static bool lists(const struct hone_texts *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->item[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The last "column=type" that names the column; HONE_TYPE_COUNT: none does. */
static enum hone_type wanted_type(const struct hone_read_options *options, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = options->type.n; i > 0; i--) {
        struct hone_str text = hone_str(options->type.item[i - 1]);
        if (text.len > len && text.ptr[len] == '=' && memcmp(text.ptr, name, len) == 0 &&
            memchr(text.ptr + len + 1, '=', text.len - len - 1) == NULL) {
            return hone_type_parse((struct hone_str){text.ptr + len + 1, text.len - len - 1});
        }
    }
    return lists(&options->as_text, name) ? HONE_UTF8 : HONE_TYPE_COUNT;
}

/* The rows of one leaf in one batch: down the path, unpacking bitmaps on the way and then the leaf. */
static enum hone_code piece_of(struct hone_run *run, const struct hone_ipc *ipc,
                               const struct hone_arrow_leaf *leaf, size_t number,
                               struct hone_arena *mem, struct hone_arrow_piece *out)
{
    const struct hone_ipc_batch *batch = &ipc->batch[number];
    const struct hone_arrow_array *at = &batch->array;
    const struct hone_arrow_type *type = &ipc->root;
    struct hone_arrow_mask *mask;
    struct hone_arrow_array *array;

    HONE_TRY(hone_array(run, mem, &mask, leaf->depth));
    HONE_TRY(hone_array(run, mem, &array, 1));
    out->rows = batch->array.length;
    for (size_t d = 0; d < leaf->depth; d++) {
        struct hone_arrow_bytes valid = at->valid;
        HONE_TRY(hone_ipc_unpack_bytes(run, ipc, batch->codec, mem, &valid));
        if (valid.ptr != NULL) {
            if (valid.len < (out->rows + 7) / 8) {
                return hone_fail(run, HONE_E_FORMAT,
                                 "column %s: a validity bitmap of %zu bytes for %zu rows",
                                 leaf->name, valid.len, out->rows);
            }
            mask[out->masks++] = (struct hone_arrow_mask){valid.ptr, 0};
        }
        type = &type->child[leaf->path[d]];
        at = &at->child[leaf->path[d]];
        if (at->length < out->rows) {
            return hone_fail(run, HONE_E_FORMAT, "column %s: %zu rows, %zu are needed",
                             leaf->name, at->length, out->rows);
        }
    }
    HONE_TRY(hone_ipc_unpack(run, ipc, batch->codec, type, at, mem, array));
    HONE_TRY(hone_arrow_check(run, leaf->name, type, mem, array));
    out->array = array;
    out->mask = mask;
    return HONE_OK;
}

static enum hone_code make_column(struct hone_run *run, void *ctx, size_t i)
{
    const struct job *job = ctx;
    const struct hone_ipc *ipc = job->ipc;
    enum hone_type wanted = wanted_type(job->options, job->leaf[i].name);
    struct hone_arrow_options options = {.text = HONE_ARROW_BY_RULE, .most = job->most};
    struct hone_arrow_piece *piece;
    HONE_ARENA(work);

    if (wanted == HONE_CATEGORY || wanted == HONE_UTF8) {
        options.text = wanted == HONE_UTF8 ? HONE_ARROW_AS_IS : HONE_ARROW_CATEGORY;
    }
    HONE_TRY(hone_array(run, &work, &piece, ipc->batches));
    for (size_t b = 0; b < ipc->batches; b++) {
        if (piece_of(run, ipc, &job->leaf[i], b, &work, &piece[b]) != HONE_OK) {
            return run->err.code == HONE_E_LIMIT
                       ? run->err.code
                       : hone_fail_in(run, "%s, record batch %zu", ipc->path, b + 1);
        }
    }
    if (hone_arrow_column(run, &job->leaf[i], piece, ipc->batches, &options, &job->mem[i],
                          &job->column[i]) != HONE_OK) {
        return hone_fail_in(run, "%s", ipc->path);
    }
    if (wanted != HONE_TYPE_COUNT && job->column[i].type != wanted) {
        struct hone_column cast;
        if (hone_column_cast(run, &job->column[i], wanted, false, &job->mem[i], &cast) !=
            HONE_OK) {
            return hone_fail_in(run, "%s", ipc->path);
        }
        job->column[i] = cast;
    }
    return HONE_OK;
}

static void arenas_free(struct hone_arena *mem, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hone_arena_free(&mem[i]);
    }
}

/* The columns in parallel, each in memory of its own, which then becomes the table's. */
static enum hone_code make_table(struct hone_run *run, struct job *job, struct hone_arena *mem,
                                 struct hone_table **out)
{
    enum hone_code code;
    size_t rows = 0;

    HONE_TRY(hone_array(run, job->ipc->mem, &job->mem, job->leaves));
    HONE_TRY(hone_array(run, job->ipc->mem, &job->column, job->leaves));
    for (size_t i = 0; i < job->leaves; i++) {
        job->mem[i].limit = mem->limit;
    }
    code = hone_parallel_try(run, job->leaves, make_column, job);
    for (size_t i = 0; code == HONE_OK && i < job->leaves; i++) {
        hone_arena_join(mem, &job->mem[i]);
    }
    if (code == HONE_OK) {
        code = hone_table_of(run, job->column, job->leaves, mem, out);
    }
    arenas_free(job->mem, job->leaves);
    HONE_TRY(code);
    for (size_t b = 0; b < job->ipc->batches; b++) {
        rows += job->ipc->batch[b].array.length;
    }
    (*out)->rows = rows;
    return HONE_OK;
}

/* The names asked for stand in the place of the file's. */
static enum hone_code rename_leaves(struct hone_run *run, struct job *job)
{
    const struct hone_texts *names = &job->options->names;

    if (names->n == 0) {
        return HONE_OK;
    }
    if (names->n != job->leaves) {
        return hone_fail(run, HONE_E_ARG, "%zu names are given, %s has %zu columns", names->n,
                         job->ipc->path, job->leaves);
    }
    for (size_t i = 0; i < job->leaves; i++) {
        job->leaf[i].name = names->item[i];
    }
    return HONE_OK;
}

/* A type is asked for a column that is there, and is one. */
static enum hone_code check_types(struct hone_run *run, const struct job *job)
{
    const struct hone_texts *list = &job->options->type;

    for (size_t i = 0; i < list->n; i++) {
        const char *equals = strrchr(list->item[i], '=');
        size_t len = equals == NULL ? 0 : (size_t)(equals - list->item[i]);
        bool found = false;
        if (equals == NULL || hone_type_parse(hone_str(equals + 1)) == HONE_TYPE_COUNT) {
            return hone_fail(run, HONE_E_ARG, "'%.100s' is no column=type", list->item[i]);
        }
        for (size_t c = 0; c < job->leaves && !found; c++) {
            found =
                hone_str_eq(hone_str(job->leaf[c].name), (struct hone_str){list->item[i], len});
        }
        if (!found) {
            return hone_fail(run, HONE_E_ARG, "--type names column '%.*s', which %s has not",
                             (int)len, list->item[i], job->ipc->path);
        }
    }
    return HONE_OK;
}

static enum hone_code no_column(struct hone_run *run, const struct job *job, const char *name)
{
    const char **names;
    const char *nearest;
    enum hone_code code;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &names, job->leaves));
    for (size_t i = 0; i < job->leaves; i++) {
        names[i] = job->leaf[i].name;
    }
    code = hone_fail(run, HONE_E_NOT_FOUND, "%s has no column '%.100s'", job->ipc->path, name);
    nearest = hone_nearest(name, names, job->leaves);
    return nearest == NULL ? code : hone_hint(run, "did you mean '%s'?", nearest);
}

/* Leave out the columns that nobody asked for. */
static enum hone_code narrow(struct hone_run *run, struct job *job)
{
    const struct hone_texts *columns = &job->options->columns;
    size_t kept = 0;

    for (size_t i = 0; i < columns->n; i++) {
        bool found = false;
        for (size_t c = 0; c < job->leaves && !found; c++) {
            found = strcmp(columns->item[i], job->leaf[c].name) == 0;
        }
        if (!found) {
            return no_column(run, job, columns->item[i]);
        }
    }
    if (columns->n == 0) {
        return HONE_OK;
    }
    for (size_t i = 0; i < job->leaves; i++) {
        if (lists(columns, job->leaf[i].name)) {
            job->leaf[kept++] = job->leaf[i];
        }
    }
    job->leaves = kept;
    return HONE_OK;
}

/* A few bytes can stand for many rows (runs, nulls, dictionaries of long values): how many they may become. */
static enum hone_code find_most(struct hone_run *run, struct job *job)
{
    size_t held = job->ipc->bytes.len + job->ipc->unpacked;
    size_t most = ((size_t)64 << 20) + held * 64;
    size_t rows = 0;

    for (size_t b = 0; b < job->ipc->batches; b++) {
        rows += job->ipc->batch[b].array.length;
    }
    job->most = most / (job->leaves == 0 ? 1 : job->leaves) + held * 64;
    if (rows > most || hone_product(rows, job->leaves) / 8 > most) {
        (void)hone_fail(run, HONE_E_LIMIT, "%s: %zu rows in %zu bytes", job->ipc->path, rows,
                        held);
        return hone_hint(run, "that is out of proportion; the file may be damaged");
    }
    return HONE_OK;
}

static enum hone_code arrow_read(struct hone_run *run, const char *path, struct hone_str bytes,
                                 const struct hone_read_options *options,
                                 struct hone_arena *mem, struct hone_table **out,
                                 struct hone_read_report *report)
{
    HONE_ARENA(work);
    struct hone_ipc ipc = {.path = path, .bytes = bytes, .mem = &work, .ids.mem = &work};
    struct job job = {.ipc = &ipc, .options = options};

    work.limit = mem->limit;
    if (hone_str_starts(bytes, "FEA1")) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED, "%s is a Feather file of version 1", path);
        return hone_hint(run, "write it anew as version 2, which is Arrow: "
                              "pyarrow.feather.write_feather(table, path)");
    }
    HONE_TRY((hone_str_starts(bytes, HONE_IPC_MARK) ? read_file : read_stream)(run, &ipc));
    HONE_TRY(hone_arrow_leaves(run, &ipc.root, &work, &job.leaf, &job.leaves));
    HONE_TRY(rename_leaves(run, &job));
    HONE_TRY(check_types(run, &job));
    HONE_TRY(narrow(run, &job));
    HONE_TRY(find_most(run, &job));
    HONE_TRY(make_table(run, &job, mem, out));
    report->records = (*out)->rows;
    return HONE_OK;
}

static const char *const endings[] = {".arrow", ".feather", ".arrows", ".ipc", NULL};

/* A file's mark, that of the old Feather, or the beginning of a stream: a mark, a short length, and the place
 * of the root within it. */
static bool accepts(struct hone_str head)
{
    uint32_t word[3];

    if (hone_str_starts(head, HONE_IPC_MARK) || hone_str_starts(head, "FEA1")) {
        return true;
    }
    if (head.len < sizeof word) {
        return false;
    }
    memcpy(word, head.ptr, sizeof word);
    return word[0] == UINT32_MAX && word[1] < 1u << 30 && word[2] < word[1];
}

const struct hone_reader hone_reader_arrow = {
    .part.name = "arrow",
    .part.summary = "Arrow IPC files (Feather) and streams",
    .part.source = "Apache Arrow columnar format 1.5",
    .endings = endings,
    .accepts = accepts,
    .read = arrow_read,
    .write = hone_arrow_write,
};
