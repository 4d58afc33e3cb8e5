/*
 * base/error.h - how an operation says that it failed
 *
 * A failing operation returns a code and leaves one message in its run.  The message is
 * written where the failure is detected and never rewritten above; callers may only put a
 * fact in front of it that the lower level could not know (hone_fail_in).
 */
#ifndef HONE_BASE_ERROR_H
#define HONE_BASE_ERROR_H

#include <stdbool.h>

struct hone_run;

#if defined(__STDC_VERSION__) && __STDC_VERSION__ > 201710L
#define HONE_NODISCARD [[nodiscard]]
#else
#define HONE_NODISCARD
#endif

/* One row per way to fail: name, process exit status, HTTP status, meaning. */
#define HONE_CODES(X)                                                                          \
    X(ARG, 2, 400, "bad argument or option")                                                   \
    X(SHAPE, 2, 400, "shapes or types do not fit")                                             \
    X(FORMAT, 3, 400, "malformed input")                                                       \
    X(NOT_FOUND, 4, 404, "no such thing")                                                      \
    X(CONFLICT, 4, 409, "already exists, or changed underneath")                               \
    X(UNSUPPORTED, 5, 501, "valid, but not implemented here")                                  \
    X(NUMERIC, 6, 422, "singular, divergent or non-finite")                                    \
    X(LIMIT, 7, 413, "over a configured limit, or out of memory")                              \
    X(IO, 8, 500, "system call failed")                                                        \
    X(CANCELLED, 9, 503, "cancelled or past its deadline")                                     \
    X(GATE, 1, 422, "a check or gate failed")

enum HONE_NODISCARD hone_code {
    HONE_OK,
#define X(name, exit_status, http_status, text) HONE_E_##name,
    HONE_CODES(X)
#undef X
};

struct hone_error {
    enum hone_code code;
    int line; /* where it was detected */
    const char *file;
    char message[512]; /* one sentence, no full stop: "row 41: 7 fields, expected 9" */
    char hint[256];    /* what the user can do about it; may be empty */
};

/* The name of a code in capitals, "OK" for HONE_OK. */
const char *hone_code_name(enum hone_code code);
/* What the code means, in a few words. */
const char *hone_code_text(enum hone_code code);
/* The exit status of a process, and the HTTP status of a reply, for a code. */
int hone_code_exit(enum hone_code code);
int hone_code_http(enum hone_code code);

/*
 * Raise: fill run->err and return the code.  Only through hone_fail, which adds the place.
 */
enum hone_code hone_fail_at(struct hone_run *run, enum hone_code code, const char *file,
                            int line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
#define hone_fail(run, code, ...) hone_fail_at((run), (code), __FILE__, __LINE__, __VA_ARGS__)

/* Say what the user can do about the failure just raised.  Returns run->err.code. */
enum hone_code hone_hint(struct hone_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Put "context: " in front of the message of the failure just raised. Returns run->err.code. */
enum hone_code hone_fail_in(struct hone_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A failed system call: the message ends in strerror(errno).  ENOENT gives NOT_FOUND. */
enum hone_code hone_fail_errno_at(struct hone_run *run, const char *file, int line,
                                  const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define hone_fail_errno(run, ...) hone_fail_errno_at((run), __FILE__, __LINE__, __VA_ARGS__)

/* A caller that survives a failure clears it. */
void hone_error_clear(struct hone_run *run);

/* Pass a failure up. */
#define HONE_TRY(call)                                                                         \
    do {                                                                                       \
        enum hone_code hone_try_code = (call);                                                 \
        if (hone_try_code != HONE_OK) {                                                        \
            return hone_try_code;                                                              \
        }                                                                                      \
    } while (0)

/* Our own mistakes: kept in release builds; prints and aborts. User input never gets here. */
_Noreturn void hone_panic(const char *file, int line, const char *what);
#define HONE_ASSERT(claim) ((claim) ? (void)0 : hone_panic(__FILE__, __LINE__, #claim))

#endif
