/*
 * base/hash.h - content hashes, and hashes for tables in memory
 */
#ifndef HONE_BASE_HASH_H
#define HONE_BASE_HASH_H

#include "base/str.h"

/* SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits and a NUL. */
struct hone_sha {
    char hex[65];
};
struct hone_sha hone_sha256(const void *bytes, size_t len);

/* The same piece by piece. */
struct hone_sha_stream;
struct hone_sha_stream *hone_sha_begin(void); /* panics without memory */
void hone_sha_add(struct hone_sha_stream *stream, const void *bytes, size_t len);
struct hone_sha hone_sha_end(struct hone_sha_stream *stream); /* frees the stream */
struct hone_sha hone_hmac256(struct hone_str key, struct hone_str message);

/* 64 well-mixed bits for hash tables and bucketing; the same on every machine; not for security. */
uint64_t hone_hash64(const void *bytes, size_t len, uint64_t seed);
static inline uint64_t hone_mix64(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* True when equal, in time that depends on the lengths alone. */
bool hone_equal_secret(struct hone_str a, struct hone_str b);

/* Random bytes from the system, for tokens and identifiers only. */
enum hone_code hone_random_bytes(struct hone_run *run, void *out, size_t len);

/*
 * A map from text to a 32-bit number (dictionaries, column names).  Zeroed except mem is empty.
 * Keys are borrowed: they must outlive the map.
 */
struct hone_map {
    struct hone_arena *mem;
    struct hone_map_slot *slot;
    size_t room; /* a power of two, or 0 */
    size_t n;
};
struct hone_map_slot {
    struct hone_str key;
    uint32_t hash; /* upper bits of the hash; 0 with key.ptr NULL: free */
    uint32_t value;
};
/* The value of key, or UINT32_MAX. */
uint32_t hone_map_get(const struct hone_map *map, struct hone_str key);
/* The value of key after adding it with value if it was absent; UINT32_MAX when there is no memory. */
uint32_t hone_map_add(struct hone_map *map, struct hone_str key, uint32_t value);

#endif
