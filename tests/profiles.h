/*
 * profiles.h - tables that pandas and SciPy have described, beside what they said
 */
#ifndef HONE_TESTS_PROFILES_H
#define HONE_TESTS_PROFILES_H

#include "base/json.h"
#include "profile/profile.h"
#include "tables.h"

/* Names in tests/golden/profile.json, and the files they are about. */
struct profiles_case {
    const char *name, *path;
    bool shared; /* path is below the shared data sets */
};
extern const struct profiles_case profiles_cases[];
extern const size_t profiles_n;

/* tests/golden/profile.json; new reference. */
json_t *profiles_golden(struct tables_room *room);

/* The table of a case with its profile; NULL when the shared data are not there. */
struct hone_table *profiles_read(struct tables_room *room, const struct profiles_case *c,
                                 struct hone_profile **profile);

#endif
