/*
 * prep/foreign_priv.h - what finding and applying a binding share
 */
#ifndef HONE_PREP_FOREIGN_PRIV_H
#define HONE_PREP_FOREIGN_PRIV_H

#include "prep/foreign.h"

/* How the values of a model become what hone calls them. */
#define HONE_FORM_PROBABILITIES "probabilities" /* [N, classes], as they are */
#define HONE_FORM_DECISION      "decision" /* [N, classes], made probabilities by softmax */
#define HONE_FORM_POSITIVE      "positive" /* [N, 1]: the probability of the second class */
#define HONE_FORM_MARGIN        "margin"   /* [N, 1]: its log-odds, or a distance like them */
#define HONE_FORM_LABEL         "label"    /* none: 1 for the class that the label says */
#define HONE_FORM_NUMBERS       "numbers"  /* predictions, scores */

/* The column type of a graph input's elements; HONE_TYPE_COUNT: none. */
enum hone_type hone_foreign_column(enum hone_dtype type);

/* A graph input that is a constant's default in old files. */
bool hone_foreign_is_constant(const struct hone_graph *g, const char *name);

/* The node that makes a value, or NULL. */
const struct hone_node *hone_foreign_maker(const struct hone_graph *g, const char *value);

/* Values whose names were needed for columns and answers: what each was called in the file, and is now. */
struct hone_foreign_names {
    const char **was, **now;
    size_t n;
};
enum hone_code hone_foreign_make_room(struct hone_run *run, const json_t *binding,
                                      struct hone_model *model,
                                      struct hone_foreign_names *names);
/* What a value of the file is called now; NULL: there is none. */
const char *hone_foreign_now(const struct hone_graph *g, const struct hone_foreign_names *names,
                             const char *name);

/* Only the inputs: the model then takes the binding's columns, its outputs are as they were. */
enum hone_code hone_foreign_apply_inputs(struct hone_run *run, const json_t *binding,
                                         const struct hone_foreign_names *names,
                                         struct hone_model *model);

/*
 * The classes that a graph says in the nodes before its label.
 *
 *   label, values   names of values; label may be NULL
 *   width           of the values
 */
struct hone_foreign_classes {
    size_t n;          /* 0: not found */
    const char **name; /* (n) */
    bool nearest;      /* the label is the place of the least value: a clustering */
};
void hone_foreign_classes_of(const struct hone_graph *g, const char *label, size_t width,
                             struct hone_arena *mem, struct hone_foreign_classes *out);

#endif
