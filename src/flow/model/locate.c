#include "flow/model/locate.h"

#include "base/file.h"
#include "store/lineage.h"
#include "store/registry.h"

static enum hone_code in_store(struct hone_run *run, const char *store_folder, const char *text,
                               struct hone_arena *mem, struct hone_located *out)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct hone_resolved found;
    struct hone_located located = {0};
    HONE_TRY(hone_store_open(run, store_folder, false, mem, &store));
    HONE_TRY(hone_store_resolve(run, store, text, mem, &found));
    located.path = found.path;
    located.hash = found.hash;
    located.run = found.run;
    located.uri = hone_arena_text(mem, text, strlen(text));
    if (found.version.id != 0) {
        located.name = found.version.model;
        located.version = found.version.version;
        located.uri =
            hone_arena_format(mem, "models:/%s/%lld", located.name, (long long)located.version);
    }
    if (located.run != NULL) {
        HONE_TRY(hone_store_run_file(run, store, located.run, HONE_RUN_BINDING, mem,
                                     &located.binding));
        HONE_TRY(hone_store_run_file(run, store, located.run, HONE_RUN_REFERENCE, mem,
                                     &located.reference));
    }
    *out = located;
    return HONE_OK;
}

enum hone_code hone_model_locate(struct hone_run *run, const char *store_folder,
                                 const char *text, struct hone_arena *mem,
                                 struct hone_located *out)
{
    if (hone_uri_is(text)) {
        return in_store(run, store_folder, text, mem, out);
    }
    if (!hone_file_exists(text)) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "there is no model file %s", text);
        return hone_hint(run, "a registered model is named models:/NAME/VERSION or "
                              "models:/NAME@champion; hone models lists them");
    }
    *out = (struct hone_located){.uri = text, .path = text};
    return HONE_OK;
}
