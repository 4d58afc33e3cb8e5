#include "flow/model/import.h"

#include "base/file.h"
#include "flow/data/keep.h"
#include "flow/data/source.h"
#include "flow/judge/judge.h"
#include "flow/model/score.h"
#include "flow/train/facts.h"
#include "flow/train/target.h"
#include "monitor/reference.h"
#include "store/artifact.h"
#include "store/registry.h"

#define REPLICATES 500 /* of the bootstrap */

/* What the import goes through, from the file to the store. */
struct importing {
    struct hone_run *run;
    struct hone_arena *mem;
    const struct hone_import *job;
    struct hone_str bytes;
    json_t *binding; /* NULL: the model is one of ours and needs none */
    struct hone_scorer scorer;
    struct hone_table *data;
    struct hone_read_report report;
    struct hone_str reference; /* JSON; empty: none */
    json_t *evaluation;        /* NULL: rows without answers, or none */
    struct hone_imported r;
};

static void release(struct importing *im)
{
    json_decref(im->binding);
    json_decref(im->evaluation);
}

static enum hone_code read_file(struct importing *im)
{
    HONE_CLOSING(hone_file_close) struct hone_file file = {0};
    char *copy;
    HONE_TRY(hone_file_open(im->run, im->job->file, im->mem, &file));
    HONE_TRY(hone_array(im->run, im->mem, &copy, file.bytes.len + 1));
    memcpy(copy, file.bytes.ptr, file.bytes.len);
    im->bytes = (struct hone_str){copy, file.bytes.len};
    im->r.bytes = file.bytes.len;
    return HONE_OK;
}

static const char *producer_of(const struct hone_model *m, struct hone_arena *mem)
{
    const char *name = m->producer == NULL || m->producer[0] == '\0' ? "unknown" : m->producer;
    const char *version = m->producer_version == NULL ? "" : m->producer_version;
    return hone_arena_format(mem, "%s%s%s", name, version[0] == '\0' ? "" : " ", version);
}

/* The notes of the binding for people. */
static enum hone_code copy_notes(struct importing *im)
{
    const json_t *notes = json_object_get(im->binding, "notes");
    im->r.notes = json_array_size(notes);
    HONE_TRY(hone_array(im->run, im->mem, &im->r.note, im->r.notes));
    for (size_t i = 0; i < im->r.notes; i++) {
        const char *text = json_string_value(json_array_get(notes, i));
        im->r.note[i] = hone_arena_text(im->mem, text, strlen(text));
    }
    return HONE_OK;
}

/* Decide what it takes and gives, and compile it as predict and serve will. */
static enum hone_code open_model(struct importing *im)
{
    struct hone_run *run = im->run;
    struct hone_foreign_wish wish = im->job->wish;
    struct hone_scorer *s = &im->scorer;
    s->bytes = im->bytes;
    wish.sample = im->data;
    HONE_TRY(hone_model_read(run, im->bytes, im->mem, &s->model));
    im->r.producer = producer_of(s->model, im->mem);
    im->r.nodes = s->model->graph.nodes;
    if (hone_foreign_is(s->model)) {
        HONE_TRY(hone_foreign_find(run, im->bytes, &wish, &im->binding));
        HONE_TRY(hone_foreign_apply(run, im->binding, s->model));
    } else if (wish.columns.n > 0 || wish.classes.n > 0 || wish.target != NULL) {
        (void)hone_fail(run, HONE_E_ARG,
                        "%s was made by hone and names its own columns, "
                        "classes and target",
                        im->job->file);
        return hone_hint(run, "leave --inputs, --classes and --target out");
    }
    HONE_TRY(copy_notes(im));
    HONE_TRY(hone_signature_of(run, s->model, im->mem, &s->signature));
    HONE_TRY(hone_plan_new(run, s->model, NULL, 0, im->mem, &s->plan));
    im->r.signature = s->signature;
    return HONE_OK;
}

/* The data as the model wants it read: what its inputs call text is text. */
static enum hone_code read_data(struct importing *im)
{
    const struct hone_import *job = im->job;
    struct hone_read_options reading = *job->read;
    if (im->scorer.signature != NULL) {
        reading = hone_scorer_reading(&im->scorer, job->read, im->mem);
    }
    return hone_data_read(im->run, job->store, job->data, &reading, im->mem, &im->data,
                          &im->report);
}

/* What inputs and answers look like on the rows that were given. */
static enum hone_code make_reference(struct importing *im, const struct hone_scores *scores)
{
    HONE_ARENA(work);
    struct hone_run *run = im->run;
    const struct hone_signature *s = im->scorer.signature;
    struct hone_table *inputs;
    struct hone_table *answers;
    struct hone_reference *reference;
    struct hone_buf text = hone_buf(im->mem);
    const char **name;
    HONE_TRY(hone_array(run, &work, &name, s->inputs));
    for (size_t i = 0; i < s->inputs; i++) {
        name[i] = s->input[i].name;
    }
    HONE_TRY(hone_table_select(run, im->data, name, s->inputs, &work, &inputs));
    HONE_TRY(hone_scores_table(run, &im->scorer, scores, &work, &answers));
    HONE_TRY(hone_reference_make(run, inputs, answers, &work, &reference));
    HONE_JSON json_t *tree = hone_reference_json(reference);
    hone_json_write(&text, tree, false);
    im->reference = (struct hone_str){text.ptr, text.len};
    return HONE_OK;
}

/* How good it is where the rows have the answer. */
static enum hone_code judge(struct importing *im)
{
    struct hone_run *run = im->run;
    const struct hone_signature *s = im->scorer.signature;
    const struct hone_target_facts target = hone_target_of(s);
    struct hone_target_rows truth;
    struct hone_scores scores;
    if ((s->task & HONE_TASK_SUPERVISED) == 0 ||
        hone_table_find(im->data, hone_str(s->target)) == NULL) {
        return HONE_OK;
    }
    HONE_TRY(hone_target_read(run, &target, im->data, im->mem, &truth));
    HONE_TRY(hone_score(run, &im->scorer, im->data, truth.row, truth.n, im->mem, &scores));
    const struct hone_prediction p = hone_scores_against(&im->scorer, &scores, truth.y);
    HONE_TRY(hone_metrics_of_task(run, s->task, im->mem, &im->r.metric, &im->r.metrics));
    HONE_TRY(hone_array(run, im->mem, &im->r.interval, im->r.metrics));
    im->r.truths = truth.n;
    HONE_TRY(
        hone_scores_judge(run, &p, im->r.metric, im->r.metrics, REPLICATES, im->r.interval));
    const struct hone_judged what = {{im->data, truth.row, truth.n}, &target, p};
    const struct hone_judging how = {.metric = im->r.metric,
                                     .metrics = im->r.metrics,
                                     .known = im->r.interval,
                                     .replicates = REPLICATES,
                                     .weak_spots = true};
    return hone_judge(run, &what, &how, &im->evaluation);
}

/* Run it on the rows given; without any it was run on rows made up when its outputs were looked at. */
static enum hone_code try_data(struct importing *im)
{
    struct hone_scores scores;
    if (im->job->data == NULL) {
        return HONE_OK;
    }
    HONE_TRY(read_data(im));
    HONE_TRY(hone_score(im->run, &im->scorer, im->data, NULL, 0, im->mem, &scores));
    im->r.rows = scores.rows;
    im->r.lost = scores.lost;
    HONE_TRY(make_reference(im, &scores));
    return judge(im);
}

/* --- on record --------------------------------------------------------------------------------- */

static json_t *origin_json(const struct importing *im)
{
    json_t *o = json_object();
    hone_json_set_text(o, "file", hone_path_absolute(im->mem, im->job->file));
    hone_json_set_text(o, "hash", im->r.hash);
    hone_json_set_text(o, "producer", im->r.producer);
    hone_json_set(o, "nodes", json_integer((json_int_t)im->r.nodes));
    return o;
}

/* The members of a training's facts that are known here, for the same report. */
static json_t *facts_json(const struct importing *im)
{
    json_t *o = json_object();
    json_t *data = json_object();
    json_t *columns = json_array();
    json_t *lineage = json_object();
    const struct hone_signature *s = im->scorer.signature;
    hone_json_set_text(data, "path", im->job->data);
    hone_json_set(data, "rows", json_integer((json_int_t)im->r.rows));
    hone_json_set(data, "train_rows", json_integer(0));
    hone_json_set(data, "test_rows", json_integer((json_int_t)im->r.truths));
    hone_json_set(lineage, "imported", origin_json(im));
    for (size_t i = 0; i < s->inputs; i++) {
        json_t *column = json_object();
        hone_json_set_text(column, "name", s->input[i].name);
        hone_json_set_text(column, "type", hone_type_name(s->input[i].type));
        hone_json_set(column, "used", json_true());
        hone_json_push(columns, column);
    }
    hone_json_set(o, "signature", hone_signature_json(s));
    hone_json_set(o, "lineage", lineage);
    hone_json_set_text(o, "hash", im->r.hash);
    hone_json_set_text(o, "run", im->r.run.hex);
    hone_json_set(o, "data", data);
    if (im->r.metrics > 0) {
        hone_json_set_text(o, "metric", hone_metric_default(s->task)->part.name);
    }
    if (im->evaluation != NULL) {
        hone_json_set(o, "evaluation", json_incref(im->evaluation));
    }
    hone_json_set_text(o, "estimator", im->r.producer);
    hone_json_set(o, "candidates", json_array());
    hone_json_set(o, "bytes", json_integer((json_int_t)im->r.bytes));
    hone_json_set(o, "columns", columns);
    hone_json_set(o, "importance", json_array());
    return o;
}

static enum hone_code put_json(struct importing *im, struct hone_store *store,
                               const json_t *value, struct hone_sha *hash)
{
    HONE_ARENA(work);
    struct hone_buf text = hone_buf(&work);
    hone_json_write(&text, value, false);
    return hone_artifact_put(im->run, store, (struct hone_str){text.ptr, text.len}, hash);
}

static enum hone_code keep(struct importing *im, struct hone_store *store, const char *name,
                           const struct hone_sha *hash)
{
    const struct hone_run_artifact file = {.path = name, .hash = hash->hex};
    return hone_store_run_keep(im->run, store, im->r.run.hex, &file);
}

static enum hone_code record_data(struct importing *im, struct hone_store *store)
{
    HONE_ARENA(work);
    struct hone_run *run = im->run;
    HONE_JSON json_t *schema = hone_schema_list(im->data);
    struct hone_buf text = hone_buf(&work);
    struct hone_sha hash;
    const char *path = hone_path_absolute(&work, im->report.path);
    HONE_TRY(hone_table_hash(run, im->data, &hash));
    hone_json_write(&text, schema, false);
    const struct hone_data_version data = {.hash = hash.hex,
                                           .source = path,
                                           .rows = (int64_t)im->data->rows,
                                           .cols = (int64_t)im->data->cols,
                                           .schema = text.ptr};
    const struct hone_run_data use = {"reference", hash.hex, path};
    HONE_TRY(hone_store_data_put(run, store, &data));
    return hone_store_run_use(run, store, im->r.run.hex, &use);
}

static enum hone_code record_metrics(struct importing *im, struct hone_store *store)
{
    HONE_ARENA(work);
    struct hone_metric_point *point;
    HONE_TRY(hone_array(im->run, &work, &point, im->r.metrics));
    for (size_t m = 0; m < im->r.metrics; m++) {
        point[m] = (struct hone_metric_point){.key = im->r.metric[m]->part.name,
                                              .value = im->r.interval[m].value};
    }
    return hone_store_log_metrics(im->run, store, im->r.run.hex, point, im->r.metrics);
}

static enum hone_code register_version(struct importing *im, struct hone_store *store)
{
    HONE_ARENA(work);
    struct hone_buf text = hone_buf(&work);
    HONE_JSON json_t *signature = hone_signature_json(im->scorer.signature);
    hone_json_write(&text, signature, false);
    const struct hone_version_record version = {
        .model = im->r.name, .run = im->r.run.hex, .onnx = im->r.hash, .signature = text.ptr};
    return hone_model_register(im->run, store, &version, im->job->actor, &im->r.version);
}

/* All of it becomes visible at once, or not at all. */
static enum hone_code publish(struct importing *im, struct hone_store *store,
                              const struct hone_sha *model)
{
    HONE_ARENA(work);
    struct hone_run *run = im->run;
    struct hone_sha binding, reference, facts;
    struct hone_buf config = hone_buf(&work);
    HONE_JSON json_t *settings = json_object();
    hone_json_set(settings, "imported", origin_json(im));
    hone_json_write(&config, settings, false);
    const struct hone_run_record record = {.name = "import",
                                           .model = im->r.name,
                                           .seed = run->seed,
                                           .config = config.ptr,
                                           .command = im->job->command};
    const struct hone_fact tags[] = {
        {"kind", "import"}, {"producer", im->r.producer}, {"note", im->job->note}};
    if (im->binding != NULL) {
        HONE_TRY(put_json(im, store, im->binding, &binding));
    }
    if (im->reference.len > 0) {
        HONE_TRY(hone_artifact_put(run, store, im->reference, &reference));
    }
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(hone_store_run_begin(run, store, &record, &im->r.run));
    HONE_JSON json_t *about = facts_json(im);
    HONE_TRY(put_json(im, store, about, &facts));
    HONE_TRY(keep(im, store, HONE_RUN_MODEL, model));
    HONE_TRY(keep(im, store, HONE_RUN_FACTS, &facts));
    if (im->binding != NULL) {
        HONE_TRY(keep(im, store, HONE_RUN_BINDING, &binding));
    }
    if (im->reference.len > 0) {
        HONE_TRY(keep(im, store, HONE_RUN_REFERENCE, &reference));
        HONE_TRY(record_data(im, store));
    }
    HONE_TRY(
        hone_store_log_tags(run, store, im->r.run.hex, tags, im->job->note == NULL ? 2 : 3));
    HONE_TRY(record_metrics(im, store));
    HONE_TRY(register_version(im, store));
    HONE_TRY(hone_store_run_end(run, store, im->r.run.hex, "FINISHED", NULL));
    return hone_transaction_commit(run, &tx);
}

static enum hone_code choose_name(struct importing *im)
{
    struct hone_uri uri;
    const char *given = im->job->name;
    if (given == NULL) {
        im->r.name = hone_keep_name(im->mem, im->job->file, "model");
        return HONE_OK;
    }
    im->r.name = given;
    return hone_uri_parse(im->run, hone_arena_format(im->mem, "models:/%s/1", given), im->mem,
                          &uri);
}

enum hone_code hone_import_run(struct hone_run *run, struct hone_store *store,
                               const struct hone_import *job, struct hone_arena *mem,
                               struct hone_imported *out)
{
    HONE_CLOSING(release) struct importing im = {.run = run, .mem = mem, .job = job};
    struct hone_sha hash;
    HONE_TRY(choose_name(&im));
    HONE_TRY(read_file(&im));
    if (job->data != NULL) { /* first as it is, for its columns' names */
        HONE_TRY(read_data(&im));
    }
    if (open_model(&im) != HONE_OK) {
        return hone_fail_in(run, "%s", job->file);
    }
    HONE_TRY(try_data(&im));
    HONE_TRY(hone_artifact_put(run, store, im.bytes, &hash));
    im.r.hash = hone_arena_text(mem, hash.hex, strlen(hash.hex));
    HONE_TRY(publish(&im, store, &hash));
    HONE_TRY(hone_artifact_path(run, store, hash.hex, mem, &im.r.path));
    im.r.model = hone_arena_format(mem, "models:/%s/%lld", im.r.name, (long long)im.r.version);
    *out = im.r;
    return HONE_OK;
}

enum hone_code hone_import_refuse(struct hone_run *run, struct hone_store *store,
                                  const char *id)
{
    HONE_ARENA(work);
    HONE_JSON json_t *config = NULL;
    struct hone_run_record record;
    HONE_TRY(hone_store_run_get(run, store, id, &work, &record));
    HONE_TRY(hone_json_parse(run, hone_str(record.config), &config));
    const json_t *from = json_object_get(config, "imported");
    if (from == NULL) {
        return HONE_OK;
    }
    (void)hone_fail(run, HONE_E_UNSUPPORTED,
                    "the model was imported from %s (%s): hone did not train it and can not "
                    "train it again",
                    hone_json_get_text(from, "file", "a file"),
                    hone_json_get_text(from, "producer", "unknown"));
    return hone_hint(run, "who made the file can; `hone runs %.8s` shows what is on record",
                     id);
}
