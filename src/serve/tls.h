/*
 * serve/tls.h - the certificate that the server shows, and its renewal without a restart
 */
#ifndef HONE_SERVE_TLS_H
#define HONE_SERVE_TLS_H

#include "base/run.h"

struct gnutls_session_int;
struct hone_tls;

/* Versions and suites: TLS 1.2 and 1.3, GnuTLS's judgement of the rest. */
#define HONE_TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/*
 * Read a chain (PEM, the server's own certificate first) and its key (PEM, not encrypted).
 * Fails: as hone_file_open; HONE_E_FORMAT naming the file when it is no such PEM, HONE_E_ARG when key and certificate
 * do not belong together.
 */
enum hone_code hone_tls_open(struct hone_run *run, const char *chain, const char *key,
                             struct hone_tls **out);
/* No server may use it any more.  NULL is fine. */
void hone_tls_close(struct hone_tls *tls);

/*
 * Take up the files if they have changed; connections that are open keep what they have.  On failure what was
 * read before stays, and the next call tries again.
 *
 *   *renewed  whether there is another certificate now
 */
enum hone_code hone_tls_renew(struct hone_run *run, struct hone_tls *tls, bool *renewed);

/* When the server's own certificate runs out, µs since 1970. */
int64_t hone_tls_expires(const struct hone_tls *tls);

/*
 * A session of the server's side over a connected socket that does not block; any thread.  It shows the certificate
 * that is the newest when the client asks for it.  False when there is no memory.
 */
bool hone_tls_session(const struct hone_tls *tls, int fd, struct gnutls_session_int **out);

#endif
