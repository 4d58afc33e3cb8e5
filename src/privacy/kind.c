#include "privacy/kind.h"

#include "privacy/fold.h"
#include "privacy/kind_priv.h"

#define HONE_KIND(name) extern const struct hone_kind hone_kind_##name;
#include "privacy/personal.def"
#undef HONE_KIND

const struct hone_part *const hone_kinds[] = {
#define HONE_KIND(name) &hone_kind_##name.part,
#include "privacy/personal.def"
#undef HONE_KIND
    NULL,
};

enum { KINDS = sizeof hone_kinds / sizeof hone_kinds[0] - 1 };
_Static_assert(KINDS <= HONE_KINDS_MOST, "a kind is a bit of 64");

const char *hone_sensitivity_name(enum hone_sensitivity weight)
{
    static const char *const name[HONE_SENSITIVITIES] = {"direct", "quasi", "sensitive"};
    return name[weight];
}

size_t hone_kinds_n(void)
{
    return KINDS;
}

const struct hone_kind *hone_kind_at(size_t number)
{
    /* part is the first member */
    return (const struct hone_kind *)(const void *)hone_kinds[number];
}

size_t hone_kind_number(const char *name)
{
    for (size_t k = 0; k < KINDS; k++) {
        if (strcmp(hone_kinds[k]->name, name) == 0) {
            return k;
        }
    }
    return SIZE_MAX;
}

size_t hone_count_digits(struct hone_str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += (unsigned char)(text.ptr[i] - '0') < 10 ? 1 : 0;
    }
    return n;
}

enum hone_fit hone_kind_fit(const struct hone_kind *kind, struct hone_str text)
{
    size_t digits;

    text = hone_str_trim(text);
    if (text.len < kind->min_len || text.len > kind->max_len) {
        return HONE_FIT_NO;
    }
    digits = hone_count_digits(text);
    if (digits < kind->min_digits || digits > kind->max_digits) {
        return HONE_FIT_NO;
    }
    return kind->fit == NULL ? HONE_FIT_NAMED : kind->fit(text);
}

void hone_kind_sieve_make(struct hone_kind_sieve *sieve)
{
    *sieve = (struct hone_kind_sieve){0};
    for (size_t k = 0; k < KINDS; k++) {
        const struct hone_kind *kind = hone_kind_at(k);
        for (size_t n = 0; n <= 128; n++) {
            bool fits =
                n == 128 ? kind->max_len >= 128 : n >= kind->min_len && n <= kind->max_len;
            sieve->by_len[n] |= fits ? UINT64_C(1) << k : 0;
        }
        for (size_t n = 0; n <= 32; n++) {
            bool fits = n == 32 ? kind->max_digits >= 32
                                : n >= kind->min_digits && n <= kind->max_digits;
            sieve->by_digits[n] |= fits ? UINT64_C(1) << k : 0;
        }
    }
}

/* Words that turn any column into one about the thing: how many, how long, whether there is one. */
static const char *const about[] = {
    "count",      "counts",   "cnt",     "n",         "num of",  "number of", "length",
    "len",        "is",       "has",     "had",       "valid",   "verified",  "status",
    "flag",       "hash",     "hashed",  "sha256",    "md5",     "type",      "domain",
    "provider",   "model",    "plan",    "price",     "cost",    "score",     "rate",
    "ratio",      "pct",      "percent", "total",     "avg",     "average",   "mean",
    "median",     "max",      "min",     "diff",      "change",  "days",      "opened",
    "sent",       "missing",  "known",   "embedding", "vector",  "anzahl",    "nombre de",
    "quantidade", "use",      "usage",   "used",      "service", "bill",      "charges",
    "minutes",    "duration", "calls",   "orders",    NULL,
};

/* Whether one of the phrases is said of the words; NULL: none is. */
static bool any_said(const char *words, const char *const *phrase)
{
    for (; phrase != NULL && *phrase != NULL; phrase++) {
        if (hone_words_say(words, *phrase)) {
            return true;
        }
    }
    return false;
}

enum hone_named hone_kind_named(const struct hone_kind *kind, const char *column)
{
    char words[256];
    bool sure;

    hone_name_words(column, words, sizeof words);
    sure = any_said(words, kind->sure_words);
    if ((!sure && !any_said(words, kind->words)) || any_said(words, about) ||
        any_said(words, kind->not_words)) {
        return HONE_NOT_NAMED;
    }
    return sure ? HONE_SURELY_NAMED : HONE_MAYBE_NAMED;
}
