/*
 * access: the fields Host, Origin and Authorization, one per line.  Nobody gets in but by a name of this machine and
 * by the token that there is.
 */
#include "serve/access.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name of this machine, and behind it nothing but a port. */
static bool ours(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]", "models.example.org",
                                        "10.0.0.7"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]);
        if (strlen(host) >= len &&
            hone_str_eq_nocase((struct hone_str){host, len}, hone_str(names[i])) &&
            (host[len] == '\0' || (host[len] == ':' && strspn(host + len + 1, "0123456789") ==
                                                           strlen(host + len + 1)))) {
            return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *more[] = {"models.example.org"};
    const struct hone_texts names = {.n = 1, .item = more};
    struct hone_access access = {.check_place = true, .host = "10.0.0.7", .names = &names};
    struct hone_arena mem = {0};
    char *field[3] = {NULL, NULL, NULL};
    char *text = hone_arena_text(&mem, (const char *)data, size);

    for (size_t i = 0; i < 3 && text != NULL; i++) {
        char *end = strchr(text, '\n');
        field[i] = text;
        if (end != NULL) {
            *end++ = '\0';
        }
        text = end;
    }
    hone_access_init(&access, "open-sesame");
    if (hone_access_place(&access, field[0], field[1])) {
        const char *name = field[1] == NULL ? NULL : strstr(field[1], "://");
        HONE_ASSERT(field[0] == NULL || ours(field[0]));
        HONE_ASSERT(field[1] == NULL || (name != NULL && ours(name + 3)));
    }
    struct hone_caller caller = hone_access_token(&access, field[2], 1);
    if (caller.role != HONE_ROLE_NONE) {
        struct hone_str shown = hone_str_trim(hone_str(field[2] + strlen("Bearer ")));
        HONE_ASSERT(hone_str_is(shown, "open-sesame"));
    }
    hone_access_clear(&access);
    hone_arena_free(&mem);
    return 0;
}
