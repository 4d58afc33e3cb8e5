/* Checks of how texts were written: numbers in disguise, damage on the way, words for missing. */
#include <math.h>

#include "base/hash.h"
#include "check/check_priv.h"

struct settings {
    double share;
};

/* What must be taken off a text to make it a number. */
enum { PLAIN = 1, CURRENCY = 2, PERCENT = 4, THOUSANDS = 8, DECIMAL_COMMA = 16, UNIT = 32 };

static size_t skip_digits(struct hone_str s, size_t at)
{
    while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9') {
        at++;
    }
    return at;
}

/* Digits with separators from at; *how gets what was met.  Where it ends, or at when there is no number. */
static size_t skip_number(struct hone_str s, size_t at, unsigned *how)
{
    size_t first = at;
    size_t end = skip_digits(s, at);

    while (end > first && end + 3 < s.len && s.ptr[end] == ',' &&
           skip_digits(s, end + 1) == end + 4) {
        *how |= THOUSANDS;
        end += 4;
    }
    if (end > first && end + 1 < s.len && (s.ptr[end] == '.' || s.ptr[end] == ',')) {
        size_t more = skip_digits(s, end + 1);
        *how |= s.ptr[end] == ',' && more > end + 1 ? DECIMAL_COMMA : 0;
        end = more > end + 1 ? more : end;
    }
    return end;
}

static size_t skip_blanks(struct hone_str s, size_t at)
{
    while (at < s.len && s.ptr[at] == ' ') {
        at++;
    }
    return at;
}

static size_t skip_sign(struct hone_str s, size_t at, unsigned *how)
{
    static const char *const signs[] = {"$", "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5",
                                        "\xe2\x82\xb9"};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t len = strlen(signs[i]);
        if (at + len <= s.len && memcmp(s.ptr + at, signs[i], len) == 0) {
            *how |= CURRENCY;
            return at + len;
        }
    }
    return at;
}

/* How a text is a number: PLAIN, what else must go, or 0 when it is none. */
static unsigned disguise(struct hone_str text)
{
    struct hone_str s = hone_str_trim(text);
    unsigned how = PLAIN;
    size_t at = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0;

    at = skip_blanks(s, skip_sign(s, at, &how));
    size_t end = skip_number(s, at, &how);
    if (end == at) {
        return 0;
    }
    end = skip_blanks(s, end);
    if (end < s.len && s.ptr[end] == '%') {
        how |= PERCENT;
        end++;
    }
    end = skip_sign(s, end, &how);
    if (end < s.len && s.len - end <= 3) { /* "70 kg", "12 cm" */
        for (size_t i = end; i < s.len; i++) {
            char c = s.ptr[i];
            if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
                return 0;
            }
        }
        return how | UNIT;
    }
    return end == s.len ? how : 0;
}

static const char *disguise_name(unsigned how)
{
    return (how & CURRENCY) != 0        ? "with a sign of currency"
           : (how & PERCENT) != 0       ? "with a per cent sign"
           : (how & DECIMAL_COMMA) != 0 ? "with a decimal comma"
           : (how & UNIT) != 0          ? "with a unit"
                                        : "with commas between thousands";
}

/* Units differ from codes such as "1a" in that few of them go with many numbers. */
static bool same_unit(const struct hone_words *w)
{
    struct hone_str unit = {NULL, 0};
    size_t same = 0;
    size_t all = 0;

    for (size_t k = 0; k < w->n; k++) {
        struct hone_str s = hone_str_trim(w->text[k]);
        size_t end = s.len;
        while (end > 0 && (s.ptr[end - 1] < '0' || s.ptr[end - 1] > '9')) {
            end--;
        }
        struct hone_str tail = {s.ptr + end, s.len - end};
        unit = unit.ptr == NULL ? tail : unit;
        same += hone_str_eq(tail, unit) ? 1 : 0;
        all++;
    }
    return all >= 5 && 10 * same >= 9 * all;
}

static enum hone_code number_as_text(struct hone_run *run, const struct hone_check_ctx *ctx,
                                     struct hone_facts *facts, const void *settings,
                                     struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column *c = facts->c;
    size_t numbers = 0;
    size_t dressed = 0;
    size_t units = 0;
    unsigned how = 0;
    size_t first = SIZE_MAX;
    struct hone_finding found = {.rows = 0};
    struct hone_words *w;

    (void)ctx;
    if (!hone_type_is_text(c->type) || facts->p->distinct < 5) {
        return HONE_OK;
    }
    for (size_t i = 0; i < c->rows; i++) {
        unsigned here = hone_is_valid(c, i) ? disguise(hone_column_str(c, i)) : 0;
        numbers += here != 0 ? 1 : 0;
        units += (here & UNIT) != 0 ? 1 : 0;
        if (here > PLAIN) {
            dressed++;
            how |= here;
            first = first == SIZE_MAX ? i : first;
            hone_finding_row(&found, i);
        }
    }
    if (dressed == 0 || (double)numbers < set->share * (double)facts->known) {
        return HONE_OK;
    }
    if (2 * units > dressed) {
        HONE_TRY(hone_facts_words(run, facts, &w));
        if (w == NULL || !same_unit(w)) {
            return HONE_OK;
        }
    }
    struct hone_str example = hone_column_str(c, first);
    struct hone_finding *f = hone_finding_add(findings, "number_as_text", HONE_WARN, c->name);
    hone_finding_rows(f, &found);
    f->value = (double)numbers / (double)facts->known;
    f->threshold = set->share;
    f->message =
        HONE_SAY(findings,
                 "column %s is read as text, but its values are numbers, %zu of them %s, "
                 "such as \"%.*s\"",
                 c->name, dressed, disguise_name(how), (int)example.len, example.ptr);
    f->advice =
        "write plain numbers (1234.5), by `hone query` for instance (docs/guide/query.md); as "
        "text, every value is a category of its own";
    return HONE_OK;
}

/* Two-byte UTF-8 read as Latin-1 and written again ("Ã©"), three-byte likewise ("â€™"), and U+FFFD. */
static bool is_damaged(struct hone_str s)
{
    const unsigned char *b = (const unsigned char *)s.ptr;

    for (size_t i = 0; i + 2 < s.len; i++) {
        bool replaced = b[i] == 0xef && b[i + 1] == 0xbf && b[i + 2] == 0xbd;
        bool quote = b[i] == 0xc3 && b[i + 1] == 0xa2 && b[i + 2] == 0xe2;
        bool latin = b[i] == 0xc3 && (b[i + 1] == 0x83 || b[i + 1] == 0x82) && b[i + 2] == 0xc2;
        if (replaced || quote || latin) {
            return true;
        }
    }
    return false;
}

static enum hone_code encoding_damage(struct hone_run *run, const struct hone_check_ctx *ctx,
                                      struct hone_facts *facts, const void *settings,
                                      struct hone_findings *findings)
{
    const struct hone_column *c = facts->c;
    struct hone_finding found = {.rows = 0};

    (void)run;
    (void)ctx;
    (void)settings;
    if (!hone_type_is_text(c->type)) {
        return HONE_OK;
    }
    for (size_t i = 0; i < c->rows; i++) {
        if (is_damaged(hone_column_str(c, i))) {
            hone_finding_row(&found, i);
        }
    }
    if (found.rows == 0) {
        return HONE_OK;
    }
    struct hone_str example = hone_column_str(c, found.row[0]);
    size_t len =
        hone_utf8_valid((struct hone_str){example.ptr, example.len < 60 ? example.len : 60});
    struct hone_finding *f = hone_finding_add(findings, "encoding_damage", HONE_WARN, c->name);
    hone_finding_rows(f, &found);
    f->value = (double)found.rows / (double)c->rows;
    f->message = HONE_SAY(
        findings, "column %s: %zu value%s damaged by a wrong encoding, such as \"%.*s\"",
        c->name, found.rows, found.rows == 1 ? " was" : "s were", (int)len, example.ptr);
    f->advice =
        "read the original again with its own encoding: --encoding latin1, for instance";
    return HONE_OK;
}

static bool is_padded(struct hone_str s)
{
    return s.len > 0 && hone_str_trim(s).len != s.len;
}

/* Blanks around some words of a column of categories. */
static enum hone_code padded_values(struct hone_run *run, const struct hone_check_ctx *ctx,
                                    struct hone_facts *facts, const void *settings,
                                    struct hone_findings *findings)
{
    struct hone_words *w;
    size_t bad = 0;

    (void)ctx;
    (void)settings;
    HONE_TRY(hone_facts_words(run, facts, &w));
    if (w == NULL || 5 * w->n > w->known) {
        return HONE_OK;
    }
    for (size_t k = 0; k < w->n; k++) {
        w->bad[k] = is_padded(w->text[k]);
        bad += w->bad[k] ? 1 : 0;
    }
    if (bad == 0) {
        return HONE_OK;
    }
    struct hone_finding *f =
        hone_finding_add(findings, "padded_values", HONE_WARN, facts->c->name);
    f->message =
        HONE_SAY(findings, "column %s has blanks before or after %zu value%s: %s",
                 facts->c->name, bad, hone_plural(bad), hone_words_examples(w, findings->mem));
    f->advice = "take them off: \"a\" and \"a \" are two categories to a model";
    hone_words_blame(w, facts->c->rows, f);
    f->value = (double)f->rows / (double)w->known;
    return HONE_OK;
}

static bool means_missing(struct hone_str text)
{
    static const char *const words[] = {
        "unknown",     "n/a",     "not available", "missing",        "undefined",
        "#n/a",        "#ref!",   "#value!",       "#div/0!",        "not specified",
        "unspecified", "no data", "tbd",           "not applicable", "unbekannt",
        "nan",         "null",    "(null)"};
    struct hone_str s = hone_str_trim(text);

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (hone_str_eq_nocase(s, hone_str(words[i]))) {
            return true;
        }
    }
    return false;
}

static enum hone_code missing_word(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   struct hone_facts *facts, const void *settings,
                                   struct hone_findings *findings)
{
    struct hone_words *w;
    size_t bad = 0;
    size_t first = SIZE_MAX;

    (void)ctx;
    (void)settings;
    HONE_TRY(hone_facts_words(run, facts, &w));
    for (size_t k = 0; w != NULL && k < w->n; k++) {
        if (means_missing(w->text[k])) {
            w->bad[k] = true;
            first = first == SIZE_MAX ? k : first;
            bad++;
        }
    }
    if (bad == 0 || facts->is_target) {
        if (bad > 0) {
            memset(w->bad, 0, w->n * sizeof *w->bad);
        }
        return HONE_OK;
    }
    struct hone_finding *f =
        hone_finding_add(findings, "missing_word", HONE_WARN, facts->c->name);
    f->message = HONE_SAY(findings, "column %s says in words that a value is missing: %s",
                          facts->c->name, hone_words_examples(w, findings->mem));
    f->advice = HONE_SAY(findings, "read it as missing: --na '%.*s'", (int)w->text[first].len,
                         w->text[first].ptr);
    hone_words_blame(w, facts->c->rows, f);
    f->value = (double)f->rows / (double)w->known;
    return HONE_OK;
}

/* Different texts by length: of the greatest, up to 4 bytes below, 10 or more below; and the rows of the first. */
struct lengths {
    size_t longest, at, near, far;
    struct hone_finding found;
};

static enum hone_code take_lengths(struct hone_run *run, const struct hone_facts *facts,
                                   struct lengths *l)
{
    const struct hone_column *c = facts->c;
    struct hone_seen seen;
    HONE_SCRATCH(run);

    HONE_TRY(hone_seen_new(run, facts->p->distinct + 1, &run->scratch, &seen));
    for (size_t i = 0; i < c->rows; i++) {
        size_t len = hone_column_str(c, i).len;
        l->longest = len > l->longest ? len : l->longest;
    }
    for (size_t i = 0; i < c->rows; i++) {
        size_t len = hone_column_str(c, i).len;
        if (!hone_is_valid(c, i)) {
            continue;
        }
        if (len == l->longest) {
            hone_finding_row(&l->found, i);
        }
        /* texts that repeat are words that happen to be the longest */
        if (seen.n > facts->p->distinct ||
            hone_seen_add(&seen, hone_cell_hash(c, i), (uint32_t)i) != i) {
            continue;
        }
        l->at += len == l->longest ? 1 : 0;
        l->near += len < l->longest && len + 4 >= l->longest ? 1 : 0;
        l->far += len + 10 <= l->longest ? 1 : 0;
    }
    return HONE_OK;
}

/*
 * Many texts of exactly the greatest length, and far fewer just below: a field of the source was too short.
 * Codes of one length are none: some texts must be much shorter.
 */
static enum hone_code truncated_text(struct hone_run *run, const struct hone_check_ctx *ctx,
                                     struct hone_facts *facts, const void *settings,
                                     struct hone_findings *findings)
{
    const struct settings *set = settings;
    const struct hone_column *c = facts->c;
    struct lengths l = {.longest = 0};
    double distinct = (double)facts->p->distinct;

    (void)ctx;
    if (!hone_type_is_text(c->type) || facts->p->distinct < 50) {
        return HONE_OK;
    }
    HONE_TRY(take_lengths(run, facts, &l));
    bool many = l.at >= 10 && (double)l.at >= set->share * distinct && l.at >= 2 * l.near;
    if (l.longest < 10 || !many || 10 * l.far < facts->p->distinct) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "truncated_text", HONE_WARN, c->name);
    hone_finding_rows(f, &l.found);
    f->value = (double)l.found.rows / (double)facts->known;
    f->message =
        HONE_SAY(findings,
                 "column %s: %zu texts are exactly %zu bytes long, and hardly any is a little "
                 "shorter: they seem to be cut off",
                 c->name, l.found.rows, l.longest);
    f->advice = "a field of the source is too short: take the texts from before it";
    return HONE_OK;
}

/* A set of few common words into which many came that stand in one row each. */
static enum hone_code rare_categories(struct hone_run *run, const struct hone_check_ctx *ctx,
                                      struct hone_facts *facts, const void *settings,
                                      struct hone_findings *findings)
{
    const struct settings *set = settings;
    struct hone_words *w;
    size_t once = 0;
    size_t rows = 0;

    (void)ctx;
    HONE_TRY(hone_facts_words(run, facts, &w));
    for (size_t k = 0; w != NULL && k < w->n; k++) {
        once += w->count[k] == 1 ? 1 : 0;
        rows += w->count[k] == 1 ? 0 : w->count[k];
    }
    if (w == NULL || once < 10 || 2 * once < w->n || w->n - once > 30 ||
        (double)rows < set->share * (double)w->known) {
        return HONE_OK;
    }
    for (size_t k = 0; k < w->n; k++) {
        w->bad[k] = w->count[k] == 1;
    }
    struct hone_finding *f =
        hone_finding_add(findings, "rare_categories", HONE_WARN, facts->c->name);
    f->value = (double)once;
    f->message = HONE_SAY(
        findings, "column %s has %zu common values and %zu that stand in one row each: %s",
        facts->c->name, w->n - once, once, hone_words_examples(w, findings->mem));
    f->advice = "free text in a field for choices? unite them, or call them other";
    hone_words_blame(w, facts->c->rows, f);
    return HONE_OK;
}

/* Rows that repeat the names of the columns: files that were put one behind the other. */
static enum hone_code repeated_header(struct hone_run *run, const struct hone_check_ctx *ctx,
                                      const void *settings, struct hone_findings *findings)
{
    const struct hone_table *t = ctx->table;
    struct hone_finding found = {.rows = 0};
    size_t texts = 0;
    uint8_t *same;
    HONE_SCRATCH(run);

    (void)settings;
    HONE_TRY(hone_array(run, &run->scratch, &same, t->rows));
    for (size_t j = 0; j < t->cols; j++) {
        const struct hone_column *c = &t->column[j];
        struct hone_str name = hone_str(c->name);
        if (!hone_type_is_text(c->type)) {
            continue;
        }
        texts++;
        for (size_t i = 0; i < t->rows; i++) {
            bool here = hone_str_eq(hone_column_str(c, i), name);
            same[i] = (uint8_t)(same[i] + (here && same[i] < UINT8_MAX ? 1 : 0));
        }
    }
    for (size_t i = 0; i < t->rows && texts >= 2; i++) {
        if (same[i] >= 2 && 2 * (size_t)same[i] >= texts) {
            hone_finding_row(&found, i);
        }
    }
    if (found.rows == 0) {
        return HONE_OK;
    }
    struct hone_finding *f = hone_finding_add(findings, "repeated_header", HONE_WARN, NULL);
    hone_finding_rows(f, &found);
    f->message = HONE_SAY(findings, "%zu row%s the names of the columns", found.rows,
                          found.rows == 1 ? " repeats" : "s repeat");
    f->advice = "files were put one behind the other with their headers: take these rows out";
    return HONE_OK;
}

static const struct hone_param number_rows[] = {
    HONE_REAL(struct settings, share, 0.9, 0, 1, .help = "share of values that are numbers"),
    HONE_PARAM_END,
};
static const struct hone_param cut_rows[] = {
    HONE_REAL(struct settings, share, 0.02, 0, 1,
              .help = "share of the different texts that have the greatest length"),
    HONE_PARAM_END,
};
static const struct hone_param rare_rows[] = {
    HONE_REAL(struct settings, share, 0.8, 0, 1,
              .help = "share of the rows that the common values cover"),
    HONE_PARAM_END,
};

#define HEAD(name_, summary_)                                                                  \
    .part.name = (name_), .part.summary = (summary_), .stage = HONE_CHECK_INTEGRITY

const struct hone_check hone_check_number_as_text = {
    HEAD("number_as_text", "numbers are read as numbers"),
    .part.settings_size = sizeof(struct settings),
    .part.params = number_rows,
    .column = number_as_text,
};
const struct hone_check hone_check_encoding_damage = {
    HEAD("encoding_damage", "no text was damaged by a wrong encoding"),
    .column = encoding_damage,
};
const struct hone_check hone_check_padded_values = {
    HEAD("padded_values", "no blanks around categories"),
    .column = padded_values,
};
const struct hone_check hone_check_missing_word = {
    HEAD("missing_word", "no words that stand for missing"),
    .column = missing_word,
};
const struct hone_check hone_check_truncated_text = {
    HEAD("truncated_text", "no texts are cut off at one length"),
    .part.settings_size = sizeof(struct settings),
    .part.params = cut_rows,
    .column = truncated_text,
};
const struct hone_check hone_check_rare_categories = {
    HEAD("rare_categories", "categories are not swamped by single values"),
    .part.settings_size = sizeof(struct settings),
    .part.params = rare_rows,
    .column = rare_categories,
};
const struct hone_check hone_check_repeated_header = {
    HEAD("repeated_header", "no row repeats the header"),
    .look = repeated_header,
};
