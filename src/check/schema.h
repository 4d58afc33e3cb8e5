/*
 * check/schema.h - what a table must look like: inferred, reviewed, enforced
 *
 * A schema is a YAML or JSON tree (docs/check.md has the whole form):
 *
 *   schema: 1
 *   rows: {min: 100, action: fail}
 *   extra: {action: warn}                  columns that the schema does not name
 *   columns:
 *     age:
 *       type: {is: int64, action: fail}
 *       missing: {max: 0.02}
 *       range: {min: 0, max: 120, mostly: 0.999, action: quarantine}
 *
 * Rules of a column: required, type, missing, unique, range, values, length, regex.  Each may say
 * `action` (warn, the default; quarantine: set the rows aside; fail) and, where it judges values one by one,
 * `mostly`: the share of values that must pass.  Missing values are judged by `missing` alone.
 */
#ifndef HONE_CHECK_SCHEMA_H
#define HONE_CHECK_SCHEMA_H

#include "check/finding.h"
#include "profile/profile.h"

struct hone_schema;

/*
 * A schema that the table passes: types; missing shares with some room; ranges of numbers and
 * times with a tenth of room; the values of columns with few; uniqueness of keys.  profile of
 * t, or NULL.  A tree for hone_yaml_write; new reference.  Fails: HONE_E_LIMIT, HONE_E_CANCELLED.
 */
enum hone_code hone_schema_infer(struct hone_run *run, const struct hone_table *t,
                                 const struct hone_profile *profile, json_t **out);

/* Read a tree.  Nothing of it is kept.  Fails: HONE_E_FORMAT naming the place: "columns.age.range: ...". */
enum hone_code hone_schema_parse(struct hone_run *run, const json_t *tree,
                                 struct hone_arena *mem, struct hone_schema **out);

struct hone_schema_verdict {
    struct hone_findings
        *findings; /* one per rule; severity pass, warn (also of quarantine), fail */
    bool *aside;   /* (rows) to be quarantined */
    size_t aside_n;
};

/* Judge a table; the result is in mem.  Fails: HONE_E_LIMIT, HONE_E_CANCELLED. */
enum hone_code hone_schema_enforce(struct hone_run *run, const struct hone_schema *schema,
                                   const struct hone_table *t, struct hone_arena *mem,
                                   struct hone_schema_verdict *out);

#endif
