/*
 * serve/request_target.h - what a request asks for
 *
 * The target of a request line as it was sent (RFC 9112, section 3.2): "/v2/models?x" or the whole address
 * "http://host/v2/models".  A path is decoded once and in two steps, so that a coded slash never parts it:
 * here all escapes but %00, %25 and %2F; hone_request_target_is sees through the last two, and %00 stays what it is
 * everywhere, since it would end the path for whoever reads it as C text.
 */
#ifndef HONE_SERVE_REQUEST_TARGET_H
#define HONE_SERVE_REQUEST_TARGET_H

#include "base/str.h"

struct hone_request_target {
    const char *path;  /* begins with a slash, ends with a NUL */
    const char *query; /* as it was sent; NULL: none */
    const char *host;  /* of the whole address, with its port; NULL: only a path was sent */
};

/*
 * Read a target in place.
 *
 *   text   its bytes and a NUL behind them; kept by out and changed
 *
 * False: it is neither a path nor an http address; text is as it was.
 */
bool hone_request_target_read(char *text, struct hone_request_target *out);

/* Whether a part of the path is this name. */
bool hone_request_target_is(struct hone_str part, const char *name);

#endif
