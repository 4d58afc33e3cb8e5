/* Checks of the words in text columns. */
#include <ctype.h>

#include "base/hash.h"
#include "check/check_priv.h"

#define MOST_CATEGORIES 1000 /* a column of more different words is not looked at for slips */
#define SLIPS           50   /* a slip is so many times rarer than what was meant */

struct settings {
    double max;
};

static bool is_number(struct hone_str s)
{
    double value;
    return hone_parse_f64(hone_str_trim(s), &value);
}

static enum hone_code mixed_types(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  struct hone_facts *facts, const void *settings,
                                  struct hone_findings *findings)
{
    const struct settings *set = settings;
    struct hone_words *w;
    size_t numbers = 0;
    size_t digits = 0; /* different numbers */

    (void)ctx;
    HONE_TRY(hone_facts_words(run, facts, &w));
    for (size_t k = 0; w != NULL && k < w->n; k++) {
        if (is_number(w->text[k])) {
            numbers += w->count[k];
            digits++;
        }
    }
    size_t others = facts->known - numbers;
    bool numeric = numbers > others;
    size_t rare = numeric ? others : numbers;
    /* Many different numbers and few words are a numeric column that was damaged.  Words with a few
     * numbers among them are odd only when the words are a small set. */
    if (w == NULL || rare == 0 || (double)rare > set->max * (double)w->known ||
        (numeric && digits < 10) || (!numeric && w->n > 100)) {
        return HONE_OK;
    }
    for (size_t k = 0; k < w->n; k++) {
        w->bad[k] = is_number(w->text[k]) != numeric;
    }
    struct hone_finding *f =
        hone_finding_add(findings, "mixed_types", HONE_WARN, facts->c->name);
    f->value = (double)rare / (double)w->known;
    f->message = HONE_SAY(findings, "column %s holds %s, but %zu values are %s: %s",
                          facts->c->name, numeric ? "numbers" : "words", rare,
                          numeric ? "not" : "numbers", hone_words_examples(w, findings->mem));
    f->advice = numeric ? "mark them as missing with --na, or correct them"
                        : "correct them, or mark them as missing with --na";
    hone_words_blame(w, facts->c->rows, f);
    return HONE_OK;
}

/* No letter, digit or byte above ASCII: "?", "--", "#", blanks. */
static bool is_noise(struct hone_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x80 || isalnum(c)) {
            return false;
        }
    }
    return true;
}

static enum hone_code special_characters(struct hone_run *run, const struct hone_check_ctx *ctx,
                                         struct hone_facts *facts, const void *settings,
                                         struct hone_findings *findings)
{
    struct hone_words *w;
    size_t bad = 0;

    (void)ctx;
    (void)settings;
    HONE_TRY(hone_facts_words(run, facts, &w));
    for (size_t k = 0; w != NULL && k < w->n; k++) {
        bad += is_noise(w->text[k]) ? 1 : 0;
    }
    /* Marks that are the vocabulary ("+" and "-") are no noise. */
    if (bad == 0 || 2 * bad >= w->n) {
        return HONE_OK;
    }
    for (size_t k = 0; k < w->n; k++) {
        w->bad[k] = is_noise(w->text[k]);
    }
    struct hone_finding *f =
        hone_finding_add(findings, "special_characters", HONE_WARN, facts->c->name);
    f->message = HONE_SAY(findings, "column %s has values without a letter or digit: %s",
                          facts->c->name, hone_words_examples(w, findings->mem));
    f->advice = "if they stand for missing values, read them as such with --na";
    hone_words_blame(w, facts->c->rows, f);
    f->value = (double)f->rows / (double)w->known;
    return HONE_OK;
}

/* Equal for spellings of one word: ASCII case, blanks, '-' and '_' do not count. */
static uint64_t spelling(struct hone_str s, char *room)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c != ' ' && c != '\t' && c != '-' && c != '_') {
            room[n++] = (char)tolower(c);
        }
    }
    /* "-" and "--" are themselves */
    return n == 0 ? hone_hash64(s.ptr, s.len, 29) : hone_hash64(room, n, 23);
}

/* Mark the rarer of two words that are spelt alike; how many were. */
static enum hone_code mark_variants(struct hone_run *run, struct hone_words *w, size_t *bad)
{
    struct hone_seen seen;
    char *room;
    size_t longest = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_seen_new(run, w->n, &run->scratch, &seen));
    for (size_t k = 0; k < w->n; k++) {
        longest = w->text[k].len > longest ? w->text[k].len : longest;
    }
    HONE_TRY(hone_array(run, &run->scratch, &room, longest + 1));
    for (size_t k = 0; k < w->n; k++) {
        uint32_t first = hone_seen_add(&seen, spelling(w->text[k], room), (uint32_t)k);
        if (first != k &&
            hone_str_eq(hone_str_trim(w->text[k]), hone_str_trim(w->text[first]))) {
            continue; /* padded_values speaks of these */
        }
        if (first != k) { /* The rarer spelling is the wrong one. */
            w->bad[w->count[first] < w->count[k] ? first : k] = true;
            (*bad)++;
        }
    }
    return HONE_OK;
}

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || ((unsigned char)c & 0x80) != 0;
}

/* One letter more, less, other, or two swapped; digits never differ. */
static bool is_typo(struct hone_str rare, struct hone_str common)
{
    size_t head = 0;
    size_t tail = 0;
    size_t shorter = rare.len < common.len ? rare.len : common.len;

    if (rare.len + 1 < common.len || rare.len > common.len + 1 || common.len < 5) {
        return false;
    }
    while (head < shorter && rare.ptr[head] == common.ptr[head]) {
        head++;
    }
    while (tail < shorter - head &&
           rare.ptr[rare.len - 1 - tail] == common.ptr[common.len - 1 - tail]) {
        tail++;
    }
    size_t a = rare.len - head - tail;
    size_t b = common.len - head - tail;
    for (size_t i = 0; i < a + b; i++) {
        if (!is_letter(i < a ? rare.ptr[head + i] : common.ptr[head + i - a])) {
            return false;
        }
    }
    bool swapped = a == 2 && b == 2 && rare.ptr[head] == common.ptr[head + 1] &&
                   rare.ptr[head + 1] == common.ptr[head];
    return (a <= 1 && b <= 1 && a + b > 0) || swapped;
}

/* Rare words that are one slip away from a common one, in a column of few words. */
static void mark_typos(struct hone_words *w, size_t *bad)
{
    if (w->n > MOST_CATEGORIES) {
        return;
    }
    for (size_t k = 0; k < w->n; k++) {
        for (size_t m = 0; m < w->n && !w->bad[k]; m++) {
            if (SLIPS * w->count[k] <= w->count[m] &&
                hone_str_trim(w->text[k]).len == w->text[k].len &&
                is_typo(w->text[k], w->text[m])) {
                w->bad[k] = true;
                (*bad)++;
            }
        }
    }
}

static enum hone_code category_variants(struct hone_run *run, const struct hone_check_ctx *ctx,
                                        struct hone_facts *facts, const void *settings,
                                        struct hone_findings *findings)
{
    struct hone_words *w;
    size_t bad = 0;

    (void)ctx;
    (void)settings;
    HONE_TRY(hone_facts_words(run, facts, &w));
    if (w == NULL || 5 * w->n > w->known) {
        return HONE_OK; /* text whose values hardly repeat is not made of categories */
    }
    HONE_TRY(mark_variants(run, w, &bad));
    mark_typos(w, &bad);
    if (bad == 0) {
        return HONE_OK;
    }
    struct hone_finding *f =
        hone_finding_add(findings, "category_variants", HONE_WARN, facts->c->name);
    f->value = (double)bad;
    f->message =
        HONE_SAY(findings, "column %s spells %zu value%s in more than one way: %s",
                 facts->c->name, bad, hone_plural(bad), hone_words_examples(w, findings->mem));
    f->advice = "unite the spellings, or a model takes them for different things";
    hone_words_blame(w, facts->c->rows, f);
    return HONE_OK;
}

static const struct hone_param mixed_rows[] = {
    HONE_REAL(struct settings, max, 0.1, 0, 0.5,
              .help = "the rarer kind is odd up to this share of the values"),
    HONE_PARAM_END,
};

const struct hone_check hone_check_mixed_types = {
    .part.name = "mixed_types",
    .part.summary = "no column mixes numbers and words",
    .part.settings_size = sizeof(struct settings),
    .part.params = mixed_rows,
    .stage = HONE_CHECK_INTEGRITY,
    .column = mixed_types,
};
const struct hone_check hone_check_special_characters = {
    .part.name = "special_characters",
    .part.summary = "no values of punctuation only",
    .stage = HONE_CHECK_INTEGRITY,
    .column = special_characters,
};
const struct hone_check hone_check_category_variants = {
    .part.name = "category_variants",
    .part.summary = "every category is spelt in one way",
    .stage = HONE_CHECK_INTEGRITY,
    .column = category_variants,
};
