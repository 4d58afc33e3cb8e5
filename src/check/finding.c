#include "check/finding.h"

#include <math.h>

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

static json_t *finding_json(const struct hone_finding *f, size_t element_count)
{
    json_t *result = json_object();
    json_t *expectation = json_object();
    json_t *kwargs = json_object();
    json_t *detail = json_object();
    json_t *rows = json_array();

    for (size_t i = 0; i < f->row_n; i++) {
        hone_json_push(rows, json_integer((json_int_t)f->row[i]));
    }
    if (f->column != NULL) {
        hone_json_set_text(kwargs, "column", f->column);
    }
    if (f->other != NULL) {
        hone_json_set_text(kwargs, "other_column", f->other);
    }
    if (!isnan(f->threshold)) {
        hone_json_set(kwargs, "threshold", hone_json_real(f->threshold));
    }
    hone_json_set_text(expectation, "type", f->check);
    hone_json_set(expectation, "kwargs", kwargs);
    hone_json_set(detail, "observed_value", hone_json_real(f->value));
    hone_json_set(detail, "element_count", json_integer((json_int_t)element_count));
    hone_json_set(detail, "unexpected_count", json_integer((json_int_t)f->rows));
    hone_json_set(detail, "unexpected_percent",
                  hone_json_real(
                      element_count > 0 ? 100 * (double)f->rows / (double)element_count : 0.0));
    hone_json_set(detail, "partial_unexpected_index_list", rows);
    hone_json_set(result, "success", json_boolean(f->severity <= HONE_INFO));
    hone_json_set_text(result, "severity", hone_severity_name(f->severity));
    hone_json_set(result, "expectation_config", expectation);
    hone_json_set(result, "result", detail);
    hone_json_set_text(result, "message", f->message);
    hone_json_set_text(result, "advice", f->advice);
    return result;
}

json_t *hone_findings_json(const struct hone_findings *findings, size_t element_count)
{
    json_t *root = json_object();
    json_t *statistics = json_object();
    json_t *results = json_array();
    size_t passed = hone_findings_count(findings, HONE_PASS);

    for (size_t i = 0; i < findings->n; i++) {
        hone_json_push(results, finding_json(&findings->item[i], element_count));
    }
    hone_json_set(statistics, "evaluated_expectations", json_integer((json_int_t)findings->n));
    hone_json_set(statistics, "successful_expectations", json_integer((json_int_t)passed));
    hone_json_set(statistics, "unsuccessful_expectations",
                  json_integer((json_int_t)(findings->n - passed)));
    hone_json_set(statistics, "warned",
                  json_integer((json_int_t)hone_findings_count(findings, HONE_WARN)));
    hone_json_set(statistics, "failed",
                  json_integer((json_int_t)hone_findings_count(findings, HONE_FAIL)));
    hone_json_set(root, "success", json_boolean(hone_findings_worst(findings) != HONE_FAIL));
    hone_json_set(root, "statistics", statistics);
    hone_json_set(root, "results", results);
    return root;
}

static void finding_text(const struct hone_finding *f, struct hone_buf *out)
{
    hone_buf_format(out, "%-4s  %s: %s\n", hone_severity_name(f->severity), f->check,
                    f->message);
    if (f->row_n > 0) {
        size_t shown = f->row_n < 8 ? f->row_n : 8;
        hone_buf_text(out, f->rows == 1 ? "      row " : "      rows ");
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
    size_t passed = hone_findings_count(findings, HONE_PASS);

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
