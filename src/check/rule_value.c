/* Rules about single values of one column. */
#include <math.h>
#include <regex.h>
#include <time.h>

#include "base/time.h"
#include "check/check_priv.h"
#include "check/schema_priv.h"

#define DAY_US (24 * 3600 * INT64_C(1000000))

struct hone_str hone_value_text(const struct hone_column *c, size_t row, struct hone_buf *buf)
{
    if (hone_type_is_text(c->type)) {
        return hone_column_str(c, row);
    }
    buf->len = 0;
    hone_column_print(buf, c, row);
    return (struct hone_str){buf->ptr == NULL ? "" : buf->ptr, buf->len};
}

/* Nothing: what it asks for is asked before (an absent column never comes here). */
static enum hone_code judge_required(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    size_t at = (size_t)(t->raw - t->t->column);
    bool placed = rule->number < 0 || at == (size_t)rule->number;

    (void)hone_conclude(
        t, rule, NULL, placed,
        placed ? hone_arena_format(mem, "there is a column %s", t->raw->name)
               : hone_arena_format(mem, "column %s stands at place %zu, not %.0f (from 0)",
                                   t->raw->name, at, rule->number));
    return HONE_OK;
}

static bool type_agrees(enum hone_type have, enum hone_type want)
{
    bool text = hone_type_is_text(have) && hone_type_is_text(want);
    bool real = want == HONE_FLOAT64 || want == HONE_FLOAT32;
    bool widened = (real && hone_type_is_number(have)) ||
                   (want == HONE_INT64 && have == HONE_BOOL) ||
                   (want == HONE_TIMESTAMP && have == HONE_DATE);

    return have == want || text || widened || want == HONE_UTF8;
}

static enum hone_code judge_type(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    struct hone_buf what = hone_buf(mem);
    bool agrees = false;
    enum hone_type first = HONE_TYPE_COUNT;
    struct hone_score s;
    HONE_SCRATCH(t->run);

    HONE_TRY(hone_score_begin(t, &s));
    hone_buf_text(&what, "is of type ");
    for (unsigned k = 0; k < HONE_TYPE_COUNT; k++) {
        if ((rule->types >> k & 1) != 0) {
            hone_buf_format(&what, "%s%s", first == HONE_TYPE_COUNT ? "" : " or ",
                            hone_type_name((enum hone_type)k));
            first = first == HONE_TYPE_COUNT ? (enum hone_type)k : first;
            agrees = agrees || type_agrees(t->raw->type, (enum hone_type)k);
        }
    }
    if (!agrees && first != HONE_VECTOR && first != HONE_BINARY &&
        t->raw->type != HONE_VECTOR && t->raw->type != HONE_BINARY) {
        HONE_TRY(hone_column_cast(t->run, t->raw, first, true, mem, &t->column));
    }
    for (size_t i = 0; i < t->raw->rows; i++) {
        if (hone_is_valid(t->raw, i)) {
            hone_score_row(&s, i,
                           hone_is_valid(&t->column, i) && (agrees || t->column.type == first));
        }
    }
    hone_conclude_values(t, rule, &s, what.ptr);
    return HONE_OK;
}

static enum hone_code judge_missing(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    struct hone_score s;
    bool least = isfinite(rule->min); /* at least so many must be missing */
    HONE_SCRATCH(t->run);

    HONE_TRY(hone_score_begin(t, &s));
    for (size_t i = 0; i < t->raw->rows; i++) {
        hone_score_row(&s, i, hone_is_valid(t->raw, i) != least);
    }
    double n = (double)t->raw->rows;
    double share = n > 0 ? (double)t->raw->nulls / n : 0.0;
    double max = fmin(1.0, rule->max);
    struct hone_finding *f = hone_conclude(
        t, rule, &s, share <= max && (!least || n <= 0 || share >= rule->min),
        least ? hone_arena_format(mem,
                                  "column %s: %.4g %% of the values are missing, at "
                                  "least %.4g %% must be",
                                  t->raw->name, 100 * share, 100 * rule->min)
              : hone_arena_format(mem,
                                  "column %s: %.4g %% of the values are missing, at "
                                  "most %.4g %% may be",
                                  t->raw->name, 100 * share, 100 * max));
    f->known = t->raw->rows;
    f->missing = 0;
    f->threshold = least ? rule->min : 1 - max;
    return HONE_OK;
}

static enum hone_code judge_unique(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_seen seen;
    struct hone_score s;
    HONE_SCRATCH(t->run);

    HONE_TRY(hone_score_begin(t, &s));
    HONE_TRY(hone_seen_new(t->run, t->raw->rows, &t->run->scratch, &seen));
    for (size_t i = 0; i < t->raw->rows; i++) {
        if (hone_is_valid(t->raw, i)) {
            uint64_t key = hone_cell_hash(t->raw, i);
            hone_score_row(&s, i, hone_seen_add(&seen, key, (uint32_t)i) == i);
        }
    }
    hone_conclude_values(t, rule, &s, "stands in one row only");
    return HONE_OK;
}

bool hone_bound_of(const struct hone_column *c, double number, const char *text, double *out)
{
    int64_t value;
    bool zone;

    if (text == NULL) {
        *out = number;
        return hone_type_is_number(c->type) || isinf(number);
    }
    if (c->type == HONE_DATE) {
        bool date = hone_parse_date(hone_str(text), &value);
        if (!date && hone_parse_timestamp(hone_str(text), &value, &zone)) {
            value /= DAY_US;
        }
        *out = (double)value;
        return true;
    }
    if (c->type != HONE_TIMESTAMP) {
        return false;
    }
    if (hone_parse_date(hone_str(text), &value)) {
        value *= DAY_US;
    } else {
        (void)hone_parse_timestamp(hone_str(text), &value, &zone);
    }
    *out = (double)value;
    return true;
}

static void put_bound(struct hone_buf *buf, double number, const char *text)
{
    if (text != NULL) {
        hone_buf_text(buf, text);
    } else {
        hone_buf_f64(buf, number);
    }
}

const char *hone_bounds_text(const struct hone_rule *rule, struct hone_arena *mem)
{
    bool low = rule->min_text != NULL || isfinite(rule->min);
    bool high = rule->max_text != NULL || isfinite(rule->max);
    struct hone_buf buf = hone_buf(mem);

    hone_buf_text(&buf, low && high ? "between "
                        : low       ? (rule->strict_min ? "above " : "at or above ")
                        : high      ? (rule->strict_max ? "below " : "at or below ")
                                    : "anything");
    if (low) {
        put_bound(&buf, rule->min, rule->min_text);
    }
    if (low && high) {
        hone_buf_text(&buf, " and ");
    }
    if (high) {
        put_bound(&buf, rule->max, rule->max_text);
    }
    return buf.ptr;
}

static enum hone_code judge_range(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    double min;
    double max;
    struct hone_score s;
    HONE_SCRATCH(t->run);

    HONE_TRY(hone_score_begin(t, &s));
    if (!hone_bound_of(&t->column, rule->min, rule->min_text, &min) ||
        !hone_bound_of(&t->column, rule->max, rule->max_text, &max)) {
        hone_conclude_unfit(t, rule,
                            hone_arena_format(mem,
                                              "column %s is of type %s, which the range does "
                                              "not fit",
                                              t->raw->name, hone_type_name(t->column.type)));
        return HONE_OK;
    }
    for (size_t i = 0; i < t->column.rows; i++) {
        double x = hone_column_f64(&t->column, i);
        if (hone_is_valid(&t->column, i)) {
            bool low = rule->strict_min ? x > min : x >= min;
            bool high = rule->strict_max ? x < max : x <= max;
            hone_score_row(&s, i, low && high);
        }
    }
    hone_conclude_values(t, rule, &s,
                         hone_arena_format(mem, "lies %s", hone_bounds_text(rule, mem)));
    return HONE_OK;
}

/* --- the text of each value --- */

static size_t characters(struct hone_str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80 ? 1 : 0; /* not a continuation byte */
    }
    return n;
}

/* SQL's LIKE: % is any text, _ any character. */
static bool is_like(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *back = NULL;

    while (*text != '\0') {
        if (*pattern == '%') {
            star = pattern++;
            back = text;
        } else if (*pattern == '_' || *pattern == *text) {
            pattern++;
            text++;
            while (((unsigned char)*text & 0xc0) == 0x80 && pattern[-1] == '_') {
                text++; /* the rest of a character of several bytes */
            }
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++back;
        } else {
            return false;
        }
    }
    while (*pattern == '%') {
        pattern++;
    }
    return *pattern == '\0';
}

/* All of text by a format of strptime; "%f" is a fraction of a second. */
static bool fits_format(const char *text, const char *format)
{
    struct tm tm = {0};
    const char *fraction = strstr(format, "%f");
    char head[128];

    if (fraction == NULL) {
        const char *end = strptime(text, format, &tm);
        return end != NULL && *end == '\0';
    }
    size_t len = (size_t)(fraction - format);
    if (len >= sizeof head) {
        return false;
    }
    memcpy(head, format, len);
    head[len] = '\0';
    const char *end = strptime(text, head, &tm);
    size_t digits = 0;
    while (end != NULL && end[digits] >= '0' && end[digits] <= '9') {
        digits++;
    }
    if (end == NULL || digits == 0 || digits > 6) {
        return false;
    }
    end = fraction[2] == '\0' ? end + digits : strptime(end + digits, fraction + 2, &tm);
    return end != NULL && *end == '\0';
}

/* A date or time in one of the ways in which people and programs write them. */
static bool is_date_text(const char *text)
{
    static const char *const formats[] = {"%Y-%m-%d",
                                          "%Y/%m/%d",
                                          "%d/%m/%Y",
                                          "%m/%d/%Y",
                                          "%d.%m.%Y",
                                          "%d-%m-%Y",
                                          "%d/%m/%y",
                                          "%m/%d/%y",
                                          "%d %b %Y",
                                          "%b %d, %Y",
                                          "%b %d %Y",
                                          "%d-%b-%Y",
                                          "%Y%m%d",
                                          "%b %Y",
                                          "%Y-%m",
                                          "%d/%m/%Y %H:%M",
                                          "%m/%d/%Y %H:%M",
                                          "%d/%m/%Y %H:%M:%S",
                                          "%m/%d/%Y %H:%M:%S",
                                          "%a, %d %b %Y",
                                          "%a, %d %b %Y %H:%M:%S %Z",
                                          "%a %b %d %H:%M:%S %Y",
                                          "%H:%M:%S",
                                          "%H:%M"};
    int64_t value;
    bool zone;

    if (hone_parse_date(hone_str(text), &value) ||
        hone_parse_timestamp(hone_str(text), &value, &zone)) {
        return true;
    }
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (fits_format(text, formats[i])) {
            return true;
        }
    }
    return false;
}

struct texts_trial {
    struct hone_trial *t;
    const struct hone_rule *rule;
    regex_t *regex; /* (items) */
    json_t *schema;
};

static bool matches(const struct texts_trial *x, size_t i, const char *text)
{
    return x->regex != NULL ? regexec(&x->regex[i], text, 0, NULL, 0) == 0
                            : is_like(x->rule->item[i], text);
}

static bool text_is_json(struct hone_run *run, struct hone_str text, const json_t *schema)
{
    HONE_JSON json_t *value = NULL;

    if (hone_json_parse(run, text, &value) != HONE_OK) {
        hone_error_clear(run);
        return false;
    }
    return schema == NULL || hone_json_fits(schema, value, 0);
}

static bool text_is_good(const struct texts_trial *x, struct hone_str text)
{
    const struct hone_rule *rule = x->rule;
    const char *name = rule->kind->name;

    if (strcmp(name, "values") == 0 || strcmp(name, "not_values") == 0) {
        return (hone_map_get(&rule->values, text) != UINT32_MAX) == (name[0] == 'v');
    }
    if (strcmp(name, "length") == 0) {
        double n = (double)characters(text);
        return n >= rule->min && n <= rule->max;
    }
    if (strncmp(name, "json", 4) == 0) {
        return text_is_json(x->t->run, text, x->schema);
    }
    if (strcmp(name, "format") == 0) {
        return fits_format(text.ptr, rule->text);
    }
    if (strcmp(name, "date") == 0) {
        return is_date_text(text.ptr);
    }
    bool negative = strncmp(name, "not_", 4) == 0;
    bool all = rule->all || (negative && rule->items > 1);
    for (size_t i = 0; i < rule->items; i++) {
        bool hit = matches(x, i, text.ptr) != negative;
        if (hit != all) {
            return hit;
        }
    }
    return all;
}

static const char *text_rule_words(const struct hone_rule *rule, struct hone_arena *mem)
{
    const char *name = rule->kind->name;
    const char *first = rule->items > 0 ? rule->item[0] : "";

    if (strcmp(name, "values") == 0 || strcmp(name, "not_values") == 0) {
        return name[0] == 'v' ? "is one of the listed values" : "is none of the listed values";
    }
    if (strcmp(name, "length") == 0) {
        return isinf(rule->max)
                   ? hone_arena_format(mem, "has at least %g characters", rule->min)
                   : hone_arena_format(mem, "has %g to %g characters", fmax(0.0, rule->min),
                                       rule->max);
    }
    if (strcmp(name, "json") == 0) {
        return "is JSON";
    }
    if (strcmp(name, "json_schema") == 0) {
        return "is JSON that fits the schema";
    }
    if (strcmp(name, "date") == 0) {
        return "is a date or time";
    }
    if (strcmp(name, "format") == 0) {
        return hone_arena_format(mem, "is a time as %s", rule->text);
    }
    return hone_arena_format(mem, "%s %s%s%s", name[0] == 'n' ? "does not match" : "matches",
                             rule->items > 1 ? (rule->all ? "all of " : "one of ") : "", first,
                             rule->items > 1 ? ", ..." : "");
}

/* Judge each value by its text; category values once. */
static enum hone_code judge_each(struct texts_trial *x)
{
    struct hone_trial *t = x->t;
    const struct hone_column *c = t->raw;
    int8_t *known = NULL; /* by code: 1 good, -1 bad */
    struct hone_score s;
    HONE_SCRATCH(t->run);

    HONE_TRY(hone_score_begin(t, &s));
    if (c->type == HONE_CATEGORY) {
        HONE_TRY(hone_array(t->run, &t->run->scratch, &known, c->dict->rows));
    }
    HONE_ARENA(work);
    struct hone_buf buf = hone_buf(&work);
    struct hone_buf ended = hone_buf(&work);
    for (size_t i = 0; i < c->rows; i++) {
        int64_t code = known == NULL ? 0 : hone_column_i64(c, i);
        if (!hone_is_valid(c, i)) {
            continue;
        }
        if (known != NULL && known[code] != 0) {
            hone_score_row(&s, i, known[code] > 0);
            continue;
        }
        ended.len = 0;
        hone_buf_str(&ended, hone_value_text(c, i, &buf));
        hone_buf_char(&ended, '\0');
        bool good = text_is_good(x, (struct hone_str){ended.ptr, ended.len - 1});
        if (known != NULL) {
            known[code] = good ? 1 : -1;
        }
        hone_score_row(&s, i, good);
    }
    hone_conclude_values(t, x->rule, &s, text_rule_words(x->rule, t->verdict->findings->mem));
    return HONE_OK;
}

static enum hone_code judge_text(struct hone_trial *t, const struct hone_rule *rule)
{
    struct texts_trial x = {.t = t, .rule = rule};
    HONE_JSON json_t *schema = NULL;
    size_t compiled = 0;
    HONE_SCRATCH(t->run);

    if (t->raw->type == HONE_VECTOR || t->raw->type == HONE_BINARY) {
        hone_conclude_unfit(t, rule,
                            hone_arena_format(t->verdict->findings->mem,
                                              "column %s is of type %s, which has no text",
                                              t->raw->name, hone_type_name(t->raw->type)));
        return HONE_OK;
    }
    if (strstr(rule->kind->name, "regex") != NULL) {
        HONE_TRY(hone_array(t->run, &t->run->scratch, &x.regex, rule->items));
        while (compiled < rule->items && regcomp(&x.regex[compiled], rule->item[compiled],
                                                 REG_EXTENDED | REG_NOSUB) == 0) {
            compiled++;
        }
    }
    enum hone_code code = HONE_OK;
    if (x.regex != NULL && compiled < rule->items) {
        code = hone_no_room(t->run, "regex", 1);
    }
    if (code == HONE_OK && strcmp(rule->kind->name, "json_schema") == 0) {
        code = hone_json_parse(t->run, hone_str(rule->text), &schema);
        x.schema = schema;
    }
    if (code == HONE_OK) {
        code = judge_each(&x);
    }
    for (size_t i = 0; i < compiled; i++) {
        regfree(&x.regex[i]);
    }
    return code;
}

/* --- one value beside the one before, or beside all --- */

static enum hone_code judge_order(struct hone_trial *t, const struct hone_rule *rule)
{
    bool up = rule->kind->name[0] == 'i';
    double last = (double)NAN;
    struct hone_score s;
    HONE_SCRATCH(t->run);

    HONE_TRY(hone_score_begin(t, &s));
    if (!hone_type_is_number(t->column.type) && !hone_type_is_time(t->column.type)) {
        hone_conclude_unfit(t, rule,
                            hone_arena_format(t->verdict->findings->mem,
                                              "column %s is of type %s, which has no order",
                                              t->raw->name, hone_type_name(t->column.type)));
        return HONE_OK;
    }
    for (size_t i = 0; i < t->column.rows; i++) {
        double x = hone_column_f64(&t->column, i);
        if (!hone_is_valid(&t->column, i)) {
            continue;
        }
        double step = up ? x - last : last - x;
        hone_score_row(&s, i, isnan(last) || step > 0 || (!rule->strictly && step >= 0));
        last = x;
    }
    hone_conclude_values(t, rule, &s,
                         hone_arena_format(t->verdict->findings->mem, "is %s the one before%s",
                                           up ? "above" : "below",
                                           rule->strictly ? "" : ", or equal"));
    return HONE_OK;
}

static enum hone_code judge_zscore(struct hone_trial *t, const struct hone_rule *rule)
{
    double n = 0;
    double mean = 0;
    double square = 0;
    struct hone_score s;
    HONE_SCRATCH(t->run);

    HONE_TRY(hone_score_begin(t, &s));
    if (!hone_type_is_number(t->column.type)) {
        hone_conclude_unfit(t, rule,
                            hone_arena_format(t->verdict->findings->mem,
                                              "column %s is of type %s and holds no numbers",
                                              t->raw->name, hone_type_name(t->column.type)));
        return HONE_OK;
    }
    for (size_t i = 0; i < t->column.rows; i++) {
        double x = hone_column_f64(&t->column, i);
        if (isfinite(x)) {
            n += 1;
            double d = x - mean;
            mean += d / n;
            square += d * (x - mean);
        }
    }
    double sd = n > 1 ? sqrt(square / (n - 1)) : 0;
    for (size_t i = 0; i < t->column.rows; i++) {
        double x = hone_column_f64(&t->column, i);
        if (hone_is_valid(&t->column, i)) {
            double z = sd > 0 ? (x - mean) / sd : 0;
            hone_score_row(&s, i, (rule->two_sided ? fabs(z) : z) < rule->max);
        }
    }
    hone_conclude_values(t, rule, &s,
                         hone_arena_format(t->verdict->findings->mem,
                                           "is less than %g standard deviations from the mean",
                                           rule->max));
    return HONE_OK;
}

static enum hone_code judge_fresh(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    int64_t newest = INT64_MIN;
    int64_t unit = t->column.type == HONE_DATE ? DAY_US : 1;

    if (!hone_type_is_time(t->column.type)) {
        hone_conclude_unfit(t, rule,
                            hone_arena_format(mem, "column %s is of type %s and holds no times",
                                              t->raw->name, hone_type_name(t->column.type)));
        return HONE_OK;
    }
    size_t at = 0;
    for (size_t i = 0; i < t->column.rows; i++) {
        if (hone_is_valid(&t->column, i) && hone_column_i64(&t->column, i) > newest) {
            newest = hone_column_i64(&t->column, i);
            at = i;
        }
    }
    if (newest == INT64_MIN) {
        hone_conclude_unfit(t, rule,
                            hone_arena_format(mem, "column %s has no value", t->raw->name));
        return HONE_OK;
    }
    double age = (double)(hone_now_us(t->run) - newest * unit) / (double)DAY_US;
    struct hone_buf shown = hone_buf(mem);
    hone_column_print(&shown, &t->column, at);
    struct hone_finding *f = hone_conclude(
        t, rule, NULL, age <= rule->number,
        hone_arena_format(
            mem, "column %s: the newest value is %s, %.1f days old; at most %g may it be",
            t->raw->name, shown.ptr, age, rule->number));
    f->value = age;
    f->threshold = rule->number;
    return HONE_OK;
}

#define KIND(id, ...) const struct hone_rule_kind hone_rule_##id = {.name = #id, __VA_ARGS__}

KIND(required, .keys = {"not_in", "position"}, .judge = judge_required);
KIND(type, .values = true, .keys = {"is"}, .need = 1, .judge = judge_type);
KIND(missing, .values = true, .keys = {"max", "min"}, .some = true, .judge = judge_missing);
KIND(unique, .values = true, .judge = judge_unique);
KIND(range, .values = true, .dates = true, .keys = {"min", "max", "strict_min", "strict_max"},
     .some = true, .judge = judge_range);
KIND(values, .values = true, .keys = {"in"}, .need = 1, .judge = judge_text);
KIND(not_values, .values = true, .keys = {"in"}, .need = 1, .judge = judge_text);
KIND(length, .values = true, .keys = {"min", "max"}, .some = true, .judge = judge_text);
KIND(regex, .values = true, .keys = {"match", "on"}, .need = 1, .judge = judge_text);
KIND(not_regex, .values = true, .keys = {"match"}, .need = 1, .judge = judge_text);
KIND(like, .values = true, .keys = {"match", "on"}, .need = 1, .judge = judge_text);
KIND(not_like, .values = true, .keys = {"match"}, .need = 1, .judge = judge_text);
KIND(format, .values = true, .keys = {"format"}, .need = 1, .judge = judge_text);
KIND(date, .values = true, .judge = judge_text);
KIND(json, .values = true, .judge = judge_text);
KIND(json_schema, .values = true, .keys = {"schema"}, .need = 1, .judge = judge_text);
KIND(increasing, .values = true, .keys = {"strictly"}, .judge = judge_order);
KIND(decreasing, .values = true, .keys = {"strictly"}, .judge = judge_order);
KIND(zscore, .values = true, .keys = {"max", "two_sided"}, .need = 1, .judge = judge_zscore);
KIND(fresh, .keys = {"days"}, .need = 1, .judge = judge_fresh);
