#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void fd_close(const int *fd)
{
    if (*fd > STDERR_FILENO) {
        close(*fd);
    }
}

/* All that can be read from a descriptor whose length is not known. */
static enum hone_code read_all(struct hone_run *run, const char *path, int fd,
                               struct hone_arena *mem, struct hone_str *out)
{
    size_t room = 64 << 10;
    size_t len = 0;
    char *bytes;

    HONE_TRY(hone_array(run, mem, &bytes, room));
    for (;;) {
        ssize_t n = read(fd, bytes + len, room - len);
        if (n < 0 && errno == EINTR) {
            HONE_TRY(hone_check_cancel(run));
            continue;
        }
        if (n < 0) {
            return hone_fail_errno(run, "%s: cannot read", path);
        }
        if (n == 0) {
            break;
        }
        len += (size_t)n;
        if (len == room) {
            char *more = hone_arena_grow(mem, bytes, 1, room, hone_product(room, 2));
            if (more == NULL) {
                return hone_no_room(run, path, len);
            }
            bytes = more;
            room *= 2;
        }
    }
    *out = (struct hone_str){bytes, len};
    return HONE_OK;
}

enum hone_code hone_file_open(struct hone_run *run, const char *path, struct hone_arena *mem,
                              struct hone_file *out)
{
    bool standard = strcmp(path, "-") == 0;
    HONE_CLOSING(fd_close)
    const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat info;
    struct hone_file file = {.path = standard ? "standard input" : path};

    if (fd < 0) {
        return hone_fail_errno(run, "%s", path);
    }
    if (fstat(fd, &info) != 0) {
        return hone_fail_errno(run, "%s", path);
    }
    if (S_ISDIR(info.st_mode)) {
        return hone_fail(run, HONE_E_ARG, "%s is a folder, not a file", path);
    }
    if (standard || !S_ISREG(info.st_mode) || info.st_size == 0) {
        HONE_TRY(read_all(run, file.path, fd, mem, &file.bytes));
        *out = file;
        return HONE_OK;
    }
    file.bytes.len = (size_t)info.st_size;
    file.map = mmap(NULL, file.bytes.len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (file.map == MAP_FAILED) {
        return hone_fail_errno(run, "%s: cannot map", path);
    }
    file.bytes.ptr = file.map;
    *out = file;
    return HONE_OK;
}

void hone_file_close(struct hone_file *file)
{
    if (file->map != NULL) {
        munmap(file->map, file->bytes.len);
    }
    *file = (struct hone_file){.path = file->path};
}

enum hone_code hone_file_write(struct hone_run *run, const char *path, struct hone_str bytes)
{
    HONE_CLOSING(hone_out_close) struct hone_out out = {.fd = -1};

    HONE_TRY(hone_out_open(run, path, &out));
    HONE_TRY(hone_out_write(run, &out, bytes.ptr, bytes.len));
    return hone_out_commit(run, &out);
}

bool hone_file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

bool hone_dir_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

enum hone_code hone_dir_make(struct hone_run *run, const char *path)
{
    char *copy;
    size_t len = strlen(path);
    HONE_SCRATCH(run);

    copy = hone_arena_text(&run->scratch, path, len);
    for (size_t i = 1; i <= len; i++) {
        if (copy[i] != '/' && copy[i] != '\0') {
            continue;
        }
        copy[i] = '\0';
        int why = mkdir(copy, 0777) == 0 ? 0 : errno;
        if (why != 0 && !hone_dir_exists(copy)) {
            errno = why; /* of making, not of looking */
            return hone_fail_errno(run, "%s: cannot make the folder", copy);
        }
        copy[i] = path[i];
    }
    return HONE_OK;
}

static int by_name(const void *a, const void *b)
{
    const char *const *x = a;
    const char *const *y = b;
    return strcmp(*x, *y);
}

static void dir_close(DIR **dir)
{
    if (*dir != NULL) {
        closedir(*dir);
    }
}

enum hone_code hone_dir_list(struct hone_run *run, const char *path, struct hone_arena *mem,
                             const char ***names, size_t *n)
{
    HONE_CLOSING(dir_close) DIR *dir = opendir(path);
    const char **list = NULL;
    size_t room = 0;
    size_t len = 0;

    if (dir == NULL) {
        return hone_fail_errno(run, "%s: cannot list the folder", path);
    }
    for (;;) {
        const struct dirent *entry;
        errno = 0;
        entry = readdir(dir);
        if (entry == NULL) {
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        if (len == room) {
            size_t more = room == 0 ? 16 : room * 2;
            list = hone_arena_grow(mem, list, sizeof *list, room, more);
            if (list == NULL) {
                return hone_no_room(run, "folder", more);
            }
            room = more;
        }
        list[len++] = hone_arena_text(mem, entry->d_name, strlen(entry->d_name));
    }
    if (errno != 0) {
        return hone_fail_errno(run, "%s: cannot list the folder", path);
    }
    if (len > 0) {
        qsort(list, len, sizeof *list, by_name);
    }
    *names = list;
    *n = len;
    return HONE_OK;
}

enum hone_code hone_file_remove(struct hone_run *run, const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        return hone_fail_errno(run, "%s: cannot remove", path);
    }
    return HONE_OK;
}

const char *hone_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

const char *hone_path_stem(struct hone_arena *mem, const char *path)
{
    static const char *const packed[] = {".gz", ".zst", NULL};
    static const char *const kinds[] = {".csv",   ".tsv",  ".jsonl", ".ndjson", ".json",
                                        ".txt",   ".data", ".yaml",  ".yml",    ".parquet",
                                        ".arrow", ".onnx", ".db",    ".html",   NULL};
    const char *const *const lists[] = {packed, kinds};
    struct hone_str name = hone_str(hone_path_base(path));

    for (size_t i = 0; i < 2; i++) {
        for (const char *const *end = lists[i]; *end != NULL; end++) {
            if (name.len > strlen(*end) && hone_str_ends(name, *end)) {
                name.len -= strlen(*end);
                break;
            }
        }
    }
    return hone_arena_text(mem, name.ptr, name.len);
}

const char *hone_path_absolute(struct hone_arena *mem, const char *path)
{
    char whole[PATH_MAX];
    if (path == NULL || strcmp(path, "-") == 0 || realpath(path, whole) == NULL) {
        return path;
    }
    return hone_arena_text(mem, whole, strlen(whole));
}

const char *hone_path_join(struct hone_arena *mem, const char *a, const char *b)
{
    size_t len = strlen(a);

    if (b[0] == '/' || len == 0) {
        return hone_arena_text(mem, b, strlen(b));
    }
    return hone_arena_format(mem, "%s%s%s", a, a[len - 1] == '/' ? "" : "/", b);
}

enum { OUT_ROOM = 256 << 10 };

/* A new file beside path: its name differs by process and attempt, O_EXCL decides. */
static enum hone_code open_beside(struct hone_run *run, const char *path, struct hone_out *out)
{
    struct stat info;
    bool there = stat(path, &info) == 0;

    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        out->temporary =
            hone_arena_format(&out->mem, "%s.%ld-%u.tmp", path, (long)getpid(), attempt);
        out->fd = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (out->fd >= 0) {
            if (there) {
                (void)fchmod(out->fd, info.st_mode & 07777);
            }
            return HONE_OK;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    out->temporary = NULL;
    return hone_fail_errno(run, "%s: cannot write", path);
}

/* A link is followed, so that the file it names is replaced and not the link. */
static const char *follow(struct hone_arena *mem, const char *path)
{
    char *real = realpath(path, NULL);
    const char *copy = path;

    if (real != NULL) {
        copy = hone_arena_text(mem, real, strlen(real));
        hone_libc_free(real);
    }
    return copy;
}

enum hone_code hone_out_open(struct hone_run *run, const char *path, struct hone_out *out)
{
    struct stat info;
    enum hone_code code = HONE_OK;

    *out = (struct hone_out){.fd = -1, .path = path};
    if (strcmp(path, "-") == 0) {
        out->fd = STDOUT_FILENO;
        out->path = "standard output";
    } else if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        code = hone_fail(run, HONE_E_ARG, "%s is a folder, not a file", path);
    } else if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        out->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY); /* a device or a pipe */
        if (out->fd < 0) {
            code = hone_fail_errno(run, "%s: cannot write", path);
        }
    } else {
        out->path = follow(&out->mem, path);
        code = open_beside(run, out->path, out);
    }
    if (code == HONE_OK) {
        code = hone_array(run, &out->mem, &out->buffer, OUT_ROOM);
    }
    if (code != HONE_OK) {
        hone_out_close(out);
    }
    return code;
}

static enum hone_code put(struct hone_run *run, struct hone_out *out, const char *bytes,
                          size_t len)
{
    while (len > 0) {
        ssize_t n = write(out->fd, bytes, len);
        if (n < 0 && errno == EINTR) {
            HONE_TRY(hone_check_cancel(run));
            continue;
        }
        if (n < 0) {
            return hone_fail_errno(run, "%s: cannot write", out->path);
        }
        bytes += n;
        len -= (size_t)n;
    }
    return HONE_OK;
}

static enum hone_code flush(struct hone_run *run, struct hone_out *out)
{
    size_t len = out->used;
    out->used = 0;
    return put(run, out, out->buffer, len);
}

enum hone_code hone_out_write(struct hone_run *run, struct hone_out *out, const void *bytes,
                              size_t len)
{
    if (len > OUT_ROOM - out->used) {
        HONE_TRY(flush(run, out));
    }
    if (len >= OUT_ROOM) {
        return put(run, out, bytes, len);
    }
    if (len > 0) {
        memcpy(out->buffer + out->used, bytes, len);
        out->used += len;
    }
    return HONE_OK;
}

/* Make the new name itself survive a crash. Some file systems cannot sync a folder: not an error. */
static void sync_folder(struct hone_out *out)
{
    const char *slash = strrchr(out->path, '/');
    const char *folder =
        slash == NULL ? "."
                      : hone_arena_text(&out->mem, out->path, (size_t)(slash - out->path) + 1);
    HONE_CLOSING(fd_close) const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)fsync(fd);
    }
}

enum hone_code hone_out_commit(struct hone_run *run, struct hone_out *out)
{
    HONE_TRY(flush(run, out));
    if (out->temporary != NULL) {
        if (fsync(out->fd) != 0) {
            return hone_fail_errno(run, "%s: cannot write", out->path);
        }
        if (rename(out->temporary, out->path) != 0) {
            return hone_fail_errno(run, "%s: cannot write", out->path);
        }
        out->temporary = NULL;
        sync_folder(out);
    }
    hone_out_close(out);
    return HONE_OK;
}

void hone_out_close(struct hone_out *out)
{
    if (out->temporary != NULL) {
        (void)unlink(out->temporary);
    }
    fd_close(&out->fd);
    hone_arena_free(&out->mem);
    *out = (struct hone_out){.fd = -1};
}
