/* hone why: from a prediction to all that it goes back to, and from an alarm to its rows. */
#include <math.h>

#include "cli/input.h"
#include "flow/watch/why.h"
#include "flow/watch/why_alarm.h"

struct settings {
    int64_t rounds;
    int64_t most;
};

static const struct hone_param params[] = {
    HONE_INT(struct settings, rounds, 4, 1, 10000,
             .help = "pairs of orders sampled for each usual row: more is slower and surer"),
    HONE_INT(struct settings, most, 20, 1, 100000,
             .help = "at most N inputs, or rows of an alarm, are shown"),
    HONE_PARAM_END,
};

static void print_origin(const struct hone_why *w, struct hone_arena *mem)
{
    printf("prediction %s\n", w->made.id);
    printf("  made     %s by %s as %s, in %lld us\n", hone_text_when(mem, w->made.time),
           w->model.uri, w->made.variant, (long long)w->made.latency);
    printf("           $ hone models %s\n", w->model.uri);
    if (w->let != NULL) {
        printf("  promoted to @%s %s by %s%s%s\n", w->let->alias,
               hone_text_when(mem, w->let->time), w->let->actor,
               w->let->reason[0] == '\0' ? "" : ": ", w->let->reason);
    }
    if (w->run != NULL) {
        printf("  trained  by run %.8s (hone %s, seed %llu)\n", w->run->id, w->run->version,
               (unsigned long long)w->run->seed);
        printf("           $ hone runs %.8s\n", w->run->id);
    }
    for (size_t i = 0; i < w->data_n; i++) {
        printf("  %-8s %s (%.12s)\n", w->data[i].role, w->data[i].path, w->data[i].hash);
    }
    printf("  answer   %.*s\n", (int)w->made.outputs.len, w->made.outputs.ptr);
    for (size_t i = 0; i < w->labels; i++) {
        printf("  truth    %s, told %s%s%s\n", w->label[i].label,
               hone_text_when(mem, w->label[i].time),
               w->label[i].source[0] == '\0' ? "" : " by ", w->label[i].source);
    }
    if (w->labels == 0) {
        puts("  truth    not told yet");
    }
}

static void print_shares(const struct hone_why *w, size_t most, struct hone_args *args)
{
    static const struct hone_grid_column column[] = {
        {"input", HONE_LEFT, HONE_BOLD, 8}, {"value", HONE_LEFT, HONE_PLAIN, 8},
        {"usual", HONE_LEFT, HONE_DIM, 10}, {"moved it by", HONE_RIGHT, HONE_PLAIN, 0},
        {"+-", HONE_RIGHT, HONE_DIM, 0},    {"", HONE_LEFT, HONE_PLAIN, 0},
    };
    struct hone_grid grid = hone_grid(args->mem, column, sizeof column / sizeof *column);
    size_t n = w->inputs < most ? w->inputs : most;
    double largest = n > 0 && !isnan(w->input[0].share) ? fabs(w->input[0].share) : 0;
    double rest = 0;
    for (size_t j = 0; j < n; j++) {
        const struct hone_why_input *input = &w->input[j];
        bool told = !isnan(input->share);
        const char *cells[] = {
            input->name,
            input->value == NULL ? "missing" : input->value,
            input->usual,
            told ? hone_arena_format(args->mem, "%+.4g", input->share) : "held as it is",
            told ? hone_arena_format(args->mem, "%.1g", 2 * input->error) : NULL,
            told && largest > 0
                ? hone_bar(&args->out, args->mem, fabs(input->share) / largest, 12)
                : NULL,
        };
        hone_grid_row(&grid, cells);
    }
    printf("\n%s is %.6g; usually it is %.6g. What moved it:\n", w->answer, w->given, w->usual);
    hone_grid_print(&grid, &args->out);
    for (size_t j = n; j < w->inputs; j++) {
        rest += isnan(w->input[j].share) ? 0 : w->input[j].share;
    }
    if (n < w->inputs) {
        printf("%zu more inputs together: %+.4g (--most shows them)\n", w->inputs - n, rest);
    }
}

static enum hone_code why_prediction(struct hone_run *run, const struct settings *set,
                                     struct hone_args *args, struct hone_store *store)
{
    struct hone_why why;
    HONE_TRY(hone_why(run, store, args->item[0], (size_t)set->rounds, args->mem, &why));
    if (args->global.json) {
        hone_print_json(hone_why_json(&why));
        return HONE_OK;
    }
    print_origin(&why, args->mem);
    if (why.not_told != NULL) {
        printf("\nwhat moved it cannot be told: %s\n", why.not_told);
        return HONE_OK;
    }
    print_shares(&why, (size_t)set->most, args);
    puts(why.same ? "the model gives the logged answer again, to the bit"
                  : "the model does not give the logged answer again: see hone reproduce");
    return HONE_OK;
}

/* --- alarms ------------------------------------------------------------------------------------- */

/* A member of a logged object, as text; NULL: missing. */
static const char *value_in(struct hone_str logged, const char *member, struct hone_arena *mem)
{
    HONE_JSON json_t *object = json_loadb(logged.ptr, logged.len, 0, NULL);
    const json_t *value = json_object_get(object, member);
    if (value == NULL || json_is_null(value)) {
        return NULL;
    }
    if (json_is_string(value)) {
        return hone_arena_text(mem, json_string_value(value), json_string_length(value));
    }
    struct hone_buf text = hone_buf(mem);
    hone_json_write(&text, value, false);
    hone_buf_char(&text, '\0');
    return text.ptr;
}

/* "12 min ago (2026-11-21 23:43:54)" */
static const char *when(struct hone_arena *mem, int64_t now, int64_t us)
{
    return hone_arena_format(mem, "%s (%s)", hone_text_ago(mem, now, us),
                             hone_text_when(mem, us));
}

static void print_rows(const struct hone_why_alarm *why, struct hone_args *args)
{
    const struct hone_alarm *a = &why->alarm;
    bool input = false; /* the subject is one, not a metric or an output */
    for (size_t i = 0; i < why->n && !input; i++) {
        input = value_in(why->row[i].inputs, a->subject, args->mem) != NULL;
    }
    const struct hone_grid_column column[] = {
        {"prediction", HONE_LEFT, HONE_BOLD, 0}, {"made (UTC)", HONE_LEFT, HONE_PLAIN, 0},
        {a->subject, HONE_LEFT, HONE_PLAIN, 8},  {"answer", HONE_LEFT, HONE_PLAIN, 8},
        {"truth", HONE_LEFT, HONE_PLAIN, 0},
    };
    const struct hone_grid_column without[] = {column[0], column[1], column[3], column[4]};
    struct hone_grid grid =
        input ? hone_grid(args->mem, column, 5) : hone_grid(args->mem, without, 4);
    for (size_t i = 0; i < why->n; i++) {
        const struct hone_logged_prediction *row = &why->row[i];
        const char *answer = value_in(row->outputs, "prediction", args->mem);
        const char *cells[] = {
            row->id,
            hone_text_when(args->mem, row->time),
            value_in(row->inputs, a->subject, args->mem),
            answer != NULL ? answer
                           : hone_arena_text(args->mem, row->outputs.ptr, row->outputs.len),
            row->label,
        };
        const char *fewer[] = {cells[0], cells[1], cells[3], cells[4]};
        hone_grid_row(&grid, input ? cells : fewer);
    }
    putchar('\n');
    if (why->risen != NULL) {
        printf("rows with %s\n\n", why->risen);
    }
    hone_grid_print(&grid, &args->out);
    printf("\nhone why %s tells why this one came out so\n", why->row[0].id);
    if (why->more) {
        printf("there are more than these %zu: --most N shows them, --json gives all\n",
               why->n);
    }
}

static void print_alarm(const struct hone_why_alarm *why, int64_t now, struct hone_args *args)
{
    const struct hone_alarm *a = &why->alarm;
    const char *measured = hone_alarm_measured(a, args->mem);
    printf("alarm:%lld %s, %s\n  ", (long long)a->id, a->kind, a->severity);
    if (a->model != NULL) {
        printf("%s version %lld: ", a->model, (long long)a->version);
    }
    printf("%s\n  raised    %s\n", a->message, when(args->mem, now, a->time));
    if (a->window_to != 0) {
        printf("  window    %s to %s\n", when(args->mem, now, a->window_from),
               hone_text_when(args->mem, a->window_to));
    }
    if (measured != NULL) {
        printf("  measured  %s\n", measured);
    }
    if (a->closed != 0) {
        printf("  closed    %s by %s: %s\n", when(args->mem, now, a->closed), a->closed_by,
               a->closed_reason);
    } else {
        printf("  to end it hone close alarm:%lld --reason 'what it was, what was done'\n",
               (long long)a->id);
    }
    if (a->model == NULL) {
        puts("\nit is about the service, not about rows: hone status");
    } else if (why->n == 0) {
        puts(
            "\nno logged prediction is in its window: they were not logged (--log off), or came from a file");
    } else {
        print_rows(why, args);
    }
}

static enum hone_code why_alarm(struct hone_run *run, const struct settings *set,
                                struct hone_args *args, struct hone_store *store)
{
    struct hone_why_alarm why;
    int64_t id;
    HONE_TRY(hone_alarm_id(run, args->item[0], &id));
    HONE_TRY(hone_why_alarm(run, store, id, args->global.json ? 0 : (size_t)set->most,
                            args->mem, &why));
    if (args->global.json) {
        hone_print_json(hone_why_alarm_json(&why));
    } else {
        print_alarm(&why, hone_now_us(run), args);
    }
    return HONE_OK;
}

static enum hone_code run_why(struct hone_run *run, const void *settings,
                              struct hone_args *args)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;

    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    if (hone_str_starts(hone_str(args->item[0]), HONE_ALARM_PREFIX)) {
        return why_alarm(run, settings, args, store);
    }
    return why_prediction(run, settings, args, store);
}

const struct hone_verb hone_verb_why = {
    .part.name = "why",
    .part.summary =
        "explain a logged prediction and what it goes back to; show an alarm's rows",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "ID|alarm:N",
    .detail =
        "The model, who promoted it, the run and data it comes from, the truth once it is told; "
        "and how much each input moved the answer away from the usual one (Shapley "
        "values, the other inputs drawn from the model's reference).  The shares add up; "
        "the column +- is twice their standard error from sampling.  For an alarm: "
        "what rang, and the logged predictions of its window; of a drift those that have what "
        "has become more frequent (--json: all).",
    .examples = "hone why 01M7ZBS16P67YWRJD600000000\n"
                "hone why alarm:3\n"
                "hone why 01M7ZBS16P67YWRJD600000000 --rounds 50 --json",
    .stage = HONE_STAGE_SERVICE,
    .min_args = 1,
    .max_args = 1,
    .run = run_why,
};
