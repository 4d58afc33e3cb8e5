/*
 * flow/train/target.h - the column to be predicted, as numbers
 */
#ifndef HONE_FLOW_TRAIN_TARGET_H
#define HONE_FLOW_TRAIN_TARGET_H

#include "prep/signature.h"

struct hone_target_choice {
    const char *name; /* the column */
    const char *task; /* "auto", "classification", "regression" */
    const char
        *positive; /* two classes: the one that metrics are about; NULL: the last in order */
};

/* What was learned about the target from the training table. */
struct hone_target_facts {
    const char *name;
    enum hone_task task;
    enum hone_type type;
    size_t classes; /* 1 for regression */
    const char *
        *class_name; /* (classes) numbers in their order, texts in byte order; positive last */
};

/*
 * Decide the task and the classes.  "auto": text, category, bool and two-valued numbers are classes, so are
 * whole numbers of at most HONE_FEW_CLASSES values; other numbers are to be regressed on.
 * Fails: HONE_E_NOT_FOUND (no such column, or no such positive class), HONE_E_ARG when all is missing, only
 * one class or value is there, there are more than HONE_MANY_CLASSES classes, or the type is no target.
 */
#define HONE_FEW_CLASSES  10
#define HONE_MANY_CLASSES 1000
enum hone_code hone_target_find(struct hone_run *run, const struct hone_table *table,
                                const struct hone_target_choice *choice, struct hone_arena *mem,
                                struct hone_target_facts *out);

/* The rows of a table that have a target, and the targets: class index or number. */
struct hone_target_rows {
    size_t n, missing;
    size_t *row; /* (n) ascending */
    double *y;   /* (n) */
    size_t
        repaired; /* classes recognised without their trailing full stop, or in other blanks */
};
/*
 * Fails: HONE_E_NOT_FOUND when the table has no such column; HONE_E_FORMAT naming row and text for a class
 * that is not known or a target that is not a number; HONE_E_ARG when no row has a target.
 */
enum hone_code hone_target_read(struct hone_run *run, const struct hone_target_facts *facts,
                                const struct hone_table *table, struct hone_arena *mem,
                                struct hone_target_rows *out);

/* The facts as a model's signature knows them. */
struct hone_target_facts hone_target_of(const struct hone_signature *signature);

#endif
