/*
 * serve/http/strict.h - what the parser lets pass in a head, and we do not
 *
 * llhttp joins folded fields, reads a first line with more blanks than two and one without a version (HTTP/0.9).  A
 * proxy before us may read the same bytes otherwise, and then what one takes for a body is a request for the other.
 * Source: RFC 9112, sections 3 and 5.2; RFC 9110, section 5.1.
 */
#ifndef HONE_SERVE_HTTP_STRICT_H
#define HONE_SERVE_HTTP_STRICT_H

#include "base/str.h"

/* How far the head of a request was looked at.  Zeroed: nothing of it has come. */
struct hone_strict {
    enum {
        HONE_STRICT_BEFORE,
        HONE_STRICT_FIRST, /* in the first line */
        HONE_STRICT_LINE,
        HONE_STRICT_NEXT, /* at the beginning of a line */
        HONE_STRICT_OVER,
    } at;
    unsigned blanks; /* in the first line */
    char protocol;   /* its first letter: others are not spoken; 0: none yet */
};

/*
 * Look at more bytes of a request, as they come; behind the head they are passed over.
 *
 * NULL: fine so far; else why not.  It is over then.
 */
const char *hone_strict_look(struct hone_strict *strict, const char *bytes, size_t len);

#endif
