#include "serve/status_documents.h"

#include <math.h>

#include "base/file.h"
#include "flow/train/facts.h"
#include "flow/watch/watch.h"
#include "store/lineage.h"

#define WORST 3
/* More than these are not remembered at once: the looks at a model are many over the months. */
#define REMEMBERED 500

typedef json_t *taker(const json_t *document);

/* The last window's columns are in order of how far they moved. */
static json_t *take_look(const json_t *document)
{
    const json_t *performance = json_object_get(document, "performance");
    const json_t *windows = json_object_get(document, "windows");
    const json_t *last = json_array_get(windows, json_array_size(windows) - 1);
    const json_t *columns = json_object_get(json_object_get(last, "drift"), "columns");
    json_t *look = json_object();
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(columns) && json_array_size(list) < WORST; i++) {
        const json_t *c = json_array_get(columns, i);
        if (strcmp(hone_json_get_text(c, "state", ""), "drift") == 0) {
            json_t *o = json_object();
            hone_json_set_text(o, "column", hone_json_get_text(c, "column", ""));
            hone_json_set_text(o, "role", hone_json_get_text(c, "role", ""));
            hone_json_set_text(o, "message", hone_json_get_text(c, "message", ""));
            hone_json_push(list, o);
        }
    }
    hone_json_set(look, "worst", list);
    hone_json_set(look, "unread_labels",
                  json_integer(hone_json_get_int(performance, "unread_labels", 0)));
    hone_json_set_text(look, "unread_label",
                       json_string_value(json_object_get(performance, "unread_label")));
    return look;
}

/* Of the evaluation of the test rows; a training of long ago has them beside it. */
static json_t *take_metrics(const json_t *document)
{
    const json_t *metrics =
        json_object_get(json_object_get(document, "evaluation"), "measures");
    metrics = metrics != NULL ? metrics : json_object_get(document, "metrics");
    json_t *tested = json_object();
    hone_json_set(tested, "metrics",
                  json_is_array(metrics) ? json_deep_copy(metrics) : json_array());
    return tested;
}

static enum hone_code read_document(struct hone_run *run, struct hone_store *store,
                                    const char *id, const char *name, taker *take, json_t **out)
{
    HONE_ARENA(work);
    HONE_JSON json_t *document = NULL;
    HONE_CLOSING(hone_file_close) struct hone_file file = {0};
    const char *path = NULL;
    HONE_TRY(hone_store_run_file(run, store, id, name, &work, &path));
    if (path != NULL) {
        HONE_TRY(hone_file_open(run, path, &work, &file));
        HONE_TRY(hone_json_parse(run, file.bytes, &document));
    }
    *out = take(document);
    return HONE_OK;
}

/* New reference.  A document that cannot be read is as one that says nothing: it is no reason to show nothing. */
static json_t *taken(struct hone_run *run, struct hone_store *store, const char *id,
                     const char *name, taker *take, json_t *read)
{
    json_t *found = id == NULL ? NULL : json_object_get(read, id);
    if (id == NULL) {
        return take(NULL);
    }
    if (found != NULL) {
        return json_incref(found);
    }
    if (read_document(run, store, id, name, take, &found) != HONE_OK) {
        hone_error_clear(run);
        found = take(NULL);
    }
    if (read != NULL) {
        if (json_object_size(read) >= REMEMBERED) {
            json_object_clear(read);
        }
        hone_json_set(read, id, json_incref(found));
    }
    return found;
}

void hone_status_looked(struct hone_run *run, struct hone_store *store, const char *watch,
                        json_t *read, json_t *look)
{
    HONE_JSON json_t *said = taken(run, store, watch, HONE_RUN_WATCH, take_look, read);
    HONE_ASSERT(json_object_update(look, said) == 0);
}

void hone_status_tested(struct hone_run *run, struct hone_store *store, const char *training,
                        json_t *read, json_t *look)
{
    HONE_JSON json_t *said = taken(run, store, training, HONE_RUN_FACTS, take_metrics, read);
    const json_t *metrics = json_object_get(said, "metrics");
    const char *wanted = hone_json_get_text(look, "metric", "");
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(metrics) && found == NULL; i++) {
        const json_t *m = json_array_get(metrics, i);
        found = strcmp(hone_json_get_text(m, "name", ""), wanted) == 0 ? m : NULL;
    }
    hone_json_set(look, "tested",
                  hone_json_real(hone_json_get_real(found, "value", (double)NAN)));
    hone_json_set(look, "tested_low",
                  hone_json_real(hone_json_get_real(found, "low", (double)NAN)));
    hone_json_set(look, "tested_high",
                  hone_json_real(hone_json_get_real(found, "high", (double)NAN)));
    hone_json_set(look, "greater_is_better",
                  found == NULL
                      ? json_null()
                      : json_boolean(hone_json_get_bool(found, "greater_is_better", true)));
    hone_json_set_text(look, "says",
                       found == NULL ? NULL : hone_json_get_text(found, "summary", ""));
}
