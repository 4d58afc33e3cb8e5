/*
 * io/webhook.h - tell something to a URL
 *
 * Posts a JSON text by libcurl, which is loaded when the first client is opened: a program that posts nothing does not
 * pay for it at start, and needs no libcurl.  Signed as "Standard Webhooks" asks (standardwebhooks.com, specification
 * 1.0.0): three headers,
 *
 *   webhook-id          the message's, the same at each attempt: who has seen it passes over it
 *   webhook-timestamp   s since 1970 of this attempt
 *   webhook-signature   v1,BASE64(HMAC-SHA256(key, "ID.TIMESTAMP.BODY")); only with a secret
 *
 * 5 s to connect, 10 s for all.  Certificates are verified; redirects are not followed; at most 64 KiB of a reply are read.
 * What libcurl reads from the environment holds: https_proxy, no_proxy.
 */
#ifndef HONE_IO_WEBHOOK_H
#define HONE_IO_WEBHOOK_H

#include "base/str.h"

/* The longest URL. */
#define HONE_WEBHOOK_URL 2048

/*
 * Whether a text is a URL to post to: http or https, a host, no white space or control characters.
 * Fails: HONE_E_ARG; the message does not repeat what may be secret.
 */
enum hone_code hone_webhook_check(struct hone_run *run, const char *url);

/* Where a URL leads without what may be secret (user, password, path, query): "https://hooks.example.com:8443". In mem. */
const char *hone_webhook_name(const char *url, struct hone_arena *mem);

/*
 * The value of webhook-signature.
 *
 *   secret   "whsec_" and the key in base64, as the specification writes it; any other text is the key itself
 *   seconds  webhook-timestamp
 *   *out     in mem
 *
 * Fails: HONE_E_ARG for "whsec_" and what is no base64, or an empty key.
 */
enum hone_code hone_webhook_sign(struct hone_run *run, const char *secret, const char *id,
                                 int64_t seconds, struct hone_str body, struct hone_arena *mem,
                                 const char **out);

struct hone_webhook_client;
/*
 * Load libcurl.  *out is given back with hone_webhook_close; one thread at a time uses it.
 *
 *   ca   file of the authorities (PEM) to trust instead of the system's; NULL: the system's
 *
 * Fails: HONE_E_UNSUPPORTED without libcurl; the hint says what to install.
 */
enum hone_code hone_webhook_open(struct hone_run *run, const char *ca,
                                 struct hone_webhook_client **out);
void hone_webhook_close(struct hone_webhook_client *client); /* NULL is fine */

struct hone_webhook_message {
    const char *url;
    const char *id;       /* without a full stop */
    const char *secret;   /* NULL: not signed */
    int64_t seconds;      /* since 1970 */
    struct hone_str body; /* JSON */
};

/*
 * Post it, and wait for the reply.
 *
 *   *retry  s until when the receiver does not want to be asked (Retry-After); 0: it does not say.  Also set on failure
 *
 * Fails: HONE_E_IO when it is not there or does not answer 2xx (the message says where, by hone_webhook_name, and the
 * status with the first words of the reply); HONE_E_CANCELLED; as hone_webhook_check, hone_webhook_sign.
 */
enum hone_code hone_webhook_post(struct hone_run *run, struct hone_webhook_client *client,
                                 const struct hone_webhook_message *message, int64_t *retry);

#endif
