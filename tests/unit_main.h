/*
 * unit_main.h - the list of unit test groups, written by tools/gen-tests
 */
#ifndef HONE_TESTS_UNIT_MAIN_H
#define HONE_TESTS_UNIT_MAIN_H

#include "check.h"

struct unit_group {
    const char *name;
    const struct CMUnitTest *tests;
    const size_t *n;
};

/* Ends with a NULL name. */
extern const struct unit_group unit_groups[];

#endif
