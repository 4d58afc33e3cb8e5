/*
 * signin: a Cookie field, a form and a place to go to, one per line.  What is found fits, holds no NUL, and no place
 * leads to another server.
 */
#include "serve/signin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_arena mem = {0};
    struct hone_str rest = {hone_arena_text(&mem, (const char *)data, size), size};
    struct hone_str line;
    char out[64];

    (void)hone_str_cut(rest, '\n', &line, &rest);
    if (hone_cookie_find(hone_arena_text(&mem, line.ptr, line.len), "hone_8080", out,
                         sizeof out)) {
        HONE_ASSERT(strlen(out) < sizeof out);
    }
    (void)hone_str_cut(rest, '\n', &line, &rest);
    if (hone_form_find(line, "token", out, sizeof out)) {
        HONE_ASSERT(strlen(out) < sizeof out && strlen(out) <= line.len);
    }
    if (hone_signin_place(hone_arena_text(&mem, rest.ptr, rest.len))) {
        HONE_ASSERT(rest.ptr[0] == '/' &&
                    (rest.len < 2 || (rest.ptr[1] != '/' && rest.ptr[1] != '\\')));
        for (size_t i = 0; i < rest.len && rest.ptr[i] != '\0'; i++) {
            HONE_ASSERT(rest.ptr[i] > ' ' && rest.ptr[i] <= '~');
        }
    }
    hone_arena_free(&mem);
    return 0;
}
