/*
 * planted.h - made-up tables, clean and with one problem each
 *
 * A sheet is a table as texts, so that a problem is planted as it would stand in a file; it becomes a table through
 * the CSV reader.  All of it comes from a fixed seed.
 */
#ifndef HONE_TESTS_PLANTED_H
#define HONE_TESTS_PLANTED_H

#include "base/rng.h"
#include "check/check.h"

#define PLANTED_ROWS  1600
#define PLANTED_TRAIN 1200 /* the rest is the test part */
#define PLANTED_COLS  16

struct sheet {
    struct hone_arena *mem;
    struct hone_rng rng;
    size_t rows, cols;
    const char *name[PLANTED_COLS];
    const char *cell[PLANTED_ROWS + 64][PLANTED_COLS]; /* "": missing */
    const char *target, *time, *group;
    bool parts; /* look at a training and a test part */
};

/* The clean tables: people (classification), machines (regression), a series, patients (groups). */
enum planted_base {
    PLANTED_PEOPLE,
    PLANTED_MACHINES,
    PLANTED_SERIES,
    PLANTED_PATIENTS,
    PLANTED_BASES
};
void planted_fill(struct sheet *s, enum planted_base base);

struct planted {
    const char *kind; /* what was done */
    enum planted_base base;
    void (*damage)(struct sheet *s);
    const char *check;  /* that must tell */
    const char *column; /* NULL: the table as a whole */
    size_t row; /* the first one that must be listed; SIZE_MAX: rows are not the point */
};
extern const struct planted planted_kinds[];
extern const size_t planted_kinds_n;

/* Rows first to first + n as a table. */
struct hone_table *planted_table(struct hone_run *run, const struct sheet *s, size_t first,
                                 size_t n);

#endif
