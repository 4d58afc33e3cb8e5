/*
 * check/schema.h - what a table must look like: inferred, reviewed, enforced
 *
 * A schema is a YAML or JSON tree (docs/check.md has the whole form and all rules):
 *
 *   schema: 1
 *   rows: {min: 100, action: fail}
 *   extra: {action: warn}                  columns that the schema does not name
 *   columns:
 *     age:
 *       type: {is: int64, action: fail}
 *       missing: {max: 0.02}
 *       range: {min: 0, max: 120, mostly: 0.999, action: quarantine}
 *   expect:
 *     - {expect: "discharged >= admitted"}
 *
 * Each rule may say `action` (warn, the default; quarantine: set the rows aside; fail), `only_in` (environments)
 * and, where it judges values one by one, `mostly`: the share of values that must pass.  Missing values
 * are judged by `missing` alone.  A Great Expectations suite (JSON) is read as a schema too.
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

/* A schema as YAML, with what was seen in each column of the profile as a comment behind its name; profile
 * NULL: none. */
void hone_schema_text(const json_t *tree, const struct hone_profile *profile,
                      struct hone_buf *out);

/*
 * Read a tree, or a Great Expectations suite.  Nothing of it is kept.  mem must not have been given back
 * before the schema is done with.
 * Fails: HONE_E_FORMAT naming the place: "columns.age.range: ...", "expectations[3]: ...".
 */
enum hone_code hone_schema_parse(struct hone_run *run, const json_t *tree,
                                 struct hone_arena *mem, struct hone_schema **out);

struct hone_schema_verdict {
    struct hone_findings
        *findings; /* one per rule; severity pass, warn (also of quarantine), fail */
    bool *aside;   /* (rows) to be quarantined */
    size_t aside_n;
};

/* Judge a table in an environment ("serving"; NULL: no rule is left out); the result is in mem.  Fails:
 * HONE_E_LIMIT, HONE_E_CANCELLED. */
enum hone_code hone_schema_enforce(struct hone_run *run, const struct hone_schema *schema,
                                   const struct hone_table *t, const char *environment,
                                   struct hone_arena *mem, struct hone_schema_verdict *out);

/*
 * The tree of a schema, loosened so that the table passes: ranges widened, values added, shares of missing
 * raised, types widened, new columns added; what cannot be loosened becomes a warning.  New reference.
 * Fails as enforce.
 */
enum hone_code hone_schema_loosen(struct hone_run *run, const json_t *tree,
                                  const struct hone_table *t,
                                  const struct hone_profile *profile, json_t **out);

/* The lines that differ between two texts, three around each change: "-old", "+new", " same". */
enum hone_code hone_text_diff(struct hone_run *run, struct hone_str before,
                              struct hone_str after, struct hone_buf *out);

#endif
