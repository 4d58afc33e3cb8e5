#include "flow/judge/versus.h"

#include <math.h>
#include <stdlib.h>

#include "base/progress.h"
#include "eval/stat.h"
#include "flow/data/source.h"
#include "flow/judge/versus_priv.h"
#include "graph/plan.h"

#define TURNS 3 /* of timing; the fastest counts: others only wait longer */
#define ALPHA 0.05

static enum hone_code open_models(struct hone_run *run, struct hone_versus_work *w)
{
    for (size_t m = 0; m < w->n; m++) {
        struct hone_versus_model *model = &w->model[m];
        HONE_TRY(
            hone_model_locate(run, w->in->store, w->in->model[m], w->mem, &model->located));
        HONE_TRY(hone_scorer_located(run, &model->located, w->mem, &model->scorer));
    }
    return HONE_OK;
}

/* Where a class of another model is among the first one's; SIZE_MAX: nowhere. */
static size_t class_at(const struct hone_signature *first, const char *name)
{
    for (size_t k = 0; k < first->classes; k++) {
        if (strcmp(first->class_name[k], name) == 0) {
            return k;
        }
    }
    return SIZE_MAX;
}

/* The models must answer one question. */
static enum hone_code check_models(struct hone_run *run, const struct hone_versus_work *w)
{
    const struct hone_versus_model *a = &w->model[0];
    for (size_t m = 0; m < w->n; m++) {
        const struct hone_versus_model *b = &w->model[m];
        const struct hone_signature *s = b->scorer.signature;
        if (s->task != a->scorer.signature->task ||
            s->classes != a->scorer.signature->classes) {
            return hone_fail(run, HONE_E_SHAPE,
                             "%s and %s do not answer the same question: %s "
                             "with %zu classes, %s with %zu",
                             a->located.uri, b->located.uri,
                             hone_task_name(a->scorer.signature->task),
                             a->scorer.signature->classes, hone_task_name(s->task), s->classes);
        }
        if ((s->task & (HONE_TASK_REGRESSION | HONE_TASK_CLASSIFICATION)) == 0) {
            return hone_fail(run, HONE_E_UNSUPPORTED,
                             "%s is a model for %s: there is no truth "
                             "to compare it by",
                             b->located.uri, hone_task_name(s->task));
        }
        for (size_t k = 0; s->task != HONE_TASK_REGRESSION && k < s->classes; k++) {
            if (class_at(a->scorer.signature, s->class_name[k]) == SIZE_MAX) {
                (void)hone_fail(run, HONE_E_SHAPE, "%s has the class %s, which %s has not",
                                b->located.uri, s->class_name[k], a->located.uri);
                return hone_hint(run, "models must tell the same classes apart");
            }
        }
    }
    return HONE_OK;
}

/* The column that a model says it predicts; NULL: a file of others, which does not say. */
static const char *target_said(const struct hone_versus_model *model)
{
    bool ours = hone_model_meta(model->scorer.model, HONE_META_LINEAGE).len > 0;
    return ours || model->located.binding != NULL ? model->scorer.signature->target : NULL;
}

static enum hone_code find_target(struct hone_run *run, struct hone_versus_work *w)
{
    const struct hone_versus_model *first = NULL;
    w->target = hone_target_of(w->model[0].scorer.signature);
    w->target.name = w->in->target;
    for (size_t m = 0; m < w->n && w->in->target == NULL; m++) {
        const char *name = target_said(&w->model[m]);
        if (name != NULL && first == NULL) {
            first = &w->model[m];
            w->target.name = name;
        } else if (name != NULL && strcmp(name, w->target.name) != 0) {
            (void)hone_fail(run, HONE_E_SHAPE, "%s predicts %s, %s predicts %s",
                            first->located.uri, w->target.name, w->model[m].located.uri, name);
            return hone_hint(run, "--target COL compares them by one column all the same");
        }
    }
    if (w->target.name == NULL) {
        (void)hone_fail(run, HONE_E_ARG, "%s does not say which column it predicts",
                        w->model[0].located.uri);
        return hone_hint(run, "add --target COL");
    }
    return HONE_OK;
}

static bool same_reading(const struct hone_read_options *a, const struct hone_read_options *b)
{
    if (a->as_text.n != b->as_text.n) {
        return false;
    }
    for (size_t i = 0; i < a->as_text.n; i++) {
        if (strcmp(a->as_text.item[i], b->as_text.item[i]) != 0) {
            return false;
        }
    }
    return true;
}

/* Each model reads the table as it was trained to: words that look like numbers are words to some. */
static enum hone_code read_tables(struct hone_run *run, struct hone_versus_work *w)
{
    struct hone_read_options *how;
    HONE_TRY(hone_array(run, w->mem, &how, w->n));
    for (size_t m = 0; m < w->n; m++) {
        how[m] = hone_scorer_reading(&w->model[m].scorer, &w->in->read, w->mem);
        for (size_t k = 0; k < m && w->model[m].data == NULL; k++) {
            if (same_reading(&how[k], &how[m])) {
                w->model[m].data = w->model[k].data;
            }
        }
        if (w->model[m].data == NULL) {
            HONE_TRY(hone_data_read(run, w->in->store, w->in->data, &how[m], w->mem,
                                    &w->model[m].data, NULL));
        }
        if (w->model[m].data->rows != w->model[0].data->rows) {
            return hone_fail(run, HONE_E_SHAPE, "%s reads %zu rows of %s, %s reads %zu",
                             w->model[0].located.uri, w->model[0].data->rows, w->in->data,
                             w->model[m].located.uri, w->model[m].data->rows);
        }
    }
    return hone_target_read(run, &w->target, w->model[0].data, w->mem, &w->truth);
}

/* Probabilities and labels in the order of the first model's classes; labels alone are sure of themselves. */
static enum hone_code align(struct hone_run *run, const struct hone_versus_work *w,
                            struct hone_versus_model *model)
{
    const struct hone_signature *first = w->model[0].scorer.signature;
    const struct hone_signature *s = model->scorer.signature;
    size_t classes = s->classes;
    size_t rows = model->scores.rows;
    double *prob;
    uint32_t *label = NULL;
    HONE_TRY(hone_matrix(run, w->mem, &prob, rows, classes));
    if (s->task == HONE_TASK_REGRESSION) {
        for (size_t i = 0; i < rows; i++) {
            prob[i] = (double)model->scores.value[i];
        }
    } else {
        HONE_TRY(hone_array(run, w->mem, &label, rows));
        model->labels_only = model->scores.value == NULL;
        for (size_t i = 0; i < rows; i++) {
            for (size_t k = 0; k < classes; k++) {
                bool said = model->scores.index != NULL && model->scores.index[i] == k;
                double p = model->labels_only ? (said ? 1.0 : 0.0)
                                              : (double)model->scores.value[i * classes + k];
                prob[i * classes + class_at(first, s->class_name[k])] = p;
            }
            if (model->scores.index != NULL) {
                label[i] = (uint32_t)class_at(first, s->class_name[model->scores.index[i]]);
            }
        }
    }
    model->prob = prob;
    model->p = (struct hone_prediction){.task = s->task,
                                        .rows = rows,
                                        .classes = classes,
                                        .y = w->truth.y,
                                        .score = prob,
                                        .threshold = s->threshold};
    if (model->scores.index != NULL) {
        model->p.label = model->label = label;
    } else if (label != NULL) {
        for (size_t i = 0; i < rows; i++) {
            label[i] = (uint32_t)hone_predicted(&model->p, i);
        }
        model->p.label = model->label = label;
    }
    return HONE_OK;
}

static int by_time(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

/* The median time of one row, alone, as a service meets it. */
static enum hone_code time_single(struct hone_run *run, const struct hone_versus_work *w,
                                  struct hone_versus_model *model)
{
    size_t rows = w->truth.n < w->in->latency_rows ? w->truth.n : w->in->latency_rows;
    double *seconds;
    HONE_ARENA(work);
    model->single = (double)NAN;
    if (rows == 0) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &work, &seconds, rows));
    struct hone_tensor *out;
    HONE_TRY(hone_array(run, &work, &out, hone_plan_outputs(model->scorer.plan)));
    struct hone_session *session = hone_session_new(model->scorer.plan);
    enum hone_code code = HONE_OK;
    for (size_t i = 0; i < rows && code == HONE_OK; i++) {
        HONE_ARENA(one);
        struct hone_tensor *in;
        const struct hone_span span = {model->data, &w->truth.row[i], 1};
        code = hone_bind(run, model->scorer.signature, model->scorer.plan, &span, true, &one,
                         &in, NULL);
        for (size_t turn = 0; turn < TURNS && code == HONE_OK; turn++) {
            int64_t start = hone_ticks_ns();
            code = hone_plan_run(run, model->scorer.plan, session, in, out);
            double took = (double)(hone_ticks_ns() - start) * 1e-9;
            seconds[i] = turn == 0 ? took : fmin(seconds[i], took);
        }
    }
    hone_session_free(session);
    HONE_TRY(code);
    qsort(seconds, rows, sizeof *seconds, by_time);
    model->single = seconds[rows / 2];
    return HONE_OK;
}

static enum hone_code score_model(struct hone_run *run, struct hone_versus_work *w, size_t m)
{
    struct hone_versus_model *model = &w->model[m];
    const struct hone_table *data = model->data;
    for (size_t turn = 0; turn < TURNS; turn++) {
        HONE_ARENA(work);
        int64_t start = hone_ticks_ns();
        struct hone_arena *mem = turn == 0 ? w->mem : &work;
        struct hone_scores scores;
        if (hone_score(run, &model->scorer, data, w->truth.row, w->truth.n, mem, &scores) !=
            HONE_OK) {
            return hone_fail_in(run, "%s", model->located.uri);
        }
        double took = (double)(hone_ticks_ns() - start) * 1e-9 / (double)w->truth.n;
        model->batch = turn == 0 ? took : fmin(model->batch, took);
        if (turn == 0) {
            model->scores = scores;
        }
        if (w->in->latency_rows == 0) {
            break;
        }
    }
    HONE_TRY(align(run, w, model));
    return time_single(run, w, model);
}

/* The metrics to judge by; those of probabilities only where all models give some. */
static enum hone_code choose_metrics(struct hone_run *run, struct hone_versus_work *w)
{
    static const char *const of_labels[] = {
        "accuracy", "balanced_accuracy", "precision", "recall", "f1", "mcc"};
    const struct hone_texts *asked = &w->in->metrics;
    bool labels_only = false;
    for (size_t m = 0; m < w->n; m++) {
        labels_only = labels_only || w->model[m].labels_only;
    }
    if (asked->n == 0 && !labels_only) {
        return hone_metrics_of_task(run, w->target.task, w->mem, &w->metric, &w->metrics);
    }
    size_t n = asked->n > 0 ? asked->n : sizeof of_labels / sizeof of_labels[0];
    HONE_TRY(hone_array(run, w->mem, &w->metric, n));
    for (; w->metrics < n; w->metrics++) {
        const char *name = asked->n > 0 ? asked->item[w->metrics] : of_labels[w->metrics];
        HONE_TRY(hone_metric_need(run, hone_str(name), &w->metric[w->metrics]));
    }
    return HONE_OK;
}

/* The p values of all tests together. */
static enum hone_code adjust(struct hone_run *run, struct hone_versus_work *w)
{
    HONE_SCRATCH(run);
    double *p;
    double *adjusted;
    size_t *order;
    HONE_TRY(hone_array(run, &run->scratch, &p, w->tests));
    HONE_TRY(hone_array(run, &run->scratch, &adjusted, w->tests));
    HONE_TRY(hone_array(run, &run->scratch, &order, w->tests));
    for (size_t i = 0; i < w->tests; i++) {
        p[i] = w->test[i].c.p_value;
    }
    hone_holm(w->tests, p, adjusted, order);
    for (size_t i = 0; i < w->tests; i++) {
        struct hone_versus_test *t = &w->test[i];
        t->p_adjusted = adjusted[i];
        t->verdict = isnan(adjusted[i])     ? "undefined"
                     : adjusted[i] >= ALPHA ? "no evidence"
                     : t->c.gain > 0        ? "better"
                                            : "worse";
    }
    return HONE_OK;
}

static enum hone_code compare(struct hone_run *run, struct hone_versus_work *w)
{
    const struct hone_bootstrap how = {.replicates = w->in->replicates};
    struct hone_comparison *c;
    HONE_TRY(hone_array(run, w->mem, &w->test, (w->n - 1) * w->metrics));
    HONE_TRY(hone_array(run, w->mem, &c, w->metrics));
    hone_progress_begin(run, "compare", "models", w->n);
    for (size_t m = 0; m < w->n; m++) {
        struct hone_versus_model *model = &w->model[m];
        HONE_TRY(hone_array(run, w->mem, &model->interval, w->metrics));
        HONE_TRY(hone_bootstrap_intervals(run, &model->p, w->metric, w->metrics, &how,
                                          model->interval));
        if (m > 0) {
            HONE_TRY(hone_bootstrap_compare(run, &w->model[0].p, &model->p, w->metric,
                                            w->metrics, &how, c));
            for (size_t k = 0; k < w->metrics; k++) {
                w->test[w->tests++] =
                    (struct hone_versus_test){.model = m, .metric = k, .c = c[k]};
            }
        }
        hone_progress_at(run, m + 1);
    }
    hone_progress_end(run);
    return adjust(run, w);
}

/* Whether the table is the one that a model was trained on. */
static enum hone_code know_rows(struct hone_run *run, struct hone_versus_work *w)
{
    for (size_t m = 0; m < w->n; m++) {
        struct hone_versus_model *model = &w->model[m];
        struct hone_str text = hone_model_meta(model->scorer.model, HONE_META_LINEAGE);
        HONE_JSON json_t *lineage = NULL;
        struct hone_sha sha;
        if (text.len == 0) {
            continue;
        }
        HONE_TRY(hone_json_parse(run, text, &lineage));
        HONE_TRY(hone_table_hash(run, model->data, &sha));
        model->knows_rows = strcmp(hone_json_get_text(lineage, "data", ""), sha.hex) == 0;
    }
    return HONE_OK;
}

enum hone_code hone_versus_data(struct hone_run *run, const struct hone_versus *versus,
                                struct hone_arena *mem, json_t **out)
{
    struct hone_versus_work w = {.in = versus, .mem = mem, .n = versus->n};
    if (versus->n < 2 || versus->n > HONE_VERSUS_MODELS) {
        return hone_fail(run, HONE_E_ARG, "%zu models: 2 to %d can be compared", versus->n,
                         HONE_VERSUS_MODELS);
    }
    HONE_TRY(hone_array(run, mem, &w.model, w.n));
    HONE_TRY(open_models(run, &w));
    HONE_TRY(check_models(run, &w));
    HONE_TRY(find_target(run, &w));
    HONE_TRY(read_tables(run, &w));
    for (size_t m = 0; m < w.n; m++) {
        HONE_TRY(score_model(run, &w, m));
    }
    HONE_TRY(choose_metrics(run, &w));
    HONE_TRY(compare(run, &w));
    HONE_TRY(know_rows(run, &w));
    *out = hone_versus_json(run, &w);
    return HONE_OK;
}
