/*
 * serve/v2.h - inference requests of the Open Inference Protocol, version 2
 *
 * JSON with flat or nested data, and the binary tensor extension: the header Inference-Header-Content-Length
 * tells how many bytes of the body are JSON; the tensors that have parameters.binary_data_size follow it
 * in order, little-endian.  Shapes are [N] or [N, width]; every datatype whose values convert to the
 * model's input is accepted; null is a missing value.
 * Source: Open Inference Protocol V2 REST; Triton's binary tensor data extension.
 */
#ifndef HONE_SERVE_V2_H
#define HONE_SERVE_V2_H

#include "serve/batch.h"

#define HONE_V2_OUTPUTS 16

struct hone_v2_wanted {
    struct hone_str name;
    bool binary;
    bool told;    /* the output itself said how */
    size_t first; /* classification: so many of its highest values; 0: its values as they are */
};

struct hone_v2_request {
    struct hone_str id; /* empty: none */
    struct hone_v2_wanted output[HONE_V2_OUTPUTS];
    size_t outputs; /* 0: all */
    bool binary;    /* all outputs as bytes unless they say otherwise */
};

/* Datatypes by protocol name. */
enum hone_dtype hone_v2_dtype(struct hone_str name); /* HONE_NONE: no such type */
const char *hone_v2_name(enum hone_dtype type);      /* "FP32"; text is "BYTES" */

/*
 * Read a body of len bytes of which the first json are JSON into a batch begun anew; the body is changed and
 * must live as long as the rows and *out.
 * Fails: HONE_E_FORMAT, HONE_E_ARG, HONE_E_SHAPE naming the input, HONE_E_LIMIT.
 */
enum hone_code hone_v2_read(struct hone_run *run, char *body, size_t json, size_t len,
                            struct hone_batch *b, struct hone_v2_request *out);

/* Half precision and bfloat16 to float (IEEE 754). */
float hone_v2_half(uint16_t bits);

#endif
