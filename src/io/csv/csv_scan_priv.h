/*
 * io/csv_scan_priv.h - the kernels of the CSV reader: where fields end, and plain numbers
 *
 * Each set of kernels gives the same results to the bit; the portable one is the oracle of the others.  Kernels
 * that are given a field may read HONE_CSV_SLACK bytes from its beginning, whatever its length.
 */
#ifndef HONE_IO_CSV_SCAN_PRIV_H
#define HONE_IO_CSV_SCAN_PRIV_H

#include "io/chunk_priv.h"

#define HONE_CSV_SLACK 64

/* The bytes that mean something. */
struct hone_csv_bytes {
    char delimiter, eol, quote;
};

/* Of n bytes, bit i of word i / 64: byte i is a delimiter or line end, a line end, a quote. */
struct hone_csv_bits {
    uint64_t *stop, *eol, *quote; /* (n / 64 + 1); bits from n on are 0 */
};

/* A column of a batch of records. */
struct hone_csv_cells {
    const char *base;
    const struct hone_field *field; /* of the first record */
    size_t stride;                  /* fields from one record to the next */
    size_t rows;
};

/*
 * The values of the cells from row on, as far as they are plain: empty (then the bit of missing is set and the
 * value 0), or a sign, at most 16 digits and, for reals, a point among them, exact in a double.
 * Returns the first row that is not.
 */
typedef size_t hone_csv_reals(const struct hone_csv_cells *cells, size_t row, double *value,
                              uint64_t *missing);
typedef size_t hone_csv_ints(const struct hone_csv_cells *cells, size_t row, int64_t *value,
                             uint64_t *missing);

struct hone_csv_kernels {
    const char *name;
    /* Fill bits; *quotes of them are quotes.  True when all bytes are in 1..127. */
    bool (*mark)(struct hone_csv_bytes bytes, struct hone_str text, struct hone_csv_bits *bits,
                 size_t *quotes);
    /* Line ends in the text; its quotes are added to *quotes. */
    size_t (*count)(struct hone_csv_bytes bytes, struct hone_str text, size_t *quotes);
    hone_csv_reals *reals;
    hone_csv_ints *ints;
};

extern const struct hone_csv_kernels hone_csv_plain;
/* NULL on other processors, and when their files were not compiled for these. */
const struct hone_csv_kernels *hone_csv_avx2(void);
const struct hone_csv_kernels *hone_csv_avx512(void);
/* The fastest that this processor can run. */
const struct hone_csv_kernels *hone_csv_kernels(void);

/* 10^n, n <= 22, exact. */
extern const double hone_csv_power[23];

#endif
