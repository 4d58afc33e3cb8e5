/* Drift reports for programs and people. */
#include "monitor/drift.h"

static json_t *cells_json(const struct hone_drift_column *c)
{
    json_t *list = json_array();

    for (size_t i = 0; i < c->cells; i++) {
        json_t *cell = json_array();
        hone_json_push(cell, hone_json_text(hone_str(c->cell[i].label)));
        hone_json_push(cell, hone_json_real(c->cell[i].reference));
        hone_json_push(cell, hone_json_real(c->cell[i].window));
        hone_json_push(list, cell);
    }
    return list;
}

static json_t *column_json(const struct hone_drift_column *c, bool cells)
{
    json_t *o = json_object();
    json_t *tests = json_object();

    hone_json_set_text(o, "column", c->reference->name);
    hone_json_set_text(o, "role", c->reference->prediction ? "prediction" : "input");
    hone_json_set_text(o, "state", hone_drift_state_name(c->state));
    hone_json_set(o, "score", hone_json_real(c->score));
    hone_json_set_text(o, "leading", c->leading == NULL ? NULL : c->leading->test->part.name);
    hone_json_set_text(o, "message", c->message);
    for (size_t t = 0; t < c->n; t++) {
        const struct hone_drift_result *r = &c->result[t];
        json_t *test = json_object();
        hone_json_set(test, "value", hone_json_real(r->value));
        hone_json_set(test, "threshold", hone_json_real(r->threshold));
        hone_json_set(test, "p_value", hone_json_real(r->p));
        hone_json_set(test, "p_adjusted", hone_json_real(r->p_adjusted));
        hone_json_set_text(test, "state", hone_drift_state_name(r->state));
        hone_json_set(tests, r->test->part.name, test);
    }
    hone_json_set(o, "tests", tests);
    if (cells && c->cells > 0) {
        hone_json_set(o, "cells", cells_json(c));
    }
    return o;
}

json_t *hone_drift_json(const struct hone_drift_report *report, bool cells)
{
    json_t *root = json_object();
    json_t *columns = json_array();
    json_t *absent = json_array();

    for (size_t j = 0; j < report->cols; j++) {
        hone_json_push(columns, column_json(&report->column[j], cells));
    }
    for (size_t j = 0; j < report->absent_n; j++) {
        hone_json_push(absent, json_string(report->absent[j]));
    }
    hone_json_set_text(root, "state", hone_drift_state_name(report->state));
    hone_json_set(root, "rows", json_integer((json_int_t)report->rows));
    hone_json_set(root, "columns_compared", json_integer((json_int_t)report->cols));
    hone_json_set(root, "columns_drifted", json_integer((json_int_t)report->drifted));
    hone_json_set(root, "columns_possible", json_integer((json_int_t)report->possible));
    hone_json_set(root, "prediction_drifted", json_boolean(report->prediction_drifted));
    hone_json_set(root, "absent", absent);
    hone_json_set(root, "columns", columns);
    return root;
}

void hone_drift_text(const struct hone_drift_report *report, struct hone_buf *out)
{
    hone_buf_format(out, "%s: %zu of %zu columns have drifted, %zu may have (%zu rows)\n",
                    hone_drift_state_name(report->state), report->drifted, report->cols,
                    report->possible, report->rows);
    for (size_t j = 0; j < report->cols; j++) {
        const struct hone_drift_column *c = &report->column[j];
        if (c->state == HONE_DRIFT_POSSIBLE || c->state == HONE_DRIFT_FOUND) {
            hone_buf_format(out, "%-8s  %s%s\n", hone_drift_state_name(c->state),
                            c->reference->prediction ? "prediction " : "", c->message);
        }
    }
    for (size_t j = 0; j < report->absent_n; j++) {
        hone_buf_format(out, "absent    %s\n", report->absent[j]);
    }
}
