/* Checks of the words in text columns. */
#include <ctype.h>

#include "base/hash.h"
#include "check/check_priv.h"

#define MANY_WORDS 20000 /* a column with more different values is not made of words */
#define SHOWN      5     /* examples in a message */

struct settings {
    double max;
};

/* The different values of a column. */
struct words {
    size_t n;
    struct hone_str *text; /* (n) */
    size_t *count;         /* (n) */
    bool *bad;             /* (n) set by the check */
    uint32_t *code;        /* (rows) UINT32_MAX missing */
    size_t known;          /* rows with a value */
};

static enum hone_code words_of(struct hone_run *run, const struct hone_column *c,
                               size_t distinct, struct words *w)
{
    struct hone_seen seen;

    *w = (struct words){0};
    HONE_TRY(hone_seen_new(run, distinct + 1, &run->scratch, &seen));
    HONE_TRY(hone_array(run, &run->scratch, &w->text, distinct + 1));
    HONE_TRY(hone_array(run, &run->scratch, &w->count, distinct + 1));
    HONE_TRY(hone_array(run, &run->scratch, &w->bad, distinct + 1));
    HONE_TRY(hone_array(run, &run->scratch, &w->code, c->rows));
    for (size_t i = 0; i < c->rows; i++) {
        w->code[i] = UINT32_MAX;
        if (!hone_is_valid(c, i)) {
            continue;
        }
        uint32_t k = hone_seen_add(&seen, hone_cell_hash(c, i), (uint32_t)w->n);
        if (k == w->n) {
            w->text[w->n++] = hone_column_str(c, i);
        }
        w->count[k]++;
        w->code[i] = k;
        w->known++;
    }
    return HONE_OK;
}

/* Examples of the bad words, quoted, the commonest first as they come. */
static const char *examples(const struct words *w, struct hone_arena *mem)
{
    struct hone_buf buf = hone_buf(mem);
    size_t shown = 0;

    for (size_t k = 0; k < w->n && shown <= SHOWN; k++) {
        if (!w->bad[k]) {
            continue;
        }
        if (shown == SHOWN) {
            hone_buf_text(&buf, ", ...");
        } else {
            size_t len = w->text[k].len < 40 ? w->text[k].len : 40;
            len = hone_utf8_valid((struct hone_str){w->text[k].ptr, len});
            hone_buf_format(&buf, "%s\"%.*s\"", shown == 0 ? "" : ", ", (int)len,
                            w->text[k].ptr);
        }
        shown++;
    }
    return buf.ptr;
}

static void list_rows(const struct words *w, size_t rows, struct hone_finding *f)
{
    for (size_t i = 0; i < rows; i++) {
        if (w->code[i] != UINT32_MAX && w->bad[w->code[i]]) {
            hone_finding_row(f, i);
        }
    }
}

static bool wordy(const struct hone_check_ctx *ctx, size_t j)
{
    return hone_type_is_text(ctx->table->column[j].type) &&
           ctx->profile->column[j].distinct > 0 &&
           ctx->profile->column[j].distinct <= MANY_WORDS;
}

static bool is_number(struct hone_str s)
{
    double value;
    return hone_parse_f64(hone_str_trim(s), &value);
}

static enum hone_code mixed_column(struct hone_run *run, const struct hone_check_ctx *ctx,
                                   size_t j, double max, struct hone_findings *findings)
{
    const struct hone_column *c = &ctx->table->column[j];
    struct words w;
    size_t numbers = 0;
    size_t digits = 0; /* different numbers */
    HONE_SCRATCH(run);

    HONE_TRY(words_of(run, c, ctx->profile->column[j].distinct, &w));
    for (size_t k = 0; k < w.n; k++) {
        if (is_number(w.text[k])) {
            numbers += w.count[k];
            digits++;
        }
    }
    size_t others = w.known - numbers;
    bool numeric = numbers > others;
    size_t rare = numeric ? others : numbers;
    /* Many different numbers and few words are a numeric column that was damaged.  Words with a few
     * numbers among them are odd only when the words are a small set. */
    if (rare == 0 || (double)rare > max * (double)w.known || (numeric && digits < 10) ||
        (!numeric && w.n > 100)) {
        return HONE_OK;
    }
    for (size_t k = 0; k < w.n; k++) {
        w.bad[k] = is_number(w.text[k]) != numeric;
    }
    struct hone_finding *f = hone_finding_add(findings, "mixed_types", HONE_WARN, c->name);
    list_rows(&w, c->rows, f);
    f->value = (double)rare / (double)w.known;
    f->message = HONE_SAY(findings, "column %s holds %s, but %zu values are %s: %s", c->name,
                          numeric ? "numbers" : "words", rare, numeric ? "not" : "numbers",
                          examples(&w, findings->mem));
    f->advice = numeric ? "mark them as missing with --na, or correct them"
                        : "correct them, or mark them as missing with --na";
    return HONE_OK;
}

static enum hone_code mixed_types(struct hone_run *run, const struct hone_check_ctx *ctx,
                                  const void *settings, struct hone_findings *findings)
{
    const struct settings *set = settings;

    for (size_t j = 0; j < ctx->table->cols; j++) {
        if (wordy(ctx, j)) {
            HONE_TRY(mixed_column(run, ctx, j, set->max, findings));
        }
    }
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

static enum hone_code special_column(struct hone_run *run, const struct hone_check_ctx *ctx,
                                     size_t j, struct hone_findings *findings)
{
    const struct hone_column *c = &ctx->table->column[j];
    struct words w;
    size_t bad = 0;
    HONE_SCRATCH(run);

    HONE_TRY(words_of(run, c, ctx->profile->column[j].distinct, &w));
    for (size_t k = 0; k < w.n; k++) {
        w.bad[k] = is_noise(w.text[k]);
        bad += w.bad[k] ? 1 : 0;
    }
    /* Marks that are the vocabulary ("+" and "-") are no noise. */
    if (bad == 0 || 2 * bad >= w.n) {
        return HONE_OK;
    }
    struct hone_finding *f =
        hone_finding_add(findings, "special_characters", HONE_WARN, c->name);
    list_rows(&w, c->rows, f);
    f->value = (double)f->rows / (double)w.known;
    f->message = HONE_SAY(findings, "column %s has values without a letter or digit: %s",
                          c->name, examples(&w, findings->mem));
    f->advice = "if they stand for missing values, read them as such with --na";
    return HONE_OK;
}

static enum hone_code special_characters(struct hone_run *run, const struct hone_check_ctx *ctx,
                                         const void *settings, struct hone_findings *findings)
{
    (void)settings;
    for (size_t j = 0; j < ctx->table->cols; j++) {
        if (wordy(ctx, j)) {
            HONE_TRY(special_column(run, ctx, j, findings));
        }
    }
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

static enum hone_code variants_column(struct hone_run *run, const struct hone_check_ctx *ctx,
                                      size_t j, struct hone_findings *findings)
{
    const struct hone_column *c = &ctx->table->column[j];
    struct hone_seen seen;
    struct words w;
    char *room;
    size_t longest = 0;
    size_t bad = 0;
    HONE_SCRATCH(run);

    HONE_TRY(words_of(run, c, ctx->profile->column[j].distinct, &w));
    HONE_TRY(hone_seen_new(run, w.n, &run->scratch, &seen));
    for (size_t k = 0; k < w.n; k++) {
        longest = w.text[k].len > longest ? w.text[k].len : longest;
    }
    HONE_TRY(hone_array(run, &run->scratch, &room, longest + 1));
    for (size_t k = 0; k < w.n; k++) {
        uint32_t first = hone_seen_add(&seen, spelling(w.text[k], room), (uint32_t)k);
        if (first == k) {
            continue;
        }
        /* The rarer spelling is the wrong one. */
        w.bad[w.count[first] < w.count[k] ? first : k] = true;
        bad++;
    }
    if (bad == 0) {
        return HONE_OK;
    }
    struct hone_finding *f =
        hone_finding_add(findings, "category_variants", HONE_WARN, c->name);
    list_rows(&w, c->rows, f);
    f->value = (double)bad;
    f->message = HONE_SAY(findings, "column %s spells %zu %s in more than one way: %s", c->name,
                          bad, bad == 1 ? "value" : "values", examples(&w, findings->mem));
    f->advice = "unite the spellings, or a model takes them for different things";
    return HONE_OK;
}

static enum hone_code category_variants(struct hone_run *run, const struct hone_check_ctx *ctx,
                                        const void *settings, struct hone_findings *findings)
{
    (void)settings;
    for (size_t j = 0; j < ctx->table->cols; j++) {
        const struct hone_column_profile *p = &ctx->profile->column[j];
        size_t known = p->rows - p->missing;
        /* Text whose values hardly repeat is not made of categories. */
        if (wordy(ctx, j) && 5 * p->distinct <= known) {
            HONE_TRY(variants_column(run, ctx, j, findings));
        }
    }
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
    .look = mixed_types,
};
const struct hone_check hone_check_special_characters = {
    .part.name = "special_characters",
    .part.summary = "no values of punctuation only",
    .stage = HONE_CHECK_INTEGRITY,
    .look = special_characters,
};
const struct hone_check hone_check_category_variants = {
    .part.name = "category_variants",
    .part.summary = "every category is spelt in one way",
    .stage = HONE_CHECK_INTEGRITY,
    .look = category_variants,
};
