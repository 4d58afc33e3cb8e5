/* What profiles.h promises. */
#include "profiles.h"

#include <stdlib.h>

#include "io/reader.h"

const struct profiles_case profiles_cases[] = {
    {"made", "tests/golden/profile.csv", false},
    {"titanic", "data/titanic/titanic.csv", true},
    {"bikes", "data/bike-sharing/day.csv", true},
    {"housing", "data/california-housing/housing.csv.gz", true},
};
const size_t profiles_n = sizeof profiles_cases / sizeof profiles_cases[0];

json_t *profiles_golden(struct tables_room *room)
{
    char *text = check_read("tests/golden/profile.json");
    json_t *golden = NULL;

    CHECK_OK(&room->run, hone_json_parse(&room->run, hone_str(text), &golden));
    free(text);
    return golden;
}

struct hone_table *profiles_read(struct tables_room *room, const struct profiles_case *c,
                                 struct hone_profile **profile)
{
    const char *path = c->shared ? check_shared(c->path) : c->path;
    struct hone_table *t = NULL;

    if (path == NULL) {
        return NULL;
    }
    CHECK_OK(&room->run, hone_table_read(&room->run, path, NULL, &room->mem, &t, NULL));
    CHECK_OK(&room->run, hone_table_profile(&room->run, t, &room->mem, profile));
    return t;
}
