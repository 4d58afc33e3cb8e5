/* A schema from its tree.  Every key has one meaning, whatever rule it stands in; kinds say which they know. */
#include <math.h>
#include <regex.h>

#include "base/time.h"
#include "check/schema_priv.h"
#include "table/expr.h"

#define HONE_RULE(name) extern const struct hone_rule_kind hone_rule_##name;
#include "check/rules.def"
#undef HONE_RULE

const struct hone_rule_kind *const hone_rule_kinds[] = {
#define HONE_RULE(name) &hone_rule_##name,
#include "check/rules.def"
#undef HONE_RULE
    NULL,
};

#define MOST_RULES 100000

/* Where in the tree we are. */
struct place {
    struct hone_run *run;
    struct hone_arena *mem;
    const char *column, *rule;
};

static enum hone_code wrong(const struct place *at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static enum hone_code wrong(const struct place *at, const char *format, ...)
{
    struct hone_buf what = hone_buf(at->mem);
    va_list args;

    va_start(args, format);
    hone_buf_vformat(&what, format, args);
    va_end(args);
    const char *column = at->column;
    const char *rule = at->rule;
    return hone_fail(at->run, HONE_E_FORMAT, "%s%s%s%s: %s", column == NULL ? "" : "columns.",
                     column == NULL ? "" : column, column == NULL || rule == NULL ? "" : ".",
                     rule == NULL ? "" : rule, what.ptr);
}

static const char *kept(const struct place *at, const json_t *text)
{
    return hone_arena_text(at->mem, json_string_value(text), json_string_length(text));
}

/* A scalar as CSV writes it; NULL when it is none. */
static const char *scalar_text(const struct place *at, const json_t *item)
{
    struct hone_buf text = hone_buf(at->mem);

    hone_buf_text(&text, "");
    if (json_is_string(item)) {
        hone_buf_bytes(&text, json_string_value(item), json_string_length(item));
    } else if (json_is_integer(item)) {
        hone_buf_format(&text, "%lld", (long long)json_integer_value(item));
    } else if (json_is_real(item)) {
        hone_buf_f64(&text, json_real_value(item));
    } else if (json_is_boolean(item)) {
        hone_buf_text(&text, json_is_true(item) ? "true" : "false");
    } else {
        return NULL;
    }
    return text.ptr;
}

static enum hone_code read_number(const struct place *at, const char *key, const json_t *value,
                                  double *out)
{
    if (!json_is_number(value) || !isfinite(json_number_value(value))) {
        return wrong(at, "%s must be a number", key);
    }
    *out = json_number_value(value);
    return HONE_OK;
}

static enum hone_code read_flag(const struct place *at, const char *key, const json_t *value,
                                bool *out)
{
    if (!json_is_boolean(value)) {
        return wrong(at, "%s must be true or false", key);
    }
    *out = json_is_true(value);
    return HONE_OK;
}

/* A list of scalars (or one of them) as texts. */
static enum hone_code read_texts(const struct place *at, const char *key, const json_t *value,
                                 const char ***out, size_t *n)
{
    size_t size = json_is_array(value) ? json_array_size(value) : 1;
    const char **item;

    HONE_TRY(hone_array(at->run, at->mem, &item, size));
    for (size_t i = 0; i < size; i++) {
        item[i] = scalar_text(at, json_is_array(value) ? json_array_get(value, i) : value);
        if (item[i] == NULL) {
            return wrong(at, "%s must list texts, numbers or booleans", key);
        }
    }
    *out = item;
    *n = size;
    return HONE_OK;
}

static enum hone_code read_numbers(const struct place *at, const char *key, const json_t *value,
                                   double **out, size_t *n)
{
    double *x;

    if (!json_is_array(value)) {
        return wrong(at, "%s must be a list of numbers", key);
    }
    HONE_TRY(hone_array(at->run, at->mem, &x, json_array_size(value)));
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!json_is_number(json_array_get(value, i))) {
            return wrong(at, "%s must be a list of numbers", key);
        }
        x[i] = json_number_value(json_array_get(value, i));
    }
    *out = x;
    *n = json_array_size(value);
    return HONE_OK;
}

/* A bound is a number, or the text of a date or time, told apart when a column is judged. */
static enum hone_code read_bound(const struct place *at, const struct hone_rule *r,
                                 const char *key, const json_t *value, double *number,
                                 const char **text)
{
    int64_t moment;
    bool zone;

    if (!r->kind->dates || !json_is_string(value)) {
        if (r->kind->dates && !json_is_number(value)) {
            return wrong(at, "%s must be a number, a date or a time", key);
        }
        return read_number(at, key, value, number);
    }
    struct hone_str s = {json_string_value(value), json_string_length(value)};
    if (!hone_parse_date(s, &moment) && !hone_parse_timestamp(s, &moment, &zone)) {
        return wrong(at, "%s must be a number, a date or a time", key);
    }
    *text = kept(at, value);
    return HONE_OK;
}

static enum hone_code read_in(const struct place *at, const json_t *value, struct hone_rule *r)
{
    if (!json_is_array(value)) {
        return wrong(at, "in must be a list");
    }
    HONE_TRY(read_texts(at, "in", value, &r->item, &r->items));
    r->values = (struct hone_map){.mem = at->mem};
    for (size_t i = 0; i < r->items; i++) {
        if (hone_map_add(&r->values, hone_str(r->item[i]), (uint32_t)i) == UINT32_MAX) {
            return hone_no_room(at->run, "values", i);
        }
    }
    return HONE_OK;
}

static enum hone_code read_types(const struct place *at, const json_t *value,
                                 struct hone_rule *r)
{
    const char **name;
    size_t n;

    HONE_TRY(read_texts(at, "is", value, &name, &n));
    for (size_t i = 0; i < n; i++) {
        enum hone_type type = hone_type_parse(hone_str(name[i]));
        if (type == HONE_TYPE_COUNT) {
            return wrong(at, "no type %s", name[i]);
        }
        r->types |= 1u << type;
    }
    r->item = name;
    r->items = n;
    return n == 0 ? wrong(at, "is must name a type") : HONE_OK;
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

/* What Python and POSIX write differently: \d, and groups that are not captured. */
static const char *posix_regex(const struct place *at, const char *regex)
{
    struct hone_buf out = hone_buf(at->mem);
    bool set = false;

    hone_buf_text(&out, "");
    for (const char *c = regex; *c != '\0'; c++) {
        if (c[0] == '\\' && (c[1] == 'd' || (c[1] == 'D' && !set))) {
            const char *digits = set ? "0-9" : "[0-9]";
            hone_buf_text(&out, c[1] == 'D' ? "[^0-9]" : digits);
            c++;
        } else if (c[0] == '\\' && c[1] != '\0') {
            hone_buf_char(&out, *c++);
            hone_buf_char(&out, *c);
        } else if (!set && strncmp(c, "(?:", 3) == 0) {
            hone_buf_char(&out, '(');
            c += 2;
        } else {
            set = set ? *c != ']' : *c == '[';
            hone_buf_char(&out, *c);
            if (set && *c == '[') { /* a "]" that comes first stands for itself */
                while (c[1] == '^' || c[1] == ']') {
                    hone_buf_char(&out, *++c);
                }
            }
        }
    }
    return out.ptr;
}

static enum hone_code read_regex(const struct place *at, const char *text, const char **out)
{
    regex_t compiled;

    if (strlen(text) > 1000) {
        return wrong(at, "match must be a regular expression of at most 1000 bytes");
    }
    if (repeats_too_often(text)) {
        return wrong(at, "repeats more than 1000 times");
    }
    *out = posix_regex(at, text);
    if (strstr(*out, "(?") != NULL || regcomp(&compiled, *out, REG_EXTENDED | REG_NOSUB) != 0) {
        return wrong(at, "not a POSIX extended expression: %s", text);
    }
    regfree(&compiled);
    return HONE_OK;
}

static enum hone_code read_match(const struct place *at, const json_t *value,
                                 struct hone_rule *r)
{
    size_t size = json_is_array(value) ? json_array_size(value) : 1;

    for (size_t i = 0; i < size; i++) {
        if (!json_is_string(json_is_array(value) ? json_array_get(value, i) : value)) {
            return wrong(at, "match must be a text, or a list of texts");
        }
    }
    HONE_TRY(read_texts(at, "match", value, &r->item, &r->items));
    for (size_t i = 0; i < size && strstr(r->kind->name, "regex") != NULL; i++) {
        HONE_TRY(read_regex(at, r->item[i], &r->item[i]));
    }
    return size == 0 ? wrong(at, "match must not be empty") : HONE_OK;
}

static enum hone_code read_on(const struct place *at, const json_t *value, struct hone_rule *r)
{
    const char *text = json_is_string(value) ? json_string_value(value) : "";

    if (strcmp(text, "any") != 0 && strcmp(text, "all") != 0) {
        return wrong(at, "on must be any or all");
    }
    r->all = text[1] == 'l';
    return HONE_OK;
}

static enum hone_code read_between(const struct place *at, const json_t *value,
                                   struct hone_rule *r)
{
    size_t n = json_array_size(value);

    if (!json_is_array(value)) {
        return wrong(at, "between must be a list of pairs");
    }
    HONE_TRY(hone_array(at->run, at->mem, &r->low, n));
    HONE_TRY(hone_array(at->run, at->mem, &r->high, n));
    for (size_t i = 0; i < n; i++) {
        const json_t *pair = json_array_get(value, i);
        const json_t *low = json_array_get(pair, 0);
        const json_t *high = json_array_get(pair, 1);
        bool fine = json_array_size(pair) == 2 && (json_is_number(low) || json_is_null(low)) &&
                    (json_is_number(high) || json_is_null(high));
        if (!fine) {
            return wrong(at, "between must be a list of pairs such as [1, 5] or [null, 5]");
        }
        r->low[i] = json_is_null(low) ? -HUGE_VAL : json_number_value(low);
        r->high[i] = json_is_null(high) ? HUGE_VAL : json_number_value(high);
    }
    r->items = n;
    return HONE_OK;
}

/* Pairs of values, as texts joined by U+001F. */
static enum hone_code read_pairs(const struct place *at, const json_t *value,
                                 struct hone_rule *r)
{
    size_t n = json_array_size(value);

    if (!json_is_array(value)) {
        return wrong(at, "pairs must be a list of pairs");
    }
    r->values = (struct hone_map){.mem = at->mem};
    for (size_t i = 0; i < n; i++) {
        const json_t *pair = json_array_get(value, i);
        const char *a = scalar_text(at, json_array_get(pair, 0));
        const char *b = scalar_text(at, json_array_get(pair, 1));
        if (json_array_size(pair) != 2 || a == NULL || b == NULL) {
            return wrong(at, "pairs must be a list of pairs such as [a, 1]");
        }
        const char *both = hone_arena_format(at->mem, "%s\x1f%s", a, b);
        if (hone_map_add(&r->values, hone_str(both), 0) == UINT32_MAX) {
            return hone_no_room(at->run, "pairs", i);
        }
    }
    return HONE_OK;
}

static enum hone_code read_shares(const struct place *at, const json_t *value,
                                  struct hone_rule *r)
{
    double sum = 0;

    HONE_TRY(read_numbers(at, "shares", value, &r->share, &r->shares));
    for (size_t i = 0; i < r->shares; i++) {
        if (!(r->share[i] >= 0)) {
            return wrong(at, "shares must not be negative");
        }
        sum += r->share[i];
    }
    if (!(fabs(sum - 1) < 0.01)) {
        return wrong(at, "shares must add up to 1, not %.6g", sum);
    }
    return HONE_OK;
}

static enum hone_code read_edges(const struct place *at, const json_t *value,
                                 struct hone_rule *r)
{
    HONE_TRY(read_numbers(at, "edges", value, &r->edge, &r->edges));
    for (size_t i = 1; i < r->edges; i++) {
        if (!(r->edge[i] > r->edge[i - 1])) {
            return wrong(at, "edges must rise");
        }
    }
    return r->edges < 2 ? wrong(at, "edges must be two or more") : HONE_OK;
}

static enum hone_code read_expect(const struct place *at, const json_t *value,
                                  struct hone_rule *r)
{
    if (!json_is_string(value)) {
        return wrong(at, "expect must be an expression such as \"stop >= start\"");
    }
    r->text = kept(at, value);
    if (hone_expr_parse(at->run, hone_str(r->text), at->mem, &r->expr) != HONE_OK) {
        struct hone_error first = at->run->err;
        hone_error_clear(at->run);
        return wrong(at, "%s", first.message);
    }
    return HONE_OK;
}

static enum hone_code read_text(const struct place *at, const char *key, const json_t *value,
                                struct hone_rule *r)
{
    if (!json_is_string(value) || json_string_length(value) == 0) {
        return wrong(at, "%s must be a text", key);
    }
    r->text = kept(at, value);
    return HONE_OK;
}

static enum hone_code read_count(const struct place *at, const char *key, const json_t *value,
                                 double *out)
{
    HONE_TRY(read_number(at, key, value, out));
    return *out >= 0 ? HONE_OK : wrong(at, "%s must not be negative", key);
}

static enum hone_code read_tree(const struct place *at, const json_t *value,
                                struct hone_rule *r)
{
    if (!json_is_object(value)) {
        return wrong(at, "schema must be a JSON Schema");
    }
    struct hone_buf text = hone_buf(at->mem);
    hone_json_write(&text, value, false);
    r->text = text.ptr; /* parsed again where it is used: a tree would outlive its arena */
    return HONE_OK;
}

/* Keys that are about more than one kind of value. */
static enum hone_code read_list_key(const struct place *at, const char *key,
                                    const json_t *value, struct hone_rule *r)
{
    static const struct {
        const char *name;
        enum hone_code (*read)(const struct place *, const json_t *, struct hone_rule *);
    } rows[] = {{"in", read_in},         {"is", read_types},        {"match", read_match},
                {"on", read_on},         {"between", read_between}, {"pairs", read_pairs},
                {"shares", read_shares}, {"edges", read_edges},     {"expect", read_expect},
                {"schema", read_tree}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(key, rows[i].name) == 0) {
            return rows[i].read(at, value, r);
        }
    }
    if (strcmp(key, "at") == 0 || strcmp(key, "params") == 0) {
        return read_numbers(at, key, value, &r->at, &r->ats);
    }
    if (strcmp(key, "columns") == 0) {
        return json_is_array(value) ? read_texts(at, key, value, &r->columns, &r->cols)
                                    : wrong(at, "columns must be a list of names");
    }
    if (strcmp(key, "not_in") == 0) {
        return read_texts(at, key, value, &r->not_in, &r->not_ins);
    }
    if (strcmp(key, "format") == 0 || strcmp(key, "law") == 0) {
        return read_text(at, key, value, r);
    }
    if (strcmp(key, "min") == 0) {
        return read_bound(at, r, key, value, &r->min, &r->min_text);
    }
    return read_bound(at, r, key, value, &r->max, &r->max_text);
}

static enum hone_code read_key(const struct place *at, const char *key, const json_t *value,
                               struct hone_rule *r)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"strict_min", &r->strict_min},
                 {"strict_max", &r->strict_max},
                 {"strictly", &r->strictly},
                 {"ties", &r->ties},
                 {"or_equal", &r->or_equal},
                 {"two_sided", &r->two_sided},
                 {"exact", &r->exact}};

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(key, flags[i].name) == 0) {
            return read_flag(at, key, value, flags[i].flag);
        }
    }
    if (strcmp(key, "days") == 0 || strcmp(key, "position") == 0) {
        return read_count(at, key, value, &r->number);
    }
    if (strcmp(key, "total") == 0) {
        return read_number(at, key, value, &r->number);
    }
    return read_list_key(at, key, value, r);
}

static enum hone_code read_action(const struct place *at, const json_t *value,
                                  enum hone_rule_action *out)
{
    static const char *const words[] = {"warn", "quarantine", "fail"};

    for (size_t i = 0; i < 3; i++) {
        if (json_is_string(value) && strcmp(words[i], json_string_value(value)) == 0) {
            *out = (enum hone_rule_action)i;
            return HONE_OK;
        }
    }
    return wrong(at, "action must be warn, quarantine or fail");
}

/* The key among those of the kind, or -1. */
static int key_of(const struct hone_rule_kind *kind, const char *key)
{
    for (int i = 0; i < 9 && kind->keys[i] != NULL; i++) {
        if (strcmp(key, kind->keys[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static enum hone_code does_not_know(const struct place *at, const struct hone_rule_kind *kind,
                                    const char *key)
{
    const char *known[13] = {"action", "mostly", "only_in"};
    size_t n = 3;

    for (int i = 0; i < 9 && kind->keys[i] != NULL; i++) {
        known[n++] = kind->keys[i];
    }
    const char *near = hone_nearest(key, known, n);
    (void)wrong(at, "does not know %s", key);
    return near == NULL ? HONE_E_FORMAT : hone_hint(at->run, "did you mean %s?", near);
}

/* Members that go together. */
static enum hone_code check_whole(const struct place *at, const struct hone_rule *r)
{
    bool by_level = r->share != NULL && r->edge == NULL;

    if (r->action == HONE_RULE_QUARANTINE && !r->kind->values) {
        return wrong(at, "cannot quarantine: it is not about single rows");
    }
    if (!(r->mostly >= 0 && r->mostly <= 1)) {
        return wrong(at, "mostly must lie between 0 and 1");
    }
    if (r->min > r->max) {
        return wrong(at, "min must not be above max");
    }
    if (r->low != NULL && r->items != r->ats) {
        return wrong(at, "at and between must be as long as each other");
    }
    if (r->edge != NULL && r->shares + 1 != r->edges) {
        return wrong(at, "there must be one edge more than shares");
    }
    if (by_level && (r->item == NULL || r->items != r->shares)) {
        return wrong(at, "in and shares must be as long as each other");
    }
    if (strncmp(r->kind->name, "pair_", 5) == 0 && r->cols != 2) {
        return wrong(at, "columns must name two");
    }
    for (size_t i = 0; i < r->ats && strcmp(r->kind->name, "quantiles") == 0; i++) {
        if (!(r->at[i] >= 0 && r->at[i] <= 1)) {
            return wrong(at, "at must lie between 0 and 1");
        }
    }
    return HONE_OK;
}

static enum hone_code read_rule(const struct place *at, const json_t *tree, struct hone_rule *r)
{
    const char *key;
    json_t *value;
    bool seen[9] = {false};
    size_t given = 0;

    *r = (struct hone_rule){.kind = r->kind,
                            .column = at->column,
                            .mostly = 1,
                            .min = -HUGE_VAL,
                            .max = HUGE_VAL,
                            .number = -1};
    if (!json_is_object(tree)) {
        return wrong(at, "a rule is a map such as {action: warn}");
    }
    json_object_foreach((json_t *)(uintptr_t)tree, key, value)
    {
        int k = key_of(r->kind, key);
        if (strcmp(key, "action") == 0) {
            HONE_TRY(read_action(at, value, &r->action));
        } else if (strcmp(key, "mostly") == 0 && r->kind->values) {
            HONE_TRY(read_number(at, key, value, &r->mostly));
        } else if (strcmp(key, "only_in") == 0) {
            HONE_TRY(read_texts(at, key, value, &r->only_in, &r->only_ins));
        } else if (strcmp(key, "$expectation") == 0 && json_is_object(value)) {
            struct hone_buf kwargs = hone_buf(at->mem);
            hone_json_write(&kwargs, json_object_get(value, "kwargs"), false);
            r->kwargs = kwargs.ptr;
            r->expectation = kept(at, json_object_get(value, "type"));
        } else if (k >= 0) {
            HONE_TRY(read_key(at, key, value, r));
            seen[k] = true;
            given++;
        } else {
            return does_not_know(at, r->kind, key);
        }
    }
    for (size_t k = 0; k < r->kind->need; k++) {
        if (!seen[k]) {
            return wrong(at, "needs %s", r->kind->keys[k]);
        }
    }
    if (r->kind->some && given == 0) {
        return wrong(at, "needs %s%s%s", r->kind->keys[0],
                     r->kind->keys[1] == NULL ? "" : " or ",
                     r->kind->keys[1] == NULL ? "" : r->kind->keys[1]);
    }
    return check_whole(at, r);
}

static const struct hone_rule_kind *find_kind(const char *name, bool table)
{
    for (size_t i = 0; hone_rule_kinds[i] != NULL; i++) {
        if (hone_rule_kinds[i]->table == table && strcmp(hone_rule_kinds[i]->name, name) == 0) {
            return hone_rule_kinds[i];
        }
    }
    return NULL;
}

static enum hone_code no_such_rule(const struct place *at, bool table)
{
    const char *known[64];
    size_t n = 0;

    for (size_t i = 0; hone_rule_kinds[i] != NULL && n < 64; i++) {
        if (hone_rule_kinds[i]->table == table) {
            known[n++] = hone_rule_kinds[i]->name;
        }
    }
    const char *near = hone_nearest(at->rule, known, n);
    (void)wrong(at, table ? "a schema has no such member" : "no such rule");
    return near == NULL ? HONE_E_FORMAT : hone_hint(at->run, "did you mean %s?", near);
}

/* One rule, or a list of rules, of one kind. */
static enum hone_code read_rules(const struct place *at, const json_t *tree, bool table,
                                 struct hone_schema *s)
{
    const struct hone_rule_kind *kind = find_kind(at->rule, table);
    size_t n = json_is_array(tree) ? json_array_size(tree) : 1;

    if (kind == NULL) {
        return no_such_rule(at, table);
    }
    if (s->rules + n > MOST_RULES) {
        return wrong(at, "more than %d rules", MOST_RULES);
    }
    if (s->rules + n > s->room) {
        size_t room = 2 * (s->rules + n);
        s->rule = hone_arena_grow(s->mem, s->rule, sizeof *s->rule, s->room, room);
        if (s->rule == NULL) {
            return hone_no_room(at->run, "rules", room);
        }
        s->room = room;
    }
    for (size_t i = 0; i < n; i++) {
        struct hone_rule *r = &s->rule[s->rules];
        r->kind = kind;
        HONE_TRY(read_rule(at, json_is_array(tree) ? json_array_get(tree, i) : tree, r));
        s->rules++;
    }
    return HONE_OK;
}

static enum hone_code read_columns(struct hone_run *run, const json_t *columns,
                                   struct hone_schema *s)
{
    struct place at = {run, s->mem, NULL, "columns"};
    const char *name;
    const char *rule;
    json_t *rules;
    json_t *tree;

    if (columns != NULL && !json_is_object(columns)) {
        return wrong(&at, "must be a map from name to rules");
    }
    HONE_TRY(hone_array(run, s->mem, &s->column, json_object_size(columns) + 1));
    json_object_foreach((json_t *)(uintptr_t)columns, name, rules)
    {
        at.column = hone_arena_text(s->mem, name, strlen(name));
        at.rule = NULL;
        s->column[s->cols++] = at.column;
        if (!json_is_object(rules)) {
            return wrong(&at, "a column is a map from rule to its settings");
        }
        json_object_foreach(rules, rule, tree)
        {
            at.rule = rule;
            HONE_TRY(read_rules(&at, tree, false, s));
        }
    }
    return HONE_OK;
}

static enum hone_code read_extra(struct hone_run *run, const json_t *tree,
                                 struct hone_schema *s)
{
    struct place at = {run, s->mem, NULL, "extra"};
    const char *key;
    json_t *value;

    if (!json_is_object(tree)) {
        return wrong(&at, "must be a map such as {action: warn}");
    }
    json_object_foreach((json_t *)(uintptr_t)tree, key, value)
    {
        if (strcmp(key, "action") != 0) {
            return wrong(&at, "does not know %s", key);
        }
        HONE_TRY(read_action(&at, value, &s->extra));
    }
    return s->extra == HONE_RULE_QUARANTINE
               ? wrong(&at, "cannot quarantine: it is not about single rows")
               : HONE_OK;
}

static enum hone_code read_schema(struct hone_run *run, const json_t *tree,
                                  struct hone_arena *mem, struct hone_schema **out)
{
    struct hone_schema *s = hone_new(mem, struct hone_schema);
    struct place at = {run, mem, NULL, NULL};
    const char *key;
    json_t *value;

    s->mem = mem;
    if (!json_is_object(tree) || hone_json_get_int(tree, "schema", 0) != 1) {
        (void)hone_fail(run, HONE_E_FORMAT, "not a schema: it must begin with \"schema: 1\"");
        return hone_hint(run, "hone check DATA --write-schema FILE writes one");
    }
    HONE_TRY(read_columns(run, json_object_get(tree, "columns"), s));
    json_object_foreach((json_t *)(uintptr_t)tree, key, value)
    {
        bool known = strcmp(key, "schema") == 0 || strcmp(key, "columns") == 0 ||
                     strcmp(key, "name") == 0 || strcmp(key, "description") == 0;
        if (known) {
            continue;
        }
        if (strcmp(key, "extra") == 0) {
            HONE_TRY(read_extra(run, value, s));
            continue;
        }
        at.rule = key;
        HONE_TRY(read_rules(&at, value, true, s));
    }
    *out = s;
    return HONE_OK;
}

enum hone_code hone_schema_parse(struct hone_run *run, const json_t *tree,
                                 struct hone_arena *mem, struct hone_schema **out)
{
    HONE_JSON json_t *ours = NULL;

    if (!hone_is_suite(tree)) {
        return read_schema(run, tree, mem, out);
    }
    HONE_TRY(hone_suite_tree(run, tree, &ours));
    HONE_TRY(read_schema(run, ours, mem, out));
    (*out)->foreign = true;
    return HONE_OK;
}
