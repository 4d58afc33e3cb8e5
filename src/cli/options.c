#include <stdio.h>

#include "cli/verb.h"

/* Short forms; they hold for every verb that has a row of that name. */
static const struct {
    char letter;
    const char *name;
} short_forms[] = {{'o', "out"}, {'h', "help"}, {'v', "verbose"}, {'q', "quiet"}};

struct parser {
    struct hone_run *run;
    const struct hone_verb *verb;
    struct hone_part part; /* the verb's rows, groups included */
    void *settings;
    struct hone_args *args;
    int argc, at; /* at: the argument being read */
    const char *const *argv;
};

static enum hone_code usage_hint(struct parser *p)
{
    return hone_hint(p->run, "usage: hone %s %s; `hone help %s` lists the options",
                     p->verb->part.name, p->verb->usage, p->verb->part.name);
}

/* "log_level" -> "--log-level" */
static const char *as_typed(struct hone_arena *mem, const char *name)
{
    char *text = hone_arena_format(mem, "--%s", name);
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '_' ? '-' : *c;
    }
    return text;
}

/* The row of a name, and which part it is of: the verb's own comes before the global one. */
static const struct hone_param *find_row(struct parser *p, struct hone_str name, bool *global)
{
    const struct hone_param *row = hone_param_find(&p->part, name);

    *global = row == NULL;
    return row != NULL ? row : hone_param_find(&hone_global_options, name);
}

static enum hone_code unknown(struct parser *p, const char *typed)
{
    const char *names[256];
    size_t n = 0;
    const char *near;
    struct hone_str shown;
    const struct hone_param *const lists[] = {p->part.params, hone_global_options.params};

    hone_str_cut(hone_str(typed), '=', &shown, &(struct hone_str){0});
    (void)hone_fail(p->run, HONE_E_ARG, "%s has no option %.*s", p->verb->part.name,
                    (int)shown.len, shown.ptr);
    for (size_t l = 0; l < 2; l++) {
        for (const struct hone_param *r = lists[l]; r->name != NULL && n < 255; r++) {
            names[n++] = as_typed(p->args->mem, r->name);
        }
    }
    names[n++] = "--help";
    near = hone_nearest(hone_arena_text(p->args->mem, shown.ptr, shown.len), names, n);
    if (near != NULL) {
        return hone_hint(p->run, "did you mean %s?", near);
    }
    return usage_hint(p);
}

static void note_given(struct hone_args *args, const char *name, const char *value)
{
    args->option = hone_arena_grow_plain(args->mem, args->option, sizeof *args->option,
                                         args->options, args->options + 1);
    HONE_ASSERT(args->option != NULL);
    args->option[args->options++] = (struct hone_option){name, value};
}

/* Set one option; typed is the argument as it stands, value NULL when it has none of its own. */
static enum hone_code take(struct parser *p, const char *typed, struct hone_str name,
                           const char *value)
{
    bool global;
    bool off = false;
    const struct hone_param *row = find_row(p, name, &global);

    if (row == NULL && hone_str_starts(name, "no-") && value == NULL) {
        row = find_row(p, (struct hone_str){name.ptr + 3, name.len - 3}, &global);
        off = row != NULL && row->type == HONE_PARAM_BOOL;
        row = off ? row : NULL;
    }
    if (row == NULL) {
        return unknown(p, typed);
    }
    if (row->type == HONE_PARAM_BOOL && value == NULL) {
        value = off ? "false" : "true";
    }
    if (value == NULL) {
        const char *next = p->at + 1 < p->argc ? p->argv[p->at + 1] : NULL;
        if (next == NULL || (next[0] == '-' && next[1] == '-' && next[2] != '\0')) {
            (void)hone_fail(p->run, HONE_E_ARG, "%s needs a value", typed);
            return next == NULL
                       ? usage_hint(p)
                       : hone_hint(p->run, "a value that begins with -- is written %s=%s",
                                   typed, next);
        }
        value = next;
        p->at++;
    }
    note_given(p->args, row->name, value);
    return hone_setting_set(p->run, global ? &hone_global_options : &p->part,
                            global ? (void *)&p->args->global : p->settings,
                            hone_str(row->name), hone_str(value), p->args->mem);
}

static enum hone_code take_long(struct parser *p, const char *typed)
{
    struct hone_str name;
    struct hone_str rest;
    bool with_value =
        hone_str_cut((struct hone_str){typed + 2, strlen(typed) - 2}, '=', &name, &rest);

    if (hone_str_is(name, "help") && !with_value) {
        p->args->help = true;
        return HONE_OK;
    }
    return take(p, typed, name, with_value ? rest.ptr : NULL);
}

static enum hone_code take_short(struct parser *p, const char *typed)
{
    for (size_t i = 0; i < sizeof short_forms / sizeof short_forms[0]; i++) {
        bool global;
        const struct hone_param *row = find_row(p, hone_str(short_forms[i].name), &global);

        if (short_forms[i].letter != typed[1]) {
            continue;
        }
        if (short_forms[i].letter == 'h' && typed[2] == '\0') {
            p->args->help = true;
            return HONE_OK;
        }
        if (row == NULL || (row->type == HONE_PARAM_BOOL && typed[2] != '\0')) {
            break;
        }
        return take(p, typed, hone_str(row->name), typed[2] == '\0' ? NULL : typed + 2);
    }
    return unknown(p, typed);
}

static enum hone_code check_count(struct parser *p)
{
    const struct hone_verb *verb = p->verb;

    if (p->args->n < verb->min_args) {
        (void)hone_fail(p->run, HONE_E_ARG, "%s needs %zu argument%s, %zu given",
                        verb->part.name, verb->min_args, verb->min_args == 1 ? "" : "s",
                        p->args->n);
        return usage_hint(p);
    }
    if (p->args->n > verb->max_args) {
        (void)hone_fail(p->run, HONE_E_ARG, "%s does not know what to do with '%s'",
                        verb->part.name, p->args->item[verb->max_args]);
        return usage_hint(p);
    }
    return HONE_OK;
}

enum hone_code hone_args_parse(struct hone_run *run, const struct hone_verb *verb, int argc,
                               const char *const *argv, struct hone_arena *mem,
                               struct hone_args *args, void **settings)
{
    bool ended = false;
    struct parser p = {
        .run = run,
        .verb = verb,
        .args = args,
        .argc = argc,
        .argv = argv,
        .part = hone_verb_part(verb, mem),
        .settings = hone_arena_must(mem, verb->part.settings_size),
    };
    *args = (struct hone_args){.verb = verb, .mem = mem};
    args->item = hone_arena_must(mem, ((size_t)argc + 1) * sizeof *args->item);
    hone_settings_default(&p.part, p.settings);
    hone_settings_default(&hone_global_options, &args->global);
    *settings = p.settings;
    for (p.at = 0; p.at < argc && !args->help; p.at++) {
        const char *typed = argv[p.at];
        if (ended || typed[0] != '-' || typed[1] == '\0') {
            args->item[args->n++] = typed;
        } else if (strcmp(typed, "--") == 0) {
            ended = true;
        } else {
            HONE_TRY(typed[1] == '-' ? take_long(&p, typed) : take_short(&p, typed));
        }
    }
    return args->help ? HONE_OK : check_count(&p);
}

bool hone_args_given(const struct hone_args *args, const char *name)
{
    for (size_t i = 0; i < args->options; i++) {
        if (strcmp(args->option[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

enum hone_code hone_args_apply(struct hone_run *run, const struct hone_args *args,
                               void *settings)
{
    struct hone_part part = hone_verb_part(args->verb, args->mem);

    for (size_t i = 0; i < args->options; i++) {
        struct hone_str name = hone_str(args->option[i].name);
        if (hone_param_find(&part, name) != NULL) {
            HONE_TRY(hone_setting_set(run, &part, settings, name,
                                      hone_str(args->option[i].value), args->mem));
        }
    }
    return HONE_OK;
}

enum hone_code hone_args_need(struct hone_run *run, const struct hone_args *args,
                              const char *name, const char *value)
{
    if (value != NULL) {
        return HONE_OK;
    }
    (void)hone_fail(run, HONE_E_ARG, "%s needs %s", args->verb->part.name,
                    as_typed(args->mem, name));
    return hone_hint(run, "usage: hone %s %s", args->verb->part.name, args->verb->usage);
}

void hone_print_json(json_t *value)
{
    HONE_JSON json_t *owned = value;
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);

    hone_json_write(&buf, owned, false);
    hone_buf_char(&buf, '\n');
    fwrite(buf.ptr, 1, buf.len, stdout);
    hone_arena_free(&mem);
}
