/*
 * profile/shapes_priv.h - counting the shapes of texts
 *
 * A shape has 9 for a digit, A and a for letters, other characters as they are.  Two tables are kept: exact
 * shapes, and shapes with runs folded ("a+@a+.a+"), for texts whose lengths vary.
 */
#ifndef HONE_PROFILE_SHAPES_PRIV_H
#define HONE_PROFILE_SHAPES_PRIV_H

#include "profile/profile_priv.h"

#define HONE_SHAPE_LENGTH 40   /* bytes; longer texts have no shape */
#define HONE_SHAPE_ROOM   4096 /* slots, half of them are used */

struct hone_shape_text {
    size_t len;
    char text[HONE_SHAPE_LENGTH]; /* not ended; folding never makes it longer */
};

struct hone_shape_slot {
    struct hone_shape_text shape;
    size_t count; /* 0: free */
};

struct hone_shapes {
    struct hone_shape_slot slot[HONE_SHAPE_ROOM];
    size_t n, rows;
};

/* Count a text's shape in both; shapes that come when a table is full are not counted. */
void hone_shapes_add(struct hone_shapes *exact, struct hone_shapes *runs, struct hone_str text,
                     size_t weight);
/* Rows whose shape is one of the list. */
size_t hone_shapes_like(const struct hone_shapes *shapes, const char *const *list, size_t n);
/* The most frequent shapes; texts are borrowed from shapes.  Returns how many. */
size_t hone_shapes_top(const struct hone_shapes *shapes, struct hone_tally *top, size_t room);

#endif
