/*
 * Man page and shell completions, from the same rows as --help.  `make install` runs it.
 */
#include "cli/help.h"

static const struct hone_verb *verb_at(size_t i)
{
    return (const struct hone_verb *)(const void *)hone_verbs[i];
}

/* Text for troff: backslashes and hyphens escaped, a leading dot or quote made harmless. */
static void roff(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((c == text || c[-1] == '\n') && (*c == '.' || *c == '\'')) {
            fputs("\\&", stdout);
        }
        if (*c == '\\') {
            fputs("\\e", stdout);
        } else if (*c == '-') {
            fputs("\\-", stdout);
        } else {
            putchar(*c);
        }
    }
}

static void man_rows(struct hone_arena *mem, const struct hone_param *rows)
{
    for (; rows != NULL && rows->name != NULL; rows++) {
        const char *value = hone_help_value(mem, rows);
        const char *bounds = hone_help_bounds(mem, rows);
        fputs(".TP\n.BR \\-\\-", stdout);
        roff(hone_help_name(mem, rows));
        if (value[0] != '\0') {
            fputs(" \" \\fI", stdout);
            roff(value);
            fputs("\\fR\"", stdout);
        }
        putchar('\n');
        roff(rows->help == NULL ? "" : rows->help);
        if (bounds[0] != '\0') {
            fputs(" (", stdout);
            roff(bounds);
            putchar(')');
        }
        putchar('\n');
    }
}

static void man_verb(struct hone_arena *mem, const struct hone_verb *verb)
{
    printf(".SS hone %s ", verb->part.name);
    roff(verb->usage);
    putchar('\n');
    roff(verb->part.summary);
    fputs(".\n", stdout);
    if (verb->detail != NULL) {
        fputs(".PP\n", stdout);
        roff(verb->detail);
        putchar('\n');
    }
    man_rows(mem, verb->part.params);
    for (const struct hone_param_group *g = verb->groups; g != NULL && g->rows != NULL; g++) {
        fputs(".PP\n", stdout);
        roff(g->title);
        fputs(":\n", stdout);
        man_rows(mem, g->rows);
    }
    if (verb->examples != NULL) {
        fputs(".PP\nExamples:\n.PP\n.nf\n.RS 4\n", stdout);
        roff(verb->examples);
        fputs("\n.RE\n.fi\n", stdout);
    }
}

static void man_page(struct hone_arena *mem)
{
    fputs(
        ".TH HONE 1 \"\" \"hone " HONE_VERSION "\" \"User Commands\"\n.SH NAME\n"
        "hone \\- from a table to a prediction service that stays good\n"
        ".SH SYNOPSIS\n.B hone\n.I VERB\n.RI [ ARGUMENT \"]... [\" OPTION ]...\n"
        ".SH DESCRIPTION\n"
        "The machine-learning lifecycle in one program: it reads and checks tables, trains, evaluates,\n"
        "registers, serves and watches models.\n.SH VERBS\n",
        stdout);
    for (size_t i = 0; hone_verbs[i] != NULL; i++) {
        if (verb_at(i)->stage != HONE_STAGE_HIDDEN) {
            man_verb(mem, verb_at(i));
        }
    }
    fputs(".SH OPTIONS OF EVERY VERB\n", stdout);
    man_rows(mem, hone_global_options.params);
    fputs(".SH EXIT STATUS\n.TP\n0\nsuccess\n", stdout);
    for (int status = 1; status < 10; status++) {
        bool first = true;
        for (int code = HONE_OK + 1; code <= HONE_E_GATE; code++) {
            if (hone_code_exit((enum hone_code)code) == status) {
                printf("%s", first ? "" : "; ");
                if (first) {
                    printf(".TP\n%d\n", status);
                }
                roff(hone_code_text((enum hone_code)code));
                first = false;
            }
        }
        putchar('\n');
    }
    fputs(".SH ENVIRONMENT\n.TP\nNO_COLOR\nwhen set and not empty, no colours\n"
          ".TP\nLC_ALL, LC_CTYPE, LANG\nUTF\\-8 there allows block characters in bars\n"
          ".SH FILES\n.TP\n\\&.hone/\nthe store of the current project\n",
          stdout);
}

/* All options of a verb as "--a --b=" words; those that take a value end in '='. */
static void option_words(struct hone_arena *mem, const struct hone_verb *verb, bool with_equals)
{
    struct hone_part part = hone_verb_part(verb, mem);
    const struct hone_param *const lists[] = {part.params, hone_global_options.params};

    for (size_t l = 0; l < 2; l++) {
        for (const struct hone_param *r = lists[l]; r->name != NULL; r++) {
            printf("--%s%s ", hone_help_name(mem, r),
                   with_equals && r->type != HONE_PARAM_BOOL ? "=" : "");
        }
    }
    fputs("--help", stdout);
}

/* Options with choices: `--log-level` is followed by one of these. */
static void bash_choices(struct hone_arena *mem)
{
    for (size_t i = 0; hone_verbs[i] != NULL; i++) {
        struct hone_part part = hone_verb_part(verb_at(i), mem);
        const struct hone_param *const lists[] = {part.params, hone_global_options.params};
        for (size_t l = 0; l < 2; l++) {
            for (const struct hone_param *r = lists[l]; r->name != NULL; r++) {
                if (r->type != HONE_PARAM_CHOICE || (l == 1 && i != 0)) {
                    continue;
                }
                printf("    %s:--%s) words=\"", l == 1 ? "*" : verb_at(i)->part.name,
                       hone_help_name(mem, r));
                for (size_t c = 0; r->choices[c] != NULL; c++) {
                    printf("%s%s", c == 0 ? "" : " ", r->choices[c]);
                }
                fputs("\" ;;\n", stdout);
            }
        }
    }
}

static void bash_completion(struct hone_arena *mem)
{
    fputs("# bash completion for hone, made by `hone internal-docs bash`\n"
          "_hone() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        words=\"",
          stdout);
    for (size_t i = 0; hone_verbs[i] != NULL; i++) {
        if (verb_at(i)->stage != HONE_STAGE_HIDDEN) {
            printf("%s ", verb_at(i)->part.name);
        }
    }
    fputs("--help --version\"\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
          "        return\n"
          "    fi\n"
          "    case ${COMP_WORDS[1]}:$prev in\n",
          stdout);
    bash_choices(mem);
    fputs("    esac\n"
          "    if [ -n \"$words\" ]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
          "        return\n"
          "    fi\n"
          "    case $cur in\n"
          "    -*) ;;\n"
          "    *)\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
          "        return\n"
          "        ;;\n"
          "    esac\n"
          "    case ${COMP_WORDS[1]} in\n",
          stdout);
    for (size_t i = 0; hone_verbs[i] != NULL; i++) {
        printf("    %s) words=\"", verb_at(i)->part.name);
        option_words(mem, verb_at(i), false);
        fputs("\" ;;\n", stdout);
    }
    fputs("    esac\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
          "}\n"
          "complete -o filenames -F _hone hone\n",
          stdout);
}

/* Text within '...' and [...] of a zsh specification. */
static void zsh_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs("'\\''", stdout);
        } else if (*text == '[' || *text == ']' || *text == ':' || *text == '\\') {
            printf("\\%c", *text);
        } else {
            putchar(*text);
        }
    }
}

static void zsh_rows(struct hone_arena *mem, const struct hone_param *rows)
{
    for (; rows->name != NULL; rows++) {
        printf("        '%s--%s%s[", rows->type == HONE_PARAM_LIST ? "*" : "",
               hone_help_name(mem, rows), rows->type == HONE_PARAM_BOOL ? "" : "=");
        zsh_text(rows->help == NULL ? "" : rows->help);
        putchar(']');
        if (rows->type == HONE_PARAM_CHOICE) {
            fputs(":value:(", stdout);
            for (size_t c = 0; rows->choices[c] != NULL; c++) {
                printf("%s%s", c == 0 ? "" : " ", rows->choices[c]);
            }
            putchar(')');
        } else if (rows->type != HONE_PARAM_BOOL) {
            const char *value = hone_help_value(mem, rows);
            bool path = strcmp(value, "FILE") == 0 || strcmp(value, "DIR") == 0;
            fputs(path ? ":file:_files" : ":value:", stdout);
        }
        fputs("' \\\n", stdout);
    }
}

static void zsh_completion(struct hone_arena *mem)
{
    fputs("#compdef hone\n# made by `hone internal-docs zsh`\n_hone() {\n"
          "    local -a verbs\n"
          "    if (( CURRENT == 2 )); then\n        verbs=(\n",
          stdout);
    for (size_t i = 0; hone_verbs[i] != NULL; i++) {
        if (verb_at(i)->stage != HONE_STAGE_HIDDEN) {
            printf("            '%s:", verb_at(i)->part.name);
            zsh_text(verb_at(i)->part.summary);
            fputs("'\n", stdout);
        }
    }
    fputs("        )\n        _describe verb verbs\n        return\n    fi\n"
          "    local verb=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $verb in\n",
          stdout);
    for (size_t i = 0; hone_verbs[i] != NULL; i++) {
        printf("    %s) _arguments \\\n", verb_at(i)->part.name);
        zsh_rows(mem, hone_verb_part(verb_at(i), mem).params);
        zsh_rows(mem, hone_global_options.params);
        fputs("        '--help[how the verb is used]' \\\n        '*:file:_files' ;;\n",
              stdout);
    }
    fputs("    esac\n}\n_hone \"$@\"\n", stdout);
}

static enum hone_code run_docs(struct hone_run *run, const void *settings,
                               struct hone_args *args)
{
    const char *what = args->item[0];

    (void)settings;
    if (strcmp(what, "man") == 0) {
        man_page(args->mem);
    } else if (strcmp(what, "bash") == 0) {
        bash_completion(args->mem);
    } else if (strcmp(what, "zsh") == 0) {
        zsh_completion(args->mem);
    } else {
        return hone_fail(run, HONE_E_ARG, "'%s' is none of man, bash, zsh", what);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_internal_docs = {
    .part.name = "internal-docs",
    .part.summary = "the man page and the shell completions",
    .usage = "man|bash|zsh",
    .stage = HONE_STAGE_HIDDEN,
    .min_args = 1,
    .max_args = 1,
    .run = run_docs,
};
