/*
 * flow/judge/segment.h - rows by what they say in a column, and where a model does worst
 */
#ifndef HONE_FLOW_JUDGE_SEGMENT_H
#define HONE_FLOW_JUDGE_SEGMENT_H

#include "eval/metrics.h"
#include "prep/signature.h"

/* A numeric or time column of more distinct values than this is cut in quantiles. */
#define HONE_SEGMENT_VALUES 12

/* Rows of a span by a column's values or ranges of them; missing is a segment of its own, the last. */
struct hone_segments {
    const char *column;
    size_t n;
    const char **name; /* (n) "blue", "18 to 27", "(missing)" */
    uint32_t *code;    /* (rows of the span) segment of each row */
};

/*
 * ranges: how many ranges a column of many numbers or times is cut into, about equally full.
 * Fails: HONE_E_NOT_FOUND (no such column); HONE_E_ARG for texts of more than `most` values.
 */
enum hone_code hone_segments_cut(struct hone_run *run, const struct hone_span *rows,
                                 const char *column, size_t ranges, size_t most,
                                 struct hone_arena *mem, struct hone_segments *out);

/* Rows with one value in one column, or in each of two, where the mean loss is higher than elsewhere. */
struct hone_weak_spot {
    size_t columns; /* 1 or 2 */
    const char *column[2], *segment[2];
    size_t rows;
    double weight;              /* of these rows */
    double loss, elsewhere;     /* mean loss of these rows and of all others, by weight */
    double p_value, p_adjusted; /* one-sided Welch test; Holm's over all segments looked at */
};

struct hone_weak_spots {
    size_t n;
    struct hone_weak_spot *item; /* (n) by falling excess of loss over all their rows */
    size_t looked;               /* segments tested */
    const char *loss;            /* what a row's loss is: "log loss", "absolute error" */
};

/*
 * Look through all columns of the table but `except`, cut in 4 ranges or at most 30 values, and through pairs of the
 * 12 columns that tell most about the loss.  A segment needs max(30, 1 % of the rows), and with weights as many as
 * tell as much as so many rows of equal weight.  A pair is kept only where
 * it is worse than both of its parts, tested too.  At most `most` are returned, all with p_adjusted < 0.05.
 * Fails: HONE_E_LIMIT, HONE_E_CANCELLED.
 */
enum hone_code hone_weak_spots_find(struct hone_run *run, const struct hone_span *rows,
                                    const char *except, const struct hone_prediction *p,
                                    size_t most, struct hone_arena *mem,
                                    struct hone_weak_spots *out);

#endif
