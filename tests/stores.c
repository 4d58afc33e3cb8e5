/* What stores.h promises. */
#include "stores.h"

#include "store/artifact.h"

int64_t stores_still(void *clock)
{
    return *(int64_t *)clock;
}

int64_t stores_tick(void *clock)
{
    return ++*(int64_t *)clock;
}

struct hone_version_record stores_version(struct hone_run *run, struct hone_store *store,
                                          const char *model, struct hone_arena *mem)
{
    struct hone_sha hash;
    struct hone_version_record version;
    int64_t number = 0;

    CHECK_OK(run, hone_artifact_put(run, store, hone_str("x"), &hash));
    version = (struct hone_version_record){.model = model, .onnx = hash.hex};
    CHECK_OK(run, hone_model_register(run, store, &version, NULL, &number));
    CHECK_OK(run, hone_version_get(run, store, model, number, mem, &version));
    return version;
}

void stores_enter(struct stores_room *room)
{
    *room = (struct stores_room){0};
    CHECK_OK(&room->run,
             hone_store_open(&room->run, check_folder(), true, &room->mem, &room->store));
    room->version = stores_version(&room->run, room->store, "m", &room->mem);
}

void stores_leave(struct stores_room *room)
{
    CHECK_OK(&room->run, hone_store_check(&room->run, room->store));
    hone_store_close(room->store);
    hone_arena_free(&room->mem);
    hone_run_clear(&room->run);
}
