#include "privacy/key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

enum {
    KEY_FILE = 4096,    /* bytes of the longest key file */
    DIFFERENT = 8,      /* bytes that a key must have, so that "0000..." is none */
    TAG = 16,           /* bytes of the tag, RFC 5297 */
    BLOCK = 16,         /* values are padded to multiples of this */
    HEAD = 4,           /* before the value: its kind, and its length in three bytes */
    LONGEST = 64 * 1024 /* bytes of a value */
};

static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";

static void hmac(const unsigned char *key, size_t n, const void *text, size_t len,
                 unsigned char out[32])
{
    HONE_ASSERT(HMAC(EVP_sha256(), key, (int)n, text, len, out, NULL) != NULL);
}

/* Append bytes as base32 without padding; at most most characters. */
static size_t encode(const unsigned char *bytes, size_t n, char *out, size_t most)
{
    unsigned hold = 0;
    unsigned bits = 0;
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        hold = (hold & 0x1f) << 8 | bytes[i];
        bits += 8;
        for (; bits >= 5 && len < most; bits -= 5) {
            out[len++] = base32[hold >> (bits - 5) & 31];
        }
    }
    if (bits > 0 && len < most) {
        out[len++] = base32[hold << (5 - bits) & 31];
    }
    return len;
}

/* The bytes of a base32 text, or SIZE_MAX. */
static size_t decode(struct hone_str text, unsigned char *out)
{
    unsigned hold = 0;
    unsigned bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        const char *at = memchr(base32, text.ptr[i], 32);
        if (at == NULL) {
            return SIZE_MAX;
        }
        hold = (hold << 5 | (unsigned)(at - base32)) & 0xfff;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (unsigned char)(hold >> bits & 255);
        }
    }
    return n;
}

enum hone_code hone_key_derive(struct hone_run *run, const char *from, struct hone_str secret,
                               struct hone_key *out)
{
    static const char *const purpose[] = {"hone redact: hash",
                                          "hone redact: token, authentication",
                                          "hone redact: token, encryption"};
    bool seen[256] = {false};
    size_t different = 0;
    const unsigned char *key = (const unsigned char *)secret.ptr;

    while (secret.len > 0 && strchr(" \t\r\n", secret.ptr[secret.len - 1]) != NULL) {
        secret.len--;
    }
    for (size_t i = 0; i < secret.len; i++) {
        different += seen[key[i]] ? 0 : 1;
        seen[key[i]] = true;
    }
    if (secret.len < HONE_KEY_LEAST || different < DIFFERENT) {
        (void)hone_fail(
            run, HONE_E_ARG,
            "%s has %zu bytes, %zu of them different: a key has at least %d, and is random",
            from, secret.len, different, HONE_KEY_LEAST);
        return hone_hint(run, "hone redact --new-key FILE makes one");
    }
    hmac(key, secret.len, purpose[0], strlen(purpose[0]), out->hash);
    hmac(key, secret.len, purpose[1], strlen(purpose[1]), out->token);
    hmac(key, secret.len, purpose[2], strlen(purpose[2]), out->token + 32);
    return HONE_OK;
}

static void close_fd(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

/* Read a whole small file from an open descriptor. */
static enum hone_code read_all(struct hone_run *run, int fd, const char *path, char *out,
                               size_t *len)
{
    *len = 0;
    while (*len < KEY_FILE) {
        ssize_t n = read(fd, out + *len, KEY_FILE - *len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return hone_fail_errno(run, "reading key file %s", path);
        }
        if (n == 0) {
            break;
        }
        *len += (size_t)n;
    }
    return HONE_OK;
}

enum hone_code hone_key_read(struct hone_run *run, const char *path, struct hone_key *out)
{
    char text[KEY_FILE];
    char from[256];
    size_t len = 0;
    struct stat st;
    enum hone_code code;
    HONE_CLOSING(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &st) != 0) {
        return hone_fail_errno(run, "opening key file %s", path);
    }
    if (!S_ISREG(st.st_mode) || st.st_size > KEY_FILE) {
        return hone_fail(run, HONE_E_ARG, "key file %s is no plain file of at most %d bytes",
                         path, KEY_FILE);
    }
    if ((st.st_mode & 077) != 0) {
        (void)hone_fail(run, HONE_E_ARG,
                        "key file %s may be read or written by others (mode %03o)", path,
                        (unsigned)(st.st_mode & 0777));
        return hone_hint(run, "chmod 600 %s, and take a new key if others may have read it",
                         path);
    }
    code = read_all(run, fd, path, text, &len);
    if (code == HONE_OK) {
        (void)snprintf(from, sizeof from, "key file %s", path);
        code = hone_key_derive(run, from, (struct hone_str){text, len}, out);
    }
    OPENSSL_cleanse(text, sizeof text);
    return code;
}

enum hone_code hone_key_new(struct hone_run *run, const char *path)
{
    unsigned char bytes[32];
    char text[65];
    bool written;
    HONE_CLOSING(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno == EEXIST) {
        (void)hone_fail(run, HONE_E_CONFLICT, "%s is there already", path);
        return hone_hint(run, "a key that is written over can turn no token back any more");
    }
    if (fd < 0) {
        return hone_fail_errno(run, "making key file %s", path);
    }
    HONE_TRY(hone_random_bytes(run, bytes, sizeof bytes));
    for (size_t i = 0; i < sizeof bytes; i++) {
        text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    text[64] = '\n';
    written = write(fd, text, sizeof text) == (ssize_t)sizeof text && fsync(fd) == 0;
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return written ? HONE_OK : hone_fail_errno(run, "writing key file %s", path);
}

void hone_key_wipe(struct hone_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

void hone_key_hash(const struct hone_key *key, const char *column, struct hone_str value,
                   char out[HONE_HASH_CHARS])
{
    unsigned char own[32];
    unsigned char digest[32];
    const unsigned char *with = key->hash;

    if (column != NULL) { /* a key of the column's own */
        hmac(key->hash, sizeof key->hash, column, strlen(column), own);
        with = own;
    }
    hmac(with, sizeof own, value.len == 0 ? "" : value.ptr, value.len, digest);
    encode(digest, sizeof digest, out, HONE_HASH_CHARS);
    OPENSSL_cleanse(own, sizeof own);
}

/* One pass of AES-256-SIV over n bytes; false when a token does not authenticate. */
static bool siv(const struct hone_key *key, const char *column, bool seal, unsigned char *tag,
                const unsigned char *in, size_t n, unsigned char *out)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-SIV", NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len = 0;
    bool good = cipher != NULL && ctx != NULL &&
                EVP_CipherInit_ex(ctx, cipher, NULL, key->token, NULL, seal ? 1 : 0) == 1;

    HONE_ASSERT(good); /* libcrypto 3 has it, and the key has its length */
    if (!seal) {
        good = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) == 1;
    }
    if (good && column != NULL && column[0] != '\0') {
        good = EVP_CipherUpdate(ctx, NULL, &len, (const unsigned char *)column,
                                (int)strlen(column)) == 1;
    }
    good = good && EVP_CipherUpdate(ctx, out, &len, in, (int)n) == 1 && (size_t)len == n &&
           EVP_CipherFinal_ex(ctx, out + n, &len) == 1;
    if (good && seal) {
        good = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, tag) == 1;
    }
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return good;
}

enum hone_code hone_token_make(struct hone_run *run, const struct hone_key *key,
                               const char *column, char kind, struct hone_str value,
                               struct hone_buf *out)
{
    size_t n = (HEAD + value.len + BLOCK - 1) / BLOCK * BLOCK;
    unsigned char *plain;
    unsigned char *sealed;
    char *text;
    HONE_ARENA(work);

    if (value.len > LONGEST) {
        return hone_fail(run, HONE_E_LIMIT,
                         "a value of %zu bytes is too long for a token, at most %d", value.len,
                         LONGEST);
    }
    HONE_TRY(hone_array(run, &work, &plain, n));
    HONE_TRY(hone_array(run, &work, &sealed, TAG + n + BLOCK));
    HONE_TRY(hone_array(run, &work, &text, 2 * (TAG + n)));
    plain[0] = (unsigned char)kind;
    plain[1] = (unsigned char)(value.len & 255);
    plain[2] = (unsigned char)(value.len >> 8 & 255);
    plain[3] = (unsigned char)(value.len >> 16 & 255);
    if (value.len > 0) {
        memcpy(plain + HEAD, value.ptr, value.len);
    }
    HONE_ASSERT(siv(key, column, true, sealed, plain, n, sealed + TAG));
    OPENSSL_cleanse(plain, n);
    hone_buf_text(out, column == NULL ? "tok1" : "tok2");
    hone_buf_bytes(out, text, encode(sealed, TAG + n, text, 2 * (TAG + n)));
    return HONE_OK;
}

bool hone_is_token(struct hone_str text)
{
    return text.len > 4 + TAG &&
           (hone_str_starts(text, "tok1") || hone_str_starts(text, "tok2"));
}

enum hone_code hone_token_open(struct hone_run *run, const struct hone_key *key,
                               const char *column, struct hone_str token, struct hone_buf *out,
                               char *kind)
{
    unsigned char *sealed;
    unsigned char *plain;
    size_t n = SIZE_MAX;
    size_t len;
    HONE_ARENA(work);

    HONE_TRY(hone_array(run, &work, &sealed, token.len));
    HONE_TRY(hone_array(run, &work, &plain, token.len + BLOCK));
    if (hone_is_token(token)) {
        n = decode((struct hone_str){token.ptr + 4, token.len - 4}, sealed);
    }
    if (n == SIZE_MAX || n < TAG + BLOCK || (n - TAG) % BLOCK != 0) {
        return hone_fail(run, HONE_E_FORMAT, "this is no token");
    }
    if (!siv(key, token.ptr[3] == '2' ? column : NULL, false, sealed, sealed + TAG, n - TAG,
             plain)) {
        (void)hone_fail(run, HONE_E_FORMAT,
                        "this token was made with another key, or was changed");
        return hone_hint(run,
                         token.ptr[3] == '2'
                             ? "it is bound to its column: the column must have the name it had"
                             : "take the key that it was made with");
    }
    len = (size_t)plain[1] | (size_t)plain[2] << 8 | (size_t)plain[3] << 16;
    if (len > n - TAG - HEAD) {
        return hone_fail(run, HONE_E_FORMAT,
                         "this token was made with another key, or was changed");
    }
    *kind = (char)plain[0];
    hone_buf_bytes(out, plain + HEAD, len);
    OPENSSL_cleanse(plain, n);
    return HONE_OK;
}
