/* One column of one chunk: from texts to values; declared in io/chunk_priv.h. */
#include <math.h>

#include "base/jscan.h"
#include "base/time.h"
#include "io/chunk_priv.h"

#define DAY_US INT64_C(86400000000)

/* A list of words from those that all columns share and those that only one has. */
static enum hone_code make_na(struct hone_run *run, struct hone_str *word, size_t n,
                              struct hone_arena *mem, struct hone_na *out)
{
    struct hone_na na = {.n = n};
    struct hone_str *copy;

    HONE_TRY(hone_array(run, mem, &copy, n));
    for (size_t i = 0; i < n; i++) {
        copy[i] = word[i];
        na.longest = word[i].len > na.longest ? word[i].len : na.longest;
        if (word[i].len > 0) {
            na.first[(unsigned char)word[i].ptr[0]] = true;
            na.values = na.values || hone_kind_of(word[i]) != HONE_KIND_TEXT;
        }
    }
    na.word = copy;
    *out = na;
    return HONE_OK;
}

/* Whether an item is "column=word".  A word that itself has a = begins with one more. */
static bool split_na(const char *item, struct hone_str *column, struct hone_str *word)
{
    const char *equals = strchr(item, '=');

    *column = (struct hone_str){item, 0};
    *word = hone_str(item);
    if (equals == item) {
        *word = hone_str(item + 1);
    } else if (equals != NULL) {
        column->len = (size_t)(equals - item);
        *word = hone_str(equals + 1);
    }
    return column->len > 0;
}

static bool is_new(const struct hone_na_set *set, struct hone_str column)
{
    for (size_t i = 0; i < set->n; i++) {
        if (hone_str_eq(set->own[i].column, column)) {
            return false;
        }
    }
    return true;
}

enum hone_code hone_na_make(struct hone_run *run, const struct hone_read_options *options,
                            struct hone_arena *mem, struct hone_na_set *out)
{
    static const char *const usual[] = {"NA",      "N/A",     "n/a",      "NaN",     "nan",
                                        "-NaN",    "-nan",    "null",     "NULL",    "None",
                                        "#N/A",    "#NA",     "<NA>",     "?",       "1.#IND",
                                        "-1.#IND", "1.#QNAN", "-1.#QNAN", "#N/A N/A"};
    size_t n_usual = sizeof usual / sizeof usual[0];
    bool only = options->na.n > 0 && strcmp(options->na.item[0], "-") == 0;
    struct hone_na_set set = {0};
    struct hone_str *word;
    struct hone_str column;
    size_t shared = 0;

    HONE_TRY(hone_array(run, mem, &word, options->na.n + n_usual + 1));
    for (size_t i = 0; !only && i < n_usual; i++) {
        word[shared++] = hone_str(usual[i]);
    }
    for (size_t i = only; i < options->na.n; i++) {
        shared += !split_na(options->na.item[i], &column, &word[shared]);
    }
    HONE_TRY(make_na(run, word, shared, mem, &set.all));
    HONE_TRY(hone_array(run, mem, &set.own, options->na.n));
    for (size_t i = only; i < options->na.n; i++) {
        size_t n = shared;
        if (!split_na(options->na.item[i], &column, &word[n]) || !is_new(&set, column)) {
            continue;
        }
        for (size_t j = i; j < options->na.n; j++) {
            struct hone_str other;
            n += split_na(options->na.item[j], &other, &word[n]) && hone_str_eq(other, column);
        }
        set.own[set.n].column = column;
        HONE_TRY(make_na(run, word, n, mem, &set.own[set.n].na));
        set.n++;
    }
    *out = set;
    return HONE_OK;
}

const struct hone_na *hone_na_of(const struct hone_na_set *set, const char *column)
{
    for (size_t i = 0; i < set->n; i++) {
        if (hone_str_is(set->own[i].column, column)) {
            return &set->own[i].na;
        }
    }
    return &set->all;
}

bool hone_na_is(const struct hone_na *na, struct hone_str text)
{
    if (text.len == 0) {
        return true;
    }
    if (text.len > na->longest || !na->first[(unsigned char)text.ptr[0]]) {
        return false;
    }
    for (size_t i = 0; i < na->n; i++) {
        if (hone_str_eq(text, na->word[i])) {
            return true;
        }
    }
    return false;
}

/* Digits only, more than 64 bits hold: a name, not a quantity. */
static bool is_long_number(struct hone_str text)
{
    int64_t whole;
    size_t digits = 0;

    if (text.len < 19) {
        return false;
    }
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') {
        digits++;
    }
    return digits == text.len && !hone_parse_i64(text, &whole);
}

/* A real as people and programs write it in files: decimal digits, or infinity. */
static bool parse_real(struct hone_str text, double *out)
{
    static const char letters[] = "+-.0123456789eEiInNfFtTyY"; /* of numbers and "infinity" */
    char first = text.ptr[0];

    if (!(first >= '0' && first <= '9') && (first == '\0' || strchr("+-.iI", first) == NULL)) {
        return false;
    }
    if (!hone_parse_f64(text, out) || is_long_number(text) || isnan(*out)) {
        return false;
    }
    for (size_t i = 0; i < text.len && text.len > 2; i++) {
        if (text.ptr[i] > '9' && strchr(letters, text.ptr[i]) == NULL) {
            return false; /* hexadecimal */
        }
    }
    return true;
}

static bool parse_bool(struct hone_str text, int64_t *out)
{
    if (text.len == 4 && hone_str_eq_nocase(text, hone_str("true"))) {
        *out = 1;
        return true;
    }
    if (text.len == 5 && hone_str_eq_nocase(text, hone_str("false"))) {
        *out = 0;
        return true;
    }
    return false;
}

/* Days that are also a time: year 9999 is 2.9 million days away. */
static bool parse_day(struct hone_str text, int64_t *out)
{
    return text.len >= 8 && hone_parse_date(text, out) && *out > -100000000 && *out < 100000000;
}

static bool parse_time(struct hone_str text, int64_t *out)
{
    bool zone;

    if (text.len >= 12 && hone_parse_timestamp(text, out, &zone)) {
        return true;
    }
    if (!parse_day(text, out)) {
        return false;
    }
    *out *= DAY_US;
    return true;
}

static bool parse_int(struct hone_str text, int64_t *out)
{
    uint64_t value = 0;
    size_t i;

    if (text.len > 17) {
        return hone_parse_i64(text, out);
    }
    i = text.ptr[0] == '-';
    if (i == text.len) {
        return false;
    }
    for (; i < text.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text.ptr[i] - '0';
        if (digit > 9) {
            return text.ptr[0] == '+' && hone_parse_i64(text, out);
        }
        value = value * 10 + digit;
    }
    *out = text.ptr[0] == '-' ? -(int64_t)value : (int64_t)value;
    return true;
}

static bool parse_kind(enum hone_kind kind, struct hone_str text, union hone_value *out)
{
    switch (kind) {
    case HONE_KIND_INT:
        return parse_int(text, &out->i);
    case HONE_KIND_REAL:
        return parse_real(text, &out->f);
    case HONE_KIND_BOOL:
        return parse_bool(text, &out->i);
    case HONE_KIND_DAY:
        return parse_day(text, &out->i);
    case HONE_KIND_TIME:
        return parse_time(text, &out->i);
    default:
        return false;
    }
}

enum hone_kind hone_kind_of(struct hone_str text)
{
    union hone_value value;

    for (enum hone_kind kind = HONE_KIND_INT; kind < HONE_KIND_TEXT; kind++) {
        if (parse_kind(kind, text, &value)) {
            return kind;
        }
    }
    return HONE_KIND_TEXT;
}

enum hone_kind hone_kind_join(enum hone_kind a, enum hone_kind b)
{
    enum hone_kind low = a < b ? a : b;
    enum hone_kind high = a < b ? b : a;

    if (low == high || low == HONE_KIND_NONE) {
        return high;
    }
    if ((low == HONE_KIND_INT && high == HONE_KIND_REAL) ||
        (low == HONE_KIND_DAY && high == HONE_KIND_TIME)) {
        return high;
    }
    return HONE_KIND_TEXT;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct hone_str hone_field_trim(struct hone_str text)
{
    while (text.len > 0 && is_blank(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.ptr[text.len - 1])) {
        text.len--;
    }
    return text;
}

struct state {
    const struct hone_convert *c;
    struct hone_arena *mem;
    struct hone_local *out;
    union hone_value *value; /* (rows) as they are found, before they are packed */
};

static const struct hone_field *field_of(const struct state *s, size_t row)
{
    return &s->c->cells->field[row * s->c->cells->cols + s->c->column];
}

static struct hone_str text_of(const struct state *s, const struct hone_field *field)
{
    return (struct hone_str){s->c->cells->base + field->at, field->len & HONE_FIELD_LEN};
}

static enum hone_code set_missing(struct hone_run *run, struct state *s, size_t row)
{
    if (s->out->missing == NULL) {
        HONE_TRY(hone_array(run, s->mem, &s->out->missing, s->out->rows));
    }
    s->out->missing[row] = 1;
    s->out->nulls++;
    if (s->value != NULL) {
        s->value[row].i = 0;
    }
    return HONE_OK;
}

/* Words (text in quotes of JSON) are text or times, never numbers. */
static inline enum hone_fit fit(const struct hone_na *na, const char *base,
                                const struct hone_field *field, enum hone_kind kind,
                                union hone_value *out)
{
    struct hone_str text = {base + field->at, field->len & HONE_FIELD_LEN};

    if (field->at == HONE_FIELD_NONE) {
        return HONE_MISSING;
    }
    if (text.len > 0 && (is_blank(text.ptr[0]) || is_blank(text.ptr[text.len - 1]))) {
        text = hone_field_trim(text);
    }
    if (field->len & HONE_FIELD_WORD) {
        bool time = kind >= HONE_KIND_DAY && text.len > 0 && parse_kind(kind, text, out);
        return time ? HONE_FITS : HONE_MISFIT;
    }
    if (text.len == 0 || (na->values && hone_na_is(na, text))) {
        return HONE_MISSING;
    }
    if (kind == HONE_KIND_INT ? parse_int(text, &out->i) : parse_kind(kind, text, out)) {
        return HONE_FITS;
    }
    return hone_na_is(na, text) ? HONE_MISSING : HONE_MISFIT;
}

enum hone_fit hone_field_fit(const struct hone_na *na, const char *base,
                             const struct hone_field *field, enum hone_kind kind,
                             union hone_value *out)
{
    return fit(na, base, field, kind, out);
}

enum hone_kind hone_field_kind(const char *base, const struct hone_field *field)
{
    struct hone_str text =
        hone_field_trim((struct hone_str){base + field->at, field->len & HONE_FIELD_LEN});
    enum hone_kind kind =
        text.len == 0 || field->len & HONE_FIELD_ESCAPED ? HONE_KIND_TEXT : hone_kind_of(text);

    if (field->len & HONE_FIELD_WORD && kind != HONE_KIND_DAY && kind != HONE_KIND_TIME) {
        kind = HONE_KIND_TEXT;
    }
    return kind;
}

bool hone_field_fits(const struct hone_na *na, const char *base, const struct hone_field *field,
                     enum hone_kind kind)
{
    union hone_value value;
    return kind == HONE_KIND_TEXT || fit(na, base, field, kind, &value) != HONE_MISFIT;
}

/* Values from *row on while they fit the kind; *row is then the first that does not. */
static enum hone_code values(struct hone_run *run, struct state *s, size_t *row)
{
    enum hone_kind kind = s->out->kind;
    const char *base = s->c->cells->base;
    size_t i = *row;

    for (; i < s->out->rows; i++) {
        enum hone_fit f = fit(s->c->na, base, field_of(s, i), kind, &s->value[i]);
        if (f == HONE_MISFIT) {
            break;
        }
        if (f == HONE_MISSING) {
            HONE_TRY(set_missing(run, s, i));
        }
    }
    *row = i;
    return HONE_OK;
}

/* The first n values in a wider kind that is not text. */
static void convert(struct state *s, enum hone_kind to, size_t n)
{
    struct hone_local *out = s->out;

    for (size_t i = 0; i < n; i++) {
        if (out->kind == HONE_KIND_INT && to == HONE_KIND_REAL) {
            s->value[i].f = (double)s->value[i].i;
        } else if (out->kind == HONE_KIND_DAY && to == HONE_KIND_TIME) {
            s->value[i].i *= DAY_US;
        }
    }
    out->kind = to;
}

/* The text with its doubled quotes single, or JSON's escapes resolved. */
static enum hone_code unescape(struct hone_run *run, struct state *s, struct hone_str *text)
{
    char *plain;
    size_t len = 0;

    HONE_TRY(hone_array(run, s->mem, &plain, text->len));
    if (s->c->quote == HONE_JSON_ESCAPES) {
        *text = (struct hone_str){plain, hone_jscan_unescape(*text, plain)};
        return HONE_OK;
    }
    for (size_t i = 0; i < text->len; i++) {
        plain[len++] = text->ptr[i];
        i += text->ptr[i] == s->c->quote;
    }
    *text = (struct hone_str){plain, len};
    return HONE_OK;
}

static enum hone_code add_word(struct hone_run *run, struct state *s, struct hone_map *map,
                               size_t *room, struct hone_str text, uint32_t *code)
{
    struct hone_local *out = s->out;

    *code = hone_map_add(map, text, (uint32_t)out->words);
    if (*code == UINT32_MAX) {
        return hone_no_room(run, "words", out->words);
    }
    if (*code < out->words) {
        return HONE_OK;
    }
    if (out->words == *room) {
        size_t more = *room == 0 ? 64 : *room * 2;
        struct hone_str *word = hone_arena_grow(s->mem, out->word, sizeof *word, *room, more);
        if (word == NULL) {
            return hone_no_room(run, "words", more);
        }
        out->word = word;
        *room = more;
    }
    out->word[out->words++] = text;
    return HONE_OK;
}

static enum hone_code texts(struct hone_run *run, struct state *s)
{
    struct hone_map map = {.mem = &run->scratch};
    size_t room = 0;
    HONE_SCRATCH(run);

    s->out->nulls = 0;
    if (s->out->missing != NULL) {
        memset(s->out->missing, 0, s->out->rows);
    }
    HONE_TRY(hone_array(run, s->mem, &s->out->code, s->out->rows));
    for (size_t i = 0; i < s->out->rows; i++) {
        const struct hone_field *field = field_of(s, i);
        struct hone_str text;
        if (field->at == HONE_FIELD_NONE) {
            HONE_TRY(set_missing(run, s, i));
            continue;
        }
        text = text_of(s, field);
        if (!(field->len & HONE_FIELD_WORD) &&
            hone_na_is(s->c->na, text.len < 64 ? hone_field_trim(text) : text)) {
            HONE_TRY(set_missing(run, s, i));
            continue;
        }
        if (field->len & HONE_FIELD_ESCAPED) {
            HONE_TRY(unescape(run, s, &text));
        }
        HONE_TRY(add_word(run, s, &map, &room, text, &s->out->code[i]));
    }
    return HONE_OK;
}

static size_t width_for(const union hone_value *value, size_t n)
{
    int64_t low = 0;
    int64_t high = 0;

    for (size_t i = 0; i < n; i++) {
        low = value[i].i < low ? value[i].i : low;
        high = value[i].i > high ? value[i].i : high;
    }
    if (low >= INT8_MIN && high <= INT8_MAX) {
        return 1;
    }
    if (low >= INT16_MIN && high <= INT16_MAX) {
        return 2;
    }
    return low >= INT32_MIN && high <= INT32_MAX ? 4 : 8;
}

/* Keep the values in as few bytes as they need. */
static enum hone_code pack(struct hone_run *run, struct state *s)
{
    struct hone_local *out = s->out;
    size_t n = out->rows;
    char *packed;

    if (out->kind == HONE_KIND_NONE) {
        return HONE_OK;
    }
    out->width = out->kind == HONE_KIND_REAL ? 8 : width_for(s->value, n);
    HONE_TRY(hone_matrix(run, s->mem, &packed, n, out->width));
    out->value = packed;
    for (size_t i = 0; i < n && out->width == 1; i++) {
        ((int8_t *)out->value)[i] = (int8_t)s->value[i].i;
    }
    for (size_t i = 0; i < n && out->width == 2; i++) {
        ((int16_t *)out->value)[i] = (int16_t)s->value[i].i;
    }
    for (size_t i = 0; i < n && out->width == 4; i++) {
        ((int32_t *)out->value)[i] = (int32_t)s->value[i].i;
    }
    if (out->width == 8 && n > 0) {
        memcpy(out->value, s->value, n * sizeof *s->value);
    }
    return HONE_OK;
}

enum hone_code hone_local_make(struct hone_run *run, const struct hone_convert *c,
                               struct hone_arena *mem, struct hone_local *out)
{
    struct state s = {.c = c, .mem = mem, .out = out};
    size_t row = 0;
    HONE_SCRATCH(run);

    *out = (struct hone_local){.kind = c->start, .rows = c->cells->rows};
    if (out->kind != HONE_KIND_TEXT) {
        HONE_TRY(hone_array(run, &run->scratch, &s.value, out->rows));
    }
    while (out->kind != HONE_KIND_TEXT) {
        enum hone_kind kind;
        HONE_TRY(values(run, &s, &row));
        if (row == out->rows) {
            return pack(run, &s);
        }
        kind = hone_kind_join(out->kind, hone_field_kind(c->cells->base, field_of(&s, row)));
        HONE_ASSERT(kind != out->kind);
        convert(&s, kind, kind == HONE_KIND_TEXT ? 0 : row);
    }
    return texts(run, &s);
}
