#include "cli/input.h"
#include "privacy/personal.h"

struct settings {
    struct hone_read_options read;
};

static const struct hone_param params[] = {
    HONE_PARAM_END,
};

static const struct hone_param_group groups[] = {HONE_READ_GROUP(struct settings, read),
                                                 HONE_GROUP_END};

static void print_found(struct hone_args *args, const struct hone_personals *found)
{
    static const struct hone_grid_column columns[] = {
        {"column", HONE_LEFT, HONE_BOLD, 12},   {"kind", HONE_LEFT, HONE_PLAIN, 0},
        {"weight", HONE_LEFT, HONE_PLAIN, 0},   {"sure", HONE_RIGHT, HONE_PLAIN, 0},
        {"because", HONE_LEFT, HONE_PLAIN, 20},
    };
    struct hone_grid grid = hone_grid(args->mem, columns, 5);

    for (size_t i = 0; i < found->n; i++) {
        const struct hone_personal *p = &found->item[i];
        const char *const cells[] = {
            hone_text_fit(&args->out, args->mem, hone_str(p->column), 32),
            p->title,
            hone_sensitivity_name(p->weight),
            hone_arena_format(args->mem, "%.2f", p->confidence),
            p->why,
        };
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
}

static enum hone_code run_privacy(struct hone_run *run, const void *settings,
                                  struct hone_args *args)
{
    const struct settings *set = settings;
    struct hone_personals found;
    struct hone_table *t;

    HONE_TRY(hone_input_read(run, args, args->item[0], &set->read, args->mem, &t, NULL));
    HONE_TRY(hone_personal_find(run, t, args->mem, &found));
    if (args->global.json) {
        hone_print_json(hone_personals_json(&found));
        return HONE_OK;
    }
    print_found(args, &found);
    return HONE_OK;
}

const struct hone_verb hone_verb_privacy = {
    .part.name = "privacy",
    .part.summary = "personal data in a table, and how anonymous its rows are",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .groups = groups,
    .usage = "DATA",
    .examples = "hone privacy customers.csv",
    .stage = HONE_STAGE_DATA,
    .min_args = 1,
    .max_args = 1,
    .run = run_privacy,
};
