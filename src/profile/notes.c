/* What of a column deserves a look, in words; declared in profile_priv.h and profile.h. */
#include <math.h>

#include "base/time.h"
#include "profile/profile_priv.h"

#define DAY_US 86400e6

void hone_note_add(struct hone_column_profile *p, double weight, const char *kind,
                   const char *text)
{
    size_t at;

    if (p->notes == HONE_PROFILE_NOTES) {
        if (p->note[p->notes - 1].weight >= weight) {
            return;
        }
        p->notes--;
    }
    for (at = p->notes; at > 0 && p->note[at - 1].weight < weight; at--) {
        p->note[at] = p->note[at - 1];
    }
    p->note[at] = (struct hone_profile_note){kind, text, weight};
    p->notes++;
}

static double share(size_t part, size_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

static const char *shown(struct hone_arena *mem, enum hone_type type, double x)
{
    char text[40];

    if (type == HONE_DATE) {
        return hone_arena_text(mem, text, hone_format_date(text, hone_profile_moment(x)));
    }
    if (type == HONE_TIMESTAMP) {
        return hone_arena_text(mem, text, hone_format_timestamp(text, hone_profile_moment(x)));
    }
    return hone_arena_text(mem, text, hone_format_f64(text, x));
}

/* A value of the data, cut to what a line has room for. */
static const char *cut(struct hone_arena *mem, const char *text)
{
    struct hone_str view = hone_str(text);

    if (view.len <= 40) {
        return text;
    }
    view.len = 37;
    view.len = hone_utf8_valid(view);
    return hone_arena_format(mem, "%.*s...", (int)view.len, view.ptr);
}

static void note_presence(struct hone_column_profile *p, struct hone_arena *mem)
{
    size_t there = p->rows - p->missing;
    double gone = share(p->missing, p->rows);

    if (gone >= 0.05) {
        hone_note_add(p, 0.2 + 0.7 * gone, "missing",
                      hone_arena_format(mem, "%.0f %% missing", 100 * gone));
    }
    if (p->distinct == 1) {
        hone_note_add(p, 0.8, "constant",
                      p->missing == 0 ? "constant" : "constant where it is not missing");
    } else if (p->top[0].count * 100 >= there * 99 && there >= 100) {
        hone_note_add(p, 0.55, "almost_constant",
                      hone_arena_format(mem, "almost constant: %.2f %% of the values are %s",
                                        100 * share(p->top[0].count, there),
                                        cut(mem, p->top[0].text)));
    }
    if (p->same_as != NULL && p->distinct != 1) {
        hone_note_add(p, 0.85, "duplicate_column",
                      hone_arena_format(mem, "the same in every row as %s", p->same_as));
    }
}

static void note_identity(struct hone_column_profile *p, struct hone_arena *mem)
{
    static const char *const words[] = {
        [HONE_ID_UNIQUE] = "id-like: every value differs",
        [HONE_ID_SEQUENCE] = "id-like: counts the rows one by one",
        [HONE_ID_HASH] = "id-like: hexadecimal digits, nearly all different",
    };

    if (p->id != HONE_ID_NONE) {
        hone_note_add(p, 0.5, "id", words[p->id]);
    } else if (p->type == HONE_CATEGORY && p->distinct > 100) {
        hone_note_add(p, 0.45, "many_categories",
                      hone_arena_format(mem, "many categories: %zu", p->distinct));
    }
    if (p->strictly && p->id != HONE_ID_SEQUENCE && p->rows - p->missing >= 20) {
        hone_note_add(p, 0.25, "sorted",
                      p->rising ? "rises from row to row" : "falls from row to row");
    } else if ((p->rising || p->falling) && p->id != HONE_ID_SEQUENCE && p->distinct > 2 &&
               p->rows - p->missing >= 20) {
        hone_note_add(p, 0.2, "sorted",
                      p->rising ? "the rows are sorted, rising"
                                : "the rows are sorted, falling");
    }
}

/* The end of a column that lies more than six interquartile ranges beyond its quartile. */
static void note_end(struct hone_column_profile *p, struct hone_arena *mem,
                     const struct hone_extreme *end, double quartile)
{
    const struct hone_spread *s = &p->spread;
    double away = fabs(end->value - quartile) / s->iqr;
    bool high = end->value > quartile;

    if (s->iqr > 0 && away > 6 && !p->zoom.log) {
        hone_note_add(
            p, 0.6, "far_out",
            hone_arena_format(mem,
                              "%s %s, in %zu row%s (the first is row %zu), lies %.0f times the "
                              "interquartile range %s the middle half",
                              high ? "highest value" : "lowest value",
                              shown(mem, p->type, end->value), end->count,
                              end->count == 1 ? "" : "s", end->row + 1, away,
                              high ? "above" : "below"));
    }
}

static void note_numbers(struct hone_column_profile *p, struct hone_arena *mem)
{
    const struct hone_spread *s = &p->spread;
    size_t there = p->rows - p->missing;
    size_t out = s->low_out + s->high_out;

    if (p->infinite > 0) {
        hone_note_add(p, 0.8, "infinite", hone_arena_format(mem, "%zu infinite", p->infinite));
    }
    if (p->nans > 0) {
        hone_note_add(p, 0.6, "nan",
                      hone_arena_format(mem, "%zu are NaN, not missing", p->nans));
    }
    if (isnan(p->min)) {
        return;
    }
    if (s->highs > 0 && there >= 20 && p->distinct > 2) {
        note_end(p, mem, &s->high[0], p->quantile[5]);
        note_end(p, mem, &s->low[0], p->quantile[3]);
    }
    if (p->zoom.log) {
        hone_note_add(p, 0.3, "heavy_tail",
                      hone_arena_format(mem,
                                        "a long tail: half of the values are at most %s, the "
                                        "highest is %s; a logarithm may help",
                                        shown(mem, p->type, p->quantile[4]),
                                        shown(mem, p->type, p->max)));
    } else if (s->iqr > 0 && out * 100 > there && p->distinct > 2 && there >= 100) {
        hone_note_add(p, 0.3, "outliers",
                      hone_arena_format(mem,
                                        "%.1f %% of the values lie outside of %s to %s, 1.5 "
                                        "interquartile ranges from the quartiles",
                                        100 * share(out, there),
                                        shown(mem, p->type, s->low_fence),
                                        shown(mem, p->type, s->hi_fence)));
    }
    if (p->zeros * 2 > there && p->distinct > 2) {
        hone_note_add(p, 0.35, "zeros",
                      hone_arena_format(mem, "%.0f %% are zero", 100 * share(p->zeros, there)));
    }
}

static const char *length_of(struct hone_arena *mem, enum hone_type type, double x)
{
    static const struct {
        double us;
        const char *name;
    } units[] = {{7 * DAY_US, "week"}, {DAY_US, "day"}, {3600e6, "hour"},
                 {60e6, "minute"},     {1e6, "second"}, {1, "microsecond"}};
    double us = type == HONE_DATE ? x * DAY_US : x;
    size_t i = 0;

    while (i < 5 && us / units[i].us < (i == 0 ? 3 : 1)) {
        i++;
    }
    us /= units[i].us;
    return hone_arena_format(mem, us == floor(us) ? "%.0f %s%s" : "%.1f %s%s", us,
                             units[i].name, us == 1 ? "" : "s");
}

static void note_times(struct hone_column_profile *p, struct hone_arena *mem)
{
    const struct hone_times *t = &p->times;

    if (t->future > 0) {
        hone_note_add(p, 0.6, "future",
                      hone_arena_format(mem, "%zu in the future, the last %s", t->future,
                                        shown(mem, p->type, p->max)));
    }
    if (p->distinct >= 20 && t->step_share >= 0.9 && t->gaps > 0) {
        hone_note_add(p, 0.4, "gaps",
                      hone_arena_format(
                          mem, "every %s but for %zu gap%s; the widest, %s, after %s",
                          length_of(mem, p->type, t->step), t->gaps, t->gaps == 1 ? "" : "s",
                          length_of(mem, p->type, t->gap), shown(mem, p->type, t->gap_from)));
    } else if (p->distinct >= 20 && t->step_share == 1) {
        hone_note_add(p, 0.15, "regular",
                      hone_arena_format(mem, "every %s, without a gap",
                                        length_of(mem, p->type, t->step)));
    }
}

static const char *joined_variants(const struct hone_texts_profile *t, struct hone_arena *mem)
{
    struct hone_buf buf = hone_buf(mem);

    for (size_t i = 0; i < HONE_PROFILE_ENDS && t->variant[i] != NULL; i++) {
        hone_buf_format(&buf, "%s\"%s\"", i == 0 ? "" : ", ", cut(mem, t->variant[i]));
    }
    return buf.ptr;
}

static void note_texts(struct hone_column_profile *p, struct hone_arena *mem)
{
    const struct hone_texts_profile *t = &p->texts;
    size_t there = p->rows - p->missing;
    size_t mixed = there - t->numeric - t->empty;

    if (t->variants > 0) {
        hone_note_add(p, 0.65, "variants",
                      hone_arena_format(mem,
                                        "%zu values are the same but for case or blanks: %s",
                                        t->variants, joined_variants(t, mem)));
    }
    if (t->numeric == there && there > 0) {
        hone_note_add(p, 0.4, "numbers_as_text", "all values are numbers, kept as text");
    } else if (t->numeric * 2 > there) {
        hone_note_add(
            p, 0.75, "mixed",
            hone_arena_format(mem, "%zu values are numbers, %zu are not", t->numeric, mixed));
    } else if (t->numeric * 20 > there && !t->shape_runs) {
        hone_note_add(
            p, 0.4, "mixed",
            hone_arena_format(mem, "%zu values are numbers, %zu are not", t->numeric, mixed));
    }
    if (t->datelike * 10 > there * 9) {
        hone_note_add(p, 0.6, "dates_as_text",
                      hone_arena_format(mem, "%zu of %zu values look like dates (%s)",
                                        t->datelike, there,
                                        t->shapes > 0 ? t->shape[0].text : ""));
    }
    if (t->empty > 0) {
        hone_note_add(p, 0.5, "empty", hone_arena_format(mem, "%zu empty or blank", t->empty));
    }
    if (t->blanks > 0) {
        hone_note_add(p, 0.5, "blanks",
                      hone_arena_format(mem, "%zu begin or end with a blank", t->blanks));
    }
    if (t->control > 0) {
        hone_note_add(p, 0.6, "control",
                      hone_arena_format(mem, "%zu hold control characters", t->control));
    }
}

void hone_profile_note(struct hone_column_profile *p, struct hone_arena *mem)
{
    if (p->rows == 0 || p->type == HONE_VECTOR) {
        return;
    }
    if (p->missing == p->rows) {
        hone_note_add(p, 0.9, "all_missing", "all missing");
        return;
    }
    note_presence(p, mem);
    note_identity(p, mem);
    if (hone_type_is_number(p->type)) {
        note_numbers(p, mem);
    } else if (hone_type_is_time(p->type)) {
        note_times(p, mem);
    } else if (hone_type_is_text(p->type)) {
        note_texts(p, mem);
    }
}

/* Notes that quote values. */
static bool quotes(const char *kind)
{
    static const char *const kinds[] = {"variants",        "far_out", "outliers", "heavy_tail",
                                        "almost_constant", "future",  "gaps"};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i], kind) == 0) {
            return true;
        }
    }
    return false;
}

static void hide_values(struct hone_column_profile *p)
{
    static const char dots[] = "\u2022\u2022\u2022";
    size_t kept = 0;

    for (size_t i = 0; i < p->top_n; i++) {
        p->top[i].text = dots;
    }
    p->texts.variant[0] = NULL;
    p->spread.lows = p->spread.highs = 0;
    p->min = p->max = p->mean = p->std = p->sum = (double)NAN;
    p->skewness = p->kurtosis = p->spread.iqr = p->spread.mad = (double)NAN;
    p->spread.low_fence = p->spread.hi_fence = p->times.gap_from = (double)NAN;
    for (size_t q = 0; q < HONE_PROFILE_QUANTILES; q++) {
        p->quantile[q] = (double)NAN;
    }
    p->histogram.bins = p->zoom.bins = 0;
    for (size_t i = 0; i < p->notes; i++) {
        if (!quotes(p->note[i].kind)) {
            p->note[kept++] = p->note[i];
        }
    }
    p->notes = kept;
}

void hone_profile_mark(struct hone_profile *profile, const char *column, const char *kind,
                       const char *why, bool hide)
{
    for (size_t j = 0; j < profile->cols; j++) {
        struct hone_column_profile *p = &profile->column[j];
        if (strcmp(p->name, column) != 0 || p->personal != NULL) {
            continue;
        }
        if (hide) {
            p->personal = kind;
            hide_values(p);
        }
        hone_note_add(p, hide ? 0.95 : 0.45, "personal", why);
    }
}

static struct hone_profile_finding *same_finding(struct hone_profile_finding *all, size_t n,
                                                 const struct hone_profile_note *note)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].note.kind, note->kind) == 0 &&
            strcmp(all[i].note.text, note->text) == 0) {
            return &all[i];
        }
    }
    return NULL;
}

enum hone_code hone_profile_findings(struct hone_run *run, const struct hone_profile *profile,
                                     struct hone_arena *mem,
                                     struct hone_profile_finding **finding, size_t *n)
{
    struct hone_profile_finding *all;
    size_t count = 0;

    HONE_TRY(hone_array(run, mem, &all, hone_product(profile->cols, HONE_PROFILE_NOTES)));
    for (size_t j = 0; j < profile->cols; j++) {
        const struct hone_column_profile *p = &profile->column[j];
        for (size_t i = 0; i < p->notes; i++) {
            struct hone_profile_finding *known = same_finding(all, count, &p->note[i]);
            if (known == NULL) {
                known = &all[count++];
                known->note = p->note[i];
                HONE_TRY(hone_array(run, mem, &known->column, profile->cols));
            }
            known->column[known->columns++] = j;
        }
    }
    for (size_t i = 1; i < count;
         i++) { /* insertion: equal weights keep the order of columns */
        struct hone_profile_finding x = all[i];
        size_t at = i;
        for (; at > 0 && all[at - 1].note.weight < x.note.weight; at--) {
            all[at] = all[at - 1];
        }
        all[at] = x;
    }
    *finding = all;
    *n = count;
    return HONE_OK;
}
