/* Every kind of planted problem is found where it was planted; the clean tables are silent. */
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "check.h"
#include "planted.h"

static int64_t noon(void *clock)
{
    (void)clock;
    return 1700000000 * INT64_C(1000000); /* 2023-11-14 */
}

struct room {
    struct hone_run run;
    struct hone_arena mem;
    struct sheet sheet;
};

static struct room *enter(enum planted_base base)
{
    struct room *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->run.now = noon;
    r->sheet.mem = &r->mem;
    planted_fill(&r->sheet, base);
    return r;
}

static void leave(struct room *r)
{
    hone_arena_free(&r->mem);
    hone_run_clear(&r->run);
    free(r);
}

static struct hone_findings *look(struct room *r)
{
    const struct sheet *s = &r->sheet;
    size_t train = s->parts ? PLANTED_TRAIN : s->rows;
    struct hone_check_input in = {.target = s->target, .time = s->time, .group = s->group};
    struct hone_findings *f = NULL;

    in.table = planted_table(&r->run, s, 0, train);
    in.test = s->parts ? planted_table(&r->run, s, train, s->rows - train) : NULL;
    CHECK_OK(&r->run, hone_check_run(&r->run, &in, HONE_CHECK_ALL, &r->mem, &f));
    return f;
}

static void clean_tables_are_silent(void **state)
{
    (void)state;
    for (int base = 0; base < PLANTED_BASES; base++) {
        for (int parts = 0; parts < 2; parts++) {
            struct room *r = enter((enum planted_base)base);
            r->sheet.parts = parts == 1;
            struct hone_findings *f = look(r);
            for (size_t i = 0; i < f->n; i++) {
                if (f->item[i].severity >= HONE_WARN) {
                    print_error("base %d: %s: %s\n", base, f->item[i].check,
                                f->item[i].message);
                }
            }
            CHECK(hone_findings_worst(f) < HONE_WARN);
            leave(r);
        }
    }
}

/* The finding that a kind asks for, or NULL. */
static const struct hone_finding *wanted(const struct hone_findings *f,
                                         const struct planted *kind)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct hone_finding *x = &f->item[i];
        bool place = kind->column == NULL
                         ? x->column == NULL
                         : x->column != NULL && strcmp(x->column, kind->column) == 0;
        bool rows = kind->row == SIZE_MAX || (x->row_n > 0 && x->row[0] == kind->row);
        if (x->severity >= HONE_WARN && strcmp(x->check, kind->check) == 0 && place && rows) {
            return x;
        }
    }
    return NULL;
}

static void every_planted_problem_is_found(void **state)
{
    size_t found = 0;
    size_t beside = 0;

    (void)state;
    for (size_t k = 0; k < planted_kinds_n; k++) {
        const struct planted *kind = &planted_kinds[k];
        struct room *r = enter(kind->base);
        kind->damage(&r->sheet);
        struct hone_findings *f = look(r);
        const struct hone_finding *x = wanted(f, kind);
        if (x == NULL) {
            print_error("not found: %s (%s)\n", kind->kind, kind->check);
        } else {
            CHECK(strlen(x->message) > 10);
            assert_non_null(x->advice);
            found++;
        }
        for (size_t i = 0; i < f->n; i++) {
            bool other = f->item[i].severity >= HONE_WARN && &f->item[i] != x;
            beside += other ? 1 : 0;
            if (other || x == NULL) {
                print_message("%s: also %s %s: %s\n", kind->kind,
                              hone_severity_name(f->item[i].severity), f->item[i].check,
                              f->item[i].message);
            }
        }
        leave(r);
    }
    print_message("%zu of %zu planted problems found, %zu other warnings\n", found,
                  planted_kinds_n, beside);
    assert_int_equal(found, planted_kinds_n);
    CHECK(planted_kinds_n >= 45);
}

static void threads_change_nothing(void **state)
{
    struct hone_pool *pool = hone_pool_new(4);

    (void)state;
    for (size_t k = 0; k < planted_kinds_n; k += 9) {
        struct room *r = enter(planted_kinds[k].base);
        planted_kinds[k].damage(&r->sheet);
        HONE_JSON json_t *alone = hone_findings_json(look(r), PLANTED_ROWS);
        r->run.pool = pool;
        HONE_JSON json_t *together = hone_findings_json(look(r), PLANTED_ROWS);
        r->run.pool = NULL;
        CHECK(json_equal(alone, together));
        leave(r);
    }
    hone_pool_free(pool);
}

const struct CMUnitTest hone_tests_planted[] = {
    cmocka_unit_test(clean_tables_are_silent),
    cmocka_unit_test(every_planted_problem_is_found),
    cmocka_unit_test(threads_change_nothing),
};
const size_t hone_tests_planted_n = sizeof hone_tests_planted / sizeof hone_tests_planted[0];
