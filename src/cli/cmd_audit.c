/* hone audit: who decided what, and whether the record is whole. */
#include "cli/ago.h"
#include "cli/input.h"
#include "store/artifact.h"
#include "store/audit.h"
#include "store/dataset.h"

struct settings {
    const char *actor, *action, *since, *head;
    int64_t before, limit;
    bool verify;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, actor, NULL, .arg = "WHO", .help = "only what this one did"),
    HONE_TEXT(struct settings, action, NULL, .arg = "WORD",
              .help = "only this: register, alias_set, rollback, archive, collect ..."),
    HONE_TEXT(struct settings, since, NULL, .arg = "WHEN",
              .help = "only since: 2026-11-01, 2026-11-01T12:00, or 90m, 12h, 7d, 2w ago"),
    HONE_INT(struct settings, before, 0, 0, 1000000000000,
             .help = "the next page: rows before this one"),
    HONE_INT(struct settings, limit, 20, 1, 1000000, .help = "at most N rows, the newest"),
    HONE_FLAG(struct settings, verify, false,
              .help = "check the chain, the database and every file against its hash"),
    HONE_TEXT(struct settings, head, NULL, .arg = "HASH",
              .help = "verify: a hash kept earlier, which must be in the chain"),
    HONE_PARAM_END,
};

/* --- the list ------------------------------------------------------------------------------- */

/* {"version":3,"reason":"..."} as "version 3, ..."; what is no object as it is. */
static const char *detail_text(struct hone_run *run, struct hone_arena *mem, const char *detail)
{
    HONE_JSON json_t *o = NULL;
    struct hone_buf text = hone_buf(mem);
    const char *key;
    json_t *value;
    hone_buf_text(&text, "");
    if (detail[0] == '\0') {
        return "";
    }
    if (hone_json_parse(run, hone_str(detail), &o) != HONE_OK || !json_is_object(o)) {
        hone_error_clear(run);
        return detail;
    }
    json_object_foreach(o, key, value)
    {
        const char *said = json_string_value(value);
        if (said != NULL && said[0] == '\0') {
            continue;
        }
        hone_buf_text(&text, text.len == 0 ? "" : ", ");
        if (strcmp(key, "reason") != 0) {
            hone_buf_format(&text, "%s ", key);
        }
        if (said != NULL) {
            hone_buf_format(&text, strlen(said) == 64 ? "%.12s" : "%s", said);
        } else {
            hone_json_write(&text, value, false);
        }
    }
    return text.ptr;
}

static void print_rows(struct hone_run *run, const struct hone_args *args,
                       const struct hone_audit_row *row, size_t n)
{
    static const struct hone_grid_column columns[] = {
        {"row", HONE_RIGHT, HONE_PLAIN, 0},    {"time (UTC)", HONE_LEFT, HONE_PLAIN, 0},
        {"actor", HONE_LEFT, HONE_PLAIN, 6},   {"action", HONE_LEFT, HONE_BOLD, 0},
        {"subject", HONE_LEFT, HONE_PLAIN, 0}, {"detail", HONE_LEFT, HONE_PLAIN, 20},
    };
    struct hone_arena *mem = args->mem;
    struct hone_grid grid = hone_grid(mem, columns, 6);
    for (size_t i = 0; i < n; i++) {
        const char *const cells[] = {hone_arena_format(mem, "%lld", (long long)row[i].seq),
                                     hone_text_when(mem, row[i].time),
                                     row[i].actor,
                                     row[i].action,
                                     row[i].subject,
                                     detail_text(run, mem, row[i].detail)};
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
}

static void print_rows_json(struct hone_run *run, const struct hone_audit_row *row, size_t n)
{
    json_t *result = json_object();
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *o = json_object();
        json_t *detail = NULL;
        if (row[i].detail[0] == '\0' ||
            hone_json_parse(run, hone_str(row[i].detail), &detail) != HONE_OK) {
            hone_error_clear(run);
            detail = hone_json_text(hone_str(row[i].detail));
        }
        hone_json_set(o, "row", json_integer(row[i].seq));
        hone_json_set(o, "time_us", json_integer(row[i].time));
        hone_json_set_text(o, "actor", row[i].actor);
        hone_json_set_text(o, "action", row[i].action);
        hone_json_set_text(o, "subject", row[i].subject);
        hone_json_set(o, "detail", detail);
        hone_json_set_text(o, "hash", row[i].hash);
        hone_json_push(list, o);
    }
    hone_json_set(result, "rows", list);
    hone_print_json(result);
}

static enum hone_code list_rows(struct hone_run *run, struct hone_store *store,
                                const struct settings *set, struct hone_args *args)
{
    struct hone_audit_row *row;
    size_t n;
    struct hone_audit_filter filter = {.subject = args->n > 0 ? args->item[0] : NULL,
                                       .actor = set->actor,
                                       .action = set->action,
                                       .before = set->before,
                                       .limit = (size_t)set->limit};
    if (filter.subject != NULL && strstr(filter.subject, ":/") == NULL &&
        strcmp(filter.subject, "store") != 0) {
        filter.subject = hone_arena_format(args->mem, "models:/%s", filter.subject);
    }
    if (set->since != NULL) {
        HONE_TRY(hone_moment(run, "--since", set->since, &filter.since));
    }
    HONE_TRY(hone_audit_list(run, store, &filter, args->mem, &row, &n));
    if (args->global.json) {
        print_rows_json(run, row, n);
        return HONE_OK;
    }
    if (n == 0) {
        puts("nothing on record");
        return HONE_OK;
    }
    print_rows(run, args, row, n);
    if (n == (size_t)set->limit && row[n - 1].seq > 1 && !args->global.quiet) {
        printf("--before %lld shows what came before\n", (long long)row[n - 1].seq);
    }
    return HONE_OK;
}

/* --- the check ------------------------------------------------------------------------------- */

struct checked {
    struct hone_audit_head head;
    int64_t kept,
        gone; /* models and documents; models of archived versions that were collected */
    int64_t files, bytes; /* of data */
};

static enum hone_code verify(struct hone_run *run, struct hone_store *store,
                             const struct settings *set, struct hone_args *args)
{
    struct checked c = {0};
    HONE_TRY(hone_store_check(run, store));
    HONE_TRY(hone_audit_verify(run, store, set->head, &c.head));
    HONE_TRY(hone_artifact_verify(run, store, &c.kept, &c.gone));
    HONE_TRY(hone_dataset_verify(run, store, &c.files, &c.bytes));
    if (args->global.json) {
        json_t *o = json_object();
        hone_json_set(o, "whole", json_true());
        hone_json_set(o, "rows", json_integer(c.head.seq));
        hone_json_set_text(o, "head", c.head.hash.hex);
        hone_json_set(o, "files", json_integer(c.kept));
        hone_json_set(o, "collected", json_integer(c.gone));
        hone_json_set(o, "data_files", json_integer(c.files));
        hone_json_set(o, "data_bytes", json_integer(c.bytes));
        hone_print_json(o);
        return HONE_OK;
    }
    printf("whole: the database, %s decision%s in a chain, %s file%s, %s file%s of data\n",
           hone_text_count(args->mem, (uint64_t)c.head.seq), c.head.seq == 1 ? "" : "s",
           hone_text_count(args->mem, (uint64_t)c.kept), c.kept == 1 ? "" : "s",
           hone_text_count(args->mem, (uint64_t)c.files), c.files == 1 ? "" : "s");
    printf("keep this elsewhere to see later whether the end was cut off:\n  --head %s\n",
           c.head.hash.hex);
    return HONE_OK;
}

static enum hone_code run_audit(struct hone_run *run, const void *settings,
                                struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;

    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    return set->verify || set->head != NULL ? verify(run, store, set, args)
                                            : list_rows(run, store, set, args);
}

const struct hone_verb hone_verb_audit = {
    .part.name = "audit",
    .part.summary = "who decided what, and whether the record is whole",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "[SUBJECT] [--verify]",
    .detail =
        "Lists what was registered, promoted, rolled back, archived, granted and collected, newest "
        "first.  SUBJECT is models:/loan, which includes its versions and aliases, a plain model's "
        "name, or data:/NAME.  --verify computes the hash chain anew, lets the database check "
        "itself and compares every file and piece of data with its hash; exit status 1 when a row "
        "of the chain was changed, 3 when a file was.",
    .examples = "hone audit\n"
                "hone audit models:/loan@champion --since 30d\n"
                "hone audit --actor ana --json\n"
                "hone audit --verify",
    .stage = HONE_STAGE_REGISTRY,
    .max_args = 1,
    .run = run_audit,
};
