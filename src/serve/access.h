/*
 * serve/access.h - who may ask: the place they ask from, the token they show, how often they come
 *
 * Nothing here knows HTTP beyond the texts of four headers.  Everything but the two loads may be called by any
 * number of threads at once.
 */
#ifndef HONE_SERVE_ACCESS_H
#define HONE_SERVE_ACCESS_H

#include <stdatomic.h>

#include "base/hash.h"
#include "base/part.h"
#include "store/token.h"

/* A token in force. */
struct hone_grant {
    char name[256];
    struct hone_sha digest;
    enum hone_role role;
    int64_t expires; /* µs since 1970; 0: never */
};
/* All of one moment; never changed. */
struct hone_grants {
    size_t n;
    struct hone_grant *item;
};

#define HONE_GATE_PLACES 4096
#define HONE_GUESSES     100
#define HONE_OWN_LEAST   20

/*
 * A limit of requests a second for each client, kept without a lock: a client's place holds the time at
 * which it would have used up what it was given.  Two clients may share a place, then they share the limit.
 * Source: generic cell rate algorithm, ITU-T I.371, annex A (virtual scheduling).
 */
struct hone_gate {
    double rate; /* requests a second; 0: no limit.  One second's worth may come at once */
    _Atomic(int64_t) due[HONE_GATE_PLACES];
};
/* ns to wait before a request of this client would be let in at a time; 0: it is let in now. */
int64_t hone_gate_wait(struct hone_gate *gate, struct hone_str client, int64_t now);

struct hone_access {
    struct hone_arena mem;
    bool check_place;               /* Host and Origin must be this machine's */
    const char *host;               /* own address as it stands in a Host header; borrowed */
    const struct hone_texts *names; /* more that are allowed; borrowed */
    bool needs_token;
    bool has_own;
    struct hone_sha own; /* of the token given on the command line or in the environment */
    bool own_is_short;   /* fewer than HONE_OWN_LEAST characters: it could be guessed */
    _Atomic(const struct hone_grants *) grants;
    struct hone_gate gate;
    /*
     * Wrong tokens of an address: HONE_GUESSES a second.  It keeps noise and work small; what keeps guessers out is how
     * long tokens are, since a right one is let in whatever others at the same address (a proxy's) do.
     */
    struct hone_gate guesses;
};

/* What may show a token: own (NULL: none).  The rest of a zeroed struct is set by the caller. */
void hone_access_init(struct hone_access *access, const char *own);
void hone_access_clear(struct hone_access *access);

/*
 * Take up the store's tokens if they are others than those known.  One thread at a time; what is
 * replaced stays in memory, since a request may be reading it: some hundred bytes for each change.
 */
enum hone_code hone_access_load(struct hone_run *run, struct hone_access *access,
                                struct hone_store *store);
/* Whether anybody has a token. */
bool hone_access_any(const struct hone_access *access);

/*
 * A page of another site must not reach a service on the visitor's own machine, neither by a name that it
 * lets point here (DNS rebinding: a foreign Host) nor directly (a foreign Origin).
 *
 *   host, origin   the headers; NULL: not sent
 */
bool hone_access_place(const struct hone_access *access, const char *host, const char *origin);

/* What an Authorization header is good for at a time (µs since 1970). */
struct hone_caller {
    enum hone_role role; /* NONE: no token, or none that is in force */
    const char *name;    /* of the token; "token" for the server's own, NULL: none */
};
struct hone_caller hone_access_token(const struct hone_access *access,
                                     const char *authorization, int64_t now);

#endif
