/*
 * com.microsoft Tokenizer: text to words, each row filled up to the longest.  Words are what a pattern matches,
 * or what lies between separators.  Of the pattern language (RE2's) this takes sequences of characters and
 * classes with counts, which is what text pipelines are exported with; others are refused.
 */
#include "graph/op.h"

enum { ATOMS = 32 };

/* A class of characters and how many of them.  Characters beyond ASCII are in all of a class or in none. */
struct atom {
    uint8_t ascii[16]; /* bits */
    bool beyond;
    uint32_t least, most;
};

struct state {
    struct atom atom[ATOMS];
    size_t atoms; /* 0: separators */
    const struct hone_str *separator;
    size_t separators;
    bool mark, chars;
    size_t shortest; /* characters */
    struct hone_str pad;
};

/* --- patterns ------------------------------------------------------------------------------------------- */

static void add_char(struct atom *a, uint8_t c)
{
    a->ascii[c / 8] |= (uint8_t)(1u << (c % 8));
}

static void add_range(struct atom *a, uint8_t from, uint8_t to)
{
    for (unsigned c = from; c <= to; c++) {
        add_char(a, (uint8_t)c);
    }
}

static void negate(struct atom *a)
{
    for (size_t i = 0; i < sizeof a->ascii; i++) {
        a->ascii[i] = (uint8_t)~a->ascii[i];
    }
    a->beyond = !a->beyond;
}

static void merge(struct atom *a, const struct atom *b)
{
    for (size_t i = 0; i < sizeof a->ascii; i++) {
        a->ascii[i] |= b->ascii[i];
    }
    a->beyond = a->beyond || b->beyond;
}

/* What follows a backslash: a class, or the character itself.  False for what is not known. */
static bool escape(struct atom *a, char c)
{
    struct atom e = {.most = 0};
    switch (c) {
    case 'w':
    case 'W':
        add_range(&e, '0', '9');
        add_range(&e, 'A', 'Z');
        add_range(&e, 'a', 'z');
        add_char(&e, '_');
        break;
    case 'd':
    case 'D':
        add_range(&e, '0', '9');
        break;
    case 's':
    case 'S':
        add_range(&e, '\t', '\r');
        add_char(&e, ' ');
        break;
    case 't':
        add_char(&e, '\t');
        break;
    case 'n':
        add_char(&e, '\n');
        break;
    default:
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (uint8_t)c >= 0x80) {
            return false;
        }
        add_char(&e, (uint8_t)c);
    }
    if (c == 'W' || c == 'D' || c == 'S') {
        negate(&e);
    }
    merge(a, &e);
    return true;
}

/* [...]: *at is behind the bracket, and moves behind its end. */
static bool set_of(struct hone_str p, size_t *at, struct atom *a)
{
    bool inverse = *at < p.len && p.ptr[*at] == '^';
    *at += inverse;
    for (bool first = true; *at < p.len && (first || p.ptr[*at] != ']'); first = false) {
        char c = p.ptr[(*at)++];
        if ((uint8_t)c >= 0x80 || (c == '[' && *at < p.len && p.ptr[*at] == ':')) {
            return false;
        }
        if (c == '\\') {
            if (*at == p.len || !escape(a, p.ptr[(*at)++])) {
                return false;
            }
        } else if (*at + 1 < p.len && p.ptr[*at] == '-' && p.ptr[*at + 1] != ']') {
            char to = p.ptr[*at + 1];
            if (to < c || to == '\\' || to == '[') {
                return false;
            }
            add_range(a, (uint8_t)c, (uint8_t)to);
            *at += 2;
        } else {
            add_char(a, (uint8_t)c);
        }
    }
    if (*at == p.len) {
        return false;
    }
    (*at)++;
    if (inverse) {
        negate(a);
    }
    return true;
}

/* + * ?, or once. */
static void count_of(struct hone_str p, size_t *at, struct atom *a)
{
    char c = *at < p.len ? p.ptr[*at] : '\0';
    a->least = c == '*' || c == '?' ? 0 : 1;
    a->most = c == '*' || c == '+' ? UINT32_MAX : 1;
    *at += c == '*' || c == '+' || c == '?';
}

static bool parse(struct hone_str p, struct state *s)
{
    size_t open = 0; /* atoms of no fixed count: their number bounds the work of a match */

    for (size_t at = 0; at < p.len;) {
        struct atom a = {.most = 1};
        char c = p.ptr[at++];
        bool fine = true;
        if (c == '[') {
            fine = set_of(p, &at, &a);
        } else if (c == '\\') {
            fine = at < p.len && escape(&a, p.ptr[at++]);
        } else if (c == '.') {
            add_char(&a, '\n');
            negate(&a);
        } else if (memchr("(){}|^$*+?]", c, 11) != NULL || (uint8_t)c >= 0x80) {
            fine = false;
        } else {
            add_char(&a, (uint8_t)c);
        }
        count_of(p, &at, &a);
        open += a.most != a.least;
        if (!fine || s->atoms == ATOMS || open > 2 ||
            (at < p.len && memchr("{*+?", p.ptr[at], 4) != NULL)) {
            return false;
        }
        s->atom[s->atoms++] = a;
    }
    return s->atoms != 0;
}

/* Bytes of the character at a place: one where it is no UTF-8. */
static size_t char_len(struct hone_str s, size_t at)
{
    uint8_t b = (uint8_t)s.ptr[at];
    size_t n = b < 0x80 ? 1 : b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc0 ? 2 : 1;
    return n > s.len - at ? 1 : n;
}

static bool is_in(const struct atom *a, struct hone_str s, size_t at)
{
    uint8_t b = (uint8_t)s.ptr[at];
    return b < 0x80 ? (a->ascii[b / 8] >> (b % 8) & 1) != 0 : a->beyond;
}

/* The end of the longest match of atoms from k on at a place, greedy; SIZE_MAX: none. */
static size_t match(const struct state *s, size_t k, struct hone_str text, size_t at)
{
    const struct atom *a = &s->atom[k];
    size_t end = at, n = 0;

    if (k == s->atoms) {
        return at;
    }
    while (n < a->most && end < text.len && is_in(a, text, end)) {
        end += char_len(text, end);
        n++;
    }
    for (; n + 1 > a->least; n--) {
        size_t rest = match(s, k + 1, text, end);
        if (rest != SIZE_MAX || n == 0) {
            return rest;
        }
        do { /* one character back */
            end--;
        } while (end > at && ((uint8_t)text.ptr[end] & 0xc0) == 0x80);
    }
    return SIZE_MAX;
}

/* --- words ------------------------------------------------------------------------------------------------ */

/* Words go one by one to a list that is counted when out is NULL. */
struct words {
    struct hone_str *out;
    size_t n;
};

static void add_word(const struct state *s, struct hone_str word, struct words *words)
{
    size_t chars = 0;
    for (size_t at = 0; at < word.len; at += char_len(word, at)) {
        chars++;
    }
    if (chars >= s->shortest && chars > 0) {
        if (words->out != NULL) {
            words->out[words->n] = word;
        }
        words->n++;
    }
}

static size_t separator_at(const struct state *s, struct hone_str text, size_t at)
{
    size_t longest = 0;
    for (size_t i = 0; i < s->separators; i++) {
        struct hone_str sep = s->separator[i];
        if (sep.len > longest && sep.len <= text.len - at &&
            memcmp(text.ptr + at, sep.ptr, sep.len) == 0) {
            longest = sep.len;
        }
    }
    return longest;
}

static void split(const struct state *s, struct hone_str text, struct words *words)
{
    size_t from = 0;
    for (size_t at = 0; at < text.len;) {
        size_t len = s->chars ? 0 : separator_at(s, text, at);
        if (len == 0) {
            at += char_len(text, at);
        }
        if (s->chars || len != 0) {
            add_word(s, (struct hone_str){text.ptr + from, at - from}, words);
            at += len;
            from = at;
        }
    }
    add_word(s, (struct hone_str){text.ptr + from, text.len - from}, words);
}

static void find(const struct state *s, struct hone_str text, struct words *words)
{
    for (size_t at = 0; at < text.len;) {
        size_t end = match(s, 0, text, at);
        if (end == SIZE_MAX || end == at) {
            at += char_len(text, at);
            continue;
        }
        add_word(s, (struct hone_str){text.ptr + at, end - at}, words);
        at = end;
    }
}

static size_t words_of(const struct state *s, struct hone_str text, struct hone_str *out)
{
    struct words words = {out, 0};

    if (text.len == 0) {
        return 0;
    }
    if (s->mark) {
        if (out != NULL) {
            out[0] = (struct hone_str){"\x02", 1};
        }
        words.n++;
    }
    if (s->atoms != 0) {
        find(s, text, &words);
    } else {
        split(s, text, &words);
    }
    if (s->mark) {
        if (out != NULL) {
            out[words.n] = (struct hone_str){"\x03", 1};
        }
        words.n++;
    }
    return words.n;
}

/* --- the operator ---------------------------------------------------------------------------------------------- */

static enum hone_code prepare(struct hone_run *run, const struct hone_site *site,
                              struct hone_arena *mem, void *state)
{
    struct state *s = state;
    int64_t shortest = hone_op_int(site->node, "mincharnum", 1);
    struct hone_str pattern = hone_op_text(site->node, "tokenexp", "");
    (void)mem;

    s->mark = hone_op_int(site->node, "mark", 0) != 0;
    s->pad = hone_op_text(site->node, "pad_value", "");
    s->shortest = shortest < 1 ? 1 : (size_t)shortest;
    s->separator = hone_op_texts(site->node, "separators", &s->separators);
    s->chars = s->separators == 1 && s->separator[0].len == 0;
    if (s->separators != 0) {
        return HONE_OK;
    }
    if (pattern.len == 0) {
        return hone_fail(run, HONE_E_FORMAT, "neither separators nor a pattern");
    }
    if (!parse(pattern, s)) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "the pattern '%.*s'",
                         (int)(pattern.len < 80 ? pattern.len : 80), pattern.ptr);
    }
    return HONE_OK;
}

static enum hone_code infer(struct hone_run *run, const struct hone_site *site)
{
    const struct hone_shape *in = &site->in[0];
    if (in->ranked && (in->rank == 0 || in->rank > 2)) {
        return hone_fail(run, HONE_E_SHAPE, "an input that is not (C) or (N, C)");
    }
    HONE_TRY(hone_infer_same(run, site));
    if (in->ranked) {
        site->out[0].dim[site->out[0].rank++] = -1;
    }
    return HONE_OK;
}

static enum hone_code tokenize(struct hone_run *run, const struct hone_call *call)
{
    const struct state *s = call->state;
    const struct hone_tensor *in = call->in[0];
    const struct hone_str *text = in->data;
    size_t n = hone_tensor_count(in), longest = 0, dim[3];
    struct hone_str *out;

    for (size_t i = 0; i < n; i++) {
        size_t words = words_of(s, text[i], NULL);
        longest = words > longest ? words : longest;
    }
    memcpy(dim, in->dim, in->rank * sizeof *dim);
    dim[in->rank] = longest;
    HONE_TRY(hone_call_output(run, call, 0, in->rank + 1, dim));
    out = call->out[0]->data;
    for (size_t i = 0; i < n; i++, out += longest) {
        for (size_t k = words_of(s, text[i], out); k < longest; k++) {
            out[k] = s->pad;
        }
    }
    return HONE_OK;
}

const struct hone_op hone_op_ms_tokenizer = {
    .part.name = "Tokenizer",
    .part.source = "onnxruntime contrib operators, com.microsoft",
    .domain = "com.microsoft",
    .since = 1,
    .inputs_min = 1,
    .inputs_max = 1,
    .outputs_min = 1,
    .outputs_max = 1,
    .attrs = "mark:i mincharnum:i pad_value:s separators:S tokenexp:s",
    .flags = HONE_OP_RAGGED,
    .state_size = sizeof(struct state),
    .prepare = prepare,
    .infer = infer,
    .rowwise = hone_rows_first,
    .forward = {[HONE_STRING] = tokenize},
};
