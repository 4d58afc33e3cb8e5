/*
 * prep/foreign.h - models that others made, in hone's words
 *
 * What scikit-learn, LightGBM, XGBoost or PyTorch export takes a matrix, or typed columns, and answers under names
 * of its own.  The file is never changed: in memory, nodes are put around its graph, so that it takes one
 * input per column of a table and gives label, probabilities, prediction or score as prep/signature.h says.
 * What was decided is a document, the binding, which is kept beside the file:
 *
 *   signature   as under HONE_META_SIGNATURE
 *   inputs      the graph's inputs in order: {"name", "columns": how many of the signature's inputs it takes}
 *   label       {"value", "squeeze", "cast", "text", "from": the graph's classes, "renamed": the signature's
 *               have other names}; null: there is none
 *   values      {"value", "unsqueeze", "cast", "form"}; null; form: foreign_priv.h
 *   notes       what a person should know about the choice
 */
#ifndef HONE_PREP_FOREIGN_H
#define HONE_PREP_FOREIGN_H

#include "base/part.h"
#include "prep/signature.h"

/* What is known beside the file; zeroed: nothing. */
struct hone_foreign_wish {
    const char *task;          /* one of hone_foreign_tasks; NULL: auto */
    const char *target;        /* name of the column with the answers; NULL: "target" */
    struct hone_texts columns; /* names, over all inputs in order; none: from sample or graph */
    struct hone_texts
        classes; /* names, in the order of the model's scores; none: the graph's */
    const struct hone_table *sample; /* rows to try it on; NULL: rows made up */
};
/* auto, classification, regression, clustering, anomaly, transform; ends with NULL. */
extern const char *const hone_foreign_tasks[];

/* The model says nothing about itself in hone's words. */
bool hone_foreign_is(const struct hone_model *model);

/*
 * Decide what the inputs and outputs of a model mean: columns by name, position and type, classes by what the nodes
 * before the label say, the rest by what comes out of a trial.
 *
 *   *binding   new reference
 *
 * Fails: HONE_E_UNSUPPORTED for inputs that are no columns of a table (images, sequences) and outputs that are
 * neither numbers nor labels; HONE_E_SHAPE when names, classes or the sample do not fit; HONE_E_FORMAT,
 * HONE_E_NUMERIC as reading and running do.
 */
enum hone_code hone_foreign_find(struct hone_run *run, struct hone_str bytes,
                                 const struct hone_foreign_wish *wish, json_t **binding);

/*
 * Put the nodes around a model that was just read, and its signature into its metadata in memory: then it is like
 * one of ours.  Fails: HONE_E_FORMAT when binding and model do not fit.
 */
enum hone_code hone_foreign_apply(struct hone_run *run, const json_t *binding,
                                  struct hone_model *model);

/*
 * The same from files: the binding, and a reference for monitoring, which goes into the metadata too (NULL: none).
 * Fails also: HONE_E_NOT_FOUND, HONE_E_IO.
 */
enum hone_code hone_foreign_dress(struct hone_run *run, const char *binding_path,
                                  const char *reference_path, struct hone_model *model);

#endif
