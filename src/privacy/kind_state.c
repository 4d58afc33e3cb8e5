/* Numbers that states give to people. */
#include "privacy/checkdigit.h"
#include "privacy/fold.h"
#include "privacy/kind_priv.h"

/* Letters and digits of a text in capitals, blanks, '-', '.' and '/' between them left out; 0 when there are
 * more than room or others. */
static size_t compact(struct hone_str s, char *out, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == ' ' || c == '-' || c == '.' || c == '/') {
            continue;
        }
        if (n == room || (unsigned char)c >= 0x80 || !hone_alnum(c)) {
            return 0;
        }
        out[n++] = hone_digit(c) ? c : (char)(c & ~0x20);
    }
    return n;
}

/* Whether a compact text has the form of a pattern: 'A' a letter, '9' a digit, '*' either. */
static bool is_like(const char *text, size_t n, const char *pattern)
{
    for (size_t i = 0; i < n; i++) {
        if (pattern[i] == '\0' || (pattern[i] == 'A' && hone_digit(text[i])) ||
            (pattern[i] == '9' && !hone_digit(text[i]))) {
            return false;
        }
    }
    return pattern[n] == '\0';
}

static enum hone_fit yes_if(bool right)
{
    return right ? HONE_FIT_YES : HONE_FIT_FORM;
}

/* Source: UIDAI: twelve digits, the first 2 to 9, the last by Verhoeff. */
static enum hone_fit fit_aadhaar(struct hone_str s)
{
    char d[12];
    bool separated;

    if (hone_digits_of(s, d, sizeof d, &separated) != sizeof d) {
        return HONE_FIT_NO;
    }
    return yes_if(d[0] >= '2' && hone_verhoeff(d, sizeof d));
}

const struct hone_kind hone_kind_aadhaar = {
    .part = {.name = "aadhaar", .summary = "Aadhaar number (India)", .source = "UIDAI"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT | HONE_KIND_NUMBER,
    .fit = fit_aadhaar,
    .min_len = 12,
    .max_len = 14,
    .min_digits = 12,
    .max_digits = 12,
    .chance = 0.1,
    .least = 0.8,
    .least_named = 0.4,
    .what = "Aadhaar numbers with a right check digit",
    .tag = "AADHAAR",
    .words =
        (const char *const[]){"aadhaar", "aadhar", "adhaar", "adhar", "uidai", "uid", NULL},
};

/* Source: Income Tax Department of India: the fourth letter is the kind of holder, P a person. */
static enum hone_fit fit_pan(struct hone_str s)
{
    if (s.len != 10 || !is_like(s.ptr, 10, "AAAAA9999A") || (unsigned char)s.ptr[9] >= 0x80) {
        return HONE_FIT_NO;
    }
    for (size_t i = 0; i < 5; i++) {
        if ((unsigned char)s.ptr[i] >= 0x80 || !hone_letter(s.ptr[i])) {
            return HONE_FIT_NO;
        }
    }
    return yes_if(hone_letter(s.ptr[9]) && strchr("PCHABGJLFTK", s.ptr[3] & ~0x20) != NULL);
}

const struct hone_kind hone_kind_pan = {
    .part = {.name = "pan",
             .summary = "tax number PAN (India)",
             .source = "Income Tax Dept., India"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT,
    .fit = fit_pan,
    .min_len = 10,
    .max_len = 10,
    .min_digits = 4,
    .max_digits = 4,
    .chance = 0.42,
    .least = 0.8,
    .least_named = 0.4,
    .what = "numbers of the form of a PAN",
    .tag = "PAN",
    .words = (const char *const[]){"pan", "pan no", "panno", "pan card",
                                   "permanent account number", NULL},
};

/* Two digits of a state, a PAN, an entity, a letter, a check character modulo 36. Source: GSTN. */
static enum hone_fit fit_gstin(struct hone_str s)
{
    static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char t[15];
    unsigned sum = 0;

    if (compact(s, t, sizeof t) != sizeof t || !is_like(t, 15, "99AAAAA9999A***")) {
        return HONE_FIT_NO;
    }
    for (size_t i = 0; i < 14; i++) {
        unsigned v = (unsigned)(strchr(set, t[i]) - set) * (i % 2 == 0 ? 1 : 2);
        sum += v / 36 + v % 36;
    }
    return yes_if(set[(36 - sum % 36) % 36] == t[14]);
}

const struct hone_kind hone_kind_gstin = {
    .part = {.name = "gstin", .summary = "tax number GSTIN (India)", .source = "GSTN, India"},
    .weight = HONE_QUASI,
    .flags = HONE_KIND_TEXT,
    .fit = fit_gstin,
    .min_len = 15,
    .max_len = 15,
    .min_digits = 6,
    .max_digits = 9,
    .chance = 0.03,
    .least = 0.5,
    .least_named = 0.3,
    .what = "GSTIN with a right check character",
    .tag = "GSTIN",
    .words = (const char *const[]){"gstin", "gst", "gst no", "gstno", NULL},
};

/* Three, two and four digits; areas 000, 666 and 9xx, group 00, serial 0000 are not given.  Without dashes the
 * form is no proof.  Source: Social Security Administration, POMS RM 10201.035. */
static bool is_ssn(const char *d)
{
    return strncmp(d, "000", 3) != 0 && strncmp(d, "666", 3) != 0 && d[0] != '9' &&
           strncmp(d + 3, "00", 2) != 0 && strncmp(d + 5, "0000", 4) != 0;
}

/* Nine digits as 3-2-4; *plain when they stand together. */
static bool read_324(struct hone_str s, char d[10], bool *plain)
{
    bool separated;

    if (hone_digits_of(s, d, 9, &separated) != 9) {
        return false;
    }
    d[9] = '\0';
    *plain = !separated;
    return !separated ||
           (s.len == 11 && s.ptr[3] == s.ptr[6] && (s.ptr[3] == '-' || s.ptr[3] == ' '));
}

static enum hone_fit fit_ssn(struct hone_str s)
{
    char d[10];
    bool plain;

    if (!read_324(s, d, &plain)) {
        return HONE_FIT_NO;
    }
    return !is_ssn(d) ? HONE_FIT_FORM : plain ? HONE_FIT_NAMED : HONE_FIT_YES;
}

const struct hone_kind hone_kind_ssn = {
    .part = {.name = "ssn",
             .summary = "social security number (US)",
             .source = "SSA POMS RM 10201.035"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT | HONE_KIND_NUMBER,
    .fit = fit_ssn,
    .min_len = 9,
    .max_len = 11,
    .min_digits = 9,
    .max_digits = 9,
    .pad = 9,
    .chance = 0.05,
    .least = 0.6,
    .least_named = 0.5,
    .what = "numbers of the form of an SSN",
    .tag = "SSN",
    .words = (const char *const[]){"ssn", "social security", "social security number",
                                   "socialsecurity", "ss no", "sin number", NULL},
};

/* Source: IRS, IRM 3.21.263: 9xx, and a group of 50-65, 70-88, 90-92 or 94-99. */
static enum hone_fit fit_itin(struct hone_str s)
{
    char d[10];
    bool plain;
    int group;

    if (!read_324(s, d, &plain) || d[0] != '9') {
        return HONE_FIT_NO;
    }
    group = (d[3] - '0') * 10 + d[4] - '0';
    if (group < 50 || (group > 65 && group < 70) || group == 89 || group == 93) {
        return HONE_FIT_FORM;
    }
    return plain ? HONE_FIT_NAMED : HONE_FIT_YES;
}

const struct hone_kind hone_kind_itin = {
    .part = {.name = "itin",
             .summary = "taxpayer number ITIN (US)",
             .source = "IRS IRM 3.21.263"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT | HONE_KIND_NUMBER,
    .fit = fit_itin,
    .min_len = 9,
    .max_len = 11,
    .min_digits = 9,
    .max_digits = 9,
    .chance = 0.5,
    .least = 0.6,
    .least_named = 0.5,
    .what = "numbers of the form of an ITIN",
    .tag = "ITIN",
    .words = (const char *const[]){"itin", "tin", "taxpayer id", "tax id", NULL},
};

/* Two letters (some are never given), six digits, A to D.  Source: HMRC, NIM39110. */
static enum hone_fit fit_nino(struct hone_str s)
{
    char t[9];
    char pair[3];

    if (compact(s, t, sizeof t) != sizeof t || !is_like(t, 9, "AA999999A")) {
        return HONE_FIT_NO;
    }
    memcpy(pair, t, 2);
    pair[2] = '\0';
    return yes_if(strchr("DFIQUV", t[0]) == NULL && strchr("DFIQUVO", t[1]) == NULL &&
                  t[8] <= 'D' && strstr("BG GB KN NK NT TN ZZ", pair) == NULL);
}

const struct hone_kind hone_kind_nino = {
    .part = {.name = "nino",
             .summary = "National Insurance number (UK)",
             .source = "HMRC NIM39110"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT,
    .fit = fit_nino,
    .min_len = 9,
    .max_len = 13,
    .min_digits = 6,
    .max_digits = 6,
    .chance = 0.1,
    .least = 0.6,
    .least_named = 0.4,
    .what = "National Insurance numbers",
    .tag = "NINO",
    .words = (const char *const[]){"nino", "national insurance", "ni number",
                                   "nationalinsurance", "ni no", NULL},
};

/* Ten digits, weights 10 to 2, modulo 11.  Source: NHS Data Dictionary, NHS NUMBER. */
static enum hone_fit fit_nhs(struct hone_str s)
{
    static const unsigned char weight[9] = {10, 9, 8, 7, 6, 5, 4, 3, 2};
    char d[10];
    bool separated;
    unsigned check;

    if (hone_digits_of(s, d, sizeof d, &separated) != sizeof d) {
        return HONE_FIT_NO;
    }
    check = (11 - hone_weighted(d, weight, 9) % 11) % 11;
    return yes_if(check != 10 && check == (unsigned)(d[9] - '0'));
}

const struct hone_kind hone_kind_nhs = {
    .part = {.name = "nhs", .summary = "NHS number (UK)", .source = "NHS Data Dictionary"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_NUMBER,
    .fit = fit_nhs,
    .min_len = 10,
    .max_len = 12,
    .min_digits = 10,
    .max_digits = 10,
    .pad = 10,
    .chance = 0.091,
    .least = 0.8,
    .least_named = 0.5,
    .what = "NHS numbers with a right check digit",
    .tag = "NHS",
    .words = (const char *const[]){"nhs", "nhs no", "nhs number", "nhsno", "nhsnumber", NULL},
};

/*
 * Eleven digits, the first not 0; of the first ten one digit stands there twice or three times, the others
 * at most once; the last by MOD 11,10.  Source: BZSt, § 139b AO, technical description of the number.
 */
static enum hone_fit fit_steuer_id(struct hone_str s)
{
    char d[11];
    bool separated;
    unsigned seen[10] = {0};
    unsigned repeated = 0;
    unsigned most = 0;

    if (hone_digits_of(s, d, sizeof d, &separated) != sizeof d) {
        return HONE_FIT_NO;
    }
    for (size_t i = 0; i < 10; i++) {
        unsigned n = ++seen[d[i] - '0'];
        repeated += n == 2 ? 1 : 0;
        most = n > most ? n : most;
    }
    return yes_if(d[0] != '0' && repeated == 1 && most <= 3 && hone_mod11_10(d, sizeof d));
}

const struct hone_kind hone_kind_steuer_id = {
    .part = {.name = "steuer_id",
             .summary = "tax number (Germany)",
             .source = "BZSt, § 139b AO"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT | HONE_KIND_NUMBER,
    .fit = fit_steuer_id,
    .min_len = 11,
    .max_len = 14,
    .min_digits = 11,
    .max_digits = 11,
    .chance = 0.01,
    .least = 0.8,
    .least_named = 0.4,
    .what = "German tax numbers with a right check digit",
    .tag = "STEUER-ID",
    .words =
        (const char *const[]){"steuer id", "steuerid", "steuernummer", "idnr", "steuer nr",
                              "steueridentifikationsnummer", "identifikationsnummer", NULL},
};

/* Sex, year, month, department, ... and a key of two digits modulo 97; Corsica is 2A or 2B.
 * Source: INSEE, RNIPP. */
static enum hone_fit fit_nir(struct hone_str s)
{
    char t[15];
    unsigned month;

    if (compact(s, t, sizeof t) != sizeof t || hone_letter(t[5])) {
        return HONE_FIT_NO;
    }
    if (t[6] == 'A' || t[6] == 'B') {
        t[5] = '1'; /* 2A counts as 19, 2B as 18 */
        t[6] = t[6] == 'A' ? '9' : '8';
    }
    if (!is_like(t, 15, "999999999999999")) {
        return HONE_FIT_NO;
    }
    month = (unsigned)(t[3] - '0') * 10 + (unsigned)(t[4] - '0');
    if ((t[0] != '1' && t[0] != '2') || month == 0 || (month > 12 && month < 20) ||
        month == 99) {
        return HONE_FIT_FORM;
    }
    return yes_if(97 - hone_modulo(t, 13, 97) == hone_modulo(t + 13, 2, 100));
}

const struct hone_kind hone_kind_nir = {
    .part = {.name = "nir",
             .summary = "social security number (France)",
             .source = "INSEE, RNIPP"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT | HONE_KIND_NUMBER,
    .fit = fit_nir,
    .min_len = 15,
    .max_len = 21,
    .min_digits = 14,
    .max_digits = 15,
    .chance = 0.01,
    .least = 0.6,
    .least_named = 0.3,
    .what = "French social security numbers with a right key",
    .tag = "NIR",
    .words = (const char *const[]){"nir", "insee", "securite sociale", "num secu",
                                   "numero secu", "nss", NULL},
};

static unsigned rest11(const char *d, const unsigned char *weight, size_t n)
{
    unsigned rest = hone_weighted(d, weight, n) % 11;
    return rest < 2 ? 0 : 11 - rest;
}

static bool all_same(const char *d, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (d[i] != d[0]) {
            return false;
        }
    }
    return true;
}

/* Two check digits modulo 11.  Source: Receita Federal do Brasil. */
static enum hone_fit fit_cpf(struct hone_str s)
{
    static const unsigned char weight[10] = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
    char d[11];
    bool separated;

    if (hone_digits_of(s, d, sizeof d, &separated) != sizeof d) {
        return HONE_FIT_NO;
    }
    return yes_if(!all_same(d, 11) && rest11(d, weight + 1, 9) == (unsigned)(d[9] - '0') &&
                  rest11(d, weight, 10) == (unsigned)(d[10] - '0'));
}

const struct hone_kind hone_kind_cpf = {
    .part = {.name = "cpf", .summary = "tax number CPF (Brazil)", .source = "Receita Federal"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT | HONE_KIND_NUMBER,
    .fit = fit_cpf,
    .min_len = 11,
    .max_len = 14,
    .min_digits = 11,
    .max_digits = 11,
    .pad = 11,
    .chance = 0.01,
    .least = 0.6,
    .least_named = 0.3,
    .what = "CPF with right check digits",
    .tag = "CPF",
    .words = (const char *const[]){"cpf", NULL},
};

static enum hone_fit fit_cnpj(struct hone_str s)
{
    static const unsigned char weight[13] = {6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2};
    char d[14];
    bool separated;

    if (hone_digits_of(s, d, sizeof d, &separated) != sizeof d) {
        return HONE_FIT_NO;
    }
    return yes_if(!all_same(d, 14) && rest11(d, weight + 1, 12) == (unsigned)(d[12] - '0') &&
                  rest11(d, weight, 13) == (unsigned)(d[13] - '0'));
}

const struct hone_kind hone_kind_cnpj = {
    .part = {.name = "cnpj",
             .summary = "company number CNPJ (Brazil)",
             .source = "Receita Federal"},
    .weight = HONE_QUASI,
    .flags = HONE_KIND_TEXT | HONE_KIND_NUMBER,
    .fit = fit_cnpj,
    .min_len = 14,
    .max_len = 18,
    .min_digits = 14,
    .max_digits = 14,
    .pad = 14,
    .chance = 0.01,
    .least = 0.6,
    .least_named = 0.3,
    .what = "CNPJ with right check digits",
    .tag = "CNPJ",
    .words = (const char *const[]){"cnpj", NULL},
};

/* Eight digits (NIE: X, Y or Z and seven) and a letter modulo 23.  Source: Ministerio del Interior, NIF. */
static enum hone_fit fit_dni(struct hone_str s)
{
    char t[9];

    if (compact(s, t, sizeof t) != sizeof t || hone_digit(t[8]) ||
        !is_like(t, 9, "*9999999A")) {
        return HONE_FIT_NO;
    }
    if (!hone_digit(t[0])) {
        if (t[0] < 'X') {
            return HONE_FIT_NO;
        }
        t[0] = (char)(t[0] - 'X' + '0');
    }
    return yes_if("TRWAGMYFPDXBNJZSQVHLCKE"[hone_modulo(t, 8, 23)] == t[8]);
}

const struct hone_kind hone_kind_dni = {
    .part = {.name = "dni",
             .summary = "identity number DNI or NIE (Spain)",
             .source = "Ministerio del Interior"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT,
    .fit = fit_dni,
    .min_len = 9,
    .max_len = 12,
    .min_digits = 7,
    .max_digits = 8,
    .chance = 0.044,
    .least = 0.6,
    .least_named = 0.3,
    .what = "DNI or NIE with a right letter",
    .tag = "DNI",
    .words = (const char *const[]){"dni", "nie", "nif", NULL},
};

/* A letter or two and six to eight digits, or nine digits; ICAO 9303 leaves the form to the states. */
static enum hone_fit fit_passport(struct hone_str s)
{
    size_t letters = 0;

    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] >= 0x80 || !hone_alnum(s.ptr[i])) {
            return HONE_FIT_NO;
        }
        letters += hone_letter(s.ptr[i]) ? 1 : 0;
    }
    return letters <= 4 ? HONE_FIT_NAMED : HONE_FIT_NO;
}

const struct hone_kind hone_kind_passport = {
    .part = {.name = "passport", .summary = "passport number", .source = "ICAO 9303"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_NAMED | HONE_KIND_NUMBER,
    .fit = fit_passport,
    .min_len = 6,
    .max_len = 12,
    .min_digits = 4,
    .max_digits = 10,
    .chance = 0.2,
    .least = 1,
    .least_named = 0.6,
    .what = "numbers that may be of passports",
    .tag = "PASSPORT",
    .words = (const char *const[]){"passport", "passportno", "pass nr", "reisepass",
                                   "passeport", "passaporte", "pasaporte", "passnummer", NULL},
};

/* Letters and digits: the form of driving licences and number plates differs by state. */
static enum hone_fit fit_code(struct hone_str s)
{
    size_t digits = hone_count_digits(s);

    for (size_t i = 0; i < s.len; i++) {
        if (!hone_alnum(s.ptr[i]) && strchr(" -/.", s.ptr[i]) == NULL) {
            return HONE_FIT_NO;
        }
    }
    return digits > 0 ? HONE_FIT_NAMED : HONE_FIT_NO;
}

const struct hone_kind hone_kind_driving_licence = {
    .part = {.name = "driving_licence", .summary = "driving licence number"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_NAMED | HONE_KIND_NUMBER,
    .fit = fit_code,
    .min_len = 5,
    .max_len = 24,
    .min_digits = 3,
    .max_digits = 20,
    .chance = 0.2,
    .least = 1,
    .least_named = 0.7,
    .what = "codes with digits",
    .tag = "LICENCE",
    .words =
        (const char *const[]){"driving licence", "driving license", "driver license",
                              "drivers license", "driver licence", "drivers licence", "dl no",
                              "licence no", "license no", "licence number", "license number",
                              "fuhrerschein", "permis de conduire", "cnh", "dl number", NULL},
};

const struct hone_kind hone_kind_vehicle_plate = {
    .part = {.name = "vehicle_plate", .summary = "vehicle registration plate"},
    .weight = HONE_QUASI,
    .flags = HONE_KIND_NAMED,
    .fit = fit_code,
    .min_len = 4,
    .max_len = 14,
    .min_digits = 1,
    .max_digits = 8,
    .chance = 0.2,
    .least = 1,
    .least_named = 0.7,
    .what = "codes with letters and digits",
    .tag = "PLATE",
    .words = (const char *const[]){"plate", "number plate", "license plate", "licence plate",
                                   "vehicle no", "vehicle number", "registration no", "reg no",
                                   "regno", "kennzeichen", "immatriculation", "placa",
                                   "matricula", "vrn", "vin", NULL},
};
