/* A schema from a table: what holds today, to be reviewed; and an old one loosened to what holds now. */
#include <math.h>

#include "base/time.h"
#include "check/schema_priv.h"

#define FEW_VALUES 50
#define DAY_US     (24 * 3600 * INT64_C(1000000))

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

/* A number of as many digits as a reviewer wants to see, on the safe side. */
static double rounded(double x, bool up)
{
    double digits = fabs(x) > 0 ? 3 - floor(log10(fabs(x))) : 0;
    double power = pow(10, fabs(digits));

    if (digits > 300 || digits < -300) {
        return x;
    }
    /* a division by a power of ten gives the decimal that is meant */
    double scaled = digits >= 0 ? x * power : x / power;
    scaled = up ? ceil(scaled) : floor(scaled);
    return digits >= 0 ? scaled / power : scaled * power;
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
    } else if (isfinite(low) && isfinite(high)) {
        double shorter[2] = {rounded(low, false), rounded(high, true)};
        low = isfinite(shorter[0]) ? shorter[0] : low;
        high = isfinite(shorter[1]) ? shorter[1] : high;
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

static double room_for_missing(const struct hone_column_profile *p)
{
    double share = p->rows == 0 ? 0.0 : (double)p->missing / (double)p->rows;
    return p->missing == 0 ? 0.0 : fmin(1.0, ceil(100 * (1.5 * share + 0.01)) / 100);
}

static bool has_range(const struct hone_column_profile *p)
{
    bool ordered = hone_type_is_number(p->type) || hone_type_is_time(p->type);

    return ordered && p->type != HONE_BOOL && p->rows > p->missing && isfinite(p->min) &&
           isfinite(p->max);
}

static enum hone_code infer_column(struct hone_run *run, const struct hone_column *c,
                                   const struct hone_column_profile *p, json_t *rules)
{
    json_t *type = rule_tree("fail");
    json_t *missing = rule_tree(NULL);
    size_t known = p->rows - p->missing;

    hone_json_set_text(type, "is", hone_type_name(p->type));
    hone_json_set(rules, "type", type);
    hone_json_set(missing, "max", hone_json_real(room_for_missing(p)));
    hone_json_set(rules, "missing", missing);
    if (has_range(p)) {
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

static enum hone_code infer(struct hone_run *run, const struct hone_table *t,
                            const struct hone_profile *profile, json_t *columns)
{
    for (size_t j = 0; j < t->cols; j++) {
        json_t *rules = json_object();
        hone_json_set(columns, t->column[j].name, rules);
        HONE_TRY(infer_column(run, &t->column[j], &profile->column[j], rules));
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
    HONE_ARENA(mem);

    hone_json_set(root, "schema", json_integer(1));
    hone_json_set(rows, "min", json_integer(1));
    hone_json_set(root, "rows", rows);
    hone_json_set(root, "extra", rule_tree("warn"));
    hone_json_set(root, "columns", columns);
    if (profile == NULL) {
        HONE_TRY(hone_table_profile(run, t, &mem, &own));
        profile = own;
    }
    HONE_TRY(infer(run, t, profile, columns));
    *out = json_incref(root);
    return HONE_OK;
}

/* --- as text, with what was seen --- */

static void put_seen(struct hone_buf *out, const struct hone_column_profile *p)
{
    size_t known = p->rows - p->missing;
    struct hone_buf one = hone_buf(out->mem);

    hone_buf_format(out, "  # %s", hone_type_name(p->type));
    if (has_range(p)) {
        HONE_JSON json_t *low = bound(p->type, p->min);
        HONE_JSON json_t *high = bound(p->type, p->max);
        hone_json_write(&one, low, false);
        hone_buf_text(&one, " to ");
        hone_json_write(&one, high, false);
        hone_buf_text(out, ", seen ");
        for (size_t i = 0; i < one.len; i++) {
            if (one.ptr[i] != '"') {
                hone_buf_char(out, one.ptr[i]);
            }
        }
    } else if (known > 0) {
        hone_buf_format(out, ", %zu different value%s", p->distinct,
                        p->distinct == 1 ? "" : "s");
    }
    if (p->missing == 0) {
        hone_buf_text(out, ", none missing");
    } else {
        hone_buf_format(out, ", %.3g %% missing", 100 * (double)p->missing / (double)p->rows);
    }
}

void hone_schema_text(const json_t *tree, const struct hone_profile *profile,
                      struct hone_buf *out)
{
    struct hone_buf plain = hone_buf(out->mem);
    struct hone_str rest;
    struct hone_str line;
    bool columns = false;
    size_t j = 0;

    hone_yaml_write(&plain, tree);
    rest = (struct hone_str){plain.ptr, plain.len};
    while (rest.len > 0) {
        (void)hone_str_cut(rest, '\n', &line, &rest);
        /* a name of a column is what stands two blanks in, below "columns:" */
        bool name = columns && line.len > 2 && line.ptr[0] == ' ' && line.ptr[1] == ' ' &&
                    line.ptr[2] != ' ' && line.ptr[2] != '-' && line.ptr[line.len - 1] == ':';
        columns =
            hone_str_is(line, "columns:") || (columns && line.len > 0 && line.ptr[0] == ' ');
        hone_buf_str(out, line);
        if (name && profile != NULL && j < profile->cols) {
            put_seen(out, &profile->column[j++]);
        }
        hone_buf_char(out, '\n');
    }
}

/* --- loosened --- */

static double as_number(const json_t *value, enum hone_type type, double absent)
{
    int64_t moment;
    bool zone;

    if (json_is_number(value)) {
        return json_number_value(value);
    }
    if (!json_is_string(value)) {
        return absent;
    }
    struct hone_str s = hone_str(json_string_value(value));
    if (hone_parse_date(s, &moment)) {
        return (double)(type == HONE_DATE ? moment : moment * DAY_US);
    }
    return hone_parse_timestamp(s, &moment, &zone)
               ? (double)(type == HONE_DATE ? moment / DAY_US : moment)
               : absent;
}

static void loosen_range(json_t *rule, const struct hone_column_profile *p)
{
    const json_t *min = json_object_get(rule, "min");
    const json_t *max = json_object_get(rule, "max");

    if (!has_range(p)) {
        return;
    }
    if (min != NULL && p->min < as_number(min, p->type, HUGE_VAL)) {
        hone_json_set(rule, "min", bound(p->type, p->min));
    }
    if (max != NULL && p->max > as_number(max, p->type, -HUGE_VAL)) {
        hone_json_set(rule, "max", bound(p->type, p->max));
    }
}

static enum hone_code loosen_values(struct hone_run *run, const struct hone_column *c,
                                    json_t *rule)
{
    json_t *list = json_object_get(rule, "in");
    struct hone_map known;
    HONE_ARENA(work);

    if (!json_is_array(list)) {
        return HONE_OK;
    }
    known = (struct hone_map){.mem = &work};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        struct hone_buf text = hone_buf(&work);
        if (json_is_string(item)) {
            hone_buf_text(&text, json_string_value(item));
        } else {
            hone_json_write(&text, item, false);
        }
        (void)hone_map_add(&known,
                           (struct hone_str){text.ptr == NULL ? "" : text.ptr, text.len}, 0);
    }
    for (size_t i = 0; i < c->rows; i++) {
        struct hone_buf buf = hone_buf(&work);
        struct hone_str text = hone_value_text(c, i, &buf);
        if (!hone_is_valid(c, i) || hone_map_get(&known, text) != UINT32_MAX) {
            continue;
        }
        if (hone_map_add(&known, text, 0) == UINT32_MAX) {
            return hone_no_room(run, "values", i);
        }
        hone_json_push(list, hone_json_text(text));
    }
    return HONE_OK;
}

/* One rule that did not hold, or might not. */
static enum hone_code loosen_rule(struct hone_run *run, const char *name,
                                  const struct hone_column *c,
                                  const struct hone_column_profile *p, bool failed,
                                  json_t *rule)
{
    double share = p->rows == 0 ? 0.0 : (double)p->missing / (double)p->rows;

    if (!json_is_object(rule) || !failed) {
        return HONE_OK;
    }
    if (strcmp(name, "range") == 0 || strcmp(name, "min") == 0 || strcmp(name, "max") == 0) {
        loosen_range(rule, p);
    } else if (strcmp(name, "values") == 0) {
        HONE_TRY(loosen_values(run, c, rule));
    } else if (strcmp(name, "missing") == 0 && share > hone_json_get_real(rule, "max", 1)) {
        hone_json_set(rule, "max", hone_json_real(room_for_missing(p)));
    } else if (strcmp(name, "type") == 0) {
        hone_json_set_text(rule, "is", hone_type_name(p->type));
    } else {
        hone_json_set_text(rule, "action", "warn");
    }
    return HONE_OK;
}

static bool rule_failed(const struct hone_findings *findings, const char *name,
                        const char *column)
{
    for (size_t i = 0; i < findings->n; i++) {
        const struct hone_finding *f = &findings->item[i];
        bool here = column == NULL ? f->column == NULL
                                   : f->column != NULL && strcmp(f->column, column) == 0;
        if (here && f->severity > HONE_INFO && strcmp(f->check, name) == 0) {
            return true;
        }
    }
    return false;
}

static enum hone_code loosen_columns(struct hone_run *run, json_t *columns,
                                     const struct hone_table *t,
                                     const struct hone_profile *profile,
                                     const struct hone_findings *findings)
{
    const char *rule;
    json_t *tree;

    for (size_t j = 0; j < t->cols; j++) {
        const struct hone_column *c = &t->column[j];
        json_t *rules = json_object_get(columns, c->name);
        if (rules == NULL) {
            rules = json_object();
            hone_json_set(columns, c->name, rules);
            HONE_TRY(infer_column(run, c, &profile->column[j], rules));
            continue;
        }
        json_object_foreach(rules, rule, tree)
        {
            bool failed = rule_failed(findings, rule, c->name);
            for (size_t k = 0; k < json_array_size(tree); k++) {
                HONE_TRY(loosen_rule(run, rule, c, &profile->column[j], failed,
                                     json_array_get(tree, k)));
            }
            HONE_TRY(loosen_rule(run, rule, c, &profile->column[j], failed, tree));
        }
    }
    return HONE_OK;
}

/* Columns that the table lacks need no longer be there. */
static void loosen_absent(json_t *columns, const struct hone_table *t)
{
    const char *name;
    json_t *rules;

    json_object_foreach(columns, name, rules)
    {
        if (hone_table_find(t, hone_str(name)) == NULL) {
            hone_json_set(rules, "required", rule_tree("warn"));
        }
    }
}

enum hone_code hone_schema_loosen(struct hone_run *run, const json_t *tree,
                                  const struct hone_table *t,
                                  const struct hone_profile *profile, json_t **out)
{
    HONE_JSON json_t *copy = NULL;
    struct hone_schema *schema = NULL;
    struct hone_schema_verdict verdict;
    HONE_ARENA(work);

    if (hone_is_suite(tree)) {
        return hone_fail(
            run, HONE_E_ARG,
            "a Great Expectations suite is not rewritten; write a schema from the data");
    }
    HONE_TRY(hone_schema_parse(run, tree, &work, &schema));
    HONE_TRY(hone_schema_enforce(run, schema, t, NULL, &work, &verdict));
    copy = json_deep_copy(tree);
    if (copy == NULL) {
        return hone_no_room(run, "schema", 1);
    }
    json_t *rows = json_object_get(copy, "rows");
    double n = (double)t->rows;
    if (json_is_object(rows) && n < hone_json_get_real(rows, "min", 0)) {
        hone_json_set(rows, "min", json_integer((json_int_t)t->rows));
    }
    if (json_is_object(rows) && n > hone_json_get_real(rows, "max", n)) {
        hone_json_set(rows, "max", json_integer((json_int_t)t->rows));
    }
    json_t *columns = json_object_get(copy, "columns");
    if (columns == NULL) {
        columns = json_object();
        hone_json_set(copy, "columns", columns);
    }
    loosen_absent(columns, t);
    HONE_TRY(loosen_columns(run, columns, t, profile, verdict.findings));
    *out = json_incref(copy);
    return HONE_OK;
}
