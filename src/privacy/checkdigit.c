#include "privacy/checkdigit.h"

static unsigned value(char c)
{
    return (unsigned)(c - '0');
}

bool hone_luhn(const char *digit, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned d = value(digit[n - 1 - i]);
        if (i % 2 == 1) {
            d = 2 * d > 9 ? 2 * d - 9 : 2 * d;
        }
        sum += d;
    }
    return sum % 10 == 0;
}

/* The dihedral group of order ten: rotations 0 to 4, reflections 5 to 9. */
static unsigned dihedral(unsigned a, unsigned b)
{
    if (a < 5) {
        return b < 5 ? (a + b) % 5 : 5 + (a + b - 5) % 5;
    }
    return b < 5 ? 5 + (a - 5 + 5 - b) % 5 : (a + 5 - b) % 5;
}

bool hone_verhoeff(const char *digit, size_t n)
{
    /* The permutation (1 5 8 9 4 2 7)(3 6), once; it is applied i times at place i, its order is 8. */
    static const unsigned char once[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned d = value(digit[n - 1 - i]);
        for (size_t k = 0; k < i % 8; k++) {
            d = once[d];
        }
        sum = dihedral(sum, d);
    }
    return sum == 0;
}

bool hone_mod11_10(const char *digit, size_t n)
{
    unsigned product = 10;

    for (size_t i = 0; i + 1 < n; i++) {
        unsigned sum = (value(digit[i]) + product) % 10;
        product = 2 * (sum == 0 ? 10 : sum) % 11;
    }
    return (11 - product) % 10 == value(digit[n - 1]);
}

unsigned hone_modulo(const char *text, size_t n, unsigned m)
{
    unsigned rest = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            rest = (rest * 10 + value(text[i])) % m;
        } else {
            rest = (rest * 100 + (unsigned)((text[i] | 0x20) - 'a') + 10) % m;
        }
    }
    return rest;
}

unsigned hone_weighted(const char *digit, const unsigned char *weight, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += weight[i] * value(digit[i]);
    }
    return sum;
}

size_t hone_digits_of(struct hone_str text, char *digit, size_t room, bool *separated)
{
    size_t n = 0;
    bool gap = true;

    *separated = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= '0' && c <= '9') {
            if (n == room) {
                return room + 1;
            }
            digit[n++] = c;
            gap = false;
        } else if (!gap && (c == ' ' || c == '-' || c == '.' || c == '/') && i + 1 < text.len) {
            *separated = true;
            gap = true;
        } else {
            return room + 1;
        }
    }
    return n;
}
