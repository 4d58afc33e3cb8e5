/* Hold a table against a schema: rule by rule, and what a rule's outcome becomes. */
#include <math.h>

#include "check/check_priv.h"
#include "check/schema_priv.h"

enum hone_code hone_score_begin(struct hone_trial *t, struct hone_score *s)
{
    *s = (struct hone_score){0};
    return hone_array(t->run, &t->run->scratch, &s->bad, t->t->rows);
}

static void set_aside(struct hone_trial *t, const struct hone_score *s)
{
    for (size_t i = 0; i < t->t->rows; i++) {
        if (s->bad[i] && !t->verdict->aside[i]) {
            t->verdict->aside[i] = true;
            t->verdict->aside_n++;
        }
    }
}

struct hone_finding *hone_conclude(struct hone_trial *t, const struct hone_rule *rule,
                                   const struct hone_score *s, bool good, const char *message)
{
    struct hone_findings *all = t->verdict->findings;
    enum hone_severity severity = good                             ? HONE_PASS
                                  : rule->action == HONE_RULE_FAIL ? HONE_FAIL
                                                                   : HONE_WARN;
    struct hone_finding *f =
        hone_finding_add(all, rule->kind->name, severity, t->raw == NULL ? NULL : t->raw->name);

    f->message = message;
    f->expectation = rule->expectation;
    f->kwargs = rule->kwargs;
    if (rule->cols > 1) {
        f->other = rule->columns[1];
        f->column = rule->columns[0];
    }
    if (s == NULL) {
        return f;
    }
    hone_finding_rows(f, &s->found);
    f->threshold = rule->mostly;
    f->by_value = true;
    f->known = s->known;
    f->missing = t->t->rows - s->known;
    f->value = s->known == 0 ? 1.0 : 1 - (double)s->found.rows / (double)s->known;
    if (!good && rule->action == HONE_RULE_QUARANTINE) {
        f->advice = "these rows are set aside";
        set_aside(t, s);
    }
    return f;
}

void hone_conclude_values(struct hone_trial *t, const struct hone_rule *rule,
                          const struct hone_score *s, const char *what)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    double share = s->known == 0 ? 1.0 : 1 - (double)s->found.rows / (double)s->known;
    const char *message;

    if (t->raw == NULL) {
        message = s->found.rows == 0
                      ? hone_arena_format(mem, "in every row: %s", what)
                      : hone_arena_format(mem, "%zu of %zu rows do not satisfy \"%s\"",
                                          s->found.rows, s->known, what);
    } else if (s->found.rows == 0) {
        message = hone_arena_format(mem, "column %s: every value %s", t->raw->name, what);
    } else {
        struct hone_buf example = hone_buf(mem);
        hone_column_print(&example, t->raw, s->found.row[0]);
        struct hone_str shown = {example.ptr == NULL ? "" : example.ptr,
                                 example.len < 60 ? example.len : 60};
        message = hone_arena_format(
            mem, "column %s: %zu of %zu values do not satisfy \"%s\", such as \"%.*s\"",
            t->raw->name, s->found.rows, s->known, what, (int)hone_utf8_valid(shown),
            shown.ptr);
    }
    (void)hone_conclude(t, rule, s, share >= rule->mostly, message);
}

void hone_conclude_figure(struct hone_trial *t, const struct hone_rule *rule, const char *what,
                          double x)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    double min = rule->min;
    double max = rule->max;
    struct hone_buf shown = hone_buf(mem);
    const struct hone_column *c = t->raw == NULL ? NULL : &t->column;
    bool fits = c == NULL || (hone_bound_of(c, rule->min, rule->min_text, &min) &&
                              hone_bound_of(c, rule->max, rule->max_text, &max));

    if (c == NULL || !rule->kind->dates) {
        min = rule->min;
        max = rule->max;
        fits = true;
    }
    bool low = rule->strict_min ? x > min : x >= min;
    bool high = rule->strict_max ? x < max : x <= max;
    if (c != NULL && rule->kind->dates && hone_type_is_time(c->type) && isfinite(x)) {
        struct hone_column one = *c; /* the figure as a time of the column's type */
        int64_t us = (int64_t)x;
        int32_t day = (int32_t)x;
        one.data = c->type == HONE_DATE ? (const void *)&day : (const void *)&us;
        one.valid = NULL;
        hone_column_print(&shown, &one, 0);
    } else {
        hone_buf_format(&shown, "%.6g", x);
    }
    bool good = fits && low && high;
    struct hone_finding *f =
        hone_conclude(t, rule, NULL, good,
                      !fits  ? hone_arena_format(mem, "%s: the bounds do not fit the type %s",
                                                 what, hone_type_name(t->column.type))
                      : good ? hone_arena_format(mem, "%s is %s", what, shown.ptr)
                             : hone_arena_format(mem, "%s is %s, not %s", what, shown.ptr,
                                                 hone_bounds_text(rule, mem)));
    f->value = x;
    f->threshold = low ? (isfinite(max) ? max : min) : min;
}

void hone_conclude_unfit(struct hone_trial *t, const struct hone_rule *rule, const char *why)
{
    (void)hone_conclude(t, rule, NULL, false, why);
}

static bool listed(const char **list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool rule_applies(const struct hone_rule *r, const char *environment)
{
    return environment == NULL || r->only_ins == 0 ||
           listed(r->only_in, r->only_ins, environment);
}

/* An absent column fails unless its rule `required` says otherwise, or lets it be absent here. */
static void judge_absent(const struct hone_schema *schema, const char *name,
                         const char *environment, struct hone_findings *findings)
{
    enum hone_severity severity = HONE_FAIL;
    const struct hone_rule *own = NULL;

    for (size_t k = 0; k < schema->rules; k++) {
        const struct hone_rule *r = &schema->rule[k];
        if (r->column != NULL && strcmp(r->column, name) == 0 &&
            strcmp(r->kind->name, "required") == 0) {
            own = r;
        }
    }
    if (own != NULL && environment != NULL &&
        (listed(own->not_in, own->not_ins, environment) || !rule_applies(own, environment))) {
        return;
    }
    if (own != NULL && own->action != HONE_RULE_FAIL && own->not_ins == 0) {
        severity = HONE_WARN;
    }
    struct hone_finding *f = hone_finding_add(findings, "required", severity, name);
    f->message = HONE_SAY(findings, "there is no column %s", name);
    f->advice = "was it renamed?";
    if (own != NULL) {
        f->expectation = own->expectation;
        f->kwargs = own->kwargs;
    }
}

static enum hone_code judge_column(struct hone_run *run, const struct hone_schema *schema,
                                   const char *name, const char *environment,
                                   const struct hone_table *t,
                                   struct hone_schema_verdict *verdict)
{
    const struct hone_column *raw = hone_table_find(t, hone_str(name));

    HONE_TRY(hone_check_cancel(run));
    if (raw == NULL) {
        judge_absent(schema, name, environment, verdict->findings);
        return HONE_OK;
    }
    struct hone_trial trial = {run, t, raw, *raw, verdict};
    for (int pass = 0; pass < 2; pass++) { /* the type first: the others judge what it makes */
        for (size_t k = 0; k < schema->rules; k++) {
            const struct hone_rule *r = &schema->rule[k];
            bool own = r->column != NULL && strcmp(r->column, name) == 0;
            bool type = strcmp(r->kind->name, "type") == 0;
            if (own && type == (pass == 0) && rule_applies(r, environment)) {
                HONE_TRY(r->kind->judge(&trial, r));
            }
        }
    }
    return HONE_OK;
}

static void judge_extra(const struct hone_schema *schema, const struct hone_table *t,
                        struct hone_findings *findings)
{
    for (size_t j = 0; j < t->cols && !schema->foreign; j++) {
        const char *name = t->column[j].name;
        if (listed(schema->column, schema->cols, name)) {
            continue;
        }
        struct hone_finding *f = hone_finding_add(
            findings, "extra", schema->extra == HONE_RULE_FAIL ? HONE_FAIL : HONE_WARN, name);
        f->message = HONE_SAY(findings, "column %s is not in the schema", name);
        f->advice = "add it to the schema, or drop it";
    }
}

enum hone_code hone_schema_enforce(struct hone_run *run, const struct hone_schema *schema,
                                   const struct hone_table *t, const char *environment,
                                   struct hone_arena *mem, struct hone_schema_verdict *out)
{
    struct hone_schema_verdict verdict = {.findings = hone_new(mem, struct hone_findings)};
    struct hone_trial trial = {run, t, NULL, {0}, &verdict};

    verdict.findings->mem = mem;
    HONE_TRY(hone_array(run, mem, &verdict.aside, t->rows));
    for (size_t k = 0; k < schema->rules; k++) {
        const struct hone_rule *r = &schema->rule[k];
        if (r->kind->table && rule_applies(r, environment)) {
            HONE_TRY(r->kind->judge(&trial, r));
        }
    }
    for (size_t j = 0; j < schema->cols; j++) {
        HONE_TRY(judge_column(run, schema, schema->column[j], environment, t, &verdict));
    }
    judge_extra(schema, t, verdict.findings);
    *out = verdict;
    return HONE_OK;
}
