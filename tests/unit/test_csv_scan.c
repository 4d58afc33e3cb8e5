/* The kernels of the CSV reader: every set gives what the portable one gives. */
#include <stdio.h>

#include "base/rng.h"
#include "check.h"
#include "io/csv/csv_scan_priv.h"

enum { MOST = 1000 };

/* The sets that this machine can run, beside the portable one. */
static size_t others(const struct hone_csv_kernels *out[2])
{
    const struct hone_csv_kernels *some[2] = {hone_csv_avx2(), hone_csv_avx512()};
    size_t n = 0;

    for (size_t i = 0; i < 2; i++) {
        if (some[i] != NULL) {
            out[n++] = some[i];
        }
    }
    return n;
}

static const struct hone_csv_bytes bytes = {',', '\n', '"'};

static void check_marks(const struct hone_csv_kernels *kernel, struct hone_str text)
{
    uint64_t room[3][MOST / 64 + 2];
    struct hone_csv_bits bits = {room[0], room[1], room[2]};
    size_t quotes = 77;
    size_t counted = 5;
    size_t all[3] = {0};
    bool odd = false;
    bool clean;

    memset(room, 0xff, sizeof room);
    clean = kernel->mark(bytes, text, &bits, &quotes);
    for (size_t i = 0; i < (text.len / 64 + 1) * 64; i++) {
        char c = i < text.len ? text.ptr[i] : 'x';
        bool is[3] = {c == ',' || c == '\n', c == '\n', c == '"'};
        for (size_t k = 0; k < 3; k++) {
            CHECK((room[k][i / 64] >> (i % 64) & 1) == is[k]);
            all[k] += is[k];
        }
        odd = odd || c == '\0' || (unsigned char)c > 127;
    }
    CHECK(clean == !odd && quotes == all[2]);
    CHECK(kernel->count(bytes, text, &counted) == all[1] && counted == 5 + all[2]);
}

static void bytes_are_marked_alike(void **state)
{
    static const char some[] = ",,\n\"ab 1.7,;\n\r-";
    const struct hone_csv_kernels *other[2];
    struct hone_rng rng = hone_rng(1, 0);
    size_t n = others(other);
    char text[MOST];
    (void)state;

    for (int i = 0; i < 300; i++) {
        struct hone_str s = {text, hone_rng_below(&rng, MOST)};
        for (size_t k = 0; k < s.len; k++) {
            text[k] = some[hone_rng_below(&rng, sizeof some - 1)];
        }
        if (i % 4 == 0 && s.len > 0) {
            text[hone_rng_below(&rng, s.len)] = (char)(i % 8 == 0 ? 0 : 0x80 + i % 128);
        }
        check_marks(&hone_csv_plain, s);
        for (size_t k = 0; k < n; k++) {
            check_marks(other[k], s);
        }
    }
}

/* Cells with slack behind the last. */
static struct hone_csv_cells cells_of(char *text, struct hone_field *field, const char *cell)
{
    size_t len = strlen(cell);

    memset(text, '7', 200); /* what stands around must not matter */
    memcpy(text + 20, cell, len);
    field[0] = (struct hone_field){20, (uint32_t)len};
    return (struct hone_csv_cells){text, field, 1, 1};
}

/* 0: not plain, 1: missing, 2: a value. */
static int run_reals(const struct hone_csv_kernels *kernel, const char *cell, double *value)
{
    char text[200];
    struct hone_field field[1];
    struct hone_csv_cells cells = cells_of(text, field, cell);
    uint64_t missing[1] = {0};

    if (kernel->reals(&cells, 0, value, missing) == 0) {
        CHECK(missing[0] == 0);
        return 0;
    }
    return missing[0] == 1 ? 1 : 2;
}

static int run_ints(const struct hone_csv_kernels *kernel, const char *cell, int64_t *value)
{
    char text[200];
    struct hone_field field[1];
    struct hone_csv_cells cells = cells_of(text, field, cell);
    uint64_t missing[1] = {0};

    if (kernel->ints(&cells, 0, value, missing) == 0) {
        CHECK(missing[0] == 0);
        return 0;
    }
    return missing[0] == 1 ? 1 : 2;
}

static void check_number(const char *cell)
{
    const struct hone_csv_kernels *other[2];
    size_t n = others(other);
    double x = -1;
    int64_t i = -1;
    int real = run_reals(&hone_csv_plain, cell, &x);
    int whole = run_ints(&hone_csv_plain, cell, &i);
    double want;
    int64_t want_i;

    if (real == 2) {
        CHECK(hone_parse_f64(hone_str(cell), &want) && memcmp(&want, &x, sizeof x) == 0);
    }
    if (whole == 2) {
        CHECK(hone_parse_i64(hone_str(cell), &want_i) && want_i == i);
    }
    for (size_t k = 0; k < n; k++) {
        double y = -1;
        int64_t j = -1;
        if (run_reals(other[k], cell, &y) != real || memcmp(&x, &y, sizeof x) != 0 ||
            run_ints(other[k], cell, &j) != whole || i != j) {
            fail_msg("'%s': plain %d %a %d, %s %a", cell, real, x, whole, other[k]->name, y);
        }
    }
}

static void plain_numbers_are_read_alike(void **state)
{
    static const char *const some[] = {"",
                                       "-",
                                       ".",
                                       "-.",
                                       "0",
                                       "-0",
                                       "-0.0",
                                       "5.",
                                       ".5",
                                       "-.5",
                                       "1.2.3",
                                       "..",
                                       "--1",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "1e5",
                                       "nan",
                                       "123456789012345",
                                       "1234567890123456",
                                       "-1234567890123456",
                                       "12345678901234567",
                                       "9007199254740992",
                                       "9007199254740993",
                                       "-900719925474.0993",
                                       "0.12345678901234",
                                       "0.123456789012345",
                                       "1/2",
                                       "1:2",
                                       "\xb2"};
    struct hone_rng rng = hone_rng(2, 0);
    double x;
    (void)state;

    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        check_number(some[i]);
    }
    CHECK(run_reals(&hone_csv_plain, "-12.75", &x) == 2 && x == -12.75); /* they do accept */
    for (int i = 0; i < 20000; i++) {
        static const char of[] = "0123456789012345678901234567890123456789.-e/:";
        char cell[24];
        size_t len = 1 + hone_rng_below(&rng, 18);
        for (size_t k = 0; k < len; k++) {
            cell[k] = of[hone_rng_below(&rng, i % 2 == 0 ? 41 : sizeof of - 1)];
        }
        cell[len] = '\0';
        check_number(cell);
    }
}

static void rows_in_a_stride_stop_at_the_first_odd_one(void **state)
{
    static const char text[] =
        "1,x,,y,3,z,4e1,w,5,v------------------------------------------------"
        "----------------------------------------";
    static const struct hone_field field[] = {{0, 1}, {2, 1},  {4, 0},  {5, 1},  {7, 1},
                                              {9, 1}, {11, 3}, {15, 1}, {17, 1}, {19, 1}};
    struct hone_csv_cells cells = {text, field, 2, 5};
    const struct hone_csv_kernels *set[3] = {&hone_csv_plain};
    size_t n = 1 + others(set + 1);
    (void)state;

    for (size_t k = 0; k < n; k++) {
        int64_t value[5] = {9, 9, 9, 9, 9};
        uint64_t missing[1] = {0};
        CHECK(set[k]->ints(&cells, 0, value, missing) == 3);
        CHECK(value[0] == 1 && value[1] == 0 && value[2] == 3 && missing[0] == 2);
        CHECK(set[k]->ints(&cells, 4, value, missing) == 5 && value[4] == 5);
    }
}

/* Many rows, of which kernels may take several at once: the same values and the same end. */
static void columns_are_read_alike(void **state)
{
    static const char of[] = "01234567890123456789012345678901234567890123456789012345678.-";
    enum { N = 23, STRIDE = 3 };
    const struct hone_csv_kernels *other[2];
    struct hone_rng rng = hone_rng(3, 0);
    size_t n = others(other);
    (void)state;

    for (int i = 0; i < 30000; i++) {
        struct hone_field field[N * STRIDE] = {0};
        char text[N * 24 + HONE_CSV_SLACK];
        struct hone_csv_cells cells = {text, field, STRIDE, N};
        size_t used = 0;
        double want[N] = {0};
        int64_t want_i[N] = {0};
        uint64_t want_missing[2] = {0};
        size_t stop;
        size_t stop_i;
        memset(text, 'x', sizeof text);
        for (size_t row = 0; row < N; row++) {
            size_t len = hone_rng_below(&rng, i % 5 == 0 ? 18 : 9);
            field[row * STRIDE] = (struct hone_field){(uint32_t)used, (uint32_t)len};
            for (size_t k = 0; k < len; k++) {
                text[used++] = of[hone_rng_below(&rng, i % 3 == 0 ? 60 : sizeof of - 1)];
            }
            if (len > 2 && row % 4 == 0) {
                text[used - len] = '-';
            }
            text[used++] = ',';
        }
        stop = hone_csv_plain.reals(&cells, 0, want, &want_missing[0]);
        stop_i = hone_csv_plain.ints(&cells, 0, want_i, &want_missing[1]);
        for (size_t k = 0; k < n; k++) {
            double got[N] = {0};
            int64_t got_i[N] = {0};
            uint64_t missing[2] = {0};
            CHECK(other[k]->reals(&cells, 0, got, &missing[0]) == stop);
            CHECK(other[k]->ints(&cells, 0, got_i, &missing[1]) == stop_i);
            CHECK(memcmp(got, want, stop * sizeof *got) == 0);
            CHECK(memcmp(got_i, want_i, stop_i * sizeof *got_i) == 0);
            CHECK(memcmp(missing, want_missing, sizeof missing) == 0);
        }
    }
}

const struct CMUnitTest hone_tests_csv_scan[] = {
    cmocka_unit_test(bytes_are_marked_alike),
    cmocka_unit_test(plain_numbers_are_read_alike),
    cmocka_unit_test(rows_in_a_stride_stop_at_the_first_odd_one),
    cmocka_unit_test(columns_are_read_alike),
};
const size_t hone_tests_csv_scan_n = sizeof hone_tests_csv_scan / sizeof hone_tests_csv_scan[0];
