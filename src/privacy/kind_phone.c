/* Phone numbers: E.164, and how they are written in India, North America, Britain, Germany, France, Brazil. */
#include "privacy/fold.h"
#include "privacy/kind_priv.h"

enum { MOST = 15, GROUPS = 8 };

/* A number as it is written: its digits, and how many stand together. */
struct dial {
    char digit[MOST + 1];
    size_t n;
    size_t group[GROUPS];
    size_t groups;
    bool plus;
    bool one_dot; /* only a single '.' is between them: a decimal number */
};

/* Area codes in service in the numbering plan of North America, the last two digits after a first of 2 to 9.
 * Source: North American Numbering Plan Administrator, area codes in service. */
static const char *const nanp[8] = {
    "01 02 03 04 05 06 07 08 09 10 12 13 14 15 16 17 18 19 20 23 24 25 26 27 28 29 31 34 35 36 "
    "39 40 42 46 48 49 50 51 52 53 54 56 60 62 63 64 67 68 69 70 72 74 76 79 81 83 84 89",
    "01 02 03 04 05 06 07 08 09 10 12 13 14 15 16 17 18 19 20 21 23 24 25 26 27 29 30 31 32 34 "
    "36 37 39 40 41 43 45 46 47 50 51 52 53 54 60 61 63 64 65 67 68 69 80 82 85 86",
    "00 01 02 03 04 05 06 07 08 09 10 12 13 14 15 16 17 18 19 23 24 25 28 30 31 32 34 35 37 38 "
    "40 41 42 43 45 47 48 50 56 57 58 63 64 68 69 70 72 73 74 75 78 79 80 84 87",
    "00 01 02 03 04 05 06 07 08 09 10 12 13 14 15 16 17 18 19 20 30 31 34 39 40 41 48 51 57 59 "
    "61 62 63 64 67 70 71 72 73 74 75 79 80 81 82 84 85 86 87",
    "00 01 02 03 04 05 06 07 08 09 10 12 13 14 15 16 17 18 19 20 23 24 26 27 28 29 30 31 36 39 "
    "40 41 45 46 47 49 50 51 56 57 58 59 60 61 62 64 67 69 70 71 72 78 79 80 81 82 83 84 89",
    "01 02 03 04 05 06 07 08 09 10 12 13 14 15 16 17 18 19 20 21 24 25 26 27 28 29 30 31 32 34 "
    "37 40 42 43 47 53 54 57 58 60 62 63 65 67 69 70 71 72 73 74 75 78 79 80 81 82 84 85 86 87",
    "00 01 02 03 04 05 06 07 08 09 10 12 13 14 15 16 17 18 19 20 25 26 28 29 30 31 32 33 35 38 "
    "39 40 43 44 45 47 48 49 50 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 72 73 76 77 "
    "78 79 88",
    "00 01 02 03 04 05 06 07 08 09 10 12 13 14 15 16 17 18 19 20 25 28 29 30 31 34 35 36 37 38 "
    "39 40 41 42 43 45 47 48 49 51 52 54 56 59 70 71 72 73 75 78 79 80 83 84 85 86 89",
};

static bool is_nanp(const char *d)
{
    const char *list = nanp[d[0] >= '2' && d[0] <= '9' ? d[0] - '2' : 0];
    char pair[3] = {d[1], d[2], '\0'};
    const char *at = d[0] < '2' ? NULL : strstr(list, pair);

    /* pairs stand at multiples of three, so a match across a blank cannot be: it has no blank */
    return at != NULL && d[3] >= '2' && !(d[4] == '1' && d[5] == '1');
}

/* Country codes and how many digits follow.  A code of one or two digits is followed by no longer code. */
struct country {
    const char *code;
    unsigned char least, most;
};
static const struct country country[] = {
    {"7", 10, 10},  {"20", 8, 10},  {"27", 9, 9},   {"30", 10, 10}, {"31", 9, 9},
    {"32", 8, 9},   {"33", 9, 9},   {"34", 9, 9},   {"36", 8, 9},   {"39", 6, 11},
    {"40", 9, 9},   {"41", 9, 9},   {"43", 7, 13},  {"44", 9, 10},  {"45", 8, 8},
    {"46", 7, 10},  {"47", 8, 8},   {"48", 9, 9},   {"49", 7, 12},  {"51", 8, 9},
    {"52", 10, 11}, {"53", 6, 8},   {"54", 10, 11}, {"55", 10, 11}, {"56", 9, 9},
    {"57", 8, 10},  {"58", 10, 10}, {"60", 8, 10},  {"61", 9, 9},   {"62", 7, 12},
    {"63", 8, 10},  {"64", 8, 10},  {"65", 8, 8},   {"66", 8, 9},   {"81", 9, 10},
    {"82", 8, 11},  {"84", 9, 10},  {"86", 9, 11},  {"90", 10, 10}, {"91", 10, 10},
    {"92", 9, 10},  {"93", 9, 9},   {"94", 9, 9},   {"95", 7, 10},  {"98", 10, 10},
};
/* First two digits of the codes of three, all followed by 5 to 12 digits. */
static const char three[] =
    "21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 85 87 88 96 97 99";

/* A Brazilian number after the country code: an area of 11 to 99 without zeros, then 9 and eight digits, or
 * eight digits from 2 to 5 on (Anatel). */
static bool is_brazil(const char *d, size_t n)
{
    bool area = d[0] != '0' && d[1] != '0';
    return area && ((n == 11 && d[2] == '9') || (n == 10 && d[2] >= '2' && d[2] <= '5'));
}

/* Digits that begin with a country code and go on as there. */
static bool is_abroad(const char *d, size_t n)
{
    char two[3] = {d[0], d[1], '\0'};

    if (d[0] == '1') {
        return n == 11 && is_nanp(d + 1);
    }
    for (size_t i = 0; i < sizeof country / sizeof country[0]; i++) {
        size_t code = strlen(country[i].code);
        if (n > code && strncmp(d, country[i].code, code) == 0) {
            size_t rest = n - code;
            bool zero = d[code] == '0' && strcmp(two, "39") != 0 && strcmp(two, "7") != 0;
            return rest >= country[i].least && rest <= country[i].most && !zero &&
                   (strcmp(two, "55") != 0 || is_brazil(d + 2, rest));
        }
    }
    return strstr(three, two) != NULL && n >= 8 && n <= MOST;
}

/* Read a number; false when the text has anything that is in none. */
static bool read_dial(struct hone_str s, struct dial *dial)
{
    size_t dots = 0;
    size_t other = 0;
    size_t open = 0;
    size_t run = 0;

    *dial = (struct dial){0};
    if (s.len > 0 && s.ptr[0] == '+') {
        dial->plus = true;
        s = (struct hone_str){s.ptr + 1, s.len - 1};
    }
    for (size_t i = 0; i <= s.len; i++) {
        char c = i < s.len ? s.ptr[i] : ' ';
        if (hone_digit(c)) {
            if (dial->n == MOST) {
                return false;
            }
            dial->digit[dial->n++] = c;
            run++;
            continue;
        }
        if (strchr(" -./()", c) == NULL || c == '\0' || (c == '(' && open++ > 0) ||
            (c == ')' && open == 0)) {
            return false;
        }
        dots += c == '.' ? 1 : 0;
        other += c != '.' && i < s.len ? 1 : 0;
        if (run > 0) {
            if (dial->groups == GROUPS) {
                return false;
            }
            dial->group[dial->groups++] = run;
            run = 0;
        }
    }
    dial->one_dot = dots == 1 && other == 0 && !dial->plus;
    return true;
}

static bool grouped(const struct dial *d, size_t n, const size_t *group)
{
    return d->groups == n && memcmp(d->group, group, n * sizeof *group) == 0;
}
#define GROUPED(d, ...)                                                                        \
    grouped((d), sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t),                       \
            (const size_t[]){__VA_ARGS__})

/* After a trunk zero: an area of 3 to 6 digits, then pairs or longer groups. */
static bool is_trunk(const struct dial *d)
{
    size_t last = d->group[d->groups - 1];
    bool pairs = d->groups > 2 && d->group[1] == 2;

    return GROUPED(d, 2, 2, 2, 2, 2) || GROUPED(d, 1, 1, 2, 2, 2, 2) ||
           (d->n >= 9 && d->n <= 12 && d->group[0] >= 3 && d->group[0] <= 6 &&
            (last >= 3 || pairs));
}

/* Ten digits from 6 on, as they are grouped in India; not "60000-70000". */
static bool is_india(const struct dial *d)
{
    const char *x = d->digit;
    bool range = strncmp(x + 3, "00", 2) == 0 && strncmp(x + 8, "00", 2) == 0;

    return x[0] >= '6' && !range &&
           (GROUPED(d, 5, 5) || GROUPED(d, 4, 3, 3) || GROUPED(d, 3, 3, 4) ||
            GROUPED(d, 4, 6) || GROUPED(d, 3, 4, 3) || GROUPED(d, 2, 4, 4) ||
            GROUPED(d, 2, 8) || GROUPED(d, 3, 7));
}

/* How tax numbers are written. */
static bool is_taxed(const struct dial *d)
{
    return GROUPED(d, 3, 3, 3, 2) || GROUPED(d, 3, 2, 4);
}

/* Numbers as dialled at home, written in groups. */
static bool is_grouped(const struct dial *d)
{
    const char *x = d->digit;

    if (is_taxed(d)) {
        return false;
    }
    if (x[0] == '0') {
        return x[1] != '0' && is_trunk(d);
    }
    if (GROUPED(d, 1, 3, 3, 4)) {
        return x[0] == '1' && is_nanp(x + 1);
    }
    if (GROUPED(d, 3, 2, 2, 2)) {
        return x[0] >= '6'; /* Spain */
    }
    return ((GROUPED(d, 3, 3, 4) || GROUPED(d, 3, 7)) && is_nanp(x)) ||
           ((GROUPED(d, 2, 5, 4) || GROUPED(d, 2, 4, 4)) && is_brazil(x, d->n)) || is_india(d);
}

/* The same without groups: other numbers of as many digits look like them. */
static bool is_plain(const struct dial *d)
{
    const char *x = d->digit;

    switch (d->n) {
    case 10:
        return is_nanp(x) || x[0] >= '6' || (x[0] == '0' && x[1] != '0');
    case 11:
        return (x[0] == '0' && x[1] != '0') || (is_brazil(x, 11)) ||
               (x[0] == '1' && is_nanp(x + 1)) || (strncmp(x, "33", 2) == 0 && x[2] != '0');
    case 12:
        return (strncmp(x, "91", 2) == 0 && x[2] >= '6') || strncmp(x, "447", 3) == 0 ||
               strncmp(x, "491", 3) == 0 || (x[0] == '0' && x[1] == '1');
    case 13:
        return strncmp(x, "491", 3) == 0 || (strncmp(x, "55", 2) == 0 && is_brazil(x + 2, 11));
    default:
        return false;
    }
}

/* Without "tel:" before and an extension after it. */
static struct hone_str bare(struct hone_str s)
{
    if (hone_str_starts(s, "tel:")) {
        s = (struct hone_str){s.ptr + 4, s.len - 4};
    }
    for (size_t i = 7; i + 1 < s.len; i++) {
        char c = (char)(s.ptr[i] | 0x20);
        if ((c == 'x' || c == 'e') && (hone_digit(s.ptr[s.len - 1]))) {
            s.len = i;
            return hone_str_trim(s);
        }
    }
    return s;
}

/* "+44 (0)20 ...": the zero in brackets is not dialled from abroad. */
static void drop_zero(struct hone_str s, struct dial *d)
{
    const char *zero = memmem(s.ptr, s.len, "(0)", 3);

    if (zero != NULL) {
        size_t at = d->group[0];
        memmove(d->digit + at, d->digit + at + 1, d->n - at);
        d->n--;
    }
}

static enum hone_fit fit_phone(struct hone_str s)
{
    struct dial d;

    if (!read_dial(bare(s), &d) || d.n < 7 || d.one_dot) {
        return HONE_FIT_NO;
    }
    if (d.plus) {
        drop_zero(s, &d);
        return is_abroad(d.digit, d.n) ? HONE_FIT_YES : HONE_FIT_FORM;
    }
    if (d.digit[0] == '0' && d.digit[1] == '0') {
        bool right = d.n > 10 && is_abroad(d.digit + 2, d.n - 2);
        return !right ? HONE_FIT_NO : d.groups > 1 ? HONE_FIT_YES : HONE_FIT_WEAK;
    }
    if (d.groups == 1) {
        return is_plain(&d) ? HONE_FIT_WEAK : HONE_FIT_NAMED;
    }
    if (is_grouped(&d)) {
        return HONE_FIT_YES;
    }
    if (is_taxed(&d)) {
        return HONE_FIT_NAMED;
    }
    /* perhaps the plus sign was forgotten */
    return d.n >= 11 && d.group[0] <= 3 && is_abroad(d.digit, d.n) ? HONE_FIT_WEAK
                                                                   : HONE_FIT_NAMED;
}

const struct hone_kind hone_kind_phone = {
    .part = {.name = "phone",
             .summary = "phone number",
             .source = "ITU-T E.164, national plans"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT | HONE_KIND_LONE | HONE_KIND_NUMBER,
    .fit = fit_phone,
    .min_len = 7,
    .max_len = 32,
    .min_digits = 7,
    .max_digits = 20,
    .chance = 0.02,
    .least = 0.6,
    .least_named = 0.5,
    .what = "phone numbers",
    .tag = "PHONE",
    .words =
        (const char *const[]){
            "phone",         "phones",     "telephone",      "tel",       "mobile",
            "cell",          "cellphone",  "cellular",       "fax",       "msisdn",
            "whatsapp",      "contact no", "contact number", "contactno", "phonenumber",
            "phoneno",       "mobileno",   "mobilenumber",   "landline",  "telefon",
            "telefonnummer", "handy",      "handynummer",    "rufnummer", "mobil",
            "mobilnummer",   "telefone",   "celular",        "fone",      "telefono",
            "movil",         "portable",   "telephone fixe", "caller",    "callee",
            "home tel",      NULL},
    .not_words = (const char *const[]){"app",      "brand",     "os",    "device",   "make",
                                       "data",     "extension", "ext",   "year",     "time",
                                       "id",       "country",   "code",  "work yrs", "lines",
                                       "internet", "network",   "tower", "site",     NULL},
};
