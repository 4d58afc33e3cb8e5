#include <stdlib.h>

#include "base/file.h"
#include "cli/input.h"
#include "privacy/redact.h"
#include "store/audit.h"

struct settings {
    struct hone_texts column;
    bool auto_;
    const char *plan;
    const char *write_plan;
    const char *key;
    const char *new_key;
    bool reverse;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_LIST(
        struct settings, column, .arg = "COL=METHOD",
        .help = "what is done to a column: keep, drop, mask, hash, generalise, token, replace"),
    {.name = "auto",
     .type = HONE_PARAM_BOOL,
     .offset = offsetof(struct settings, auto_),
     .max = 1,
     .help = "find personal data and choose a method for each kind; --column goes before"},
    HONE_TEXT(struct settings, plan, NULL, .arg = "FILE",
              .help = "do what a reviewed plan says"),
    HONE_TEXT(struct settings, write_plan, NULL, .arg = "FILE",
              .help = "write the plan to be reviewed, and redact nothing"),
    HONE_TEXT(struct settings, key, NULL, .arg = "FILE",
              .help = "key of hashes and tokens, else the variable HONE_REDACT_KEY"),
    HONE_TEXT(struct settings, new_key, NULL, .arg = "FILE",
              .help = "make a key, and do nothing else"),
    HONE_FLAG(struct settings, reverse, false,
              .help = "turn tokens back, in all columns or in those of --column"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {HONE_READ_GROUP(struct settings, read),
                                                 HONE_GROUP_END};

static void close_file(struct hone_file *file)
{
    hone_file_close(file);
}

static enum hone_code read_plan(struct hone_run *run, const char *path, struct hone_arena *mem,
                                struct hone_redact_plan *out)
{
    HONE_CLOSING(close_file) struct hone_file file = {0};
    HONE_JSON json_t *tree = NULL;

    HONE_TRY(hone_file_open(run, path, mem, &file));
    if (hone_yaml_parse(run, file.bytes, &tree) != HONE_OK ||
        hone_redact_plan_parse(run, tree, mem, out) != HONE_OK) {
        return hone_fail_in(run, "%s", path);
    }
    return HONE_OK;
}

/* Rules of the command line go before those of the file or the proposal; kinds are filled from what was found. */
static enum hone_code make_plan(struct hone_run *run, const struct settings *set,
                                const struct hone_table *t, struct hone_arena *mem,
                                struct hone_redact_plan *out)
{
    struct hone_redact_plan rest = {0};
    struct hone_personals found;
    struct hone_redact_rule *rule;
    size_t n = set->column.n;

    HONE_TRY(hone_personal_find(run, t, mem, &found));
    if (set->plan != NULL) {
        HONE_TRY(read_plan(run, set->plan, mem, &rest));
    } else if (set->auto_) {
        HONE_TRY(hone_redact_propose(run, &found, mem, &rest));
    }
    HONE_TRY(hone_array(run, mem, &rule, n + rest.n));
    for (size_t i = 0; i < n; i++) {
        const struct hone_personal *p;
        HONE_TRY(hone_redact_rule_parse(run, hone_str(set->column.item[i]), mem, &rule[i]));
        p = hone_personal_of(&found, rule[i].column);
        rule[i].kind = p == NULL ? NULL : p->kind;
        rule[i].why = "as told";
    }
    for (size_t k = 0; k < rest.n; k++) {
        bool told = false;
        for (size_t i = 0; i < set->column.n; i++) {
            told = told || strcmp(rule[i].column, rest.rule[k].column) == 0;
        }
        if (!told) {
            rule[n++] = rest.rule[k];
        }
    }
    *out = (struct hone_redact_plan){rule, n};
    return HONE_OK;
}

static enum hone_code get_key(struct hone_run *run, const struct settings *set,
                              struct hone_key *out)
{
    const char *secret = getenv("HONE_REDACT_KEY");

    if (set->key != NULL) {
        return hone_key_read(run, set->key, out);
    }
    if (secret != NULL) {
        return hone_key_derive(run, "the variable HONE_REDACT_KEY", hone_str(secret), out);
    }
    (void)hone_fail(run, HONE_E_ARG, "hashes and tokens need a key, and there is none");
    return hone_hint(
        run, "hone redact --new-key FILE makes one; then give --key FILE or HONE_REDACT_KEY");
}

static enum hone_code write_plan(struct hone_run *run, const struct settings *set,
                                 const struct hone_args *args,
                                 const struct hone_redact_plan *plan)
{
    HONE_JSON json_t *tree = hone_redact_plan_json(plan);
    struct hone_buf text = hone_buf(args->mem);

    hone_buf_text(
        &text,
        "# What hone redact does to each column: keep, drop, mask[:N], hash, generalise, token, "
        "replace.\n# Columns that are not named here stay as they are.\n");
    hone_yaml_write(&text, tree);
    HONE_TRY(hone_file_write(run, set->write_plan, (struct hone_str){text.ptr, text.len}));
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "plan", set->write_plan);
        hone_json_set(result, "columns", json_integer((json_int_t)plan->n));
        hone_print_json(result);
    } else if (!args->global.quiet && strcmp(set->write_plan, "-") != 0) {
        printf("wrote %s for %zu column%s; review it, then hone redact %s OUT --plan %s\n",
               set->write_plan, plan->n, plan->n == 1 ? "" : "s", args->item[0],
               set->write_plan);
    }
    return HONE_OK;
}

/* One line of the audit log, where there is a store: what was done, no values. */
static enum hone_code record(struct hone_run *run, const struct hone_args *args,
                             const char *action, const struct hone_redact_plan *plan,
                             size_t tokens)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct hone_audit_row row = {.actor = hone_input_actor(), .action = action};
    struct hone_buf detail = hone_buf(args->mem);
    json_t *tree;

    if (!hone_dir_exists(args->global.store)) {
        return HONE_OK;
    }
    HONE_TRY(hone_store_open(run, args->global.store, true, args->mem, &store));
    tree = json_object();
    hone_json_set_text(tree, "to", hone_path_absolute(args->mem, args->item[1]));
    if (plan != NULL) {
        json_t *columns = json_object();
        for (size_t i = 0; i < plan->n; i++) {
            hone_json_set_text(columns, plan->rule[i].column,
                               hone_redact_name(plan->rule[i].method));
        }
        hone_json_set(tree, "columns", columns);
    } else {
        hone_json_set(tree, "tokens", json_integer((json_int_t)tokens));
    }
    hone_json_write(&detail, tree, false);
    json_decref(tree);
    row.subject = hone_path_absolute(args->mem, args->item[0]);
    row.detail = detail.ptr;
    return hone_audit_append(run, store, &row);
}

static const struct hone_redact_rule *rule_of(const struct hone_redact_plan *plan,
                                              const char *column)
{
    for (size_t i = 0; i < plan->n; i++) {
        if (strcmp(plan->rule[i].column, column) == 0) {
            return &plan->rule[i];
        }
    }
    return NULL;
}

/* What the finder still finds.  Columns that were changed keep their names, so there only values count. */
static enum hone_code find_left(struct hone_run *run, const struct hone_table *t,
                                const struct hone_redact_plan *plan, struct hone_arena *mem,
                                struct hone_personals *left)
{
    size_t n = 0;

    HONE_TRY(hone_personal_find(run, t, mem, left));
    for (size_t i = 0; i < left->n; i++) {
        const struct hone_personal *p = &left->item[i];
        const struct hone_redact_rule *rule = rule_of(plan, p->column);
        const struct hone_kind *kind = hone_kind_at(hone_kind_number(p->kind));
        bool changed = rule != NULL && rule->method != HONE_REDACT_KEEP;
        if (!changed || (p->matches > 0 && (kind->flags & HONE_KIND_NAMED) == 0)) {
            left->item[n++] = *p;
        }
    }
    left->n = n;
    return HONE_OK;
}

static void print_done(struct hone_args *args, const struct hone_redact_plan *plan,
                       const struct hone_redact_count *count)
{
    static const struct hone_grid_column columns[] = {
        {"column", HONE_LEFT, HONE_BOLD, 12},
        {"method", HONE_LEFT, HONE_PLAIN, 0},
        {"changed", HONE_RIGHT, HONE_PLAIN, 0},
        {"", HONE_LEFT, HONE_PLAIN, 0},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 4);

    for (size_t i = 0; i < plan->n; i++) {
        const struct hone_redact_rule *rule = &plan->rule[i];
        const char *more = "";
        if (count[i].lost > 0) {
            more = hone_arena_format(args->mem, "%s did not fit and are missing now",
                                     hone_text_count(args->mem, count[i].lost));
        } else if (rule->method == HONE_REDACT_REPLACE) {
            more = hone_arena_format(args->mem, "%s places in texts",
                                     hone_text_count(args->mem, count[i].spans));
        } else if (rule->method == HONE_REDACT_KEEP && rule->kind != NULL) {
            more = rule->why;
        }
        const char *const cells[] = {
            hone_text_fit(&args->out, args->mem, hone_str(rule->column), 32),
            rule->option == NULL
                ? hone_redact_name(rule->method)
                : hone_arena_format(args->mem, "%s:%s", hone_redact_name(rule->method),
                                    rule->option),
            rule->method == HONE_REDACT_KEEP ? ""
                                             : hone_text_count(args->mem, count[i].changed),
            hone_text_fit(&args->out, args->mem, hone_str(more == NULL ? "" : more), 80),
        };
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
}

static void print_left(struct hone_args *args, const struct hone_personals *left)
{
    if (left->n == 0) {
        printf("\nNothing personal is found in the result.\n");
        return;
    }
    printf("\nStill found in the result:\n");
    for (size_t i = 0; i < left->n; i++) {
        const struct hone_personal *p = &left->item[i];
        printf("  %s%s%s: %s (%s): %s\n",
               hone_style(&args->out, p->weight == HONE_DIRECT ? HONE_RED : HONE_YELLOW),
               hone_text_fit(&args->out, args->mem, hone_str(p->column), 40),
               hone_style(&args->out, HONE_PLAIN), p->title, hone_sensitivity_name(p->weight),
               p->why);
    }
}

static json_t *done_json(const struct hone_redact_plan *plan,
                         const struct hone_redact_count *count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < plan->n; i++) {
        json_t *one = json_object();
        hone_json_set_text(one, "column", plan->rule[i].column);
        hone_json_set_text(one, "method", hone_redact_name(plan->rule[i].method));
        hone_json_set_text(one, "option", plan->rule[i].option);
        hone_json_set(one, "changed", json_integer((json_int_t)count[i].changed));
        hone_json_set(one, "spans", json_integer((json_int_t)count[i].spans));
        hone_json_set(one, "lost", json_integer((json_int_t)count[i].lost));
        hone_json_push(list, one);
    }
    return list;
}

static enum hone_code redact(struct hone_run *run, const struct settings *set,
                             struct hone_args *args, const struct hone_table *t)
{
    HONE_CLOSING(hone_key_wipe) struct hone_key key = {0};
    struct hone_redact_plan plan;
    struct hone_redact_count *count;
    struct hone_personals left;
    struct hone_table *out;

    HONE_TRY(make_plan(run, set, t, args->mem, &plan));
    if (set->write_plan != NULL) {
        return write_plan(run, set, args, &plan);
    }
    if (hone_redact_needs_key(&plan)) {
        HONE_TRY(get_key(run, set, &key));
    }
    HONE_TRY(hone_redact_apply(run, t, &plan, &key, args->mem, &out, &count));
    HONE_TRY(hone_table_write(run, out, args->item[1], NULL));
    HONE_TRY(record(run, args, "redact", &plan, 0));
    if (strcmp(args->item[1], "-") == 0) {
        return HONE_OK; /* standard output is the table */
    }
    HONE_TRY(find_left(run, out, &plan, args->mem, &left));
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "path", args->item[1]);
        hone_json_set(result, "rows", json_integer((json_int_t)out->rows));
        hone_json_set(result, "columns", done_json(&plan, count));
        hone_json_set(result, "left", hone_personals_json(&left));
        hone_print_json(result);
    } else if (!args->global.quiet) {
        print_done(args, &plan, count);
        print_left(args, &left);
        printf("%s: %s rows, %s columns\n", args->item[1],
               hone_text_count(args->mem, out->rows), hone_text_count(args->mem, out->cols));
    }
    return HONE_OK;
}

static enum hone_code reverse(struct hone_run *run, const struct settings *set,
                              struct hone_args *args, const struct hone_table *t)
{
    HONE_CLOSING(hone_key_wipe) struct hone_key key = {0};
    struct hone_table *out;
    size_t tokens;

    HONE_TRY(get_key(run, set, &key));
    HONE_TRY(hone_redact_reverse(run, t, set->column.item, set->column.n, &key, args->mem, &out,
                                 &tokens));
    HONE_TRY(hone_table_write(run, out, args->item[1], NULL));
    HONE_TRY(record(run, args, "redact_reverse", NULL, tokens));
    if (strcmp(args->item[1], "-") == 0) {
        return HONE_OK;
    }
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "path", args->item[1]);
        hone_json_set(result, "rows", json_integer((json_int_t)out->rows));
        hone_json_set(result, "tokens", json_integer((json_int_t)tokens));
        hone_print_json(result);
    } else if (!args->global.quiet) {
        printf("%s: %s tokens turned back in %s rows\n", args->item[1],
               hone_text_count(args->mem, tokens), hone_text_count(args->mem, out->rows));
    }
    return HONE_OK;
}

/* What cannot be meant together, before anything is read. */
static enum hone_code check_wish(struct hone_run *run, const struct settings *set,
                                 const struct hone_args *args)
{
    if (args->n == 0 || (args->n == 1 && set->write_plan == NULL)) {
        (void)hone_fail(run, HONE_E_ARG, "redact needs DATA and OUT");
        return hone_hint(run, "hone redact customers.csv clean.csv --auto --key FILE");
    }
    if (set->plan != NULL && set->auto_) {
        return hone_fail(run, HONE_E_ARG,
                         "--auto makes a plan, --plan reads one: give one of them");
    }
    if (!set->auto_ && set->plan == NULL && set->column.n == 0 && !set->reverse) {
        (void)hone_fail(run, HONE_E_ARG, "nothing says what is to be redacted");
        return hone_hint(run,
                         "--auto, or --column email=hash --column name=drop, or --plan FILE");
    }
    if (set->reverse && (set->auto_ || set->plan != NULL || set->write_plan != NULL)) {
        return hone_fail(run, HONE_E_ARG,
                         "--reverse takes names of columns with --column, and no plan");
    }
    if (args->n == 2 && strcmp(args->item[1], "-") != 0 &&
        strcmp(hone_path_absolute(args->mem, args->item[0]),
               hone_path_absolute(args->mem, args->item[1])) == 0) {
        (void)hone_fail(run, HONE_E_ARG, "OUT is DATA: %s would be written over",
                        args->item[0]);
        return hone_hint(
            run,
            "write to another file, and remove the first when the result is as it should be");
    }
    return HONE_OK;
}

static enum hone_code run_redact(struct hone_run *run, const void *settings,
                                 struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_table *t;

    if (set->new_key != NULL) {
        HONE_TRY(hone_key_new(run, set->new_key));
        if (args->global.json) {
            json_t *result = json_object();
            hone_json_set_text(result, "key", set->new_key);
            hone_print_json(result);
        } else if (!args->global.quiet) {
            printf(
                "wrote %s, which only you may read. Without it tokens cannot be turned back: keep a copy "
                "apart from the data\n",
                set->new_key);
        }
        return HONE_OK;
    }
    HONE_TRY(check_wish(run, set, args));
    HONE_TRY(hone_input_read(run, args, args->item[0], &set->read, args->mem, &t, NULL));
    return set->reverse ? reverse(run, set, args, t) : redact(run, set, args, t);
}

const struct hone_verb hone_verb_redact = {
    .part.name = "redact",
    .part.summary = "write a table without what names people",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "DATA OUT",
    .detail =
        "Methods: keep; drop; mask (the last 4 characters stay, mask:N others; of an e-mail its domain); hash "
        "(keyed, equal for equal values; hash:column for each column by itself); token (as hash, and --reverse turns "
        "it back; token:column); generalise:year, month, decade, age (bands of 10, ageN others), N (bands of a "
        "number, characters of a text), topN, roundN; replace (what stands inside of texts becomes [EMAIL]; "
        "replace:email+phone for some kinds).\n"
        "The key is 32 random bytes or more in a file that only you may read, or in HONE_REDACT_KEY. It is "
        "never an option, never logged, and not in the result. Without it nobody can turn tokens back or try "
        "guesses on hashes, you neither.\n"
        "Equal values stay equal, and what is kept may still single people out: hone privacy OUT --quasi ... "
        "measures that.",
    .examples =
        "hone redact --new-key ~/.hone-key\n"
        "hone redact customers.csv clean.csv --column email=hash --column name=drop --key ~/.hone-key\n"
        "hone redact customers.csv --auto --write-plan plan.yaml\n"
        "hone redact customers.csv clean.parquet --plan plan.yaml --key ~/.hone-key\n"
        "hone redact calls.csv shared.csv --column phone=token --key ~/.hone-key\n"
        "hone redact shared.csv calls-again.csv --reverse --key ~/.hone-key",
    .stage = HONE_STAGE_DATA,
    .min_args = 0,
    .max_args = 2,
    .run = run_redact,
};
