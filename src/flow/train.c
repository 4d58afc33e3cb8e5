#include "flow/train.h"

#include <math.h>

#include "monitor/reference.h"

/* class_name as the graph's label output has it: int64 when the target was, else text. */
static const char *emit_class_names(struct hone_run *run, struct hone_graph *g,
                                    const struct hone_signature *s)
{
    HONE_SCRATCH(run);
    if (s->target_type == HONE_INT64) {
        int64_t *value = hone_arena_must(&run->scratch, s->classes * sizeof *value);
        for (size_t k = 0; k < s->classes; k++) {
            HONE_ASSERT(hone_parse_i64(hone_str(s->class_name[k]), &value[k]));
        }
        return hone_graph_const(g, "classes", HONE_I64, 1, &s->classes, value);
    }
    struct hone_str *text = hone_arena_must(&run->scratch, s->classes * sizeof *text);
    for (size_t k = 0; k < s->classes; k++) {
        text[k] = hone_str(s->class_name[k]);
    }
    return hone_graph_const(g, "classes", HONE_STRING, 1, &s->classes, text);
}

/* The last node's output gets the name that the signature promises. */
static void name_output(struct hone_graph *g, const char *name)
{
    hone_graph_last(g)->output[0] = name;
}

/* Raw scores [N, 1] or [N, K] to probabilities and the likeliest class. */
static void emit_classes(struct hone_run *run, struct hone_graph *g,
                         const struct hone_signature *s, const char *score)
{
    const char *names = emit_class_names(run, g, s);
    const char *index;
    if (s->task == HONE_TASK_BINARY) {
        const char *one = hone_graph_const_f32(g, "one", 1);
        const char *cut = hone_graph_const_f32(g, "threshold", (float)s->threshold);
        const char *yes = hone_graph_op(g, "", "Sigmoid", "probability", HONE_IN(score));
        const char *no = hone_graph_op(g, "", "Sub", "complement", HONE_IN(one, yes));
        hone_graph_op(g, "", "Concat", HONE_OUT_PROBABILITIES, HONE_IN(no, yes));
        hone_node_int(g, hone_graph_last(g), "axis", 1);
        name_output(g, HONE_OUT_PROBABILITIES);
        const char *is = hone_graph_op(g, "", "GreaterOrEqual", "positive", HONE_IN(yes, cut));
        const char *number = hone_graph_op(g, "", "Cast", "index", HONE_IN(is));
        hone_node_int(g, hone_graph_last(g), "to", HONE_I64);
        const char *axis = hone_graph_const_i64(g, "axis", 1);
        index = hone_graph_op(g, "", "Squeeze", "index", HONE_IN(number, axis));
    } else {
        hone_graph_op(g, "", "Softmax", HONE_OUT_PROBABILITIES, HONE_IN(score));
        hone_node_int(g, hone_graph_last(g), "axis", 1);
        name_output(g, HONE_OUT_PROBABILITIES);
        index = hone_graph_op(g, "", "ArgMax", "index", HONE_IN(HONE_OUT_PROBABILITIES));
        hone_node_int(g, hone_graph_last(g), "axis", 1);
        hone_node_int(g, hone_graph_last(g), "keepdims", 0);
    }
    hone_graph_op(g, "", "Gather", HONE_OUT_LABEL, HONE_IN(names, index));
    name_output(g, HONE_OUT_LABEL);
    enum hone_dtype label = s->target_type == HONE_INT64 ? HONE_I64 : HONE_STRING;
    struct hone_value *v =
        hone_graph_output(g, HONE_OUT_LABEL, label, 1, (const int64_t[]){-1});
    v->dim_name[0] = "N";
    v = hone_graph_output(g, HONE_OUT_PROBABILITIES, HONE_F32, 2,
                          (const int64_t[]){-1, (int64_t)s->classes});
    v->dim_name[0] = "N";
}

static void emit_outputs(struct hone_run *run, struct hone_graph *g,
                         const struct hone_signature *s, const char *score)
{
    if (s->task != HONE_TASK_REGRESSION) {
        emit_classes(run, g, s, score);
        return;
    }
    hone_graph_op(g, "", "Identity", HONE_OUT_PREDICTION, HONE_IN(score));
    name_output(g, HONE_OUT_PREDICTION);
    struct hone_value *v =
        hone_graph_output(g, HONE_OUT_PREDICTION, HONE_F32, 2, (const int64_t[]){-1, 1});
    v->dim_name[0] = "N";
}

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
static json_t *full_lineage(const json_t *lineage, const struct hone_selection *s)
{
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
    HONE_JSON json_t *all = full_lineage(lineage, &t->selection);
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
    return c->estimator->fit(run, c->settings, &design, NULL, &model->graph, out->fitted.value,
                             mem, &out->score, &out->report);
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
    s->threshold = 0.5;
    emit_outputs(run, &(*model)->graph, s, score);
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

static enum hone_code judge(struct hone_run *run, const struct hone_prepared *p,
                            const struct hone_train_settings *settings, struct hone_arena *mem,
                            struct hone_trained *t)
{
    struct hone_prediction prediction = hone_scores_against(&t->scorer, &t->scores, p->test.y);
    prediction.weight = p->test.weight;
    HONE_TRY(hone_metrics_of_task(run, p->target.task, mem, &t->metric, &t->metrics));
    HONE_TRY(hone_array(run, mem, &t->interval, t->metrics));
    return hone_scores_judge(run, &prediction, t->metric, t->metrics,
                             (size_t)settings->bootstrap, t->interval);
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
    struct hone_recipe_names names = {
        .target = p->target.name,
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
    HONE_TRY(choose_recipe(run, p, settings, mem, &t.recipe));
    HONE_TRY(hone_select(run, p, t.recipe, settings, mem, &t.selection));
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
