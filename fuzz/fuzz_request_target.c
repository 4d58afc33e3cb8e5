/*
 * request_target: the target of a request line.  Whatever is sent is read or refused; what is read is no longer than it was,
 * its names lie in it, and what matches an endpoint is found again when asked for once more.
 */
#include "serve/request_target.h"
#include "serve/server_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct hone_str part, const char *path)
{
    HONE_ASSERT(part.ptr == NULL || (part.len > 0 && part.ptr >= path &&
                                     part.ptr + part.len <= path + strlen(path) &&
                                     memchr(part.ptr, '/', part.len) == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_arena mem = {0};
    struct hone_request_target target;
    struct hone_path names;
    const struct hone_endpoint *other;
    char *text = hone_arena_text(&mem, (const char *)data, size);
    size_t len = strlen(text);

    if (!hone_request_target_read(text, &target)) {
        HONE_ASSERT(memcmp(text, data, size) == 0);
        hone_arena_free(&mem);
        return 0;
    }
    HONE_ASSERT(target.path[0] == '/' && strlen(target.path) <= len + 1);
    HONE_ASSERT(target.query == NULL || strlen(target.query) <= len);
    HONE_ASSERT(target.host == NULL ||
                (target.host[0] != '\0' && strchr(target.host, '/') == NULL));
    for (int post = 0; post < 2; post++) {
        const struct hone_endpoint *found =
            hone_endpoint_find(target.path, post == 1, &names, &other);
        HONE_ASSERT(found == NULL || found->post == (post == 1));
        HONE_ASSERT(other == NULL || other->post != (post == 1));
        inside(names.model, target.path);
        inside(names.version, target.path);
        if (names.model.ptr != NULL) {
            char *name = hone_arena_text(&mem, names.model.ptr, names.model.len);
            bool coded = strchr(name, '%') != NULL;
            HONE_ASSERT(coded || hone_request_target_is(names.model, name));
            HONE_ASSERT(!hone_request_target_is(names.model, ""));
        }
    }
    hone_arena_free(&mem);
    return 0;
}
