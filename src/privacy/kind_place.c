/* Where a person lives: addresses, postcodes, coordinates. */
#include <math.h>

#include "privacy/fold.h"
#include "privacy/kind_priv.h"

enum { WORD = 40, WORDS = 12 };

/* A word of an address: what it may be. */
struct word {
    size_t start, end; /* in the text */
    bool number;       /* a house number: "12", "4B", "12/3", "221-b" */
    bool capital;      /* begins with a capital or a character beyond ASCII */
    bool late;         /* that stands after it and before the number: "platz" */
    bool after;        /* a kind of street that stands after the name: "road" */
    bool before;       /* that stands before it: "rue" */
    bool whole;        /* name and kind in one: "hauptstrasse" */
    bool link;         /* joins the words of a name: "de", "der" */
};

static const char after_words[] =
    " street st avenue ave road rd lane ln drive dr boulevard blvd court ct place pl square sq terrace "
    "parkway pkwy highway hwy close crescent cres gardens grove mews hill row walk circle cir trail way "
    "nagar marg chowk colony layout gali vihar enclave bagh puram pura pet salai theru society sector "
    "strasse str weg gasse platz allee ring damm ufer chaussee ";
static const char late_words[] =
    " strasse str weg gasse platz allee damm ufer chaussee straat laan plein ";
static const char before_words[] =
    " rue avenue av boulevard bd chemin impasse allee allees quai cours route place rua avenida travessa tv "
    "alameda praca rodovia estrada largo calle avda avd plaza paseo carrera camino via viale piazza corso "
    "ronda ";
static const char links[] =
    " de du des la le les da do das dos del d l der den dem von e y the of st saint ";
static const char *const endings[] = {"strasse", "str",  "weg",  "gasse",  "platz",
                                      "allee",   "damm", "ufer", "straat", "laan",
                                      "gatan",   "vej",  "ring", NULL};

static bool has_word(const char *list, const char *word, size_t n)
{
    char padded[WORD + 2];

    padded[0] = ' ';
    memcpy(padded + 1, word, n);
    padded[n + 1] = ' ';
    return memmem(list, strlen(list), padded, n + 2) != NULL;
}

static bool has_ending(const char *folded, size_t n)
{
    for (const char *const *e = endings; *e != NULL; e++) {
        size_t len = strlen(*e);
        if (n > len + 2 && memcmp(folded + n - len, *e, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_number(struct hone_str w)
{
    size_t digits = 0;

    while (digits < w.len && hone_digit(w.ptr[digits])) {
        digits++;
    }
    if (digits == 0 || digits > 5) {
        return false;
    }
    for (size_t i = digits; i < w.len; i++) {
        char c = w.ptr[i];
        if (!hone_digit(c) && c != '/' && c != '-' && (i + 1 < w.len || !hone_letter(c))) {
            return false;
        }
    }
    return w.len <= 9;
}

static bool is_ordinal(struct hone_str w)
{
    return w.len >= 3 && w.len <= 5 && hone_digit(w.ptr[0]) &&
           memmem("st nd rd th St Nd Rd Th ST ND RD TH", 35, w.ptr + w.len - 2, 2) != NULL;
}

/* The next word at or after a place; false at the end, at a line's end, or at a mark that no address has. */
static bool next_word(struct hone_str s, size_t at, struct word *w)
{
    struct hone_str text;
    char folded[WORD];
    size_t n;

    *w = (struct word){0};
    while (at < s.len &&
           (s.ptr[at] == ' ' || s.ptr[at] == ',' || s.ptr[at] == '.' || s.ptr[at] == '#')) {
        at++;
    }
    w->start = at;
    while (at < s.len && (hone_alnum(s.ptr[at]) || s.ptr[at] == '-' || s.ptr[at] == '/' ||
                          s.ptr[at] == '\'')) {
        at++;
    }
    w->end = at;
    if (at == w->start || at - w->start >= WORD) {
        return false;
    }
    text = (struct hone_str){s.ptr + w->start, at - w->start};
    w->number = is_number(text);
    w->capital =
        hone_upper(text.ptr[0]) || (unsigned char)text.ptr[0] >= 0x80 || is_ordinal(text);
    n = hone_fold(text, folded, sizeof folded);
    if (!w->number) {
        w->late = has_word(late_words, folded, n);
        w->after = w->late || has_word(after_words, folded, n);
        w->before = has_word(before_words, folded, n);
        w->whole = w->capital && has_ending(folded, n);
        w->link = has_word(links, folded, n);
    }
    return true;
}

/* "12 Baker Street", "Flat 4B, MG Road": a number, then up to four capitalised words, then the kind. */
static size_t number_first(const struct word *w, size_t n)
{
    size_t named = 0;

    for (size_t i = 1; i < n && i <= 5; i++) {
        if (named > 0 && w[i].after && w[i].capital) {
            return w[i].end;
        }
        if (!w[i].capital && !w[i].link) {
            return 0;
        }
        named += w[i].capital ? 1 : 0;
    }
    return 0;
}

/* "Rua das Flores, 123", "Via Roma 1" and "rue de la Paix" after a number: the kind, then the name. */
static size_t kind_first(const struct word *w, size_t n, bool numbered)
{
    size_t named = 0;
    size_t last = 0;

    for (size_t i = 1; i < n && i <= 8; i++) {
        if (w[i].number && named > 0) {
            return w[i].end;
        }
        if (!w[i].capital && !w[i].link) {
            break;
        }
        named += w[i].capital ? 1 : 0;
        last = w[i].capital ? w[i].end : last;
    }
    return numbered && named > 0 ? last : 0;
}

/* The words from the start of a text; 0 when the first ones cannot begin an address. */
static size_t read_words(struct hone_str s, struct word *w)
{
    size_t n = 0;

    while (n < WORDS && next_word(s, n == 0 ? 0 : w[n - 1].end, &w[n])) {
        n++;
        if (n == 1 && (w[0].start != 0 || (!w[0].capital && !w[0].number))) {
            return 0;
        }
        if (n == 2 && !w[0].number && !w[0].before && !w[0].whole && !w[1].late) {
            return 0;
        }
    }
    return n;
}

size_t hone_address_at(struct hone_str s)
{
    struct word w[WORDS];
    size_t n = read_words(s, w);

    if (n < 2) {
        return 0;
    }
    if (w[0].number) {
        size_t len = number_first(w, n);
        size_t kind =
            n > 3 && w[1].end - w[1].start <= 3 && w[2].before ? 2 : 1; /* "12 bis rue ..." */
        return len == 0 && n > kind + 1 && w[kind].before ? kind_first(w + kind, n - kind, true)
                                                          : len;
    }
    if (w[0].whole && w[1].number) { /* "Hauptstraße 5" */
        return w[1].end;
    }
    if (n > 2 && w[1].late && w[2].number) { /* "Berliner Straße 5", "Lange Str. 5" */
        return w[2].end;
    }
    return w[0].before ? kind_first(w, n, false) : 0;
}

/* Words that begin a part of an address before the street. */
static const char units[] =
    " flat house plot door apartment apt unit suite floor block building villa h no shop ";

static enum hone_fit fit_address(struct hone_str s)
{
    bool start = true;
    bool unit = false;
    char folded[WORD];

    for (size_t i = 0; i < s.len; i++) {
        if (start && hone_alnum(s.ptr[i])) {
            size_t end = i;
            while (end < s.len && end - i < WORD && hone_alnum(s.ptr[end])) {
                end++;
            }
            if (hone_address_at((struct hone_str){s.ptr + i, s.len - i}) != 0) {
                return HONE_FIT_YES;
            }
            size_t n = hone_fold((struct hone_str){s.ptr + i, end - i}, folded, WORD);
            unit = unit || has_word(units, folded, n);
        }
        start = !hone_alnum(s.ptr[i]);
    }
    return unit || memchr(s.ptr, ' ', s.len) != NULL ? HONE_FIT_NAMED : HONE_FIT_NO;
}

const struct hone_kind hone_kind_address = {
    .part = {.name = "address", .summary = "postal address", .source = "UPU S42"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT,
    .fit = fit_address,
    .min_len = 6,
    .max_len = 300,
    .min_digits = 1,
    .max_digits = 30,
    .chance = 0.02,
    .least = 0.4,
    .least_named = 0.5,
    .least_text = 0.005,
    .what = "addresses with street and number",
    .tag = "ADDRESS",
    .words = (const char *const[]){"address",     "addr",          "adresse",      "street",
                                   "strasse",     "anschrift",     "endereco",     "logradouro",
                                   "rua",         "rue",           "direccion",    "domicilio",
                                   "indirizzo",   "residence",     "wohnort",      "adres",
                                   "addressline", "streetaddress", "address line", NULL},
    .not_words = (const char *const[]){"ip", "mac", "email", "mail", "e", "web", "url", "id",
                                       "memory", "wallet", "block", "contract", NULL},
};

static enum hone_fit fit_postcode(struct hone_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if ((unsigned char)c >= 0x80 || (!hone_alnum(c) && c != ' ' && c != '-')) {
            return HONE_FIT_NO;
        }
    }
    return HONE_FIT_NAMED;
}

const struct hone_kind hone_kind_postcode = {
    .part = {.name = "postcode", .summary = "postcode", .source = "UPU S42"},
    .weight = HONE_QUASI,
    .flags = HONE_KIND_NAMED | HONE_KIND_NUMBER,
    .fit = fit_postcode,
    .min_len = 3,
    .max_len = 10,
    .min_digits = 2,
    .max_digits = 9,
    .chance = 0.2,
    .least = 1,
    .least_named = 0.8,
    .what = "codes of a postcode's form",
    .tag = "POSTCODE",
    .words = (const char *const[]){"zip", "zipcode", "zip code", "postcode", "post code",
                                   "postal code", "postalcode", "pincode", "pin code", "=pin",
                                   "plz", "postleitzahl", "code postal", "cep", "codigo postal",
                                   "cap code", NULL},
    .not_words = (const char *const[]){"file", "archive", NULL},
};

/* A number with at least two decimals within +-most. */
static enum hone_fit fit_degrees(struct hone_str s, double most)
{
    double value;
    const char *dot = memchr(s.ptr, '.', s.len);

    if (dot == NULL || !hone_parse_f64(s, &value) || !(fabs(value) <= most)) {
        return HONE_FIT_NO;
    }
    return (size_t)(s.ptr + s.len - dot) > 2 ? HONE_FIT_NAMED : HONE_FIT_FORM;
}

static enum hone_fit fit_latitude(struct hone_str s)
{
    return fit_degrees(s, 90);
}

static enum hone_fit fit_longitude(struct hone_str s)
{
    return fit_degrees(s, 180);
}

const struct hone_kind hone_kind_latitude = {
    .part = {.name = "latitude", .summary = "latitude", .source = "ISO 6709"},
    .weight = HONE_QUASI,
    .flags = HONE_KIND_NAMED | HONE_KIND_REAL,
    .fit = fit_latitude,
    .min_len = 3,
    .max_len = 26,
    .min_digits = 2,
    .max_digits = 24,
    .chance = 0.2,
    .least = 1,
    .least_named = 0.6,
    .what = "degrees with two decimals or more",
    .tag = "PLACE",
    .words = (const char *const[]){"lat", "latitude", "breitengrad", "latitud", NULL},
};

const struct hone_kind hone_kind_longitude = {
    .part = {.name = "longitude", .summary = "longitude", .source = "ISO 6709"},
    .weight = HONE_QUASI,
    .flags = HONE_KIND_NAMED | HONE_KIND_REAL,
    .fit = fit_longitude,
    .min_len = 3,
    .max_len = 26,
    .min_digits = 2,
    .max_digits = 24,
    .chance = 0.2,
    .least = 1,
    .least_named = 0.6,
    .what = "degrees with two decimals or more",
    .tag = "PLACE",
    .words = (const char *const[]){"lon", "lng", "=long", "longitude", "langengrad", "longitud",
                                   NULL},
};

/* "48.8566, 2.3522", "POINT(2.3522 48.8566)", "geo:48.8566,2.3522" */
static enum hone_fit fit_coordinates(struct hone_str s)
{
    struct hone_str a;
    struct hone_str b;
    bool tagged = false;

    if (hone_str_starts(s, "geo:")) {
        s = (struct hone_str){s.ptr + 4, s.len - 4};
        tagged = true;
    } else if (hone_str_starts(s, "POINT") || s.ptr[0] == '(') {
        const char *open = memchr(s.ptr, '(', s.len);
        if (open == NULL || s.ptr[s.len - 1] != ')') {
            return HONE_FIT_NO;
        }
        tagged = open != s.ptr;
        s = (struct hone_str){open + 1, (size_t)(s.ptr + s.len - 1 - (open + 1))};
    }
    if (!hone_str_cut(s, ',', &a, &b) && !hone_str_cut(s, ' ', &a, &b)) {
        return HONE_FIT_NO;
    }
    a = hone_str_trim(a);
    b = hone_str_trim(b);
    if (a.len == 0 || b.len == 0 || fit_degrees(a, 180) != HONE_FIT_NAMED ||
        fit_degrees(b, 180) != HONE_FIT_NAMED) {
        return HONE_FIT_NO;
    }
    bool fine = (size_t)(a.ptr + a.len - (const char *)memchr(a.ptr, '.', a.len)) > 4 &&
                (size_t)(b.ptr + b.len - (const char *)memchr(b.ptr, '.', b.len)) > 4;
    return fine || tagged ? HONE_FIT_YES : HONE_FIT_NAMED;
}

const struct hone_kind hone_kind_coordinates = {
    .part = {.name = "coordinates", .summary = "coordinates", .source = "ISO 6709, RFC 5870"},
    .weight = HONE_QUASI,
    .fit = fit_coordinates,
    .min_len = 8,
    .max_len = 60,
    .min_digits = 4,
    .max_digits = 40,
    .chance = 0.05,
    .least = 0.7,
    .least_named = 0.5,
    .what = "pairs of degrees",
    .tag = "PLACE",
    .words = (const char *const[]){"location", "coordinates", "coords", "gps", "geo",
                                   "geolocation", "latlon", "latlng", "position", NULL},
};
