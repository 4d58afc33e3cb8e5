/*
 * io/encoding.h - the bytes of a text file as UTF-8
 *
 * What a file is, when nobody says so, in this order:
 *   1. a byte order mark: UTF-8, UTF-16 or UTF-32 of either order;
 *   2. zero bytes in every other place, four at least, a fifth of one half of the first 4 KiB and hardly any
 *      of the other: UTF-16;
 *   3. all of it is UTF-8;
 *   4. more bytes that are no part of a UTF-8 character than UTF-8 characters beyond ASCII: a text of one byte
 *      a character, read as Windows-1252, whose printable part ISO 8859-1 is - unless it has one of the five
 *      bytes that Windows-1252 leaves open or control characters;
 *   5. else UTF-8 with damage: readers treat the rows that have it as bad ones.
 * In 4, bytes above 127 that mostly stand side by side are no Western text: refused, since every guess
 * would be wrong.  All bytes are looked at, in parallel; the result does not depend on the threads.
 * Source: RFC 3629; Unicode 15, chapter 3.9 and 23.8; Microsoft code page 1252.
 */
#ifndef HONE_IO_ENCODING_H
#define HONE_IO_ENCODING_H

#include "base/str.h"

struct hone_decoded {
    struct hone_str
        text; /* UTF-8 but for damage, without a byte order mark; may be part of the bytes given */
    const char *encoding; /* "utf-8", "utf-16le", ..., or the name asked for (borrowed) */
    bool guessed;         /* neither the file nor the options say so, and it is not UTF-8 */
};

/*
 * Decode a whole file.
 *
 *   encoding  NULL: found out; else a name that people type ("latin1", "cp1252", "utf-16", ...) or one that
 *             iconv(3) of the C library knows
 *
 * Fails: HONE_E_ARG (no such encoding), HONE_E_FORMAT (a byte that the encoding does not have: file, line,
 * byte), HONE_E_LIMIT.
 */
enum hone_code hone_decode(struct hone_run *run, const char *path, struct hone_str bytes,
                           const char *encoding, struct hone_arena *mem,
                           struct hone_decoded *out);

/* --- for encoding*.c only ------------------------------------------------------------------- */

enum hone_encoding {
    HONE_UTF_8,
    HONE_ASCII,
    HONE_LATIN_1,
    HONE_CP1252,
    HONE_UTF_16LE,
    HONE_UTF_16BE,
    HONE_UTF_32LE,
    HONE_UTF_32BE,
    HONE_BY_ICONV,
};

/* Bytes of one character unit. */
static inline size_t hone_unit_bytes(enum hone_encoding encoding)
{
    return encoding >= HONE_UTF_32LE && encoding <= HONE_UTF_32BE   ? 4
           : encoding >= HONE_UTF_16LE && encoding <= HONE_UTF_16BE ? 2
                                                                    : 1;
}

/* The text of bytes behind the first skip ones, in one of our own encodings (not UTF-8, not iconv), as UTF-8
 * in mem. */
enum hone_code hone_transcode(struct hone_run *run, const char *path, struct hone_str bytes,
                              size_t skip, enum hone_encoding encoding, struct hone_arena *mem,
                              struct hone_str *out);
/* The same through iconv(3). Fails also: HONE_E_ARG for a name that it does not know. */
enum hone_code hone_iconv(struct hone_run *run, const char *path, struct hone_str bytes,
                          const char *name, struct hone_arena *mem, struct hone_str *out);
/* What Windows-1252 has at a byte; 0: nothing. */
uint16_t hone_cp1252(unsigned char byte);

/* The place of a byte for messages: "line 3, byte 17" of the file. */
enum hone_code hone_decode_fail(struct hone_run *run, const char *path, struct hone_str bytes,
                                enum hone_encoding encoding, size_t at, const char *what);

#endif
