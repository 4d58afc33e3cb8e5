#include "flow/project.h"

#include <math.h>

#include "base/file.h"

static const struct hone_param project_rows[] = {
    HONE_TEXT(struct hone_job, name, NULL, .help = "register the model under this name"),
    HONE_INT(struct hone_job, seed, 0, 0, 9007199254740991.0, .help = "of all randomness"),
    HONE_PARAM_END,
};
static const struct hone_param data_rows[] = {
    HONE_TEXT(struct hone_job, data, NULL, .arg = "FILE", .help = "the table to learn from"),
    HONE_TEXT(struct hone_job, test, NULL, .arg = "FILE", .help = "a test table of its own"),
    HONE_PARAM_END,
};
static const char *const watches[] = {"hour", "day", "off", NULL};
static const struct hone_param monitor_rows[] = {
    HONE_CHOICE(struct hone_job_monitor, watch, NULL, watches,
                .help = "how often hone serve looks at what it serves"),
    HONE_LIST(struct hone_job_monitor, webhook, .arg = "URL",
              .help =
                  "URLs that hone serve and hone monitor tell of alarms; read, but not kept "
                  "in records, since they may hold secrets"),
    HONE_PARAM_END,
};
static const struct hone_part monitor_part = {.name = "monitor",
                                              .settings_size = sizeof(struct hone_job_monitor),
                                              .params = monitor_rows};
static const struct hone_part project_part = {
    .name = "project", .settings_size = sizeof(struct hone_job), .params = project_rows};
static const struct hone_part data_part = {
    .name = "data", .settings_size = sizeof(struct hone_job), .params = data_rows};
static const struct hone_part read_part = {.name = "data.read",
                                           .settings_size = sizeof(struct hone_read_options),
                                           .params = hone_read_params};

/* Which setting each key of a section is. */
static const struct key {
    const char *section, *key, *setting;
    const struct hone_part *part;
} keys[] = {
    {"project", "name", "name", &project_part},
    {"project", "seed", "seed", &project_part},
    {"goal", "target", "target", &hone_train_options},
    {"goal", "task", "task", &hone_train_options},
    {"goal", "positive", "positive", &hone_train_options},
    {"goal", "metric", "metric", &hone_train_options},
    {"goal", "success", "success", &hone_train_options},
    {"goal", "value", "value", &hone_train_options},
    {"goal", "unit", "value_unit", &hone_train_options},
    {"data", "source", "data", &data_part},
    {"data", "test", "test", &data_part},
    {"split", "by", "split", &hone_train_options},
    {"split", "column", "split_column", &hone_train_options},
    {"split", "test_share", "test_share", &hone_train_options},
    {"features", "drop", "drop", &hone_train_options},
    {"features", "keep", "keep", &hone_train_options},
    {"features", "transform", "transform", &hone_train_options},
    {"data", "weight", "weight", &hone_train_options},
    {"model", "estimator", "model", &hone_train_options},
    {"model", "class_weight", "class_weight", &hone_train_options},
    {"model", "calibrate", "calibrate", &hone_train_options},
    {"model", "threshold", "threshold", &hone_train_options},
    {"evaluate", "folds", "folds", &hone_train_options},
    {"evaluate", "bootstrap", "bootstrap", &hone_train_options},
    {"data", "checks", "checks", &hone_train_options},
    {"fairness", "by", "by", &hone_train_options},
    {"fairness", "tolerance", "tolerance", &hone_train_options},
    {"monitor", "watch", "watch", &monitor_part},
    {"monitor", "webhook", "webhook", &monitor_part},
};
#define KEYS (sizeof keys / sizeof *keys)

/* How an item of a list is a member of a map in the file. */
enum form {
    NO_MAP,
    FIRST, /* "k=v" is {k: v}, cut at the first = */
    LAST,  /* the same at the last: the name of a class may hold one */
    GOAL,  /* "k >= v" is {k: ">= v"}, "k=v" is {k: v} */
};

static enum form form_of(const struct key *key)
{
    static const struct {
        const char *setting;
        enum form form;
    } forms[] = {{"success", GOAL}, {"value", FIRST}, {"class_weight", LAST}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (strcmp(key->setting, forms[i].setting) == 0) {
            return forms[i].form;
        }
    }
    return NO_MAP;
}

void hone_job_default(struct hone_job *job)
{
    *job = (struct hone_job){0};
    hone_settings_default(&read_part, &job->read);
    hone_settings_default(&hone_train_options, &job->train);
}

static const void *settings_of(const struct hone_job *job, const struct hone_part *part)
{
    return part == &hone_train_options ? (const void *)&job->train
           : part == &monitor_part     ? (const void *)&job->monitor
                                       : (const void *)job;
}

/* The list that a key sets. */
static struct hone_texts *list_of(const struct key *key, const struct hone_job *job)
{
    const struct hone_param *row = hone_param_find(key->part, hone_str(key->setting));
    const char *settings = settings_of(job, key->part);
    return (struct hone_texts *)(uintptr_t)(settings + row->offset);
}

/* False when there is no sign, or nothing before it: then the whole text is the key. */
static bool split_item(enum form form, const char *text, struct hone_str *key,
                       struct hone_str *value)
{
    const char *sign = form == GOAL ? strpbrk(text, "<>") : NULL;
    if (sign == NULL) {
        sign = form == FIRST ? strchr(text, '=') : strrchr(text, '=');
    }
    if (sign == NULL) {
        *key = hone_str(text);
        *value = hone_str("");
        return false;
    }
    *key = hone_str_trim((struct hone_str){text, (size_t)(sign - text)});
    *value = hone_str_trim(hone_str(*sign == '=' ? sign + 1 : sign));
    return key->len > 0;
}

#define LONGEST_KEY 127

/* Whether every text of a list can be a member of a map, and no two the same one. */
static bool is_map(enum form form, const struct hone_texts *set)
{
    for (size_t i = 0; i < set->n; i++) {
        struct hone_str key;
        struct hone_str other;
        struct hone_str value;
        if (!split_item(form, set->item[i], &key, &value) || key.len > LONGEST_KEY) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            split_item(form, set->item[j], &other, &value);
            if (hone_str_eq(key, other)) {
                return false;
            }
        }
    }
    return set->n > 0;
}

static json_t *map_to_json(enum form form, const struct hone_texts *set)
{
    json_t *object = json_object();
    for (size_t i = 0; i < set->n; i++) {
        struct hone_str key;
        struct hone_str value;
        int64_t whole;
        double number;
        char name[LONGEST_KEY + 1];
        split_item(form, set->item[i], &key, &value);
        size_t len = key.len < LONGEST_KEY ? key.len : LONGEST_KEY;
        memcpy(name, key.ptr, len);
        name[len] = '\0';
        json_t *json = hone_parse_i64(value, &whole) ? json_integer((json_int_t)whole)
                       : hone_parse_f64(value, &number) && isfinite(number)
                           ? json_real(number)
                           : hone_json_text(value);
        hone_json_set(object, name, json);
    }
    return object;
}

json_t *hone_job_to_json(const struct hone_job *job)
{
    json_t *project = json_object();
    HONE_JSON json_t *train = hone_settings_to_json(&hone_train_options, &job->train);
    HONE_JSON json_t *name = hone_settings_to_json(&project_part, job);
    HONE_JSON json_t *data = hone_settings_to_json(&data_part, job);
    /* a webhook's URL is as good as a password, and this tree goes on record */
    const struct hone_job_monitor shown = {.watch = job->monitor.watch};
    HONE_JSON json_t *monitor = hone_settings_to_json(&monitor_part, &shown);
    hone_json_set(monitor, "webhook", json_null());
    for (size_t k = 0; k < KEYS; k++) {
        json_t *section = json_object_get(project, keys[k].section);
        if (section == NULL) {
            section = json_object();
            hone_json_set(project, keys[k].section, section);
        }
        const json_t *from = keys[k].part == &hone_train_options ? train
                             : keys[k].part == &data_part        ? data
                             : keys[k].part == &monitor_part     ? monitor
                                                                 : name;
        enum form form = form_of(&keys[k]);
        const struct hone_texts *list = form != NO_MAP ? list_of(&keys[k], job) : NULL;
        hone_json_set(section, keys[k].key,
                      list != NULL && is_map(form, list)
                          ? map_to_json(form, list)
                          : json_incref(json_object_get(from, keys[k].setting)));
    }
    hone_json_set(json_object_get(project, "data"), "read",
                  hone_settings_to_json(&read_part, &job->read));
    hone_json_set(json_object_get(project, "model"), "settings",
                  map_to_json(FIRST, &job->train.set));
    return project;
}

/* --- the same rows as a JSON Schema --------------------------------------------------- */

static json_t *types_of(const char *const *type)
{
    json_t *list = json_array();
    for (; *type != NULL; type++) {
        hone_json_push(list, hone_json_text(hone_str(*type)));
    }
    return list;
}

/* What a setting may be in the file: a null leaves the default, a text may look like a number. */
static json_t *param_schema(const struct hone_param *p)
{
    static const char *const real[] = {"number", "null", NULL};
    static const char *const whole[] = {"integer", "null", NULL};
    static const char *const truth[] = {"boolean", "null", NULL};
    static const char *const text[] = {"string", "number", "boolean", "null", NULL};
    static const char *const list[] = {"array", "string", "null", NULL};
    static const char *const *const types[] = {
        [HONE_PARAM_REAL] = real, [HONE_PARAM_INT] = whole,   [HONE_PARAM_BOOL] = truth,
        [HONE_PARAM_TEXT] = text, [HONE_PARAM_CHOICE] = text, [HONE_PARAM_LIST] = list,
    };
    json_t *schema = json_object();
    hone_json_set_text(schema, "description", p->help);
    if (p->type == HONE_PARAM_CHOICE) {
        json_t *choices = types_of(p->choices);
        hone_json_push(choices, json_null());
        hone_json_set(schema, "enum", choices);
    } else {
        hone_json_set(schema, "type", types_of(types[p->type]));
    }
    if (p->type == HONE_PARAM_LIST) {
        hone_json_set(schema, "items", json_pack("{s:[s,s]}", "type", "string", "number"));
    }
    if (p->type == HONE_PARAM_REAL || p->type == HONE_PARAM_INT) {
        bool real_bounds = p->type == HONE_PARAM_REAL;
        hone_json_set(schema, "minimum",
                      real_bounds ? hone_json_real(p->min) : json_integer((json_int_t)p->min));
        hone_json_set(schema, "maximum",
                      real_bounds ? hone_json_real(p->max) : json_integer((json_int_t)p->max));
    }
    return schema;
}

/* A map of these keys and no others. */
static json_t *map_schema(json_t *properties)
{
    json_t *schema = json_object();
    hone_json_set_text(schema, "type", "object");
    hone_json_set(schema, "additionalProperties", json_false());
    hone_json_set(schema, "properties", properties);
    return schema;
}

static json_t *rows_schema(const struct hone_param *rows)
{
    json_t *properties = json_object();
    for (; rows->name != NULL; rows++) {
        hone_json_set(properties, rows->name, param_schema(rows));
    }
    return map_schema(properties);
}

json_t *hone_job_schema(void)
{
    struct hone_job job;
    hone_job_default(&job);
    HONE_JSON json_t *defaults = hone_job_to_json(&job);
    json_t *sections = json_object();
    for (size_t k = 0; k < KEYS; k++) {
        json_t *section = json_object_get(sections, keys[k].section);
        json_t *key = param_schema(hone_param_find(keys[k].part, hone_str(keys[k].setting)));
        if (form_of(&keys[k]) != NO_MAP || strcmp(keys[k].setting, "transform") == 0) {
            hone_json_push(json_object_get(key, "type"), json_string("object"));
        }
        if (section == NULL) {
            section = map_schema(json_object());
            hone_json_set(sections, keys[k].section, section);
        }
        hone_json_set(key, "default",
                      json_incref(json_object_get(json_object_get(defaults, keys[k].section),
                                                  keys[k].key)));
        hone_json_set(json_object_get(section, "properties"), keys[k].key, key);
    }
    hone_json_set(json_object_get(json_object_get(sections, "data"), "properties"), "read",
                  rows_schema(hone_read_params));
    hone_json_set(json_object_get(json_object_get(sections, "model"), "properties"), "settings",
                  json_pack("{s:s, s:s}", "description",
                            "settings of the estimator: hone list estimators NAME", "type",
                            "object"));
    json_t *schema = map_schema(sections);
    hone_json_set_text(schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
    hone_json_set_text(schema, "title", "hone.yaml");
    return schema;
}

static enum hone_code unknown(struct hone_run *run, const char *section, const char *key)
{
    const char *names[KEYS + 2];
    size_t n = 0;
    if (key == NULL) {
        for (size_t k = 0; k < KEYS; k++) {
            names[n++] = keys[k].section;
        }
        (void)hone_fail(run, HONE_E_ARG, "the project has no section %s", section);
    } else {
        for (size_t k = 0; k < KEYS; k++) {
            if (strcmp(keys[k].section, section) == 0) {
                names[n++] = keys[k].key;
            }
        }
        if (strcmp(section, "data") == 0) {
            names[n++] = "read";
        } else if (strcmp(section, "model") == 0) {
            names[n++] = "settings";
        }
        (void)hone_fail(run, HONE_E_ARG, "section %s has no key %s", section, key);
    }
    const char *near = hone_nearest(key == NULL ? section : key, names, n);
    return near == NULL ? hone_hint(run, "hone config render shows all that there are")
                        : hone_hint(run, "did you mean %s?", near);
}

/* One setting through the row's own checks: as an object of one member. */
static enum hone_code set_key(struct hone_run *run, const struct key *key, const json_t *value,
                              struct hone_arena *mem, struct hone_job *job)
{
    if (json_is_null(value)) {
        return HONE_OK;
    }
    HONE_JSON json_t *one = json_object();
    hone_json_set(one, key->setting, json_deep_copy(value));
    void *settings = (void *)(uintptr_t)settings_of(job, key->part);
    if (hone_settings_from_json(run, key->part, settings, one, mem) != HONE_OK) {
        return hone_fail_in(run, "%s.%s", key->section, key->key);
    }
    return HONE_OK;
}

/* A map as the list of texts that it stands for. */
static enum hone_code map_from_json(struct hone_run *run, enum form form, const json_t *object,
                                    const char *where, struct hone_arena *mem,
                                    struct hone_texts *out)
{
    const char *key;
    json_t *value;
    struct hone_texts list = {0};
    if (!json_is_object(object)) {
        return hone_fail(run, HONE_E_ARG, "%s is not a map of names and values", where);
    }
    HONE_TRY(hone_array(run, mem, &list.item, json_object_size(object)));
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        struct hone_buf text = hone_buf(mem);
        const struct hone_str given = hone_str_trim(
            (struct hone_str){json_string_value(value), json_string_length(value)});
        bool sign = form == GOAL && given.len > 0 && strchr("<>", given.ptr[0]) != NULL;
        hone_buf_format(&text, "%s%s", key, sign ? " " : "=");
        if (json_is_string(value)) {
            hone_buf_format(&text, "%.*s", (int)given.len, given.ptr);
        } else {
            hone_json_write(&text, value, false);
        }
        list.item[list.n++] = text.ptr;
    }
    *out = list;
    return HONE_OK;
}

/* "COL=STEP" where step is a text, or a map of one transform and its settings. */
static enum hone_code add_transform(struct hone_run *run, const char *column,
                                    const json_t *step, struct hone_arena *mem,
                                    struct hone_texts *list)
{
    struct hone_buf text = hone_buf(mem);
    const char *name;
    const char *key;
    json_t *settings;
    json_t *value;
    hone_buf_format(&text, "%s=", column);
    if (json_is_string(step)) {
        hone_buf_text(&text, json_string_value(step));
    } else if (json_is_object(step) && json_object_size(step) == 1) {
        json_object_foreach((json_t *)(uintptr_t)step, name, settings)
        {
            hone_buf_text(&text, name);
            json_object_foreach(settings, key, value)
            {
                hone_buf_format(&text, ":%s=", key);
                if (json_is_string(value)) {
                    hone_buf_text(&text, json_string_value(value));
                } else if (json_is_array(value)) {
                    for (size_t i = 0; i < json_array_size(value); i++) {
                        const char *item = json_string_value(json_array_get(value, i));
                        hone_buf_format(&text, "%s%s", i == 0 ? "" : ",",
                                        item == NULL ? "" : item);
                    }
                } else {
                    hone_json_write(&text, value, false);
                }
            }
        }
    } else {
        (void)hone_fail(run, HONE_E_ARG,
                        "features.transform: %s is neither a name nor one "
                        "transform with its settings",
                        column);
        return hone_hint(run, "write %s: standard, %s: {bin: {bins: 10}}, or a list of such",
                         column, column);
    }
    list->item[list->n++] = text.ptr;
    return HONE_OK;
}

/* features.transform as a map: column to a step, or to a list of steps side by side. */
static enum hone_code set_transforms(struct hone_run *run, const json_t *object,
                                     struct hone_arena *mem, struct hone_job *job)
{
    struct hone_texts list = {0};
    const char *column;
    json_t *value;
    size_t n = 0;
    json_object_foreach((json_t *)(uintptr_t)object, column, value)
    {
        n += json_is_array(value) ? json_array_size(value) : 1;
    }
    HONE_TRY(hone_array(run, mem, &list.item, n));
    json_object_foreach((json_t *)(uintptr_t)object, column, value)
    {
        for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++) {
            HONE_TRY(add_transform(run, column, json_array_get(value, i), mem, &list));
        }
        if (!json_is_array(value)) {
            HONE_TRY(add_transform(run, column, value, mem, &list));
        }
    }
    job->train.transform = list;
    return HONE_OK;
}

static enum hone_code read_section(struct hone_run *run, const char *section,
                                   const json_t *object, struct hone_arena *mem,
                                   struct hone_job *job)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object)) {
        return hone_fail(run, HONE_E_ARG, "section %s is not a map of keys", section);
    }
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (strcmp(section, "data") == 0 && strcmp(name, "read") == 0) {
            HONE_TRY(hone_settings_from_json(run, &read_part, &job->read, value, mem));
            continue;
        }
        if (strcmp(section, "model") == 0 && strcmp(name, "settings") == 0) {
            HONE_TRY(map_from_json(run, FIRST, value, "model.settings", mem, &job->train.set));
            continue;
        }
        if (strcmp(section, "features") == 0 && strcmp(name, "transform") == 0 &&
            json_is_object(value)) {
            HONE_TRY(set_transforms(run, value, mem, job));
            continue;
        }
        size_t k = 0;
        while (k < KEYS &&
               (strcmp(keys[k].section, section) != 0 || strcmp(keys[k].key, name) != 0)) {
            k++;
        }
        if (k == KEYS) {
            return unknown(run, section, name);
        }
        if (form_of(&keys[k]) != NO_MAP && json_is_object(value)) {
            HONE_TRY(map_from_json(run, form_of(&keys[k]), value, name, mem,
                                   list_of(&keys[k], job)));
            continue;
        }
        HONE_TRY(set_key(run, &keys[k], value, mem, job));
    }
    return HONE_OK;
}

enum hone_code hone_job_from_json(struct hone_run *run, const json_t *project,
                                  struct hone_arena *mem, struct hone_job *job)
{
    const char *name;
    json_t *value;
    if (!json_is_object(project)) {
        return hone_fail(run, HONE_E_ARG, "the project is not a map of sections");
    }
    json_object_foreach((json_t *)(uintptr_t)project, name, value)
    {
        size_t k = 0;
        while (k < KEYS && strcmp(keys[k].section, name) != 0) {
            k++;
        }
        if (k == KEYS) {
            return unknown(run, name, NULL);
        }
        HONE_TRY(read_section(run, name, value, mem, job));
    }
    return HONE_OK;
}

enum hone_code hone_job_from_file(struct hone_run *run, const char *path,
                                  struct hone_arena *mem, struct hone_job *job)
{
    HONE_CLOSING(hone_file_close) struct hone_file file = {0};
    HONE_JSON json_t *project = NULL;
    HONE_TRY(hone_file_open(run, path, mem, &file));
    if (hone_yaml_parse(run, file.bytes, &project) != HONE_OK ||
        hone_job_from_json(run, project, mem, job) != HONE_OK) {
        return hone_fail_in(run, "%s", path);
    }
    return HONE_OK;
}
