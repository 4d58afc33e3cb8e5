#include "base/part.h"

#include <math.h>

static void *field(const struct hone_param *p, void *settings)
{
    return (char *)settings + p->offset;
}

static const void *const_field(const struct hone_param *p, const void *settings)
{
    return (const char *)settings + p->offset;
}

static bool at_end(const struct hone_param *p)
{
    return p->name == NULL;
}

void hone_settings_default(const struct hone_part *part, void *settings)
{
    if (part->settings_size != 0) {
        memset(settings, 0, part->settings_size);
    }
    for (const struct hone_param *p = part->params; p != NULL && !at_end(p); p++) {
        switch (p->type) {
        case HONE_PARAM_REAL:
            *(double *)field(p, settings) = p->def;
            break;
        case HONE_PARAM_INT:
            *(int64_t *)field(p, settings) = (int64_t)p->def;
            break;
        case HONE_PARAM_BOOL:
            *(bool *)field(p, settings) = p->def != 0;
            break;
        case HONE_PARAM_TEXT:
        case HONE_PARAM_CHOICE:
            *(const char **)field(p, settings) = p->def_text;
            break;
        case HONE_PARAM_LIST: /* empty */
            break;
        }
    }
}

static bool same_name(const char *name, struct hone_str typed)
{
    if (strlen(name) != typed.len) {
        return false;
    }
    for (size_t i = 0; i < typed.len; i++) {
        char a = name[i] == '-' ? '_' : name[i];
        char b = typed.ptr[i] == '-' ? '_' : typed.ptr[i];
        if (a != b) {
            return false;
        }
    }
    return true;
}

const struct hone_param *hone_param_find(const struct hone_part *part, struct hone_str name)
{
    for (const struct hone_param *p = part->params; p != NULL && !at_end(p); p++) {
        if (same_name(p->name, name)) {
            return p;
        }
    }
    return NULL;
}

enum { SHOWN = 100 }; /* bytes of a user's text that a message repeats */

static int shown(struct hone_str text)
{
    return (int)(text.len < SHOWN ? text.len : SHOWN);
}

/* The hint of an unknown name: the nearest one, or all of them. */
static enum hone_code hint_names(struct hone_run *run, struct hone_str typed,
                                 const char *const *names, size_t n)
{
    const char *nearest;
    struct hone_buf all;
    enum hone_code code;
    HONE_SCRATCH(run);

    nearest = hone_nearest(hone_arena_text(&run->scratch, typed.ptr, typed.len), names, n);
    if (nearest != NULL) {
        return hone_hint(run, "did you mean %s?", nearest);
    }
    all = hone_buf(&run->scratch);
    for (size_t i = 0; i < n; i++) {
        hone_buf_format(&all, "%s%s", i == 0 ? "" : ", ", names[i]);
    }
    code = hone_hint(run, "%s%s", n == 0 ? "there are none" : "there are: ",
                     n == 0            ? ""
                     : all.ptr == NULL ? ""
                                       : all.ptr);
    return code;
}

static enum hone_code unknown_setting(struct hone_run *run, const struct hone_part *part,
                                      struct hone_str name)
{
    const char **names;
    size_t n = 0;
    enum hone_code code;
    HONE_SCRATCH(run);

    code = hone_fail(run, HONE_E_ARG, "%s has no setting %.*s", part->name, shown(name),
                     name.ptr == NULL ? "" : name.ptr);
    for (const struct hone_param *p = part->params; p != NULL && !at_end(p); p++) {
        n++;
    }
    names = hone_arena_must(&run->scratch, hone_product(n + 1, sizeof *names));
    for (size_t i = 0; i < n; i++) {
        names[i] = part->params[i].name;
    }
    code = hint_names(run, name, names, n);
    return code;
}

static enum hone_code bounds(struct hone_run *run, const struct hone_param *p, double value)
{
    char text[32];
    size_t len;

    if (value >= p->min && value <= p->max) {
        return HONE_OK;
    }
    len = hone_format_f64(text, value);
    (void)hone_fail(run, HONE_E_ARG, "%s is %.*s, which is out of bounds", p->name, (int)len,
                    text);
    return hone_hint(run, "take a value from %.15g to %.15g", p->min, p->max);
}

static enum hone_code not_of_type(struct hone_run *run, const struct hone_param *p,
                                  struct hone_str value, const char *type)
{
    return hone_fail(run, HONE_E_ARG, "%s is '%.*s', which is not %s", p->name, shown(value),
                     value.len == 0 ? "" : value.ptr, type);
}

static enum hone_code set_real(struct hone_run *run, const struct hone_param *p, double value,
                               void *settings)
{
    HONE_TRY(bounds(run, p, value)); /* not a number is out of all bounds */
    *(double *)field(p, settings) = value;
    return HONE_OK;
}

static enum hone_code set_int(struct hone_run *run, const struct hone_param *p, int64_t value,
                              void *settings)
{
    HONE_TRY(bounds(run, p, (double)value));
    *(int64_t *)field(p, settings) = value;
    return HONE_OK;
}

/* A whole number, also as "1e6" or "10.0". */
static bool parse_whole(struct hone_str text, int64_t *out)
{
    double real;

    if (hone_parse_i64(text, out)) {
        return true;
    }
    if (!hone_parse_f64(text, &real) || floor(real) != real || fabs(real) > 9e15) {
        return false;
    }
    *out = (int64_t)real;
    return true;
}

static enum hone_code set_choice(struct hone_run *run, const struct hone_param *p,
                                 struct hone_str value, void *settings)
{
    size_t n = 0;

    for (; p->choices[n] != NULL; n++) {
        if (same_name(p->choices[n], value)) {
            *(const char **)field(p, settings) = p->choices[n];
            return HONE_OK;
        }
    }
    (void)hone_fail(run, HONE_E_ARG, "%s has no choice %.*s", p->name, shown(value),
                    value.len == 0 ? "''" : value.ptr);
    return hint_names(run, value, p->choices, n);
}

static enum hone_code add_item(struct hone_run *run, const struct hone_param *p,
                               struct hone_str value, struct hone_arena *mem, void *settings)
{
    struct hone_texts *list = field(p, settings);
    const char **item = hone_arena_grow(mem, list->item, sizeof *item, list->n, list->n + 1);

    if (item == NULL) {
        return hone_no_room(run, p->name, list->n + 1);
    }
    item[list->n] = hone_arena_text(mem, value.ptr, value.len);
    list->item = item;
    list->n++;
    return HONE_OK;
}

static enum hone_code add_items(struct hone_run *run, const struct hone_param *p,
                                struct hone_str value, struct hone_arena *mem, void *settings)
{
    struct hone_str item;
    bool more = true;

    while (more) {
        more = hone_str_cut(value, ',', &item, &value);
        item = hone_str_trim(item);
        if (item.len > 0) {
            HONE_TRY(add_item(run, p, item, mem, settings));
        }
    }
    return HONE_OK;
}

static enum hone_code set_text(struct hone_run *run, const struct hone_param *p,
                               struct hone_str value, struct hone_arena *mem, void *settings)
{
    double real;
    int64_t whole;
    bool truth;

    switch (p->type) {
    case HONE_PARAM_REAL:
        if (!hone_parse_f64(hone_str_trim(value), &real)) {
            return not_of_type(run, p, value, "a number");
        }
        return set_real(run, p, real, settings);
    case HONE_PARAM_INT:
        if (!parse_whole(hone_str_trim(value), &whole)) {
            return not_of_type(run, p, value, "a whole number");
        }
        return set_int(run, p, whole, settings);
    case HONE_PARAM_BOOL:
        if (!hone_parse_bool(hone_str_trim(value), &truth)) {
            return not_of_type(run, p, value, "yes or no");
        }
        *(bool *)field(p, settings) = truth;
        return HONE_OK;
    case HONE_PARAM_TEXT:
        if (value.len != 0 && memchr(value.ptr, '\0', value.len) != NULL) {
            return hone_fail(run, HONE_E_ARG, "%s holds a NUL byte", p->name);
        }
        *(const char **)field(p, settings) = hone_arena_text(mem, value.ptr, value.len);
        return HONE_OK;
    case HONE_PARAM_CHOICE:
        return set_choice(run, p, value, settings);
    case HONE_PARAM_LIST:
        return add_items(run, p, value, mem, settings);
    }
    return HONE_OK;
}

enum hone_code hone_setting_set(struct hone_run *run, const struct hone_part *part,
                                void *settings, struct hone_str name, struct hone_str value,
                                struct hone_arena *mem)
{
    const struct hone_param *p = hone_param_find(part, name);

    if (p == NULL) {
        return unknown_setting(run, part, name);
    }
    return set_text(run, p, value, mem, settings);
}

static enum hone_code set_list(struct hone_run *run, const struct hone_param *p,
                               const json_t *value, struct hone_arena *mem, void *settings)
{
    memset(field(p, settings), 0, sizeof(struct hone_texts));
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        struct hone_str text = {json_string_value(item), json_string_length(item)};
        char number[32];
        if (json_is_integer(item)) { /* a text may look like a number: 999 for missing */
            text = (struct hone_str){number, hone_format_i64(number, json_integer_value(item))};
        } else if (json_is_real(item)) {
            text = (struct hone_str){number, hone_format_f64(number, json_real_value(item))};
        } else if (!json_is_string(item)) {
            return hone_fail(run, HONE_E_ARG, "%s: item %zu is not text", p->name, i + 1);
        }
        HONE_TRY(add_item(run, p, text, mem, settings));
    }
    return HONE_OK;
}

static enum hone_code unset(struct hone_run *run, const struct hone_param *p, void *settings)
{
    switch (p->type) {
    case HONE_PARAM_TEXT:
    case HONE_PARAM_CHOICE:
        *(const char **)field(p, settings) = NULL;
        return HONE_OK;
    case HONE_PARAM_LIST:
        memset(field(p, settings), 0, sizeof(struct hone_texts));
        return HONE_OK;
    default:
        return hone_fail(run, HONE_E_ARG, "%s has no value", p->name);
    }
}

static enum hone_code set_number(struct hone_run *run, const struct hone_param *p,
                                 const json_t *value, struct hone_arena *mem, void *settings)
{
    char text[32];
    size_t len;

    if (p->type == HONE_PARAM_REAL) {
        return set_real(run, p, json_number_value(value), settings);
    }
    if (p->type == HONE_PARAM_INT && json_is_integer(value)) {
        return set_int(run, p, json_integer_value(value), settings);
    }
    if (json_is_integer(
            value)) { /* a text setting may look like a number: a version, a class */
        const char *whole =
            hone_arena_format(mem, "%lld", (long long)json_integer_value(value));
        return set_text(run, p, hone_str(whole), mem, settings);
    }
    len = hone_format_f64(text, json_real_value(value));
    return set_text(run, p, (struct hone_str){text, len}, mem, settings);
}

static enum hone_code set_json(struct hone_run *run, const struct hone_param *p,
                               const json_t *value, struct hone_arena *mem, void *settings)
{
    switch (json_typeof(value)) {
    case JSON_NULL:
        return unset(run, p, settings);
    case JSON_STRING:
        if (p->type == HONE_PARAM_LIST) {
            memset(field(p, settings), 0, sizeof(struct hone_texts));
        }
        return set_text(run, p,
                        (struct hone_str){json_string_value(value), json_string_length(value)},
                        mem, settings);
    case JSON_TRUE:
    case JSON_FALSE:
        return set_text(run, p, hone_str(json_is_true(value) ? "true" : "false"), mem,
                        settings);
    case JSON_INTEGER:
    case JSON_REAL:
        return set_number(run, p, value, mem, settings);
    case JSON_ARRAY:
        if (p->type == HONE_PARAM_LIST) {
            return set_list(run, p, value, mem, settings);
        }
        return hone_fail(run, HONE_E_ARG, "%s takes one value, not a list", p->name);
    case JSON_OBJECT:
        break;
    }
    return hone_fail(run, HONE_E_ARG, "%s takes a value, not an object", p->name);
}

enum hone_code hone_settings_from_json(struct hone_run *run, const struct hone_part *part,
                                       void *settings, const json_t *object,
                                       struct hone_arena *mem)
{
    json_t *members =
        (json_t *)(uintptr_t)object; /* only read; Jansson's iterators are not const */

    if (!json_is_object(object)) {
        return hone_fail(run, HONE_E_ARG,
                         "%s: its settings are not an object of name and value", part->name);
    }
    for (void *it = json_object_iter(members); it != NULL;
         it = json_object_iter_next(members, it)) {
        struct hone_str name = hone_str(json_object_iter_key(it));
        const struct hone_param *p = hone_param_find(part, name);
        if (p == NULL) {
            return unknown_setting(run, part, name);
        }
        HONE_TRY(set_json(run, p, json_object_iter_value(it), mem, settings));
    }
    return HONE_OK;
}

static json_t *texts_to_json(const struct hone_texts *list)
{
    json_t *array = json_array();

    HONE_ASSERT(array != NULL);
    for (size_t i = 0; i < list->n; i++) {
        hone_json_push(array, hone_json_text(hone_str(list->item[i])));
    }
    return array;
}

json_t *hone_settings_to_json(const struct hone_part *part, const void *settings)
{
    json_t *object = json_object();

    HONE_ASSERT(object != NULL);
    for (const struct hone_param *p = part->params; p != NULL && !at_end(p); p++) {
        const void *value = const_field(p, settings);
        switch (p->type) {
        case HONE_PARAM_REAL:
            hone_json_set(object, p->name, hone_json_real(*(const double *)value));
            break;
        case HONE_PARAM_INT:
            hone_json_set(object, p->name, json_integer(*(const int64_t *)value));
            break;
        case HONE_PARAM_BOOL:
            hone_json_set(object, p->name, json_boolean(*(const bool *)value));
            break;
        case HONE_PARAM_TEXT:
        case HONE_PARAM_CHOICE:
            hone_json_set_text(object, p->name, *(const char *const *)value);
            break;
        case HONE_PARAM_LIST:
            hone_json_set(object, p->name, texts_to_json(value));
            break;
        }
    }
    return object;
}

const struct hone_part *hone_part_find(const struct hone_part *const *list,
                                       struct hone_str name)
{
    for (; *list != NULL; list++) {
        if (same_name((*list)->name, name)) {
            return *list;
        }
    }
    return NULL;
}

enum hone_code hone_part_need(struct hone_run *run, const struct hone_part *const *list,
                              const char *kind, struct hone_str name,
                              const struct hone_part **out)
{
    const struct hone_part *part = hone_part_find(list, name);
    const char **names;
    size_t n = 0;
    HONE_SCRATCH(run);

    if (part != NULL) {
        *out = part;
        return HONE_OK;
    }
    for (; list[n] != NULL; n++) {
    }
    names = hone_arena_must(&run->scratch, hone_product(n + 1, sizeof *names));
    for (size_t i = 0; i < n; i++) {
        names[i] = list[i]->name;
    }
    (void)hone_fail(run, HONE_E_ARG, "there is no %s %.*s", kind, shown(name),
                    name.len == 0 ? "''" : name.ptr);
    return hint_names(run, name, names, n);
}
