/* Heads that llhttp takes and we do not, in one piece and byte by byte. */
#include <string.h>

#include "check.h"
#include "serve/http/strict.h"

static const struct {
    const char *text, *says; /* says NULL: fine */
} rows[] = {
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", NULL},
    {"\r\n\r\nGET / HTTP/1.1\r\n\r\n", NULL},
    {"POST / HTTP/1.1\r\nA: b c\td\r\n\r\n : body\n :", NULL},
    {"GET / HTTP/1.1\r\nA:\r\nB: \r\n\r\n", NULL},
    {"", NULL},
    {"GET / HT", NULL},
    {"GET /\r\n", "first line"},
    {"GET  / HTTP/1.1\r\n", "first line"},
    {"GET / HTTP/1.1 \r\n", "first line"},
    {"hello\r\n", "first line"},
    {"GET / RTSP/1.0\r\n", "first line"},
    {"SOURCE / ICE/1.0\r\n", "first line"},
    {"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "go on"},
    {"GET / HTTP/1.1\r\nContent-Length:\r\n\t10\r\n\r\n", "go on"},
    {"GET / HTTP/1.1\r\n A: b\r\n\r\n", "go on"},
    {"GET / HTTP/1.1\r\nA: b\r\n: c\r\n\r\n", "no name"},
};

static void told(const char *why, const char *says, const char *text)
{
    if ((why == NULL) != (says == NULL) || (why != NULL && strstr(why, says) == NULL)) {
        fail_msg("%s: %s", text, why == NULL ? "fine" : why);
    }
}

static void heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hone_strict whole = {0};
        struct hone_strict pieces = {0};
        const char *why = NULL;
        told(hone_strict_look(&whole, rows[i].text, strlen(rows[i].text)), rows[i].says,
             rows[i].text);
        for (const char *at = rows[i].text; *at != '\0' && why == NULL; at++) {
            why = hone_strict_look(&pieces, at, 1);
        }
        told(why, rows[i].says, rows[i].text);
    }
}

const struct CMUnitTest hone_tests_serve_strict[] = {
    cmocka_unit_test(heads),
};
const size_t hone_tests_serve_strict_n =
    sizeof hone_tests_serve_strict / sizeof hone_tests_serve_strict[0];
