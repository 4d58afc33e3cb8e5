/*
 * serve/http/head.h - what the head of a request says: its target and its fields
 *
 * The parser hands over the texts in pieces; here they are put together, bounded, and found again by name.
 * Source: RFC 9110, section 5; RFC 9112, section 5.
 */
#ifndef HONE_SERVE_HTTP_HEAD_H
#define HONE_SERVE_HTTP_HEAD_H

#include "base/str.h"

enum {
    HONE_HEAD_BYTES = 16 << 10,  /* of target and fields together */
    HONE_TARGET_BYTES = 8 << 10, /* of the target */
    HONE_HEAD_FIELDS = 100,
};

/* How much of a head there is too much of; NONE: it fits. */
enum hone_head_excess { HONE_HEAD_FITS, HONE_HEAD_TARGET, HONE_HEAD_SIZE, HONE_HEAD_COUNT };

struct hone_head {
    char *
        bytes; /* (HONE_HEAD_BYTES) the target, then each name and value, each with a NUL behind it */
    size_t used;
    size_t fields;
    struct {
        uint16_t name, value; /* where they begin in bytes */
    } field[HONE_HEAD_FIELDS];
    enum hone_head_excess excess;
};

/* Empty it for the next request; bytes stay. */
void hone_head_clear(struct hone_head *head);

/* More of the target, of a field's name, of its value; *_end when the piece was the last.  What is too much is passed
 * over and remembered in excess. */
void hone_head_target(struct hone_head *head, const char *bytes, size_t len);
void hone_head_target_end(struct hone_head *head);
void hone_head_name(struct hone_head *head, const char *bytes, size_t len);
void hone_head_name_end(struct hone_head *head);
void hone_head_value(struct hone_head *head, const char *bytes, size_t len);
void hone_head_value_end(struct hone_head *head);

/* The value of the first field of a name, whatever its case; NULL: none.  n (may be NULL): how many there are. */
const char *hone_head_get(const struct hone_head *head, const char *name, size_t *n);

#endif
