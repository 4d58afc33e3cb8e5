/*
 * serve/signin.h - how a browser shows a token
 *
 * A form takes the token once; from then on a cookie carries it, which scripts cannot read (HttpOnly) and which other
 * sites' forms and pictures do not send (SameSite=Lax; a link in a chat does, so that whoever is woken by one is not
 * asked again).  A cookie only ever looks: it counts for GET alone and as the role read, whatever the token
 * may do, so no other site can make a browser change or ask anything.
 */
#ifndef HONE_SERVE_SIGNIN_H
#define HONE_SERVE_SIGNIN_H

#include "serve/access.h"

struct hone_request;

/* What a request shows: by the field Authorization, else, where it only looks, by its cookie; sets req->by_cookie and
 * req->asker. */
struct hone_caller hone_signin_caller(struct hone_request *req);

/* Whether the one who asks is a person with a browser, who is to see errors as a page. */
bool hone_page_wanted(struct hone_request *req);
/* Write an error as a page, with the form to sign in where that is what is missing; gives the status back. */
int hone_page_error(struct hone_request *req, int status, const char *message);

/*
 * The value of a cookie in a Cookie field, decoded (%41), into out; false: it is not there, or does not fit.
 * Source: RFC 6265, section 4.2.1.
 */
bool hone_cookie_find(const char *field, const char *name, char *out, size_t room);
/*
 * The value of a field of a form (application/x-www-form-urlencoded), into out; false: as above.
 */
bool hone_form_find(struct hone_str body, const char *name, char *out, size_t room);
/* Whether a place to go to after signing in is a path of this server. */
bool hone_signin_place(const char *to);

#endif
