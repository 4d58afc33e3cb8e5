/*
 * table/arrow_column_priv.h - a column while it is made of Arrow arrays
 */
#ifndef HONE_TABLE_ARROW_COLUMN_PRIV_H
#define HONE_TABLE_ARROW_COLUMN_PRIV_H

#include "table/arrow_value_priv.h"

struct hone_arrow_making {
    const struct hone_arrow_leaf *leaf;
    const struct hone_arrow_type *plain; /* behind dictionaries and runs */
    const struct hone_arrow_piece *piece;
    size_t n;
    const struct hone_arrow_options *options;
    struct hone_arena *mem;
    struct hone_column out;
    uint8_t *valid; /* out.valid while it is made */
};

/* HONE_E_LIMIT when the column would take more than the options allow; the failure by itself. */
enum hone_code hone_arrow_within(struct hone_run *run, const struct hone_arrow_making *m,
                                 size_t bytes);
enum hone_code hone_arrow_too_much(struct hone_run *run, const struct hone_arrow_making *m);

/* Whether row at of the column is there, once that is known. */
static inline bool hone_arrow_is_there(const struct hone_arrow_making *m, size_t at)
{
    return m->valid == NULL || hone_bit(m->valid, at);
}

/* Call body for each row that is there, with its resolved cell; it may stop by false, which is then returned. */
typedef bool hone_arrow_visit_fn(void *ctx, const struct hone_arrow_cell *cell, size_t at);
bool hone_arrow_visit(const struct hone_arrow_making *m, hone_arrow_visit_fn *body, void *ctx);

/* The data of a text or binary column, whose type is set; text may become a category. */
enum hone_code hone_arrow_make_text(struct hone_run *run, struct hone_arrow_making *m);

#endif
