#include "serve/rows.h"

/* Fields that a header or a CSV record may have. */
#define FIELDS 65536

/* Room for one more in a list in scratch. */
static enum hone_code grow(struct hone_run *run, void **list, size_t size, size_t n,
                           size_t *room)
{
    size_t more = *room == 0 ? 32 : *room * 2;
    void *grown;

    if (n < *room) {
        return HONE_OK;
    }
    if (n >= FIELDS) {
        return hone_fail(run, HONE_E_LIMIT, "more than %d fields in a row", FIELDS);
    }
    grown = hone_arena_grow(&run->scratch, *list, size, *room, more);
    if (grown == NULL) {
        return hone_no_room(run, "fields", more);
    }
    *list = grown;
    *room = more;
    return HONE_OK;
}

/* Pass over a field that the model does not take, but keep it for the log. */
static enum hone_code keep_extra(struct hone_run *run, struct hone_jscan *scan,
                                 struct hone_batch *b, struct hone_str key)
{
    const char *from = scan->at;
    if (!hone_jscan_skip(scan)) {
        return hone_jscan_fail(run, scan);
    }
    struct hone_str raw = {from, (size_t)(scan->at - from)};
    return hone_batch_extra(run, b, key, hone_str_trim(raw));
}

/* The members of an object, its brace passed, as one row. */
static enum hone_code members(struct hone_run *run, struct hone_jscan *scan,
                              struct hone_batch *b)
{
    struct hone_str key;
    size_t fields = 0;

    HONE_TRY(hone_batch_row(run, b));
    for (; hone_jscan_member(scan, &key); fields++) {
        struct hone_batch_column *c = hone_batch_find(b, key);
        if (c != NULL) {
            HONE_TRY(hone_batch_read(run, b, c, scan));
        } else {
            HONE_TRY(keep_extra(run, scan, b, key));
        }
    }
    if (scan->error != NULL) {
        return hone_jscan_fail(run, scan);
    }
    return hone_batch_row_end(run, b, fields);
}

static enum hone_code wrong_length(struct hone_run *run, size_t row, size_t want)
{
    return hone_fail(run, HONE_E_SHAPE, "row %zu: an array of %zu values was expected", row,
                     want);
}

/* The items of an array, its bracket passed, as one row: item i goes to to[i]. NULL: nowhere. */
static enum hone_code items(struct hone_run *run, struct hone_jscan *scan, struct hone_batch *b,
                            struct hone_batch_column *const *to, size_t n)
{
    size_t i = 0;

    HONE_TRY(hone_batch_row(run, b));
    for (; hone_jscan_item(scan); i++) {
        struct hone_batch_column *c;
        if (i == n) {
            return wrong_length(run, b->rows, n);
        }
        c = to == NULL ? &b->column[i] : to[i];
        if (c != NULL) {
            HONE_TRY(hone_batch_read(run, b, c, scan));
        } else if (!hone_jscan_skip(scan)) {
            return hone_jscan_fail(run, scan);
        }
    }
    if (scan->error != NULL) {
        return hone_jscan_fail(run, scan);
    }
    if (i != n) {
        return wrong_length(run, b->rows, n);
    }
    return hone_batch_row_end(run, b, 0);
}

/* A row of a model of one column given as its bare value. */
static enum hone_code bare(struct hone_run *run, const struct hone_jvalue *value,
                           struct hone_batch *b)
{
    if (b->cols != 1 || b->column[0].width != 1) {
        return hone_fail(run, HONE_E_ARG,
                         "row %zu: an object, or an array of %zu values, was expected, not %s",
                         b->rows, b->cols, hone_jtype_name(value->type));
    }
    HONE_TRY(hone_batch_row(run, b));
    b->column[0].stamp = b->rows + 1;
    b->set++;
    HONE_TRY(hone_batch_set(run, b, &b->column[0], b->rows, value));
    return hone_batch_row_end(run, b, 0);
}

/* An array of rows, its bracket passed. */
static enum hone_code row_list(struct hone_run *run, struct hone_jscan *scan,
                               struct hone_batch *b)
{
    struct hone_jvalue value;

    while (hone_jscan_item(scan)) {
        switch (hone_jscan_value(scan, &value)) {
        case HONE_J_BAD:
            return hone_jscan_fail(run, scan);
        case HONE_J_OBJECT:
            HONE_TRY(members(run, scan, b));
            break;
        case HONE_J_ARRAY:
            HONE_TRY(items(run, scan, b, NULL, b->cols));
            break;
        default:
            HONE_TRY(bare(run, &value, b));
            break;
        }
    }
    return scan->error != NULL ? hone_jscan_fail(run, scan) : HONE_OK;
}

static enum hone_code need(struct hone_run *run, struct hone_jscan *scan, const char *name,
                           enum hone_jtype want)
{
    struct hone_jvalue value;
    enum hone_jtype got = hone_jscan_value(scan, &value);

    if (got == HONE_J_BAD) {
        return hone_jscan_fail(run, scan);
    }
    if (got != want) {
        return hone_fail(run, HONE_E_ARG, "\"%s\" must be %s, not %s", name,
                         hone_jtype_name(want), hone_jtype_name(got));
    }
    return HONE_OK;
}

/* One column of {"inputs": {...}}: an array of a value per row. */
static enum hone_code column(struct hone_run *run, struct hone_jscan *scan,
                             struct hone_batch *b, struct hone_batch_column *c, size_t *rows)
{
    if (c->stamp != 0) {
        return hone_fail(run, HONE_E_ARG, "field \"%s\" is given twice", c->name);
    }
    HONE_TRY(need(run, scan, c->name, HONE_J_ARRAY));
    for (b->rows = 0; hone_jscan_item(scan); b->rows++) {
        HONE_TRY(hone_batch_room(run, b, b->rows + 1));
        HONE_TRY(hone_batch_read(run, b, c, scan));
    }
    if (scan->error != NULL) {
        return hone_jscan_fail(run, scan);
    }
    if (*rows != SIZE_MAX && b->rows != *rows) {
        return hone_fail(run, HONE_E_SHAPE, "field \"%s\" has %zu values, others have %zu",
                         c->name, b->rows, *rows);
    }
    *rows = b->rows;
    return HONE_OK;
}

/* The members of {"inputs": {...}}, or its bare array for a model of one column. */
static enum hone_code columns(struct hone_run *run, struct hone_jscan *scan,
                              struct hone_batch *b)
{
    struct hone_jvalue value;
    struct hone_str key;
    size_t rows = SIZE_MAX;

    switch (hone_jscan_value(scan, &value)) {
    case HONE_J_BAD:
        return hone_jscan_fail(run, scan);
    case HONE_J_ARRAY:
        return row_list(run, scan, b);
    case HONE_J_OBJECT:
        break;
    default:
        return hone_fail(run, HONE_E_ARG, "\"inputs\" must be an object or an array, not %s",
                         hone_jtype_name(value.type));
    }
    while (hone_jscan_member(scan, &key)) {
        struct hone_batch_column *c = hone_batch_find(b, key);
        if (c != NULL) {
            HONE_TRY(column(run, scan, b, c, &rows));
        } else if (!hone_jscan_skip(scan)) {
            return hone_jscan_fail(run, scan);
        }
    }
    if (scan->error != NULL) {
        return hone_jscan_fail(run, scan);
    }
    if (rows == SIZE_MAX) {
        return hone_fail(
            run, HONE_E_ARG,
            "none of the fields of \"inputs\" (\"%s\" ...) is an input of the model",
            b->first_unknown);
    }
    b->rows = rows;
    for (size_t i = 0; i < b->cols; i++) {
        if (b->column[i].stamp == 0) {
            hone_batch_fill(b, &b->column[i], rows);
        }
    }
    return HONE_OK;
}

struct split {
    struct hone_batch_column *
        *to; /* in scratch: where each place of a row goes; NULL: nowhere */
    size_t n, room;
    bool named; /* the names were seen */
    char *data; /* where the rows begin, when they came before the names */
};

static enum hone_code split_names(struct hone_run *run, struct hone_jscan *scan,
                                  struct hone_batch *b, struct split *split)
{
    struct hone_jvalue value;
    bool known = false;

    HONE_TRY(need(run, scan, "columns", HONE_J_ARRAY));
    while (hone_jscan_item(scan)) {
        if (hone_jscan_value(scan, &value) == HONE_J_BAD) {
            break;
        }
        if (value.type != HONE_J_STRING) {
            return hone_fail(run, HONE_E_ARG, "\"columns\" must hold strings, not %s",
                             hone_jtype_name(value.type));
        }
        HONE_TRY(grow(run, (void **)&split->to, sizeof *split->to, split->n, &split->room));
        split->to[split->n] = hone_batch_find(b, value.text);
        known = known || split->to[split->n] != NULL;
        split->n++;
    }
    if (scan->error != NULL) {
        return hone_jscan_fail(run, scan);
    }
    if (!known) {
        return hone_fail(run, HONE_E_ARG,
                         "none of the \"columns\" (\"%s\" ...) is an input of the model",
                         b->first_unknown);
    }
    split->named = true;
    return HONE_OK;
}

static enum hone_code split_rows(struct hone_run *run, struct hone_jscan *scan,
                                 struct hone_batch *b, const struct split *split)
{
    HONE_TRY(need(run, scan, "data", HONE_J_ARRAY));
    while (hone_jscan_item(scan)) {
        HONE_TRY(need(run, scan, "a row of data", HONE_J_ARRAY));
        HONE_TRY(items(run, scan, b, split->to, split->n));
    }
    return scan->error != NULL ? hone_jscan_fail(run, scan) : HONE_OK;
}

static enum hone_code dataframe_split(struct hone_run *run, struct hone_jscan *scan,
                                      struct hone_batch *b)
{
    struct split split = {0};
    struct hone_str key;
    bool done = false;
    HONE_SCRATCH(run);

    HONE_TRY(need(run, scan, "dataframe_split", HONE_J_OBJECT));
    while (hone_jscan_member(scan, &key)) {
        bool rows = hone_str_is(key, "data");
        if (hone_str_is(key, "columns") && !split.named) {
            HONE_TRY(split_names(run, scan, b, &split));
        } else if (rows && !done && split.named) {
            HONE_TRY(split_rows(run, scan, b, &split));
            done = true;
        } else {
            split.data = rows && !done ? scan->at : split.data;
            if (!hone_jscan_skip(scan)) {
                break;
            }
        }
    }
    if (scan->error != NULL) {
        return hone_jscan_fail(run, scan);
    }
    if (!split.named || (!done && split.data == NULL)) {
        return hone_fail(run, HONE_E_ARG, "\"dataframe_split\" needs \"columns\" and \"data\"");
    }
    if (!done) {
        char *after = scan->at;
        scan->at = split.data;
        HONE_TRY(split_rows(run, scan, b, &split));
        scan->at = after;
    }
    return HONE_OK;
}

/* {"instances": ...} and its relatives. */
static enum hone_code wrapped(struct hone_run *run, struct hone_jscan *scan,
                              enum hone_rows_form form, struct hone_batch *b,
                              struct hone_rows_told *told)
{
    const char *wanted = form == HONE_ROWS_V1 ? "\"instances\" or \"inputs\""
                                              : "\"dataframe_split\", \"dataframe_records\", "
                                                "\"instances\" or \"inputs\"";
    struct hone_str key;
    size_t given = 0;

    HONE_TRY(need(run, scan, "the body", HONE_J_OBJECT));
    while (hone_jscan_member(scan, &key)) {
        bool frame = form == HONE_ROWS_INVOCATIONS;
        bool list =
            hone_str_is(key, "instances") || (frame && hone_str_is(key, "dataframe_records"));
        bool by_column = hone_str_is(key, "inputs");
        bool split = frame && hone_str_is(key, "dataframe_split");
        given += list || by_column || split;
        if (given > 1) {
            return hone_fail(run, HONE_E_ARG, "exactly one of %s must be given", wanted);
        }
        if (list) {
            HONE_TRY(need(run, scan,
                          hone_str_is(key, "instances") ? "instances" : "dataframe_records",
                          HONE_J_ARRAY));
            HONE_TRY(row_list(run, scan, b));
        } else if (by_column) {
            told->columns = true;
            HONE_TRY(columns(run, scan, b));
        } else if (split) {
            HONE_TRY(dataframe_split(run, scan, b));
        } else if (!hone_jscan_skip(scan)) {
            break;
        }
    }
    if (scan->error != NULL) {
        return hone_jscan_fail(run, scan);
    }
    return given == 1 ? HONE_OK : hone_fail(run, HONE_E_ARG, "the body must have %s", wanted);
}

/* An object of our own form, its brace passed: a row, or {"rows": [...]}. */
static enum hone_code native_object(struct hone_run *run, struct hone_jscan *scan,
                                    struct hone_batch *b, struct hone_rows_told *told)
{
    bool may_wrap = hone_map_get(&b->index, hone_str("rows")) == UINT32_MAX;
    struct hone_str key;
    size_t fields = 0;
    bool wrapper = false;

    HONE_TRY(hone_batch_row(run, b));
    while (hone_jscan_member(scan, &key)) {
        struct hone_batch_column *c;
        if (may_wrap && !wrapper && b->set == 0 && hone_str_is(key, "rows")) {
            wrapper = true;
            HONE_TRY(need(run, scan, "rows", HONE_J_ARRAY));
            HONE_TRY(row_list(run, scan, b));
            continue;
        }
        c = wrapper ? NULL : hone_batch_find(b, key);
        fields++;
        if (c != NULL) {
            HONE_TRY(hone_batch_read(run, b, c, scan));
        } else if (!hone_jscan_skip(scan)) {
            break;
        }
    }
    if (scan->error != NULL) {
        return hone_jscan_fail(run, scan);
    }
    told->single = !wrapper;
    return wrapper ? HONE_OK : hone_batch_row_end(run, b, fields);
}

static enum hone_code native(struct hone_run *run, struct hone_jscan *scan,
                             struct hone_batch *b, struct hone_rows_told *told)
{
    struct hone_jvalue value;

    switch (hone_jscan_value(scan, &value)) {
    case HONE_J_BAD:
        return hone_jscan_fail(run, scan);
    case HONE_J_ARRAY:
        return row_list(run, scan, b);
    case HONE_J_OBJECT:
        return native_object(run, scan, b, told);
    default:
        return hone_fail(run, HONE_E_ARG, "the body must be a row or an array of rows, not %s",
                         hone_jtype_name(value.type));
    }
}

enum hone_code hone_rows_read(struct hone_run *run, enum hone_rows_form form, char *body,
                              size_t len, struct hone_batch *b, struct hone_rows_told *told)
{
    struct hone_jscan scan = hone_jscan(body, len);

    *told = (struct hone_rows_told){false, false};
    if (form == HONE_ROWS_NATIVE) {
        HONE_TRY(native(run, &scan, b, told));
    } else {
        HONE_TRY(wrapped(run, &scan, form, b, told));
    }
    return hone_jscan_end(&scan) ? HONE_OK : hone_jscan_fail(run, &scan);
}

struct csv {
    char *at, *end;
    size_t row; /* for messages */
};

/* One field, its quotes resolved in place; *last when the record ends after it. */
static enum hone_code csv_field(struct hone_run *run, struct csv *csv, struct hone_str *out,
                                bool *last)
{
    char *start = csv->at;
    char *to = start;

    if (csv->at < csv->end && *csv->at == '"') {
        start = to = ++csv->at;
        for (;; csv->at++) {
            if (csv->at == csv->end) {
                return hone_fail(run, HONE_E_FORMAT, "row %zu: a quoted field does not end",
                                 csv->row);
            }
            if (*csv->at == '"') {
                csv->at++;
                if (csv->at == csv->end || *csv->at != '"') {
                    break;
                }
            }
            *to++ = *csv->at;
        }
    } else {
        while (csv->at < csv->end && *csv->at != ',' && *csv->at != '\n' && *csv->at != '\r') {
            csv->at++;
        }
        to = csv->at;
    }
    *out = (struct hone_str){start, (size_t)(to - start)};
    if (hone_utf8_valid(*out) != out->len) {
        return hone_fail(run, HONE_E_FORMAT, "row %zu: a field is not UTF-8", csv->row);
    }
    *last = csv->at == csv->end || *csv->at != ',';
    if (!*last) {
        csv->at++;
        return HONE_OK;
    }
    csv->at += csv->at < csv->end && *csv->at == '\r';
    if (csv->at < csv->end && *csv->at != '\n') {
        return hone_fail(run, HONE_E_FORMAT, "row %zu: a comma was expected after a field",
                         csv->row);
    }
    csv->at += csv->at < csv->end;
    return HONE_OK;
}

/* All fields of a record in scratch. */
static enum hone_code csv_record(struct hone_run *run, struct csv *csv, struct hone_str **field,
                                 size_t *n, size_t *room)
{
    bool last = false;

    for (*n = 0; !last; (*n)++) {
        HONE_TRY(grow(run, (void **)field, sizeof **field, *n, room));
        HONE_TRY(csv_field(run, csv, &(*field)[*n], &last));
    }
    return HONE_OK;
}

/* Where the fields of a record go when it is a header: when it names any column. */
static enum hone_code csv_header(struct hone_run *run, const struct hone_str *field, size_t n,
                                 struct hone_batch *b, struct hone_batch_column ***to)
{
    bool header = false;

    for (size_t i = 0; i < n; i++) {
        header = header || hone_map_get(&b->index, field[i]) != UINT32_MAX;
    }
    *to = NULL;
    if (!header) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, to, n));
    for (size_t i = 0; i < n; i++) {
        (*to)[i] = hone_batch_find(b, field[i]);
        if ((*to)[i] != NULL && (*to)[i]->stamp == SIZE_MAX) {
            return hone_fail(run, HONE_E_ARG, "column \"%s\" is given twice", (*to)[i]->name);
        }
        if ((*to)[i] != NULL) {
            (*to)[i]->stamp = SIZE_MAX; /* no row has that number */
        }
    }
    return HONE_OK;
}

static enum hone_code csv_row(struct hone_run *run, const struct hone_str *field, size_t n,
                              struct hone_batch *b, struct hone_batch_column *const *to)
{
    HONE_TRY(hone_batch_row(run, b));
    for (size_t i = 0; i < n; i++) {
        struct hone_batch_column *c = to == NULL ? &b->column[i] : to[i];
        if (c == NULL) {
            continue;
        }
        if (c->width != 1) {
            return hone_fail(run, HONE_E_UNSUPPORTED, "field \"%s\" has %zu values: send JSON",
                             c->name, c->width);
        }
        c->stamp = b->rows + 1;
        b->set++;
        HONE_TRY(hone_batch_set_text(run, b, c, b->rows, field[i]));
    }
    return hone_batch_row_end(run, b, 0);
}

enum hone_code hone_rows_read_csv(struct hone_run *run, char *body, size_t len,
                                  struct hone_batch *b)
{
    struct csv csv = {.at = body, .end = body + len};
    struct hone_batch_column **to = NULL;
    struct hone_str *field = NULL;
    size_t n = 0;
    size_t room = 0;
    size_t want = b->cols;
    bool first = true;
    HONE_SCRATCH(run);

    if (len >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0) {
        csv.at += 3; /* a byte order mark */
    }
    while (csv.at < csv.end) {
        csv.row = b->rows;
        HONE_TRY(csv_record(run, &csv, &field, &n, &room));
        if (n == 1 && field[0].len == 0 && want != 1) {
            continue; /* a blank line */
        }
        if (first) {
            first = false;
            HONE_TRY(csv_header(run, field, n, b, &to));
            if (to != NULL) {
                want = n;
                continue;
            }
        }
        if (n != want) {
            return hone_fail(run, HONE_E_SHAPE, "row %zu: %zu fields, expected %zu", b->rows, n,
                             want);
        }
        HONE_TRY(csv_row(run, field, n, b, to));
    }
    return HONE_OK;
}
