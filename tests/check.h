/*
 * check.h - what the unit tests say beside cmocka's own assertions
 *
 * cmocka wants its four headers in this order; every test includes this file instead.
 */
#ifndef HONE_TESTS_CHECK_H
#define HONE_TESTS_CHECK_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <math.h>

#include "base/run.h"

/* The claim holds; the message is the claim itself. */
#define CHECK(claim) assert_true(claim)

/* Two numbers differ by at most tol (absolute).  Two NaN, and equal infinities, are near. */
#define CHECK_NEAR(got, want, tol) check_near((got), (want), (tol), #got, __FILE__, __LINE__)

/* Two strings are equal; says both when they are not. */
#define CHECK_STR(got, want) assert_string_equal((got), (want))

/* The operation succeeds; on failure the test fails with the run's message. */
#define CHECK_OK(run, call) check_ok((run), (call), #call, __FILE__, __LINE__)

/* The operation fails with this code, has told the run so, and left a message; then the error is
 * cleared, so that the run may be used on. */
#define CHECK_FAILS(run, call, code)                                                           \
    check_fails((run), (call), (code), #call, __FILE__, __LINE__)

/* The same, and the message contains text. */
#define CHECK_FAILS_WITH(run, call, code, text)                                                \
    check_fails_with((run), (call), (code), (text), #call, __FILE__, __LINE__)

/* Leave the test: it was not run, and why. */
#define SKIP(reason)                                                                           \
    do {                                                                                       \
        print_message("skipped: %s\n", (reason));                                              \
        skip();                                                                                \
    } while (0)

/* Tests that count how often something happens over many samples run the same code thousands of times: the thread
 * sanitizer learns nothing from that, and takes minutes. */
#if defined(__SANITIZE_THREAD__)
#define CHECK_UNDER_TSAN true
#else
#define CHECK_UNDER_TSAN false
#endif
#define SKIP_UNDER_TSAN()                                                                      \
    do {                                                                                       \
        if (CHECK_UNDER_TSAN) {                                                                \
            SKIP("frequencies over many samples, not for the thread sanitizer");               \
        }                                                                                      \
    } while (0)

void check_near(double got, double want, double tol, const char *what, const char *file,
                int line);
void check_ok(struct hone_run *run, enum hone_code code, const char *what, const char *file,
              int line);
void check_fails(struct hone_run *run, enum hone_code got, enum hone_code want,
                 const char *what, const char *file, int line);
void check_fails_with(struct hone_run *run, enum hone_code got, enum hone_code want,
                      const char *text, const char *what, const char *file, int line);

/*
 * The path of a file of the shared data sets, "data/adult/adult.data" for instance: below
 * $HONE_SHARED, else ../shared.  NULL when it is not there: the test then says
 * SKIP("no shared data").  Borrowed until the next call.
 */
const char *check_shared(const char *path);

/*
 * A new empty folder for this test, removed with all it holds at the end of the process.
 * Borrowed until then.
 */
const char *check_folder(void);

/* folder/name.  Borrowed until the eighth call after. */
const char *check_path(const char *folder, const char *name);

/* Write text to a file, all of it, and read a file whole (malloc'd, ended by a NUL); a failure
 * fails the test. */
void check_write(const char *path, const char *text);
char *check_read(const char *path);

#endif
