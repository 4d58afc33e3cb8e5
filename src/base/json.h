/*
 * base/json.h - JSON and YAML, both as Jansson values
 *
 * YAML is read into the same values (core schema: null, bool, int, float, text), so that everything above
 * knows one tree.  Object members keep their order.
 */
#ifndef HONE_BASE_JSON_H
#define HONE_BASE_JSON_H

#include <jansson.h>

#include "base/str.h"

/* Deepest nesting that a reader accepts. */
#define HONE_JSON_DEPTH 64

/* Drop a reference at the end of the block: HONE_JSON json_t *x = ...; */
void hone_json_drop(json_t **value);
#define HONE_JSON HONE_CLOSING(hone_json_drop)

/*
 * Parse a whole text.  *out is a new reference.
 * Fails: HONE_E_FORMAT with line and column, also for duplicate keys and nesting over HONE_JSON_DEPTH;
 * HONE_E_LIMIT when there is no memory.
 */
enum hone_code hone_json_parse(struct hone_run *run, struct hone_str text, json_t **out);
enum hone_code hone_yaml_parse(struct hone_run *run, struct hone_str text, json_t **out);

/* Append as text: compact on one line, or indented by two.  Reals are written shortest; NaN
 * and infinities as null.  YAML in block style. */
void hone_json_write(struct hone_buf *buf, const json_t *value, bool indent);
void hone_yaml_write(struct hone_buf *buf, const json_t *value);

/* A real, or null when it is not finite.  New reference; panics without memory. */
json_t *hone_json_real(double value);

/* Text; bytes that are not UTF-8 become U+FFFD.  New reference; panics without memory. */
json_t *hone_json_text(struct hone_str text);

/* Set a member (a stolen reference); panics without memory, since the trees we build are small. */
void hone_json_set(json_t *object, const char *key, json_t *value);
void hone_json_set_text(json_t *object, const char *key, const char *text); /* NULL: null */
void hone_json_push(json_t *array, json_t *value);

/* Members with a default when absent or of another type. */
const char *hone_json_get_text(const json_t *object, const char *key, const char *absent);
double hone_json_get_real(const json_t *object, const char *key, double absent);
int64_t hone_json_get_int(const json_t *object, const char *key, int64_t absent);
bool hone_json_get_bool(const json_t *object, const char *key, bool absent);
/* The same, of what is not there "", NaN and 0: for documents that hone wrote itself. */
const char *hone_text_in(const json_t *object, const char *key);
double hone_real_in(const json_t *object, const char *key);
int64_t hone_int_in(const json_t *object, const char *key);

#endif
