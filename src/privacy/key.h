/*
 * privacy/key.h - the secret that hashes and tokens are made with
 *
 * A key is 32 bytes or more that people keep: a file that only its owner may read, or an environment
 * variable.  It is never an option of the command line (other users see those), never logged and never
 * written into results.  From it two keys are derived, one for hashes and one for tokens, so that neither tells
 * of the other.  Who has the key can turn tokens back and try guesses against hashes; who has not can do
 * neither.  Equal values have equal hashes and tokens, so frequencies show: docs/privacy.md, threat model.
 */
#ifndef HONE_PRIVACY_KEY_H
#define HONE_PRIVACY_KEY_H

#include "base/str.h"

#define HONE_KEY_LEAST 32 /* bytes */

struct hone_key {
    unsigned char hash[32];  /* HMAC-SHA-256 (FIPS 198-1) */
    unsigned char token[64]; /* AES-256-SIV (RFC 5297) */
};

/*
 * Derive a key from secret bytes; white space at the end does not count.  from is for messages: "key file k", never the
 * secret.  Fails: HONE_E_ARG when it has fewer than HONE_KEY_LEAST bytes or hardly any different ones.
 */
enum hone_code hone_key_derive(struct hone_run *run, const char *from, struct hone_str secret,
                               struct hone_key *out);

/*
 * The key in a file.  Fails: HONE_E_NOT_FOUND, HONE_E_IO; HONE_E_ARG as above, when it is no plain file of at most
 * 4 KiB, or when others than its owner may read or write it.
 */
enum hone_code hone_key_read(struct hone_run *run, const char *path, struct hone_key *out);

/* Write a new random key, 64 hexadecimal digits, to a new file that only its owner may read.
 * Fails: HONE_E_CONFLICT when there is such a file; HONE_E_IO. */
enum hone_code hone_key_new(struct hone_run *run, const char *path);

/* Forget it: HONE_CLOSING(hone_key_wipe) struct hone_key key = {0}; */
void hone_key_wipe(struct hone_key *key);

/* HMAC-SHA-256 of column, a zero byte and value as base32 in lower case (RFC 4648), the first chars of 52.
 * column NULL: of value alone, equal for equal values of all columns. */
#define HONE_HASH_CHARS 26 /* 130 bits */
void hone_key_hash(const struct hone_key *key, const char *column, struct hone_str value,
                   char out[HONE_HASH_CHARS]);

/*
 * A token that stands for value and can be turned back: deterministic authenticated encryption of kind and value,
 * padded to 16 bytes so that only coarse lengths show, in base32 after "tok1" (or "tok2", which is bound to column).
 * Fails: HONE_E_LIMIT for values over 64 KiB.
 */
enum hone_code hone_token_make(struct hone_run *run, const struct hone_key *key,
                               const char *column, char kind, struct hone_str value,
                               struct hone_buf *out);
/* The value of a token; *kind is what was given.  Fails: HONE_E_FORMAT when it is no token, or was not made with this
 * key (and for this column), or was changed. */
enum hone_code hone_token_open(struct hone_run *run, const struct hone_key *key,
                               const char *column, struct hone_str token, struct hone_buf *out,
                               char *kind);
bool hone_is_token(struct hone_str text);

#endif
