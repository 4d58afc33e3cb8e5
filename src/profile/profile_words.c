/* Columns of text, category and binary; declared in profile_priv.h. */
#include <math.h>

#include "base/hash.h"
#include "profile/shapes_priv.h"

enum { SHORT = 4096, VARIANTS = 50000, NUMBER_LENGTH = 40, HEX_LENGTH = 128 };

/* What is added up over the texts of a column. */
struct scan {
    struct hone_texts_profile *out;
    struct hone_shapes *exact, *runs;
    size_t *lengths; /* (SHORT) rows by length */
    uint64_t *longs; /* lengths from SHORT on */
    size_t long_n;
    double characters, words;
    size_t rows;
    size_t hex; /* rows that are 16 or more hexadecimal digits, with dashes as in a UUID */
};

static bool is_blank(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* [+-] digits [. digits] [e digits], with at least one digit before e. */
static bool is_decimal(struct hone_str text)
{
    size_t i = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
    size_t digits = 0;
    bool point = false;

    for (; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= '0' && c <= '9') {
            digits++;
        } else if (c == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (digits == 0 || i == text.len) {
        return digits != 0;
    }
    if (text.ptr[i] != 'e' && text.ptr[i] != 'E') {
        return false;
    }
    i++;
    i += i < text.len && (text.ptr[i] == '-' || text.ptr[i] == '+');
    digits = text.len - i;
    for (; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    return digits != 0;
}

static bool is_hex(struct hone_str text)
{
    size_t digits = 0;
    size_t numbers = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool number = c >= '0' && c <= '9';
        if (number || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
            digits++;
            numbers += number;
        } else if (c != '-') {
            return false;
        }
    }
    return digits >= 16 && numbers < digits;
}

/* A text read once from end to end. */
struct reading {
    size_t characters, words;
    bool control;   /* holds a control character other than blanks */
    bool ends_bare; /* its last character is no blank */
};

static struct reading read_text(struct hone_str text)
{
    struct reading r = {.characters = 0};

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool blank = is_blank(c);
        r.characters += (c & 0xc0) != 0x80;
        r.words += !blank && !r.ends_bare;
        r.ends_bare = !blank;
        r.control = r.control || (c < 0x20 && !blank) || c == 0x7f;
    }
    return r;
}

static void add_length(struct scan *s, size_t characters, size_t weight)
{
    s->characters += (double)characters * (double)weight;
    s->out->shortest = characters < s->out->shortest ? characters : s->out->shortest;
    s->out->longest = characters > s->out->longest ? characters : s->out->longest;
    if (characters < SHORT) {
        s->lengths[characters] += weight;
        return;
    }
    for (size_t i = 0; i < weight; i++) {
        s->longs[s->long_n++] = characters;
    }
}

static void scan_text(struct scan *s, struct hone_str text, size_t weight)
{
    struct reading r = read_text(text);

    s->rows += weight;
    s->words += (double)r.words * (double)weight;
    s->out->most_words = r.words > s->out->most_words ? r.words : s->out->most_words;
    s->out->control += r.control ? weight : 0;
    add_length(s, r.characters, weight);
    if (r.words == 0) {
        s->out->empty += weight;
        return;
    }
    if (is_blank((unsigned char)text.ptr[0]) || !r.ends_bare) {
        s->out->blanks += weight;
        text = hone_str_trim(text);
    }
    s->out->numeric += text.len <= NUMBER_LENGTH && is_decimal(text) ? weight : 0;
    s->hex += text.len >= 16 && text.len <= HEX_LENGTH && is_hex(text) ? weight : 0;
    hone_shapes_add(s->exact, s->runs, text, weight);
}

static enum hone_code scan_begin(struct hone_run *run, const struct hone_column *c,
                                 struct hone_texts_profile *out, struct scan *s)
{
    *s = (struct scan){.out = out};
    out->shortest = SIZE_MAX;
    HONE_TRY(hone_array(run, &run->scratch, &s->exact, 1));
    HONE_TRY(hone_array(run, &run->scratch, &s->runs, 1));
    HONE_TRY(hone_array(run, &run->scratch, &s->lengths, SHORT));
    HONE_TRY(hone_array(run, &run->scratch, &s->longs, c->rows));
    return HONE_OK;
}

/* Few exact shapes say more than folded ones: ids and codes; else what varies is folded. */
static void choose_shapes(const struct scan *s, struct hone_shown *shown_at)
{
    struct hone_tally top[HONE_PROFILE_SHAPES];
    size_t n = hone_shapes_top(s->exact, top, HONE_PROFILE_SHAPES);
    size_t shown = 0;

    for (size_t i = 0; i < n; i++) {
        shown += top[i].count;
    }
    s->out->shaped = s->exact->rows;
    if (2 * shown < s->rows) {
        n = hone_shapes_top(s->runs, top, HONE_PROFILE_SHAPES);
        s->out->shape_runs = true;
        s->out->shaped = s->runs->rows;
    }
    s->out->shapes = n;
    for (size_t i = 0; i < n; i++) {
        hone_keep_text(shown_at->shape[i], top[i].text);
        s->out->shape[i] = (struct hone_top_value){shown_at->shape[i], top[i].count};
    }
}

static enum hone_code scan_end(struct hone_run *run, struct scan *s, struct hone_shown *shown,
                               struct hone_column_profile *p)
{
    static const char *const dates[] = {
        "9999-99-99", "99/99/9999", "9/9/9999",    "9/99/9999",   "99/9/9999",  "99.99.9999",
        "99/99/99",   "9999/99/99", "99-Aaa-9999", "99 Aaa 9999", "99-99-9999", "99.99.99",
        "99-Aaa-99",  "9999.99.99", "9.9.9999",    "99.9.9999",   "9.99.9999",
    };
    struct hone_histogram unused;
    uint64_t *spare;
    double *x;
    size_t n = 0;

    HONE_TRY(hone_array(run, &run->scratch, &spare, s->long_n));
    HONE_TRY(hone_array(run, &run->scratch, &x, s->rows));
    s->out->shortest = s->rows == 0 ? 0 : s->out->shortest;
    s->out->mean_length = s->rows == 0 ? (double)NAN : s->characters / (double)s->rows;
    s->out->mean_words = s->rows == 0 ? (double)NAN : s->words / (double)s->rows;
    for (size_t len = 0; len < SHORT; len++) {
        for (size_t i = 0; i < s->lengths[len]; i++) {
            x[n++] = (double)len;
        }
    }
    hone_sort_keys(s->longs, spare, s->long_n);
    for (size_t i = 0; i < s->long_n; i++) {
        x[n++] = (double)s->longs[i];
    }
    hone_histogram_make(HONE_INT64, x, n, &s->out->length, &unused);
    s->out->datelike = hone_shapes_like(s->exact, dates, sizeof dates / sizeof dates[0]);
    choose_shapes(s, shown);
    if (s->rows >= 20 && s->hex * 10 >= s->rows * 9 && p->distinct * 10 >= s->rows * 9) {
        p->id = HONE_ID_HASH;
    }
    return HONE_OK;
}

/* A distinct text and how often it occurs. */
struct word {
    struct hone_str text;
    size_t count;
};

static uint64_t folded_hash(struct hone_str text)
{
    char low[256];

    text = hone_str_trim(text);
    if (text.len > sizeof low) {
        return hone_hash64(text.ptr, text.len, 7); /* prose is not folded */
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        low[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return hone_hash64(low, text.len, 7);
}

/* Distinct values that are the same but for case and outer blanks. */
static enum hone_code find_variants(struct hone_run *run, const struct word *word, size_t n,
                                    struct hone_shown *shown, struct hone_texts_profile *out)
{
    struct hone_keyed *entry;
    struct hone_keyed *spare;
    size_t most = 0;
    HONE_SCRATCH(run);

    if (n < 2 || n > VARIANTS) {
        return HONE_OK;
    }
    HONE_TRY(hone_array(run, &run->scratch, &entry, n));
    HONE_TRY(hone_array(run, &run->scratch, &spare, n));
    for (size_t i = 0; i < n; i++) {
        entry[i] = (struct hone_keyed){folded_hash(word[i].text), (uint32_t)i};
    }
    hone_sort_keyed(entry, spare, n);
    for (size_t i = 0, end; i < n; i = end) {
        size_t rows = 0;
        for (end = i; end < n && entry[end].key == entry[i].key; end++) {
            rows += word[entry[end].row].count;
        }
        if (end - i < 2) {
            continue;
        }
        out->variants += end - i;
        if (rows > most) {
            most = rows;
            for (size_t k = 0; k < HONE_PROFILE_ENDS; k++) {
                bool more = i + k < end;
                hone_keep_text(shown->variant[k],
                               more ? word[entry[i + k].row].text : hone_str(""));
                out->variant[k] = more ? shown->variant[k] : NULL;
            }
        }
    }
    return HONE_OK;
}

static enum hone_code take_words(struct hone_run *run, const struct word *word, size_t n,
                                 struct hone_shown *shown, struct hone_column_profile *p)
{
    struct hone_tally top[HONE_PROFILE_TOP];

    p->distinct = n;
    for (size_t i = 0; i < n; i++) {
        hone_tally_offer(top, HONE_PROFILE_TOP, &p->top_n,
                         (struct hone_tally){.text = word[i].text, .count = word[i].count});
    }
    for (size_t i = 0; i < p->top_n; i++) {
        hone_keep_text(shown->top[i], top[i].text);
        p->top[i] = (struct hone_top_value){shown->top[i], top[i].count};
    }
    return find_variants(run, word, n, shown, &p->texts);
}

/* Categories: their codes are counted, and each word is looked at once. */
static enum hone_code profile_category(struct hone_run *run, const struct hone_column *c,
                                       struct hone_shown *shown, struct hone_column_profile *p)
{
    const int32_t *code = c->data;
    size_t *count;
    struct word *word;
    struct scan scan;
    size_t n = 0;

    HONE_TRY(hone_array(run, &run->scratch, &count, c->dict->rows));
    HONE_TRY(hone_array(run, &run->scratch, &word, c->dict->rows));
    HONE_TRY(scan_begin(run, c, &p->texts, &scan));
    for (size_t row = 0; row < c->rows; row++) {
        if (hone_is_valid(c, row)) {
            count[code[row]]++;
        }
    }
    for (size_t i = 0; i < c->dict->rows; i++) {
        if (count[i] != 0) {
            word[n] = (struct word){hone_column_str(c->dict, i), count[i]};
            scan_text(&scan, word[n].text, word[n].count);
            n++;
        }
    }
    HONE_TRY(take_words(run, word, n, shown, p));
    return scan_end(run, &scan, shown, p);
}

/*
 * Texts of one hash: nearly always one text.  Should several share it, they are told apart one by one. Returns the
 * new number of words.
 */
static size_t add_group(const struct hone_column *c, const struct hone_keyed *entry, size_t n,
                        struct word *word, size_t words)
{
    size_t first = words;

    for (size_t i = 0; i < n; i++) {
        struct hone_str text = hone_column_str(c, entry[i].row);
        size_t at = first;
        while (at < words && !hone_str_eq(word[at].text, text)) {
            at++;
        }
        if (at == words) {
            word[words++] = (struct word){text, 0};
        }
        word[at].count++;
    }
    return words;
}

static enum hone_code profile_texts(struct hone_run *run, const struct hone_column *c,
                                    struct hone_shown *shown, struct hone_column_profile *p)
{
    struct hone_keyed *entry;
    struct hone_keyed *spare;
    struct word *word;
    struct scan scan;
    size_t n = 0;
    size_t words = 0;

    HONE_TRY(hone_array(run, &run->scratch, &entry, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &spare, c->rows));
    HONE_TRY(hone_array(run, &run->scratch, &word, c->rows));
    HONE_TRY(scan_begin(run, c, &p->texts, &scan));
    for (size_t row = 0; row < c->rows; row++) {
        if (hone_is_valid(c, row)) {
            struct hone_str s = hone_column_str(c, row);
            entry[n++] = (struct hone_keyed){hone_hash64(s.ptr, s.len, 3), (uint32_t)row};
            if (c->type == HONE_UTF8) {
                scan_text(&scan, s, 1);
            }
        }
    }
    hone_sort_keyed(entry, spare, n);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && entry[end].key == entry[i].key; end++) {
        }
        words = add_group(c, entry + i, end - i, word, words);
    }
    HONE_TRY(take_words(run, word, words, shown, p));
    return scan_end(run, &scan, shown, p);
}

enum hone_code hone_profile_words(struct hone_run *run, const struct hone_column *c,
                                  struct hone_shown *shown, struct hone_column_profile *p)
{
    HONE_SCRATCH(run);

    return c->type == HONE_CATEGORY ? profile_category(run, c, shown, p)
                                    : profile_texts(run, c, shown, p);
}
