#include "base/hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#define SHA_BYTES 32

__extension__ typedef unsigned __int128 wide;

static struct hone_sha to_hex(const unsigned char digest[SHA_BYTES])
{
    static const char digit[] = "0123456789abcdef";
    struct hone_sha out;
    for (size_t i = 0; i < SHA_BYTES; i++) {
        out.hex[2 * i] = digit[digest[i] >> 4];
        out.hex[2 * i + 1] = digit[digest[i] & 15];
    }
    out.hex[2 * SHA_BYTES] = '\0';
    return out;
}

struct hone_sha hone_sha256(const void *bytes, size_t len)
{
    unsigned char digest[SHA_BYTES];
    HONE_ASSERT(EVP_Digest(len == 0 ? "" : bytes, len, digest, NULL, EVP_sha256(), NULL) == 1);
    return to_hex(digest);
}

/* A stream is libcrypto's context under our name: nothing of ours needs to be kept beside it. */
struct hone_sha_stream *hone_sha_begin(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    HONE_ASSERT(context != NULL);
    HONE_ASSERT(EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1);
    return (struct hone_sha_stream *)context;
}

void hone_sha_add(struct hone_sha_stream *stream, const void *bytes, size_t len)
{
    if (len > 0) {
        HONE_ASSERT(EVP_DigestUpdate((EVP_MD_CTX *)stream, bytes, len) == 1);
    }
}

struct hone_sha hone_sha_end(struct hone_sha_stream *stream)
{
    unsigned char digest[SHA_BYTES];
    EVP_MD_CTX *context = (EVP_MD_CTX *)stream;
    HONE_ASSERT(EVP_DigestFinal_ex(context, digest, NULL) == 1);
    EVP_MD_CTX_free(context);
    return to_hex(digest);
}

struct hone_sha hone_hmac256(struct hone_str key, struct hone_str message)
{
    unsigned char digest[SHA_BYTES];
    HONE_ASSERT(key.len <= INT32_MAX);
    const unsigned char *text =
        message.len == 0 ? (const unsigned char *)"" : (const unsigned char *)message.ptr;
    HONE_ASSERT(HMAC(EVP_sha256(), key.len == 0 ? "" : key.ptr, (int)key.len, text, message.len,
                     digest, NULL) != NULL);
    return to_hex(digest);
}

/* Eight bytes, or the 1..7 that are left, least significant first. */
static uint64_t load(const unsigned char *p, size_t n)
{
    uint64_t word = 0;
    memcpy(&word, p, n);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hone_hash64(const void *bytes, size_t len, uint64_t seed)
{
    const unsigned char *p = bytes;
    uint64_t h = hone_mix64(seed ^ 0x243f6a8885a308d3u) ^ len;
    size_t left = len;
    for (; left >= 8; left -= 8, p += 8) {
        /* The rotated state is kept beside the product, so that a word that happens to cancel the
         * state cannot erase what came before. */
        h = fold(h ^ load(p, 8), 0xa0761d6478bd642fu) ^ (h << 23 | h >> 41);
    }
    if (left > 0) {
        h = fold(h ^ load(p, left), 0xe7037ed1a0b428dbu) ^ (h << 23 | h >> 41);
    }
    return hone_mix64(h);
}

bool hone_equal_secret(struct hone_str a, struct hone_str b)
{
    if (a.len != b.len) {
        return false;
    }
    volatile unsigned char differs = 0;
    for (size_t i = 0; i < a.len; i++) {
        differs |= (unsigned char)(a.ptr[i] ^ b.ptr[i]);
    }
    return differs == 0;
}

enum hone_code hone_random_bytes(struct hone_run *run, void *out, size_t len)
{
    unsigned char *p = out;
    while (len > 0) {
        ssize_t got = getrandom(p, len, 0);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return hone_fail_errno(run, "cannot get random bytes from the system");
        }
        p += got;
        len -= (size_t)got;
    }
    return HONE_OK;
}

static uint32_t slot_hash(struct hone_str key)
{
    return (uint32_t)(hone_hash64(key.ptr, key.len, 0) >> 32);
}

/* The slot that holds key, or the free one where it belongs. */
static struct hone_map_slot *find(struct hone_map_slot *slot, size_t room, struct hone_str key,
                                  uint32_t hash)
{
    size_t at = hash & (room - 1);
    while (slot[at].key.ptr != NULL &&
           !(slot[at].hash == hash && hone_str_eq(slot[at].key, key))) {
        at = (at + 1) & (room - 1);
    }
    return &slot[at];
}

static bool enlarge(struct hone_map *map)
{
    size_t room = map->room == 0 ? 16 : map->room * 2;
    struct hone_map_slot *slot = hone_arena_alloc(map->mem, sizeof *slot, room);
    if (slot == NULL) {
        return false;
    }
    for (size_t i = 0; i < map->room; i++) {
        if (map->slot[i].key.ptr != NULL) {
            *find(slot, room, map->slot[i].key, map->slot[i].hash) = map->slot[i];
        }
    }
    map->slot = slot;
    map->room = room;
    return true;
}

uint32_t hone_map_get(const struct hone_map *map, struct hone_str key)
{
    if (map->n == 0) {
        return UINT32_MAX;
    }
    const struct hone_map_slot *slot = find(map->slot, map->room, key, slot_hash(key));
    return slot->key.ptr == NULL ? UINT32_MAX : slot->value;
}

uint32_t hone_map_add(struct hone_map *map, struct hone_str key, uint32_t value)
{
    if (map->n * 4 >= map->room * 3 && !enlarge(map)) {
        return UINT32_MAX;
    }
    if (key.ptr == NULL) {
        key.ptr = ""; /* the empty text is a key like any other */
    }
    uint32_t hash = slot_hash(key);
    struct hone_map_slot *slot = find(map->slot, map->room, key, hash);
    if (slot->key.ptr == NULL) {
        *slot = (struct hone_map_slot){key, hash, value};
        map->n++;
    }
    return slot->value;
}
