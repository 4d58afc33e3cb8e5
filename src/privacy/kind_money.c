/* Numbers of cards, accounts and devices, and secrets. */
#include "privacy/checkdigit.h"
#include "privacy/fold.h"
#include "privacy/kind_priv.h"

/* Ranges of first digits that issuers use, and the lengths they issue.
 * Source: ISO/IEC 7812 and the published ranges of the card schemes. */
static const struct issuer {
    const char *from, *to;
    unsigned char least, most;
} issuer[] = {
    {"34", "34", 15, 15},         {"37", "37", 15, 15}, /* American Express */
    {"300", "305", 14, 16},       {"36", "36", 14, 14},
    {"38", "39", 14, 16},     /* Diners */
    {"3528", "3589", 16, 19}, /* JCB */
    {"4", "4", 16, 16},           {"51", "55", 16, 16},
    {"2221", "2720", 16, 16},     {"6011", "6011", 16, 19},
    {"644", "649", 16, 19},       {"65", "65", 16, 19}, /* Discover, RuPay */
    {"60", "60", 16, 16},         {"81", "82", 16, 16},
    {"508", "508", 16, 16}, /* RuPay */
    {"62", "62", 16, 19},   /* UnionPay */
    {"50", "50", 13, 19},         {"56", "58", 13, 19},
    {"6304", "6304", 16, 19},                               /* Maestro */
    {"67", "67", 13, 19},         {"2200", "2204", 16, 19}, /* Mir */
    {"636368", "636369", 16, 16}, {"5067", "5067", 16, 16}, /* Elo */
};

static bool is_issued(const char *d, size_t n)
{
    for (size_t i = 0; i < sizeof issuer / sizeof issuer[0]; i++) {
        size_t len = strlen(issuer[i].from);
        if (n >= issuer[i].least && n <= issuer[i].most &&
            memcmp(d, issuer[i].from, len) >= 0 && memcmp(d, issuer[i].to, len) <= 0) {
            return true;
        }
    }
    return false;
}

static enum hone_fit fit_card(struct hone_str s)
{
    char digit[19];
    bool separated;
    size_t n = hone_digits_of(s, digit, sizeof digit, &separated);

    if (n < 13 || n > sizeof digit) {
        return HONE_FIT_NO;
    }
    return is_issued(digit, n) && hone_luhn(digit, n) ? HONE_FIT_YES : HONE_FIT_FORM;
}

const struct hone_kind hone_kind_card = {
    .part = {.name = "card", .summary = "payment card number", .source = "ISO/IEC 7812-1"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT | HONE_KIND_NUMBER,
    .fit = fit_card,
    .min_len = 13,
    .max_len = 24,
    .min_digits = 13,
    .max_digits = 19,
    .chance = 0.1,
    .least = 0.6,
    .least_named = 0.3,
    .what = "card numbers with a right check digit",
    .tag = "CARD",
    .words =
        (const char *const[]){"card", "cc", "ccn", "credit card", "debit card", "creditcard",
                              "cardno", "cardnumber", "ccnumber", "pan number", "kartennummer",
                              "kreditkarte", "carte", "cartao", "tarjeta", NULL},
};

/* Length of an account number by country.  Source: ISO 13616, IBAN registry (SWIFT). */
static const char iban_lengths[] =
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 "
    "EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 "
    "IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 "
    "NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 "
    "TN24 TR26 UA29 VA22 VG24 XK20 ";

static enum hone_fit fit_iban(struct hone_str s)
{
    char text[34];
    size_t n = 0;
    const char *entry = NULL;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == ' ' || c == '-') {
            continue;
        }
        if (n == sizeof text || (unsigned char)c >= 0x80 || !hone_alnum(c)) {
            return HONE_FIT_NO;
        }
        text[n++] = hone_digit(c) ? c : (char)(c & ~0x20);
    }
    if (n < 15 || hone_digit(text[0]) || hone_digit(text[1]) || !hone_digit(text[2]) ||
        !hone_digit(text[3])) {
        return HONE_FIT_NO;
    }
    for (entry = iban_lengths; *entry != '\0' && memcmp(entry, text, 2) != 0;) {
        entry += 5;
    }
    if (*entry == '\0' || (size_t)(entry[2] - '0') * 10 + (size_t)(entry[3] - '0') != n) {
        return HONE_FIT_NO;
    }
    char turned[34];
    memcpy(turned, text + 4, n - 4);
    memcpy(turned + n - 4, text, 4);
    return hone_modulo(turned, n, 97) == 1 ? HONE_FIT_YES : HONE_FIT_FORM;
}

const struct hone_kind hone_kind_iban = {
    .part = {.name = "iban", .summary = "bank account number (IBAN)", .source = "ISO 13616"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT,
    .fit = fit_iban,
    .min_len = 15,
    .max_len = 44,
    .min_digits = 8,
    .max_digits = 34,
    .chance = 0.01,
    .least = 0.3,
    .least_named = 0.2,
    .what = "account numbers with a right check number",
    .tag = "IBAN",
    .words = (const char *const[]){"iban", "bank account", "konto", "kontonummer", "compte",
                                   "conta", "cuenta", "account number", NULL},
};

/* Fifteen digits; the first two are of a reporting body that allocates. Source: 3GPP TS 23.003, 6.2; GSMA TS.06. */
static enum hone_fit fit_imei(struct hone_str s)
{
    char digit[15];
    bool separated;
    size_t n = hone_digits_of(s, digit, sizeof digit, &separated);
    char body[3];

    if (n != sizeof digit) {
        return HONE_FIT_NO;
    }
    memcpy(body, digit, 2);
    body[2] = '\0';
    if (strstr("01 10 33 35 44 45 49 50 51 52 53 54 86 91 98 99", body) == NULL) {
        return HONE_FIT_FORM;
    }
    return hone_luhn(digit, n) ? HONE_FIT_YES : HONE_FIT_FORM;
}

const struct hone_kind hone_kind_imei = {
    .part = {.name = "imei", .summary = "device number (IMEI)", .source = "3GPP TS 23.003"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_NUMBER,
    .fit = fit_imei,
    .min_len = 15,
    .max_len = 20,
    .min_digits = 15,
    .max_digits = 15,
    .pad = 15,
    .chance = 0.1,
    .least = 0.8,
    .least_named = 0.5,
    .what = "device numbers with a right check digit",
    .tag = "IMEI",
    .words = (const char *const[]){"imei", "device number", "handset", NULL},
};

static bool is_base64url(struct hone_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if ((unsigned char)c >= 0x80 || (!hone_alnum(c) && c != '-' && c != '_')) {
            return false;
        }
    }
    return true;
}

/* Beginnings of keys that their issuers publish so that they can be found, and how many characters of
 * base64url follow at least.  Sources: the providers' pages on secret scanning. */
static const struct token {
    const char *prefix;
    size_t rest;
} token[] = {
    {"AKIA", 16},        {"ASIA", 16},   {"ghp_", 36},    {"gho_", 36},     {"ghs_", 36},
    {"github_pat_", 40}, {"glpat-", 20}, {"xoxb-", 20},   {"xoxp-", 20},    {"sk_live_", 16},
    {"rk_live_", 16},    {"AIza", 35},   {"sk-ant-", 30}, {"sk-proj-", 30}, {"npm_", 36},
    {"hf_", 30},         {"SG.", 40},    {"dop_v1_", 60},
};

/* A JSON Web Token (RFC 7519): three parts of base64url, the first a JSON object: "eyJ". */
static bool is_jwt(struct hone_str s)
{
    struct hone_str head;
    struct hone_str body;

    return hone_str_starts(s, "eyJ") && hone_str_cut(s, '.', &head, &s) &&
           hone_str_cut(s, '.', &body, &s) && head.len >= 10 && body.len >= 10 &&
           is_base64url(head) && is_base64url(body) && is_base64url(s);
}

static enum hone_fit fit_credential(struct hone_str s)
{
    if (hone_str_starts(s, "-----BEGIN ")) {
        return memmem(s.ptr, s.len < 60 ? s.len : 60, "PRIVATE KEY", 11) != NULL ? HONE_FIT_YES
                                                                                 : HONE_FIT_NO;
    }
    if (hone_str_starts(s, "Bearer ")) {
        s = (struct hone_str){s.ptr + 7, s.len - 7};
    }
    if (is_jwt(s)) {
        return HONE_FIT_YES;
    }
    for (size_t i = 0; i < sizeof token / sizeof token[0]; i++) {
        size_t n = strlen(token[i].prefix);
        if (hone_str_starts(s, token[i].prefix) && s.len >= n + token[i].rest) {
            struct hone_str rest = {s.ptr + n, s.len - n};
            return is_base64url(rest) || strcmp(token[i].prefix, "SG.") == 0 ? HONE_FIT_YES
                                                                             : HONE_FIT_NO;
        }
    }
    return HONE_FIT_NO;
}

const struct hone_kind hone_kind_credential = {
    .part = {.name = "credential", .summary = "key or token", .source = "RFC 7519, RFC 7468"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT,
    .fit = fit_credential,
    .min_len = 20,
    .max_len = SIZE_MAX,
    .max_digits = 99999,
    .chance = 1e-4,
    .least = 0.1,
    .least_named = 0.05,
    .what = "keys or tokens",
    .tag = "CREDENTIAL",
    .words = (const char *const[]){"api key", "apikey", "access token", "token", "jwt",
                                   "secret", "private key", "access key", "bearer", NULL},
};

static enum hone_fit fit_word(struct hone_str s)
{
    return memchr(s.ptr, ' ', s.len) == NULL && !hone_digit(s.ptr[0]) ? HONE_FIT_NAMED
                                                                      : HONE_FIT_NO;
}

const struct hone_kind hone_kind_username = {
    .part = {.name = "username", .summary = "user name"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_NAMED,
    .fit = fit_word,
    .min_len = 2,
    .max_len = 64,
    .max_digits = 32,
    .chance = 0.2,
    .least = 1,
    .least_named = 0.7,
    .what = "words without blanks",
    .tag = "USER",
    .words = (const char *const[]){"username", "user name", "login", "login name", "nickname",
                                   "screen name", "handle", "twitter", "instagram", "facebook",
                                   "skype", "telegram", "benutzername", "identifiant",
                                   "usuario", NULL},
};

const struct hone_kind hone_kind_password = {
    .part = {.name = "password", .summary = "password"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_NAMED,
    .min_len = 4,
    .max_len = 256,
    .max_digits = 256,
    .chance = 0.2,
    .least = 1,
    .least_named = 0.7,
    .what = "values",
    .tag = "PASSWORD",
    .words = (const char *const[]){"password", "passwd", "pwd", "passwort", "kennwort", "senha",
                                   "mot de passe", "contrasena", "passphrase", NULL},
};
