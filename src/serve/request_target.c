#include "serve/request_target.h"

#include <strings.h>

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The byte that "%2F" stands for; -1: no escape is here.  Stops at a NUL. */
static int escaped(const char *at)
{
    int high = at[0] == '%' ? hex_digit(at[1]) : -1;
    int low = high < 0 ? -1 : hex_digit(at[2]);

    return low < 0 ? -1 : high * 16 + low;
}

/* Decode what does not change how the path is parted. */
static void decode(char *path)
{
    char *to = path;

    while (*path != '\0') {
        int c = escaped(path);
        if (c > 0 && c != '/' && c != '%') {
            *to++ = (char)c;
            path += 3;
        } else {
            *to++ = *path++;
        }
    }
    *to = '\0';
}

bool hone_request_target_read(char *text, struct hone_request_target *out)
{
    static const char *const schemes[] = {"http://", "https://"};
    struct hone_request_target target = {.path = text, .host = {text, 0}};
    char *path = text;
    char *mark;

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i]);
        if (strncasecmp(text, schemes[i], len) == 0) {
            target.host.ptr = text + len;
            target.host.len = strcspn(text + len, "/?#");
            path = text + len + target.host.len;
        }
    }
    /* An http address has a host (RFC 9110, 4.2.1); of "http://host?x" the path is "/". */
    if (target.host.len == 0 && (path != text || *path != '/')) {
        return false;
    }
    mark = path + strcspn(path, "?");
    target.query = *mark == '?' ? mark + 1 : NULL;
    if (*path == '/') {
        *mark = '\0';
        decode(path);
    }
    target.path = *path == '/' ? path : "/";
    *out = target;
    return true;
}

bool hone_request_target_is(struct hone_str part, const char *name)
{
    const char *end = part.ptr + part.len;

    for (const char *at = part.ptr; at < end; name++) {
        int c = end - at >= 3 ? escaped(at) : -1;
        if (c == '/' || c == '%') {
            at += 3;
        } else {
            c = (unsigned char)*at++;
        }
        if (c == '\0' || c != (unsigned char)*name) {
            return false;
        }
    }
    return *name == '\0';
}
