/*
 * privacy/kind.h - the kinds of personal data, and how one text is held against them
 *
 * A kind is a constant in kind_*.c and a line in personal.def.  The functions here are kernels: they look at
 * one text, allocate nothing, cannot fail, and may be called from any thread.
 */
#ifndef HONE_PRIVACY_KIND_H
#define HONE_PRIVACY_KIND_H

#include "base/part.h"
#include "base/str.h"

enum hone_sensitivity {
    HONE_DIRECT,   /* names one person by itself: an e-mail address */
    HONE_QUASI,    /* names one together with others: a postcode, a birth date */
    HONE_SENSITIVE /* of special protection (GDPR Art. 9 and 10): religion, health */
};
#define HONE_SENSITIVITIES 3
/* "direct", "quasi", "sensitive". */
const char *hone_sensitivity_name(enum hone_sensitivity weight);

/* How a whole text fits a kind. */
enum hone_fit {
    HONE_FIT_NO,
    HONE_FIT_FORM,  /* has the form, but its check digit or ranges say no */
    HONE_FIT_NAMED, /* could be one; counts where the column's name says so */
    HONE_FIT_WEAK,  /* looks like one, as other numbers do; counts where nearly all values do */
    HONE_FIT_YES
};

enum hone_kind_flag {
    HONE_KIND_NAMED = 1,  /* looked for only where the column's name says so */
    HONE_KIND_TEXT = 2,   /* found inside longer texts too */
    HONE_KIND_LONE = 4,   /* weak fits are enough when nearly all values have them */
    HONE_KIND_NUMBER = 8, /* may be stored as a number */
    HONE_KIND_REAL = 16,  /* of numbers with a fraction */
    HONE_KIND_DAY = 32    /* may be stored as a date or timestamp */
};

struct hone_kind {
    struct hone_part part; /* name, title for people as summary, standard as source */
    enum hone_sensitivity weight;
    unsigned flags;
    enum hone_fit (*fit)(struct hone_str text); /* trimmed; NULL: any value, if so named */
    size_t min_len, max_len;                    /* bytes of a text that may fit */
    unsigned min_digits, max_digits;            /* digits in it */
    unsigned pad;  /* digits it has; stored as a number it may have lost leading zeros */
    double chance; /* of a text of the form that is none: 0.1 for one check digit */
    /* shares of the values that must fit */
    double least;
    double least_named;    /* where the column's name says so */
    double least_sure;     /* with YES, unless one of sure_words names the column */
    double least_text;     /* of longer texts that must hold one */
    size_t least_distinct; /* different ones that must fit where no name says so */
    const char *what; /* of the matches, for people: "card numbers with a right check digit" */
    const char *tag;  /* stands for it in redacted text: "CARD" */
    /* words of column names, folded; "=x": x is the whole name.  Lists end with NULL or are NULL */
    const char *const *words;
    const char *const *sure_words; /* that can mean nothing else */
    const char *const *not_words;  /* that say it is something else */
};

/* The kinds in the order of personal.def; the place in the list is the kind's number. */
extern const struct hone_part *const hone_kinds[];
#define HONE_KINDS_MOST 64
size_t hone_kinds_n(void);
const struct hone_kind *hone_kind_at(size_t number);
/* The number of the kind of that name, or SIZE_MAX. */
size_t hone_kind_number(const char *name);

/* How a text (blanks around it do not count) fits a kind. */
enum hone_fit hone_kind_fit(const struct hone_kind *kind, struct hone_str text);

/* The numbers of the kinds (a bit each) that a text of this many bytes and digits may fit. */
struct hone_kind_sieve {
    uint64_t by_len[129];   /* 128: that long or longer */
    uint64_t by_digits[33]; /* 32: that many or more */
};
void hone_kind_sieve_make(struct hone_kind_sieve *sieve);
static inline uint64_t hone_kind_sieve_look(const struct hone_kind_sieve *sieve, size_t len,
                                            size_t digits)
{
    return sieve->by_len[len < 128 ? len : 128] & sieve->by_digits[digits < 32 ? digits : 32];
}
size_t hone_count_digits(struct hone_str text);

/* Whether a column's name says that it holds the kind. */
enum hone_named { HONE_NOT_NAMED, HONE_MAYBE_NAMED, HONE_SURELY_NAMED };
enum hone_named hone_kind_named(const struct hone_kind *kind, const char *column);

/* A place in a text that holds something personal. */
struct hone_span {
    size_t start, len; /* bytes */
    size_t kind;
    bool
        sure; /* false: one of the form stands somewhere, but its check digit says no; no place */
};

/*
 * What stands in a text, from left to right, not overlapping; then a kind once for each that has only
 * the form.
 *
 *   kinds  bits of the kinds that are looked for; those without HONE_KIND_TEXT are passed over
 *   span   (room) the first ones; returned: how many, room when there may be more
 *
 * O(len).  Names of persons are found where two listed ones follow each other or a title goes before.
 */
size_t hone_spans_find(struct hone_str text, uint64_t kinds, struct hone_span *span,
                       size_t room);

#endif
