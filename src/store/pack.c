#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/pack_priv.h"
#include "store/query_priv.h"

static unsigned digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

struct hone_object_id hone_object_id_of(const struct hone_sha *sha)
{
    struct hone_object_id id;
    for (size_t i = 0; i < sizeof id.sha; i++) {
        id.sha[i] = (uint8_t)(digit(sha->hex[2 * i]) << 4 | digit(sha->hex[2 * i + 1]));
    }
    return id;
}

struct hone_object_id hone_object_id(const void *bytes, size_t len)
{
    struct hone_sha sha = hone_sha256(bytes, len);
    return hone_object_id_of(&sha);
}

struct hone_sha hone_object_hex(const struct hone_object_id *id)
{
    static const char digits[] = "0123456789abcdef";
    struct hone_sha out = {{0}};
    for (size_t i = 0; i < sizeof id->sha; i++) {
        out.hex[2 * i] = digits[id->sha[i] >> 4];
        out.hex[2 * i + 1] = digits[id->sha[i] & 15];
    }
    return out;
}

static const char *folder_of(struct hone_store *store, struct hone_arena *mem)
{
    return hone_path_join(mem, store->folder, "objects");
}

const char *hone_pack_path(struct hone_store *store, const char *name, struct hone_arena *mem)
{
    return hone_arena_format(mem, "%s/objects/%s.pack", store->folder, name);
}

enum hone_code hone_pack_begin(struct hone_run *run, struct hone_store *store,
                               struct hone_pack *pack)
{
    uint64_t random;

    HONE_TRY(hone_random_bytes(run, &random, sizeof random));
    pack->name = hone_arena_format(&pack->mem, "%016llx", (unsigned long long)random);
    return hone_out_open(run, hone_pack_path(store, pack->name, &pack->mem), &pack->out);
}

enum hone_code hone_pack_add(struct hone_run *run, struct hone_store *store,
                             struct hone_pack *pack, const void *stored,
                             struct hone_piece *piece)
{
    if (pack->name == NULL) {
        HONE_TRY(hone_pack_begin(run, store, pack));
    }
    HONE_TRY(hone_out_write(run, &pack->out, stored, piece->stored));
    piece->at = pack->bytes;
    pack->bytes += piece->stored;
    return HONE_OK;
}

enum hone_code hone_pack_seal(struct hone_run *run, struct hone_pack *pack)
{
    return hone_out_commit(run, &pack->out);
}

enum hone_code hone_pack_record(struct hone_run *run, struct hone_store *store,
                                const struct hone_pack *pack, int64_t *id)
{
    HONE_QUERY query = {0};
    bool row;

    HONE_TRY(hone_query_begin(
        run, store, "INSERT INTO pack (name, bytes) VALUES (?, ?) RETURNING id", &query));
    hone_query_put_text(&query, pack->name);
    hone_query_put_int(&query, (int64_t)pack->bytes);
    HONE_TRY(hone_query_step(run, &query, &row));
    HONE_ASSERT(row);
    *id = hone_query_int(&query);
    return HONE_OK;
}

void hone_pack_drop(struct hone_pack *pack)
{
    if (pack->name != NULL) {
        hone_out_close(&pack->out);
    }
    hone_arena_free(&pack->mem);
    *pack = (struct hone_pack){.bytes = 0};
}

enum hone_code hone_pack_lock(struct hone_run *run, struct hone_store *store, bool alone,
                              int *out)
{
    HONE_ARENA(work);
    const char *folder = folder_of(store, &work);
    int fd;

    HONE_TRY(hone_dir_make(run, folder));
    fd = open(hone_path_join(&work, folder, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        return hone_fail_errno(run, "%s/lock", folder);
    }
    if (flock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
        int why = errno;
        close(fd);
        if (why != EWOULDBLOCK) {
            errno = why;
            return hone_fail_errno(run, "%s: cannot lock", folder);
        }
        (void)hone_fail(run, HONE_E_CONFLICT, "%s is in use by another hone command", folder);
        return hone_hint(run, alone ? "collect when nothing is being added or read"
                                    : "a collection runs; try again when it has ended");
    }
    *out = fd;
    return HONE_OK;
}

void hone_pack_unlock(const int *lock)
{
    if (*lock >= 0) {
        close(*lock);
    }
}
