/* What a JSON text is as a table, and where it is cut; declared in io/json_priv.h. */
#include "io/json/json_priv.h"

const char *hone_json_past(const char *p, const char *end)
{
    size_t depth = 0;

    while (p < end) {
        switch (*p++) {
        case '"':
            for (;;) {
                const char *quote = memchr(p, '"', (size_t)(end - p));
                size_t slashes = 0;
                if (quote == NULL) {
                    return NULL;
                }
                while (quote - slashes > p && quote[-1 - (ptrdiff_t)slashes] == '\\') {
                    slashes++;
                }
                p = quote + 1;
                if (slashes % 2 == 0) {
                    break;
                }
            }
            break;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (depth <= 1) {
                return depth == 1 ? p : NULL;
            }
            depth--;
            break;
        default:
            break;
        }
    }
    return NULL;
}

enum hone_code hone_json_fail(struct hone_run *run, const char *path, struct hone_str text,
                              size_t at, const char *why)
{
    const char *line = at == 0 ? NULL : memrchr(text.ptr, '\n', at);
    size_t before = line == NULL ? 0 : (size_t)(line - text.ptr) + 1;

    return hone_fail(run, HONE_E_FORMAT, "%s, line %zu, column %zu: %s", path,
                     hone_line_of(text, at), at - before + 1, why);
}

struct hone_jscan hone_json_scan(struct hone_str text)
{
    struct hone_jscan scan = hone_jscan((char *)(uintptr_t)text.ptr, text.len); /* only read */

    scan.strict = true;
    scan.raw = true;
    return scan;
}

enum hone_code hone_json_key(struct hone_run *run, const struct hone_jscan *scan,
                             struct hone_str key, struct hone_arena *mem, struct hone_str *out)
{
    char *plain;

    *out = key;
    if (scan->escaped) {
        HONE_TRY(hone_array(run, mem, &plain, key.len));
        *out = (struct hone_str){plain, hone_jscan_unescape(key, plain)};
    }
    return HONE_OK;
}

/* A member of the one object that a text may be. */
struct member {
    struct hone_str key;
    struct hone_str value; /* its text */
    size_t items;          /* of a list or object */
};

/* What is known of the one object. */
struct object {
    const char *path;
    struct member *member;
    size_t n, room;
};

/* The entries of a list or object. */
static size_t count_items(struct hone_str value)
{
    struct hone_jscan scan = hone_json_scan(value);
    struct hone_jvalue v;
    struct hone_str key;
    bool list = value.ptr[0] == '[';
    size_t items = 0;

    (void)hone_jscan_value(&scan, &v);
    while (list ? hone_jscan_item(&scan) : hone_jscan_member(&scan, &key)) {
        if (!hone_jscan_skip(&scan)) {
            break;
        }
        items++;
    }
    return items;
}

static enum hone_code add_member(struct hone_run *run, struct object *o, struct member m,
                                 struct hone_arena *mem)
{
    if (o->n == HONE_COLUMNS_MOST) {
        return hone_fail(run, HONE_E_LIMIT, "%s has more than %zu columns", o->path,
                         HONE_COLUMNS_MOST);
    }
    if (o->n == o->room) {
        size_t more = o->room == 0 ? 16 : o->room * 2;
        o->member = hone_arena_grow(mem, o->member, sizeof *o->member, o->room, more);
        if (o->member == NULL) {
            return hone_no_room(run, "members", more);
        }
        o->room = more;
    }
    if (memchr(m.key.ptr, '\0', m.key.len) != NULL) {
        return hone_fail(run, HONE_E_FORMAT, "%s: a member's name with a zero byte", o->path);
    }
    m.key.ptr = hone_arena_text(mem, m.key.ptr, m.key.len);
    o->member[o->n++] = m;
    return HONE_OK;
}

/* The members of the object that begins at the start of text and is all of it; none when it is malformed, which is told
 * when it is read as a record. */
static enum hone_code list_members(struct hone_run *run, struct object *o, struct hone_str text,
                                   struct hone_arena *mem)
{
    struct hone_jscan scan = hone_json_scan(text);
    struct hone_jvalue value;
    struct hone_str key;

    (void)hone_jscan_value(&scan, &value);
    while (hone_jscan_member(&scan, &key)) {
        struct member m = {0};
        size_t from;
        HONE_TRY(hone_json_key(run, &scan, key, mem, &m.key));
        scan.at += hone_json_blank(scan.at, scan.end) - scan.at;
        from = (size_t)(scan.at - scan.begin);
        if (!hone_jscan_skip(&scan)) {
            break;
        }
        m.value = (struct hone_str){text.ptr + from, (size_t)(scan.at - scan.begin) - from};
        if (m.value.ptr[0] == '[' || m.value.ptr[0] == '{') {
            m.items = count_items(m.value);
        }
        HONE_TRY(add_member(run, o, m, mem));
    }
    o->n = hone_jscan_end(&scan) ? o->n : 0;
    return HONE_OK;
}

static const struct member *find(const struct object *o, const char *key, char kind)
{
    for (size_t i = 0; i < o->n; i++) {
        if (hone_str_is(o->member[i].key, key)) {
            return o->member[i].value.ptr[0] == kind ? &o->member[i] : NULL;
        }
    }
    return NULL;
}

/* The first byte of a list's first item, or 0. */
static char first_of(struct hone_str list)
{
    const char *p = hone_json_blank(list.ptr + 1, list.ptr + list.len);

    return p < list.ptr + list.len ? *p : '\0';
}

/* Names of rows that are lists: "column_1" and so on. */
static enum hone_code number_columns(struct hone_run *run, size_t cols, struct hone_arena *mem,
                                     struct hone_json *json)
{
    json->cols = cols;
    HONE_TRY(hone_array(run, mem, &json->name, cols));
    for (size_t i = 0; i < cols; i++) {
        json->name[i] = hone_arena_format(mem, "column_%zu", i + 1);
    }
    return HONE_OK;
}

static enum hone_code twice(struct hone_run *run, const char *path, const char *name)
{
    return hone_fail(run, HONE_E_FORMAT, "%s: two columns are called '%.100s'", path, name);
}

/* The names in the member "columns" of pandas' orient "split". */
static enum hone_code split_names(struct hone_run *run, const struct object *o,
                                  const struct member *columns, struct hone_arena *mem,
                                  struct hone_json *json)
{
    struct hone_jscan scan = hone_json_scan(columns->value);
    struct hone_jvalue value;
    struct hone_map names = {.mem = &run->scratch};
    HONE_SCRATCH(run);

    if (columns->items > HONE_COLUMNS_MOST) {
        return hone_fail(run, HONE_E_LIMIT, "%s has more than %zu columns", o->path,
                         HONE_COLUMNS_MOST);
    }
    HONE_TRY(hone_array(run, mem, &json->name, columns->items));
    (void)hone_jscan_value(&scan, &value);
    while (hone_jscan_item(&scan)) {
        enum hone_jtype type = hone_jscan_value(&scan, &value);
        if ((type != HONE_J_STRING && type != HONE_J_NUMBER) || scan.zero) {
            return hone_fail(run, HONE_E_FORMAT, "%s: %s among the names in \"columns\"",
                             o->path, hone_jtype_name(type));
        }
        if (type == HONE_J_STRING) {
            HONE_TRY(hone_json_key(run, &scan, value.text, mem, &value.text));
        }
        json->name[json->cols] = hone_arena_text(mem, value.text.ptr, value.text.len);
        if (hone_map_get(&names, hone_str(json->name[json->cols])) != UINT32_MAX) {
            return twice(run, o->path, json->name[json->cols]);
        }
        if (hone_map_add(&names, hone_str(json->name[json->cols]), 0) == UINT32_MAX) {
            return hone_no_room(run, "column names", json->cols);
        }
        json->cols++;
    }
    return HONE_OK;
}

/* Within the brackets of a list. */
static struct hone_str inside(struct hone_str list)
{
    return (struct hone_str){list.ptr + 1, list.len - 2};
}

/* Whether the keys of an object are whole numbers: rows of pandas' orient "columns". */
static bool keys_are_numbers(struct hone_str value)
{
    struct hone_jscan scan = hone_json_scan(value);
    struct hone_jvalue v;
    struct hone_str key;
    int64_t number;
    bool all = true;

    (void)hone_jscan_value(&scan, &v);
    while (all && hone_jscan_member(&scan, &key)) {
        all = hone_parse_i64(key, &number) && hone_jscan_skip(&scan);
    }
    return all;
}

/* One object whose members are lists of one length, or objects by row number. */
static enum hone_code by_columns(struct hone_run *run, const struct object *o,
                                 struct hone_arena *mem, struct hone_json *json)
{
    struct hone_map names = {.mem = &run->scratch};
    HONE_SCRATCH(run);

    json->shape = HONE_JSON_COLUMNS;
    json->cols = o->n;
    json->rows = o->member[0].items;
    HONE_TRY(hone_array(run, mem, &json->name, o->n));
    for (size_t i = 0; i < o->n; i++) {
        const struct member *m = &o->member[i];
        json->name[i] = m->key.ptr;
        if (m->items != json->rows) {
            (void)hone_fail(run, HONE_E_FORMAT,
                            "%s: column %.100s has %zu values, column %.100s %zu", o->path,
                            json->name[0], json->rows, json->name[i], m->items);
            return hone_hint(run, "one JSON object of lists is a table when they are of one "
                                  "length; with an object a line, name it .jsonl");
        }
        if (hone_map_get(&names, m->key) != UINT32_MAX) {
            return twice(run, o->path, json->name[i]);
        }
        if (hone_map_add(&names, m->key, 0) == UINT32_MAX) {
            return hone_no_room(run, "column names", o->n);
        }
    }
    return HONE_OK;
}

/* A text that is one object. */
static enum hone_code one_object(struct hone_run *run, const char *path, struct hone_str object,
                                 struct hone_arena *mem, struct hone_json *json)
{
    struct object o = {.path = path};
    const struct member *columns;
    const struct member *data;
    bool lists = true;
    bool objects = true;

    HONE_TRY(list_members(run, &o, object, mem));
    columns = find(&o, "columns", '[');
    data = find(&o, "data", '[');
    json->shape = HONE_JSON_LIST;
    if (data != NULL && columns != NULL && (data->items == 0 || first_of(data->value) == '[')) {
        json->rows_are_lists = true;
        json->bytes = inside(data->value);
        return split_names(run, &o, columns, mem, json);
    }
    if (data != NULL && first_of(data->value) == '{' &&
        (o.n == 1 || find(&o, "schema", '{') != NULL)) {
        json->bytes = inside(data->value);
        return HONE_OK;
    }
    for (size_t i = 0; i < o.n; i++) {
        lists = lists && o.member[i].value.ptr[0] == '[';
        objects = objects && o.member[i].value.ptr[0] == '{' && o.member[i].items > 0 &&
                  keys_are_numbers(o.member[i].value);
    }
    if (o.n > 0 && (lists || objects)) {
        json->bytes = object;
        return by_columns(run, &o, mem, json);
    }
    json->shape = HONE_JSON_SEQUENCE;
    json->bytes = object;
    return HONE_OK;
}

static enum hone_code one_list(struct hone_run *run, const char *path, struct hone_str text,
                               struct hone_str list, struct hone_arena *mem,
                               struct hone_json *json)
{
    char first = first_of(list);

    json->shape = HONE_JSON_LIST;
    json->bytes = inside(list);
    if (first == '[') {
        struct hone_str row = {hone_json_blank(list.ptr + 1, list.ptr + list.len), 0};
        row.len = (size_t)(hone_json_past(row.ptr, list.ptr + list.len) - row.ptr);
        json->rows_are_lists = true;
        return number_columns(run, count_items(row), mem, json);
    }
    if (first != '{' && first != ']') {
        (void)hone_json_fail(
            run, path, text,
            (size_t)(hone_json_blank(list.ptr + 1, list.ptr + list.len) - text.ptr),
            "a list of values is no table: a list of objects or lists is");
        return HONE_E_FORMAT;
    }
    return HONE_OK;
}

/* "rows.jsonl.gz" is an object a line, whatever else the text could be. */
static bool named_lines(const char *path)
{
    static const char *const packed[] = {".gz", ".zst", ""};
    struct hone_str name = hone_str(path);

    for (size_t i = 0; i < 3; i++) {
        if (hone_str_ends(name, packed[i])) {
            name.len -= strlen(packed[i]);
            break;
        }
    }
    return hone_str_ends(name, ".jsonl") || hone_str_ends(name, ".ndjson");
}

enum hone_code hone_json_find_shape(struct hone_run *run, const char *path,
                                    struct hone_str text, struct hone_arena *mem,
                                    struct hone_json *out)
{
    struct hone_json json = {.shape = HONE_JSON_LINES, .bytes = text};
    const char *end = text.ptr + text.len;
    const char *start = hone_json_blank(text.ptr, end);
    const char *past = NULL;
    const char *rest = NULL;
    bool list = start < end && *start == '[';

    if (list || (start < end && *start == '{' && !named_lines(path))) {
        past = hone_json_past(start, end);
        rest = past == NULL ? NULL : hone_json_blank(past, end);
    }
    if (list && rest != end && !named_lines(path)) {
        return hone_json_fail(
            run, path, text, (size_t)((past == NULL ? start : rest) - text.ptr),
            past == NULL ? "the list that begins here has no end" : "more text after the list");
    }
    if (past != NULL && rest == end) {
        struct hone_str value = {start, (size_t)(past - start)};
        HONE_TRY(list ? one_list(run, path, text, value, mem, &json)
                      : one_object(run, path, value, mem, &json));
    } else if (past != NULL && !list && memchr(start, '\n', (size_t)(past - start)) != NULL) {
        json.shape = HONE_JSON_SEQUENCE;
    }
    *out = json;
    return HONE_OK;
}

/* Where the record after at least HONE_CHUNK_BYTES from p begins; end when there is none. */
static const char *next_cut(const struct hone_json *json, const char *p, const char *end)
{
    const char *least = p + HONE_CHUNK_BYTES;

    if (json->shape == HONE_JSON_LINES) {
        const char *eol = memchr(least, '\n', (size_t)(end - least));
        return eol == NULL ? end : eol + 1;
    }
    while (p < least) {
        p = hone_json_blank(p, end);
        p = p < end ? hone_json_past(p, end) : NULL;
        if (p == NULL) {
            return end; /* what is wrong is told when it is read */
        }
        p = hone_json_blank(p, end);
        if (json->shape == HONE_JSON_LIST && p < end) {
            if (*p != ',') {
                return end;
            }
            p++;
        }
    }
    return p;
}

enum hone_code hone_json_cut(struct hone_run *run, const struct hone_json *json,
                             struct hone_arena *mem, struct hone_source *source)
{
    size_t most = json->bytes.len / HONE_CHUNK_BYTES + 1;
    const char *p = json->bytes.ptr;
    const char *end = p + json->bytes.len;
    size_t n = 0;

    HONE_TRY(hone_array(run, mem, &source->chunk, most));
    while (p < end) {
        const char *cut = end;
        if ((size_t)(end - p) > HONE_CHUNK_BYTES && json->shape != HONE_JSON_COLUMNS) {
            cut = next_cut(json, p, end);
        }
        source->chunk[n].bytes = (struct hone_str){p, (size_t)(cut - p)};
        source->chunk[n++].at = (size_t)(p - source->bytes.ptr);
        p = cut;
    }
    source->chunks = n;
    return HONE_OK;
}
