/* Hold a table against a schema. */
#include <math.h>
#include <regex.h>

#include "base/time.h"
#include "check/check_priv.h"
#include "check/schema_priv.h"

/* One column under judgement. */
struct trial {
    struct hone_run *run;
    const struct hone_table *t;
    const struct hone_column *raw; /* as it is in the table */
    struct hone_column column;     /* in the type of the schema where that works */
    struct hone_schema_verdict *verdict;
};

/* Which rows break a rule is collected here before anything is said. */
struct score {
    struct hone_finding found;
    size_t known; /* values judged */
    bool *bad;    /* (rows) */
};

static enum hone_code score_begin(struct hone_run *run, size_t rows, struct score *s)
{
    *s = (struct score){0};
    return hone_array(run, &run->scratch, &s->bad, rows);
}

static void score_row(struct score *s, size_t row, bool good)
{
    s->known++;
    if (!good) {
        s->bad[row] = true;
        hone_finding_row(&s->found, row);
    }
}

/* The outcome of a rule as a finding; broken rows are set aside when the rule says so. */
static void conclude(struct trial *t, const struct hone_rule *rule, const struct score *s,
                     bool good, const char *message)
{
    struct hone_findings *all = t->verdict->findings;
    enum hone_severity severity = good                             ? HONE_PASS
                                  : rule->action == HONE_RULE_FAIL ? HONE_FAIL
                                                                   : HONE_WARN;
    struct hone_finding *f =
        hone_finding_add(all, hone_rule_names[rule->kind], severity, t->raw->name);

    f->message = message;
    f->threshold = rule->mostly;
    if (s == NULL) {
        return;
    }
    memcpy(f->row, s->found.row, sizeof f->row);
    f->rows = s->found.rows;
    f->row_n = s->found.row_n;
    f->value = s->known == 0 ? 1.0 : 1 - (double)s->found.rows / (double)s->known;
    if (good || rule->action != HONE_RULE_QUARANTINE) {
        return;
    }
    f->advice = "these rows are set aside";
    for (size_t i = 0; i < t->raw->rows; i++) {
        if (s->bad[i] && !t->verdict->aside[i]) {
            t->verdict->aside[i] = true;
            t->verdict->aside_n++;
        }
    }
}

/* Conclude a rule about single values. */
static void conclude_values(struct trial *t, const struct hone_rule *rule,
                            const struct score *s, const char *what)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    double share = s->known == 0 ? 1.0 : 1 - (double)s->found.rows / (double)s->known;
    const char *message;

    if (s->found.rows == 0) {
        message = hone_arena_format(mem, "column %s: every value %s", t->raw->name, what);
    } else {
        struct hone_buf example = hone_buf(mem);
        hone_column_print(&example, t->raw, s->found.row[0]);
        message = hone_arena_format(
            mem, "column %s: %zu of %zu values do not satisfy \"%s\", such as \"%.*s\"",
            t->raw->name, s->found.rows, s->known, what,
            (int)(example.len < 60 ? example.len : 60), example.ptr == NULL ? "" : example.ptr);
    }
    conclude(t, rule, s, share >= rule->mostly, message);
}

static bool types_agree(enum hone_type have, enum hone_type want)
{
    bool text = hone_type_is_text(have) && hone_type_is_text(want);
    bool real = want == HONE_FLOAT64 || want == HONE_FLOAT32;
    bool widened = (real && hone_type_is_number(have)) ||
                   (want == HONE_INT64 && have == HONE_BOOL) ||
                   (want == HONE_TIMESTAMP && have == HONE_DATE);

    return have == want || text || widened || want == HONE_UTF8;
}

static enum hone_code judge_type(struct trial *t, const struct hone_rule *rule)
{
    struct hone_run *run = t->run;
    struct hone_arena *mem = t->verdict->findings->mem;
    struct score s;
    HONE_SCRATCH(run);

    HONE_TRY(score_begin(run, t->raw->rows, &s));
    if (!types_agree(t->raw->type, rule->type)) {
        HONE_TRY(hone_column_cast(run, t->raw, rule->type, true, mem, &t->column));
    }
    for (size_t i = 0; i < t->raw->rows; i++) {
        if (hone_is_valid(t->raw, i)) {
            score_row(&s, i, hone_is_valid(&t->column, i));
        }
    }
    const char *what = hone_arena_format(mem, "is of type %s", hone_type_name(rule->type));
    conclude_values(t, rule, &s, what);
    return HONE_OK;
}

static enum hone_code judge_missing(struct trial *t, const struct hone_rule *rule)
{
    struct score s;
    HONE_SCRATCH(t->run);

    HONE_TRY(score_begin(t->run, t->raw->rows, &s));
    for (size_t i = 0; i < t->raw->rows; i++) {
        score_row(&s, i, hone_is_valid(t->raw, i));
    }
    double share = s.known == 0 ? 0.0 : (double)s.found.rows / (double)s.known;
    struct hone_rule as = *rule;
    as.mostly = 1 - rule->max;
    conclude(t, &as, &s, share <= rule->max,
             hone_arena_format(
                 t->verdict->findings->mem,
                 "column %s: %.4g %% of the values are missing, at most %.4g %% may be",
                 t->raw->name, 100 * share, 100 * fmin(1.0, rule->max)));
    return HONE_OK;
}

static enum hone_code judge_unique(struct trial *t, const struct hone_rule *rule)
{
    struct hone_seen seen;
    struct score s;
    HONE_SCRATCH(t->run);

    HONE_TRY(score_begin(t->run, t->raw->rows, &s));
    HONE_TRY(hone_seen_new(t->run, t->raw->rows, &t->run->scratch, &seen));
    for (size_t i = 0; i < t->raw->rows; i++) {
        if (hone_is_valid(t->raw, i)) {
            uint64_t key = hone_cell_hash(t->raw, i);
            score_row(&s, i, hone_seen_add(&seen, key, (uint32_t)i) == i);
        }
    }
    conclude_values(t, rule, &s, "stands in one row only");
    return HONE_OK;
}

/* A bound in the unit of the column; false when it does not apply to its type. */
static bool bound_of(const struct hone_column *c, double number, const char *text, double *out)
{
    int64_t value;
    bool zone;

    if (text == NULL) {
        *out = number;
        return hone_type_is_number(c->type);
    }
    if (c->type == HONE_DATE) {
        bool date = hone_parse_date(hone_str(text), &value);
        if (!date && hone_parse_timestamp(hone_str(text), &value, &zone)) {
            value /= 24 * 3600 * INT64_C(1000000);
        }
        *out = (double)value;
        return true;
    }
    if (c->type != HONE_TIMESTAMP) {
        return false;
    }
    if (hone_parse_date(hone_str(text), &value)) {
        value *= 24 * 3600 * INT64_C(1000000);
    } else {
        (void)hone_parse_timestamp(hone_str(text), &value, &zone);
    }
    *out = (double)value;
    return true;
}

static enum hone_code judge_range(struct trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    struct hone_buf what = hone_buf(mem);
    double min = rule->min;
    double max = rule->max;
    struct score s;
    HONE_SCRATCH(t->run);

    HONE_TRY(score_begin(t->run, t->raw->rows, &s));
    bool low = rule->min_text == NULL && isinf(rule->min);
    bool high = rule->max_text == NULL && isinf(rule->max);
    if ((!low && !bound_of(&t->column, rule->min, rule->min_text, &min)) ||
        (!high && !bound_of(&t->column, rule->max, rule->max_text, &max))) {
        conclude(t, rule, NULL, false,
                 hone_arena_format(mem, "column %s is of type %s, which the range does not fit",
                                   t->raw->name, hone_type_name(t->column.type)));
        return HONE_OK;
    }
    for (size_t i = 0; i < t->column.rows; i++) {
        double x = hone_column_f64(&t->column, i);
        if (hone_is_valid(&t->column, i)) {
            score_row(&s, i, x >= min && x <= max);
        }
    }
    hone_buf_text(&what, "lies");
    if (!low) {
        hone_buf_text(&what, high ? " at or above " : " between ");
        hone_buf_format(&what, "%s", rule->min_text == NULL ? "" : rule->min_text);
        if (rule->min_text == NULL) {
            hone_buf_f64(&what, rule->min);
        }
    }
    if (!high) {
        hone_buf_text(&what, low ? " at or below " : " and ");
        hone_buf_format(&what, "%s", rule->max_text == NULL ? "" : rule->max_text);
        if (rule->max_text == NULL) {
            hone_buf_f64(&what, rule->max);
        }
    }
    conclude_values(t, rule, &s, what.ptr);
    return HONE_OK;
}

/* The text of a value: of texts as it is, of others as CSV writes it. */
static struct hone_str text_of(const struct hone_column *c, size_t row, struct hone_buf *buf)
{
    if (hone_type_is_text(c->type)) {
        return hone_column_str(c, row);
    }
    buf->len = 0;
    hone_column_print(buf, c, row);
    return (struct hone_str){buf->ptr == NULL ? "" : buf->ptr, buf->len};
}

static size_t characters(struct hone_str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80 ? 1 : 0; /* not a continuation byte */
    }
    return n;
}

/* values, length and regex look at the text of each value. */
static enum hone_code judge_text(struct trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    regex_t compiled;
    struct score s;
    HONE_SCRATCH(t->run);

    HONE_TRY(score_begin(t->run, t->raw->rows, &s));
    if (rule->kind == HONE_RULE_REGEX &&
        regcomp(&compiled, rule->regex, REG_EXTENDED | REG_NOSUB) != 0) {
        return hone_no_room(t->run, "regex", 1);
    }
    struct hone_buf buf = hone_buf(&t->run->scratch);
    struct hone_buf ended = hone_buf(&t->run->scratch);
    for (size_t i = 0; i < t->raw->rows; i++) {
        if (!hone_is_valid(t->raw, i)) {
            continue;
        }
        struct hone_str text = text_of(t->raw, i, &buf);
        if (rule->kind == HONE_RULE_VALUES) {
            score_row(&s, i, hone_map_get(&rule->values, text) != UINT32_MAX);
        } else if (rule->kind == HONE_RULE_LENGTH) {
            double n = (double)characters(text);
            score_row(&s, i, n >= rule->min && n <= rule->max);
        } else {
            ended.len = 0;
            hone_buf_str(&ended, text);
            hone_buf_char(&ended, '\0');
            score_row(&s, i, regexec(&compiled, ended.ptr, 0, NULL, 0) == 0);
        }
    }
    const char *what = "is one of the listed values";
    if (rule->kind == HONE_RULE_REGEX) {
        regfree(&compiled);
        what = hone_arena_format(mem, "matches %s", rule->regex);
    } else if (rule->kind == HONE_RULE_LENGTH) {
        what =
            hone_arena_format(mem, "has %g to %g characters", fmax(0.0, rule->min), rule->max);
    }
    conclude_values(t, rule, &s, what);
    return HONE_OK;
}

static enum hone_code judge(struct trial *t, const struct hone_rule *rule)
{
    switch (rule->kind) {
    case HONE_RULE_TYPE:
        return judge_type(t, rule);
    case HONE_RULE_MISSING:
        return judge_missing(t, rule);
    case HONE_RULE_UNIQUE:
        return judge_unique(t, rule);
    case HONE_RULE_RANGE:
        return judge_range(t, rule);
    case HONE_RULE_VALUES:
    case HONE_RULE_LENGTH:
    case HONE_RULE_REGEX:
        return judge_text(t, rule);
    case HONE_RULE_REQUIRED:
    case HONE_RULE_KINDS:
        break;
    }
    return HONE_OK;
}

/* An absent column fails unless its rule `required` says otherwise. */
static void judge_absent(const struct hone_schema_column *c, struct hone_findings *findings)
{
    enum hone_severity severity = HONE_FAIL;

    for (size_t r = 0; r < c->rules; r++) {
        if (c->rule[r].kind == HONE_RULE_REQUIRED && c->rule[r].action != HONE_RULE_FAIL) {
            severity = HONE_WARN;
        }
    }
    struct hone_finding *f = hone_finding_add(findings, "required", severity, c->name);
    f->message = HONE_SAY(findings, "there is no column %s", c->name);
    f->advice = "was it renamed?";
}

static enum hone_code judge_column(struct hone_run *run, const struct hone_schema_column *c,
                                   const struct hone_table *t,
                                   struct hone_schema_verdict *verdict)
{
    const struct hone_column *raw = hone_table_find(t, hone_str(c->name));

    HONE_TRY(hone_check_cancel(run));
    if (raw == NULL) {
        judge_absent(c, verdict->findings);
        return HONE_OK;
    }
    struct trial trial = {run, t, raw, *raw, verdict};
    for (int pass = 0; pass < 2; pass++) { /* the type first: the others judge what it makes */
        for (size_t r = 0; r < c->rules; r++) {
            if ((c->rule[r].kind == HONE_RULE_TYPE) == (pass == 0)) {
                HONE_TRY(judge(&trial, &c->rule[r]));
            }
        }
    }
    return HONE_OK;
}

static void judge_rows(const struct hone_schema *schema, const struct hone_table *t,
                       struct hone_findings *findings)
{
    double rows = (double)t->rows;
    bool good = rows >= schema->rows.min && rows <= schema->rows.max;
    enum hone_severity severity = good                                    ? HONE_PASS
                                  : schema->rows.action == HONE_RULE_FAIL ? HONE_FAIL
                                                                          : HONE_WARN;
    struct hone_finding *f = hone_finding_add(findings, "rows", severity, NULL);

    f->value = rows;
    f->threshold = rows < schema->rows.min ? schema->rows.min : schema->rows.max;
    f->message =
        good ? HONE_SAY(findings, "the table has %zu rows", t->rows)
             : HONE_SAY(findings, "the table has %zu rows, the schema asks for %s %g", t->rows,
                        rows < schema->rows.min ? "at least" : "at most", f->threshold);
}

static void judge_extra(const struct hone_schema *schema, const struct hone_table *t,
                        struct hone_findings *findings)
{
    for (size_t j = 0; j < t->cols; j++) {
        struct hone_str name = hone_str(t->column[j].name);
        size_t k = 0;
        while (k < schema->cols && !hone_str_is(name, schema->column[k].name)) {
            k++;
        }
        if (k < schema->cols) {
            continue;
        }
        struct hone_finding *f = hone_finding_add(
            findings, "extra", schema->extra.action == HONE_RULE_FAIL ? HONE_FAIL : HONE_WARN,
            t->column[j].name);
        f->message = HONE_SAY(findings, "column %s is not in the schema", t->column[j].name);
        f->advice = "add it to the schema, or drop it";
    }
}

enum hone_code hone_schema_enforce(struct hone_run *run, const struct hone_schema *schema,
                                   const struct hone_table *t, struct hone_arena *mem,
                                   struct hone_schema_verdict *out)
{
    struct hone_schema_verdict verdict = {.findings = hone_new(mem, struct hone_findings)};

    verdict.findings->mem = mem;
    HONE_TRY(hone_array(run, mem, &verdict.aside, t->rows));
    judge_rows(schema, t, verdict.findings);
    for (size_t j = 0; j < schema->cols; j++) {
        HONE_TRY(judge_column(run, &schema->column[j], t, &verdict));
    }
    judge_extra(schema, t, verdict.findings);
    *out = verdict;
    return HONE_OK;
}
