/*
 * table/arrow_value_priv.h - single values of Arrow arrays that passed hone_arrow_check
 */
#ifndef HONE_TABLE_ARROW_VALUE_PRIV_H
#define HONE_TABLE_ARROW_VALUE_PRIV_H

#include "table/arrow_array.h"

/* A row of an array of a type. */
struct hone_arrow_cell {
    const struct hone_arrow_type *type;
    const struct hone_arrow_array *array;
    size_t row; /* below array->length */
};

/* Follow dictionaries, runs and unions to the cell that has the value; false when it is missing. */
bool hone_arrow_resolve(struct hone_arrow_cell *cell);

/* The type behind dictionaries and runs. */
const struct hone_arrow_type *hone_arrow_plain(const struct hone_arrow_type *type);

/* Of resolved cells.  i64: ints (also unsigned, as bits), dates, times, timestamps, durations; f64: floats,
 * decimals, correctly rounded; bytes: text and binary of all layouts. */
int64_t hone_arrow_i64(const struct hone_arrow_cell *cell);
double hone_arrow_f64(const struct hone_arrow_cell *cell);
/* A decimal's digits as an integer; false when 64 bits do not hold it. */
bool hone_arrow_whole(const struct hone_arrow_cell *cell, int64_t *out);
bool hone_arrow_bool(const struct hone_arrow_cell *cell);
struct hone_str hone_arrow_bytes(const struct hone_arrow_cell *cell);

/* The items of a list of any layout, or map: rows [*from, *from + *n) of its child. */
void hone_arrow_items(const struct hone_arrow_cell *cell, size_t *from, size_t *n);

/* The integer at place i of a buffer of integers. */
int64_t hone_arrow_int(struct hone_arrow_bytes bytes, unsigned bits, bool is_signed, size_t i);

/* Append a value as text: lists, maps and structs as JSON; with json also the others as JSON has them. */
void hone_arrow_print(struct hone_buf *buf, struct hone_arrow_cell cell, bool json);

#endif
