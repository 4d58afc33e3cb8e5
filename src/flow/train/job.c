#include "flow/train/job.h"

#include <math.h>

#include "base/file.h"
#include "base/log.h"
#include "check/check.h"
#include "flow/data/keep.h"
#include "flow/data/source.h"
#include "flow/judge/groups.h"
#include "flow/train/facts.h"
#include "flow/train/resume.h"
#include "store/artifact.h"
#include "store/dataset.h"
#include "store/registry.h"

/* What goes into the model file: content, not places; so equal trainings give equal files. */
static enum hone_code make_lineage(struct hone_run *run, const struct hone_job *job,
                                   const struct hone_job_result *r, json_t **out)
{
    struct hone_sha data;
    struct hone_sha test;
    HONE_TRY(hone_table_hash(run, r->prepared.train.table, &data));
    HONE_TRY(hone_table_hash(run, r->prepared.test.table, &test));
    json_t *lineage = json_object();
    hone_json_set_text(lineage, "hone", HONE_VERSION);
    hone_json_set(lineage, "seed", json_integer((json_int_t)run->seed));
    hone_json_set_text(lineage, "data", data.hex);
    if (r->prepared.test.table != r->prepared.train.table) {
        hone_json_set_text(lineage, "test", test.hex);
    }
    hone_json_set(lineage, "train_rows", json_integer((json_int_t)r->prepared.train.n));
    hone_json_set(lineage, "test_rows", json_integer((json_int_t)r->prepared.test.n));
    hone_json_set(lineage, "train", hone_settings_to_json(&hone_train_options, &job->train));
    *out = lineage;
    return HONE_OK;
}

static double seconds_since(int64_t start)
{
    return (double)(hone_ticks_ns() - start) * 1e-9;
}

/* The test table is read as the training table was: its words are words, whatever they look like. */
static struct hone_read_options test_reading(const struct hone_job *job,
                                             const struct hone_table *data,
                                             struct hone_arena *mem)
{
    struct hone_read_options out = job->read;
    out.as_text.item = hone_arena_must(mem, (data->cols + 1) * sizeof *out.as_text.item);
    out.as_text.n = 0;
    for (size_t j = 0; j < data->cols; j++) {
        if (hone_type_is_text(data->column[j].type)) {
            out.as_text.item[out.as_text.n++] = data->column[j].name;
        }
    }
    return out;
}

static enum hone_code read_tables(struct hone_run *run, const struct hone_job *job,
                                  struct hone_arena *mem, struct hone_job_result *r)
{
    struct hone_table *test = NULL;
    int64_t start = hone_ticks_ns();
    HONE_TRY(hone_data_read(run, job->store, job->data, &job->read, mem, &r->data, &r->report));
    if (job->test != NULL) {
        const struct hone_read_options reading = test_reading(job, r->data, mem);
        HONE_TRY(
            hone_data_read(run, job->store, job->test, &reading, mem, &test, &r->test_report));
    }
    r->read_seconds = seconds_since(start);
    return hone_prepare(run, r->data, test, &job->train, mem, &r->prepared);
}

/* folder is the store's, where fits are kept until the training has ended; NULL: nowhere. */
static enum hone_code fit(struct hone_run *run, const struct hone_job *job, const char *folder,
                          struct hone_arena *mem, struct hone_job_result *r)
{
    HONE_JSON json_t *lineage = NULL;
    int64_t start = hone_ticks_ns();
    HONE_TRY(make_lineage(run, job, r, &lineage));
    struct hone_train_settings settings = job->train;
    settings.resume = folder == NULL ? NULL : hone_resume_folder(run, folder, lineage, mem);
    r->resume = settings.resume;
    HONE_TRY(hone_train(run, &r->prepared, &settings, lineage, mem, &r->trained));
    r->fit_seconds = seconds_since(start);
    return HONE_OK;
}

/* Whether the column to split by is among those that are used. */
static bool kept(const struct hone_table *used, const struct hone_job *job)
{
    return job->train.split_column != NULL &&
           hone_table_find(used, hone_str(job->train.split_column)) != NULL;
}

/* Look at the data before anything is learned from it. */
static enum hone_code check_data(struct hone_run *run, const struct hone_job *job,
                                 struct hone_arena *mem, struct hone_job_result *r)
{
    if (strcmp(job->train.checks, "off") == 0) {
        return HONE_OK;
    }
    const struct hone_prepared *p = &r->prepared;
    struct hone_table *used;
    HONE_TRY(
        hone_table_drop(run, r->data, job->train.drop.item, job->train.drop.n, mem, &used));
    if (job->train.weight != NULL &&
        hone_table_find(used, hone_str(job->train.weight)) != NULL) {
        const char *weight = job->train.weight;
        HONE_TRY(hone_table_drop(run, used, &weight, 1, mem, &used));
    }
    bool by_time = strcmp(job->train.split, "time") == 0;
    bool by_group = strcmp(job->train.split, "group") == 0;
    const struct hone_check_input input = {
        .table = used,
        .test = p->test.table == r->data ? NULL : p->test.table,
        .target = p->target.name,
        .task = p->target.task,
        .time = by_time && kept(used, job) ? job->train.split_column : NULL,
        .group = by_group && kept(used, job) ? job->train.split_column : NULL,
    };
    HONE_TRY(hone_check_run(run, &input, HONE_CHECK_ALL, mem, &r->findings));
    size_t failed = hone_findings_count(r->findings, HONE_FAIL);
    if (failed > 0 && strcmp(job->train.checks, "fail") == 0) {
        (void)hone_fail(run, HONE_E_GATE, "%zu check%s of %s failed", failed,
                        failed == 1 ? "" : "s", job->data);
        return hone_hint(run,
                         "hone check %s --target %s shows them; --checks warn trains anyway",
                         job->data, p->target.name);
    }
    return HONE_OK;
}

enum hone_code hone_job_train(struct hone_run *run, const struct hone_job *job,
                              struct hone_arena *mem, struct hone_job_result *out)
{
    struct hone_job_result r = {0};
    int64_t start = hone_ticks_ns();
    HONE_TRY(read_tables(run, job, mem, &r));
    HONE_TRY(fit(run, job, NULL, mem, &r));
    r.total_seconds = seconds_since(start);
    *out = r;
    return HONE_OK;
}

static enum hone_code record_data(struct hone_run *run, struct hone_store *store,
                                  const char *id, const char *role, const char *path,
                                  const struct hone_table *t)
{
    HONE_SCRATCH(run);
    HONE_JSON json_t *schema = hone_schema_list(t);
    struct hone_buf text = hone_buf(&run->scratch);
    struct hone_sha hash;
    HONE_TRY(hone_table_hash(run, t, &hash));
    hone_json_write(&text, schema, false);
    const struct hone_data_version data = {.hash = hash.hex,
                                           .source = path,
                                           .rows = (int64_t)t->rows,
                                           .cols = (int64_t)t->cols,
                                           .schema = text.ptr};
    HONE_TRY(hone_store_data_put(run, store, &data));
    const struct hone_run_data use = {role, hash.hex, path};
    return hone_store_run_use(run, store, id, &use);
}

/* What is on record beside metrics of the test: how the answers were settled, and what they are worth. */
static size_t answer_points(const struct hone_trained *t, struct hone_metric_point *point)
{
    const struct {
        bool there;
        const char *key;
        double value;
    } all[] = {
        {t->calibration.curves > 0, "valid_log_loss/before", t->calibration.before.log_loss},
        {t->calibration.curves > 0, "valid_log_loss/after", t->calibration.after.log_loss},
        {t->calibration.curves > 0, "valid_ece/before", t->calibration.before.ece},
        {t->calibration.curves > 0, "valid_ece/after", t->calibration.after.ece},
        {t->rule.name != NULL, "threshold", t->cutoff.at},
        {t->goals.valued, "value", t->worths.at_threshold},
        {t->goals.valued, "value/half", t->worths.at_half},
        {t->goals.valued, "value/never", t->worths.never},
        {t->goals.valued, "value/always", t->worths.always},
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i].there) {
            point[n++] = (struct hone_metric_point){.key = all[i].key, .value = all[i].value};
        }
    }
    return n;
}
#define ANSWER_POINTS 9

static enum hone_code record_metrics(struct hone_run *run, struct hone_store *store,
                                     const char *id, const struct hone_trained *t)
{
    HONE_SCRATCH(run);
    struct hone_metric_point *point;
    size_t n = 0;
    HONE_TRY(
        hone_array(run, &run->scratch, &point, t->metrics + t->selection.n + ANSWER_POINTS));
    for (size_t m = 0; m < t->metrics; m++) {
        point[n++] = (struct hone_metric_point){.key = t->metric[m]->part.name,
                                                .value = t->interval[m].value};
    }
    for (size_t c = 0; c < t->selection.n; c++) {
        const struct hone_candidate *k = &t->selection.candidate[c];
        const char *key =
            hone_arena_format(&run->scratch, "valid_%s/%s", t->selection.metric->part.name,
                              k->estimator->part.name);
        point[n++] = (struct hone_metric_point){.key = key, .value = k->score};
    }
    n += answer_points(t, point + n);
    return hone_store_log_metrics(run, store, id, point, n);
}

static enum hone_code record_params(struct hone_run *run, struct hone_store *store,
                                    const char *id, const struct hone_trained *t)
{
    HONE_SCRATCH(run);
    const struct hone_candidate *best = &t->selection.candidate[0];
    HONE_JSON json_t *settings = hone_settings_to_json(&best->estimator->part, best->settings);
    struct hone_fact *fact;
    size_t n = 0;
    HONE_TRY(hone_array(run, &run->scratch, &fact, json_object_size(settings) + 1));
    fact[n++] = (struct hone_fact){"estimator", best->estimator->part.name};
    const char *key;
    json_t *value;
    json_object_foreach(settings, key, value)
    {
        struct hone_buf text = hone_buf(&run->scratch);
        hone_json_write(&text, value, false);
        fact[n++] = (struct hone_fact){key, text.ptr};
    }
    return hone_store_log_params(run, store, id, fact, n);
}

/* Each goal is a gate of the new version: `hone promote` respects it. */
static enum hone_code record_goals(struct hone_run *run, struct hone_store *store,
                                   const struct hone_job_result *r)
{
    HONE_SCRATCH(run);
    const struct hone_trained *t = &r->trained;
    struct hone_decision *list;
    HONE_TRY(hone_array(run, &run->scratch, &list, t->goals.n));
    for (size_t g = 0; g < t->goals.n; g++) {
        const struct hone_goal *goal = &t->goals.item[g];
        struct hone_buf detail = hone_buf(&run->scratch);
        HONE_JSON json_t *o = json_object();
        hone_json_set_text(o, "goal", hone_goal_text(goal, &run->scratch));
        hone_json_set(o, "low", hone_json_real(t->reached[g]->low));
        hone_json_set(o, "high", hone_json_real(t->reached[g]->high));
        hone_json_set_text(o, "run", r->run.hex);
        hone_json_write(&detail, o, false);
        list[g] = (struct hone_decision){.model = r->name,
                                         .version = r->version,
                                         .kind = "gate",
                                         .name = hone_goal_text(goal, &run->scratch),
                                         .verdict = hone_verdict_name(t->verdict[g]),
                                         .value = t->reached[g]->value,
                                         .threshold = goal->bound,
                                         .detail = detail.ptr};
    }
    return t->goals.n == 0 ? HONE_OK : hone_decision_add(run, store, list, t->goals.n);
}

/* The name to register under: as given, or the file's with what no name may hold replaced. */
static enum hone_code choose_name(struct hone_run *run, const struct hone_job *job,
                                  struct hone_arena *mem, const char **out)
{
    struct hone_uri uri;
    if (job->name != NULL) {
        *out = job->name;
        return hone_uri_parse(run, hone_arena_format(mem, "models:/%s/1", job->name), mem,
                              &uri);
    }
    *out = hone_keep_name(mem, job->data, "model");
    return HONE_OK;
}

/* The groups of the columns that were asked for, on the test rows. */
static enum hone_code judge_groups(struct hone_run *run, const struct hone_job *job,
                                   struct hone_arena *mem, struct hone_job_result *r)
{
    static const struct hone_texts none = {0};
    const struct hone_rows *test = &r->prepared.test;
    struct hone_prediction p =
        hone_scores_against(&r->trained.scorer, &r->trained.scores, test->y);
    p.weight = test->weight;
    const struct hone_span rows = {test->table, test->row, test->n};
    r->by = r->prepared.target.task == HONE_TASK_MULTICLASS ? none : job->train.by;
    HONE_TRY(hone_array(run, mem, &r->groups, r->by.n));
    for (size_t b = 0; b < r->by.n; b++) {
        HONE_TRY(hone_groups_judge(run, &rows, r->by.item[b], &p, job->train.tolerance, mem,
                                   &r->groups[b]));
    }
    return HONE_OK;
}

/* All that the training made becomes visible at once, or not at all. */
static enum hone_code publish(struct hone_run *run, struct hone_store *store,
                              const struct hone_job *job, struct hone_arena *mem,
                              struct hone_job_result *r)
{
    struct hone_sha hash;
    struct hone_sha facts_hash;
    HONE_JSON json_t *facts = NULL;
    const struct hone_trained *t = &r->trained;
    struct hone_buf text = hone_buf(mem);
    HONE_TRY(hone_training_facts(run, job, r, &facts));
    hone_json_write(&text, facts, false);
    HONE_TRY(hone_artifact_put(run, store, t->bytes, &hash));
    HONE_TRY(hone_artifact_put(run, store, (struct hone_str){text.ptr, text.len}, &facts_hash));
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    const struct hone_run_artifact file = {.path = HONE_RUN_MODEL, .hash = hash.hex};
    HONE_TRY(hone_store_run_keep(run, store, r->run.hex, &file));
    const struct hone_run_artifact about = {.path = HONE_RUN_FACTS, .hash = facts_hash.hex};
    HONE_TRY(hone_store_run_keep(run, store, r->run.hex, &about));
    HONE_TRY(record_params(run, store, r->run.hex, t));
    HONE_TRY(record_metrics(run, store, r->run.hex, t));
    struct hone_str signature = hone_model_meta(t->scorer.model, HONE_META_SIGNATURE);
    const struct hone_version_record version = {
        .model = r->name,
        .run = r->run.hex,
        .onnx = hash.hex,
        .signature = hone_arena_text(mem, signature.ptr, signature.len),
    };
    HONE_TRY(hone_model_register(run, store, &version, NULL, &r->version));
    HONE_TRY(record_goals(run, store, r));
    HONE_TRY(hone_store_run_end(run, store, r->run.hex, "FINISHED", NULL));
    HONE_TRY(hone_transaction_commit(run, &tx));
    r->model = hone_arena_format(mem, "models:/%s/%lld", r->name, (long long)r->version);
    return hone_artifact_path(run, store, hash.hex, mem, &r->onnx);
}

static enum hone_code run_on_record(struct hone_run *run, struct hone_store *store,
                                    const struct hone_job *job, struct hone_arena *mem,
                                    struct hone_job_result *r)
{
    HONE_TRY(record_data(run, store, r->run.hex, "train", job->data, r->data));
    if (job->test != NULL) {
        HONE_TRY(
            record_data(run, store, r->run.hex, "test", job->test, r->prepared.test.table));
    }
    HONE_TRY(check_data(run, job, mem, r));
    HONE_TRY(fit(run, job, hone_store_folder(store), mem, r));
    HONE_TRY(judge_groups(run, job, mem, r));
    return publish(run, store, job, mem, r);
}

/* Record the failure, but return the failure itself: what went wrong first is what matters. */
static void record_failure(struct hone_run *run, struct hone_store *store, const char *id)
{
    struct hone_error first = run->err;
    const volatile sig_atomic_t *cancel = run->cancel;
    run->cancel = NULL; /* a cancelled run is still written down */
    const char *status = first.code == HONE_E_CANCELLED ? "KILLED" : "FAILED";
    if (hone_store_run_end(run, store, id, status, first.message) != HONE_OK) {
        hone_log(run, HONE_LOG_WARN, "record", "the failure could not be recorded: %s",
                 run->err.message);
    }
    run->cancel = cancel;
    run->err = first;
}

/* After a stop: what is on record, and where the same command would go on. */
static void say_what_is_kept(struct hone_run *run, const struct hone_job_result *r)
{
    const struct hone_error first = run->err;
    size_t n = r->resume == NULL ? 0 : hone_resume_count(run, r->resume);
    run->err = first;
    (void)(n == 0 ? hone_hint(run, "run %.8s is on record as KILLED", r->run.hex)
                  : hone_hint(run,
                              "run %.8s is on record as KILLED; the same command goes on after "
                              "%zu fit%s that %s done",
                              r->run.hex, n, n == 1 ? "" : "s", n == 1 ? "was" : "were"));
}

static const char *kept_name(const char *path, const struct hone_read_report *report)
{
    return path != NULL && hone_dataset_uri_is(path) ? report->path : path;
}

enum hone_code hone_job_run(struct hone_run *run, struct hone_store *store,
                            const struct hone_job *job, struct hone_arena *mem,
                            struct hone_job_result *out)
{
    struct hone_job_result r = {0};
    int64_t start = hone_ticks_ns();
    HONE_TRY(choose_name(run, job, mem, &r.name));
    HONE_TRY(read_tables(run, job, mem, &r));
    /* on record the data has its whole path, and a data set its version: it is found again from any
     * folder, and is the same */
    struct hone_job whole = *job;
    whole.data = hone_path_absolute(mem, kept_name(job->data, &r.report));
    whole.test = hone_path_absolute(mem, kept_name(job->test, &r.test_report));
    job = &whole;
    HONE_JSON json_t *config = hone_job_to_json(job);
    struct hone_buf text = hone_buf(mem);
    struct hone_job told;
    hone_json_write(&text, config, false);
    /* trained by the settings as they are on record: "auc>=0.9" and "auc >= 0.9" give one file */
    hone_job_default(&told);
    HONE_TRY(hone_job_from_json(run, config, mem, &told));
    whole.train = told.train;
    const struct hone_run_record record = {
        .model = r.name, .seed = run->seed, .config = text.ptr, .command = job->command};
    HONE_TRY(
        hone_store_run_sweep(run, store, NULL)); /* what was killed before is not running */
    HONE_TRY(hone_store_run_begin(run, store, &record, &r.run));
    enum hone_code code = run_on_record(run, store, job, mem, &r);
    if (code != HONE_OK) {
        record_failure(run, store, r.run.hex);
        if (code == HONE_E_CANCELLED) {
            say_what_is_kept(run, &r);
        }
        return code;
    }
    hone_resume_forget(run, r.resume);
    r.total_seconds = seconds_since(start);
    *out = r;
    return HONE_OK;
}
