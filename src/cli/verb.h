/*
 * cli/verb.h - what a verb of the command line is
 *
 * One file per verb (cmd_train.c), one constant, one line in verbs.def.  The verb's rows are its options;
 * parsing, checking, --help, the man page and the shell completions follow from them.  A verb
 * prints its result on standard output with stdio; errors are returned, and main prints them.
 */
#ifndef HONE_CLI_VERB_H
#define HONE_CLI_VERB_H

#include "base/part.h"
#include "cli/term.h"

/* Where `hone help` lists a verb: the stages of the lifecycle, in order. */
#define HONE_STAGES(X)                                                                         \
    X(DATA, "Data")                                                                            \
    X(MODEL, "Models")                                                                         \
    X(REGISTRY, "Registry")                                                                    \
    X(SERVICE, "Service")                                                                      \
    X(PROJECT, "Project")

enum hone_stage {
#define X(name, title) HONE_STAGE_##name,
    HONE_STAGES(X)
#undef X
        HONE_STAGE_HIDDEN /* not listed */
};

/* The bound of an INT row that has none; as a default it is not shown: all there are. */
#define HONE_MANY 9007199254740991.0

/* Options that every verb has. */
struct hone_globals {
    const char *store; /* folder or URL of the store */
    bool json;       /* the result is one JSON document, on the last line of standard output */
    int64_t seed;    /* also in run->seed */
    int64_t threads; /* also in the size of run->pool; 0: one per processor */
    bool verbose;
    bool quiet;
    const char *progress; /* "auto", "json", "none" */
    const char *log_level;
    const char *log_format; /* "text", "json" */
};
extern const struct hone_part hone_global_options;

/* Rows of a struct that a verb's settings embed at offset: {hone_read_params, offsetof(struct
 * settings, read)}. */
struct hone_param_group {
    const char *title; /* of these options in help: "Reading" */
    const struct hone_param *rows;
    size_t offset;
};

/* One option as it was given; "--no-x" is name "x", value "false". */
struct hone_option {
    const char *name; /* of its row */
    const char *value;
};

/* What was typed, besides the settings.  All in mem, which lives until the process ends. */
struct hone_args {
    const struct hone_verb *verb;
    const char
        *command; /* the whole line as it could be typed again: "hone train 'my rows.csv'" */
    const char **item; /* (n) positional arguments */
    size_t n;
    struct hone_option *option; /* (options) in the order given */
    size_t options;
    bool help; /* --help was among them: nothing else was checked */
    struct hone_globals global;
    struct hone_term out; /* standard output */
    bool
        answered; /* the verb has printed its JSON: a failed gate after it is told on stderr only */
    struct hone_arena *mem;
};

struct hone_verb {
    struct hone_part part;                 /* params: the verb's own options, NULL if none */
    const struct hone_param_group *groups; /* ends with NULL rows; NULL: none */
    const char *usage;                     /* what follows the verb: "DATA --target COL" */
    const char *detail;   /* paragraphs for --help after the summary; may be NULL */
    const char *examples; /* several lines, each a command, or a comment that starts with '#' */
    enum hone_stage stage;
    size_t min_args, max_args; /* positional arguments */
    /* settings: defaults overlaid with the options.  run has seed, pool, progress, log and cancel. */
    enum hone_code (*run)(struct hone_run *run, const void *settings, struct hone_args *args);
};

/* All verbs, in the order of verbs.def, ended by NULL (each points to the part member). */
extern const struct hone_part *const hone_verbs[];

/* The verb of that name, or NULL. */
const struct hone_verb *hone_verb_find(struct hone_str name);

/* The verb's own rows and its groups' in one part, offsets in the verb's settings. */
struct hone_part hone_verb_part(const struct hone_verb *verb, struct hone_arena *mem);

/*
 * Read argv[0..argc), what follows the verb's name: positional arguments, --name VALUE, --name=VALUE, --flag,
 * --no-flag, short forms; "--" ends the options; "-" is a positional argument.
 *
 *   *settings   in mem, verb->part.settings_size bytes: defaults overlaid with the options
 *   *args       all but out
 *
 * Fails: HONE_E_ARG; the hint names the nearest option, or the usage.
 */
enum hone_code hone_args_parse(struct hone_run *run, const struct hone_verb *verb, int argc,
                               const char *const *argv, struct hone_arena *mem,
                               struct hone_args *args, void **settings);

/* Whether the option of a row was given on the command line. */
bool hone_args_given(const struct hone_args *args, const char *name);

/* Overlay the options that were given on settings once more: after a file's values were laid over the
 * defaults.  Lists are appended to: empty those first. */
enum hone_code hone_args_apply(struct hone_run *run, const struct hone_args *args,
                               void *settings);

/* Fails with HONE_E_ARG when value is NULL: "train needs --target COL". */
enum hone_code hone_args_need(struct hone_run *run, const struct hone_args *args,
                              const char *name, const char *value);

/* Print a value as the last line of standard output. Takes the reference. */
void hone_print_json(json_t *value);

#endif
