/*
 * privacy/checkdigit.h - numbers that carry a check
 *
 * Kernels on digits (n of '0' to '9', no separators).
 */
#ifndef HONE_PRIVACY_CHECKDIGIT_H
#define HONE_PRIVACY_CHECKDIGIT_H

#include "base/str.h"

/* The last digit makes the sum right.  Source: ISO/IEC 7812-1, annex B (Luhn). */
bool hone_luhn(const char *digit, size_t n);
/* Source: Verhoeff, Error detecting decimal codes, Mathematical Centre Tracts 29, 1969. */
bool hone_verhoeff(const char *digit, size_t n);
/* Source: ISO/IEC 7064, MOD 11,10 (hybrid): the German tax number. */
bool hone_mod11_10(const char *digit, size_t n);
/* The number modulo m; letters count as two digits, A as 10 (ISO/IEC 7064, MOD 97-10). */
unsigned hone_modulo(const char *text, size_t n, unsigned m);
/* Sum of weight[i] * digit[i]. */
unsigned hone_weighted(const char *digit, const unsigned char *weight, size_t n);

/* The digits of text, blanks, '-', '.', '/' between them left out, or n + 1 when there are more than room or
 * anything else.  *separated: whether something was left out. */
size_t hone_digits_of(struct hone_str text, char *digit, size_t room, bool *separated);

#endif
