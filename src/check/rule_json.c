/*
 * A useful part of JSON Schema, draft 7: type, enum, const, properties, required, additionalProperties, items, bounds of
 * numbers, lengths and counts, pattern, allOf, anyOf, oneOf, not.  Other members are passed over, as the standard
 * asks for what a validator does not know.
 */
#include <math.h>
#include <regex.h>

#include "base/json.h"
#include "check/schema_priv.h"

static bool is_of_type(const char *name, const json_t *value)
{
    bool whole = json_is_real(value) &&
                 !(fabs(json_real_value(value) - rint(json_real_value(value))) > 0);

    return (strcmp(name, "object") == 0 && json_is_object(value)) ||
           (strcmp(name, "array") == 0 && json_is_array(value)) ||
           (strcmp(name, "string") == 0 && json_is_string(value)) ||
           (strcmp(name, "number") == 0 && json_is_number(value)) ||
           (strcmp(name, "integer") == 0 && (json_is_integer(value) || whole)) ||
           (strcmp(name, "boolean") == 0 && json_is_boolean(value)) ||
           (strcmp(name, "null") == 0 && json_is_null(value));
}

static bool fits_type(const json_t *type, const json_t *value)
{
    if (json_is_string(type)) {
        return is_of_type(json_string_value(type), value);
    }
    for (size_t i = 0; i < json_array_size(type); i++) {
        const json_t *name = json_array_get(type, i);
        if (json_is_string(name) && is_of_type(json_string_value(name), value)) {
            return true;
        }
    }
    return !json_is_array(type);
}

static bool is_one_of(const json_t *list, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (json_equal(json_array_get(list, i), (json_t *)(uintptr_t)value)) {
            return true;
        }
    }
    return false;
}

static bool within(const json_t *schema, const char *low, const char *high, double x)
{
    const json_t *least = json_object_get(schema, low);
    const json_t *most = json_object_get(schema, high);

    return (!json_is_number(least) || x >= json_number_value(least)) &&
           (!json_is_number(most) || x <= json_number_value(most));
}

static bool fits_number(const json_t *schema, double x)
{
    const json_t *above = json_object_get(schema, "exclusiveMinimum");
    const json_t *below = json_object_get(schema, "exclusiveMaximum");

    return within(schema, "minimum", "maximum", x) &&
           (!json_is_number(above) || x > json_number_value(above)) &&
           (!json_is_number(below) || x < json_number_value(below));
}

static bool fits_string(const json_t *schema, const json_t *value)
{
    const json_t *pattern = json_object_get(schema, "pattern");
    const char *text = json_string_value(value);
    size_t n = 0;
    regex_t regex;

    for (const char *c = text; *c != '\0'; c++) {
        n += ((unsigned char)*c & 0xc0) != 0x80 ? 1 : 0;
    }
    if (!within(schema, "minLength", "maxLength", (double)n)) {
        return false;
    }
    if (!json_is_string(pattern) || json_string_length(pattern) > 200 ||
        strchr(json_string_value(pattern), '{') != NULL || /* repeats may take all memory */
        regcomp(&regex, json_string_value(pattern), REG_EXTENDED | REG_NOSUB) != 0) {
        return true;
    }
    bool hit = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return hit;
}

static bool fits_object(const json_t *schema, const json_t *value, size_t depth)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *required = json_object_get(schema, "required");
    const json_t *others = json_object_get(schema, "additionalProperties");
    const char *key;
    json_t *member;

    for (size_t i = 0; i < json_array_size(required); i++) {
        const json_t *name = json_array_get(required, i);
        if (json_is_string(name) && json_object_get(value, json_string_value(name)) == NULL) {
            return false;
        }
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        const json_t *own = json_object_get(properties, key);
        own = own == NULL ? others : own;
        if (json_is_false(own) || (own != NULL && !hone_json_fits(own, member, depth + 1))) {
            return false;
        }
    }
    return within(schema, "minProperties", "maxProperties", (double)json_object_size(value));
}

static bool fits_array(const json_t *schema, const json_t *value, size_t depth)
{
    const json_t *items = json_object_get(schema, "items");

    for (size_t i = 0; json_is_object(items) && i < json_array_size(value); i++) {
        if (!hone_json_fits(items, json_array_get(value, i), depth + 1)) {
            return false;
        }
    }
    return within(schema, "minItems", "maxItems", (double)json_array_size(value));
}

/* How many of the schemas of a list the value fits. */
static size_t fitting(const json_t *list, const json_t *value, size_t depth)
{
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        n += hone_json_fits(json_array_get(list, i), value, depth + 1) ? 1 : 0;
    }
    return n;
}

static bool fits_combined(const json_t *schema, const json_t *value, size_t depth)
{
    const json_t *all = json_object_get(schema, "allOf");
    const json_t *any = json_object_get(schema, "anyOf");
    const json_t *one = json_object_get(schema, "oneOf");
    const json_t *none = json_object_get(schema, "not");

    return fitting(all, value, depth) == json_array_size(all) &&
           (!json_is_array(any) || fitting(any, value, depth) > 0) &&
           (!json_is_array(one) || fitting(one, value, depth) == 1) &&
           (!json_is_object(none) || !hone_json_fits(none, value, depth + 1));
}

bool hone_json_fits(const json_t *schema, const json_t *value, size_t depth)
{
    const json_t *same = json_object_get(schema, "const");
    const json_t *list = json_object_get(schema, "enum");

    if (json_is_boolean(schema) || depth > HONE_JSON_DEPTH) {
        return json_is_true(schema);
    }
    if (!fits_type(json_object_get(schema, "type"), value) ||
        (json_is_array(list) && !is_one_of(list, value)) ||
        (same != NULL && !json_equal((json_t *)(uintptr_t)same, (json_t *)(uintptr_t)value))) {
        return false;
    }
    bool own = json_is_number(value)   ? fits_number(schema, json_number_value(value))
               : json_is_string(value) ? fits_string(schema, value)
               : json_is_object(value) ? fits_object(schema, value, depth)
               : json_is_array(value)  ? fits_array(schema, value, depth)
                                       : true;
    return own && fits_combined(schema, value, depth);
}
