/*
 * com.microsoft Tokenizer: text to words, each row filled up to the longest.  Words are what a pattern matches,
 * or what lies between separators.  Of the pattern language (RE2's) this takes sequences of characters and
 * classes with counts, which is what text pipelines are exported with; others are refused.  Classes by Unicode: \\pL
 * \\p{L} (letters), \\p{Lu} (capitals), \\pN \\p{N} (numbers), and \\P for all others; \\w \\d \\s are ASCII, as in RE2.
 */
#include "graph/text_priv.h"
#include "graph/unicode_priv.h"

/* --- patterns ------------------------------------------------------------------------------------------- */

static void add_char(struct hone_atom *a, uint8_t c)
{
    a->ascii[c / 8] |= (uint8_t)(1u << (c % 8));
}

static void add_range(struct hone_atom *a, uint8_t from, uint8_t to)
{
    for (unsigned c = from; c <= to; c++) {
        add_char(a, (uint8_t)c);
    }
}

static void negate(struct hone_atom *a)
{
    for (size_t i = 0; i < sizeof a->ascii; i++) {
        a->ascii[i] = (uint8_t)~a->ascii[i];
    }
    a->beyond = ~a->beyond & HONE_CHAR_ALL;
}

static void merge(struct hone_atom *a, const struct hone_atom *b)
{
    for (size_t i = 0; i < sizeof a->ascii; i++) {
        a->ascii[i] |= b->ascii[i];
    }
    a->beyond |= b->beyond;
}

/* What follows a backslash: a class, or the character itself.  False for what is not known. */
static bool escape(struct hone_atom *a, char c)
{
    struct hone_atom e = {.most = 0};
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

/* What follows \\p or \\P, which *at is behind: N, {N}, L, {L} or {Lu}. */
static bool property(struct hone_str p, size_t *at, bool inverse, struct hone_atom *a)
{
    static const struct {
        const char *name;
        unsigned beyond;
        bool upper, lower, digit; /* of ASCII */
    } known[] = {
        {"L", HONE_CHAR_LETTER | HONE_CHAR_UPPER, true, true, false},
        {"N", HONE_CHAR_NUMBER, false, false, true},
        {"Lu", HONE_CHAR_UPPER, true, false, false},
    };
    struct hone_str name = {p.ptr + *at, *at < p.len ? 1 : 0};
    if (name.len == 1 && *name.ptr == '{') {
        const char *end = memchr(name.ptr, '}', p.len - *at);
        name = (struct hone_str){name.ptr + 1, end == NULL ? 0 : (size_t)(end - name.ptr) - 1};
        *at += 2;
    }
    *at += name.len;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (hone_str_is(name, known[i].name)) {
            struct hone_atom e = {.beyond = known[i].beyond};
            add_range(&e, known[i].upper ? 'A' : 1, known[i].upper ? 'Z' : 0);
            add_range(&e, known[i].lower ? 'a' : 1, known[i].lower ? 'z' : 0);
            add_range(&e, known[i].digit ? '0' : 1, known[i].digit ? '9' : 0);
            if (inverse) {
                negate(&e);
            }
            merge(a, &e);
            return true;
        }
    }
    return false;
}

/* What follows a backslash, which *at is behind. */
static bool escaped(struct hone_str p, size_t *at, struct hone_atom *a)
{
    if (*at == p.len) {
        return false;
    }
    char c = p.ptr[(*at)++];
    return c == 'p' || c == 'P' ? property(p, at, c == 'P', a) : escape(a, c);
}

/* [...]: *at is behind the bracket, and moves behind its end. */
static bool set_of(struct hone_str p, size_t *at, struct hone_atom *a)
{
    bool inverse = *at < p.len && p.ptr[*at] == '^';
    *at += inverse;
    for (bool first = true; *at < p.len && (first || p.ptr[*at] != ']'); first = false) {
        char c = p.ptr[(*at)++];
        if ((uint8_t)c >= 0x80 || (c == '[' && *at < p.len && p.ptr[*at] == ':')) {
            return false;
        }
        if (c == '\\') {
            if (!escaped(p, at, a)) {
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
static void count_of(struct hone_str p, size_t *at, struct hone_atom *a)
{
    char c = *at < p.len ? p.ptr[*at] : '\0';
    a->least = c == '*' || c == '?' ? 0 : 1;
    a->most = c == '*' || c == '+' ? UINT32_MAX : 1;
    *at += c == '*' || c == '+' || c == '?';
}

static bool parse(struct hone_str p, struct hone_tokenizer *s)
{
    size_t open = 0; /* atoms of no fixed count: their number bounds the work of a match */

    for (size_t at = 0; at < p.len;) {
        struct hone_atom a = {.most = 1};
        char c = p.ptr[at++];
        bool fine = true;
        if (c == '[') {
            fine = set_of(p, &at, &a);
        } else if (c == '\\') {
            fine = escaped(p, &at, &a);
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
        if (!fine || s->atoms == HONE_ATOMS || open > 2 ||
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
    uint32_t c;
    bool raw;
    return (uint8_t)s.ptr[at] < 0x80 ? 1 : hone_char_at(s, at, &c, &raw);
}

static bool is_in(const struct hone_atom *a, struct hone_str s, size_t at)
{
    uint8_t b = (uint8_t)s.ptr[at];
    if (b < 0x80) {
        return (a->ascii[b / 8] >> (b % 8) & 1) != 0;
    }
    if (a->beyond == 0 || a->beyond == HONE_CHAR_ALL) {
        return a->beyond != 0;
    }
    uint32_t c;
    bool raw;
    hone_char_at(s, at, &c, &raw);
    return (a->beyond & (raw ? HONE_CHAR_OTHER : hone_char_kind(c))) != 0;
}

/* Bytes of the character that ends at a place, one of those that begin at `from` or later. */
static size_t last_len(struct hone_str s, size_t from, size_t end)
{
    size_t n = end - from < 4 ? end - from : 4;
    while (n > 1 && char_len(s, end - n) != n) {
        n--;
    }
    return n;
}

/* The end of the longest match of atoms from k on at a place, greedy; SIZE_MAX: none. */
static size_t match(const struct hone_tokenizer *s, size_t k, struct hone_str text, size_t at)
{
    const struct hone_atom *a = &s->atom[k];
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
        end -= last_len(text, at, end);
    }
    return SIZE_MAX;
}

/* --- words ------------------------------------------------------------------------------------------------ */

static bool append(struct hone_words *words, struct hone_str word)
{
    if (words->mem != NULL && words->n == words->room) {
        size_t room = words->room == 0 ? 64 : 2 * words->room;
        struct hone_str *item =
            hone_arena_grow(words->mem, words->item, sizeof *item, words->room, room);
        if (item == NULL) {
            return false;
        }
        words->item = item;
        words->room = room;
    }
    if (words->n < words->room) {
        words->item[words->n] = word;
    }
    words->n++;
    return true;
}

static bool add_word(const struct hone_tokenizer *s, struct hone_str word,
                     struct hone_words *words)
{
    size_t chars = 0;
    for (size_t at = 0; at < word.len && chars < s->shortest; at += char_len(word, at)) {
        chars++;
    }
    return chars < s->shortest || append(words, word);
}

static size_t separator_at(const struct hone_tokenizer *s, struct hone_str text, size_t at)
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

static bool split(const struct hone_tokenizer *s, struct hone_str text,
                  struct hone_words *words)
{
    size_t from = 0;
    for (size_t at = 0; at < text.len;) {
        size_t len = s->chars ? 0 : separator_at(s, text, at);
        if (len == 0) {
            at += char_len(text, at);
        }
        if (s->chars || len != 0) {
            if (!add_word(s, (struct hone_str){text.ptr + from, at - from}, words)) {
                return false;
            }
            at += len;
            from = at;
        }
    }
    return add_word(s, (struct hone_str){text.ptr + from, text.len - from}, words);
}

static bool find(const struct hone_tokenizer *s, struct hone_str text, struct hone_words *words)
{
    for (size_t at = 0; at < text.len;) {
        size_t end = match(s, 0, text, at);
        if (end == SIZE_MAX || end == at) {
            at += char_len(text, at);
            continue;
        }
        if (!add_word(s, (struct hone_str){text.ptr + at, end - at}, words)) {
            return false;
        }
        at = end;
    }
    return true;
}

bool hone_tokenize(const struct hone_tokenizer *t, struct hone_str text, struct hone_words *out)
{
    if (text.len == 0) {
        return true;
    }
    if (t->mark && !append(out, (struct hone_str){"\x02", 1})) {
        return false;
    }
    if (!(t->atoms != 0 ? find(t, text, out) : split(t, text, out))) {
        return false;
    }
    return !t->mark || append(out, (struct hone_str){"\x03", 1});
}

/* --- the operator ---------------------------------------------------------------------------------------------- */

enum hone_code hone_tokenizer_pattern(struct hone_run *run, struct hone_str pattern,
                                      size_t shortest, struct hone_tokenizer *out)
{
    if (!parse(pattern, out)) {
        return hone_fail(run, HONE_E_UNSUPPORTED, "the pattern '%.*s'",
                         (int)(pattern.len < 80 ? pattern.len : 80), pattern.ptr);
    }
    out->shortest = shortest;
    return HONE_OK;
}

enum hone_code hone_tokenizer_read(struct hone_run *run, const struct hone_node *node,
                                   struct hone_tokenizer *out)
{
    struct hone_tokenizer *s = out;
    int64_t shortest = hone_op_int(node, "mincharnum", 1);
    struct hone_str pattern = hone_op_text(node, "tokenexp", "");

    s->mark = hone_op_int(node, "mark", 0) != 0;
    s->pad = hone_op_text(node, "pad_value", "");
    s->shortest = shortest < 1 ? 1 : (size_t)shortest;
    s->separator = hone_op_texts(node, "separators", &s->separators);
    s->chars = s->separators == 1 && s->separator[0].len == 0;
    if (s->separators != 0) {
        return HONE_OK;
    }
    if (pattern.len == 0) {
        return hone_fail(run, HONE_E_FORMAT, "neither separators nor a pattern");
    }
    return hone_tokenizer_pattern(run, pattern, s->shortest, s);
}

static enum hone_code prepare(struct hone_run *run, const struct hone_site *site,
                              struct hone_arena *mem, void *state)
{
    (void)mem;
    return hone_tokenizer_read(run, site->node, state);
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
    const struct hone_tokenizer *s = call->state;
    const struct hone_tensor *in = call->in[0];
    const struct hone_str *text = in->data;
    size_t n = hone_tensor_count(in), longest = 0, dim[3];
    struct hone_str *out;

    for (size_t i = 0; i < n; i++) {
        struct hone_words words = {0};
        hone_tokenize(s, text[i], &words);
        longest = words.n > longest ? words.n : longest;
    }
    memcpy(dim, in->dim, in->rank * sizeof *dim);
    dim[in->rank] = longest;
    HONE_TRY(hone_call_output(run, call, 0, in->rank + 1, dim));
    out = call->out[0]->data;
    for (size_t i = 0; i < n; i++, out += longest) {
        struct hone_words words = {.item = out, .room = longest};
        hone_tokenize(s, text[i], &words);
        for (size_t k = words.n; k < longest; k++) {
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
    .state_size = sizeof(struct hone_tokenizer),
    .prepare = prepare,
    .infer = infer,
    .rowwise = hone_rows_first,
    .forward = {[HONE_STRING] = tokenize},
};
