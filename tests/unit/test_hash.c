/* Hashes against published vectors; the table hash by its statistics. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "check.h"

static void sha256_vectors(void **state)
{
    (void)state;
    /* FIPS 180-4 examples, and the empty text. */
    CHECK_STR(hone_sha256("abc", 3).hex,
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    CHECK_STR(hone_sha256(two, strlen(two)).hex,
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK_STR(hone_sha256(NULL, 0).hex,
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void sha256_in_pieces(void **state)
{
    (void)state;
    /* A million times 'a', in pieces of changing length. */
    char piece[997];
    memset(piece, 'a', sizeof piece);
    struct hone_sha_stream *stream = hone_sha_begin();
    size_t left = 1000000;
    for (size_t len = 0; left > 0; len = (len + 1) % (sizeof piece + 1)) {
        size_t n = len < left ? len : left;
        hone_sha_add(stream, piece, n);
        left -= n;
    }
    CHECK_STR(hone_sha_end(stream).hex,
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void hmac_vectors(void **state)
{
    (void)state;
    /* RFC 4231, test cases 1, 2 and 6. */
    char key[131];
    memset(key, 0x0b, 20);
    CHECK_STR(hone_hmac256((struct hone_str){key, 20}, hone_str("Hi There")).hex,
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK_STR(hone_hmac256(hone_str("Jefe"), hone_str("what do ya want for nothing?")).hex,
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    CHECK_STR(hone_hmac256((struct hone_str){key, sizeof key},
                           hone_str("Test Using Larger Than Block-Size Key - Hash Key First"))
                  .hex,
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    CHECK_STR(hone_hmac256(hone_str(""), hone_str("")).hex,
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void every_bit_moves_half_of_the_hash(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 24; len++) {
        unsigned char bytes[24] = {0};
        uint64_t before = hone_hash64(bytes, len, 1);
        double flipped = 0;
        for (size_t bit = 0; bit < 8 * len; bit++) {
            bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
            uint64_t after = hone_hash64(bytes, len, 1);
            bytes[bit / 8] ^= (unsigned char)(1u << (bit % 8));
            CHECK(after != before);
            flipped += __builtin_popcountll(before ^ after);
        }
        double n = (double)(8 * len);
        /* Five standard errors of a mean of n counts of 64 fair bits. */
        CHECK_NEAR(flipped / n, 32, 5 * 4 / sqrt(n));
    }
}

static void hash_spreads_like_chance(void **state)
{
    (void)state;
    /* Short decimal keys, as identifiers are, into 1024 buckets by their low and high bits. */
    static double low[1024];
    static double high[1024];
    int n = 100000;
    for (int i = 0; i < n; i++) {
        char key[16];
        int len = snprintf(key, sizeof key, "%d", i);
        uint64_t h = hone_hash64(key, (size_t)len, 0);
        low[h & 1023]++;
        high[h >> 54]++;
    }
    double chi_low = 0;
    double chi_high = 0;
    double want = n / 1024.0;
    for (size_t i = 0; i < 1024; i++) {
        chi_low += (low[i] - want) * (low[i] - want) / want;
        chi_high += (high[i] - want) * (high[i] - want) / want;
    }
    /* Mean 1023, standard deviation 45: within five of them. */
    CHECK_NEAR(chi_low, 1023, 5 * 45.2);
    CHECK_NEAR(chi_high, 1023, 5 * 45.2);
    CHECK(hone_hash64("a", 1, 0) != hone_hash64("a\0", 2, 0));
    CHECK(hone_hash64("abc", 3, 0) != hone_hash64("abc", 3, 1));
    CHECK(hone_hash64("", 0, 0) == hone_hash64(NULL, 0, 0));
}

static void hash_is_fixed(void **state)
{
    (void)state;
    /* Buckets of routed requests and cached names depend on these values: they must never change. */
    CHECK(hone_hash64("", 0, 0) == UINT64_C(0xa8871e3718ca0053));
    CHECK(hone_hash64("hone", 4, 0) == UINT64_C(0xc71a9b3bfab3c3d5));
    CHECK(hone_hash64("a longer text, two words and some", 33, 9) ==
          UINT64_C(0x8dfbfbd882d08891));
}

static void secrets_compare(void **state)
{
    (void)state;
    CHECK(hone_equal_secret(hone_str("token"), hone_str("token")));
    CHECK(!hone_equal_secret(hone_str("token"), hone_str("tokem")));
    CHECK(!hone_equal_secret(hone_str("token"), hone_str("token1")));
    CHECK(hone_equal_secret(hone_str(""), hone_str("")));
}

static void random_bytes_differ(void **state)
{
    (void)state;
    struct hone_run run = {0};
    unsigned char a[64] = {0};
    unsigned char b[64] = {0};
    CHECK_OK(&run, hone_random_bytes(&run, a, sizeof a));
    CHECK_OK(&run, hone_random_bytes(&run, b, sizeof b));
    CHECK(memcmp(a, b, sizeof a) != 0);
}

static void map_keeps_what_it_was_given(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_map map = {.mem = &mem};
    CHECK(hone_map_get(&map, hone_str("x")) == UINT32_MAX);
    for (uint32_t i = 0; i < 10000; i++) {
        const char *key = hone_arena_format(&mem, "key %u", (unsigned)i);
        CHECK(hone_map_add(&map, hone_str(key), i) == i);
    }
    CHECK(map.n == 10000);
    for (uint32_t i = 0; i < 10000; i++) {
        char key[32];
        snprintf(key, sizeof key, "key %u", (unsigned)i);
        CHECK(hone_map_get(&map, hone_str(key)) == i);
        CHECK(hone_map_add(&map, hone_str(key), 1) == i);
    }
    CHECK(map.n == 10000);
    CHECK(hone_map_get(&map, hone_str("key 10000")) == UINT32_MAX);
    CHECK(hone_map_get(&map, hone_str(NULL)) == UINT32_MAX);
    CHECK(hone_map_add(&map, hone_str(NULL), 5) == 5);
    CHECK(hone_map_get(&map, hone_str("")) == 5);
    hone_arena_free(&mem);
}

static void map_says_when_there_is_no_memory(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_map map = {.mem = &mem};
    hone_arena_fail_after(1);
    CHECK(hone_map_add(&map, hone_str("x"), 1) == UINT32_MAX);
    hone_arena_fail_after(0);
    CHECK(hone_map_add(&map, hone_str("x"), 1) == 1);
    hone_arena_free(&mem);
}

const struct CMUnitTest hone_tests_hash[] = {
    cmocka_unit_test(sha256_vectors),
    cmocka_unit_test(sha256_in_pieces),
    cmocka_unit_test(hmac_vectors),
    cmocka_unit_test(every_bit_moves_half_of_the_hash),
    cmocka_unit_test(hash_spreads_like_chance),
    cmocka_unit_test(hash_is_fixed),
    cmocka_unit_test(secrets_compare),
    cmocka_unit_test(random_bytes_differ),
    cmocka_unit_test(map_keeps_what_it_was_given),
    cmocka_unit_test(map_says_when_there_is_no_memory),
};
const size_t hone_tests_hash_n = sizeof hone_tests_hash / sizeof hone_tests_hash[0];
