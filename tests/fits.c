/* What fits.h promises. */
#include "fits.h"

#include "base/json.h"

void *fits_settings(struct hone_run *run, const struct hone_estimator *e, const char *json,
                    struct hone_arena *mem)
{
    void *set = hone_arena_must(mem, e->part.settings_size);
    HONE_JSON json_t *given = NULL;

    hone_settings_default(&e->part, set);
    CHECK_OK(run, hone_json_parse(run, hone_str(json), &given));
    CHECK_OK(run, hone_settings_from_json(run, &e->part, set, given, mem));
    return set;
}
