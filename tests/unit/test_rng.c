/* Random numbers: reproducible by place, and distributed as they say. */
#include "base/hash.h"
#include "base/rng.h"
#include "check.h"

#define N 200000

static void number_depends_on_its_place_alone(void **state)
{
    (void)state;
    struct hone_rng rng = hone_rng(1, hone_rng_name("split"));
    const struct hone_rng start = rng;
    for (uint64_t i = 0; i < 100; i++) {
        CHECK(hone_rng_u64(&rng) == hone_rng_at(&start, i));
    }
    CHECK(rng.counter == 100);
}

static void mixer_is_splitmix64(void **state)
{
    (void)state;
    /* The first outputs of SplitMix64 from seed 1234567, as published with the algorithm. */
    struct hone_rng rng = {.key = 1234567};
    CHECK(hone_rng_u64(&rng) == UINT64_C(6457827717110365317));
    CHECK(hone_rng_u64(&rng) == UINT64_C(3203168211198807973));
    CHECK(hone_rng_u64(&rng) == UINT64_C(9817491932198370423));
}

static void seeds_and_streams_differ(void **state)
{
    (void)state;
    struct hone_rng first = hone_rng(0, 0);
    for (uint64_t i = 1; i < 1000; i++) {
        struct hone_rng seed = hone_rng(i, 0);
        struct hone_rng stream = hone_rng(0, i);
        CHECK(seed.key != first.key && stream.key != first.key && seed.key != stream.key);
    }
    CHECK(hone_rng_name("split") != hone_rng_name("fold"));
}

static void unit_has_its_moments(void **state)
{
    (void)state;
    struct hone_rng rng = hone_rng(3, 0);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < N; i++) {
        double u = hone_rng_unit(&rng);
        CHECK(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
    }
    /* Four standard errors of a uniform mean: 4 * sqrt(1/12/N). */
    CHECK_NEAR(sum / N, 0.5, 4 * sqrt(1.0 / 12 / N));
    CHECK_NEAR(squares / N, 1.0 / 3, 4 * sqrt(4.0 / 45 / N));
}

static void normal_has_its_moments(void **state)
{
    (void)state;
    struct hone_rng rng = hone_rng(4, 0);
    double moment[5] = {0};
    int beyond = 0;
    for (int i = 0; i < N; i++) {
        double z = hone_rng_normal(&rng);
        CHECK(isfinite(z));
        double power = z;
        for (int k = 1; k <= 4; k++, power *= z) {
            moment[k] += power / N;
        }
        beyond += fabs(z) > 1.959963984540054;
    }
    /* Four standard errors: the variances of z, z^2, z^3, z^4 are 1, 2, 15, 96. */
    CHECK_NEAR(moment[1], 0, 4 * sqrt(1.0 / N));
    CHECK_NEAR(moment[2], 1, 4 * sqrt(2.0 / N));
    CHECK_NEAR(moment[3], 0, 4 * sqrt(15.0 / N));
    CHECK_NEAR(moment[4], 3, 4 * sqrt(96.0 / N));
    CHECK_NEAR((double)beyond / N, 0.05, 4 * sqrt(0.05 * 0.95 / N));
}

static void below_is_uniform(void **state)
{
    (void)state;
    struct hone_rng rng = hone_rng(5, 0);
    double count[7] = {0};
    for (int i = 0; i < N; i++) {
        uint64_t x = hone_rng_below(&rng, 7);
        CHECK(x < 7);
        count[x]++;
    }
    double chi = 0;
    for (size_t i = 0; i < 7; i++) {
        chi += (count[i] - N / 7.0) * (count[i] - N / 7.0) / (N / 7.0);
    }
    CHECK(chi < 22.46); /* the 0.999 quantile of chi-square with 6 degrees of freedom */
    CHECK(hone_rng_below(&rng, 1) == 0);
    for (int i = 0; i < 100; i++) {
        CHECK(hone_rng_below(&rng, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
    }
}

static void shuffle_gives_every_order(void **state)
{
    (void)state;
    struct hone_rng rng = hone_rng(6, 0);
    double count[24] = {0};
    int rounds = 48000;
    for (int r = 0; r < rounds; r++) {
        size_t item[4] = {0, 1, 2, 3};
        hone_rng_shuffle(&rng, 4, item);
        size_t code = 0; /* the rank of the order */
        for (size_t i = 0; i < 4; i++) {
            size_t smaller = 0;
            for (size_t j = i + 1; j < 4; j++) {
                smaller += item[j] < item[i];
            }
            code = code * (4 - i) + smaller;
        }
        count[code]++;
    }
    double chi = 0;
    for (size_t i = 0; i < 24; i++) {
        CHECK(count[i] > 0);
        chi += (count[i] - rounds / 24.0) * (count[i] - rounds / 24.0) / (rounds / 24.0);
    }
    CHECK(chi < 49.73); /* the 0.999 quantile of chi-square with 23 degrees of freedom */
}

const struct CMUnitTest hone_tests_rng[] = {
    cmocka_unit_test(number_depends_on_its_place_alone),
    cmocka_unit_test(mixer_is_splitmix64),
    cmocka_unit_test(seeds_and_streams_differ),
    cmocka_unit_test(unit_has_its_moments),
    cmocka_unit_test(normal_has_its_moments),
    cmocka_unit_test(below_is_uniform),
    cmocka_unit_test(shuffle_gives_every_order),
};
const size_t hone_tests_rng_n = sizeof hone_tests_rng / sizeof hone_tests_rng[0];
