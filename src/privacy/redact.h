/*
 * privacy/redact.h - a table without what names people
 *
 * A plan says per column what is done; it is proposed from what the finder found, written to be reviewed, and
 * applied.  Columns without a rule stay as they are.  Missing values stay missing.
 */
#ifndef HONE_PRIVACY_REDACT_H
#define HONE_PRIVACY_REDACT_H

#include "privacy/key.h"
#include "privacy/personal.h"

/* Name, what it does to a value. */
#define HONE_REDACTS(X)                                                                        \
    X(KEEP, "keep", "nothing")                                                                 \
    X(DROP, "drop", "the column is left out")                                                  \
    X(MASK, "mask", "letters and digits become *, but the last N (4) or an e-mail's domain")   \
    X(HASH, "hash", "a keyed hash: equal for equal values, so that tables still join")         \
    X(GENERALISE, "generalise",                                                                \
      "year, month, decade, age, a band N wide, a prefix of N, top N, N decimals")             \
    X(TOKEN, "token", "a token that the key turns back: hone redact --reverse")                \
    X(REPLACE, "replace", "what is found inside of texts becomes [EMAIL], [PHONE], ...")

enum hone_redact_method {
#define X(id, name, text) HONE_REDACT_##id,
    HONE_REDACTS(X)
#undef X
        HONE_REDACT_COUNT
};
const char *hone_redact_name(enum hone_redact_method method);

struct hone_redact_rule {
    const char *column;
    enum hone_redact_method method;
    const char *
        option; /* "year", "10", "column", ... as hone_redact_rule_parse takes it; NULL: the default */
    const char *kind; /* of the data, from the finder; NULL: not known */
    const char *why;  /* for the reviewer; may be NULL */
};

struct hone_redact_plan {
    struct hone_redact_rule *rule;
    size_t n;
};

/*
 * A rule as typed: "email=hash", "dob=generalise:year".  Options: mask:N; hash:column and token:column (bound to the
 * column, so that columns cannot be joined); generalise:year|month|decade|age|ageN|N|topN|roundN; replace:email+phone.
 * Fails: HONE_E_ARG, the hint names the nearest method.
 */
enum hone_code hone_redact_rule_parse(struct hone_run *run, struct hone_str text,
                                      struct hone_arena *mem, struct hone_redact_rule *out);

/* A rule for each column in which something was found; those that only describe people are kept and said so. */
enum hone_code hone_redact_propose(struct hone_run *run, const struct hone_personals *found,
                                   struct hone_arena *mem, struct hone_redact_plan *out);

/* {"columns": {"email": {"method", "option", "kind", "why"}}}, the form of plan files.  New reference. */
json_t *hone_redact_plan_json(const struct hone_redact_plan *plan);
/* Fails: HONE_E_FORMAT, naming the column. */
enum hone_code hone_redact_plan_parse(struct hone_run *run, const json_t *tree,
                                      struct hone_arena *mem, struct hone_redact_plan *out);

/* Whether a rule needs a key. */
bool hone_redact_needs_key(const struct hone_redact_plan *plan);

struct hone_redact_count {
    size_t changed; /* values */
    size_t spans;   /* found inside of texts and replaced */
    size_t
        lost; /* values that do not fit the rule and became missing: texts that are no date */
};

/*
 * Apply a plan.
 *
 *   key     may be NULL when no rule needs one
 *   *out    in mem, which must not outlive t: columns that are kept share its buffers
 *   *count  (plan->n) in mem
 *
 * Fails: HONE_E_NOT_FOUND for columns that are not there; HONE_E_CONFLICT for two rules of one column; HONE_E_ARG when
 * a method does not fit a column; HONE_E_SHAPE when no column is left; HONE_E_LIMIT, HONE_E_CANCELLED.
 */
enum hone_code hone_redact_apply(struct hone_run *run, const struct hone_table *t,
                                 const struct hone_redact_plan *plan,
                                 const struct hone_key *key, struct hone_arena *mem,
                                 struct hone_table **out, struct hone_redact_count **count);

/*
 * Turn tokens back, in the named columns (n of 0: in all that hold tokens), with the types that they had.
 * Values that are no tokens stay.  Fails: HONE_E_FORMAT, naming column and row, when a token was made with
 * another key; HONE_E_NOT_FOUND when nothing holds a token.
 */
enum hone_code hone_redact_reverse(struct hone_run *run, const struct hone_table *t,
                                   const char *const *names, size_t n,
                                   const struct hone_key *key, struct hone_arena *mem,
                                   struct hone_table **out, size_t *tokens);

#endif
