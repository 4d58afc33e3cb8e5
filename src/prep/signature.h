/*
 * prep/signature.h - what a model takes and gives, in the words of the table it was trained on
 *
 * One input per raw column that the model uses.  How a column becomes a graph input, everywhere:
 *
 *   bool, int64, float     float  [N, 1]   a double is rounded to float once; missing is NaN
 *   text, category         string [N, 1]   missing is the empty text
 *   date                   int64  [N, 1]   days since 1970-01-01; missing is INT64_MIN
 *   timestamp              int64  [N, 1]   µs since 1970-01-01T00:00:00Z; missing is INT64_MIN
 *
 * Outputs: classification gives `label` [N] (int64 when the target was, else string) and
 * `probabilities` float [N, classes]; regression gives `prediction` float [N, 1].  Models that others made and
 * hone imported (prep/foreign.h) also take float64, int64, int32 and bool [N, 1], and may be clusterings and
 * anomaly detectors, which give `label` [N] and `score` float [N, k], or transforms, which give `score`.
 */
#ifndef HONE_PREP_SIGNATURE_H
#define HONE_PREP_SIGNATURE_H

#include "base/json.h"
#include "base/task.h"
#include "graph/plan.h"
#include "table/table.h"

#define HONE_MISSING_I64 INT64_MIN

#define HONE_OUT_LABEL         "label"
#define HONE_OUT_PROBABILITIES "probabilities"
#define HONE_OUT_PREDICTION    "prediction"
#define HONE_OUT_SCORE         "score" /* inner value: log-odds, logits or the raw prediction */

/* Metadata keys of a model that hone made. */
#define HONE_META_SIGNATURE "hone.signature"
#define HONE_META_LINEAGE   "hone.lineage"
#define HONE_META_REFERENCE "hone.reference"
#define HONE_META_FEATURES  "hone.features"

struct hone_input {
    const char *name;
    enum hone_type type;
};

struct hone_signature {
    enum hone_task task;
    size_t inputs;
    struct hone_input *input;
    const char *target;
    enum hone_type target_type;
    size_t
        classes; /* 1 for regression; without a target: numbers in a row of `score`, may be 0 */
    const char **class_name; /* (classes) in the order of the probabilities */
    size_t positive;         /* binary: the class that metrics are about, always 1 */
    double threshold; /* binary: label is class 1 when its probability is at least this */
};

/* "binary", "clustering" ... */
const char *hone_task_name(enum hone_task task);

/* Graph type of a column type: HONE_F32, HONE_STRING or HONE_I64; HONE_NONE when it can not be one. */
enum hone_dtype hone_input_dtype(enum hone_type type);

/* To and from the JSON kept under HONE_META_SIGNATURE.  New reference. */
json_t *hone_signature_json(const struct hone_signature *s);
/*
 * The signature of any model: from the metadata, or, for a model that others made, from its graph
 * (inputs as they are; the task is guessed from the outputs' names and types).
 * Fails: HONE_E_FORMAT when the metadata is damaged; HONE_E_UNSUPPORTED for input types no column has.
 */
enum hone_code hone_signature_of(struct hone_run *run, const struct hone_model *model,
                                 struct hone_arena *mem, struct hone_signature **out);

/* Rows of a table: row[0..n), or all of it when row is NULL. */
struct hone_span {
    const struct hone_table *table;
    const size_t *row;
    size_t n;
};

/*
 * Rows of a table as the tensors that a plan's inputs want, by name.  Columns of another type are cast; a value
 * that can not be cast, an absent column and a missing value are bound as missing, except that strict
 * refuses absent columns.  lost (may be NULL) counts values that could not be cast.
 * Fails: HONE_E_NOT_FOUND (strict: names all absent columns), HONE_E_LIMIT; HONE_E_SHAPE naming column and row
 * for a missing value or a fraction where an imported model takes whole numbers or truth values.
 */
enum hone_code hone_bind(struct hone_run *run, const struct hone_signature *s,
                         const struct hone_plan *plan, const struct hone_span *rows,
                         bool strict, struct hone_arena *mem, struct hone_tensor **tensors,
                         size_t *lost);

#endif
