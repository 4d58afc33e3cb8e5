#include "flow/watch/why.h"

#include <math.h>

#include "base/rng.h"
#include "base/time.h"
#include "flow/model/score.h"
#include "flow/model/trained.h"
#include "table/builder.h"

/* --- what is usual ---------------------------------------------------------------------------- */

/* The value of a numeric column at place b of HONE_WHY_ROWS, in order of size. */
static double usual_number(const struct hone_reference_column *c, size_t b)
{
    double at = ((double)b + 0.5) / HONE_WHY_ROWS * (HONE_REFERENCE_GRID - 1);
    size_t i = (size_t)at;
    double rest = at - (double)i;
    double value = c->grid[i] + rest * (c->grid[i + 1] - c->grid[i]);
    /* whole numbers stay whole; a value between two grid points of a float is as likely as they are */
    return c->type == HONE_FLOAT32 || c->type == HONE_FLOAT64 ? value : floor(value + 0.5);
}

/* The level at place b, by how common they are. */
static struct hone_str usual_level(const struct hone_reference_column *c, size_t b)
{
    double all = c->other;
    double sum = 0;
    for (size_t k = 0; k < c->levels; k++) {
        all += c->count[k];
    }
    double at = ((double)b + 0.5) / HONE_WHY_ROWS * all;
    for (size_t k = 0; k < c->levels; k++) {
        sum += c->count[k];
        if (at < sum) {
            return c->level[k];
        }
    }
    return c->levels == 0 ? (struct hone_str){NULL, 0} : c->level[c->levels - 1];
}

static enum hone_code put_usual(struct hone_run *run, struct hone_builder *b,
                                const struct hone_reference_column *c, size_t place)
{
    if (hone_type_is_text(c->type)) {
        return hone_builder_str(run, b, usual_level(c, place));
    }
    if (c->type == HONE_BOOL) {
        return hone_builder_i64(run, b, hone_str_is(usual_level(c, place), "true"));
    }
    if (c->type == HONE_FLOAT32 || c->type == HONE_FLOAT64) {
        return hone_builder_f64(run, b, usual_number(c, place));
    }
    return hone_builder_i64(run, b, (int64_t)usual_number(c, place));
}

/*
 * A column of usual values, in an order of its own, and behind them the row that is explained.  The reference
 * knows each column alone, so the usual rows are drawn column by column.
 */
static enum hone_code usual_column(struct hone_run *run, const struct hone_reference_column *c,
                                   const struct hone_column *own, struct hone_arena *mem,
                                   struct hone_column *out)
{
    HONE_SCRATCH(run);
    struct hone_builder *b;
    size_t *order;
    struct hone_rng rng = hone_rng(run->seed, hone_rng_name(c->name));
    size_t missing = (size_t)((double)c->missing / (double)c->rows * HONE_WHY_ROWS + 0.5);
    HONE_TRY(hone_array(run, &run->scratch, &order, HONE_WHY_ROWS));
    for (size_t i = 0; i < HONE_WHY_ROWS; i++) {
        order[i] = i;
    }
    hone_rng_shuffle(&rng, HONE_WHY_ROWS, order);
    HONE_TRY(hone_builder_new(run, c->name, own->type, mem, &b));
    for (size_t i = 0; i < HONE_WHY_ROWS; i++) {
        HONE_TRY(i < missing || c->rows == c->missing ? hone_builder_null(run, b)
                                                      : put_usual(run, b, c, order[i]));
    }
    if (!hone_is_valid(own, 0)) {
        HONE_TRY(hone_builder_null(run, b));
    } else if (hone_type_is_text(own->type)) {
        HONE_TRY(hone_builder_str(run, b, hone_column_str(own, 0)));
    } else if (own->type == HONE_FLOAT32 || own->type == HONE_FLOAT64) {
        HONE_TRY(hone_builder_f64(run, b, hone_column_f64(own, 0)));
    } else {
        HONE_TRY(hone_builder_i64(run, b, hone_column_i64(own, 0)));
    }
    return hone_builder_end(run, b, out);
}

static const char *text_of(const struct hone_column *c, size_t row, struct hone_arena *mem)
{
    struct hone_buf buf = hone_buf(mem);
    if (!hone_is_valid(c, row)) {
        return NULL;
    }
    hone_column_print(&buf, c, row);
    hone_buf_char(&buf, '\0');
    return buf.ptr;
}

static const char *number_text(enum hone_type type, double value, struct hone_arena *mem)
{
    char text[40];
    if (type == HONE_DATE) {
        (void)hone_format_date(text, (int64_t)value);
    } else if (type == HONE_TIMESTAMP) {
        (void)hone_format_timestamp(text, (int64_t)value);
    } else {
        return hone_arena_format(mem, type == HONE_INT64 ? "%.0f" : "%.6g", value);
    }
    return hone_arena_text(mem, text, strlen(text));
}

/* "31 to 52", the middle half; or "nurse (34 %)", the commonest. */
static const char *say_usual(const struct hone_reference_column *c, struct hone_arena *mem)
{
    const size_t quarter = (HONE_REFERENCE_GRID - 1) / 4;
    if (c->rows == c->missing) {
        return "missing";
    }
    if (!c->levels_only) {
        return hone_arena_format(mem, "%s to %s", number_text(c->type, c->grid[quarter], mem),
                                 number_text(c->type, c->grid[3 * quarter], mem));
    }
    return c->levels == 0
               ? NULL
               : hone_arena_format(mem, "%.*s (%.0f %%)", (int)c->level[0].len, c->level[0].ptr,
                                   100 * c->count[0] / (double)c->rows);
}

/* --- the game --------------------------------------------------------------------------------- */

/* The model as a game between those inputs of which the reference knows what is usual. */
struct play {
    const struct hone_scorer *scorer;
    size_t inputs, players;
    struct hone_column *column; /* (inputs) usual rows, then the one that is explained */
    size_t *player;             /* (inputs) which player an input is; SIZE_MAX: none */
    size_t class_at;            /* whose probability is looked at */
};

static enum hone_code mixed_answers(struct hone_run *run, void *ctx, size_t n,
                                    const uint32_t *from, const bool *in, double *out)
{
    HONE_ARENA(work);
    const struct play *p = ctx;
    struct hone_column *mixed;
    size_t *row;
    struct hone_table *table;
    struct hone_scores scores;
    HONE_TRY(hone_array(run, &work, &mixed, p->inputs));
    HONE_TRY(hone_array(run, &work, &row, n));
    for (size_t j = 0; j < p->inputs; j++) {
        struct hone_table *one;
        for (size_t i = 0; i < n; i++) {
            bool own = p->player[j] == SIZE_MAX || in[i * p->players + p->player[j]];
            row[i] = own ? HONE_WHY_ROWS : from[i];
        }
        HONE_TRY(hone_table_of(run, &p->column[j], 1, &work, &one));
        HONE_TRY(hone_table_take(run, one, row, n, &work, &one));
        mixed[j] = one->column[0];
    }
    HONE_TRY(hone_table_of(run, mixed, p->inputs, &work, &table));
    HONE_TRY(hone_score(run, p->scorer, table, NULL, 0, &work, &scores));
    for (size_t i = 0; i < n; i++) {
        out[i] = (double)scores.value[i * scores.classes + p->class_at];
    }
    return HONE_OK;
}

/* Usual rows for every input; where nothing is usual the input stays as it is. */
static enum hone_code set_up(struct hone_run *run, const struct hone_reference *reference,
                             const struct hone_table *row, struct hone_arena *mem,
                             struct play *p, struct hone_why *why)
{
    HONE_TRY(hone_array(run, mem, &p->column, row->cols));
    HONE_TRY(hone_array(run, mem, &p->player, row->cols));
    HONE_TRY(hone_array(run, mem, &why->input, row->cols));
    p->inputs = why->inputs = row->cols;
    for (size_t j = 0; j < row->cols; j++) {
        const struct hone_column *own = &row->column[j];
        const struct hone_reference_column *c =
            hone_reference_find(reference, hone_str(own->name), false);
        p->player[j] = c == NULL || c->rows == 0 ? SIZE_MAX : p->players++;
        why->input[j] =
            (struct hone_why_input){.name = hone_arena_text(mem, own->name, strlen(own->name)),
                                    .value = text_of(own, 0, mem),
                                    .share = (double)NAN,
                                    .error = (double)NAN};
        if (p->player[j] != SIZE_MAX) {
            why->input[j].usual = say_usual(c, mem);
            HONE_TRY(usual_column(run, c, own, mem, &p->column[j]));
        } else {
            HONE_SCRATCH(run);
            struct hone_table *same;
            size_t *all;
            HONE_TRY(hone_array(run, &run->scratch, &all, HONE_WHY_ROWS + 1));
            HONE_TRY(hone_table_of(run, own, 1, mem, &same));
            HONE_TRY(hone_table_take(run, same, all, HONE_WHY_ROWS + 1, mem, &same));
            p->column[j] = same->column[0];
        }
    }
    return HONE_OK;
}

/* What moved most first; what was not looked at last. */
static int by_share(const void *a, const void *b)
{
    const struct hone_why_input *x = a;
    const struct hone_why_input *y = b;
    double s = isnan(x->share) ? -1 : fabs(x->share);
    double t = isnan(y->share) ? -1 : fabs(y->share);
    return s != t ? (s < t) - (s > t) : strcmp(x->name, y->name);
}

static enum hone_code share_out(struct hone_run *run, const struct hone_reference *reference,
                                const struct hone_table *row, struct play *p, size_t rounds,
                                struct hone_arena *mem, struct hone_why *why)
{
    struct hone_shapley shapley;
    HONE_TRY(set_up(run, reference, row, mem, p, why));
    if (p->players == 0) {
        why->not_told = "the model's reference knows none of its inputs";
        return HONE_OK;
    }
    const struct hone_game game = {p->players, HONE_WHY_ROWS, mixed_answers, p};
    HONE_TRY(hone_shapley(run, &game, rounds, mem, &shapley));
    for (size_t j = 0; j < p->inputs; j++) {
        if (p->player[j] != SIZE_MAX) {
            why->input[j].share = shapley.share[p->player[j]];
            why->input[j].error = shapley.error[p->player[j]];
        }
    }
    why->usual = shapley.usual;
    qsort(why->input, why->inputs, sizeof *why->input, by_share);
    return HONE_OK;
}

/* --- the answer ------------------------------------------------------------------------------- */

/* The logged inputs as a table of one row. */
static enum hone_code logged_row(struct hone_run *run, const struct hone_scorer *scorer,
                                 struct hone_str inputs, struct hone_arena *mem,
                                 struct hone_table **out)
{
    static const struct hone_texts none = {0};
    const struct hone_read_options plain = {.format = "jsonl", .on_bad_row = "fail"};
    const struct hone_read_options options = hone_scorer_reading(scorer, &plain, mem);
    struct hone_table *read;
    HONE_TRY(
        hone_table_read_text(run, "the logged inputs", inputs, &options, mem, &read, NULL));
    return hone_table_as_trained(run, scorer->signature, read, &none, mem, out);
}

/* The number that the log has for what is looked at; NaN when it has none. */
static double logged_answer(struct hone_run *run, const struct hone_why *why,
                            const struct hone_signature *s, size_t class)
{
    HONE_JSON json_t *tree = NULL;
    if (hone_json_parse(run, why->made.outputs, &tree) != HONE_OK) {
        hone_error_clear(run);
        return (double)NAN;
    }
    return s->task == HONE_TASK_REGRESSION
               ? hone_json_get_real(tree, "prediction", (double)NAN)
               : hone_json_get_real(json_object_get(tree, "probabilities"),
                                    s->class_name[class], (double)NAN);
}

static enum hone_code explain(struct hone_run *run, const struct hone_scorer *scorer,
                              size_t rounds, struct hone_arena *mem, struct hone_why *why)
{
    HONE_ARENA(work);
    const struct hone_signature *s = scorer->signature;
    struct play p = {.scorer = scorer};
    struct hone_table *row;
    struct hone_scores scores;
    struct hone_reference *reference;
    HONE_TRY(logged_row(run, scorer, why->made.inputs, &work, &row));
    HONE_TRY(hone_score(run, scorer, row, NULL, 0, &work, &scores));
    if (scores.value == NULL) {
        why->not_told = "the model's answer is no number";
        return HONE_OK;
    }
    if (s->task == HONE_TASK_BINARY) {
        p.class_at = 1;
    } else if (s->task == HONE_TASK_MULTICLASS) {
        p.class_at = scores.index[0];
    }
    why->answer = s->task == HONE_TASK_REGRESSION || s->class_name == NULL
                      ? s->target
                      : hone_arena_format(mem, "probability of %s", s->class_name[p.class_at]);
    why->given = (double)scores.value[p.class_at];
    why->same = (float)logged_answer(run, why, s, p.class_at) == scores.value[p.class_at];
    if (hone_scorer_reference(run, scorer, &work, &reference) != HONE_OK) {
        why->not_told = "the model carries no reference of what is usual";
        hone_error_clear(run);
        return HONE_OK;
    }
    return share_out(run, reference, row, &p, rounds, mem, why);
}

/* --- where it goes back to -------------------------------------------------------------------- */

/* The last move of an alias to this version before the prediction was made. */
static enum hone_code who_let_it(struct hone_run *run, struct hone_store *store,
                                 struct hone_arena *mem, struct hone_why *why)
{
    struct hone_alias_step *now;
    size_t n;
    HONE_TRY(hone_alias_list(run, store, why->made.model, mem, &now, &n));
    for (size_t i = 0; i < n; i++) {
        struct hone_alias_step *step;
        size_t steps;
        HONE_TRY(
            hone_alias_history(run, store, why->made.model, now[i].alias, mem, &step, &steps));
        size_t k = 0; /* newest first: the move in force at that time */
        while (k < steps && step[k].time > why->made.time) {
            k++;
        }
        if (k < steps && step[k].version == why->made.version &&
            (why->let == NULL || step[k].time > why->let->time)) {
            why->let = &step[k];
        }
    }
    return HONE_OK;
}

static enum hone_code trace(struct hone_run *run, struct hone_store *store,
                            struct hone_arena *mem, struct hone_why *why)
{
    const char *uri = hone_arena_format(mem, "models:/%s/%lld", why->made.model,
                                        (long long)why->made.version);
    HONE_TRY(hone_labels_list(run, store, why->made.id, mem, &why->label, &why->labels));
    HONE_TRY(hone_model_locate(run, hone_store_folder(store), uri, mem, &why->model));
    HONE_TRY(who_let_it(run, store, mem, why));
    if (why->model.run != NULL) {
        why->run = hone_new(mem, struct hone_run_record);
        HONE_TRY(hone_store_run_get(run, store, why->model.run, mem, why->run));
        HONE_TRY(
            hone_store_run_used(run, store, why->model.run, mem, &why->data, &why->data_n));
    }
    return HONE_OK;
}

enum hone_code hone_why(struct hone_run *run, struct hone_store *store, const char *id,
                        size_t rounds, struct hone_arena *mem, struct hone_why *out)
{
    struct hone_why why = {.usual = (double)NAN, .given = (double)NAN};
    struct hone_scorer scorer;
    HONE_TRY(hone_prediction_get(run, store, id, mem, &why.made));
    HONE_TRY(trace(run, store, mem, &why));
    HONE_TRY(hone_scorer_located(run, &why.model, mem, &scorer));
    HONE_TRY(explain(run, &scorer, rounds, mem, &why));
    *out = why;
    return HONE_OK;
}

/* --- as JSON ---------------------------------------------------------------------------------- */

static json_t *texts(const struct hone_why *why)
{
    json_t *list = json_array();
    for (size_t j = 0; j < why->inputs; j++) {
        const struct hone_why_input *input = &why->input[j];
        json_t *o = json_object();
        hone_json_set_text(o, "name", input->name);
        hone_json_set_text(o, "value", input->value);
        hone_json_set_text(o, "usual", input->usual);
        hone_json_set(o, "share", hone_json_real(input->share));
        hone_json_set(o, "error", hone_json_real(input->error));
        hone_json_push(list, o);
    }
    return list;
}

static json_t *origin(const struct hone_why *why)
{
    json_t *o = json_object();
    hone_json_set_text(o, "run", why->run->id);
    hone_json_set(o, "seed", json_integer((json_int_t)why->run->seed));
    hone_json_set_text(o, "hone", why->run->version);
    json_t *config = json_loads(why->run->config, 0, NULL);
    hone_json_set(o, "config", config == NULL ? json_null() : config);
    json_t *data = json_array();
    for (size_t i = 0; i < why->data_n; i++) {
        json_t *d = json_object();
        hone_json_set_text(d, "role", why->data[i].role);
        hone_json_set_text(d, "hash", why->data[i].hash);
        hone_json_set_text(d, "path", why->data[i].path);
        hone_json_push(data, d);
    }
    hone_json_set(o, "data", data);
    return o;
}

json_t *hone_why_json(const struct hone_why *why)
{
    json_t *o = json_object();
    json_t *labels = json_array();
    hone_json_set_text(o, "id", why->made.id);
    hone_json_set(o, "time_us", json_integer(why->made.time));
    hone_json_set(o, "latency_us", json_integer(why->made.latency));
    hone_json_set_text(o, "variant", why->made.variant);
    hone_json_set_text(o, "model", why->model.uri);
    hone_json_set_text(o, "hash", why->model.hash);
    json_t *outputs = json_loadb(why->made.outputs.ptr, why->made.outputs.len, 0, NULL);
    hone_json_set(o, "outputs", outputs == NULL ? json_null() : outputs);
    for (size_t i = 0; i < why->labels; i++) {
        json_t *label = json_object();
        hone_json_set_text(label, "label", why->label[i].label);
        hone_json_set(label, "time_us", json_integer(why->label[i].time));
        hone_json_set_text(label, "source", why->label[i].source);
        hone_json_push(labels, label);
    }
    hone_json_set(o, "labels", labels);
    if (why->let != NULL) {
        json_t *let = json_object();
        hone_json_set_text(let, "alias", why->let->alias);
        hone_json_set_text(let, "actor", why->let->actor);
        hone_json_set_text(let, "reason", why->let->reason);
        hone_json_set(let, "time_us", json_integer(why->let->time));
        hone_json_set(o, "promoted", let);
    }
    if (why->run != NULL) {
        hone_json_set(o, "trained", origin(why));
    }
    hone_json_set_text(o, "answer", why->answer);
    hone_json_set(o, "given", hone_json_real(why->given));
    hone_json_set(o, "usual", hone_json_real(why->usual));
    hone_json_set(o, "reproduced", json_boolean(why->same));
    hone_json_set_text(o, "not_told", why->not_told);
    hone_json_set(o, "inputs", texts(why));
    return o;
}
