/*
 * serve/rows.h - rows in plain JSON and CSV: our own form, TensorFlow Serving's, MLflow's and SageMaker's
 *
 *   NATIVE       {"age": 41, ...}   [{...}, ...]   {"rows": [{...}, ...]}
 *   V1           {"instances": [row, ...]}   {"inputs": {"age": [41, ...], ...}}
 *   INVOCATIONS  {"dataframe_split": {"columns": [...], "data": [[...], ...]}}
 *                {"dataframe_records": [{...}, ...]}   and the forms of V1; exactly one of them
 *   CSV          with a header of column names in any order, or values in the model's order
 *
 * A row is an object, or an array of all values in the model's order, or, for a model of one column, its
 * value.  Source: TensorFlow Serving RESTful API; MLflow scoring server; reference of SageMaker's
 * container contract.
 */
#ifndef HONE_SERVE_ROWS_H
#define HONE_SERVE_ROWS_H

#include "serve/batch.h"

enum hone_rows_form { HONE_ROWS_NATIVE, HONE_ROWS_V1, HONE_ROWS_INVOCATIONS };

/* What the reply must look like. */
struct hone_rows_told {
    bool single;  /* one row as a bare object: the reply is one object too */
    bool columns; /* {"inputs": ...}: the reply is by column too */
};

/*
 * Read a JSON body into a batch begun anew; the body is changed, and must live as long as the rows.
 * Fails: HONE_E_FORMAT (not JSON, with the byte), HONE_E_ARG and HONE_E_SHAPE (naming field and row),
 * HONE_E_LIMIT.
 */
enum hone_code hone_rows_read(struct hone_run *run, enum hone_rows_form form, char *body,
                              size_t len, struct hone_batch *b, struct hone_rows_told *told);

/* Read a CSV body, comma separated, quoted as in RFC 4180.  As above. */
enum hone_code hone_rows_read_csv(struct hone_run *run, char *body, size_t len,
                                  struct hone_batch *b);

#endif
