#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/run.h"

struct code_row {
    const char *name;
    int exit_status;
    int http_status;
    const char *text;
};

static const struct code_row codes[] = {[HONE_OK] = {"OK", 0, 200, "no error"},
#define X(name, exit_status, http_status, text)                                                \
    [HONE_E_##name] = {#name, exit_status, http_status, text},
                                        HONE_CODES(X)
#undef X
};

static const struct code_row *row_of(enum hone_code code)
{
    HONE_ASSERT((size_t)code < sizeof codes / sizeof codes[0]);
    return &codes[code];
}

const char *hone_code_name(enum hone_code code)
{
    return row_of(code)->name;
}

const char *hone_code_text(enum hone_code code)
{
    return row_of(code)->text;
}

int hone_code_exit(enum hone_code code)
{
    return row_of(code)->exit_status;
}

int hone_code_http(enum hone_code code)
{
    return row_of(code)->http_status;
}

static void begin(struct hone_run *run, enum hone_code code, const char *file, int line)
{
    run->err.code = code;
    run->err.file = file;
    run->err.line = line;
    run->err.hint[0] = '\0';
}

enum hone_code hone_fail_at(struct hone_run *run, enum hone_code code, const char *file,
                            int line, const char *format, ...)
{
    char message[sizeof run->err.message]; /* an argument may be the old message */
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    begin(run, code, file, line);
    memcpy(run->err.message, message, sizeof message);
    return code;
}

enum hone_code hone_hint(struct hone_run *run, const char *format, ...)
{
    char hint[sizeof run->err.hint];
    va_list args;

    va_start(args, format);
    vsnprintf(hint, sizeof hint, format, args);
    va_end(args);
    memcpy(run->err.hint, hint, sizeof hint);
    return run->err.code;
}

/* Put ": text" at the end of what is in message, as much as there is room for. */
static void append(char *message, size_t room, const char *text)
{
    size_t at = strlen(message);
    size_t len = strlen(text);

    if (at + 3 > room) {
        return;
    }
    if (len > room - at - 3) {
        len = room - at - 3;
    }
    memcpy(message + at, ": ", 2);
    memcpy(message + at + 2, text, len);
    message[at + 2 + len] = '\0';
}

enum hone_code hone_fail_in(struct hone_run *run, const char *format, ...)
{
    char message[sizeof run->err.message];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    append(message, sizeof message, run->err.message);
    memcpy(run->err.message, message, sizeof message);
    return run->err.code;
}

enum hone_code hone_fail_errno_at(struct hone_run *run, const char *file, int line,
                                  const char *format, ...)
{
    int number = errno;
    char message[sizeof run->err.message];
    char words[128];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    append(message, sizeof message, strerror_r(number, words, sizeof words));
    begin(run, number == ENOENT ? HONE_E_NOT_FOUND : HONE_E_IO, file, line);
    memcpy(run->err.message, message, sizeof message);
    return run->err.code;
}

void hone_error_clear(struct hone_run *run)
{
    begin(run, HONE_OK, NULL, 0);
    run->err.message[0] = '\0';
}

void hone_panic(const char *file, int line, const char *what)
{
    fprintf(stderr, "hone: bug at %s:%d: %s\n", file, line, what);
    abort();
}
