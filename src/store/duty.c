#include "store/duty.h"

#include "store/query_priv.h"

/* Up to where it is done, and whether somebody is at it. */
static enum hone_code look(struct hone_run *run, struct hone_store *store, const char *name,
                           int64_t *done, int64_t *until)
{
    HONE_QUERY query = {0};
    bool row;
    HONE_TRY(
        hone_query_begin(run, store, "SELECT done, until FROM duty WHERE name = ?", &query));
    hone_query_put_text(&query, name);
    HONE_TRY(hone_query_step(run, &query, &row));
    *done = row ? hone_query_int(&query) : 0;
    *until = row ? hone_query_int(&query) : 0;
    return HONE_OK;
}

/* Clocks of several machines differ by less. */
#define DAY_US INT64_C(86400000000)

/* What a clock that was wrong once wrote down must not keep the duty from being done until that time has come. */
static void distrust_future(int64_t now, int64_t lease_us, int64_t *done, int64_t *until)
{
    *done = *done > now + DAY_US ? 0 : *done;
    *until = *until > now + lease_us + DAY_US ? 0 : *until;
}

enum hone_code hone_duty_take(struct hone_run *run, struct hone_store *store, const char *name,
                              int64_t upto, int64_t now, int64_t lease_us, int64_t *from,
                              bool *taken)
{
    int64_t done;
    int64_t until;
    *taken = false;
    *from = 0;
    /* a look first: almost always it is done, and then no lock is taken */
    HONE_TRY(look(run, store, name, &done, &until));
    distrust_future(now, lease_us, &done, &until);
    if (done >= upto || until > now) {
        return HONE_OK;
    }
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_TRY(look(run, store, name, &done, &until));
    distrust_future(now, lease_us, &done, &until);
    if (done >= upto || until > now) {
        return HONE_OK;
    }
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "INSERT INTO duty (name, done, until) VALUES (?, 0, ?)"
                              " ON CONFLICT (name) DO UPDATE SET until = excluded.until,"
                              " done = ?",
                              &query));
    hone_query_put_text(&query, name);
    hone_query_put_int(&query, now + lease_us);
    hone_query_put_int(&query, done);
    HONE_TRY(hone_query_run(run, &query, NULL));
    HONE_TRY(hone_transaction_commit(run, &tx));
    *from = done;
    *taken = true;
    return HONE_OK;
}

static enum hone_code set(struct hone_run *run, struct hone_store *store, const char *name,
                          int64_t done, int64_t until)
{
    HONE_QUERY query = {0};
    HONE_TRY(
        hone_query_begin(run, store,
                         "INSERT INTO duty (name, done, until) VALUES (?, ?, ?)"
                         " ON CONFLICT (name) DO UPDATE SET done = max(done, excluded.done),"
                         " until = excluded.until",
                         &query));
    hone_query_put_text(&query, name);
    hone_query_put_int(&query, done);
    hone_query_put_int(&query, until);
    return hone_query_run(run, &query, NULL);
}

enum hone_code hone_duty_done(struct hone_run *run, struct hone_store *store, const char *name,
                              int64_t upto)
{
    return set(run, store, name, upto, 0);
}

enum hone_code hone_duty_leave(struct hone_run *run, struct hone_store *store, const char *name,
                               int64_t until)
{
    return set(run, store, name, 0, until);
}

enum hone_code hone_duty_look(struct hone_run *run, struct hone_store *store, const char *name,
                              int64_t *done)
{
    int64_t until;
    return look(run, store, name, done, &until);
}
