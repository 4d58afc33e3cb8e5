/*
 * graph/unicode_priv.h - what the operators on text know of characters
 *
 * Kinds and case by Unicode's own tables, whatever the machine's locale.  Bytes that are not UTF-8 count as
 * characters of kind OTHER that are a byte long.
 * Source: Unicode 14, general categories and simple case mappings (tests/golden/unicode_tables.py).
 */
#ifndef HONE_GRAPH_UNICODE_PRIV_H
#define HONE_GRAPH_UNICODE_PRIV_H

#include "base/str.h"

/* As bits, so that a class of characters is a sum of them. */
enum hone_char_kind {
    HONE_CHAR_OTHER = 1,
    HONE_CHAR_LETTER = 2, /* that is no capital */
    HONE_CHAR_UPPER = 4,
    HONE_CHAR_NUMBER = 8,
    HONE_CHAR_ALL = 15,
};

/* Kind of a character beyond ASCII. */
unsigned hone_char_kind(uint32_t c);

/* The character at a place and its bytes; a byte that begins no UTF-8 is *raw, itself and 1 byte long. */
size_t hone_char_at(struct hone_str s, size_t at, uint32_t *c, bool *raw);

/* Text in another case: to out, which has room for HONE_CASE_ROOM(s.len); returns the bytes written. */
#define HONE_CASE_ROOM(len) ((len) + (len) / 2 + 1)
size_t hone_text_lower(struct hone_str s, char *out);
size_t hone_text_upper(struct hone_str s, char *out);

#endif
