/* How to reach a person: e-mail, phone, network addresses. */
#include "privacy/fold.h"
#include "privacy/kind_priv.h"

/* A character of the part before '@' (RFC 5321 dot-string, RFC 6531 for characters beyond ASCII); not '*', by
 * which addresses are masked. */
static bool is_atext(char c)
{
    return hone_alnum(c) || (c != '\0' && strchr("!#$%&'+-/=?^_`{|}~.", c) != NULL);
}

/* A host name of at least two labels, the last of letters (or xn--). */
static bool is_domain(struct hone_str s)
{
    size_t label = 0;
    size_t labels = 0;
    bool digits_only = true;

    for (size_t i = 0; i <= s.len; i++) {
        char c = i < s.len ? s.ptr[i] : '.';
        if (c == '.') {
            if (label == 0 || label > 63 || s.ptr[i - 1] == '-' || s.ptr[i - label] == '-') {
                return false;
            }
            labels++;
            if (i == s.len) {
                return labels >= 2 && label >= 2 && !digits_only && s.len <= 253;
            }
            label = 0;
            digits_only = true;
        } else if (hone_alnum(c) || c == '-') {
            label++;
            digits_only = digits_only && !hone_letter(c);
        } else {
            return false;
        }
    }
    return false;
}

static enum hone_fit fit_email(struct hone_str s)
{
    const char *at = memchr(s.ptr, '@', s.len);
    struct hone_str local;
    struct hone_str domain;

    if (at == NULL) {
        return HONE_FIT_NO;
    }
    if (hone_str_starts(s, "mailto:")) {
        s = (struct hone_str){s.ptr + 7, s.len - 7};
    }
    if (s.len > 2 && s.ptr[0] == '<' && s.ptr[s.len - 1] == '>') {
        s = (struct hone_str){s.ptr + 1, s.len - 2};
    }
    if (at < s.ptr) {
        return HONE_FIT_NO;
    }
    local = (struct hone_str){s.ptr, (size_t)(at - s.ptr)};
    domain = (struct hone_str){at + 1, s.len - local.len - 1};
    if (local.len == 0 || local.len > 64 || local.ptr[0] == '.' ||
        local.ptr[local.len - 1] == '.') {
        return HONE_FIT_NO;
    }
    for (size_t i = 0; i < local.len; i++) {
        if (!is_atext(local.ptr[i]) || (local.ptr[i] == '.' && local.ptr[i + 1] == '.')) {
            return HONE_FIT_NO;
        }
    }
    return is_domain(domain) ? HONE_FIT_YES : HONE_FIT_NO;
}

const struct hone_kind hone_kind_email = {
    .part = {.name = "email", .summary = "e-mail address", .source = "RFC 5321, RFC 6531"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT,
    .fit = fit_email,
    .min_len = 6,
    .max_len = 320,
    .max_digits = 99,
    .chance = 1e-4,
    .least = 0.3,
    .least_named = 0.05,
    .what = "e-mail addresses",
    .tag = "EMAIL",
    .words =
        (const char *const[]){"email", "e mail", "mail", "emailid", "emailaddress", "mailid",
                              "courriel", "correo", "mel", "epost", "eposta", NULL},
};

/* Four numbers of 0 to 255.  Version numbers look the same but are small, so small ones fit weakly. */
static enum hone_fit fit_ip4(struct hone_str s)
{
    unsigned part[4] = {0};
    size_t n = 0;
    size_t digits = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (hone_digit(s.ptr[i]) && digits < 3 && !(digits > 0 && part[n] == 0)) {
            part[n] = part[n] * 10 + (unsigned)(s.ptr[i] - '0');
            digits++;
        } else if (s.ptr[i] == '.' && digits > 0 && n < 3) {
            n++;
            digits = 0;
        } else {
            return HONE_FIT_NO;
        }
    }
    if (n != 3 || digits == 0) {
        return HONE_FIT_NO;
    }
    if (part[0] > 255 || part[1] > 255 || part[2] > 255 || part[3] > 255 || part[0] == 0) {
        return HONE_FIT_FORM;
    }
    return part[0] >= 32 || (part[1] >= 64 && part[2] >= 64) ? HONE_FIT_YES : HONE_FIT_WEAK;
}

static bool is_hex(char c)
{
    return hone_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* RFC 4291: eight groups of up to four hexadecimal digits, one run of zero groups may be "::". */
static enum hone_fit fit_ip6(struct hone_str s)
{
    size_t groups = 0;
    size_t digits = 0;
    size_t gaps = 0;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == ':' && i + 1 < s.len && s.ptr[i + 1] == ':') {
            gaps++;
            groups += digits > 0 ? 1 : 0;
            digits = 0;
            i++;
        } else if (c == ':' && digits > 0 && i + 1 < s.len) {
            groups++;
            digits = 0;
        } else if (is_hex(c) && digits < 4) {
            digits++;
        } else {
            return HONE_FIT_NO;
        }
    }
    groups += digits > 0 ? 1 : 0;
    if (gaps > 1 || groups > 8 || groups + gaps < 3 || (gaps == 0 && groups != 8)) {
        return HONE_FIT_NO;
    }
    return HONE_FIT_YES;
}

/* A network ("/24") is no address of one person. */
static enum hone_fit fit_ip(struct hone_str s)
{
    return memchr(s.ptr, ':', s.len) != NULL ? fit_ip6(s) : fit_ip4(s);
}

const struct hone_kind hone_kind_ip = {
    .part = {.name = "ip", .summary = "IP address", .source = "RFC 791, RFC 4291"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT,
    .fit = fit_ip,
    .min_len = 6,
    .max_len = 43,
    .max_digits = 39,
    .chance = 0.2,
    .least = 0.5,
    .least_named = 0.3,
    .what = "IP addresses",
    .tag = "IP",
    .words =
        (const char *const[]){"ip", "ipv4", "ipv6", "ipaddr", "ipaddress", "ip addr",
                              "ip address", "client ip", "remote addr", "remote host", "src ip",
                              "dst ip", "host ip", "adresse ip", "clientip", NULL},
};

/* Six pairs of hexadecimal digits with ':' or '-', or three groups of four with '.'. */
static enum hone_fit fit_mac(struct hone_str s)
{
    size_t group = s.len == 14 ? 4 : 2;
    char sep = s.len == 14 ? '.' : s.len == 17 ? s.ptr[2] : '\0';

    if (s.len == 12) {
        for (size_t i = 0; i < 12; i++) {
            if (!is_hex(s.ptr[i])) {
                return HONE_FIT_NO;
            }
        }
        return HONE_FIT_WEAK;
    }
    if ((s.len != 17 || (sep != ':' && sep != '-')) && s.len != 14) {
        return HONE_FIT_NO;
    }
    for (size_t i = 0; i < s.len; i++) {
        bool between = i % (group + 1) == group;
        if (between ? s.ptr[i] != sep : !is_hex(s.ptr[i])) {
            return HONE_FIT_NO;
        }
    }
    return HONE_FIT_YES;
}

const struct hone_kind hone_kind_mac = {
    .part = {.name = "mac", .summary = "hardware (MAC) address", .source = "IEEE 802, EUI-48"},
    .weight = HONE_DIRECT,
    .flags = HONE_KIND_TEXT,
    .fit = fit_mac,
    .min_len = 12,
    .max_len = 17,
    .max_digits = 12,
    .chance = 1e-3,
    .least = 0.5,
    .least_named = 0.3,
    .what = "MAC addresses",
    .tag = "MAC",
    .words = (const char *const[]){"mac", "mac addr", "mac address", "macaddr", "macaddress",
                                   "bssid", "hwaddr", "hardware address", "ethernet", NULL},
};
