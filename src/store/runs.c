#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "store/lineage.h"
#include "store/query_priv.h"

/* Columns of a run in the order read_run takes them. */
#define RUN_COLUMNS                                                                            \
    "run.seq, run.id, run.name, run.model, run.status, run.started, run.ended, run.seed,"      \
    " run.version, run.config, run.command, run.message,"                                      \
    " (SELECT id FROM run AS above WHERE above.seq = run.parent)"

static void read_run(struct hone_query *query, struct hone_arena *mem,
                     struct hone_run_record *out)
{
    out->seq = hone_query_int(query);
    out->id = hone_query_text(query, mem);
    out->name = hone_query_text(query, mem);
    out->model = hone_query_text(query, mem);
    out->status = hone_query_text(query, mem);
    out->started = hone_query_int(query);
    out->ended = hone_query_int(query);
    out->seed = (uint64_t)hone_query_int(query);
    out->version = hone_query_text(query, mem);
    out->config = hone_query_text(query, mem);
    out->command = hone_query_text(query, mem);
    out->message = hone_query_text(query, mem);
    out->parent = hone_query_text(query, mem);
}

/*
 * The process a run belongs to: machine, process id, and when that process started, since ids are
 * used again.
 */
static const char *owner_of(struct hone_run *run, const char *machine, int64_t process,
                            struct hone_arena *mem)
{
    struct hone_file file = {0};
    const char *path = hone_arena_format(mem, "/proc/%lld/stat", (long long)process);
    if (hone_file_open(run, path, mem, &file) != HONE_OK) {
        hone_error_clear(run);
        return "";
    }
    /* Field 22, counted from behind the name, which is in brackets and may hold anything. */
    struct hone_str rest = file.bytes;
    const char *bracket = memrchr(rest.ptr, ')', rest.len);
    size_t skip = bracket == NULL ? 0 : (size_t)(bracket - rest.ptr);
    rest = (struct hone_str){rest.ptr + skip, rest.len - skip};
    struct hone_str word = {"", 0};
    for (size_t field = 2; field <= 22; field++) {
        hone_str_cut(rest, ' ', &word, &rest);
    }
    const char *owner = hone_arena_format(mem, "%s:%lld:%.*s", machine, (long long)process,
                                          (int)word.len, word.ptr);
    hone_file_close(&file);
    return owner;
}

static const char *machine_name(struct hone_arena *mem)
{
    char name[256] = "";
    if (gethostname(name, sizeof name - 1) != 0) {
        name[0] = '\0';
    }
    return hone_arena_text(mem, name, strlen(name));
}

static enum hone_code new_id(struct hone_run *run, struct hone_run_id *out)
{
    unsigned char bytes[16];
    HONE_TRY(hone_random_bytes(run, bytes, sizeof bytes));
    for (size_t i = 0; i < sizeof bytes; i++) {
        snprintf(out->hex + 2 * i, 3, "%02x", bytes[i]);
    }
    return HONE_OK;
}

enum hone_code hone_store_run_begin(struct hone_run *run, struct hone_store *store,
                                    const struct hone_run_record *record,
                                    struct hone_run_id *id)
{
    HONE_SCRATCH(run);
    struct hone_run_id made;
    HONE_TRY(new_id(run, &made));
    int64_t parent = 0;
    if (record->parent != NULL) {
        HONE_TRY(hone_store_run_seq(run, store, record->parent, &parent));
    }
    HONE_QUERY query = {0};
    HONE_TRY(
        hone_query_begin(run, store,
                         "INSERT INTO run (id, name, model, status, started, seed, version,"
                         " config, command, owner, parent)"
                         " VALUES (?, ?, ?, 'RUNNING', ?, ?, ?, ?, ?, ?, ?)",
                         &query));
    hone_query_put_text(&query, made.hex);
    hone_query_put_str(&query, record->name == NULL ? (struct hone_str){made.hex, 8}
                                                    : hone_str(record->name));
    hone_query_put_text(&query, record->model);
    hone_query_put_int(&query, hone_now_us(run));
    hone_query_put_int(&query, (int64_t)record->seed);
    hone_query_put_text(&query, HONE_VERSION);
    hone_query_put_text(&query, record->config == NULL ? "{}" : record->config);
    hone_query_put_text(&query, record->command == NULL ? "" : record->command);
    hone_query_put_text(&query,
                        owner_of(run, machine_name(&run->scratch), getpid(), &run->scratch));
    hone_query_put_int_or_null(&query, parent, record->parent == NULL);
    HONE_TRY(hone_query_run(run, &query, NULL));
    *id = made;
    return HONE_OK;
}

enum hone_code hone_store_run_end(struct hone_run *run, struct hone_store *store,
                                  const char *id, const char *status, const char *message)
{
    struct hone_str word = hone_str(status);
    if (!hone_str_is(word, "FINISHED") && !hone_str_is(word, "FAILED") &&
        !hone_str_is(word, "KILLED")) {
        return hone_fail(run, HONE_E_ARG,
                         "a run ends FINISHED, FAILED or KILLED, not \"%.20s\"", status);
    }
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store,
                              "UPDATE run SET status = ?, ended = ?, message = ?"
                              " WHERE seq = ? AND status = 'RUNNING'",
                              &query));
    hone_query_put_text(&query, status);
    hone_query_put_int(&query, hone_now_us(run));
    hone_query_put_text(&query, message);
    hone_query_put_int(&query, seq);
    size_t changed;
    HONE_TRY(hone_query_run(run, &query, &changed));
    if (changed == 0) {
        return hone_fail(run, HONE_E_CONFLICT, "run %s has already ended", id);
    }
    return HONE_OK;
}

enum hone_code hone_store_run_seq(struct hone_run *run, struct hone_store *store,
                                  const char *id, int64_t *seq)
{
    size_t len = strlen(id);
    if (len < 4 || len > 32 || strspn(id, "0123456789abcdef") != len) {
        return hone_fail(run, HONE_E_NOT_FOUND,
                         "\"%.40s\" is no run's id: 4 to 32 hexadecimal digits", id);
    }
    HONE_SCRATCH(run);
    HONE_QUERY query = {0};
    /* 'g' follows every hexadecimal digit: the range of the ids that begin so. */
    HONE_TRY(hone_query_begin(run, store,
                              "SELECT seq FROM run WHERE id >= ? AND id < ? LIMIT 2", &query));
    hone_query_put_text(&query, id);
    hone_query_put_text(&query, hone_arena_format(&run->scratch, "%sg", id));
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    if (!row) {
        return hone_fail(run, HONE_E_NOT_FOUND, "no run %s in %s", id, store->folder);
    }
    int64_t found = hone_query_int(&query);
    HONE_TRY(hone_query_step(run, &query, &row));
    if (row) {
        return hone_fail(run, HONE_E_ARG, "several runs begin with %s: give more digits", id);
    }
    *seq = found;
    return HONE_OK;
}

enum hone_code hone_store_run_get(struct hone_run *run, struct hone_store *store,
                                  const char *id, struct hone_arena *mem,
                                  struct hone_run_record *out)
{
    int64_t seq;
    HONE_TRY(hone_store_run_seq(run, store, id, &seq));
    HONE_QUERY query = {0};
    HONE_TRY(
        hone_query_begin(run, store, "SELECT " RUN_COLUMNS " FROM run WHERE seq = ?", &query));
    hone_query_put_int(&query, seq);
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    HONE_ASSERT(row); /* runs are never removed */
    read_run(&query, mem, out);
    return HONE_OK;
}

/* The statement for a filter; put_filter binds in the same order. */
static const char *filter_sql(const struct hone_run_filter *filter, struct hone_arena *mem)
{
    struct hone_buf sql = hone_buf(mem);
    hone_buf_text(&sql, "SELECT " RUN_COLUMNS " FROM run");
    if (filter->metric != NULL) {
        hone_buf_text(&sql, " JOIN metric_last ON metric_last.run = run.seq"
                            " AND metric_last.key = ? AND metric_last.value BETWEEN ? AND ?");
    }
    hone_buf_text(&sql, " WHERE run.seq < ?");
    if (filter->status != NULL) {
        hone_buf_text(&sql, " AND run.status = ?");
    }
    if (filter->model != NULL) {
        hone_buf_text(&sql, " AND run.model = ?");
    }
    if (filter->parent != NULL) {
        hone_buf_text(&sql, " AND run.parent = ?");
    }
    hone_buf_text(&sql, " ORDER BY run.seq DESC LIMIT ?");
    return sql.ptr;
}

static enum hone_code put_filter(struct hone_run *run, struct hone_query *query,
                                 const struct hone_run_filter *filter)
{
    if (filter->metric != NULL) {
        hone_query_put_text(query, filter->metric);
        hone_query_put_real(query, filter->at_least);
        hone_query_put_real(query, filter->at_most);
    }
    hone_query_put_int(query, filter->before == 0 ? INT64_MAX : filter->before);
    if (filter->status != NULL) {
        hone_query_put_text(query, filter->status);
    }
    if (filter->model != NULL) {
        hone_query_put_text(query, filter->model);
    }
    if (filter->parent != NULL) {
        int64_t parent;
        HONE_TRY(hone_store_run_seq(run, query->store, filter->parent, &parent));
        hone_query_put_int(query, parent);
    }
    hone_query_put_int(query, filter->limit == 0 ? -1 : (int64_t)filter->limit);
    return HONE_OK;
}

enum hone_code hone_store_run_list(struct hone_run *run, struct hone_store *store,
                                   const struct hone_run_filter *filter, struct hone_arena *mem,
                                   struct hone_run_record **out, size_t *n)
{
    HONE_CLOSING(hone_arena_free) struct hone_arena own = {0};
    HONE_QUERY query = {0};
    HONE_TRY(hone_query_begin(run, store, filter_sql(filter, &own), &query));
    HONE_TRY(put_filter(run, &query, filter));
    struct hone_run_record *list = NULL;
    size_t found = 0;
    size_t room = 0;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, &query, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, mem, &list, found, &room));
        read_run(&query, mem, &list[found++]);
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

/* Whether the process named by an owner text of this machine is still the same one. */
static bool is_gone(struct hone_run *run, const char *machine, const char *owner)
{
    struct hone_str head;
    struct hone_str rest;
    int64_t process;
    HONE_SCRATCH(run);
    size_t len = strlen(machine);
    if (strncmp(owner, machine, len) != 0 || owner[len] != ':') {
        return false; /* of another machine: unknown */
    }
    hone_str_cut(hone_str(owner + len + 1), ':', &head, &rest);
    return hone_parse_i64(head, &process) &&
           !hone_str_is(hone_str(owner), owner_of(run, machine, process, &run->scratch));
}

enum hone_code hone_store_run_sweep(struct hone_run *run, struct hone_store *store, size_t *n)
{
    HONE_SCRATCH(run);
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
    HONE_QUERY open = {0};
    HONE_TRY(hone_query_begin(
        run, store, "SELECT id, owner FROM run WHERE status = 'RUNNING' ORDER BY seq", &open));
    const char *machine = machine_name(&run->scratch);
    struct hone_fact *list;
    size_t rows = 0;
    size_t room = 0;
    size_t swept = 0;
    list = NULL;
    for (;;) {
        bool row;
        HONE_TRY(hone_query_step(run, &open, &row));
        if (!row) {
            break;
        }
        HONE_TRY(hone_list_more(run, &run->scratch, &list, rows, &room));
        list[rows].key = hone_query_text(&open, &run->scratch);
        list[rows++].value = hone_query_text(&open, &run->scratch);
    }
    for (size_t i = 0; i < rows; i++) {
        if (is_gone(run, machine, list[i].value)) {
            HONE_TRY(hone_store_run_end(run, store, list[i].key, "KILLED",
                                        "the process ended without a word"));
            swept++;
        }
    }
    HONE_TRY(hone_transaction_commit(run, &tx));
    if (n != NULL) {
        *n = swept;
    }
    return HONE_OK;
}
