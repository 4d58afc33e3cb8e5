#include "check/finding.h"

#include <math.h>

#include "table/table.h"

const char *hone_severity_name(enum hone_severity severity)
{
    static const char *const name[HONE_SEVERITIES] = {"pass", "info", "warn", "fail"};
    return name[severity];
}

struct hone_finding *hone_finding_add(struct hone_findings *findings, const char *check,
                                      enum hone_severity severity, const char *column)
{
    if (findings->n == findings->room) {
        size_t room = findings->room == 0 ? 32 : 2 * findings->room;
        findings->item = hone_arena_grow_plain(findings->mem, findings->item,
                                               sizeof *findings->item, findings->room, room);
        HONE_ASSERT(findings->item != NULL);
        findings->room = room;
    }
    struct hone_finding *f = &findings->item[findings->n++];
    *f = (struct hone_finding){.check = check,
                               .severity = severity,
                               .column = column,
                               .message = "",
                               .value = (double)NAN,
                               .threshold = (double)NAN};
    return f;
}

void hone_finding_row(struct hone_finding *f, size_t row)
{
    if (f->row_n < HONE_FINDING_ROWS) {
        f->row[f->row_n++] = row;
    }
    f->rows++;
}

void hone_finding_rows(struct hone_finding *f, const struct hone_finding *from)
{
    memcpy(f->row, from->row, sizeof f->row);
    f->rows = from->rows;
    f->row_n = from->row_n;
}

static const char *copied(struct hone_arena *mem, const char *text)
{
    return text == NULL ? NULL : hone_arena_text(mem, text, strlen(text));
}

void hone_finding_copy(struct hone_findings *findings, const struct hone_finding *from)
{
    struct hone_finding *f =
        hone_finding_add(findings, from->check, from->severity, from->column);
    *f = *from;
    f->message = copied(findings->mem, from->message);
    f->advice = copied(findings->mem, from->advice);
}

bool hone_findings_hide(const struct hone_findings *findings, const char *column)
{
    for (size_t i = 0; i < findings->n && column != NULL; i++) {
        const struct hone_finding *f = &findings->item[i];
        if (strcmp(f->check, "personal_data") == 0 && f->severity != HONE_PASS &&
            f->column != NULL && strcmp(f->column, column) == 0) {
            return true;
        }
    }
    return false;
}

/* What stands between quotation marks becomes dots. */
static const char *without_quotes(struct hone_arena *mem, const char *text)
{
    struct hone_buf out = hone_buf(mem);
    bool inside = false;

    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"') {
            hone_buf_text(&out, inside ? "...\"" : "\"");
            inside = !inside;
        } else if (!inside) {
            hone_buf_char(&out, *c);
        }
    }
    return out.ptr == NULL ? "" : out.ptr;
}

void hone_findings_mask(struct hone_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        struct hone_finding *f = &findings->item[i];
        if (f->severity == HONE_PASS || strcmp(f->check, "personal_data") == 0 ||
            !hone_findings_hide(findings, f->column)) {
            continue;
        }
        f->message = without_quotes(findings->mem, f->message);
        f->observed = NULL;
    }
}

size_t hone_findings_count(const struct hone_findings *findings, enum hone_severity severity)
{
    size_t n = 0;

    for (size_t i = 0; i < findings->n; i++) {
        n += findings->item[i].severity == severity ? 1 : 0;
    }
    return n;
}

enum hone_severity hone_findings_worst(const struct hone_findings *findings)
{
    enum hone_severity worst = HONE_PASS;

    for (size_t i = 0; i < findings->n; i++) {
        worst = findings->item[i].severity > worst ? findings->item[i].severity : worst;
    }
    return worst;
}

/* What a check or rule was asked: its name and settings, as its author wrote them where one did. */
static json_t *config_json(const struct hone_finding *f)
{
    json_t *config = json_object();
    json_t *kwargs = f->kwargs == NULL ? NULL : json_loads(f->kwargs, JSON_DECODE_ANY, NULL);

    if (!json_is_object(kwargs)) {
        json_decref(kwargs);
        kwargs = json_object();
        if (f->column != NULL) {
            hone_json_set_text(kwargs, "column", f->column);
        }
        if (f->other != NULL) {
            hone_json_set_text(kwargs, "other_column", f->other);
        }
        if (!isnan(f->threshold)) {
            hone_json_set(kwargs, f->by_value ? "mostly" : "threshold",
                          hone_json_real(f->threshold));
        }
    }
    hone_json_set_text(config, "type", f->expectation == NULL ? f->check : f->expectation);
    hone_json_set_text(config, "expectation_type",
                       f->expectation == NULL ? f->check : f->expectation);
    hone_json_set(config, "kwargs", kwargs);
    hone_json_set(config, "meta", json_object());
    return config;
}

static json_t *cell_json(const struct hone_column *c, size_t row)
{
    struct hone_arena mem = {0};
    struct hone_buf text = hone_buf(&mem);
    json_t *out;

    if (!hone_is_valid(c, row)) {
        return json_null();
    }
    if (c->type == HONE_BOOL) {
        return json_boolean(hone_column_i64(c, row) != 0);
    }
    if (c->type == HONE_INT64) {
        return json_integer((json_int_t)hone_column_i64(c, row));
    }
    if (hone_type_is_number(c->type)) {
        return hone_json_real(hone_column_f64(c, row));
    }
    hone_column_print(&text, c, row);
    out = hone_type_is_text(c->type) ? hone_json_text(hone_column_str(c, row))
                                     : hone_json_text((struct hone_str){text.ptr, text.len});
    hone_arena_free(&mem);
    return out;
}

/* The listed values that are wrong, and how often each is among them. */
static void put_values(json_t *result, const struct hone_finding *f,
                       const struct hone_column *c)
{
    json_t *values = json_array();
    json_t *counts = json_array();

    for (size_t i = 0; i < f->row_n; i++) {
        json_t *value = f->row[i] < c->rows ? cell_json(c, f->row[i]) : json_null();
        size_t k = 0;
        hone_json_push(values, json_incref(value));
        while (k < json_array_size(counts) &&
               !json_equal(json_object_get(json_array_get(counts, k), "value"), value)) {
            k++;
        }
        json_t *entry = json_array_get(counts, k);
        if (entry == NULL) {
            entry = json_object();
            hone_json_set(entry, "value", json_incref(value));
            hone_json_push(counts, entry);
        }
        hone_json_set(entry, "count",
                      json_integer((json_int_t)hone_json_get_int(entry, "count", 0) + 1));
        json_decref(value);
    }
    hone_json_set(result, "partial_unexpected_list", values);
    hone_json_set(result, "partial_unexpected_counts", counts);
}

static double percent(size_t part, size_t whole)
{
    return whole > 0 ? 100 * (double)part / (double)whole : 0.0;
}

static json_t *result_json(const struct hone_finding *f, size_t element_count,
                           const struct hone_table *t)
{
    json_t *result = json_object();
    json_t *rows = json_array();
    const struct hone_column *c = t == NULL || f->column == NULL || f->of_test
                                      ? NULL
                                      : hone_table_find(t, hone_str(f->column));

    for (size_t i = 0; i < f->row_n; i++) {
        hone_json_push(rows, json_integer((json_int_t)f->row[i]));
    }
    json_t *observed =
        f->observed == NULL ? NULL : json_loads(f->observed, JSON_DECODE_ANY, NULL);
    hone_json_set(result, "observed_value",
                  observed == NULL ? hone_json_real(f->value) : observed);
    hone_json_set(result, "element_count", json_integer((json_int_t)element_count));
    if (f->by_value) {
        hone_json_set(result, "missing_count", json_integer((json_int_t)f->missing));
        hone_json_set(result, "missing_percent",
                      hone_json_real(percent(f->missing, element_count)));
        hone_json_set(result, "unexpected_percent_total",
                      hone_json_real(percent(f->rows, element_count)));
        hone_json_set(result, "unexpected_percent_nonmissing",
                      hone_json_real(percent(f->rows, f->known)));
    }
    hone_json_set(result, "unexpected_count", json_integer((json_int_t)f->rows));
    hone_json_set(result, "unexpected_percent",
                  hone_json_real(percent(f->rows, f->by_value ? f->known : element_count)));
    if (c != NULL && f->row_n > 0) {
        put_values(result, f, c);
    }
    if (f->rows == f->row_n) { /* all of them */
        hone_json_set(result, "unexpected_index_list", json_incref(rows));
    }
    hone_json_set(result, "partial_unexpected_index_list", rows);
    return result;
}

static json_t *finding_json(const struct hone_finding *f, size_t element_count,
                            const struct hone_table *t)
{
    json_t *root = json_object();
    json_t *trouble = json_object();

    hone_json_set(trouble, "raised_exception", json_false());
    hone_json_set(trouble, "exception_traceback", json_null());
    hone_json_set(trouble, "exception_message", json_null());
    hone_json_set(root, "success", json_boolean(f->severity <= HONE_INFO));
    hone_json_set_text(root, "severity", hone_severity_name(f->severity));
    hone_json_set(root, "expectation_config", config_json(f));
    hone_json_set(root, "result", result_json(f, element_count, t));
    hone_json_set(root, "exception_info", trouble);
    hone_json_set(root, "meta", json_object());
    hone_json_set_text(root, "message", f->message);
    hone_json_set_text(root, "advice", f->advice);
    return root;
}

json_t *hone_findings_report(const struct hone_findings *findings, size_t element_count,
                             const struct hone_table *table)
{
    json_t *root = json_object();
    json_t *statistics = json_object();
    json_t *results = json_array();
    size_t passed = hone_findings_count(findings, HONE_PASS);
    size_t told = hone_findings_count(findings, HONE_INFO);
    size_t good = passed + told;

    for (size_t i = 0; i < findings->n; i++) {
        const struct hone_finding *f = &findings->item[i];
        bool hide = hone_findings_hide(findings, f->column);
        hone_json_push(results, finding_json(f, element_count, hide ? NULL : table));
    }
    hone_json_set(statistics, "evaluated_expectations", json_integer((json_int_t)findings->n));
    hone_json_set(statistics, "successful_expectations", json_integer((json_int_t)good));
    hone_json_set(statistics, "unsuccessful_expectations",
                  json_integer((json_int_t)(findings->n - good)));
    hone_json_set(statistics, "success_percent", hone_json_real(percent(good, findings->n)));
    hone_json_set(statistics, "told", json_integer((json_int_t)told));
    hone_json_set(statistics, "warned",
                  json_integer((json_int_t)hone_findings_count(findings, HONE_WARN)));
    hone_json_set(statistics, "failed",
                  json_integer((json_int_t)hone_findings_count(findings, HONE_FAIL)));
    hone_json_set(root, "success", json_boolean(hone_findings_worst(findings) != HONE_FAIL));
    hone_json_set(root, "statistics", statistics);
    hone_json_set(root, "results", results);
    hone_json_set(root, "evaluation_parameters", json_object());
    hone_json_set(root, "meta", json_object());
    return root;
}

json_t *hone_findings_json(const struct hone_findings *findings, size_t element_count)
{
    return hone_findings_report(findings, element_count, NULL);
}

static void finding_text(const struct hone_finding *f, struct hone_buf *out)
{
    hone_buf_format(out, "%-4s  %s: %s\n", hone_severity_name(f->severity), f->check,
                    f->message);
    if (f->row_n > 0) {
        size_t shown = f->row_n < 8 ? f->row_n : 8;
        hone_buf_format(out, "      %srow%s ", f->of_test ? "test " : "",
                        f->rows == 1 ? "" : "s");
        for (size_t i = 0; i < shown; i++) {
            hone_buf_format(out, "%s%zu", i == 0 ? "" : ", ", f->row[i] + 1);
        }
        if (f->rows > shown) {
            hone_buf_format(out, " and %zu more", f->rows - shown);
        }
        hone_buf_char(out, '\n');
    }
    if (f->advice != NULL) {
        hone_buf_format(out, "      -> %s\n", f->advice);
    }
}

void hone_findings_text(const struct hone_findings *findings, bool all, struct hone_buf *out)
{
    size_t passed =
        hone_findings_count(findings, HONE_PASS) + hone_findings_count(findings, HONE_INFO);

    for (int s = HONE_FAIL; s >= (all ? HONE_PASS : HONE_WARN); s--) {
        for (size_t i = 0; i < findings->n; i++) {
            if ((int)findings->item[i].severity == s) {
                finding_text(&findings->item[i], out);
            }
        }
    }
    size_t warned = hone_findings_count(findings, HONE_WARN);
    size_t failed = hone_findings_count(findings, HONE_FAIL);
    hone_buf_format(out, "%zu check%s passed, %zu warning%s, %zu failure%s\n", passed,
                    passed == 1 ? "" : "s", warned, warned == 1 ? "" : "s", failed,
                    failed == 1 ? "" : "s");
}
