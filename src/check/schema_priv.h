/*
 * check/schema_priv.h - a schema in memory
 */
#ifndef HONE_CHECK_SCHEMA_PRIV_H
#define HONE_CHECK_SCHEMA_PRIV_H

#include "base/hash.h"
#include "check/schema.h"

enum hone_rule_kind {
    HONE_RULE_REQUIRED,
    HONE_RULE_TYPE,
    HONE_RULE_MISSING,
    HONE_RULE_UNIQUE,
    HONE_RULE_RANGE,
    HONE_RULE_VALUES,
    HONE_RULE_LENGTH,
    HONE_RULE_REGEX,
    HONE_RULE_KINDS
};

enum hone_rule_action { HONE_RULE_WARN, HONE_RULE_QUARANTINE, HONE_RULE_FAIL };

struct hone_rule {
    enum hone_rule_kind kind;
    enum hone_rule_action action;
    double mostly;
    double min, max; /* -inf, inf: no bound.  Times: days or µs, as the column's */
    const char *min_text, *max_text; /* as written, when they were texts */
    enum hone_type type;
    struct hone_map values;
    const char *regex;
};

struct hone_schema_column {
    const char *name;
    size_t rules;
    struct hone_rule rule[HONE_RULE_KINDS];
};

struct hone_schema {
    struct hone_rule rows, extra; /* rows: min and max rows */
    size_t cols;
    struct hone_schema_column *column;
};

/* The words of rules in the order of enum hone_rule_kind. */
extern const char *const hone_rule_names[HONE_RULE_KINDS];

#endif
