#include "base/file.h"
#include "cli/data_show.h"
#include "cli/input.h"
#include "flow/data/keep.h"

struct settings {
    const char *name;
    const char *note;
    int64_t keep;
    bool dry_run;
    bool no_table;
    bool exit_code;
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_TEXT(struct settings, name, NULL, .help = "add: the data set's name; from the file's"),
    HONE_TEXT(struct settings, note, NULL, .arg = "TEXT", .help = "add: what is new, in words"),
    HONE_FLAG(struct settings, no_table, false,
              .help = "add: keep the bytes only, and do not look for a table in them"),
    HONE_INT(struct settings, keep, HONE_MANY, 1, HONE_MANY,
             .help = "gc: of each data set let all but the newest N versions go"),
    HONE_FLAG(struct settings, dry_run, false, .help = "gc: only say what would go"),
    HONE_FLAG(struct settings, exit_code, false,
              .help = "diff: exit status 1 when the two differ"),
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {HONE_READ_GROUP(struct settings, read),
                                                 HONE_GROUP_END};

struct act {
    struct hone_run *run;
    const struct settings *set;
    struct hone_args *args;
    struct hone_store *store;
    const char *const *item; /* what follows the action */
    size_t n;
};

/* --- add ---------------------------------------------------------------------------------- */

static void tell_added(const struct hone_kept *kept, struct hone_args *args)
{
    const struct hone_dataset_version *v = &kept->version;
    const struct hone_tree *t = &kept->tree;
    struct hone_arena *mem = args->mem;

    printf("%sdata:/%s/%lld%s %s%s in %s file%s", hone_style(&args->out, HONE_BOLD), v->name,
           (long long)v->version, hone_style(&args->out, HONE_PLAIN),
           kept->unchanged ? "is what it was: " : "", hone_text_bytes(mem, (uint64_t)t->bytes),
           hone_text_count(mem, (uint64_t)t->files), t->files == 1 ? "" : "s");
    if (v->rows >= 0) {
        printf(", %s rows, %s columns", hone_text_count(mem, (uint64_t)v->rows),
               hone_text_count(mem, (uint64_t)v->cols));
    }
    if (t->fresh == 0) {
        printf("\n  nothing that was not here before");
    } else {
        printf("\n  %s new, kept as %s", hone_text_bytes(mem, (uint64_t)t->fresh),
               hone_text_bytes(mem, (uint64_t)t->stored));
    }
    if (t->cached > 0) {
        printf("; %s file%s unchanged and not read", hone_text_count(mem, (uint64_t)t->cached),
               t->cached == 1 ? "" : "s");
    }
    printf("; %s\n", hone_text_seconds(mem, kept->seconds));
    if (t->skipped > 0) {
        printf("  left out: %s that are no plain files (links to folders, sockets, ...)\n",
               hone_text_count(mem, (uint64_t)t->skipped));
    }
    if (kept->not_table != NULL) {
        printf("  kept, but not read as a table: %s\n", kept->not_table);
    }
}

static json_t *added_json(const struct hone_kept *kept)
{
    json_t *o = hone_data_version_json(&kept->version);

    hone_json_set(o, "unchanged", json_boolean(kept->unchanged));
    hone_json_set(o, "files_not_read", json_integer(kept->tree.cached));
    hone_json_set(o, "files_left_out", json_integer(kept->tree.skipped));
    hone_json_set(o, "new_bytes", json_integer(kept->tree.fresh));
    hone_json_set(o, "stored_bytes", json_integer(kept->tree.stored));
    hone_json_set(o, "not_a_table",
                  kept->not_table == NULL ? json_null() : json_string(kept->not_table));
    hone_json_set(o, "seconds", hone_json_real(kept->seconds));
    return o;
}

static enum hone_code add(const struct act *act)
{
    json_t *list = json_array();
    HONE_JSON json_t *result = json_object();

    hone_json_set(result, "versions", list);
    if (act->set->name != NULL && act->n > 1) {
        (void)hone_fail(act->run, HONE_E_ARG, "one name for %zu sources", act->n);
        return hone_hint(act->run, "add them one by one, or the folder that holds them");
    }
    for (size_t i = 0; i < act->n; i++) {
        struct hone_kept kept;
        const struct hone_keep what = {.source = act->item[i],
                                       .name = act->set->name,
                                       .note = act->set->note,
                                       .actor = hone_input_actor(),
                                       .no_table = act->set->no_table,
                                       .read = &act->set->read};
        HONE_TRY(hone_keep(act->run, act->store, &what, act->args->mem, &kept));
        if (!act->args->global.json && !act->args->global.quiet) {
            tell_added(&kept, act->args);
        }
        hone_json_push(list, added_json(&kept));
    }
    if (act->args->global.json) {
        hone_print_json(json_incref(result));
    }
    return HONE_OK;
}

/* --- list, show, diff --------------------------------------------------------------------- */

static enum hone_code list(const struct act *act)
{
    return hone_data_list(act->run, act->store, act->n == 0 ? NULL : act->item[0], act->args);
}

static enum hone_code show(const struct act *act)
{
    return hone_data_show(act->run, act->store, act->item[0], act->args);
}

static enum hone_code diff(const struct act *act)
{
    const char *const text[2] = {act->item[0], act->item[1]};
    bool same = true;

    HONE_TRY(hone_data_diff(act->run, act->store, text, act->args, &same));
    if (!same && act->set->exit_code) {
        act->args->answered = true;
        return hone_fail(act->run, HONE_E_GATE, "%s and %s differ", text[0], text[1]);
    }
    return HONE_OK;
}

/* --- get ---------------------------------------------------------------------------------- */

/* Where a file of a version goes; a path that leads out of the folder is never written. */
static enum hone_code place(struct hone_run *run, const char *folder, const char *path,
                            struct hone_arena *mem, const char **out)
{
    bool climbs =
        path[0] == '/' || strncmp(path, "../", 3) == 0 || strstr(path, "/../") != NULL;

    if (climbs) {
        return hone_fail(run, HONE_E_FORMAT,
                         "the version holds a file \"%s\", which is no "
                         "place in a folder",
                         path);
    }
    *out = hone_path_join(mem, folder, path);
    const char *slash = strrchr(*out, '/');
    return hone_dir_make(run, hone_arena_format(mem, "%.*s", (int)(slash - *out), *out));
}

static enum hone_code get(const struct act *act)
{
    HONE_ARENA(work);
    struct hone_run *run = act->run;
    struct hone_dataset_uri uri;
    struct hone_dataset_version v;
    struct hone_tree_file *file;
    const char *to = act->item[1];
    size_t n;
    size_t written = 0;

    HONE_TRY(hone_dataset_uri(run, act->item[0], &work, &uri));
    HONE_TRY(hone_dataset_get(run, act->store, uri.name, uri.version, &work, &v));
    HONE_TRY(hone_tree_list(run, act->store, v.tree, &work, &file, &n));
    for (size_t i = 0; i < n; i++) {
        const char *path = to;
        if (uri.path != NULL && strcmp(uri.path, file[i].path) != 0) {
            continue;
        }
        if (v.file != NULL || uri.path != NULL) {
            path = hone_dir_exists(to) ? hone_path_join(&work, to, hone_path_base(file[i].path))
                                       : to;
        } else {
            HONE_TRY(place(run, to, file[i].path, &work, &path));
        }
        HONE_TRY(hone_tree_write(run, act->store, file[i].hash, path));
        written++;
    }
    if (written == 0) {
        return hone_fail(run, HONE_E_NOT_FOUND, "data:/%s/%lld holds no %s", v.name,
                         (long long)v.version, uri.path);
    }
    if (act->args->global.json) {
        json_t *o = json_object();
        hone_json_set_text(o, "path", to);
        hone_json_set(o, "files", json_integer((json_int_t)written));
        hone_print_json(o);
    } else if (!act->args->global.quiet && strcmp(to, "-") != 0) {
        printf("%s: %zu file%s of data:/%s/%lld\n", to, written, written == 1 ? "" : "s",
               v.name, (long long)v.version);
    }
    return HONE_OK;
}

/* --- remove, gc, verify ------------------------------------------------------------------- */

static enum hone_code take_away(const struct act *act)
{
    struct hone_dataset_uri uri;

    HONE_TRY(hone_dataset_uri(act->run, act->item[0], act->args->mem, &uri));
    if (uri.version == 0 || uri.path != NULL) {
        (void)hone_fail(act->run, HONE_E_ARG, "remove needs one version");
        return hone_hint(act->run, "name it: hone data remove %s/3", uri.name);
    }
    HONE_TRY(
        hone_dataset_remove(act->run, act->store, uri.name, uri.version, hone_input_actor()));
    if (act->args->global.json) {
        json_t *o = json_object();
        hone_json_set_text(o, "name", uri.name);
        hone_json_set(o, "version", json_integer(uri.version));
        hone_print_json(o);
    } else if (!act->args->global.quiet) {
        printf("data:/%s/%lld is removed; `hone data gc` gives its bytes back\n", uri.name,
               (long long)uri.version);
    }
    return HONE_OK;
}

/* Let the versions of each set go that are not among its newest; *n counts them. */
static enum hone_code thin_out(const struct act *act, size_t *n)
{
    struct hone_dataset_version *v;
    size_t versions;
    int64_t newer = 0;

    HONE_TRY(hone_dataset_list(act->run, act->store, NULL, act->args->mem, &v, &versions));
    for (size_t i = versions; i-- > 0;) {
        if (i + 1 < versions && strcmp(v[i].name, v[i + 1].name) != 0) {
            newer = 0;
        }
        if (v[i].tree != NULL && ++newer > act->set->keep) {
            HONE_TRY(hone_dataset_remove(act->run, act->store, v[i].name, v[i].version,
                                         hone_input_actor()));
            ++*n;
        }
    }
    return HONE_OK;
}

static enum hone_code collect(const struct act *act)
{
    struct hone_collected out;
    struct hone_arena *mem = act->args->mem;
    bool dry = act->set->dry_run;
    size_t removed = 0;

    {
        HONE_TRANSACTION tx = {0};
        HONE_TRY(hone_transaction_begin(act->run, act->store, &tx));
        HONE_TRY(thin_out(act, &removed));
        if (dry) { /* counted as if they were gone, then undone */
            HONE_TRY(hone_dataset_collect(act->run, act->store, true, &out));
        } else {
            HONE_TRY(hone_transaction_commit(act->run, &tx));
        }
    }
    if (!dry) {
        HONE_TRY(hone_dataset_collect(act->run, act->store, false, &out));
    }
    if (act->args->global.json) {
        json_t *o = json_object();
        hone_json_set(o, "dry_run", json_boolean(dry));
        hone_json_set(o, "versions", json_integer((json_int_t)removed));
        hone_json_set(o, "pieces", json_integer(out.pieces));
        hone_json_set(o, "packs", json_integer(out.packs));
        hone_json_set(o, "bytes", json_integer(out.bytes));
        hone_print_json(o);
    } else if (!act->args->global.quiet) {
        printf("%s%s version%s, %s piece%s: %s %s\n", dry ? "would remove " : "removed ",
               hone_text_count(mem, removed), removed == 1 ? "" : "s",
               hone_text_count(mem, (uint64_t)out.pieces), out.pieces == 1 ? "" : "s",
               hone_text_bytes(mem, (uint64_t)(out.bytes < 0 ? 0 : out.bytes)),
               dry ? "would be given back" : "given back");
    }
    return HONE_OK;
}

static enum hone_code verify(const struct act *act)
{
    struct hone_arena *mem = act->args->mem;
    int64_t files;
    int64_t bytes;

    HONE_TRY(hone_dataset_verify(act->run, act->store, &files, &bytes));
    if (act->args->global.json) {
        json_t *o = json_object();
        hone_json_set(o, "files", json_integer(files));
        hone_json_set(o, "bytes", json_integer(bytes));
        hone_print_json(o);
    } else if (!act->args->global.quiet) {
        printf("%s files, %s: all are what their hashes say\n",
               hone_text_count(mem, (uint64_t)files), hone_text_bytes(mem, (uint64_t)bytes));
    }
    return HONE_OK;
}

/* --- the verb ----------------------------------------------------------------------------- */

static const struct action {
    const char *name;
    const char *usage;
    size_t least, most;
    enum hone_code (*run)(const struct act *act);
} actions[] = {
    {"add", "hone data add PATH... [--name NAME]", 1, 1000, add},
    {"list", "hone data list [NAME]", 0, 1, list},
    {"show", "hone data show NAME[/VERSION]", 1, 1, show},
    {"diff", "hone data diff NAME/1 NAME/2", 2, 2, diff},
    {"get", "hone data get NAME[/VERSION[/PATH]] OUT", 2, 2, get},
    {"remove", "hone data remove NAME/VERSION", 1, 1, take_away},
    {"gc", "hone data gc [--keep N] [--dry-run]", 0, 0, collect},
    {"verify", "hone data verify", 0, 0, verify},
};
enum { ACTIONS = sizeof actions / sizeof actions[0] };

static enum hone_code find_action(struct hone_run *run, const struct hone_args *args,
                                  const struct action **out)
{
    HONE_ARENA(work);
    struct hone_buf names = hone_buf(&work);
    size_t given = args->n - 1;

    for (size_t i = 0; i < ACTIONS; i++) {
        if (strcmp(actions[i].name, args->item[0]) == 0) {
            *out = &actions[i];
            if (given < actions[i].least || given > actions[i].most) {
                (void)hone_fail(run, HONE_E_ARG, "data %s was given %zu argument%s",
                                actions[i].name, given, given == 1 ? "" : "s");
                return hone_hint(run, "usage: %s", actions[i].usage);
            }
            return HONE_OK;
        }
        hone_buf_format(&names, "%s%s", i == 0 ? "" : ", ", actions[i].name);
    }
    (void)hone_fail(run, HONE_E_ARG, "data does not know '%s'", args->item[0]);
    return hone_hint(run, "it knows %s", names.ptr);
}

static enum hone_code run_data(struct hone_run *run, const void *settings,
                               struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    const struct action *action = NULL;
    struct act act = {.run = run, .set = set, .args = args};

    HONE_TRY(find_action(run, args, &action));
    HONE_TRY(hone_store_open(run, args->global.store, action->run == add, args->mem, &store));
    act.store = store;
    act.item = args->item + 1;
    act.n = args->n - 1;
    return action->run(&act);
}

const struct hone_verb hone_verb_data = {
    .part.name = "data",
    .part.summary = "keep versions of files, folders and tables",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "add|list|show|diff|get|remove|gc|verify [NAME[/VERSION]|PATH]...",
    .detail =
        "A version is kept by its content, in pieces that versions share: a file that grew costs "
        "what is new.  A file that looks unchanged is not read again.  data:/NAME (the newest) and "
        "data:/NAME/3 are read wherever a table is, and what a training read is on its record."
        "\n\n"
        "get writes a version, or one file of it, to a file or a folder; remove lets one go, gc gives the "
        "bytes back; verify reads everything and compares it with its hash.",
    .examples = "hone data add loans.csv --note 'with May'\n"
                "hone data add images/ --name cats\n"
                "hone data add 'sqlite:shop.db?query=SELECT * FROM orders' --name orders\n"
                "hone data list\n"
                "hone data diff loans/1 loans/2\n"
                "hone train data:/loans/2 --target default\n"
                "hone data get loans/1 loans-old.csv\n"
                "hone data gc --keep 10 --dry-run",
    .stage = HONE_STAGE_DATA,
    .min_args = 1,
    .max_args = 1000,
    .run = run_data,
};
