/* Looks at every value of every column, and counts how it fits each kind. */
#include <math.h>

#include "base/hash.h"
#include "base/pool.h"
#include "privacy/personal_priv.h"

enum {
    BLOCK = 65536,    /* rows of a chunk */
    SPANS = 16,       /* looked at in one text */
    ZEROS = 8,        /* that a number may have lost */
    LONGEST = 1 << 20 /* bytes of a text that are looked at */
};

struct tally {
    size_t values;
    struct hone_met *of; /* (kinds) */
};

/* A column, and which kinds are looked for in it. */
struct plan {
    const struct hone_column *c;
    uint64_t kinds;
    unsigned char named[HONE_KINDS_MOST]; /* enum hone_named */
    uint64_t by_digits[33]; /* of numbers, with the leading zeros that some have lost */
    size_t first, chunks;   /* its tallies */
};

struct finder {
    const struct hone_table *t;
    struct plan *plan;
    struct tally *tally;
    const size_t *column; /* (chunks) */
    struct hone_kind_sieve sieve;
};

static bool is_worded(enum hone_type type)
{
    return hone_type_is_text(type) || type == HONE_BINARY;
}

static bool applies(const struct hone_kind *kind, enum hone_type type, bool named)
{
    if ((kind->flags & HONE_KIND_NAMED) != 0 && !named) {
        return false;
    }
    if (is_worded(type)) {
        return true;
    }
    if (hone_type_is_time(type)) {
        return (kind->flags & HONE_KIND_DAY) != 0;
    }
    if (type == HONE_FLOAT32 || type == HONE_FLOAT64) {
        return (kind->flags & (HONE_KIND_NUMBER | HONE_KIND_REAL)) != 0;
    }
    return type == HONE_INT64 && (kind->flags & HONE_KIND_NUMBER) != 0;
}

static void make_plan(const struct hone_column *c, struct plan *plan)
{
    *plan = (struct plan){.c = c};
    for (size_t k = 0; k < hone_kinds_n(); k++) {
        const struct hone_kind *kind = hone_kind_at(k);
        enum hone_named named = hone_kind_named(kind, c->name);
        uint64_t bit = UINT64_C(1) << k;
        if (!applies(kind, c->type, named != HONE_NOT_NAMED)) {
            continue;
        }
        plan->kinds |= bit;
        plan->named[k] = (unsigned char)named;
        for (unsigned d = 0; d <= 32; d++) {
            bool pads = kind->pad != 0 && d < kind->pad && d + 2 >= kind->pad;
            bool fits = (d >= kind->min_digits && d <= kind->max_digits) || pads;
            plan->by_digits[d] |= fits ? bit : 0;
        }
    }
}

/* The least fit that counts. */
static enum hone_fit least_fit(const struct hone_kind *kind, enum hone_named named)
{
    return named != HONE_NOT_NAMED               ? HONE_FIT_NAMED
           : (kind->flags & HONE_KIND_LONE) != 0 ? HONE_FIT_WEAK
                                                 : HONE_FIT_YES;
}

/* The digits of a text as a number, the last 18 of them. */
static uint64_t digits_value(struct hone_str s)
{
    uint64_t value = 0;

    for (size_t i = 0; i < s.len; i++) {
        unsigned d = (unsigned char)(s.ptr[i] - '0');
        value = d < 10 ? (value * 10 + d) % UINT64_C(1000000000000000000) : value;
    }
    return value;
}

static void note(struct hone_met *n, struct hone_str s, size_t row)
{
    uint64_t hash = hone_hash64(s.ptr, s.len, 0);
    uint64_t value = digits_value(s);

    n->seen[hash / 64 % HONE_MET_SEEN] |= UINT64_C(1) << hash % 64;
    n->lo = n->lo == 0 || value < n->lo ? value : n->lo;
    n->hi = value > n->hi ? value : n->hi;
    if (n->row_n < HONE_PERSONAL_ROWS) {
        n->row[n->row_n++] = row;
    }
}

static void note_fit(struct hone_met *n, const struct hone_kind *kind, enum hone_named named,
                     enum hone_fit fit, struct hone_str s, size_t row, size_t weight)
{
    n->yes += fit == HONE_FIT_YES ? weight : 0;
    n->weak += fit == HONE_FIT_WEAK ? weight : 0;
    n->named += fit == HONE_FIT_NAMED ? weight : 0;
    n->form += fit == HONE_FIT_FORM ? weight : 0;
    if (fit >= least_fit(kind, named)) {
        note(n, s, row);
    }
}

/* Look at a text that stands for weight rows. */
static void look_text(const struct finder *f, const struct plan *plan, struct tally *tally,
                      struct hone_str s, size_t row, size_t weight)
{
    struct hone_span span[SPANS];
    uint64_t kinds;
    uint64_t met = 0;
    bool whole = false; /* the text is one of them, so it holds no others */
    size_t n;

    s = hone_str_trim(s);
    s.len = s.len > LONGEST ? LONGEST : s.len;
    tally->values += weight;
    if (s.len == 0) {
        return;
    }
    kinds = plan->kinds & hone_kind_sieve_look(&f->sieve, s.len, hone_count_digits(s));
    for (; kinds != 0; kinds &= kinds - 1) {
        size_t k = (size_t)__builtin_ctzll(kinds);
        const struct hone_kind *kind = hone_kind_at(k);
        enum hone_fit fit = kind->fit == NULL ? HONE_FIT_NAMED : kind->fit(s);
        if (fit != HONE_FIT_NO) {
            note_fit(&tally->of[k], kind, plan->named[k], fit, s, row, weight);
            if (fit == HONE_FIT_YES && kind->chance < 0.001) {
                return; /* an e-mail address is nothing else */
            }
            met |= fit == HONE_FIT_YES || fit == HONE_FIT_FORM ? UINT64_C(1) << k : 0;
            whole = whole || (fit == HONE_FIT_YES && k != HONE_K_address);
        }
    }
    n = whole || s.len < 8 ? 0 : hone_spans_find(s, plan->kinds & ~met, span, SPANS);
    for (size_t i = 0; i < n; i++) {
        struct hone_met *c = &tally->of[span[i].kind];
        uint64_t bit = UINT64_C(1) << span[i].kind;
        if ((met & bit) == 0) {
            c->text += span[i].sure ? weight : 0;
            c->text_form += span[i].sure ? 0 : weight;
            if (span[i].sure) {
                note(c, (struct hone_str){s.ptr + span[i].start, span[i].len}, row);
            }
        }
        met |= bit;
    }
}

static unsigned digits_in(uint64_t value)
{
    unsigned n = 1;

    for (; value >= 10; value /= 10) {
        n++;
    }
    return n;
}

/* Look at a whole number. */
static void look_number(const struct plan *plan, struct tally *tally, int64_t value, size_t row)
{
    char text[ZEROS + 32];
    size_t n;
    uint64_t kinds;

    tally->values++;
    if (value < 0) {
        return;
    }
    kinds = plan->kinds & plan->by_digits[digits_in((uint64_t)value)];
    if (kinds == 0) {
        return;
    }
    memset(text, '0', ZEROS);
    n = hone_format_i64(text + ZEROS, value);
    for (; kinds != 0; kinds &= kinds - 1) {
        size_t k = (size_t)__builtin_ctzll(kinds);
        const struct hone_kind *kind = hone_kind_at(k);
        size_t pad = kind->pad > n && n + 2 >= kind->pad ? kind->pad - n : 0;
        struct hone_str s = {text + ZEROS - pad, n + pad};
        enum hone_fit fit = hone_kind_fit(kind, s);
        if (fit != HONE_FIT_NO) {
            note_fit(&tally->of[k], kind, plan->named[k], fit, s, row, 1);
        }
    }
}

/* Look at a number with a fraction; a whole one as one. */
static void look_real(const struct plan *plan, struct tally *tally, double value, size_t row)
{
    char text[32];
    struct hone_str s = {text, 0};

    if (value >= 0 && value < 9e15 && value == floor(value)) {
        look_number(plan, tally, (int64_t)value, row);
        return;
    }
    tally->values++;
    for (uint64_t kinds = plan->kinds; kinds != 0; kinds &= kinds - 1) {
        size_t k = (size_t)__builtin_ctzll(kinds);
        const struct hone_kind *kind = hone_kind_at(k);
        if ((kind->flags & HONE_KIND_REAL) == 0) {
            continue;
        }
        s.len = s.len == 0 ? hone_format_f64(text, value) : s.len;
        enum hone_fit fit = hone_kind_fit(kind, s);
        if (fit != HONE_FIT_NO) {
            note_fit(&tally->of[k], kind, plan->named[k], fit, s, row, 1);
        }
    }
}

/* The words of a dictionary, each for as many rows as have it; row numbers are of its first. */
static enum hone_code look_words(struct hone_run *run, const struct finder *f,
                                 const struct plan *plan, struct tally *tally)
{
    const struct hone_column *c = plan->c;
    size_t *weight;
    size_t *first;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &weight, c->dict->rows));
    HONE_TRY(hone_array(run, &run->scratch, &first, c->dict->rows));
    for (size_t i = 0; i < c->rows; i++) {
        if (hone_is_valid(c, i)) {
            size_t code = (size_t)hone_column_i64(c, i);
            first[code] = weight[code]++ == 0 ? i : first[code];
        }
    }
    for (size_t k = 0; k < c->dict->rows; k++) {
        if (weight[k] > 0) {
            look_text(f, plan, tally, hone_column_str(c->dict, k), first[k], weight[k]);
        }
    }
    return HONE_OK;
}

static enum hone_code look_rows(struct hone_run *run, const struct finder *f,
                                const struct plan *plan, struct tally *tally, size_t first,
                                size_t last)
{
    const struct hone_column *c = plan->c;
    HONE_SCRATCH(run);

    for (size_t i = first; i < last; i++) {
        if (!hone_is_valid(c, i)) {
            continue;
        }
        if (is_worded(c->type)) {
            look_text(f, plan, tally, hone_column_str(c, i), i, 1);
        } else if (c->type == HONE_INT64) {
            look_number(plan, tally, hone_column_i64(c, i), i);
        } else if (hone_type_is_time(c->type)) {
            struct hone_buf day = hone_buf(&run->scratch);
            struct hone_mark mark = hone_arena_mark(&run->scratch);
            hone_column_print(&day, c, i);
            look_text(f, plan, tally, (struct hone_str){day.ptr, day.len}, i, 1);
            hone_arena_rewind(&run->scratch, mark);
        } else {
            look_real(plan, tally, hone_column_f64(c, i), i);
        }
    }
    return HONE_OK;
}

static enum hone_code look_chunk(struct hone_run *run, void *ctx, size_t chunk)
{
    struct finder *f = ctx;
    const struct plan *plan = &f->plan[f->column[chunk]];
    struct tally *tally = &f->tally[chunk];
    size_t first = (chunk - plan->first) * BLOCK;
    size_t last = plan->c->rows - first > BLOCK ? first + BLOCK : plan->c->rows;

    HONE_TRY(hone_check_cancel(run));
    return plan->c->type == HONE_CATEGORY ? look_words(run, f, plan, tally)
                                          : look_rows(run, f, plan, tally, first, last);
}

static void merge(struct tally *into, const struct tally *from)
{
    into->values += from->values;
    for (size_t k = 0; k < hone_kinds_n(); k++) {
        struct hone_met *a = &into->of[k];
        const struct hone_met *b = &from->of[k];
        a->yes += b->yes;
        a->weak += b->weak;
        a->named += b->named;
        a->form += b->form;
        a->text += b->text;
        a->text_form += b->text_form;
        a->lo = a->lo == 0 || (b->lo != 0 && b->lo < a->lo) ? b->lo : a->lo;
        a->hi = b->hi > a->hi ? b->hi : a->hi;
        for (size_t i = 0; i < HONE_MET_SEEN; i++) {
            a->seen[i] |= b->seen[i];
        }
        for (size_t i = 0; i < b->row_n && a->row_n < HONE_PERSONAL_ROWS; i++) {
            a->row[a->row_n++] = b->row[i];
        }
    }
}

/* Cut the columns into chunks, each with a tally of its own. */
static enum hone_code lay_out(struct hone_run *run, struct finder *f, size_t *chunks)
{
    size_t *column;
    struct hone_met *met;
    size_t n = 0;

    HONE_TRY(hone_array(run, &run->scratch, &f->plan, f->t->cols));
    for (size_t j = 0; j < f->t->cols; j++) {
        const struct hone_column *c = &f->t->column[j];
        size_t blocks = (c->rows + BLOCK - 1) / BLOCK;
        make_plan(c, &f->plan[j]);
        f->plan[j].first = n;
        f->plan[j].chunks = f->plan[j].kinds == 0 ? 0 : c->type == HONE_CATEGORY ? 1 : blocks;
        n += f->plan[j].chunks;
    }
    HONE_TRY(hone_array(run, &run->scratch, &column, n));
    HONE_TRY(hone_array(run, &run->scratch, &f->tally, n));
    HONE_TRY(hone_matrix(run, &run->scratch, &met, n, hone_kinds_n()));
    for (size_t j = 0; j < f->t->cols; j++) {
        for (size_t i = 0; i < f->plan[j].chunks; i++) {
            size_t chunk = f->plan[j].first + i;
            column[chunk] = j;
            f->tally[chunk].of = met + chunk * hone_kinds_n();
        }
    }
    f->column = column;
    *chunks = n;
    return HONE_OK;
}

enum hone_code hone_personal_find(struct hone_run *run, const struct hone_table *t,
                                  struct hone_arena *mem, struct hone_personals *out)
{
    struct finder f = {.t = t};
    struct hone_personal found[HONE_KINDS_MOST];
    struct hone_personals all = {0};
    struct hone_personal *item;
    size_t chunks;
    HONE_SCRATCH(run);

    hone_kind_sieve_make(&f.sieve);
    HONE_TRY(lay_out(run, &f, &chunks));
    HONE_TRY(hone_parallel_try(run, chunks, look_chunk, &f));
    for (size_t j = 0; j < t->cols; j++) {
        const struct plan *plan = &f.plan[j];
        size_t n;
        if (plan->chunks == 0) {
            continue;
        }
        for (size_t i = 1; i < plan->chunks; i++) {
            merge(&f.tally[plan->first], &f.tally[plan->first + i]);
        }
        struct hone_met_column met = {plan->c->name, f.tally[plan->first].values, plan->kinds,
                                      plan->named, f.tally[plan->first].of};
        n = hone_personal_judge(&met, mem, found);
        item = hone_arena_grow(mem, all.item, sizeof *item, all.n, all.n + n);
        if (item == NULL) {
            return hone_no_room(run, "personal", all.n + n);
        }
        memcpy(item + all.n, found, n * sizeof *item);
        all.item = item;
        all.n += n;
    }
    *out = all;
    return HONE_OK;
}
