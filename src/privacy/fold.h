/*
 * privacy/fold.h - words without case and accents
 *
 * Latin letters become plain lower-case ones ("Straße" -> "strasse", "Endereço" -> "endereco"), other bytes
 * stay.  Kernels.
 */
#ifndef HONE_PRIVACY_FOLD_H
#define HONE_PRIVACY_FOLD_H

#include "base/str.h"

/* Write the folded text, at most room bytes, without a NUL; returns how many. */
size_t hone_fold(struct hone_str text, char *out, size_t room);

/* Letters: A to Z, a to z, and every byte of a character beyond ASCII. */
static inline bool hone_letter(char c)
{
    return ((unsigned char)(c | 0x20) >= 'a' && (unsigned char)(c | 0x20) <= 'z') ||
           (unsigned char)c >= 0x80;
}
static inline bool hone_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool hone_alnum(char c)
{
    return hone_letter(c) || hone_digit(c);
}
static inline bool hone_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Whether the word is in a list of n in byte order. */
bool hone_listed(const char *const *list, size_t n, struct hone_str word);

/*
 * The words of a column's name, folded, one blank between them and at both ends: "homePhone2" and "HOME_PHONE_2"
 * both give " home phone 2 ".  Returns the length; out ends in NUL.
 */
size_t hone_name_words(const char *name, char *out, size_t room);

/* Whether the words name it: "x y" as words that follow each other, "=x y" as the whole name. */
bool hone_words_say(const char *words, const char *phrase);

#endif
