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
};
#define HONE_TASK_CLASSIFICATION (HONE_TASK_BINARY | HONE_TASK_MULTICLASS)

#endif
