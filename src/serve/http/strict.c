#include "serve/http/strict.h"

/* The first line up to its end or that of the bytes. */
static const char *first_line(struct hone_strict *strict, const char *at, const char *end)
{
    while (at < end && *at != '\n') {
        if (*at == ' ') {
            strict->blanks++;
        } else if (strict->blanks == 2 && strict->protocol == '\0') {
            strict->protocol = *at;
        }
        at++;
    }
    return at;
}

const char *hone_strict_look(struct hone_strict *strict, const char *bytes, size_t len)
{
    const char *at = bytes;
    const char *end = bytes + len;

    while (at < end && strict->at != HONE_STRICT_OVER) {
        switch (strict->at) {
        case HONE_STRICT_BEFORE: /* blank lines may come before a request: RFC 9112, section 2.2 */
            if (*at == '\r' || *at == '\n') {
                at++;
            } else {
                strict->at = HONE_STRICT_FIRST;
            }
            break;
        case HONE_STRICT_FIRST:
            at = first_line(strict, at, end);
            if (at < end) {
                at++;
                strict->at = HONE_STRICT_NEXT;
                if (strict->blanks != 2 || strict->protocol != 'H') {
                    return "the first line must be METHOD PATH HTTP/1.1, with one blank each";
                }
            }
            break;
        case HONE_STRICT_LINE:
            at = memchr(at, '\n', (size_t)(end - at));
            at = at == NULL ? end : at + 1;
            strict->at = at[-1] == '\n' ? HONE_STRICT_NEXT : HONE_STRICT_LINE;
            break;
        default: /* the first byte of a line */
            if (*at == ' ' || *at == '\t') {
                return "a field may not go on in the next line";
            }
            if (*at == ':') {
                return "a field has no name";
            }
            strict->at = *at == '\r' || *at == '\n' ? HONE_STRICT_OVER : HONE_STRICT_LINE;
            break;
        }
    }
    return NULL;
}
