/*
 * serve/cors.h - pages of another origin that may read what they get
 *
 * Whoever passes hone_access_place by an Origin (this machine, or a name of --allow-host) is told that his page may read
 * the reply; a browser asks beforehand with OPTIONS, without the token that the request itself will show.
 * Source: Fetch standard, CORS protocol.
 */
#ifndef HONE_SERVE_CORS_H
#define HONE_SERVE_CORS_H

struct hone_request;

/* Add the reply's fields for the origin, where there is one and origins are checked here. */
void hone_cors_fields(struct hone_request *req);
/* Answer an OPTIONS request to a path that is there; its status. */
int hone_cors_options(struct hone_request *req);

#endif
