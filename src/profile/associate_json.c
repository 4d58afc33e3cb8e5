/* Associations and targets as JSON; declared in associate.h, the shape is in docs/profile.md. */
#include <math.h>

#include "profile/associate.h"

static json_t *must(json_t *value)
{
    HONE_ASSERT(value != NULL);
    return value;
}

static void set_real(json_t *o, const char *key, double x)
{
    if (!isnan(x)) {
        hone_json_set(o, key, hone_json_real(x));
    }
}

json_t *hone_associations_json(const struct hone_associations *found,
                               const struct hone_profile *profile, size_t most)
{
    json_t *o = must(json_object());
    json_t *pairs = must(json_array());

    hone_json_set(o, "columns", json_integer((json_int_t)found->n));
    hone_json_set(o, "left_out", json_integer((json_int_t)found->left_out));
    hone_json_set(o, "column_ranks", json_boolean(found->column_ranks));
    hone_json_set(o, "pairs", json_integer((json_int_t)found->pairs));
    for (size_t i = 0; i < found->pairs && i < most; i++) {
        const struct hone_association *pair = &found->pair[i];
        json_t *one = must(json_object());
        hone_json_set_text(one, "a", profile->column[pair->a].name);
        hone_json_set_text(one, "b", profile->column[pair->b].name);
        hone_json_set(one, "n", json_integer((json_int_t)pair->n));
        hone_json_set_text(one, "measure", hone_measure_name(pair->measure));
        hone_json_set(one, "value", hone_json_real(pair->value));
        set_real(one, "pearson", pair->pearson);
        set_real(one, "uncorrected", pair->plain);
        set_real(one, "u_a_given_b", pair->u_ab);
        set_real(one, "u_b_given_a", pair->u_ba);
        hone_json_push(pairs, one);
    }
    hone_json_set(o, "strongest", pairs);
    return o;
}

static json_t *feature_json(const struct hone_target_profile *target,
                            const struct hone_target_feature *f,
                            const struct hone_profile *profile)
{
    json_t *o = must(json_object());
    json_t *groups = must(json_array());

    hone_json_set_text(o, "column", profile->column[f->column].name);
    hone_json_set(o, "n", json_integer((json_int_t)f->n));
    hone_json_set_text(o, "measure", f->measure);
    hone_json_set(o, "value", hone_json_real(f->value));
    hone_json_set(o, "strength", hone_json_real(f->strength));
    hone_json_set(o, "suspect", json_boolean(f->suspect));
    for (size_t i = 0; i < f->groups; i++) {
        json_t *one = must(json_object());
        hone_json_set(one, "label", hone_json_text(hone_str(f->group[i].label)));
        hone_json_set(one, "rows", json_integer((json_int_t)f->group[i].rows));
        if (target->kind == HONE_TARGET_CLASSES_MANY) {
            json_t *shares = must(json_array());
            for (size_t k = 0; k < target->shown; k++) {
                hone_json_push(shares, hone_json_real(f->group[i].share[k]));
            }
            hone_json_set(one, "shares", shares);
        } else {
            hone_json_set(one, "mean", hone_json_real(f->group[i].mean));
            hone_json_set(one, "low", hone_json_real(f->group[i].lo));
            hone_json_set(one, "high", hone_json_real(f->group[i].hi));
        }
        hone_json_push(groups, one);
    }
    hone_json_set(o, "groups", groups);
    return o;
}

json_t *hone_target_json(const struct hone_target_profile *target,
                         const struct hone_profile *profile)
{
    static const char *const kinds[] = {"binary", "classes", "number"};
    json_t *o = must(json_object());
    json_t *classes = must(json_array());
    json_t *features = must(json_array());

    hone_json_set_text(o, "column", profile->column[target->column].name);
    hone_json_set_text(o, "kind", kinds[target->kind]);
    hone_json_set(o, "rows", json_integer((json_int_t)target->rows));
    hone_json_set(o, "missing", json_integer((json_int_t)target->missing));
    hone_json_set(o, "mean", hone_json_real(target->mean));
    hone_json_set(o, "classes", json_integer((json_int_t)target->classes));
    for (size_t k = 0; k < target->shown; k++) {
        json_t *one = must(json_object());
        hone_json_set(one, "class", hone_json_text(hone_str(target->class[k])));
        hone_json_set(one, "rows", json_integer((json_int_t)target->class_rows[k]));
        hone_json_push(classes, one);
    }
    hone_json_set(o, "shown", classes);
    for (size_t i = 0; i < target->features; i++) {
        hone_json_push(features, feature_json(target, &target->feature[i], profile));
    }
    hone_json_set(o, "features", features);
    hone_json_set(o, "left_out", json_integer((json_int_t)target->left_out));
    return o;
}
