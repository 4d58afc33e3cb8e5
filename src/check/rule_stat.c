/* Rules about one column as a whole: figures, quantiles, sets of values, distributions. */
#include <math.h>

#include "base/time.h"
#include "check/check_priv.h"
#include "check/schema_priv.h"
#include "eval/order.h"
#include "eval/stat.h"

/* The finite values, ascending, in scratch. */
static enum hone_code sorted_of(struct hone_trial *t, double **out, size_t *n)
{
    double *v;

    *n = 0;
    HONE_TRY(hone_array(t->run, &t->run->scratch, &v, t->column.rows));
    for (size_t i = 0; i < t->column.rows; i++) {
        double x = hone_column_f64(&t->column, i);
        if (isfinite(x)) {
            v[(*n)++] = x;
        }
    }
    HONE_TRY(hone_sort_f64(t->run, *n, v));
    *out = v;
    return HONE_OK;
}

static bool has_numbers(struct hone_trial *t, const struct hone_rule *rule)
{
    enum hone_type type = t->column.type;

    if (hone_type_is_number(type) || (rule->kind->dates && hone_type_is_time(type))) {
        return true;
    }
    hone_conclude_unfit(t, rule,
                        hone_arena_format(t->verdict->findings->mem,
                                          "column %s is of type %s and holds no numbers",
                                          t->raw->name, hone_type_name(type)));
    return false;
}

/* mean, stdev and sum of ascending values; NaN for none. */
static double moment_of(const char *name, size_t n, const double *v)
{
    double mean = 0;
    double square = 0;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        double d = v[i] - mean;
        sum += v[i];
        mean += d / (double)(i + 1);
        square += d * (v[i] - mean);
    }
    if (strcmp(name, "sum") == 0) {
        return sum;
    }
    if (strcmp(name, "stdev") == 0) {
        return n < 2 ? (double)NAN : sqrt(square / (double)(n - 1));
    }
    return n == 0 ? (double)NAN : mean;
}

static enum hone_code judge_figure(struct hone_trial *t, const struct hone_rule *rule)
{
    const char *name = rule->kind->name;
    struct hone_arena *mem = t->verdict->findings->mem;
    double *v;
    size_t n;
    double x;
    HONE_SCRATCH(t->run);

    if (!has_numbers(t, rule)) {
        return HONE_OK;
    }
    HONE_TRY(sorted_of(t, &v, &n));
    if (strcmp(name, "min") == 0 || strcmp(name, "max") == 0) {
        x = n == 0 ? (double)NAN : name[1] == 'i' ? v[0] : v[n - 1];
    } else if (strcmp(name, "median") == 0) {
        x = n == 0 ? (double)NAN : hone_quantile_sorted(n, v, 0.5);
    } else {
        x = moment_of(name, n, v);
    }
    hone_conclude_figure(
        t, rule,
        hone_arena_format(mem, "column %s: the %s", t->raw->name,
                          strcmp(name, "stdev") == 0 ? "standard deviation" : name),
        x);
    return HONE_OK;
}

static enum hone_code judge_quantiles(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    struct hone_buf said = hone_buf(mem);
    struct hone_buf values = hone_buf(mem);
    double *v;
    size_t n;
    bool good = true;
    HONE_SCRATCH(t->run);

    if (!has_numbers(t, rule)) {
        return HONE_OK;
    }
    HONE_TRY(sorted_of(t, &v, &n));
    hone_buf_text(&values, "{\"quantiles\":[");
    for (size_t k = 0; k < rule->ats; k++) {
        hone_buf_text(&values, k == 0 ? "" : ",");
        hone_buf_f64(&values, rule->at[k]);
    }
    hone_buf_text(&values, "],\"values\":[");
    for (size_t k = 0; k < rule->ats; k++) {
        double x = n == 0 ? (double)NAN : hone_quantile_sorted(n, v, rule->at[k]);
        bool fine = x >= rule->low[k] && x <= rule->high[k];
        if (!fine) {
            hone_buf_format(&said, "%sthe quantile %g is %g, outside %g to %g",
                            said.len == 0 ? "" : ", ", rule->at[k], x, rule->low[k],
                            rule->high[k]);
        }
        hone_buf_text(&values, k == 0 ? "" : ",");
        if (n == 0) {
            hone_buf_text(&values, "null");
        } else {
            hone_buf_f64(&values, x);
        }
        good = good && fine;
    }
    hone_buf_text(&values, "]}");
    struct hone_finding *f = hone_conclude(
        t, rule, NULL, good,
        good ? hone_arena_format(mem, "column %s: its quantiles lie within the bounds",
                                 t->raw->name)
             : hone_arena_format(mem, "column %s: %s", t->raw->name, said.ptr));
    f->observed = values.ptr;
    return HONE_OK;
}

/* The different values of a column, as texts, and how often each is; in scratch. */
struct levels {
    size_t n, known;
    struct hone_map map;
    struct hone_str *text;
    double *count;
};

static enum hone_code levels_of(struct hone_trial *t, struct levels *l)
{
    struct hone_run *run = t->run;
    struct hone_seen seen;
    const struct hone_column *c = t->raw;

    *l = (struct levels){.map = {.mem = &run->scratch}};
    HONE_TRY(hone_seen_new(run, c->rows, &run->scratch, &seen));
    HONE_TRY(hone_array(run, &run->scratch, &l->text, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &l->count, c->rows));
    for (size_t i = 0; i < c->rows; i++) {
        if (!hone_is_valid(c, i)) {
            continue;
        }
        uint32_t k = hone_seen_add(&seen, hone_cell_hash(c, i), (uint32_t)l->n);
        if (k == l->n) {
            struct hone_buf buf = hone_buf(&run->scratch);
            l->text[l->n++] = hone_value_text(c, i, &buf);
        }
        l->count[k] += 1;
        l->known++;
    }
    for (size_t k = 0; k < l->n; k++) {
        if (hone_map_add(&l->map, l->text[k], (uint32_t)k) == UINT32_MAX) {
            return hone_no_room(run, "levels", l->n);
        }
    }
    return HONE_OK;
}

static enum hone_code judge_distinct(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    bool share = strcmp(rule->kind->name, "distinct_share") == 0;
    struct levels l;
    HONE_SCRATCH(t->run);

    HONE_TRY(levels_of(t, &l));
    double n = (double)l.n;
    hone_conclude_figure(t, rule,
                         hone_arena_format(mem, "column %s: the %s of different values",
                                           t->raw->name, share ? "share" : "number"),
                         share ? (l.known == 0 ? 0.0 : n / (double)l.known) : n);
    return HONE_OK;
}

/* {"values": [...], "counts": [...]} of what is not asked for, for people: '"a", "b"'. */
static void quote_level(struct hone_buf *buf, size_t *shown, struct hone_str text)
{
    if (*shown < 5) {
        int len = (int)(text.len < 40 ? text.len : 40);
        hone_buf_format(buf, "%s\"%.*s\"", *shown == 0 ? "" : ", ", len, text.ptr);
    } else if (*shown == 5) {
        hone_buf_text(buf, ", ...");
    }
    (*shown)++;
}

static const char *levels_json(const struct levels *l, struct hone_arena *mem)
{
    HONE_JSON json_t *list = json_array();
    struct hone_buf out = hone_buf(mem);

    for (size_t k = 0; k < l->n && k < 100; k++) {
        hone_json_push(list, hone_json_text(l->text[k]));
    }
    hone_json_write(&out, list, false);
    return out.ptr;
}

static enum hone_code judge_set(struct hone_trial *t, const struct hone_rule *rule)
{
    const char *name = rule->kind->name;
    struct hone_arena *mem = t->verdict->findings->mem;
    struct hone_buf extra = hone_buf(mem);
    struct hone_buf lack = hone_buf(mem);
    size_t extras = 0;
    size_t lacks = 0;
    struct levels l;
    HONE_SCRATCH(t->run);

    HONE_TRY(levels_of(t, &l));
    for (size_t k = 0; k < l.n && strcmp(name, "distinct_contain") != 0; k++) {
        if (hone_map_get(&rule->values, l.text[k]) == UINT32_MAX) {
            quote_level(&extra, &extras, l.text[k]);
        }
    }
    for (size_t k = 0; k < rule->items && strcmp(name, "distinct_in") != 0; k++) {
        if (hone_map_get(&l.map, hone_str(rule->item[k])) == UINT32_MAX) {
            quote_level(&lack, &lacks, hone_str(rule->item[k]));
        }
    }
    struct hone_finding *f = hone_conclude(
        t, rule, NULL, extras + lacks == 0,
        extras + lacks == 0
            ? hone_arena_format(mem, "column %s has the values it should have", t->raw->name)
            : hone_arena_format(mem, "column %s: %s%s%s%s%s", t->raw->name,
                                extras > 0 ? "it should not have " : "",
                                extras > 0 ? extra.ptr : "",
                                extras > 0 && lacks > 0 ? "; " : "",
                                lacks > 0 ? "it lacks " : "", lacks > 0 ? lack.ptr : ""));
    f->value = (double)(extras + lacks);
    f->observed = levels_json(&l, mem);
    return HONE_OK;
}

static enum hone_code judge_top(struct hone_trial *t, const struct hone_rule *rule)
{
    struct hone_arena *mem = t->verdict->findings->mem;
    struct hone_buf shown = hone_buf(mem);
    struct levels l;
    double most = 0;
    size_t ties = 0;
    size_t listed = 0;
    size_t n = 0;
    HONE_SCRATCH(t->run);

    HONE_TRY(levels_of(t, &l));
    for (size_t k = 0; k < l.n; k++) {
        most = fmax(most, l.count[k]);
    }
    for (size_t k = 0; k < l.n; k++) {
        if (l.count[k] >= most) {
            ties++;
            listed += hone_map_get(&rule->values, l.text[k]) != UINT32_MAX ? 1 : 0;
            quote_level(&shown, &n, l.text[k]);
        }
    }
    bool good = rule->ties ? listed > 0 : ties == 1 && listed == 1;
    struct hone_finding *f =
        hone_conclude(t, rule, NULL, good,
                      hone_arena_format(mem, "column %s: most rows have %s%s", t->raw->name,
                                        n == 0 ? "no value" : shown.ptr,
                                        good ? "" : ", which is not what the rule lists"));
    f->value = most;
    return HONE_OK;
}

/* --- distributions against a reference --- */

/* Rows in each cell of the reference, in count (shares); what no cell holds is returned. */
static enum hone_code count_cells(struct hone_trial *t, const struct hone_rule *rule,
                                  double *count, double *outside)
{
    HONE_SCRATCH(t->run);

    *outside = 0;
    if (rule->edge == NULL) {
        struct levels l;
        HONE_TRY(levels_of(t, &l));
        for (size_t k = 0; k < l.n; k++) {
            uint32_t at = hone_map_get(&rule->values, l.text[k]);
            if (at == UINT32_MAX) {
                *outside += l.count[k];
            } else {
                count[at] += l.count[k];
            }
        }
        return HONE_OK;
    }
    for (size_t i = 0; i < t->column.rows; i++) {
        double x = hone_column_f64(&t->column, i);
        size_t low = 0;
        size_t high = rule->edges;
        if (!hone_is_valid(&t->column, i)) {
            continue;
        }
        while (low < high) { /* how many edges lie at or below x */
            size_t mid = (low + high) / 2;
            if (rule->edge[mid] <= x) {
                low = mid + 1;
            } else {
                high = mid;
            }
        }
        low -= low == rule->edges && x <= rule->edge[rule->edges - 1] ? 1 : 0;
        if (low == 0 || low == rule->edges || isnan(x)) {
            *outside += 1;
        } else {
            count[low - 1] += 1;
        }
    }
    return HONE_OK;
}

static void conclude_distance(struct hone_trial *t, const struct hone_rule *rule,
                              const char *what, double x)
{
    hone_conclude_figure(
        t, rule,
        hone_arena_format(t->verdict->findings->mem, "column %s: the %s", t->raw->name, what),
        x);
}

/* Kullback & Leibler's divergence of the rows from the reference, in nats. */
static double divergence(const struct hone_rule *rule, const double *count, double outside)
{
    double n = outside;
    double sum = 0;

    for (size_t k = 0; k < rule->shares; k++) {
        n += count[k];
    }
    if (outside > 0) {
        return HUGE_VAL;
    }
    for (size_t k = 0; k < rule->shares && n > 0; k++) {
        double p = count[k] / n;
        if (p > 0) {
            sum += rule->share[k] > 0 ? p * log(p / rule->share[k]) : HUGE_VAL;
        }
    }
    return sum;
}

/* p-value of Pearson's test of the rows against the reference. */
static double chi2_p(const struct hone_rule *rule, const double *count, double outside)
{
    double n = outside;
    double chi2 = 0;

    for (size_t k = 0; k < rule->shares; k++) {
        n += count[k];
    }
    for (size_t k = 0; k < rule->shares; k++) {
        double expected = n * rule->share[k];
        if (expected > 0) {
            chi2 += (count[k] - expected) * (count[k] - expected) / expected;
        } else if (count[k] > 0) {
            return 0;
        }
    }
    return outside > 0 ? 0.0 : hone_chi2_sf(chi2, (double)rule->shares - 1);
}

static enum hone_code judge_cells(struct hone_trial *t, const struct hone_rule *rule)
{
    const char *name = rule->kind->name;
    double *count;
    double *reference;
    double outside;
    HONE_SCRATCH(t->run);

    if (rule->edge != NULL && !has_numbers(t, rule)) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(t->run, &t->run->scratch, &count, rule->shares + 1));
    HONE_TRY(hone_array(t->run, &t->run->scratch, &reference, rule->shares + 1));
    HONE_TRY(count_cells(t, rule, count, &outside));
    if (strcmp(name, "kl") == 0) {
        conclude_distance(t, rule, "divergence (KL) from the reference",
                          divergence(rule, count, outside));
    } else if (strcmp(name, "chi2") == 0) {
        conclude_distance(t, rule, "p-value (chi-squared) against the reference",
                          chi2_p(rule, count, outside));
    } else {
        memcpy(reference, rule->share, rule->shares * sizeof *reference);
        count[rule->shares] = outside;
        conclude_distance(t, rule, "distance (PSI) from the reference",
                          hone_psi(rule->shares + 1, reference, count));
    }
    return HONE_OK;
}

/* The reference's distribution function, straight between edges. */
static double reference_cdf(const struct hone_rule *rule, double x)
{
    double sum = 0;

    for (size_t k = 0; k < rule->shares; k++) {
        double low = rule->edge[k];
        double high = rule->edge[k + 1];
        if (x >= high) {
            sum += rule->share[k];
        } else if (x > low) {
            sum += rule->share[k] * (x - low) / (high - low);
        }
    }
    return sum;
}

static double law_cdf(const struct hone_rule *rule, double x)
{
    double a = rule->ats > 0 ? rule->at[0] : 0;
    double b = rule->ats > 1 ? rule->at[1] : 1;

    if (strcmp(rule->text, "norm") == 0) {
        return 1 - hone_normal_sf((x - a) / b);
    }
    if (strcmp(rule->text, "uniform") == 0) {
        return fmin(1.0, fmax(0.0, (x - a) / b));
    }
    return x > a ? 1 - exp(-(x - a) / b) : 0; /* expon */
}

/* Kolmogorov's test of one sample against a distribution function. */
static enum hone_code judge_cdf(struct hone_trial *t, const struct hone_rule *rule)
{
    double *v;
    size_t n;
    double gap = 0;
    HONE_SCRATCH(t->run);

    if (!has_numbers(t, rule)) {
        return HONE_OK;
    }
    HONE_TRY(sorted_of(t, &v, &n));
    for (size_t i = 0; i < n; i++) {
        double f = rule->edge != NULL ? reference_cdf(rule, v[i]) : law_cdf(rule, v[i]);
        gap = fmax(
            gap, fmax(fabs((double)(i + 1) / (double)n - f), fabs(f - (double)i / (double)n)));
    }
    double p = n == 0 ? (double)NAN : hone_ks_p(gap, (double)n, 1e15);
    conclude_distance(t, rule, "p-value (Kolmogorov) against the reference", p);
    return HONE_OK;
}

static enum hone_code judge_law(struct hone_trial *t, const struct hone_rule *rule)
{
    bool known = strcmp(rule->text, "norm") == 0 || strcmp(rule->text, "uniform") == 0 ||
                 strcmp(rule->text, "expon") == 0;

    if (!known || (rule->ats > 1 && !(rule->at[1] > 0))) {
        hone_conclude_unfit(t, rule,
                            hone_arena_format(t->verdict->findings->mem,
                                              known
                                                  ? "the scale of %s must be above 0"
                                                  : "no law %s; there are norm, uniform, expon",
                                              rule->text));
        return HONE_OK;
    }
    return judge_cdf(t, rule);
}

#define KIND(id, ...) const struct hone_rule_kind hone_rule_##id = {.name = #id, __VA_ARGS__}
#define BOUNDS        .keys = {"min", "max", "strict_min", "strict_max"}, .some = true

KIND(min, BOUNDS, .dates = true, .judge = judge_figure);
KIND(max, BOUNDS, .dates = true, .judge = judge_figure);
KIND(mean, BOUNDS, .judge = judge_figure);
KIND(median, BOUNDS, .judge = judge_figure);
KIND(stdev, BOUNDS, .judge = judge_figure);
KIND(sum, BOUNDS, .judge = judge_figure);
KIND(quantiles, .keys = {"at", "between"}, .need = 2, .judge = judge_quantiles);
KIND(distinct, BOUNDS, .judge = judge_distinct);
KIND(distinct_share, BOUNDS, .judge = judge_distinct);
KIND(top, .keys = {"in", "ties"}, .need = 1, .judge = judge_top);
KIND(distinct_in, .keys = {"in"}, .need = 1, .judge = judge_set);
KIND(distinct_contain, .keys = {"in"}, .need = 1, .judge = judge_set);
KIND(distinct_equal, .keys = {"in"}, .need = 1, .judge = judge_set);
KIND(kl, .keys = {"shares", "max", "in", "edges"}, .need = 2, .judge = judge_cells);
KIND(psi, .keys = {"shares", "max", "in", "edges"}, .need = 2, .judge = judge_cells);
KIND(chi2, .keys = {"shares", "min", "in", "edges"}, .need = 2, .judge = judge_cells);
KIND(ks, .keys = {"shares", "min", "edges"}, .need = 3, .judge = judge_cdf);
KIND(law, .keys = {"law", "min", "params"}, .need = 2, .judge = judge_law);
