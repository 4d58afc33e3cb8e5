/* Aggregates from text; declared in table/group.h. */
#include "table/group.h"

static const char *const kind_names[] = {
#define X(name, text) [HONE_AGGREGATE_##name] = (text),
    HONE_AGGREGATES(X)
#undef X
};

const char *hone_aggregate_name(enum hone_aggregate_kind kind)
{
    return kind_names[kind];
}

static enum hone_aggregate_kind kind_of(struct hone_str name)
{
    static const struct {
        const char *name;
        enum hone_aggregate_kind kind;
    } others[] = {
        {"avg", HONE_AGGREGATE_MEAN},
        {"stddev", HONE_AGGREGATE_STD},
        {"variance", HONE_AGGREGATE_VAR},
        {"n_unique", HONE_AGGREGATE_DISTINCT},
        {"count_distinct", HONE_AGGREGATE_DISTINCT},
    };
    for (size_t i = 0; i < HONE_AGGREGATE_KINDS; i++) {
        if (hone_str_eq_nocase(name, hone_str(kind_names[i]))) {
            return (enum hone_aggregate_kind)i;
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (hone_str_eq_nocase(name, hone_str(others[i].name))) {
            return others[i].kind;
        }
    }
    return HONE_AGGREGATE_KINDS;
}

static enum hone_code no_such_kind(struct hone_run *run, struct hone_str name)
{
    const char *nearest;
    HONE_SCRATCH(run);

    name.len = name.len < 60 ? name.len : 60;
    nearest = hone_nearest(hone_arena_text(&run->scratch, name.ptr, name.len), kind_names,
                           HONE_AGGREGATE_KINDS);
    (void)hone_fail(run, HONE_E_ARG, "there is no aggregate '%.*s'", (int)name.len, name.ptr);
    if (nearest != NULL) {
        return hone_hint(run, "did you mean %s?", nearest);
    }
    return hone_hint(run,
                     "count distinct sum mean min max std var median quantile first last any");
}

/* The piece up to a comma outside of brackets and quotes. */
static struct hone_str piece(struct hone_str *rest)
{
    size_t depth = 0;
    size_t at = 0;
    bool quoted = false;
    struct hone_str head;

    for (; at < rest->len; at++) {
        char c = rest->ptr[at];
        quoted ^= c == '"';
        depth += !quoted && c == '(';
        depth -= !quoted && c == ')' && depth > 0;
        if (c == ',' && depth == 0 && !quoted) {
            break;
        }
    }
    head = (struct hone_str){rest->ptr, at};
    *rest = at < rest->len ? (struct hone_str){rest->ptr + at + 1, rest->len - at - 1}
                           : (struct hone_str){NULL, 0};
    return hone_str_trim(head);
}

static struct hone_str unquote(struct hone_str s)
{
    s = hone_str_trim(s);
    if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"') {
        return (struct hone_str){s.ptr + 1, s.len - 2};
    }
    return s;
}

/* The arguments between the brackets: a column, and of quantile the share. */
static enum hone_code arguments(struct hone_run *run, struct hone_str inside,
                                struct hone_str whole, struct hone_arena *mem,
                                struct hone_aggregate *out)
{
    struct hone_str column = piece(&inside);
    struct hone_str share = inside.ptr == NULL ? (struct hone_str){NULL, 0} : piece(&inside);
    bool wants = out->kind == HONE_AGGREGATE_QUANTILE;
    int shown = (int)(whole.len < 80 ? whole.len : 80);

    if (inside.ptr != NULL || (share.ptr != NULL) != wants ||
        (wants && (!hone_parse_f64(share, &out->q) || !(out->q >= 0.0 && out->q <= 1.0)))) {
        return hone_fail(run, HONE_E_ARG, "'%.*s' is not %s", shown, whole.ptr,
                         wants ? "quantile(column, share from 0 to 1)" : "function(column)");
    }
    if (column.len > 0 && !hone_str_is(column, "*")) {
        column = unquote(column);
        out->column = hone_arena_text(mem, column.ptr, column.len);
    }
    return HONE_OK;
}

static enum hone_code parse_one(struct hone_run *run, struct hone_str text,
                                struct hone_arena *mem, struct hone_aggregate *out)
{
    struct hone_str call = text;
    const char *open = memchr(text.len == 0 ? "" : text.ptr, '(', text.len);
    const char *close = text.len == 0 ? NULL : memrchr(text.ptr, ')', text.len);
    struct hone_str tail = {NULL, 0};
    struct hone_str name;
    int shown = (int)(text.len < 80 ? text.len : 80);

    *out = (struct hone_aggregate){0};
    if (open != NULL && close != NULL && close > open) {
        tail = hone_str_trim(
            (struct hone_str){close + 1, (size_t)(text.ptr + text.len - close - 1)});
        call.len = (size_t)(open - text.ptr);
    } else if (open != NULL || close != NULL) {
        return hone_fail(run, HONE_E_ARG, "'%.*s' is not function(column)", shown, text.ptr);
    }
    name = hone_str_trim(call);
    if (open == NULL && hone_str_cut(name, ' ', &call, &tail)) {
        name = call;
        tail = hone_str_trim(tail);
    }
    out->kind = kind_of(name);
    if (out->kind == HONE_AGGREGATE_KINDS) {
        return no_such_kind(run, name);
    }
    if (open != NULL) {
        HONE_TRY(arguments(run, (struct hone_str){open + 1, (size_t)(close - open - 1)}, text,
                           mem, out));
    }
    if (out->column == NULL && out->kind != HONE_AGGREGATE_COUNT) {
        return hone_fail(run, HONE_E_ARG, "%s wants a column: %s(column)",
                         kind_names[out->kind], kind_names[out->kind]);
    }
    if (tail.len > 0) {
        struct hone_str as = {tail.ptr, tail.len < 3 ? tail.len : 3};
        if (!hone_str_eq_nocase(as, hone_str("as "))) {
            return hone_fail(run, HONE_E_ARG, "'%.*s': expected 'as NAME' after it", shown,
                             text.ptr);
        }
        tail = unquote((struct hone_str){tail.ptr + 3, tail.len - 3});
        out->name = hone_arena_text(mem, tail.ptr, tail.len);
    }
    return HONE_OK;
}

enum hone_code hone_aggregate_parse(struct hone_run *run, struct hone_str text,
                                    struct hone_arena *mem, struct hone_aggregate **out,
                                    size_t *n)
{
    struct hone_aggregate *list;
    size_t room = 1;
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) {
        room += text.ptr[i] == ',';
    }
    HONE_TRY(hone_array(run, mem, &list, room));
    while (text.ptr != NULL) {
        HONE_TRY(parse_one(run, piece(&text), mem, &list[count++]));
    }
    *out = list;
    *n = count;
    return HONE_OK;
}
