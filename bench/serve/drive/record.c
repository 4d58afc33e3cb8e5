#include "record.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "basics.h"

static char *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *bytes = NULL;
    size_t room = 0;
    *len = 0;
    if (f == NULL) {
        die("%s: %s", path, strerror(errno));
    }
    for (;;) {
        room = room == 0 ? 1 << 16 : room * 2;
        bytes = room_for(bytes, room, 1);
        *len += fread(bytes + *len, 1, room - *len, f);
        if (*len < room) {
            break;
        }
    }
    fclose(f);
    bytes[*len] = '\0';
    return bytes;
}

/* "200|4xx|none" */
static void read_expect(const char *path, char *text, bool expect[STATUSES])
{
    memset(expect, 0, STATUSES * sizeof *expect);
    char *rest;
    for (char *word = strtok_r(text, "|", &rest); word != NULL;
         word = strtok_r(NULL, "|", &rest)) {
        int first = atoi(word);
        if (strcmp(word, "none") == 0) {
            expect[0] = true;
        } else if (strlen(word) == 3 && strcmp(word + 1, "xx") == 0 && isdigit(word[0])) {
            for (int i = 0; i < 100; i++) {
                expect[first * 100 + i] = true;
            }
        } else if (first >= 100 && first < STATUSES) {
            expect[first] = true;
        } else {
            die("%s: \"%s\" is no status", path, word);
        }
    }
}

/* The bytes that a line announced: at *at, followed by a newline. */
static char *take_bytes(const char *path, char *text, size_t len, size_t *at, size_t n)
{
    char *bytes = text + *at;
    if (n > len - *at || (*at + n < len && bytes[n] != '\n')) {
        die("%s: a record's bytes do not end where its line says, at byte %zu", path, *at);
    }
    *at += n + 1 < len - *at ? n + 1 : len - *at;
    return bytes;
}

/* One word of a request's line behind its name; *bytes where it says how many there are. */
static void read_word(const char *path, struct record *r, char *word, size_t *bytes)
{
    if (strncmp(word, "bytes=", 6) == 0) {
        *bytes = strtoull(word + 6, NULL, 10);
    } else if (strncmp(word, "weight=", 7) == 0) {
        r->weight = strtod(word + 7, NULL);
    } else if (strncmp(word, "expect=", 7) == 0) {
        read_expect(path, word + 7, r->expect);
    } else if (strcmp(word, "logs") == 0) {
        r->logs = true;
    } else if (strcmp(word, "feedback") == 0) {
        r->feedback = true;
    } else if (strcmp(word, "close") == 0) {
        r->close = true;
    } else if (strcmp(word, "half") == 0) {
        r->half = r->close = true;
    } else if (strcmp(word, "head") == 0) {
        r->head = true;
    } else {
        die("%s: record %s: what is \"%s\"?", path, r->name, word);
    }
}

/* "NAME bytes=N ...": a record more; how many bytes follow. */
static size_t read_request(struct records *all, const char *path, char *line)
{
    all->record = room_for(all->record, all->n + 1, sizeof *all->record);
    struct record *r = &all->record[all->n++];
    char *rest;
    char *name = strtok_r(line, " ", &rest);
    size_t bytes = SIZE_MAX;
    memset(r, 0, sizeof *r);
    r->weight = 1;
    r->expect[200] = true;
    snprintf(r->name, sizeof r->name, "%s", name == NULL ? "" : name);
    for (char *word; (word = strtok_r(NULL, " ", &rest)) != NULL;) {
        read_word(path, r, word, &bytes);
    }
    return bytes;
}

/* "VERSION bytes=N": an answer more. */
static struct answer *read_answer(struct record *r, const char *path, char *line)
{
    char *rest;
    char *version = strtok_r(line, " ", &rest);
    char *size = strtok_r(NULL, " ", &rest);
    if (size == NULL || strncmp(size, "bytes=", 6) != 0) {
        die("%s: answer VERSION bytes=N", path);
    }
    r->answer = room_for(r->answer, r->answers + 1, sizeof *r->answer);
    struct answer *a = &r->answer[r->answers++];
    snprintf(a->version, sizeof a->version, "%s", version);
    a->len = strtoull(size + 6, NULL, 10);
    return a;
}

void records_read(struct records *all, const char *path)
{
    size_t len;
    char *text = read_file(path, &len);
    for (size_t at = 0; at < len;) {
        char *line = text + at;
        char *end = memchr(line, '\n', len - at);
        if (end == NULL) {
            die("%s: it ends within a line", path);
        }
        *end = '\0';
        at += (size_t)(end - line) + 1;
        if (line[0] == '#' || line[0] == '\0') {
            continue;
        }
        if (strncmp(line, "request ", 8) == 0) {
            size_t bytes = read_request(all, path, line + 8);
            struct record *r = &all->record[all->n - 1];
            r->bytes = take_bytes(path, text, len, &at, bytes);
            r->len = bytes;
            char *hole = memmem(r->bytes, r->len, "@@@@@@@@@@@@@@@@@@@@@@@@@@", ID);
            if (r->feedback && hole == NULL) {
                die("%s: record %s: no place for an id", path, r->name);
            }
            r->id_at = r->feedback ? (size_t)(hole - r->bytes) : 0;
        } else if (strncmp(line, "answer ", 7) == 0 && all->n > 0) {
            struct answer *a = read_answer(&all->record[all->n - 1], path, line + 7);
            a->bytes = take_bytes(path, text, len, &at, a->len);
        } else {
            die("%s: a record begins with \"request NAME bytes=N\", not \"%.40s\"", path, line);
        }
    }
}
