/* Personal data inside longer texts: one walk from left to right. */
#include "privacy/fold.h"
#include "privacy/kind_priv.h"

enum { RUN = 48, ENDS = 12, TOKEN = 4096 };

/* Kinds that are digits with marks between, in the order in which they are tried. */
#define NUMBERS                                                                                \
    (HONE_KIND_BIT(card) | HONE_KIND_BIT(nir) | HONE_KIND_BIT(cnpj) | HONE_KIND_BIT(cpf) |     \
     HONE_KIND_BIT(ssn) | HONE_KIND_BIT(itin) | HONE_KIND_BIT(aadhaar) |                       \
     HONE_KIND_BIT(steuer_id) | HONE_KIND_BIT(ip) | HONE_KIND_BIT(phone))
/* Kinds that are one run of letters and digits. */
#define CODES                                                                                  \
    (HONE_KIND_BIT(gstin) | HONE_KIND_BIT(pan) | HONE_KIND_BIT(nino) | HONE_KIND_BIT(dni) |    \
     HONE_KIND_BIT(iban))

struct walk {
    struct hone_str text;
    uint64_t kinds;
    struct hone_span *span;
    size_t n, room;
    uint64_t doubt; /* kinds of which one of the form was met here, with a wrong check */
};

static bool add(struct walk *w, size_t start, size_t len, size_t kind, bool sure)
{
    w->span[w->n++] = (struct hone_span){start, len, kind, sure};
    return true;
}

static struct hone_str part(const struct walk *w, size_t start, size_t end)
{
    return (struct hone_str){w->text.ptr + start, end - start};
}

/* Try kinds on text[start, end); the first that fits is added. */
static bool try_kinds(struct walk *w, size_t start, size_t end, uint64_t kinds)
{
    struct hone_str s = part(w, start, end);

    for (kinds &= w->kinds; kinds != 0; kinds &= kinds - 1) {
        size_t k = (size_t)__builtin_ctzll(kinds);
        enum hone_fit fit = hone_kind_fit(hone_kind_at(k), s);
        if (fit == HONE_FIT_YES) {
            return add(w, start, s.len, k, true);
        }
        w->doubt |= fit == HONE_FIT_FORM ? UINT64_C(1) << k : 0;
    }
    return false;
}

/* The end of the run of bytes from start on that are letters, digits, or in marks. */
static size_t run_end(const struct walk *w, size_t start, const char *marks, size_t most)
{
    size_t end = start;
    size_t last = w->text.len - start > most ? start + most : w->text.len;

    while (end < last &&
           (hone_alnum(w->text.ptr[end]) ||
            (w->text.ptr[end] != '\0' && strchr(marks, w->text.ptr[end]) != NULL))) {
        end++;
    }
    return end;
}

/* An e-mail address whose first part begins at start. */
static bool try_email(struct walk *w, size_t start)
{
    size_t end = run_end(w, start, "!#$%&'*+-/=?^_`{|}~.@", 330);
    struct hone_str s = part(w, start, end);
    const char *at = memchr(s.ptr, '@', s.len);

    if (at == NULL) {
        return false;
    }
    end = run_end(w, (size_t)(at - w->text.ptr) + 1, "-.", 255);
    while (end > start && !hone_alnum(w->text.ptr[end - 1])) {
        end--;
    }
    return try_kinds(w, start, end, HONE_KIND_BIT(email));
}

/* A key or token: long runs, and blocks between BEGIN and END. */
static bool try_credential(struct walk *w, size_t start)
{
    size_t end;

    if ((w->kinds & HONE_KIND_BIT(credential)) == 0 ||
        (start > 0 && strchr("-_.", w->text.ptr[start - 1]) != NULL)) {
        return false; /* inside of a run that was tried */
    }
    end = run_end(w, start, "-_.", TOKEN);
    if (w->text.ptr[start] == '-') {
        static const char close[] = "-----END ";
        const char *from = w->text.ptr + start;
        const char *to = memmem(from, w->text.len - start, close, sizeof close - 1);
        end = w->text.len;
        if (to != NULL) {
            const char *line =
                memmem(to + 9, (size_t)(w->text.ptr + w->text.len - to) - 9, "-----", 5);
            end = line == NULL ? w->text.len : (size_t)(line - w->text.ptr) + 5;
        }
        return try_kinds(w, start, end, HONE_KIND_BIT(credential));
    }
    while (end > start && w->text.ptr[end - 1] == '.') {
        end--;
    }
    return end - start >= 20 && try_kinds(w, start, end, HONE_KIND_BIT(credential));
}

/* Whether a piece may end here: what follows does not go on with it. */
static bool ends_at(const struct walk *w, size_t end)
{
    return end >= w->text.len || !hone_alnum(w->text.ptr[end]);
}

/* Letters and digits: alone, or in groups with single blanks (IBAN, NINO). */
static bool try_code(struct walk *w, size_t start)
{
    size_t ends[ENDS];
    size_t n = 0;
    size_t at = start;
    bool digit = false;

    while (n < ENDS && at < w->text.len && at - start < RUN) {
        size_t end = run_end(w, at, "", RUN);
        if (end == at) {
            break;
        }
        digit = digit || hone_count_digits(part(w, at, end)) > 0;
        ends[n++] = end;
        if (end >= w->text.len || (w->text.ptr[end] != ' ' && w->text.ptr[end] != '-')) {
            break;
        }
        at = end + 1;
    }
    for (size_t i = n; digit && i-- > 0;) {
        if (ends[i] - start >= 9 && ends_at(w, ends[i]) &&
            try_kinds(w, start, ends[i], CODES)) {
            return true;
        }
    }
    return false;
}

/* Addresses of networks and cards: hexadecimal digits with ':' or '-'. */
static bool try_colons(struct walk *w, size_t start)
{
    size_t end = start;
    size_t colons = 0;

    while (end < w->text.len && end - start < RUN) {
        char c = w->text.ptr[end];
        if (c == ':' || c == '-') {
            colons++;
        } else if (!hone_digit(c) && ((c | 0x20) < 'a' || (c | 0x20) > 'f')) {
            break;
        }
        end++;
    }
    while (end > start && !hone_alnum(w->text.ptr[end - 1])) {
        end--;
    }
    return colons >= 2 && ends_at(w, end) &&
           try_kinds(w, start, end, HONE_KIND_BIT(mac) | HONE_KIND_BIT(ip));
}

/* Whether a number may end here: "12-34" and "1.5" go on. */
static bool number_ends_at(const struct walk *w, size_t end)
{
    char c = end < w->text.len ? w->text.ptr[end] : ' ';
    char next = end + 1 < w->text.len ? w->text.ptr[end + 1] : ' ';

    return !hone_alnum(c) && !((c == '-' || c == '/' || c == '_') && hone_alnum(next)) &&
           !(c == '.' && hone_digit(next));
}

/* The ends of the groups of digits from start on: at most room of them, the first first. */
static size_t group_ends(const struct walk *w, size_t start, size_t *ends, size_t room)
{
    size_t n = 0;
    size_t gap = 0;

    for (size_t at = start; at < w->text.len && at - start < RUN && n < room; at++) {
        char c = w->text.ptr[at];
        if (hone_digit(c)) {
            gap = 0;
            if (at + 1 >= w->text.len || !hone_digit(w->text.ptr[at + 1])) {
                ends[n++] = at + 1;
            }
        } else if ((at == start && c == '+') ||
                   (c != '\0' && strchr(" -./()", c) != NULL && gap < 2)) {
            gap++;
        } else {
            break;
        }
    }
    return n;
}

/* Digits in groups: the longest run of groups that is something, from start on.  Only a number that stands
 * alone counts as one with a wrong check. */
static bool try_number(struct walk *w, size_t start)
{
    size_t ends[2 * ENDS];
    size_t n = group_ends(w, start, ends, 2 * ENDS);
    uint64_t doubt = w->doubt;

    for (size_t i = n; i-- > 0;) {
        bool found = ends[i] - start >= 7 && number_ends_at(w, ends[i]) &&
                     try_kinds(w, start, ends[i], NUMBERS);
        if (found) {
            w->doubt = doubt;
            return true;
        }
        w->doubt = i + 1 == n ? w->doubt : doubt;
        doubt = w->doubt;
    }
    return false;
}

static bool try_words(struct walk *w, size_t start, bool digits)
{
    struct hone_str rest = part(w, start, w->text.len);
    size_t len;

    if ((w->kinds & HONE_KIND_BIT(address)) != 0 && digits) {
        len = hone_address_at(rest);
        if (len > 0) {
            return add(w, start, len, HONE_K_address, true);
        }
    }
    if ((w->kinds & HONE_KIND_BIT(person_name)) != 0 && !hone_digit(rest.ptr[0])) {
        len = hone_person_at(rest);
        if (len > 0) {
            return add(w, start, len, HONE_K_person_name, true);
        }
    }
    return false;
}

/* Whatever begins at start, which is no part of a word before it. */
static bool try_here(struct walk *w, size_t start, bool at_signs, bool digits)
{
    char c = w->text.ptr[start];

    if (c == '-') {
        return hone_str_starts(part(w, start, w->text.len), "-----BEGIN ") &&
               try_credential(w, start);
    }
    if (c == '+' || c == '(') {
        return digits && try_number(w, start);
    }
    if (at_signs && try_email(w, start)) {
        return true;
    }
    if (try_credential(w, start)) {
        return true;
    }
    if (digits && (try_colons(w, start) || try_code(w, start) ||
                   (hone_digit(c) && try_number(w, start)))) {
        return true;
    }
    return try_words(w, start, digits);
}

size_t hone_spans_find(struct hone_str text, uint64_t kinds, struct hone_span *span,
                       size_t room)
{
    struct walk w = {.text = text, .kinds = kinds, .span = span, .room = room};
    bool digits = hone_count_digits(text) > 0;
    bool at_signs = text.len > 0 && memchr(text.ptr, '@', text.len) != NULL;
    size_t at = 0;

    while (at < text.len && w.n < room) {
        char c = text.ptr[at];
        size_t before = w.n;
        if (!hone_alnum(c) && c != '+' && c != '(' && c != '-') {
            at++;
            continue;
        }
        if (try_here(&w, at, at_signs, digits)) {
            at = span[before].start + span[before].len;
            continue;
        }
        at = !hone_alnum(c) ? at + 1 : run_end(&w, at, hone_digit(c) ? "-./" : "", SIZE_MAX);
    }
    for (uint64_t doubt = w.doubt; doubt != 0 && w.n < room; doubt &= doubt - 1) {
        add(&w, 0, 0, (size_t)__builtin_ctzll(doubt), false);
    }
    return w.n;
}
