#include "reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of a header in a head that ends with an empty line; NULL: not there. */
static const char *header(const char *head, const char *end, const char *name, size_t *len)
{
    size_t n = strlen(name);
    for (const char *line = memchr(head, '\n', (size_t)(end - head)); line != NULL;
         line = memchr(line, '\n', (size_t)(end - line))) {
        line++;
        if ((size_t)(end - line) > n && strncasecmp(line, name, n) == 0 && line[n] == ':') {
            const char *value = line + n + 1;
            while (*value == ' ') {
                value++;
            }
            *len = strcspn(value, "\r\n");
            return value;
        }
    }
    return NULL;
}

int reply_parse(struct inbox *in, const struct record *asked, bool ended, struct reply *out)
{
    size_t len;
    in->bytes[in->have] = '\0';
    char *end = memmem(in->bytes, in->have, "\r\n\r\n", 4);
    if (end == NULL) {
        return ended ? -1 : 0;
    }
    if (in->have < 12 || strncmp(in->bytes, "HTTP/1.", 7) != 0) {
        return -1;
    }
    out->status = atoi(in->bytes + 9);
    if (out->status < 100 || out->status > 599) {
        return -1;
    }
    end += 4;
    size_t head = (size_t)(end - in->bytes);
    if (out->status < 200) {
        memmove(in->bytes, end, in->have - head);
        in->have -= head;
        return reply_parse(in, asked, ended, out);
    }
    const char *value = header(in->bytes, end, "Connection", &len);
    out->closes = value != NULL && len == 5 && strncasecmp(value, "close", 5) == 0;
    value = header(in->bytes, end, "X-Hone-Version", &len);
    snprintf(out->version, sizeof out->version, "%.*s", value == NULL ? 0 : (int)len, value);
    value = header(in->bytes, end, "Content-Length", &len);
    out->body = end;
    if (asked->head || out->status == 204 || out->status == 304) {
        out->len = 0;
        return 1;
    }
    if (value == NULL) {
        out->len = in->have - head;
        out->closes = true;
        return ended ? 1 : 0;
    }
    out->len = strtoull(value, NULL, 10);
    if (in->have - head > out->len) {
        return asked->close ? 1 : -1; /* nothing else was asked */
    }
    return in->have - head == out->len ? 1 : ended ? -1 : 0;
}

bool reply_fits(const struct reply *reply, const struct record *asked)
{
    for (size_t i = 0; i < asked->answers; i++) {
        const struct answer *a = &asked->answer[i];
        if (strcmp(a->version, reply->version) == 0) {
            return memmem(reply->body, reply->len, a->bytes, a->len) != NULL;
        }
    }
    return asked->answers == 0;
}
