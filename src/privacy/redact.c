/* A plan applied to a table, and tokens turned back. */
#include "privacy/redact.h"

#include <stdlib.h>

#include "privacy/fold.h"
#include "privacy/generalise.h"
#include "table/builder.h"

enum { SPANS = 64, LAST = 4, SHORT = 8 };

/* One column being redacted. */
struct job {
    const struct hone_redact_rule *rule;
    const struct hone_column *c;
    const struct hone_key *key;
    const char *bound; /* the column's name when hashes and tokens are bound to it */
    uint64_t kinds;    /* replaced in texts */
    size_t keep;       /* characters that a mask leaves */
    struct hone_coarse coarse;
    const bool *top; /* (words of the dictionary) that stay */
    struct hone_redact_count count;
};

/* Letters and digits become stars, all but the last keep; short values wholly. Separators stay. */
static void mask_text(struct hone_str s, size_t keep, struct hone_buf *out)
{
    size_t n = 0;
    size_t at = 0;

    for (size_t i = 0; i < s.len; i++) {
        n += hone_alnum(s.ptr[i]) && ((unsigned char)s.ptr[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    keep = n < SHORT && keep > 0 ? 0 : keep;
    for (size_t i = 0; i < s.len; i++) {
        bool more = ((unsigned char)s.ptr[i] & 0xc0) == 0x80;
        at += hone_alnum(s.ptr[i]) && !more ? 1 : 0;
        if (!hone_alnum(s.ptr[i]) || at + keep > n) {
            hone_buf_char(out, s.ptr[i]);
        } else if (!more) {
            hone_buf_char(out, '*');
        }
    }
}

/* The domain of an e-mail address stays, of the rest nothing but its length. */
static void mask(const struct job *job, struct hone_str s, struct hone_buf *out)
{
    const char *at = s.len == 0 ? NULL : memchr(s.ptr, '@', s.len);

    if (at != NULL && job->rule->option == NULL) {
        for (const char *c = s.ptr; c < at; c++) {
            hone_buf_text(out, ((unsigned char)*c & 0xc0) == 0x80 ? "" : "*");
        }
        hone_buf_bytes(out, at, (size_t)(s.ptr + s.len - at));
        return;
    }
    mask_text(s, job->keep, out);
}

static size_t replace(const struct job *job, struct hone_str s, struct hone_buf *out)
{
    struct hone_span span[SPANS];
    size_t done = 0;
    size_t replaced = 0;
    size_t n = SPANS;

    while (n == SPANS) { /* as many as there is room for: there may be more */
        size_t from = done;
        struct hone_str rest = {s.ptr + from, s.len - from};
        n = hone_spans_find(rest, job->kinds, span, SPANS);
        for (size_t i = 0; i < n; i++) {
            if (span[i].sure) {
                hone_buf_bytes(out, s.ptr + done, from + span[i].start - done);
                hone_buf_format(out, "[%s]", hone_kind_at(span[i].kind)->tag);
                done = from + span[i].start + span[i].len;
                replaced++;
            }
        }
        n = done == from ? 0 : n;
    }
    hone_buf_bytes(out, s.ptr + done, s.len - done);
    return replaced;
}

/* Kinds of values in tokens, so that they get their type back. */
static const char letters[] = "bifFucdtyv";
_Static_assert(sizeof letters == HONE_TYPE_COUNT + 1, "a letter for each type");
static char letter_of(enum hone_type type)
{
    return letters[type];
}

/* What becomes of one value; *lost when nothing does. */
static enum hone_code redact_value(struct hone_run *run, struct job *job, size_t row,
                                   struct hone_str text, struct hone_buf *out, bool *lost)
{
    char hash[HONE_HASH_CHARS];

    *lost = false;
    switch (job->rule->method) {
    case HONE_REDACT_MASK:
        mask(job, text, out);
        break;
    case HONE_REDACT_HASH:
        hone_key_hash(job->key, job->bound, text, hash);
        hone_buf_bytes(out, hash, sizeof hash);
        break;
    case HONE_REDACT_TOKEN:
        return hone_token_make(run, job->key, job->bound, letter_of(job->c->type), text, out);
    case HONE_REDACT_REPLACE:
        job->count.spans += replace(job, text, out);
        break;
    case HONE_REDACT_GENERALISE:
        if (job->coarse.way == HONE_COARSE_TOP) {
            size_t code = (size_t)hone_column_i64(job->c, row);
            hone_buf_str(out, job->top[code] ? text : hone_str("other"));
        } else {
            *lost = !hone_coarsen(&job->coarse, job->c, row, text, out);
        }
        break;
    case HONE_REDACT_KEEP:
    case HONE_REDACT_DROP:
    case HONE_REDACT_COUNT:
    default:
        hone_buf_str(out, text);
        break;
    }
    return HONE_OK;
}

/* The more frequent word first; of equally frequent ones the earlier. */
static int by_count(const void *a, const void *b)
{
    const size_t *x = a;
    const size_t *y = b;

    return x[0] != y[0] ? (x[0] < y[0] ? 1 : -1) : (x[1] > y[1]) - (x[1] < y[1]);
}

static enum hone_code find_top(struct hone_run *run, struct job *job, struct hone_arena *mem)
{
    const struct hone_column *c = job->c;
    size_t(*order)[2];
    bool *top;

    HONE_TRY(hone_array(run, mem, &order, c->dict->rows));
    HONE_TRY(hone_array(run, mem, &top, c->dict->rows));
    for (size_t k = 0; k < c->dict->rows; k++) {
        order[k][1] = k;
    }
    for (size_t i = 0; i < c->rows; i++) {
        order[hone_is_valid(c, i) ? hone_column_i64(c, i) : 0][0] +=
            hone_is_valid(c, i) ? 1 : 0;
    }
    qsort(order, c->dict->rows, sizeof *order, by_count);
    for (size_t k = 0; k < c->dict->rows && (double)k < job->coarse.size; k++) {
        top[order[k][1]] = true;
    }
    job->top = top;
    return HONE_OK;
}

static uint64_t kinds_of(const char *option)
{
    struct hone_str rest = hone_str(option);
    struct hone_str name;
    uint64_t kinds = option == NULL ? UINT64_MAX : 0;

    for (bool more = option != NULL; more;) {
        more = hone_str_cut(rest, '+', &name, &rest);
        for (size_t k = 0; k < hone_kinds_n(); k++) {
            kinds |= hone_str_is(name, hone_kinds[k]->name) ? UINT64_C(1) << k : 0;
        }
    }
    return kinds;
}

static enum hone_code prepare(struct hone_run *run, struct job *job, struct hone_arena *mem,
                              struct hone_column *as_words)
{
    const struct hone_redact_rule *rule = job->rule;
    double keep = LAST;

    if (job->c->type == HONE_VECTOR) {
        return hone_fail(run, HONE_E_ARG,
                         "column %s holds vectors, which can only be kept or dropped",
                         rule->column);
    }
    if (rule->method == HONE_REDACT_REPLACE && !hone_type_is_text(job->c->type)) {
        return hone_fail(run, HONE_E_ARG, "column %s is %s: replace is for texts", rule->column,
                         hone_type_name(job->c->type));
    }
    if (rule->method == HONE_REDACT_MASK && rule->option != NULL) {
        (void)hone_parse_f64(hone_str(rule->option), &keep);
    }
    job->keep = (size_t)keep;
    job->bound =
        rule->option != NULL && strcmp(rule->option, "column") == 0 ? rule->column : NULL;
    job->kinds = rule->method == HONE_REDACT_REPLACE ? kinds_of(rule->option) : 0;
    if (rule->method == HONE_REDACT_GENERALISE) {
        HONE_TRY(hone_coarse_of(run, rule, job->c, &job->coarse));
        if (job->coarse.way == HONE_COARSE_TOP) {
            if (job->c->type != HONE_CATEGORY) {
                HONE_TRY(hone_column_cast(run, job->c, HONE_CATEGORY, false, mem, as_words));
                job->c = as_words;
            }
            HONE_TRY(find_top(run, job, mem));
        }
    }
    return HONE_OK;
}

/* The redacted column, a text column (numbers where they are rounded). */
static enum hone_code redact_column(struct hone_run *run, struct job *job,
                                    struct hone_arena *mem, struct hone_column *out)
{
    struct hone_builder *b;
    struct hone_column words;
    bool rounds;
    HONE_ARENA(work);

    HONE_TRY(prepare(run, job, &work, &words));
    rounds =
        job->rule->method == HONE_REDACT_GENERALISE && job->coarse.way == HONE_COARSE_ROUND;
    HONE_TRY(
        hone_builder_new(run, job->rule->column, rounds ? HONE_FLOAT64 : HONE_UTF8, mem, &b));
    for (size_t i = 0; i < job->c->rows; i++) {
        struct hone_mark mark = hone_arena_mark(&work);
        struct hone_buf text = hone_buf(&work);
        struct hone_buf made = hone_buf(&work);
        bool lost = false;
        double value = 0;
        if (i % 65536 == 0) {
            HONE_TRY(hone_check_cancel(run));
        }
        if (!hone_is_valid(job->c, i)) {
            HONE_TRY(hone_builder_null(run, b));
            continue;
        }
        hone_column_print(&text, job->c, i);
        HONE_TRY(
            redact_value(run, job, i, (struct hone_str){text.ptr, text.len}, &made, &lost));
        struct hone_str got = {made.ptr, made.len};
        job->count.changed +=
            lost || !hone_str_eq(got, (struct hone_str){text.ptr, text.len}) ? 1 : 0;
        job->count.lost += lost ? 1 : 0;
        if (lost) {
            HONE_TRY(hone_builder_null(run, b));
        } else if (rounds) {
            (void)hone_parse_f64(got, &value);
            HONE_TRY(hone_builder_f64(run, b, value));
        } else {
            HONE_TRY(hone_builder_str(run, b, got));
        }
        hone_arena_rewind(&work, mark);
    }
    return hone_builder_end(run, b, out);
}

/* The rule of each column, NULL: none. */
static enum hone_code match_rules(struct hone_run *run, const struct hone_table *t,
                                  const struct hone_redact_plan *plan,
                                  const struct hone_key *key,
                                  const struct hone_redact_rule **of)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct hone_column *c;
        HONE_TRY(hone_table_need(run, t, hone_str(plan->rule[i].column), &c));
        if (of[c - t->column] != NULL) {
            return hone_fail(run, HONE_E_CONFLICT, "column %s has two rules", c->name);
        }
        of[c - t->column] = &plan->rule[i];
    }
    if (key == NULL && hone_redact_needs_key(plan)) {
        (void)hone_fail(run, HONE_E_ARG, "hashes and tokens need a key");
        return hone_hint(run, "hone redact --new-key FILE makes one; then --key FILE");
    }
    return HONE_OK;
}

enum hone_code hone_redact_apply(struct hone_run *run, const struct hone_table *t,
                                 const struct hone_redact_plan *plan,
                                 const struct hone_key *key, struct hone_arena *mem,
                                 struct hone_table **out, struct hone_redact_count **count)
{
    const struct hone_redact_rule **of;
    struct hone_redact_count *counts;
    struct hone_column *column;
    size_t n = 0;
    HONE_ARENA(work);

    HONE_TRY(hone_array(run, &work, &of, t->cols));
    HONE_TRY(hone_array(run, &work, &column, t->cols));
    HONE_TRY(hone_array(run, mem, &counts, plan->n));
    HONE_TRY(match_rules(run, t, plan, key, of));
    for (size_t j = 0; j < t->cols; j++) {
        struct job job = {.rule = of[j], .c = &t->column[j], .key = key};
        if (of[j] == NULL || of[j]->method == HONE_REDACT_KEEP) {
            column[n++] = t->column[j];
        } else if (of[j]->method == HONE_REDACT_DROP) {
            counts[of[j] - plan->rule].changed = t->rows;
        } else {
            HONE_TRY(redact_column(run, &job, mem, &column[n++]));
            counts[of[j] - plan->rule] = job.count;
        }
    }
    if (n == 0) {
        return hone_fail(run, HONE_E_SHAPE,
                         "every column is dropped: nothing is left to write");
    }
    HONE_TRY(hone_table_of(run, column, n, mem, out));
    *count = counts;
    return HONE_OK;
}

static size_t count_tokens(const struct hone_column *c)
{
    size_t n = 0;

    for (size_t i = 0; hone_type_is_text(c->type) && i < c->rows; i++) {
        n += hone_is_valid(c, i) && hone_is_token(hone_column_str(c, i)) ? 1 : 0;
    }
    return n;
}

/* The type that a letter of letter_of stands for; text when letters differ. */
static enum hone_type type_of(char letter)
{
    for (size_t t = 0; t < HONE_TYPE_COUNT; t++) {
        if (letter_of((enum hone_type)t) == letter) {
            return (enum hone_type)t;
        }
    }
    return HONE_UTF8;
}

static enum hone_code reverse_column(struct hone_run *run, const struct hone_column *c,
                                     const struct hone_key *key, struct hone_arena *mem,
                                     struct hone_column *out)
{
    struct hone_builder *b;
    char letter = '\0';
    bool mixed = false;
    HONE_ARENA(work);

    HONE_TRY(hone_builder_new(run, c->name, HONE_UTF8, mem, &b));
    for (size_t i = 0; i < c->rows; i++) {
        struct hone_mark mark = hone_arena_mark(&work);
        struct hone_buf text = hone_buf(&work);
        struct hone_str s = hone_column_str(c, i);
        char kind = 'u';
        if (!hone_is_valid(c, i)) {
            HONE_TRY(hone_builder_null(run, b));
            continue;
        }
        if (!hone_is_token(s)) {
            hone_buf_str(&text, s);
        } else if (hone_token_open(run, key, c->name, s, &text, &kind) != HONE_OK) {
            return hone_fail_in(run, "column %s, row %zu", c->name, i + 1);
        }
        mixed = mixed || (letter != '\0' && letter != kind);
        letter = kind;
        HONE_TRY(hone_builder_str(run, b, (struct hone_str){text.ptr, text.len}));
        hone_arena_rewind(&work, mark);
    }
    HONE_TRY(hone_builder_end(run, b, out));
    if (!mixed && letter != '\0' && type_of(letter) != HONE_UTF8 &&
        type_of(letter) != HONE_BINARY) {
        struct hone_column typed;
        HONE_TRY(hone_column_cast(run, out, type_of(letter), false, mem, &typed));
        *out = typed;
    }
    return HONE_OK;
}

enum hone_code hone_redact_reverse(struct hone_run *run, const struct hone_table *t,
                                   const char *const *names, size_t n,
                                   const struct hone_key *key, struct hone_arena *mem,
                                   struct hone_table **out, size_t *tokens)
{
    struct hone_column *column;
    bool *wanted;
    size_t total = 0;
    HONE_ARENA(work);

    HONE_TRY(hone_array(run, &work, &column, t->cols));
    HONE_TRY(hone_array(run, &work, &wanted, t->cols));
    for (size_t i = 0; i < n; i++) {
        const struct hone_column *c;
        HONE_TRY(hone_table_need(run, t, hone_str(names[i]), &c));
        wanted[c - t->column] = true;
    }
    for (size_t j = 0; j < t->cols; j++) {
        size_t here = n == 0 || wanted[j] ? count_tokens(&t->column[j]) : 0;
        column[j] = t->column[j];
        total += here;
        if (here > 0) {
            HONE_TRY(reverse_column(run, &t->column[j], key, mem, &column[j]));
        }
    }
    if (total == 0) {
        return hone_fail(run, HONE_E_NOT_FOUND,
                         "no value is a token: there is nothing to turn back");
    }
    HONE_TRY(hone_table_of(run, column, t->cols, mem, out));
    *tokens = total;
    return HONE_OK;
}
