#include "cli/verb.h"

static const char *const progresses[] = {"auto", "json", "none", NULL};
static const char *const log_formats[] = {"text", "json", NULL};
static const char *const log_levels[] = {"debug", "info", "warn", "error", NULL};

static const struct hone_param global_params[] = {
    HONE_TEXT(struct hone_globals, store, ".hone", .arg = "DIR",
              .help = "where models, runs and records are kept"),
    HONE_FLAG(struct hone_globals, json, false, .help = "print the result as JSON, errors too"),
    HONE_INT(struct hone_globals, seed, 0, 0, HONE_MANY,
             .help = "the source of all randomness"),
    HONE_INT(struct hone_globals, threads, 0, 0, 1024,
             .help = "threads to use, 0 for one per processor; results do not depend on it"),
    HONE_FLAG(struct hone_globals, verbose, false, .help = "say more, and where errors arise"),
    HONE_FLAG(struct hone_globals, quiet, false, .help = "no progress, only errors in the log"),
    HONE_CHOICE(struct hone_globals, progress, "auto", progresses,
                .help = "of long work: a bar on a terminal, or events as lines of JSON, on "
                        "standard error"),
    HONE_CHOICE(struct hone_globals, log_level, "info", log_levels,
                .help = "least important event that is logged"),
    HONE_CHOICE(struct hone_globals, log_format, "text", log_formats,
                .help =
                    "of the log on standard error: lines for people, or one JSON object each"),
    HONE_PARAM_END,
};

const struct hone_part hone_global_options = {
    .name = "global",
    .summary = "options of every verb",
    .settings_size = sizeof(struct hone_globals),
    .params = global_params,
};

#define HONE_VERB(name) extern const struct hone_verb hone_verb_##name;
#include "cli/verbs.def"
#undef HONE_VERB

const struct hone_part *const hone_verbs[] = {
#define HONE_VERB(name) &hone_verb_##name.part,
#include "cli/verbs.def"
#undef HONE_VERB
    NULL,
};

const struct hone_verb *hone_verb_find(struct hone_str name)
{
    /* part is the first member */
    return (const struct hone_verb *)(const void *)hone_part_find(hone_verbs, name);
}

static size_t count_rows(const struct hone_param *rows)
{
    size_t n = 0;
    while (rows != NULL && rows[n].name != NULL) {
        n++;
    }
    return n;
}

struct hone_part hone_verb_part(const struct hone_verb *verb, struct hone_arena *mem)
{
    struct hone_part part = verb->part;
    size_t n = count_rows(verb->part.params);
    size_t total = n;
    struct hone_param *rows;

    for (const struct hone_param_group *g = verb->groups; g != NULL && g->rows != NULL; g++) {
        total += count_rows(g->rows);
    }
    rows = hone_arena_must(mem, (total + 1) * sizeof *rows); /* zeroed: the end is there */
    if (n != 0) {
        memcpy(rows, verb->part.params, n * sizeof *rows);
    }
    for (const struct hone_param_group *g = verb->groups; g != NULL && g->rows != NULL; g++) {
        for (const struct hone_param *row = g->rows; row->name != NULL; row++) {
            rows[n] = *row;
            rows[n].offset += g->offset;
            n++;
        }
    }
    part.params = rows;
    return part;
}
