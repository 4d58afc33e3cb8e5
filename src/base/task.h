/*
 * base/task.h - what is to be learned
 */
#ifndef HONE_BASE_TASK_H
#define HONE_BASE_TASK_H

/* Bits, so that parts can say which tasks they serve. */
enum hone_task {
    HONE_TASK_REGRESSION = 1,
    HONE_TASK_BINARY = 2,     /* y is 0 or 1 */
    HONE_TASK_MULTICLASS = 4, /* y is 0 .. classes-1 */
    /* Of models that others made: their answers are not measured against a target. */
    HONE_TASK_CLUSTERING = 8, /* a label, and perhaps a distance to each cluster */
    HONE_TASK_ANOMALY = 16,   /* a label, and a score */
    HONE_TASK_TRANSFORM = 32, /* numbers */
};
#define HONE_TASK_CLASSIFICATION (HONE_TASK_BINARY | HONE_TASK_MULTICLASS)
/* There is a right answer for each row. */
#define HONE_TASK_SUPERVISED (HONE_TASK_REGRESSION | HONE_TASK_CLASSIFICATION)

#endif
