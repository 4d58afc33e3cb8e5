#include "flow/train/train.h"

#include <math.h>

#include "base/progress.h"
#include "eval/stat.h"
#include "flow/train/answer.h"
#include "flow/train/terms.h"
#include "monitor/reference.h"

/* Name, source column and importance of every feature, for explanation and reports. */
static json_t *features_json(const struct hone_trained *t)
{
    json_t *list = json_array();
    for (size_t j = 0; j < t->features; j++) {
        json_t *item = json_object();
        hone_json_set_text(item, "name", t->feature[j].name);
        hone_json_set_text(item, "source", t->feature[j].source);
        if (t->importance != NULL) {
            hone_json_set(item, "importance", hone_json_real(t->importance[j]));
        }
        hone_json_push(list, item);
    }
    return list;
}

static void set_meta(struct hone_run *run, struct hone_model *model, const char *key,
                     const json_t *value)
{
    HONE_SCRATCH(run);
    struct hone_buf text = hone_buf(&run->scratch);
    hone_json_write(&text, value, false);
    hone_model_meta_set(model, key, (struct hone_str){text.ptr, text.len});
}

/* What the winner was fitted with, beside what the caller knows. */
static json_t *full_lineage(const json_t *lineage, const struct hone_trained *t)
{
    const struct hone_selection *s = &t->selection;
    json_t *all = lineage == NULL ? json_object() : json_deep_copy(lineage);
    HONE_ASSERT(all != NULL);
    const size_t part[2] = {0, s->blend.other};
    json_t *estimators = json_array();
    for (size_t k = 0; k < (s->blend.weight < 1 ? 2 : 1); k++) {
        const struct hone_candidate *c = &s->candidate[part[k]];
        json_t *item = json_object();
        hone_json_set_text(item, "name", c->estimator->part.name);
        hone_json_set(item, "weight",
                      hone_json_real(k == 0 ? s->blend.weight : 1 - s->blend.weight));
        hone_json_set(item, "settings",
                      hone_settings_to_json(&c->estimator->part, c->settings));
        hone_json_push(estimators, item);
    }
    hone_json_set(all, "estimators", estimators);
    hone_json_set(all, "calibration", hone_calibration_json(&t->calibration));
    return all;
}

static void describe_model(struct hone_run *run, struct hone_model *model,
                           const struct hone_signature *s, const struct hone_trained *t,
                           const json_t *lineage)
{
    model->producer = "hone";
    model->producer_version = HONE_VERSION;
    HONE_JSON json_t *signature = hone_signature_json(s);
    HONE_JSON json_t *features = features_json(t);
    HONE_JSON json_t *all = full_lineage(lineage, t);
    set_meta(run, model, HONE_META_SIGNATURE, signature);
    set_meta(run, model, HONE_META_FEATURES, features);
    set_meta(run, model, HONE_META_LINEAGE, all);
}

/* An estimator that stops early was told by validation how many rounds are right: fit exactly those. */
static enum hone_code fix_rounds(struct hone_run *run, const struct hone_candidate *c,
                                 struct hone_arena *mem)
{
    if (hone_param_find(&c->estimator->part, hone_str("rounds")) == NULL) {
        return HONE_OK;
    }
    char text[32];
    size_t len = hone_format_f64(text, floor(c->full_rounds + 0.5));
    return hone_setting_set(run, &c->estimator->part, c->settings, hone_str("rounds"),
                            (struct hone_str){text, len}, mem);
}

/* One estimator on all training rows: its nodes are in the model, its raw score is a value of the graph. */
struct part {
    struct hone_fitted fitted;
    struct hone_fit_report report;
    const char *score;
};

static enum hone_code fit_part(struct hone_run *run, const struct hone_prepared *p,
                               const struct hone_trained *t, const struct hone_candidate *c,
                               struct hone_model *model, struct hone_arena *mem,
                               struct part *out)
{
    const struct hone_target target = hone_target_seen(&p->target, &p->train);
    const struct hone_span rows = {p->train.table, p->train.row, p->train.n};
    *out = (struct part){0};
    HONE_TRY(hone_recipe_fit(run, t->recipe, &rows, &target, c->estimator->wants_scaling, model,
                             mem, &out->fitted));
    const struct hone_design design = hone_design_of(&p->target, &p->train, &out->fitted);
    HONE_TRY(fix_rounds(run, c, mem));
    HONE_TRY(c->estimator->fit(run, c->settings, &design, NULL, &model->graph,
                               out->fitted.value, mem, &out->score, &out->report));
    return hone_terms_name(run, mem, &out->fitted, &out->report);
}

/* The features of both parts of a blend; one that both use under one name counts for both. */
static void merge_features(const struct part part[2], double weight, struct hone_arena *mem,
                           struct hone_trained *t)
{
    size_t n = part[0].fitted.features.n + part[1].fitted.features.n;
    struct hone_feature *feature = hone_arena_must(mem, (n + 1) * sizeof *feature);
    double *importance = hone_arena_must(mem, (n + 1) * sizeof *importance);
    t->features = 0;
    for (size_t k = 0; k < 2; k++) {
        const struct hone_features *list = &part[k].fitted.features;
        for (size_t j = 0; j < list->n; j++) {
            size_t at = 0;
            while (at < t->features && strcmp(feature[at].name, list->item[j].name) != 0) {
                at++;
            }
            if (at == t->features) {
                feature[t->features++] = list->item[j];
            }
            double share = part[k].report.importance == NULL ? 0 : part[k].report.importance[j];
            importance[at] += (k == 0 ? weight : 1 - weight) * share;
        }
    }
    t->feature = feature;
    t->importance = importance;
}

/* weight * a + (1 - weight) * b, in the graph. */
static const char *emit_blend(struct hone_graph *g, const struct part part[2], double weight)
{
    const char *first = hone_graph_const_f32(g, "weight", (float)weight);
    const char *second = hone_graph_const_f32(g, "weight", (float)(1 - weight));
    const char *a = hone_graph_op(g, "", "Mul", "blend", HONE_IN(part[0].score, first));
    const char *b = hone_graph_op(g, "", "Mul", "blend", HONE_IN(part[1].score, second));
    return hone_graph_op(g, "", "Add", "blend", HONE_IN(a, b));
}

/*
 * Calibration, then the threshold, both by the training rows held out: the one that is chosen for probabilities
 * must see them as they will be.
 */
static enum hone_code settle_answers(struct hone_run *run, const struct hone_prepared *p,
                                     const struct hone_train_settings *settings,
                                     struct hone_arena *mem, struct hone_trained *t)
{
    HONE_ARENA(work);
    const struct hone_held_out *held = &t->selection.held;
    double *prob;
    /* the baseline says one thing in each fold: between them is nothing to be learned */
    bool one = strcmp(t->selection.candidate[0].estimator->part.name, "baseline") == 0;
    bool classes = p->target.task != HONE_TASK_REGRESSION;
    HONE_TRY(hone_calibration_fit(run, &p->target, held,
                                  one && classes ? "none" : settings->calibrate,
                                  p->class_weight != NULL, mem, &t->calibration));
    t->calibration.why =
        one && classes ? "the baseline says the same of every row" : t->calibration.why;
    HONE_TRY(hone_matrix(run, &work, &prob, held->n, p->target.classes));
    hone_calibration_apply(&t->calibration, &p->target, held->n, held->raw, prob);
    const struct hone_prediction rows = {.task = p->target.task,
                                         .rows = held->n,
                                         .classes = p->target.classes,
                                         .y = held->y,
                                         .score = prob,
                                         .weight = held->weight};
    return hone_cutoff_choose(run, &t->rule, &t->goals, &rows, &t->cutoff);
}

static enum hone_code fit_all(struct hone_run *run, const struct hone_prepared *p,
                              const json_t *lineage, struct hone_arena *mem,
                              struct hone_model **model, struct hone_trained *t)
{
    const struct hone_blend *blend = &t->selection.blend;
    const struct hone_candidate *best = &t->selection.candidate[0];
    struct part part[2];
    *model = hone_model_new(mem, "hone");
    HONE_TRY(fit_part(run, p, t, best, *model, mem, &part[0]));
    const char *score = part[0].score;
    t->what = best->estimator->part.name;
    t->rounds = part[0].report.rounds;
    t->rules = part[0].report.rules;
    t->features = part[0].fitted.features.n;
    t->feature = part[0].fitted.features.item;
    t->importance = part[0].report.importance;
    if (blend->weight < 1) {
        const struct hone_candidate *other = &t->selection.candidate[blend->other];
        HONE_TRY(fit_part(run, p, t, other, *model, mem, &part[1]));
        score = emit_blend(&(*model)->graph, part, blend->weight);
        merge_features(part, blend->weight, mem, t);
        t->what = hone_arena_format(mem, "%s %.0f %% + %s %.0f %%", best->estimator->part.name,
                                    100 * blend->weight, other->estimator->part.name,
                                    100 - 100 * blend->weight);
    }
    struct hone_signature *s = part[0].fitted.signature;
    s->task = p->target.task;
    s->target = p->target.name;
    s->target_type = p->target.type;
    s->classes = p->target.classes;
    s->class_name = p->target.class_name;
    s->positive = s->task == HONE_TASK_BINARY;
    s->threshold = t->cutoff.at;
    hone_answer_emit(run, s, &t->calibration, score, &(*model)->graph);
    describe_model(run, *model, s, t, lineage);
    return HONE_OK;
}

/* What inputs and answers look like on rows that the model did not learn from. */
static enum hone_code add_reference(struct hone_run *run, const struct hone_prepared *p,
                                    struct hone_model *model, const struct hone_trained *draft)
{
    HONE_ARENA(work);
    const struct hone_signature *s = draft->scorer.signature;
    struct hone_table *inputs;
    struct hone_table *rows;
    struct hone_table *answers;
    struct hone_reference *reference;
    const char **name;
    HONE_TRY(hone_array(run, &work, &name, s->inputs));
    for (size_t i = 0; i < s->inputs; i++) {
        name[i] = s->input[i].name;
    }
    HONE_TRY(hone_table_select(run, p->test.table, name, s->inputs, &work, &inputs));
    HONE_TRY(hone_table_take(run, inputs, p->test.row, p->test.n, &work, &rows));
    HONE_TRY(hone_scores_table(run, &draft->scorer, &draft->scores, &work, &answers));
    HONE_TRY(hone_reference_make(run, rows, answers, &work, &reference));
    HONE_JSON json_t *tree = hone_reference_json(reference);
    set_meta(run, model, HONE_META_REFERENCE, tree);
    return HONE_OK;
}

/* What the answers to the test rows are worth, and what simpler answers would be. */
static void find_worths(const struct hone_prediction *p, const struct hone_goals *goals,
                        double threshold, struct hone_worths *out)
{
    const struct hone_value_matrix *w = &goals->worth;
    struct hone_worths v = {.at_threshold = hone_worth_at(p, w, threshold),
                            .at_half = hone_worth_at(p, w, 0.5),
                            .never = hone_worth_at(p, w, 2),
                            .always = hone_worth_at(p, w, 0)};
    double total = 0;
    double square = 0;
    for (size_t i = 0; i < p->rows; i++) {
        double weight = hone_weight_at(p, i);
        bool yes = hone_score_at(p, i, 1) >= threshold;
        double each = p->y[i] > 0 ? (yes ? w->true_positive : w->false_negative)
                                  : (yes ? w->false_positive : w->true_negative);
        total += weight;
        square += weight * weight * (each - v.at_threshold) * (each - v.at_threshold);
    }
    double reach = hone_normal_isf(0.025) * sqrt(square) / total;
    v.low = v.at_threshold - reach;
    v.high = v.at_threshold + reach;
    *out = v;
}

/* The metrics of the task, and those that only a goal asks for. */
static enum hone_code list_metrics(struct hone_run *run, enum hone_task task,
                                   struct hone_arena *mem, struct hone_trained *t)
{
    const struct hone_metric **usual;
    size_t n;
    HONE_TRY(hone_metrics_of_task(run, task, mem, &usual, &n));
    HONE_TRY(hone_array(run, mem, &t->metric, n + t->goals.n));
    memcpy(t->metric, usual, n * sizeof *usual);
    for (size_t g = 0; g < t->goals.n; g++) {
        const char *name = t->goals.item[g].metric->part.name;
        size_t m = 0;
        while (m < n && strcmp(t->metric[m]->part.name, name) != 0) {
            m++;
        }
        if (m == n) {
            t->metric[n++] = t->goals.item[g].metric;
        }
    }
    t->metrics = n;
    return HONE_OK;
}

static enum hone_code judge(struct hone_run *run, const struct hone_prepared *p,
                            const struct hone_train_settings *settings, struct hone_arena *mem,
                            struct hone_trained *t)
{
    struct hone_prediction prediction = hone_scores_against(&t->scorer, &t->scores, p->test.y);
    prediction.weight = p->test.weight;
    HONE_TRY(list_metrics(run, p->target.task, mem, t));
    HONE_TRY(hone_array(run, mem, &t->interval, t->metrics));
    HONE_TRY(hone_array(run, mem, &t->verdict, t->goals.n));
    HONE_TRY(hone_array(run, mem, &t->reached, t->goals.n));
    hone_progress_begin(run, "testing", "metrics", t->metrics);
    HONE_TRY(hone_scores_judge(run, &prediction, t->metric, t->metrics,
                               (size_t)settings->bootstrap, t->interval));
    hone_progress_end(run);
    for (size_t g = 0; g < t->goals.n; g++) {
        const struct hone_goal *goal = &t->goals.item[g];
        size_t m = 0;
        while (strcmp(t->metric[m]->part.name, goal->metric->part.name) != 0) {
            m++;
        }
        t->reached[g] = &t->interval[m];
        t->verdict[g] = hone_goal_judge(goal, &t->interval[m]);
    }
    if (t->goals.valued) {
        find_worths(&prediction, &t->goals, t->cutoff.at, &t->worths);
    }
    return HONE_OK;
}

static enum hone_code write_and_open(struct hone_run *run, const struct hone_model *model,
                                     struct hone_arena *mem, struct hone_trained *t)
{
    HONE_TRY(hone_model_write(run, model, mem, &t->bytes));
    return hone_scorer_new(run, t->bytes, mem, &t->scorer);
}

/* The weight column says how much a row counts, and is no feature. */
static enum hone_code choose_recipe(struct hone_run *run, const struct hone_prepared *p,
                                    const struct hone_train_settings *settings,
                                    struct hone_arena *mem, struct hone_recipe **out)
{
    struct hone_recipe_names names = {.target = p->target.name,
                                      .drop = settings->drop,
                                      .keep = settings->keep,
                                      .transform = settings->transform};
    if (settings->weight != NULL) {
        HONE_TRY(hone_array(run, mem, &names.drop.item, settings->drop.n + 1));
        for (size_t i = 0; i < settings->drop.n; i++) {
            names.drop.item[i] = settings->drop.item[i];
        }
        names.drop.item[names.drop.n++] = settings->weight;
    }
    HONE_TRY(hone_recipe_choose(run, p->train.table, p->train.row, p->train.n, p->target.task,
                                &names, mem, out));
    for (size_t j = 0; settings->weight != NULL && j < (*out)->cols; j++) {
        struct hone_recipe_column *c = &(*out)->column[j];
        c->why = hone_str_is(hone_str(c->name), settings->weight) ? "the weight of the rows"
                                                                  : c->why;
    }
    return HONE_OK;
}

enum hone_code hone_train(struct hone_run *run, const struct hone_prepared *p,
                          const struct hone_train_settings *settings, const json_t *lineage,
                          struct hone_arena *mem, struct hone_trained *out)
{
    struct hone_trained t = {0};
    struct hone_model *model;
    HONE_TRY(hone_goals_read(run, settings, mem, &t.goals));
    HONE_TRY(hone_goals_check(run, &t.goals, p->target.task));
    HONE_TRY(hone_cutoff_read(run, settings, &t.goals, p->target.task, &t.rule));
    HONE_TRY(choose_recipe(run, p, settings, mem, &t.recipe));
    HONE_TRY(hone_select(run, p, t.recipe, settings, mem, &t.selection));
    HONE_TRY(settle_answers(run, p, settings, mem, &t));
    HONE_TRY(fit_all(run, p, lineage, mem, &model, &t));
    /* the file is written once without the reference, to score the test rows, then with it */
    HONE_TRY(write_and_open(run, model, mem, &t));
    HONE_TRY(hone_score(run, &t.scorer, p->test.table, p->test.row, p->test.n, mem, &t.scores));
    HONE_TRY(add_reference(run, p, model, &t));
    HONE_TRY(write_and_open(run, model, mem, &t));
    t.hash = hone_sha256(t.bytes.ptr, t.bytes.len);
    HONE_TRY(judge(run, p, settings, mem, &t));
    *out = t;
    return HONE_OK;
}
