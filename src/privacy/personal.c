/* What the counts of a column mean. */
#include <math.h>

#include "privacy/personal_priv.h"

enum {
    DENSE = 50
}; /* numbers that fill more than one in so many places are counted off, not dialled */

/* How many different values a bitmap of m bits has seen.  Source: Whang, Vander-Zanden & Taylor, A linear-time
 * probabilistic counting algorithm, ACM TODS 15(2), 1990: -m ln(share of bits that are free). */
static double distinct_of(const uint64_t *seen)
{
    double bits = HONE_MET_SEEN * 64;
    double free = bits;

    for (size_t i = 0; i < HONE_MET_SEEN; i++) {
        free -= (double)__builtin_popcountll(seen[i]);
    }
    return free < 1 ? bits * log(bits) : -bits * log(free / bits);
}

/* A finding that is being weighed. */
struct weighed {
    struct hone_personal p;
    size_t kind;
    double share; /* of the values that fit */
};

static const char *grouped(struct hone_arena *mem, size_t n)
{
    char digits[32];
    char out[48];
    size_t len = hone_format_i64(digits, (int64_t)n);
    size_t at = 0;

    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = digits[i];
    }
    return hone_arena_text(mem, out, at);
}

static double power(double base, double exponent)
{
    return pow(base, exponent > 8 ? 8 : exponent);
}

/* Whether weak fits are enough: nearly all values have one, and they are not counted off. */
static bool is_lone(const struct hone_kind *kind, const struct hone_met *m, double n,
                    double distinct)
{
    return (kind->flags & HONE_KIND_LONE) != 0 && m->weak > 0 &&
           (double)(m->yes + m->weak) >= 0.95 * n && distinct >= 8 &&
           (double)(m->hi - m->lo) > DENSE * n;
}

/*
 * Whole values.  Where the column's name says nothing, the values alone must: nearly all of those of the form
 * pass its check, and there are so many different ones that chance cannot be the cause.
 */
static bool weigh_whole(const struct hone_met_column *met, size_t k, struct weighed *w)
{
    const struct hone_kind *kind = hone_kind_at(k);
    const struct hone_met *m = &met->of[k];
    double n = (double)met->values;
    double distinct = distinct_of(m->seen);
    bool named = met->named[k] != HONE_NOT_NAMED;
    bool lone = !named && is_lone(kind, m, n, distinct);
    size_t fits = m->yes + (named || lone ? m->weak : 0) + (named ? m->named : 0);
    double share = (double)fits / n;
    double pass = fits == 0 ? 0 : (double)fits / (double)(fits + m->form);
    double sure = 1 - power(kind->chance, distinct);

    if (share < (named ? kind->least_named : kind->least) || pass < 0.5 ||
        (!named && distinct < (double)kind->least_distinct) ||
        (met->named[k] != HONE_SURELY_NAMED && (double)m->yes < kind->least_sure * n)) {
        return false;
    }
    w->share = share;
    w->p.matches = kind->fit == NULL ? 0 : fits;
    w->p.confidence = sure * pass * (0.5 + 0.5 * share) * (lone && m->yes < m->weak ? 0.8 : 1);
    if (named && m->yes > 0) {
        w->p.confidence = 1 - (1 - sure * pass * share) * 0.5;
    } else if (named) { /* nothing but the name tells it from others */
        w->p.confidence = 0.25 + 0.25 * sure * pass * share + 0.3 * share;
    }
    return w->p.confidence >= 0.5;
}

/* Named so, and of the form, but with wrong checks: made-up numbers, or shortened ones. */
static bool weigh_name(const struct hone_met_column *met, size_t k, struct weighed *w)
{
    const struct hone_met *m = &met->of[k];
    size_t formed = m->yes + m->weak + m->named + m->form;

    if (met->named[k] == HONE_NOT_NAMED || hone_kind_at(k)->least_sure > 0 ||
        (double)formed < 0.8 * (double)met->values) {
        return false;
    }
    w->share = (double)formed / (double)met->values;
    w->p.matches = 0;
    w->p.confidence = 0.6;
    return true;
}

/* Longer texts that hold one: however few, when they are not what chance makes of other numbers. */
static bool weigh_text(const struct hone_met_column *met, size_t k, struct weighed *w)
{
    const struct hone_kind *kind = hone_kind_at(k);
    const struct hone_met *m = &met->of[k];
    bool words = kind->least_sure > 0; /* one listed word is no name in a text */
    size_t hits = m->text + (words ? 0 : m->yes);
    size_t forms = m->text_form + (words ? 0 : m->form);
    double distinct = fmin(distinct_of(m->seen), (double)hits);
    double pass = (double)hits / (double)(hits + forms);
    double luck = power(kind->chance, distinct + 0.01);

    if ((kind->flags & HONE_KIND_TEXT) == 0 || hits == 0 || pass < 0.5 || luck > 0.021 ||
        (double)hits < kind->least_text * (double)met->values) {
        return false;
    }
    w->share = (double)hits / (double)met->values;
    w->p.matches = hits;
    w->p.in_text = true;
    w->p.confidence = 0.95 * pass * (1 - luck);
    return w->p.confidence >= 0.5;
}

static const char *reason(const struct hone_met_column *met, const struct weighed *w,
                          struct hone_arena *mem)
{
    const struct hone_kind *kind = hone_kind_at(w->kind);
    const char *of = grouped(mem, met->values);
    const char *too = w->p.by_name ? ", and the column is called so" : "";

    if (w->p.matches == 0 && kind->fit == NULL) {
        return "the column is called so";
    }
    if (w->p.matches == 0) {
        return hone_arena_format(
            mem, "the column is called so; its %s values have the form, but fail the check",
            of);
    }
    return hone_arena_format(mem, "%s of %s %s %s%s", grouped(mem, w->p.matches), of,
                             w->p.in_text ? "texts hold" : "values are", kind->what, too);
}

/* The surer first; of equally sure ones the earlier in personal.def. */
static bool goes_before(const struct weighed *a, const struct weighed *b)
{
    if (a->p.in_text != b->p.in_text) {
        return b->p.in_text;
    }
    if (fabs(a->p.confidence - b->p.confidence) > 0.02) {
        return a->p.confidence > b->p.confidence;
    }
    return a->kind < b->kind;
}

/* Whether what b is found in are the same values as those of a surer finding. */
static bool is_taken(const struct weighed *a, const struct weighed *b)
{
    return b->p.in_text ? !a->p.in_text && a->share > 0.9 && b->share < 0.3
                        : !a->p.in_text && a->share + b->share > 1.05;
}

static void fill(const struct hone_met_column *met, struct hone_arena *mem, struct weighed *w)
{
    const struct hone_kind *kind = hone_kind_at(w->kind);
    const struct hone_met *m = &met->of[w->kind];

    w->p.column = hone_arena_text(mem, met->name, strlen(met->name));
    w->p.kind = kind->part.name;
    w->p.title = kind->part.summary;
    w->p.weight = kind->weight;
    w->p.values = met->values;
    w->p.confidence = fmin(w->p.confidence, 0.99);
    w->p.row_n = m->row_n;
    memcpy(w->p.row, m->row, sizeof w->p.row);
    for (size_t i = 1; i < w->p.row_n;
         i++) { /* words of a dictionary come in their own order */
        for (size_t j = i; j > 0 && w->p.row[j - 1] > w->p.row[j]; j--) {
            size_t swap = w->p.row[j];
            w->p.row[j] = w->p.row[j - 1];
            w->p.row[j - 1] = swap;
        }
    }
    w->p.why = reason(met, w, mem);
}

size_t hone_personal_judge(const struct hone_met_column *met, struct hone_arena *mem,
                           struct hone_personal *out)
{
    struct weighed w[HONE_KINDS_MOST];
    size_t n = 0;
    size_t kept = 0;

    for (uint64_t kinds = met->values == 0 ? 0 : met->kinds; kinds != 0; kinds &= kinds - 1) {
        size_t k = (size_t)__builtin_ctzll(kinds);
        struct weighed one = {.kind = k, .p.by_name = met->named[k] != HONE_NOT_NAMED};
        if (weigh_whole(met, k, &one) || weigh_text(met, k, &one) || weigh_name(met, k, &one)) {
            size_t at = n++;
            for (; at > 0 && goes_before(&one, &w[at - 1]); at--) {
                w[at] = w[at - 1];
            }
            w[at] = one;
        }
    }
    for (size_t i = 0; i < n; i++) {
        bool taken = false;
        for (size_t j = 0; j < kept && !taken; j++) {
            taken = is_taken(&w[j], &w[i]);
        }
        if (!taken) {
            w[kept] = w[i];
            fill(met, mem, &w[kept]);
            out[kept] = w[kept].p;
            kept++;
        }
    }
    return kept;
}

const struct hone_personal *hone_personal_of(const struct hone_personals *found,
                                             const char *column)
{
    for (size_t i = 0; i < found->n; i++) {
        if (strcmp(found->item[i].column, column) == 0) {
            return &found->item[i];
        }
    }
    return NULL;
}

json_t *hone_personals_json(const struct hone_personals *found)
{
    json_t *list = json_array();

    for (size_t i = 0; i < found->n; i++) {
        const struct hone_personal *p = &found->item[i];
        json_t *object = json_object();
        json_t *rows = json_array();
        hone_json_set_text(object, "column", p->column);
        hone_json_set_text(object, "kind", p->kind);
        hone_json_set_text(object, "title", p->title);
        hone_json_set_text(object, "weight", hone_sensitivity_name(p->weight));
        hone_json_set(object, "values", json_integer((json_int_t)p->values));
        hone_json_set(object, "matches", json_integer((json_int_t)p->matches));
        hone_json_set(object, "by_name", json_boolean(p->by_name));
        hone_json_set(object, "in_text", json_boolean(p->in_text));
        hone_json_set(object, "confidence", hone_json_real(p->confidence));
        for (size_t k = 0; k < p->row_n; k++) {
            hone_json_push(rows, json_integer((json_int_t)p->row[k]));
        }
        hone_json_set(object, "rows", rows);
        hone_json_set_text(object, "why", p->why);
        hone_json_push(list, object);
    }
    return list;
}
