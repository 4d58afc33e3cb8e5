#include <stdio.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/file.h"
#include "store/lineage.h"
#include "store/query_priv.h"
#include "store/run_priv.h"

void hone_run_read(struct hone_query *query, struct hone_arena *mem,
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
    HONE_TRANSACTION tx = {0};
    HONE_TRY(hone_transaction_begin(run, store, &tx));
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
    const struct hone_fact cpu = {HONE_TAG_CPU, hone_cpu_name()};
    HONE_TRY(hone_store_log_tags(run, store, made.hex, &cpu, 1));
    HONE_TRY(hone_transaction_commit(run, &tx));
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
    HONE_TRY(hone_query_begin(run, store, "SELECT " HONE_RUN_COLUMNS " FROM run WHERE seq = ?",
                              &query));
    hone_query_put_int(&query, seq);
    bool row;
    HONE_TRY(hone_query_step(run, &query, &row));
    HONE_ASSERT(row); /* runs are never removed */
    hone_run_read(&query, mem, out);
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

/* The RUNNING runs whose process is gone: ids, in mem. */
static enum hone_code find_gone(struct hone_run *run, struct hone_store *store,
                                struct hone_arena *mem, const char ***out, size_t *n)
{
    HONE_ARENA(work);
    HONE_QUERY open = {0};
    const char *machine = machine_name(&work);
    const char **list = NULL;
    size_t found = 0;
    size_t room = 0;
    bool row;
    HONE_TRY(hone_query_begin(
        run, store, "SELECT id, owner FROM run WHERE status = 'RUNNING' ORDER BY seq", &open));
    HONE_TRY(hone_query_step(run, &open, &row));
    while (row) {
        const char *id = hone_query_text(&open, mem);
        if (is_gone(run, machine, hone_query_text(&open, &work))) {
            HONE_TRY(hone_list_more(run, mem, &list, found, &room));
            list[found++] = id;
        }
        HONE_TRY(hone_query_step(run, &open, &row));
    }
    *out = list;
    *n = found;
    return HONE_OK;
}

enum hone_code hone_store_run_sweep(struct hone_run *run, struct hone_store *store, size_t *n)
{
    HONE_ARENA(work);
    const char **gone;
    size_t found;
    size_t swept = 0;
    HONE_TRY(find_gone(run, store, &work, &gone, &found));
    if (found > 0) { /* only then is there something to write */
        HONE_TRANSACTION tx = {0};
        HONE_TRY(hone_transaction_begin(run, store, &tx));
        HONE_TRY(
            find_gone(run, store, &work, &gone, &found)); /* another may have been quicker */
        for (; swept < found; swept++) {
            HONE_TRY(hone_store_run_end(run, store, gone[swept], "KILLED",
                                        "the process ended without a word"));
        }
        HONE_TRY(hone_transaction_commit(run, &tx));
    }
    if (n != NULL) {
        *n = swept;
    }
    return HONE_OK;
}
