#include "flow/judge/groups.h"

#include "flow/judge/segment.h"

enum hone_code hone_groups_judge(struct hone_run *run, const struct hone_span *rows,
                                 const char *column, const struct hone_prediction *p,
                                 double tolerance, struct hone_arena *mem,
                                 struct hone_fairness *out)
{
    struct hone_segments s;
    HONE_TRY(
        hone_segments_cut(run, rows, column, HONE_GROUPS_RANGES, HONE_GROUPS_MAX, mem, &s));
    return hone_fairness(run, p, s.code, s.n, s.name, tolerance, mem, out);
}

static json_t *share_json(const struct hone_share *s)
{
    json_t *o = json_object();
    hone_json_set(o, "value", hone_json_real(s->value));
    hone_json_set(o, "low", hone_json_real(s->low));
    hone_json_set(o, "high", hone_json_real(s->high));
    return o;
}

json_t *hone_fairness_json(const struct hone_fairness *f, const char *column)
{
    json_t *o = json_object();
    json_t *groups = json_array();
    json_t *gaps = json_array();
    hone_json_set_text(o, "column", column);
    hone_json_set(o, "tolerance", hone_json_real(f->tolerance));
    for (size_t g = 0; g < f->groups; g++) {
        const struct hone_group *group = &f->group[g];
        json_t *item = json_object();
        hone_json_set_text(item, "group", group->name);
        hone_json_set(item, "rows", json_integer((json_int_t)group->rows));
        hone_json_set(item, f->metric->part.name, hone_json_real(group->value));
        if (f->rates) {
            hone_json_set(item, "selection_rate", share_json(&group->selection));
            hone_json_set(item, "base_rate", share_json(&group->base));
            hone_json_set(item, "true_positive_rate", share_json(&group->tpr));
            hone_json_set(item, "false_positive_rate", share_json(&group->fpr));
        } else {
            hone_json_set(item, "mean_error", hone_json_real(group->mean_error));
        }
        hone_json_push(groups, item);
    }
    for (size_t k = 0; k < f->gaps; k++) {
        const struct hone_gap *gap = &f->gap[k];
        json_t *item = json_object();
        hone_json_set_text(item, "name", gap->name);
        hone_json_set_text(item, "highest", f->group[gap->high_group].name);
        hone_json_set_text(item, "lowest", f->group[gap->low_group].name);
        hone_json_set(item, "value", hone_json_real(gap->value));
        hone_json_set(item, "low", hone_json_real(gap->low));
        hone_json_set(item, "high", hone_json_real(gap->high));
        hone_json_set(item, "ratio", hone_json_real(gap->ratio));
        hone_json_set_text(item, "verdict", gap->verdict);
        hone_json_push(gaps, item);
    }
    hone_json_set(o, "groups", groups);
    hone_json_set(o, "gaps", gaps);
    return o;
}
