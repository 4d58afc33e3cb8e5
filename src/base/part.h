/*
 * base/part.h - parts, and the rows that describe their settings
 *
 * Everything extensible (reader, transform, estimator, metric, verb ...) is one constant struct that
 * begins with a struct hone_part.  Its settings are rows; the command line, YAML, the tuner's search
 * space, the docs and web forms read those rows and nothing else.
 */
#ifndef HONE_BASE_PART_H
#define HONE_BASE_PART_H

#include "base/json.h"
#include "base/str.h"

enum hone_param_type {
    HONE_PARAM_REAL,   /* double */
    HONE_PARAM_INT,    /* int64_t */
    HONE_PARAM_BOOL,   /* bool */
    HONE_PARAM_TEXT,   /* const char *, NULL when unset */
    HONE_PARAM_CHOICE, /* const char *, one of choices */
    HONE_PARAM_LIST,   /* struct hone_texts, comma separated or repeated */
};

struct hone_texts {
    const char **item;
    size_t n;
};

struct hone_param {
    const char *name; /* as typed: words joined by '_' in files, by '-' on the command line */
    enum hone_param_type type;
    size_t offset;              /* in the settings struct */
    double def;                 /* REAL, INT, BOOL */
    const char *def_text;       /* TEXT, CHOICE: the default; NULL: unset */
    double min, max;            /* REAL, INT: inclusive */
    bool log_scale;             /* the tuner searches the logarithm */
    bool hidden;                /* not searched by the tuner */
    const char *const *choices; /* CHOICE: ends with NULL */
    const char *arg;            /* how help names the value: "FILE"; NULL: by type */
    const char *help;
};

#define HONE_REAL(S, field, default_value, lo, hi, ...)                                        \
    {                                                                                          \
        .name = #field, .type = HONE_PARAM_REAL, .offset = offsetof(S, field),                 \
        .def = (default_value), .min = (lo), .max = (hi), __VA_ARGS__                          \
    }
#define HONE_INT(S, field, default_value, lo, hi, ...)                                         \
    {                                                                                          \
        .name = #field, .type = HONE_PARAM_INT, .offset = offsetof(S, field),                  \
        .def = (default_value), .min = (lo), .max = (hi), __VA_ARGS__                          \
    }
#define HONE_FLAG(S, field, default_value, ...)                                                \
    {                                                                                          \
        .name = #field, .type = HONE_PARAM_BOOL, .offset = offsetof(S, field),                 \
        .def = (default_value), .max = 1, __VA_ARGS__                                          \
    }
#define HONE_TEXT(S, field, default_text, ...)                                                 \
    {                                                                                          \
        .name = #field, .type = HONE_PARAM_TEXT, .offset = offsetof(S, field),                 \
        .def_text = (default_text), __VA_ARGS__                                                \
    }
#define HONE_CHOICE(S, field, default_text, options, ...)                                      \
    {                                                                                          \
        .name = #field, .type = HONE_PARAM_CHOICE, .offset = offsetof(S, field),               \
        .def_text = (default_text), .choices = (options), __VA_ARGS__                          \
    }
#define HONE_LIST(S, field, ...)                                                               \
    {                                                                                          \
        .name = #field, .type = HONE_PARAM_LIST, .offset = offsetof(S, field), __VA_ARGS__     \
    }
#define HONE_PARAM_END                                                                         \
    {                                                                                          \
        .name = NULL                                                                           \
    }

struct hone_part {
    const char *name;    /* as typed by a user; unique within its list */
    const char *summary; /* one line, no full stop */
    const char *source;  /* paper, book or standard it follows; NULL if none */
    size_t settings_size;
    const struct hone_param *params; /* ends with HONE_PARAM_END; NULL if none */
};

/* Fill settings (part->settings_size bytes) with the defaults. */
void hone_settings_default(const struct hone_part *part, void *settings);

/* The row of a name, '-' and '_' alike; NULL if there is none. */
const struct hone_param *hone_param_find(const struct hone_part *part, struct hone_str name);

/*
 * Set one setting from text; lists are appended to, split at commas.  Text is copied into mem.
 * Fails: HONE_E_ARG when there is no such setting (the hint names the nearest), when the text is not of its
 * type, or is out of bounds.
 */
enum hone_code hone_setting_set(struct hone_run *run, const struct hone_part *part,
                                void *settings, struct hone_str name, struct hone_str value,
                                struct hone_arena *mem);

/* Set settings from a JSON object (numbers, booleans, text, arrays of text). Fails as above. */
enum hone_code hone_settings_from_json(struct hone_run *run, const struct hone_part *part,
                                       void *settings, const json_t *object,
                                       struct hone_arena *mem);

/* All settings as a JSON object in row order, unset text as null. New reference. */
json_t *hone_settings_to_json(const struct hone_part *part, const void *settings);

/* The part of that name in a NULL-ended list; NULL if none.  hone_part_need fails with
 * HONE_E_ARG and names the list's members; kind is what they are: "estimator". */
const struct hone_part *hone_part_find(const struct hone_part *const *list,
                                       struct hone_str name);
enum hone_code hone_part_need(struct hone_run *run, const struct hone_part *const *list,
                              const char *kind, struct hone_str name,
                              const struct hone_part **out);

#endif
