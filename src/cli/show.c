#include "cli/show.h"

#include <math.h>

void hone_show_metrics(const struct hone_args *args, const char *title,
                       const struct hone_metric *const *metric,
                       const struct hone_interval *interval, size_t n)
{
    const struct hone_grid_column column[] = {
        {.title = title, .align = HONE_LEFT},
        {.title = "value", .align = HONE_RIGHT, .style = HONE_BOLD},
        {.title = "95 % interval", .align = HONE_LEFT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, 3);
    for (size_t m = 0; m < n; m++) {
        const struct hone_interval *i = &interval[m];
        const char *cell[] = {
            metric[m]->part.name,
            isnan(i->value) ? "undefined" : hone_arena_format(args->mem, "%.5g", i->value),
            isnan(i->low) ? i->why
                          : hone_arena_format(args->mem, "%.5g to %.5g", i->low, i->high),
        };
        hone_grid_row(&grid, cell);
    }
    hone_grid_print(&grid, &args->out);
}

/* A share as "12.3 %", or blank when nothing is behind it. */
static const char *percent(const struct hone_share *s, struct hone_arena *mem)
{
    return s->n > 0 ? hone_arena_format(mem, "%.1f %%", 100 * s->value) : NULL;
}

void hone_show_groups(const struct hone_args *args, const struct hone_fairness *f,
                      const char *by)
{
    const struct hone_grid_column column[] = {
        {.title = by, .align = HONE_LEFT},
        {.title = "rows", .align = HONE_RIGHT},
        {.title = f->metric->part.name, .align = HONE_RIGHT},
        {.title = f->rates ? "predicted +" : "mean error", .align = HONE_RIGHT},
        {.title = f->rates ? "truly +" : "", .align = HONE_RIGHT},
        {.title = f->rates ? "found (tpr)" : "", .align = HONE_RIGHT},
        {.title = f->rates ? "false alarms (fpr)" : "", .align = HONE_RIGHT},
    };
    struct hone_grid grid = hone_grid(args->mem, column, f->rates ? 7 : 4);
    for (size_t g = 0; g < f->groups; g++) {
        const struct hone_group *group = &f->group[g];
        const char *cell[] = {
            group->name,
            hone_arena_format(args->mem, "%zu", group->rows),
            isnan(group->value) ? "undefined"
                                : hone_arena_format(args->mem, "%.5g", group->value),
            f->rates ? percent(&group->selection, args->mem)
                     : hone_arena_format(args->mem, "%+.5g", group->mean_error),
            percent(&group->base, args->mem),
            percent(&group->tpr, args->mem),
            percent(&group->fpr, args->mem),
        };
        hone_grid_row(&grid, cell);
    }
    printf("\n");
    hone_grid_print(&grid, &args->out);
    for (size_t k = 0; k < f->gaps; k++) {
        const struct hone_gap *gap = &f->gap[k];
        bool bad = strcmp(gap->verdict, "fail") == 0;
        printf("  %s%-21s%s %s %.3f (%.3f to %.3f): %s is highest, %s lowest\n",
               hone_style(&args->out, bad ? HONE_RED : HONE_GREEN), gap->verdict,
               hone_style(&args->out, HONE_PLAIN), gap->name, gap->value, gap->low, gap->high,
               f->group[gap->high_group].name, f->group[gap->low_group].name);
    }
}
