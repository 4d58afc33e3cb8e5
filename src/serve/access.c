#include "serve/access.h"

#include <math.h>

/* --- place ---------------------------------------------------------------------------------- */

/* The host of "name:port", "[::1]:port" or "name".  What has no port of digits is left whole, and is no name then: a
 * user before the host, or more behind the bracket, must not look like ours. */
static struct hone_str without_port(struct hone_str host)
{
    size_t end = host.len;

    while (end > 0 && host.ptr[end - 1] >= '0' && host.ptr[end - 1] <= '9') {
        end--;
    }
    return end > 0 && host.ptr[end - 1] == ':' ? (struct hone_str){host.ptr, end - 1} : host;
}

static bool host_allowed(const struct hone_access *access, struct hone_str name)
{
    static const char *const own[] = {"localhost", "127.0.0.1", "[::1]"};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (hone_str_eq_nocase(name, hone_str(own[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < access->names->n; i++) {
        if (hone_str_eq_nocase(name, hone_str(access->names->item[i]))) {
            return true;
        }
    }
    return hone_str_eq_nocase(name, hone_str(access->host));
}

bool hone_access_place(const struct hone_access *access, const char *host, const char *origin)
{
    if (!access->check_place) {
        return true;
    }
    if (host != NULL && !host_allowed(access, without_port(hone_str(host)))) {
        return false;
    }
    if (origin != NULL) {
        const char *name = strstr(origin, "://");
        return name != NULL && host_allowed(access, without_port(hone_str(name + 3)));
    }
    return true;
}

/* --- tokens --------------------------------------------------------------------------------- */

static const struct hone_grants no_grants = {0, NULL};

void hone_access_init(struct hone_access *access, const char *own)
{
    if (own != NULL) {
        access->has_own = true;
        access->own = hone_sha256(own, strlen(own));
        access->own_is_short = strlen(own) < HONE_OWN_LEAST;
    }
    access->guesses.rate = HONE_GUESSES;
    atomic_store(&access->grants, &no_grants);
}

void hone_access_clear(struct hone_access *access)
{
    hone_arena_free(&access->mem);
}

bool hone_access_any(const struct hone_access *access)
{
    return access->has_own || atomic_load(&access->grants)->n > 0;
}

/* Whether tokens of the store are those that are known, in order. */
static bool same(const struct hone_grants *known, const struct hone_token *list, size_t n)
{
    if (known->n != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(known->item[i].digest.hex, list[i].digest) != 0) {
            return false;
        }
    }
    return true;
}

enum hone_code hone_access_load(struct hone_run *run, struct hone_access *access,
                                struct hone_store *store)
{
    HONE_SCRATCH(run);
    struct hone_token *list;
    size_t n;

    HONE_TRY(hone_token_list(run, store, false, &run->scratch, &list, &n));
    if (same(atomic_load(&access->grants), list, n)) {
        return HONE_OK;
    }
    struct hone_grants *now = hone_new(&access->mem, struct hone_grants);
    HONE_TRY(hone_array(run, &access->mem, &now->item, n));
    for (now->n = 0; now->n < n; now->n++) {
        struct hone_grant *grant = &now->item[now->n];
        const struct hone_token *token = &list[now->n];
        memcpy(grant->digest.hex, token->digest, sizeof grant->digest.hex - 1);
        memcpy(grant->name, token->name, strnlen(token->name, sizeof grant->name - 1));
        grant->role = token->role;
        grant->expires = token->expires;
    }
    atomic_store(&access->grants, now);
    return HONE_OK;
}

/* The token of "Bearer TOKEN"; empty: none. */
static struct hone_str bearer(const char *authorization)
{
    static const char scheme[] = "Bearer ";
    const size_t len = sizeof scheme - 1;

    if (authorization == NULL || strnlen(authorization, len) < len ||
        !hone_str_eq_nocase((struct hone_str){authorization, len}, hone_str(scheme))) {
        return (struct hone_str){NULL, 0};
    }
    return hone_str_trim(hone_str(authorization + len));
}

struct hone_caller hone_access_token(const struct hone_access *access,
                                     const char *authorization, int64_t now)
{
    const struct hone_grants *grants = atomic_load(&access->grants);
    const struct hone_str shown = bearer(authorization);
    struct hone_caller caller = {HONE_ROLE_NONE, NULL};

    if (shown.len == 0) {
        return caller;
    }
    const struct hone_sha digest = hone_sha256(shown.ptr, shown.len);
    const struct hone_str text = hone_str(digest.hex);
    if (access->has_own && hone_equal_secret(text, hone_str(access->own.hex))) {
        caller = (struct hone_caller){HONE_ROLE_ADMIN, "token"};
    }
    for (size_t i = 0; i < grants->n; i++) {
        const struct hone_grant *grant = &grants->item[i];
        if (hone_equal_secret(text, hone_str(grant->digest.hex)) &&
            (grant->expires == 0 || now < grant->expires)) {
            caller = (struct hone_caller){grant->role, grant->name};
        }
    }
    return caller;
}

/* --- rate ----------------------------------------------------------------------------------- */

int64_t hone_gate_wait(struct hone_gate *gate, struct hone_str client, int64_t now)
{
    if (!(gate->rate > 0)) {
        return 0;
    }
    const int64_t second = 1000000000;
    int64_t each = (int64_t)fmax((double)second / gate->rate, 1);
    int64_t burst = each > second ? each : second; /* what may be used up ahead of time */
    _Atomic(int64_t) *place =
        &gate->due[hone_hash64(client.ptr, client.len, 0) % HONE_GATE_PLACES];
    int64_t due = atomic_load_explicit(place, memory_order_relaxed);
    int64_t next;

    do {
        next = (due > now ? due : now) + each;
        if (next - now > burst) {
            return next - now - burst;
        }
    } while (!atomic_compare_exchange_weak_explicit(place, &due, next, memory_order_relaxed,
                                                    memory_order_relaxed));
    return 0;
}
