/* Rows of a statement as a table; declared in io/sqlite_priv.h. */
#include <math.h>

#include "base/hash.h"
#include "base/time.h"
#include "io/chunk_priv.h"
#include "io/sqlite/sqlite_priv.h"
#include "table/builder.h"
#include "table/dict.h"

struct cell {
    int64_t bits; /* integer, the bits of a real, where a text begins */
    uint32_t len;
    uint8_t type; /* as SQLite numbers them */
};

struct gathered {
    struct cell *cell;
    size_t room;
    struct hone_buf bytes;
    size_t count[6]; /* by type */
    const char *name;
    char declared[32]; /* in capitals */
};

static struct hone_str text_of(const struct gathered *g, size_t row)
{
    return (struct hone_str){g->bytes.len == 0 ? "" : g->bytes.ptr + g->cell[row].bits,
                             g->cell[row].len};
}

static double real_of(const struct cell *c)
{
    double value;

    if (c->type == SQLITE_INTEGER) {
        return (double)c->bits;
    }
    memcpy(&value, &c->bits, sizeof value);
    return value;
}

static enum hone_code gather(struct hone_run *run, sqlite3_stmt *stmt, int column, size_t row,
                             struct hone_arena *mem, struct gathered *g)
{
    struct cell *c;
    double real;
    const void *bytes;

    if (row == g->room) {
        size_t room = g->room == 0 ? 256 : g->room * 2;
        g->cell = hone_arena_grow(mem, g->cell, sizeof *g->cell, g->room, room);
        if (g->cell == NULL) {
            return hone_no_room(run, "rows", room);
        }
        g->room = room;
    }
    c = &g->cell[row];
    c->type = (uint8_t)sqlite3_column_type(stmt, column);
    g->count[c->type]++;
    switch (c->type) {
    case SQLITE_INTEGER:
        c->bits = sqlite3_column_int64(stmt, column);
        break;
    case SQLITE_FLOAT:
        real = sqlite3_column_double(stmt, column);
        memcpy(&c->bits, &real, sizeof real);
        break;
    case SQLITE_TEXT:
    case SQLITE_BLOB:
        bytes = c->type == SQLITE_TEXT ? (const void *)sqlite3_column_text(stmt, column)
                                       : sqlite3_column_blob(stmt, column);
        c->bits = (int64_t)g->bytes.len;
        c->len = (uint32_t)sqlite3_column_bytes(stmt, column);
        hone_buf_bytes(&g->bytes, c->len == 0 ? "" : bytes, c->len);
        if (g->bytes.full) {
            return hone_no_room(run, "texts", g->bytes.len);
        }
        break;
    default:
        break;
    }
    return HONE_OK;
}

static bool declares(const struct gathered *g, const char *word)
{
    return strstr(g->declared, word) != NULL;
}

static bool all_truths(const struct gathered *g, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        if (g->cell[i].type == SQLITE_INTEGER && g->cell[i].bits != 0 && g->cell[i].bits != 1) {
            return false;
        }
    }
    return true;
}

/* The type of texts: days, moments or truths when all are, by the words of files. */
static enum hone_type type_of_texts(const struct gathered *g, size_t rows)
{
    enum hone_kind kind = HONE_KIND_NONE;

    for (size_t i = 0; i < rows && kind != HONE_KIND_TEXT; i++) {
        if (g->cell[i].type == SQLITE_TEXT) {
            struct hone_str text = text_of(g, i);
            kind = hone_kind_join(kind, text.len == 0 ? HONE_KIND_TEXT : hone_kind_of(text));
        }
    }
    return kind == HONE_KIND_DAY                           ? HONE_DATE
           : kind == HONE_KIND_TIME                        ? HONE_TIMESTAMP
           : kind == HONE_KIND_BOOL && declares(g, "BOOL") ? HONE_BOOL
                                                           : HONE_UTF8;
}

static enum hone_type type_of(const struct gathered *g, size_t rows)
{
    size_t numbers = g->count[SQLITE_INTEGER] + g->count[SQLITE_FLOAT];
    size_t texts = g->count[SQLITE_TEXT];
    size_t blobs = g->count[SQLITE_BLOB];

    if (numbers + texts + blobs == 0) {
        return declares(g, "BOOL")   ? HONE_BOOL
               : declares(g, "TIME") ? HONE_TIMESTAMP
               : declares(g, "DATE") ? HONE_DATE
               : declares(g, "INT")  ? HONE_INT64
               : declares(g, "REAL") || declares(g, "FLOA") || declares(g, "DOUB")
                   ? HONE_FLOAT64
                   : HONE_UTF8;
    }
    if (texts + blobs == 0) {
        if (g->count[SQLITE_FLOAT] > 0) {
            return HONE_FLOAT64;
        }
        return declares(g, "BOOL") && all_truths(g, rows) ? HONE_BOOL : HONE_INT64;
    }
    if (blobs > 0 && numbers + texts == 0) {
        return HONE_BINARY;
    }
    return numbers + blobs == 0 ? type_of_texts(g, rows) : HONE_UTF8;
}

static enum hone_code put_mixed(struct hone_run *run, const struct gathered *g, size_t row,
                                struct hone_buf *buf, struct hone_builder *b)
{
    static const char digit[] = "0123456789abcdef";
    const struct cell *c = &g->cell[row];
    struct hone_str text = text_of(g, row);
    char number[32];

    buf->len = 0;
    if (c->type == SQLITE_TEXT ||
        (c->type == SQLITE_BLOB && hone_utf8_valid(text) == text.len)) {
        return hone_builder_str(run, b, text);
    }
    if (c->type == SQLITE_BLOB) {
        hone_buf_text(buf, "x'");
        for (size_t i = 0; i < text.len; i++) {
            hone_buf_char(buf, digit[(unsigned char)text.ptr[i] >> 4]);
            hone_buf_char(buf, digit[(unsigned char)text.ptr[i] & 15]);
        }
        hone_buf_char(buf, '\'');
    } else if (c->type == SQLITE_INTEGER) {
        hone_buf_bytes(buf, number, hone_format_i64(number, c->bits));
    } else {
        hone_buf_f64(buf, real_of(c));
    }
    return hone_builder_str(run, b, (struct hone_str){buf->ptr, buf->len});
}

static enum hone_code put_time(struct hone_run *run, enum hone_type type, struct hone_str text,
                               struct hone_builder *b)
{
    int64_t value = 0;
    bool zone;
    bool truth = false;

    if (type == HONE_BOOL) {
        (void)hone_parse_bool(text, &truth);
        return hone_builder_i64(run, b, truth);
    }
    text = hone_str_trim(text);
    if (type == HONE_DATE) {
        (void)hone_parse_date(text, &value);
    } else if (hone_parse_date(text, &value)) {
        value *= INT64_C(86400000000);
    } else {
        (void)hone_parse_timestamp(text, &value, &zone);
    }
    return hone_builder_i64(run, b, value);
}

static enum hone_code make_column(struct hone_run *run, const struct gathered *g, size_t rows,
                                  struct hone_arena *mem, struct hone_column *out)
{
    enum hone_type type = type_of(g, rows);
    struct hone_builder *b;
    struct hone_buf buf;
    HONE_SCRATCH(run);

    buf = hone_buf(&run->scratch);
    HONE_TRY(hone_builder_new(run, g->name, type, mem, &b));
    for (size_t i = 0; i < rows; i++) {
        const struct cell *c = &g->cell[i];
        if (c->type == SQLITE_NULL) {
            HONE_TRY(hone_builder_null(run, b));
        } else if (type == HONE_UTF8) {
            HONE_TRY(put_mixed(run, g, i, &buf, b));
        } else if (type == HONE_BINARY) {
            HONE_TRY(hone_builder_str(run, b, text_of(g, i)));
        } else if (type == HONE_FLOAT64) {
            HONE_TRY(hone_builder_f64(run, b, real_of(c)));
        } else if (c->type == SQLITE_TEXT) {
            HONE_TRY(put_time(run, type, text_of(g, i), b));
        } else {
            HONE_TRY(hone_builder_i64(run, b, c->bits));
        }
    }
    return hone_builder_end(run, b, out);
}

/* Texts of few distinct words are a category, by the rule of files. */
static enum hone_code maybe_category(struct hone_run *run, struct hone_arena *mem,
                                     struct hone_column *c)
{
    size_t present = c->rows - c->nulls;
    size_t most = hone_categories_most(present);
    struct hone_map words;
    HONE_ARENA(work);

    words = (struct hone_map){.mem = &work};
    for (size_t i = 0; i < c->rows && c->type == HONE_UTF8; i++) {
        struct hone_str text = hone_column_str(c, i);
        text.ptr = text.len == 0 ? "" : text.ptr;
        if (hone_is_valid(c, i) &&
            hone_map_add(&words, text, (uint32_t)words.n) == UINT32_MAX) {
            return hone_no_room(run, "words", words.n);
        }
        if (words.n > most) {
            return HONE_OK;
        }
    }
    return c->type == HONE_UTF8 && words.n > 0
               ? hone_column_cast(run, c, HONE_CATEGORY, false, mem, c)
               : HONE_OK;
}

/* Two results of one name are told apart by a number. */
static const char *unique_name(const char *name, const struct gathered *g, int n,
                               struct hone_arena *mem)
{
    const char *tried = name;

    for (int suffix = 2;; suffix++) {
        bool taken = false;
        for (int i = 0; i < n; i++) {
            taken |= strcmp(g[i].name, tried) == 0;
        }
        if (!taken) {
            return hone_arena_text(mem, tried, strlen(tried));
        }
        tried = hone_arena_format(mem, "%s_%d", name, suffix);
    }
}

static void begin_column(sqlite3_stmt *stmt, int i, struct hone_arena *mem, struct gathered *g)
{
    const char *name = sqlite3_column_name(stmt, i);
    const char *declared = sqlite3_column_decltype(stmt, i);
    size_t len = 0;

    g[i].bytes = hone_buf(mem);
    for (; declared != NULL && declared[len] != '\0' && len + 1 < sizeof g[i].declared; len++) {
        char c = declared[len];
        g[i].declared[len] = c >= 'a' && c <= 'z' ? (char)(c ^ 0x20) : c;
    }
    g[i].name = unique_name(name == NULL ? "" : name, g, i, mem);
}

enum hone_code hone_sqlite_rows(struct hone_run *run, sqlite3 *db, sqlite3_stmt *stmt,
                                struct hone_str sql, struct hone_arena *mem,
                                struct hone_table **out)
{
    int cols = sqlite3_column_count(stmt);
    struct gathered *g;
    struct hone_column *columns;
    size_t rows = 0;
    int state;
    HONE_ARENA(work);

    work.limit = mem->limit;
    HONE_TRY(hone_array(run, &work, &g, (size_t)cols));
    HONE_TRY(hone_array(run, &work, &columns, (size_t)cols));
    for (int i = 0; i < cols; i++) {
        begin_column(stmt, i, &work, g);
    }
    while ((state = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (int i = 0; i < cols; i++) {
            HONE_TRY(gather(run, stmt, i, rows, &work, &g[i]));
        }
        rows++;
    }
    if (state != SQLITE_DONE) {
        return hone_sqlite_fail_sql(run, db, sql);
    }
    for (int i = 0; i < cols; i++) {
        HONE_TRY(make_column(run, &g[i], rows, mem, &columns[i]));
        HONE_TRY(maybe_category(run, mem, &columns[i]));
    }
    HONE_TRY(hone_table_of(run, columns, (size_t)cols, mem, out));
    (*out)->rows = rows;
    return HONE_OK;
}
