/*
 * store/token.h - who may ask the server, and for what
 *
 * A token is shown once, when it is granted; kept is its SHA-256, so whoever reads the store learns none.
 * Granting and revoking are in the audit log.
 */
#ifndef HONE_STORE_TOKEN_H
#define HONE_STORE_TOKEN_H

#include "base/str.h"
#include "store/store.h"

/* Each may do what those before it may. */
enum hone_role {
    HONE_ROLE_NONE,  /* probes */
    HONE_ROLE_READ,  /* look: models, metrics, pages */
    HONE_ROLE_WRITE, /* ask for predictions, tell labels */
    HONE_ROLE_ADMIN, /* change what is served */
};
/* "none", "read", "write", "admin". */
const char *hone_role_name(enum hone_role role);
/* The role of a name; "none" is not one to grant.  Fails: HONE_E_ARG. */
enum hone_code hone_role_find(struct hone_run *run, const char *name, enum hone_role *out);

struct hone_token {
    const char *name; /* unique among those not revoked */
    enum hone_role role;
    const char *digest; /* SHA-256 of the token, 64 hexadecimal digits; filled by the store */
    int64_t created;    /* filled by the store */
    int64_t expires;    /* 0: never */
    int64_t revoked;    /* 0: not; filled by the store */
    const char *actor;  /* who granted it; NULL when given: "local" */
};

#define HONE_TOKEN_PREFIX "hone_" /* so that scanners for leaked secrets can know one */

/*
 * Make a token: 256 random bits.
 *
 *   *secret  in mem; the only time it is known
 *
 * Fails: HONE_E_CONFLICT when a token of this name is in force; HONE_E_ARG for a name that is none, or one
 * that would have expired already.
 */
enum hone_code hone_token_grant(struct hone_run *run, struct hone_store *store,
                                const struct hone_token *what, struct hone_arena *mem,
                                const char **secret);

/* Fails: HONE_E_NOT_FOUND when no token of this name is in force. */
enum hone_code hone_token_revoke(struct hone_run *run, struct hone_store *store,
                                 const char *name, const char *actor, const char *reason);

/* By name, then by age; with all also those that are revoked or expired. */
enum hone_code hone_token_list(struct hone_run *run, struct hone_store *store, bool all,
                               struct hone_arena *mem, struct hone_token **out, size_t *n);

#endif
