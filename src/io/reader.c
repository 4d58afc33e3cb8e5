#include "io/reader.h"

#include "base/file.h"
#include "io/csv/csv_priv.h"
#include "io/encoding.h"
#include "table/expr.h"

static const char *const on_bad_row[] = {"fail", "skip", "quarantine", NULL};

/* clang-format off */
const struct hone_param hone_read_params[] = {
    HONE_TEXT(struct hone_read_options, format, NULL, .arg = "NAME",
              .help = "a format of `hone list readers`; found out when not given"),
    HONE_TEXT(struct hone_read_options, delimiter, NULL, .arg = "CHAR",
              .help = "what separates fields; tab and space are understood; found out when not given"),
    HONE_TEXT(struct hone_read_options, quote, NULL, .arg = "CHAR",
              .help = "what encloses fields, or none; found out when not given"),
    HONE_FLAG(struct hone_read_options, no_header, false,
              .help = "the first record is data; found out when not given"),
    HONE_FLAG(struct hone_read_options, header, false, .help = "the first record is names"),
    HONE_LIST(struct hone_read_options, names, .arg = "NAMES", .help = "column names, in file order"),
    HONE_LIST(struct hone_read_options, na, .arg = "WORDS",
              .help = "what else means missing, column=word for one column; '-' first: only these"),
    HONE_TEXT(struct hone_read_options, comment, NULL, .arg = "TEXT",
              .help = "lines beginning with this are skipped"),
    HONE_FLAG(struct hone_read_options, skip_initial_space, false,
              .help = "blanks after a delimiter are dropped; found out when all have one"),
    HONE_LIST(struct hone_read_options, type, .arg = "COLUMN=TYPE",
              .help = "a column's type: bool, int64, float32, float64, text, category, date, timestamp"),
    HONE_CHOICE(struct hone_read_options, on_bad_row, "fail", on_bad_row,
                .help = "what a malformed row leads to"),
    HONE_TEXT(struct hone_read_options, quarantine, NULL, .arg = "FILE",
              .help = "where bad rows go with their line and reason"),
    HONE_TEXT(struct hone_read_options, encoding, NULL, .arg = "NAME",
              .help = "of a text file: utf-8, utf-16, latin1, cp1252, ...; found out when not given"),
    HONE_LIST(struct hone_read_options, columns, .arg = "NAMES",
              .help = "only these columns, in this order"),
    HONE_TEXT(struct hone_read_options, where, NULL, .arg = "EXPRESSION",
              .help = "only rows for which it holds: \"age >= 18 and country = 'DE'\""),
    HONE_PARAM_END,
};
/* clang-format on */

/* clang-format off */
const struct hone_param hone_write_params[] = { /* named apart from the rows of reading */
    {.name = "to", .type = HONE_PARAM_TEXT, .offset = offsetof(struct hone_write_options, format),
     .arg = "NAME", .help = "the format written; by the ending of the name when not given"},
    {.name = "to_delimiter", .type = HONE_PARAM_TEXT,
     .offset = offsetof(struct hone_write_options, delimiter), .arg = "CHAR",
     .help = "what separates fields of delimited text; tab for .tsv, else a comma"},
    HONE_FLAG(struct hone_write_options, no_names, false, .help = "no line of names in delimited text"),
    HONE_TEXT(struct hone_write_options, compression, NULL, .arg = "NAME",
              .help = "gzip, zstd, none, ...; by the ending of the name when not given"),
    HONE_INT(struct hone_write_options, row_group, 0, 0, 1 << 30,
             .help = "rows of a Parquet row group or Arrow batch; the format's own default when 0"),
    HONE_PARAM_END,
};
/* clang-format on */

#define HONE_READER(name) extern const struct hone_reader hone_reader_##name;
#include "io/readers.def"
#undef HONE_READER

const struct hone_part *const hone_readers[] = {
#define HONE_READER(name) &hone_reader_##name.part,
#include "io/readers.def"
#undef HONE_READER
    NULL,
};

static const struct hone_reader *reader_of(const struct hone_part *part)
{
    return (const struct hone_reader *)(const void *)part; /* its first member */
}

/* Endings of packed files. */
static const char *const packed[] = {".gz", ".zst", NULL};

static bool is_packed_name(const char *path)
{
    return hone_str_ends(hone_str(path), packed[0]) || hone_str_ends(hone_str(path), packed[1]);
}

static const struct hone_reader *by_ending(const char *path)
{
    struct hone_str name = hone_str(path);

    for (const char *const *p = packed; *p != NULL; p++) {
        if (hone_str_ends(name, *p)) {
            name.len -= strlen(*p);
            break;
        }
    }
    for (const struct hone_part *const *part = hone_readers; *part != NULL; part++) {
        for (const char *const *end = reader_of(*part)->endings; *end != NULL; end++) {
            if (hone_str_ends(name, *end)) {
                return reader_of(*part);
            }
        }
    }
    return NULL;
}

/* "csv, jsonl and parquet", of all readers, or of those that also write. */
static const char *list_formats(struct hone_arena *mem, bool writing)
{
    struct hone_buf text = hone_buf(mem);
    size_t left = 0;

    for (const struct hone_part *const *part = hone_readers; *part != NULL; part++) {
        left += !writing || reader_of(*part)->write != NULL;
    }
    for (const struct hone_part *const *part = hone_readers; *part != NULL; part++) {
        if (!writing || reader_of(*part)->write != NULL) {
            left--;
            hone_buf_format(&text, "%s%s", (*part)->name,
                            left == 0   ? ""
                            : left == 1 ? " and "
                                        : ", ");
        }
    }
    return text.ptr;
}

/* The reader that takes the first bytes: text readers only for text. */
static const struct hone_reader *by_head(struct hone_str bytes, bool text)
{
    struct hone_str head = {bytes.ptr, bytes.len < 4096 ? bytes.len : 4096};

    for (const struct hone_part *const *part = hone_readers; *part != NULL; part++) {
        const struct hone_reader *r = reader_of(*part);
        if (r->text == text && r->accepts != NULL && r->accepts(head)) {
            return r;
        }
    }
    return NULL;
}

static const struct hone_reader *by_prefix(const char *path)
{
    for (const struct hone_part *const *part = hone_readers; *part != NULL; part++) {
        const char *prefix = reader_of(*part)->prefix;
        if (prefix != NULL && hone_str_starts(hone_str(path), prefix)) {
            return reader_of(*part);
        }
    }
    return NULL;
}

/* What is known before the text is decoded: the format asked for, else that of the first bytes of
 * formats that are no text, whatever the name says. NULL: it is text. */
static enum hone_code choose(struct hone_run *run, const char *path, struct hone_str bytes,
                             const struct hone_read_options *options,
                             const struct hone_reader **out)
{
    const struct hone_reader *named;

    *out = NULL;
    if (options->format != NULL) {
        const struct hone_part *part;
        HONE_TRY(hone_part_need(run, hone_readers, "format", hone_str(options->format), &part));
        *out = reader_of(part);
        return HONE_OK;
    }
    if (bytes.len == 0) {
        return hone_fail(run, HONE_E_FORMAT, "%s is empty", path);
    }
    *out = by_head(bytes, false);
    if (*out != NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_refuse_foreign(run, path, bytes));
    named = by_ending(path);
    if (named != NULL && !named->text) {
        (void)hone_fail(run, HONE_E_FORMAT, "%s is no %s file, whatever its name says", path,
                        named->part.name);
        return hone_hint(run, "if it is another format, say so with --format");
    }
    return HONE_OK;
}

/* The reader of a decoded text. */
static enum hone_code choose_text(struct hone_run *run, const char *path, struct hone_str text,
                                  const struct hone_reader **out)
{
    HONE_SCRATCH(run);

    if (text.len == 0) {
        return hone_fail(run, HONE_E_FORMAT, "%s is empty", path);
    }
    *out = by_ending(path);
    if (*out == NULL) {
        *out = by_head(text, true);
    }
    if (*out == NULL) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED, "%s is of no known format", path);
        return hone_hint(run, "%s are read, text also packed with gzip or zstd",
                         list_formats(&run->scratch, false));
    }
    return HONE_OK;
}

/* What rows and columns are asked for, and what a reader is asked for so that they can be told. */
struct pick {
    const struct hone_read_options *asked;
    struct hone_read_options reading; /* columns: with those that where needs */
    struct hone_expr *where;          /* NULL: all rows */
};

static bool has(const struct hone_texts *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->item[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static enum hone_code begin_pick(struct hone_run *run, const struct hone_read_options *options,
                                 struct hone_arena *mem, struct pick *out)
{
    static const struct hone_read_options defaults = {0};
    struct hone_texts *columns = &out->reading.columns;
    const char **needed;
    const char **item;
    size_t n;

    options = options == NULL ? &defaults : options;
    *out = (struct pick){.asked = options, .reading = *options};
    if (options->where == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_expr_parse(run, hone_str(options->where), mem, &out->where));
    if (options->columns.n == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_expr_columns(run, out->where, mem, &needed, &n));
    HONE_TRY(hone_array(run, mem, &item, columns->n + n));
    memcpy(item, columns->item, columns->n * sizeof *item);
    columns->item = item;
    for (size_t i = 0; i < n; i++) {
        if (!has(columns, needed[i])) {
            item[columns->n++] = needed[i];
        }
    }
    return HONE_OK;
}

/* Only the rows and columns asked for. */
static enum hone_code end_pick(struct hone_run *run, const struct pick *pick,
                               struct hone_arena *mem, struct hone_table **t)
{
    const struct hone_texts *columns = &pick->asked->columns;

    if (pick->where != NULL) {
        HONE_TRY(hone_table_filter(run, *t, pick->where, mem, t));
    }
    if (columns->n > 0) {
        HONE_TRY(hone_table_select(run, *t, columns->item, columns->n, mem, t));
    }
    return HONE_OK;
}

/* mapped: the bytes are a file's. */
static enum hone_code read_bytes(struct hone_run *run, const char *name, struct hone_str bytes,
                                 bool mapped, const struct hone_read_options *options,
                                 struct hone_arena *mem, struct hone_table **out,
                                 struct hone_read_report *report)
{
    struct hone_read_report own = {.mapped = mapped ? bytes : (struct hone_str){0}};
    struct hone_decoded decoded = {0};
    const struct hone_reader *reader = NULL;
    struct hone_table *t;
    struct pick pick;
    HONE_ARENA(work);

    HONE_TRY(begin_pick(run, options, &work, &pick));
    options = pick.asked;
    own.path = hone_arena_text(mem, name, strlen(name));
    HONE_TRY(hone_unpack(run, name, bytes, &work, &bytes, &own.compression));
    HONE_TRY(choose(run, name, bytes, options, &reader));
    if (reader == NULL || reader->text) {
        HONE_TRY(hone_decode(run, name, bytes, options->encoding, &work, &decoded));
        bytes = decoded.text;
        own.encoding = decoded.encoding;
        own.encoding_guessed = decoded.guessed;
    }
    if (reader == NULL) {
        HONE_TRY(choose_text(run, name, bytes, &reader));
    }
    HONE_ASSERT(reader != NULL);
    own.format = reader->part.name;
    HONE_TRY(reader->read(run, name, bytes, &pick.reading, mem, &t, &own));
    HONE_TRY(end_pick(run, &pick, mem, &t));
    *out = t;
    own.mapped = (struct hone_str){0};
    if (report != NULL) {
        *report = own;
    }
    return HONE_OK;
}

enum hone_code hone_table_read_text(struct hone_run *run, const char *name,
                                    struct hone_str bytes,
                                    const struct hone_read_options *options,
                                    struct hone_arena *mem, struct hone_table **out,
                                    struct hone_read_report *report)
{
    return read_bytes(run, name, bytes, false, options, mem, out, report);
}

/* A source that is no plain file: the reader opens it. */
static enum hone_code read_source(struct hone_run *run, const struct hone_reader *reader,
                                  const char *path, const struct hone_read_options *options,
                                  struct hone_arena *mem, struct hone_table **out,
                                  struct hone_read_report *report)
{
    struct hone_read_report own = {.path = hone_arena_text(mem, path, strlen(path)),
                                   .format = reader->part.name};
    struct hone_table *t;
    struct pick pick;
    HONE_ARENA(work);

    HONE_TRY(begin_pick(run, options, &work, &pick));
    HONE_TRY(reader->read(run, path, (struct hone_str){"", 0}, &pick.reading, mem, &t, &own));
    HONE_TRY(end_pick(run, &pick, mem, &t));
    *out = t;
    if (report != NULL) {
        *report = own;
    }
    return HONE_OK;
}

enum hone_code hone_table_read(struct hone_run *run, const char *path,
                               const struct hone_read_options *options, struct hone_arena *mem,
                               struct hone_table **out, struct hone_read_report *report)
{
    const struct hone_reader *source = by_prefix(path);
    HONE_ARENA(work);
    HONE_CLOSING(hone_file_close) struct hone_file file = {0};

    if (source != NULL) {
        return read_source(run, source, path, options, mem, out, report);
    }
    HONE_TRY(hone_file_open(run, path, &work, &file));
    return read_bytes(run, file.path, file.bytes, file.map != NULL, options, mem, out, report);
}

/* Endings that promise what is not written here: CSV under such a name would surprise whoever opens it. */
static bool promises_else(const char *path)
{
    static const char *const ending[] = {".xlsx", ".xls",  ".ods", ".orc",  ".avro",
                                         ".h5",   ".hdf5", ".pkl", ".html", ".pdf",
                                         ".xml",  ".zip",  ".bz2", ".xz",   ".onnx"};
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
        if (hone_str_ends(hone_str(path), ending[i])) {
            return true;
        }
    }
    return false;
}

enum hone_code hone_table_write(struct hone_run *run, const struct hone_table *t,
                                const char *path, const struct hone_write_options *options)
{
    static const struct hone_write_options defaults = {0};
    const struct hone_reader *reader = by_prefix(path);

    HONE_SCRATCH(run);

    reader = reader == NULL ? by_ending(path) : reader;
    options = options == NULL ? &defaults : options;
    if (options->format != NULL) {
        const struct hone_part *part;
        HONE_TRY(hone_part_need(run, hone_readers, "format", hone_str(options->format), &part));
        reader = reader_of(part);
    }
    if (reader == NULL && promises_else(path)) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED, "%s: no such format is written", path);
        return hone_hint(run, "%s are written", list_formats(&run->scratch, true));
    }
    reader = reader == NULL ? &hone_reader_csv : reader;
    if (reader->write == NULL) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED, "%s: %s is read but not written", path,
                        reader->part.name);
        return hone_hint(run, "%s are written", list_formats(&run->scratch, true));
    }
    if (!reader->text && is_packed_name(path)) {
        (void)hone_fail(run, HONE_E_UNSUPPORTED, "%s: %s is not packed as a whole", path,
                        reader->part.name);
        return hone_hint(run, "leave the last ending out; the format packs what is in it");
    }
    return reader->write(run, t, path, options);
}
