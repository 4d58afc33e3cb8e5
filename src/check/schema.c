#include "check/schema.h"

#include <math.h>
#include <regex.h>

#include "base/time.h"
#include "check/schema_priv.h"

#define FEW_VALUES 50

const char *const hone_rule_names[HONE_RULE_KINDS] = {
    "required", "type", "missing", "unique", "range", "values", "length", "regex",
};

/* The keys that each rule understands beside action. */
static const char *const keys[HONE_RULE_KINDS][4] = {
    [HONE_RULE_REQUIRED] = {NULL},
    [HONE_RULE_TYPE] = {"is", "mostly"},
    [HONE_RULE_MISSING] = {"max"},
    [HONE_RULE_UNIQUE] = {NULL},
    [HONE_RULE_RANGE] = {"min", "max", "mostly"},
    [HONE_RULE_VALUES] = {"in", "mostly"},
    [HONE_RULE_LENGTH] = {"min", "max", "mostly"},
    [HONE_RULE_REGEX] = {"match", "mostly"},
};

static json_t *rule_tree(const char *action)
{
    json_t *rule = json_object();
    if (action != NULL) {
        hone_json_set_text(rule, "action", action);
    }
    return rule;
}

/* The value as the schema writes it: times as text, the rest as numbers. */
static json_t *bound(enum hone_type type, double value)
{
    char text[40];

    if (type == HONE_DATE) {
        (void)hone_format_date(text, (int64_t)value);
        return json_string(text);
    }
    if (type == HONE_TIMESTAMP) {
        (void)hone_format_timestamp(text, (int64_t)value);
        return json_string(text);
    }
    if (type == HONE_INT64 && fabs(value) < 9e15) {
        return json_integer((json_int_t)value);
    }
    return hone_json_real(value);
}

/* The range seen, with a tenth of its width to spare; what is never negative stays so. */
static json_t *infer_range(const struct hone_column_profile *p)
{
    json_t *rule = rule_tree(NULL);
    double room = 0.1 * (p->max - p->min);
    double low = p->min - room;
    double high = p->max + room;

    if (p->min >= 0 && low < 0 && hone_type_is_number(p->type)) {
        low = 0;
    }
    if (p->type != HONE_FLOAT32 && p->type != HONE_FLOAT64) {
        low = floor(low);
        high = ceil(high);
    }
    hone_json_set(rule, "min", bound(p->type, low));
    hone_json_set(rule, "max", bound(p->type, high));
    return rule;
}

static enum hone_code infer_values(struct hone_run *run, const struct hone_column *c,
                                   json_t *rules)
{
    struct hone_map seen = {0};
    json_t *list = json_array();
    json_t *rule = rule_tree("warn");
    HONE_SCRATCH(run);

    seen.mem = &run->scratch;
    for (size_t i = 0; i < c->rows; i++) {
        struct hone_str s = hone_column_str(c, i);
        if (hone_is_valid(c, i) && hone_map_get(&seen, s) == UINT32_MAX) {
            (void)hone_map_add(&seen, s, 0);
            json_t *text = json_stringn(s.ptr, s.len);
            if (text == NULL) { /* not UTF-8: such values cannot be listed */
                json_decref(list);
                json_decref(rule);
                return HONE_OK;
            }
            hone_json_push(list, text);
        }
    }
    hone_json_set(rule, "in", list);
    hone_json_set(rules, "values", rule);
    return HONE_OK;
}

static enum hone_code infer_column(struct hone_run *run, const struct hone_column *c,
                                   const struct hone_column_profile *p, json_t *rules)
{
    json_t *type = rule_tree("fail");
    json_t *missing = rule_tree(NULL);
    double share = p->rows == 0 ? 0.0 : (double)p->missing / (double)p->rows;
    size_t known = p->rows - p->missing;
    bool ordered = hone_type_is_number(p->type) || hone_type_is_time(p->type);

    hone_json_set_text(type, "is", hone_type_name(p->type));
    hone_json_set(rules, "type", type);
    share = p->missing == 0 ? 0.0 : fmin(1.0, ceil(100 * (1.5 * share + 0.01)) / 100);
    hone_json_set(missing, "max", hone_json_real(share));
    hone_json_set(rules, "missing", missing);
    if (ordered && p->type != HONE_BOOL && known > 0 && isfinite(p->min) && isfinite(p->max)) {
        hone_json_set(rules, "range", infer_range(p));
    }
    if (known >= 20 && p->distinct == known && p->missing == 0 &&
        (p->type == HONE_INT64 || hone_type_is_text(p->type))) {
        hone_json_set(rules, "unique", rule_tree("warn"));
    } else if (hone_type_is_text(p->type) && p->distinct > 0 && p->distinct <= FEW_VALUES) {
        HONE_TRY(infer_values(run, c, rules));
    }
    return HONE_OK;
}

enum hone_code hone_schema_infer(struct hone_run *run, const struct hone_table *t,
                                 const struct hone_profile *profile, json_t **out)
{
    struct hone_profile *own = NULL;
    HONE_JSON json_t *root = json_object();
    json_t *rows = rule_tree("fail");
    json_t *columns = json_object();
    HONE_SCRATCH(run);

    hone_json_set(root, "schema", json_integer(1));
    hone_json_set(rows, "min", json_integer(1));
    hone_json_set(root, "rows", rows);
    hone_json_set(root, "extra", rule_tree("warn"));
    hone_json_set(root, "columns", columns);
    if (profile == NULL) {
        struct hone_arena mem = {0};
        enum hone_code code = hone_table_profile(run, t, &mem, &own);
        for (size_t j = 0; code == HONE_OK && j < t->cols; j++) {
            json_t *rules = json_object();
            hone_json_set(columns, t->column[j].name, rules);
            code = infer_column(run, &t->column[j], &own->column[j], rules);
        }
        hone_arena_free(&mem);
        HONE_TRY(code);
    } else {
        for (size_t j = 0; j < t->cols; j++) {
            json_t *rules = json_object();
            hone_json_set(columns, t->column[j].name, rules);
            HONE_TRY(infer_column(run, &t->column[j], &profile->column[j], rules));
        }
    }
    *out = json_incref(root);
    return HONE_OK;
}

/* Where in the tree something is wrong. */
static enum hone_code wrong(struct hone_run *run, const char *column, const char *rule,
                            const char *what, const char *detail)
{
    return hone_fail(run, HONE_E_FORMAT, "%s%s%s%s: %s%s", column == NULL ? "" : "columns.",
                     column == NULL ? "" : column, column == NULL || rule == NULL ? "" : ".",
                     rule == NULL ? "" : rule, what, detail);
}

static enum hone_code parse_action(struct hone_run *run, const json_t *tree, const char *column,
                                   const char *name, enum hone_rule_action *out)
{
    static const char *const words[] = {"warn", "quarantine", "fail"};
    const json_t *value = json_object_get(tree, "action");

    if (value == NULL) {
        return HONE_OK;
    }
    for (size_t i = 0; i < 3; i++) {
        if (json_is_string(value) &&
            hone_str_is(hone_str(words[i]), json_string_value(value))) {
            *out = (enum hone_rule_action)i;
            return HONE_OK;
        }
    }
    return wrong(run, column, name, "action must be warn, quarantine or fail", "");
}

static enum hone_code parse_number(struct hone_run *run, const json_t *tree, const char *column,
                                   const char *name, const char *key, double *out)
{
    const json_t *value = json_object_get(tree, key);

    if (value == NULL) {
        return HONE_OK;
    }
    if (!json_is_number(value)) {
        return wrong(run, column, name, key, " must be a number");
    }
    *out = json_number_value(value);
    return HONE_OK;
}

static bool key_known(const char *const *known, size_t n, const char *key)
{
    if (hone_str_is(hone_str(key), "action")) {
        return true;
    }
    for (size_t i = 0; i < n && known[i] != NULL; i++) {
        if (hone_str_is(hone_str(key), known[i])) {
            return true;
        }
    }
    return false;
}

/* A bound is a number, or the text of a date or time, told apart when a column is judged. */
static enum hone_code parse_bound(struct hone_run *run, const json_t *tree, const char *column,
                                  const char *key, struct hone_arena *mem, double *number,
                                  const char **text)
{
    const json_t *value = json_object_get(tree, key);
    int64_t moment;
    bool zone;

    if (!json_is_string(value)) {
        return parse_number(run, tree, column, "range", key, number);
    }
    struct hone_str s = {json_string_value(value), json_string_length(value)};
    if (!hone_parse_date(s, &moment) && !hone_parse_timestamp(s, &moment, &zone)) {
        return wrong(run, column, "range", key, " must be a number, a date or a time");
    }
    *text = hone_arena_text(mem, s.ptr, s.len);
    return HONE_OK;
}

static enum hone_code parse_values(struct hone_run *run, const json_t *tree, const char *column,
                                   struct hone_arena *mem, struct hone_map *out)
{
    const json_t *list = json_object_get(tree, "in");
    struct hone_map map = {.mem = mem};

    if (!json_is_array(list)) {
        return wrong(run, column, "values", "in must be a list", "");
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        struct hone_buf text = hone_buf(mem);
        if (json_is_string(item)) {
            hone_buf_bytes(&text, json_string_value(item), json_string_length(item));
        } else if (json_is_integer(item)) {
            hone_buf_format(&text, "%lld", (long long)json_integer_value(item));
        } else if (json_is_real(item)) {
            hone_buf_f64(&text, json_real_value(item));
        } else if (json_is_boolean(item)) {
            hone_buf_text(&text, json_is_true(item) ? "true" : "false");
        } else {
            return wrong(run, column, "values", "in must list texts, numbers or booleans", "");
        }
        struct hone_str key = {text.ptr == NULL ? "" : text.ptr, text.len};
        if (hone_map_add(&map, key, 0) == UINT32_MAX) {
            return hone_no_room(run, "values", i);
        }
    }
    *out = map;
    return HONE_OK;
}

/* a{1000}{1000} is short to write and takes all memory to compile: bound the product of all counts. */
static bool repeats_too_often(const char *regex)
{
    double product = 1;

    for (const char *c = regex; *c != '\0'; c++) {
        double count = 1;
        double here = 0;
        if (*c != '{') {
            continue;
        }
        for (c++; *c != '\0' && *c != '}'; c++) {
            here = *c >= '0' && *c <= '9' ? 10 * here + (*c - '0') : 0;
            count = fmax(count, here);
        }
        product *= count;
        if (*c == '\0') {
            break;
        }
    }
    return product > 1000;
}

static enum hone_code parse_regex(struct hone_run *run, const json_t *tree, const char *column,
                                  struct hone_arena *mem, const char **out)
{
    const json_t *value = json_object_get(tree, "match");
    regex_t compiled;

    if (!json_is_string(value) || strlen(json_string_value(value)) > 1000) {
        return wrong(run, column, "regex", "match must be a regular expression", "");
    }
    if (repeats_too_often(json_string_value(value))) {
        return wrong(run, column, "regex", "repeats more than 1000 times", "");
    }
    if (regcomp(&compiled, json_string_value(value), REG_EXTENDED | REG_NOSUB) != 0) {
        return wrong(run, column, "regex",
                     "not a POSIX extended expression: ", json_string_value(value));
    }
    regfree(&compiled);
    *out = hone_arena_text(mem, json_string_value(value), json_string_length(value));
    return HONE_OK;
}

static enum hone_code parse_own(struct hone_run *run, const json_t *tree, const char *column,
                                struct hone_arena *mem, struct hone_rule *r)
{
    const char *name = hone_rule_names[r->kind];

    switch (r->kind) {
    case HONE_RULE_TYPE:
        r->type = hone_type_parse(hone_str(hone_json_get_text(tree, "is", "")));
        if (r->type == HONE_TYPE_COUNT) {
            return wrong(run, column, name, "no type ", hone_json_get_text(tree, "is", ""));
        }
        return HONE_OK;
    case HONE_RULE_RANGE:
        HONE_TRY(parse_bound(run, tree, column, "min", mem, &r->min, &r->min_text));
        return parse_bound(run, tree, column, "max", mem, &r->max, &r->max_text);
    case HONE_RULE_MISSING:
    case HONE_RULE_LENGTH:
        HONE_TRY(parse_number(run, tree, column, name, "min", &r->min));
        return parse_number(run, tree, column, name, "max", &r->max);
    case HONE_RULE_VALUES:
        return parse_values(run, tree, column, mem, &r->values);
    case HONE_RULE_REGEX:
        return parse_regex(run, tree, column, mem, &r->regex);
    case HONE_RULE_REQUIRED:
    case HONE_RULE_UNIQUE:
    case HONE_RULE_KINDS:
        break;
    }
    return HONE_OK;
}

static enum hone_code parse_rule(struct hone_run *run, const json_t *tree, const char *column,
                                 struct hone_arena *mem, struct hone_rule *r)
{
    const char *name = hone_rule_names[r->kind];
    const char *key;
    json_t *value;

    r->mostly = 1;
    r->min = -HUGE_VAL;
    r->max = HUGE_VAL;
    if (!json_is_object(tree)) {
        return wrong(run, column, name, "a rule is a map such as {action: warn}", "");
    }
    json_object_foreach((json_t *)(uintptr_t)tree, key, value)
    {
        if (!key_known(keys[r->kind], 4, key)) {
            return wrong(run, column, name, "does not know ", key);
        }
    }
    HONE_TRY(parse_action(run, tree, column, name, &r->action));
    HONE_TRY(parse_number(run, tree, column, name, "mostly", &r->mostly));
    if (!(r->mostly >= 0 && r->mostly <= 1)) {
        return wrong(run, column, name, "mostly must lie between 0 and 1", "");
    }
    return parse_own(run, tree, column, mem, r);
}

static enum hone_code parse_column(struct hone_run *run, const char *name, const json_t *tree,
                                   struct hone_arena *mem, struct hone_schema_column *c)
{
    const char *key;
    json_t *value;

    c->name = hone_arena_text(mem, name, strlen(name));
    if (!json_is_object(tree)) {
        return wrong(run, name, NULL, "a column is a map from rule to its settings", "");
    }
    json_object_foreach((json_t *)(uintptr_t)tree, key, value)
    {
        size_t kind = 0;
        while (kind < HONE_RULE_KINDS && !hone_str_is(hone_str(key), hone_rule_names[kind])) {
            kind++;
        }
        if (kind == HONE_RULE_KINDS) {
            return wrong(run, name, key, "no such rule", "");
        }
        c->rule[c->rules].kind = (enum hone_rule_kind)kind;
        HONE_TRY(parse_rule(run, value, name, mem, &c->rule[c->rules]));
        c->rules++;
    }
    return HONE_OK;
}

/* rows and extra: a map of action and, for rows, bounds. */
static enum hone_code parse_top(struct hone_run *run, const json_t *root, const char *name,
                                struct hone_rule *r)
{
    static const char *const bounds[] = {"min", "max"};
    const json_t *tree = json_object_get(root, name);
    const char *key;
    json_t *value;

    r->min = -HUGE_VAL;
    r->max = HUGE_VAL;
    if (tree == NULL) {
        return HONE_OK;
    }
    if (!json_is_object(tree)) {
        return wrong(run, NULL, name, "must be a map such as {action: warn}", "");
    }
    json_object_foreach((json_t *)(uintptr_t)tree, key, value)
    {
        if (!key_known(bounds, hone_str_is(hone_str(name), "rows") ? 2 : 0, key)) {
            return wrong(run, NULL, name, "does not know ", key);
        }
    }
    HONE_TRY(parse_action(run, tree, NULL, name, &r->action));
    if (r->action == HONE_RULE_QUARANTINE) {
        return wrong(run, NULL, name, "cannot quarantine: it is not about single rows", "");
    }
    HONE_TRY(parse_number(run, tree, NULL, name, "min", &r->min));
    return parse_number(run, tree, NULL, name, "max", &r->max);
}

enum hone_code hone_schema_parse(struct hone_run *run, const json_t *tree,
                                 struct hone_arena *mem, struct hone_schema **out)
{
    static const char *const known[] = {"schema", "rows", "extra", "columns"};
    struct hone_schema *s = hone_new(mem, struct hone_schema);
    const json_t *columns = json_object_get(tree, "columns");
    const char *key;
    json_t *value;

    if (!json_is_object(tree) || hone_json_get_int(tree, "schema", 0) != 1) {
        return hone_fail(run, HONE_E_FORMAT, "not a schema: it must begin with \"schema: 1\"");
    }
    json_object_foreach((json_t *)(uintptr_t)tree, key, value)
    {
        if (hone_str_is(hone_str(key), "action") || !key_known(known, 4, key)) {
            return wrong(run, NULL, key, "a schema has no such member", "");
        }
    }
    HONE_TRY(parse_top(run, tree, "rows", &s->rows));
    HONE_TRY(parse_top(run, tree, "extra", &s->extra));
    if (columns != NULL && !json_is_object(columns)) {
        return wrong(run, NULL, "columns", "must be a map from name to rules", "");
    }
    HONE_TRY(hone_array(run, mem, &s->column, json_object_size(columns)));
    json_object_foreach((json_t *)(uintptr_t)columns, key, value)
    {
        HONE_TRY(parse_column(run, key, value, mem, &s->column[s->cols]));
        s->cols++;
    }
    *out = s;
    return HONE_OK;
}
