/* Plans of redaction: proposed, written, read. */
#include "privacy/redact.h"

static const char *const method_names[] = {
#define X(id, name, text) name,
    HONE_REDACTS(X)
#undef X
};

const char *hone_redact_name(enum hone_redact_method method)
{
    return method_names[method];
}

/* What is proposed for a kind; the rest is kept. */
static const struct proposal {
    const char *kind;
    enum hone_redact_method method;
    const char *option;
} proposals[] = {
    {"person_name", HONE_REDACT_DROP, NULL},
    {"address", HONE_REDACT_DROP, NULL},
    {"credential", HONE_REDACT_DROP, NULL},
    {"password", HONE_REDACT_DROP, NULL},
    {"coordinates", HONE_REDACT_DROP, NULL},
    {"card", HONE_REDACT_MASK, NULL},
    {"ip", HONE_REDACT_GENERALISE, NULL},
    {"birth_date", HONE_REDACT_GENERALISE, "year"},
    {"birth_year", HONE_REDACT_GENERALISE, "10"},
    {"postcode", HONE_REDACT_GENERALISE, "3"},
    {"latitude", HONE_REDACT_GENERALISE, "round1"},
    {"longitude", HONE_REDACT_GENERALISE, "round1"},
    {"age", HONE_REDACT_GENERALISE, "10"},
};

static void propose(const struct hone_personal *p, struct hone_redact_rule *rule)
{
    rule->method = p->in_text ? HONE_REDACT_REPLACE
                   : p->weight == HONE_DIRECT || strcmp(p->kind, "cnpj") == 0 ||
                           strcmp(p->kind, "gstin") == 0 ||
                           strcmp(p->kind, "vehicle_plate") == 0
                       ? HONE_REDACT_HASH
                       : HONE_REDACT_KEEP;
    for (size_t i = 0; !p->in_text && i < sizeof proposals / sizeof proposals[0]; i++) {
        if (strcmp(proposals[i].kind, p->kind) == 0) {
            rule->method = proposals[i].method;
            rule->option = proposals[i].option;
        }
    }
}

enum hone_code hone_redact_propose(struct hone_run *run, const struct hone_personals *found,
                                   struct hone_arena *mem, struct hone_redact_plan *out)
{
    struct hone_redact_rule *rule;
    size_t n = 0;

    HONE_TRY(hone_array(run, mem, &rule, found->n));
    for (size_t i = 0; i < found->n; i++) {
        const struct hone_personal *p = &found->item[i];
        if (n > 0 && strcmp(rule[n - 1].column, p->column) == 0) {
            rule[n - 1].why =
                hone_arena_format(mem, "%s; %s: %s", rule[n - 1].why, p->title, p->why);
            continue; /* the surest finding of a column decides */
        }
        rule[n] = (struct hone_redact_rule){.column = p->column, .kind = p->kind};
        rule[n].why = hone_arena_format(mem, "%s, %s: %s", p->title,
                                        hone_sensitivity_name(p->weight), p->why);
        propose(p, &rule[n++]);
    }
    *out = (struct hone_redact_plan){rule, n};
    return HONE_OK;
}

static enum hone_code method_of(struct hone_run *run, struct hone_str name,
                                enum hone_redact_method *out)
{
    char text[64];
    const char *near;

    for (size_t i = 0; i < HONE_REDACT_COUNT; i++) {
        if (hone_str_is(name, method_names[i])) {
            *out = (enum hone_redact_method)i;
            return HONE_OK;
        }
    }
    if (hone_str_is(name, "generalize") || hone_str_is(name, "tokenise") ||
        hone_str_is(name, "tokenize")) {
        *out = name.ptr[0] == 'g' ? HONE_REDACT_GENERALISE : HONE_REDACT_TOKEN;
        return HONE_OK;
    }
    (void)snprintf(text, sizeof text, "%.*s", (int)(name.len < 60 ? name.len : 60), name.ptr);
    near = hone_nearest(text, method_names, HONE_REDACT_COUNT);
    (void)hone_fail(run, HONE_E_ARG, "there is no way to redact called %s", text);
    return near == NULL
               ? hone_hint(run, "keep, drop, mask, hash, generalise, token or replace")
               : hone_hint(
                     run,
                     "did you mean %s? There are keep, drop, mask, hash, generalise, token, replace",
                     near);
}

/* Whether a text is a number of 1 to 4 digits after prefix. */
static bool is_count(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);
    size_t len = strlen(text);

    if (strncmp(text, prefix, n) != 0 || len <= n || len > n + 4) {
        return false;
    }
    for (size_t i = n; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return true;
}

static bool is_positive(const char *text)
{
    double width;
    return hone_parse_f64(hone_str(text), &width) && width > 0 && width < 1e18;
}

/* Whether kinds joined by '+' are all known. */
static bool are_kinds(const char *text)
{
    struct hone_str rest = hone_str(text);
    struct hone_str name;
    char one[64];

    for (bool more = true; more;) {
        more = hone_str_cut(rest, '+', &name, &rest);
        if (name.len == 0 || name.len >= sizeof one) {
            return false;
        }
        (void)snprintf(one, sizeof one, "%.*s", (int)name.len, name.ptr);
        if (hone_kind_number(one) == SIZE_MAX) {
            return false;
        }
    }
    return true;
}

static enum hone_code check_option(struct hone_run *run, const struct hone_redact_rule *rule)
{
    const char *o = rule->option;
    bool good = o == NULL;

    switch (rule->method) {
    case HONE_REDACT_MASK:
        good = good || is_count(o, "");
        break;
    case HONE_REDACT_HASH:
    case HONE_REDACT_TOKEN:
        good = good || strcmp(o, "column") == 0;
        break;
    case HONE_REDACT_GENERALISE:
        good = good || strcmp(o, "year") == 0 || strcmp(o, "month") == 0 ||
               strcmp(o, "decade") == 0 || strcmp(o, "age") == 0 || is_count(o, "age") ||
               is_count(o, "top") || is_count(o, "round") || is_positive(o);
        break;
    case HONE_REDACT_REPLACE:
        good = good || are_kinds(o);
        break;
    case HONE_REDACT_KEEP:
    case HONE_REDACT_DROP:
    case HONE_REDACT_COUNT:
    default:
        break;
    }
    if (good) {
        return HONE_OK;
    }
    (void)hone_fail(run, HONE_E_ARG, "column %s: %s has no option %s", rule->column,
                    method_names[rule->method], o);
    return hone_hint(
        run,
        "mask:N, hash:column, token:column, replace:KIND+KIND, generalise:year, month, decade, age, "
        "ageN, N, topN or roundN");
}

enum hone_code hone_redact_rule_parse(struct hone_run *run, struct hone_str text,
                                      struct hone_arena *mem, struct hone_redact_rule *out)
{
    struct hone_redact_rule rule = {0};
    struct hone_str method;
    struct hone_str option;
    size_t at = text.len;

    while (at > 0 &&
           text.ptr[at - 1] != '=') { /* the last one: names of columns may have others */
        at--;
    }
    if (at < 2) {
        (void)hone_fail(run, HONE_E_ARG, "%.*s is no rule",
                        (int)(text.len < 80 ? text.len : 80), text.ptr);
        return hone_hint(run, "a rule is COLUMN=METHOD: email=hash, dob=generalise:year");
    }
    rule.column = hone_arena_text(mem, text.ptr, at - 1);
    if (hone_str_cut((struct hone_str){text.ptr + at, text.len - at}, ':', &method, &option)) {
        rule.option = hone_arena_text(mem, option.ptr, option.len);
    }
    HONE_TRY(method_of(run, method, &rule.method));
    HONE_TRY(check_option(run, &rule));
    *out = rule;
    return HONE_OK;
}

json_t *hone_redact_plan_json(const struct hone_redact_plan *plan)
{
    json_t *tree = json_object();
    json_t *columns = json_object();

    for (size_t i = 0; i < plan->n; i++) {
        const struct hone_redact_rule *rule = &plan->rule[i];
        json_t *one = json_object();
        hone_json_set_text(one, "method", method_names[rule->method]);
        if (rule->option != NULL) {
            hone_json_set_text(one, "option", rule->option);
        }
        if (rule->kind != NULL) {
            hone_json_set_text(one, "kind", rule->kind);
        }
        if (rule->why != NULL) {
            hone_json_set_text(one, "why", rule->why);
        }
        hone_json_set(columns, rule->column, one);
    }
    hone_json_set(tree, "columns", columns);
    return tree;
}

/* An option may be written as a number. */
static enum hone_code option_of(struct hone_run *run, const json_t *value,
                                struct hone_arena *mem, const char **out)
{
    *out = NULL;
    if (json_is_string(value)) {
        *out = hone_arena_text(mem, json_string_value(value), json_string_length(value));
    } else if (json_is_number(value)) {
        char text[32];
        *out = hone_arena_text(mem, text, hone_format_f64(text, json_number_value(value)));
    } else if (value != NULL && !json_is_null(value)) {
        return hone_fail(run, HONE_E_FORMAT, "option is neither text nor a number");
    }
    return HONE_OK;
}

static enum hone_code parse_rule(struct hone_run *run, const char *column, const json_t *value,
                                 struct hone_arena *mem, struct hone_redact_rule *rule)
{
    static const char *const keys[] = {"method", "option", "kind", "why"};
    const char *key;
    json_t *member;
    const char *kind = hone_json_get_text(value, "kind", NULL);
    const char *method = json_is_string(value) ? json_string_value(value)
                                               : hone_json_get_text(value, "method", NULL);

    rule->column = hone_arena_text(mem, column, strlen(column));
    if (method == NULL) {
        return hone_fail(run, HONE_E_FORMAT, "there is no method");
    }
    HONE_TRY(method_of(run, hone_str(method), &rule->method));
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        bool known = false;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            known = known || strcmp(key, keys[i]) == 0;
        }
        if (!known) {
            return hone_fail(run, HONE_E_FORMAT,
                             "there is no %s in a rule: method, option, kind, why", key);
        }
    }
    if (kind != NULL && hone_kind_number(kind) == SIZE_MAX) {
        return hone_fail(run, HONE_E_FORMAT, "there is no kind %s", kind);
    }
    rule->kind = kind == NULL ? NULL : hone_kinds[hone_kind_number(kind)]->name;
    HONE_TRY(option_of(run, json_object_get(value, "option"), mem, &rule->option));
    return check_option(run, rule);
}

enum hone_code hone_redact_plan_parse(struct hone_run *run, const json_t *tree,
                                      struct hone_arena *mem, struct hone_redact_plan *out)
{
    const json_t *columns = json_object_get(tree, "columns");
    struct hone_redact_rule *rule;
    const char *column;
    json_t *value;
    size_t n = 0;

    if (!json_is_object(columns) || json_object_size(tree) != 1) {
        (void)hone_fail(run, HONE_E_FORMAT, "a plan of redaction is one map, columns");
        return hone_hint(run, "hone redact DATA --auto --write-plan FILE writes one");
    }
    HONE_TRY(hone_array(run, mem, &rule, json_object_size(columns)));
    json_object_foreach((json_t *)(uintptr_t)columns, column, value)
    {
        if (parse_rule(run, column, value, mem, &rule[n++]) != HONE_OK) {
            return hone_fail_in(run, "column %s", column);
        }
    }
    *out = (struct hone_redact_plan){rule, n};
    return HONE_OK;
}

bool hone_redact_needs_key(const struct hone_redact_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++) {
        if (plan->rule[i].method == HONE_REDACT_HASH ||
            plan->rule[i].method == HONE_REDACT_TOKEN) {
            return true;
        }
    }
    return false;
}
