/* hone tag: words kept with a run or a version. */
#include "cli/input.h"
#include "store/lineage.h"
#include "store/registry.h"

/* KEY=VALUE; an empty value takes the tag away. */
static enum hone_code read_tags(struct hone_run *run, const struct hone_args *args,
                                struct hone_fact *out)
{
    for (size_t i = 1; i < args->n; i++) {
        struct hone_str key;
        struct hone_str value;
        if (!hone_str_cut(hone_str(args->item[i]), '=', &key, &value) || key.len == 0 ||
            key.len > 250) {
            (void)hone_fail(run, HONE_E_ARG, "\"%.80s\" is no tag", args->item[i]);
            return hone_hint(run, "KEY=VALUE; KEY= takes one away");
        }
        out[i - 1].key = hone_arena_text(args->mem, key.ptr, key.len);
        out[i - 1].value =
            hone_arena_text(args->mem, value.len == 0 ? "" : value.ptr, value.len);
    }
    return HONE_OK;
}

/* The run that a name means: the one that made a version, or a run itself. */
static enum hone_code find_run(struct hone_run *run, struct hone_store *store,
                               const struct hone_args *args, const char **id)
{
    struct hone_uri uri;
    struct hone_version_record version;
    struct hone_run_record record;
    const char *name = args->item[0];

    if (!hone_uri_is(name)) {
        HONE_TRY(hone_store_run_get(run, store, name, args->mem, &record));
        *id = record.id;
        return HONE_OK;
    }
    HONE_TRY(hone_uri_parse(run, name, args->mem, &uri));
    if (uri.kind == HONE_URI_RUN) {
        HONE_TRY(hone_store_run_get(run, store, uri.run, args->mem, &record));
        *id = record.id;
        return HONE_OK;
    }
    if (uri.kind == HONE_URI_ALIAS) {
        struct hone_resolved found;
        HONE_TRY(hone_store_resolve(run, store, name, args->mem, &found));
        version = found.version;
    } else {
        HONE_TRY(hone_version_get(run, store, uri.name, uri.version, args->mem, &version));
    }
    if (version.run == NULL) {
        return hone_fail(run, HONE_E_NOT_FOUND, "no run is on record for %s", name);
    }
    *id = version.run;
    return HONE_OK;
}

static enum hone_code run_tag(struct hone_run *run, const void *settings,
                              struct hone_args *args)
{
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct hone_fact *tag;
    const char *id;
    size_t n;

    (void)settings;
    HONE_TRY(hone_array(run, args->mem, &tag, args->n));
    HONE_TRY(read_tags(run, args, tag));
    HONE_TRY(hone_store_open(run, args->global.store, false, args->mem, &store));
    HONE_TRY(find_run(run, store, args, &id));
    HONE_TRY(hone_store_log_tags(run, store, id, tag, args->n - 1));
    HONE_TRY(hone_store_run_tags(run, store, id, args->mem, &tag, &n));
    if (args->global.json) {
        json_t *result = json_object();
        json_t *tags = json_object();
        for (size_t i = 0; i < n; i++) {
            hone_json_set_text(tags, tag[i].key, tag[i].value);
        }
        hone_json_set_text(result, "run", id);
        hone_json_set(result, "tags", tags);
        hone_print_json(result);
        return HONE_OK;
    }
    for (size_t i = 0; i < n; i++) {
        printf("%s=%s\n", tag[i].key,
               hone_text_fit(&args->out, args->mem, hone_str(tag[i].value), 400));
    }
    if (n == 0) {
        puts("no tags");
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_tag = {
    .part.name = "tag",
    .part.summary = "keep words with a run or a version of a model",
    .usage = "models:/NAME/VERSION|runs:/ID [KEY=VALUE]...",
    .detail =
        "Tags of a version are those of the run that made it.  A tag that is there is replaced, "
        "KEY= takes it away; without tags, shows them.  hone runs --where finds runs by "
        "their tags.",
    .examples = "hone tag models:/loan/3 owner=ana note='seen by risk'\n"
                "hone tag runs:/3f2a stage=\n"
                "hone runs --where 'tags.owner = ana'",
    .stage = HONE_STAGE_REGISTRY,
    .min_args = 1,
    .max_args = 100,
    .run = run_tag,
};
