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

/* How many bytes of the text say "http://"; 0: none. */
static size_t scheme(const char *text)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0) {
            return strlen(schemes[i]);
        }
    }
    return 0;
}

bool hone_request_target_read(char *text, struct hone_request_target *out)
{
    size_t before = scheme(text);
    size_t host = before == 0 ? 0 : strcspn(text + before, "/?#");
    char *path = text + before + host;
    char *mark = path + strcspn(path, "?");

    /* An http address has a host (RFC 9110, 4.2.1); of "http://host?x" the path is "/". */
    if (before == 0 ? *path != '/' : host == 0) {
        return false;
    }
    out->query = *mark == '?' ? mark + 1 : NULL;
    out->path = *path == '/' ? path : "/";
    if (*path == '/') {
        *mark = '\0';
        decode(path);
    }
    if (host > 0) { /* where the scheme was, there is room for its end */
        memmove(text, text + before, host);
        text[host] = '\0';
    }
    out->host = host > 0 ? text : NULL;
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
