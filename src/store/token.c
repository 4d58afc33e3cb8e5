#include "store/token.h"

#include "store/audit.h"
#include "store/query_priv.h"
#include "store/registry_priv.h"

static const char *const role_names[] = {"none", "read", "write", "admin"};

const char *hone_role_name(enum hone_role role)
{
    return role_names[role];
}

enum hone_code hone_role_find(struct hone_run *run, const char *name, enum hone_role *out)
{
    for (int i = HONE_ROLE_READ; i <= HONE_ROLE_ADMIN; i++) {
        if (strcmp(name, role_names[i]) == 0) {
            *out = (enum hone_role)i;
            return HONE_OK;
        }
    }
    return hone_fail(run, HONE_E_ARG, "a role is read, write or admin, not \"%.40s\"", name);
}

/* 256 random bits behind the prefix. */
static enum hone_code make_secret(struct hone_run *run, struct hone_arena *mem,
                                  const char **out)
{
    static const char digit[] = "0123456789abcdef";
    uint8_t random[32];
    HONE_TRY(hone_random_bytes(run, random, sizeof random));
    struct hone_buf text = hone_buf(mem);
    hone_buf_text(&text, HONE_TOKEN_PREFIX);
    for (size_t i = 0; i < sizeof random; i++) {
        hone_buf_char(&text, digit[random[i] >> 4]);
        hone_buf_char(&text, digit[random[i] & 15]);
    }
    *out = text.ptr;
    return text.full ? hone_no_room(run, "token", sizeof random) : HONE_OK;
}

static enum hone_code note(struct hone_run *run, struct hone_store *store, const char *name,
                           const char *actor, const char *action, const char *detail)
{
    HONE_SCRATCH(run);
    const struct hone_audit_row row = {.actor = actor,
                                       .action = action,
                                       .subject =
                                           hone_arena_format(&run->scratch, "token:%s", name),
                                       .detail = detail};
    return hone_audit_append(run, store, &row);
}

/* A token that has run out gives its name back. */
static enum hone_code retire_expired(struct hone_run *run, struct hone_store *store,
                                     const char *name)
{
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "UPDATE token SET revoked = expires WHERE name = ?"
                              " AND revoked IS NULL AND expires <= ?",
                              &query));
    hone_query_put_text(&query, name);
    hone_query_put_int(&query, hone_now_us(run));
    return hone_query_run(run, &query, NULL);
}

static enum hone_code insert(struct hone_run *run, struct hone_store *store,
                             const struct hone_token *what, const char *digest)
{
    HONE_QUERY query = {0};
    size_t added;
    HONE_TRY(hone_query_begin(run, store,
                              "INSERT INTO token (name, role, digest, created, expires, actor)"
                              " VALUES (?, ?, ?, ?, ?, ?)"
                              " ON CONFLICT (name) WHERE revoked IS NULL DO NOTHING",
                              &query));
    hone_query_put_text(&query, what->name);
    hone_query_put_text(&query, hone_role_name(what->role));
    hone_query_put_text(&query, digest);
    hone_query_put_int(&query, hone_now_us(run));
    hone_query_put_int_or_null(&query, what->expires, what->expires == 0);
    hone_query_put_text(&query, what->actor == NULL ? "local" : what->actor);
    HONE_TRY(hone_query_run(run, &query, &added));
    if (added == 0) {
        (void)hone_fail(run, HONE_E_CONFLICT, "a token named %.100s is in force", what->name);
        return hone_hint(run, "choose another name, or `hone revoke %.100s` first", what->name);
    }
    return HONE_OK;
}

enum hone_code hone_token_grant(struct hone_run *run, struct hone_store *store,
                                const struct hone_token *what, struct hone_arena *mem,
                                const char **secret)
{
    HONE_SCRATCH(run);
    const char *made;
    HONE_TRY(hone_name_check(run, "a token's name", what->name));
    if (what->role == HONE_ROLE_NONE ||
        (what->expires != 0 && what->expires <= hone_now_us(run))) {
        return hone_fail(run, HONE_E_ARG, "the token %.100s would be good for nothing",
                         what->name);
    }
    HONE_TRY(make_secret(run, mem, &made));
    const struct hone_sha digest = hone_sha256(made, strlen(made));
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(retire_expired(run, store, what->name));
    HONE_TRY(insert(run, store, what, digest.hex));
    const char *detail =
        hone_arena_format(&run->scratch, "{\"role\":\"%s\",\"expires\":%lld}",
                          hone_role_name(what->role), (long long)what->expires);
    HONE_TRY(note(run, store, what->name, what->actor, "token_grant", detail));
    HONE_TRY(hone_transaction_commit(run, &tx));
    *secret = made;
    return HONE_OK;
}

enum hone_code hone_token_revoke(struct hone_run *run, struct hone_store *store,
                                 const char *name, const char *actor, const char *reason)
{
    HONE_SCRATCH(run);
    HONE_TRANSACTION tx = {0};
    HONE_QUERY query = {0};
    size_t changed;
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(retire_expired(run, store, name));
    HONE_TRY(hone_query_begin(
        run, store, "UPDATE token SET revoked = ? WHERE name = ? AND revoked IS NULL", &query));
    hone_query_put_int(&query, hone_now_us(run));
    hone_query_put_text(&query, name);
    HONE_TRY(hone_query_run(run, &query, &changed));
    if (changed == 0) {
        (void)hone_fail(run, HONE_E_NOT_FOUND, "no token named %.100s is in force in %s", name,
                        store->folder);
        return hone_hint(run, "`hone grant` without a name lists them");
    }
    struct hone_buf detail = hone_buf(&run->scratch);
    hone_buf_text(&detail, "{\"reason\":");
    hone_buf_json(&detail, hone_str(reason == NULL ? "" : reason));
    hone_buf_char(&detail, '}');
    HONE_TRY(note(run, store, name, actor, "token_revoke", detail.ptr));
    return hone_transaction_commit(run, &tx);
}

static enum hone_code read_token(struct hone_run *run, struct hone_query *query,
                                 struct hone_arena *mem, struct hone_token *out)
{
    out->name = hone_query_text(query, mem);
    HONE_TRY(hone_role_find(run, hone_query_text(query, mem), &out->role));
    out->digest = hone_query_text(query, mem);
    out->created = hone_query_int(query);
    out->expires = hone_query_int(query);
    out->revoked = hone_query_int(query);
    out->actor = hone_query_text(query, mem);
    return HONE_OK;
}

enum hone_code hone_token_list(struct hone_run *run, struct hone_store *store, bool all,
                               struct hone_arena *mem, struct hone_token **out, size_t *n)
{
    HONE_QUERY query = {0};
    struct hone_token *list = NULL;
    size_t room = 0;
    size_t count = 0;
    bool row;
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT name, role, digest, created, expires, revoked, actor"
                              " FROM token WHERE ?1 OR (revoked IS NULL"
                              " AND (expires IS NULL OR expires > ?2)) ORDER BY name, id",
                              &query));
    hone_query_put_int(&query, all);
    hone_query_put_int(&query, hone_now_us(run));
    HONE_TRY(hone_query_step(run, &query, &row));
    while (row) {
        HONE_TRY(hone_list_more(run, mem, &list, count, &room));
        HONE_TRY(read_token(run, &query, mem, &list[count++]));
        HONE_TRY(hone_query_step(run, &query, &row));
    }
    *out = list;
    *n = count;
    return HONE_OK;
}
