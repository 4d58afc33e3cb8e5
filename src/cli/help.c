#include "cli/help.h"

const char *hone_help_name(struct hone_arena *mem, const struct hone_param *row)
{
    char *text = hone_arena_text(mem, row->name, strlen(row->name));
    for (char *c = text; *c != '\0'; c++) {
        *c = *c == '_' ? '-' : *c;
    }
    return text;
}

const char *hone_help_value(struct hone_arena *mem, const struct hone_param *row)
{
    struct hone_buf buf = hone_buf(mem);

    if (row->type == HONE_PARAM_BOOL) {
        return "";
    }
    if (row->arg != NULL) {
        return row->arg;
    }
    switch (row->type) {
    case HONE_PARAM_CHOICE:
        for (size_t i = 0; row->choices[i] != NULL; i++) {
            hone_buf_format(&buf, "%s%s", i == 0 ? "" : "|", row->choices[i]);
        }
        return buf.ptr;
    case HONE_PARAM_REAL:
        return "X";
    case HONE_PARAM_INT:
        return "N";
    case HONE_PARAM_LIST:
        return "A,B,...";
    default:
        return "TEXT";
    }
}

/* Bounds beyond this are there to catch nonsense; help leaves them out. */
static const double far_away = 1e9;

static void number_bounds(struct hone_buf *buf, const struct hone_param *row)
{
    bool low = row->min > -far_away;
    bool high = row->max < far_away;

    hone_buf_text(buf, "default ");
    hone_buf_f64(buf, row->def);
    if (low || high) {
        hone_buf_text(buf, low && high ? "; " : low ? "; at least " : "; at most ");
    }
    if (low) {
        hone_buf_f64(buf, row->min);
    }
    if (low && high) {
        hone_buf_text(buf, " to ");
    }
    if (high) {
        hone_buf_f64(buf, row->max);
    }
}

const char *hone_help_bounds(struct hone_arena *mem, const struct hone_param *row)
{
    struct hone_buf buf = hone_buf(mem);
    bool number = row->type == HONE_PARAM_REAL || row->type == HONE_PARAM_INT;

    hone_buf_text(&buf, "");
    if (number && row->def < HONE_MANY) {
        number_bounds(&buf, row);
    } else if (row->type == HONE_PARAM_BOOL && row->def != 0) {
        hone_buf_format(&buf, "default on; --no-%s", hone_help_name(mem, row));
    } else if (row->def_text != NULL &&
               (row->type == HONE_PARAM_TEXT || row->type == HONE_PARAM_CHOICE)) {
        hone_buf_format(&buf, "default %s", row->def_text);
    }
    return buf.ptr;
}

static void heading(const struct hone_term *term, const char *text)
{
    fprintf(term->file, "\n%s%s%s\n", hone_style(term, HONE_BOLD), text,
            hone_style(term, HONE_PLAIN));
}

/* Columns before the explanation of an option. */
enum { INDENT = 28 };

static void print_row(const struct hone_term *term, struct hone_arena *mem,
                      const struct hone_param *row)
{
    const char *value = hone_help_value(mem, row);
    const char *bounds = hone_help_bounds(mem, row);
    const char *left =
        hone_arena_format(mem, "  %s--%s%s%s", strcmp(row->name, "out") == 0 ? "-o, " : "",
                          hone_help_name(mem, row), value[0] == '\0' ? "" : " ", value);
    const char *right =
        hone_arena_format(mem, "%s%s%s%s", row->help == NULL ? "" : row->help,
                          bounds[0] == '\0' ? "" : " (", bounds, bounds[0] == '\0' ? "" : ")");
    size_t width = hone_text_width(hone_str(left));

    fputs(left, term->file);
    if (width + 2 > INDENT) {
        fputc('\n', term->file);
        width = 0;
    }
    fprintf(term->file, "%*s", (int)(INDENT - width), "");
    hone_print_wrapped(term, right, INDENT);
}

static void print_rows(const struct hone_term *term, const char *title,
                       const struct hone_param *rows)
{
    struct hone_arena mem = {0};

    if (rows != NULL && rows->name != NULL) {
        heading(term, title);
        for (; rows->name != NULL; rows++) {
            print_row(term, &mem, rows);
        }
    }
    hone_arena_free(&mem);
}

void hone_help_print_settings(const struct hone_term *term, const struct hone_param *rows)
{
    struct hone_arena mem = {0};

    for (; rows != NULL && rows->name != NULL; rows++) {
        const char *bounds = hone_help_bounds(&mem, rows);
        if (rows->type == HONE_PARAM_CHOICE) {
            bounds = hone_arena_format(&mem, "%s; %s", hone_help_value(&mem, rows), bounds);
        }
        fprintf(term->file, "  %-*s", INDENT - 2, rows->name);
        hone_print_wrapped(term,
                           hone_arena_format(&mem, "%s%s%s%s",
                                             rows->help == NULL ? "" : rows->help,
                                             bounds[0] == '\0' ? "" : " (", bounds,
                                             bounds[0] == '\0' ? "" : ")"),
                           INDENT);
    }
    hone_arena_free(&mem);
}

static void print_examples(const struct hone_term *term, const char *examples)
{
    struct hone_str rest = hone_str(examples);
    struct hone_str line;

    heading(term, "Examples");
    while (rest.len != 0) {
        hone_str_cut(rest, '\n', &line, &rest);
        fprintf(term->file, "  %s%.*s%s\n",
                hone_str_starts(line, "#") ? hone_style(term, HONE_DIM) : "", (int)line.len,
                line.ptr, hone_style(term, HONE_PLAIN));
    }
}

void hone_help_print_verb(const struct hone_term *term, const struct hone_verb *verb)
{
    fprintf(term->file, "%shone %s%s - %s\n", hone_style(term, HONE_BOLD), verb->part.name,
            hone_style(term, HONE_PLAIN), verb->part.summary);
    heading(term, "Usage");
    fprintf(term->file, "  hone %s %s [OPTION]...\n", verb->part.name, verb->usage);
    if (verb->detail != NULL) {
        fputc('\n', term->file);
        hone_print_wrapped(term, verb->detail, 0);
    }
    print_rows(term, "Options", verb->part.params);
    for (const struct hone_param_group *g = verb->groups; g != NULL && g->rows != NULL; g++) {
        print_rows(term, g->title, g->rows);
    }
    print_rows(term, "Options of every verb", hone_global_options.params);
    if (verb->examples != NULL) {
        print_examples(term, verb->examples);
    }
}

void hone_help_print_all(const struct hone_term *term)
{
    static const char *const titles[] = {
#define X(name, title) title,
        HONE_STAGES(X)
#undef X
    };

    fprintf(term->file, "%shone%s - from a table to a prediction service that stays good\n",
            hone_style(term, HONE_BOLD), hone_style(term, HONE_PLAIN));
    heading(term, "Usage");
    fputs("  hone VERB ARGUMENT... [OPTION]...\n", term->file);
    for (size_t stage = 0; stage < sizeof titles / sizeof titles[0]; stage++) {
        bool first = true;
        for (size_t i = 0; hone_verbs[i] != NULL; i++) {
            const struct hone_verb *verb =
                (const struct hone_verb *)(const void *)hone_verbs[i];
            if ((size_t)verb->stage != stage) {
                continue;
            }
            if (first) {
                heading(term, titles[stage]);
                first = false;
            }
            fprintf(term->file, "  %-12s", verb->part.name);
            hone_print_wrapped(term, verb->part.summary, 14);
        }
    }
    fputs("\n`hone help VERB` or `hone VERB --help` says more about a verb, with examples.\n",
          term->file);
}
