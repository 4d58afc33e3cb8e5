/*
 * Every transform of the registry on random and on hostile tables: training sees what the graph gives, with any
 * number of threads, and the graph gives numbers, or NaN where it may.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/pool.h"
#include "base/rng.h"
#include "chains.h"

/* Requests beside the defaults of every transform, so that all kernels and settings are met. */
static const char *const others[] = {
    "impute:strategy=mean",
    "impute:strategy=most_frequent",
    "impute:strategy=constant",
    "impute:indicator=1",
    "standard:center=no",
    "minmax:clip=yes",
    "minmax:low=-1",
    "robust:low=0.05:high=0.95",
    "quantile:output=normal",
    "quantile:quantiles=7",
    "power:method=box_cox",
    "power:standardize=no",
    "log:kind=plain",
    "bin:strategy=uniform",
    "bin:strategy=kmeans",
    "bin:strategy=tree",
    "bin:output=onehot:bins=4",
    "bin:output=piecewise",
    "impute+bin:output=piecewise",
    "onehot:min_count=1",
    "onehot:other=yes:missing=yes",
    "onehot:drop=first",
    "ordinal:order=frequency",
    "ordinal:unknown=minus_one",
    "ordinal:levels=b<a<c",
    "frequency:count=yes",
    "target:smoothing=1",
    "target:folds=2",
    "rank:smoothing=0",
    "date_parts:part=all",
    "date_parts:part=all:cyclic=yes",
    "date_parts:part=elapsed:since=2001-02-03",
    "hash:buckets=5:norm=none",
    "hash:buckets=3:lower=no",
    /* chains */
    "impute+standard",
    "log+quantile:output=normal",
    "impute+bin:output=onehot",
    "target+standard",
    "target+quantile",
    "target+impute+power",
    "rare+onehot",
    "rare:min_count=2",
    "impute+rare+target",
    "impute:value=none+ordinal",
    "date_parts+impute+minmax",
    "frequency+log",
    "rank+bin:bins=3",
    "polynomial:keep=yes",
    "missing+standard",
    "rare+hash:buckets=2",
    "hash:buckets=6+standard",
};

struct world {
    const char *name;
    enum hone_type type;
};
static const struct world worlds[] = {
    {"number", HONE_FLOAT64}, {"whole", HONE_INT64}, {"flag", HONE_BOOL},
    {"town", HONE_CATEGORY},  {"note", HONE_UTF8},   {"day", HONE_DATE},
    {"time", HONE_TIMESTAMP},
};
#define WORLDS (sizeof worlds / sizeof *worlds)
static const char types[] =
    "number=float64,whole=int64,flag=bool,town=category,note=text,day=date,time=timestamp";

static void add_cells(struct hone_buf *text, struct hone_rng *rng)
{
    static const char *const bits[] = {"true", "false"};
    for (size_t c = 0; c < WORLDS; c++) {
        hone_buf_text(text, c == 0 ? "" : ",");
        if (hone_rng_below(rng, 9) == 0) {
            continue; /* missing */
        }
        int n = (int)hone_rng_below(rng, 12);
        switch (worlds[c].type) {
        case HONE_FLOAT64:
            hone_buf_f64(text, exp(2 * hone_rng_normal(rng)) - 1);
            break;
        case HONE_INT64:
            hone_buf_format(text, "%d", n * n - 20);
            break;
        case HONE_BOOL:
            hone_buf_text(text, bits[n % 2]);
            break;
        case HONE_CATEGORY:
            hone_buf_format(text, "%c", 'a' + n * n / 12);
            break;
        case HONE_UTF8:
            hone_buf_format(text, "n%d", n * 7 + (int)hone_rng_below(rng, 5));
            break;
        case HONE_DATE:
            hone_buf_format(text, "%04d-%02d-%02d", 1950 + n * 9, 1 + n, 1 + n * 2);
            break;
        default:
            hone_buf_format(text, "19%02d-%02d-11T%02d:%02d:07Z", 60 + n * 3, 1 + n, 2 * n,
                            5 * n);
        }
    }
    hone_buf_char(text, '\n');
}

static void add_header(struct hone_buf *text)
{
    for (size_t c = 0; c < WORLDS; c++) {
        hone_buf_format(text, "%s%s", c == 0 ? "" : ",", worlds[c].name);
    }
    hone_buf_char(text, '\n');
}

static const struct hone_table *draw(struct tables_room *room, size_t rows, uint64_t stream)
{
    struct hone_buf text = hone_buf(&room->mem);
    struct hone_rng rng = hone_rng(5, stream);

    add_header(&text);
    for (size_t i = 0; i < rows; i++) {
        add_cells(&text, &rng);
    }
    return tables_read(&room->run, &room->mem, text.ptr, types);
}

/* What no training row was like: unseen texts, far numbers, all of it missing. */
static const char strange[] = "number,whole,flag,town,note,day,time\n"
                              ",,,,,,\n"
                              "1e30,9007199254740993,true,never seen,,0001-01-01,"
                              "0001-01-01T00:00:00Z\n"
                              "-1e30,-9223372036854775807,false,\"a \",N1,9999-12-31,"
                              "9999-12-31T23:59:59Z\n"
                              "0,0,true,,n0,1970-01-01,1970-01-01T00:00:00Z\n"
                              "1e300,1,false,A,\xc3\xa9,2024-02-29,2024-02-29T12:00:00Z\n"
                              "-1e300,-1,true,b,0,1900-03-01,1900-02-28T23:59:59Z\n"
                              "1e-40,2,true,c,n7,2000-12-31,2000-12-31T00:00:01Z\n";

/* Refused because of the column's type, not for another reason: then there is nothing to test here. */
static bool does_not_take(struct hone_run *run, enum hone_code code)
{
    bool type = code == HONE_E_ARG && (strstr(run->err.message, " takes ") != NULL ||
                                       strstr(run->err.message, "can not come after") != NULL);
    if (type) {
        hone_error_clear(run);
    }
    return type;
}

/* The last step that speaks about NaN: it, or an imputation before it, may promise that there is none. */
static bool promises_numbers(const char *what)
{
    struct hone_str rest = hone_str(what);
    bool finite = false;
    bool more = true;
    while (more) {
        struct hone_str step;
        struct hone_str name;
        struct hone_str settings;
        more = hone_str_cut(rest, '+', &step, &rest);
        hone_str_cut(step, ':', &name, &settings);
        const struct hone_transform *t =
            (const struct hone_transform *)hone_part_find(hone_transforms, name);
        finite = t->finite;
    }
    return finite;
}

struct case_of {
    struct tables_room *room;
    const struct hone_table *t;
    const struct hone_target *target;
    size_t ran;
};

static void expect_all(struct case_of *c, const char *what, const char *column)
{
    const char *request = hone_arena_format(&c->room->mem, "%s=%s", column, what);
    struct hone_run *run = &c->room->run;
    struct chains_fitted *one;
    struct chains_fitted *four;

    enum hone_code code = chains_fit(c->room, request, c->t, c->target, &one);
    if (does_not_take(run, code)) {
        return;
    }
    CHECK_OK(run, code);
    c->ran++;
    if (one->view.features.n == 0) {
        return; /* nothing varies, or all is rare */
    }
    float **x = chains_run(c->room, one, c->t);
    run->pool = hone_pool_new(4);
    CHECK_OK(run, chains_fit(c->room, request, c->t, c->target, &four));
    float **y = chains_run(c->room, four, c->t);
    const struct hone_table *far = tables_read(run, &c->room->mem, strange, types);
    float **z = chains_run(c->room, four, far);
    hone_pool_free(run->pool);
    run->pool = NULL;
    float **again = chains_run(c->room, one, far);
    /* a text that is left a text is encoded by the target */
    bool supervised = strstr(what, "target") != NULL || strncmp(what, "rare", 4) == 0 ||
                      strncmp(what, "impute", 6) == 0;
    for (size_t j = 0; j < one->view.features.n; j++) {
        bool folded = one->view.features.item[j].train != NULL;
        CHECK(!folded || supervised);
        for (size_t i = 0; i < c->t->rows; i++) {
            bool same = chains_same(x[j][i], y[j][i]) &&
                        chains_same(one->view.x[j][i], four->view.x[j][i]) &&
                        (folded || chains_same(x[j][i], one->view.x[j][i]));
            bool number = !promises_numbers(what) || !isnan(x[j][i]);
            if (!same || !number || isinf(x[j][i])) {
                print_error("%s: %s row %zu: graph %g, training %g\n", request,
                            one->view.features.item[j].name, i, (double)x[j][i],
                            (double)one->view.x[j][i]);
            }
            CHECK(same && number && !isinf(x[j][i]));
        }
        for (size_t i = 0; i < far->rows; i++) {
            bool number = !promises_numbers(what) || !isnan(z[j][i]);
            if (!number) {
                print_error("%s: NaN in strange row %zu\n", request, i);
            }
            CHECK(number && chains_same(z[j][i], again[j][i]));
        }
    }
}

static void every_transform(size_t rows, uint64_t stream, enum hone_task task)
{
    double *y;
    double *w;
    struct hone_rng rng = hone_rng(8, stream);
    struct tables_room *room = tables_enter(3);
    const struct hone_table *t = draw(room, rows, stream);
    y = hone_arena_must(&room->mem, rows * sizeof *y);
    w = hone_arena_must(&room->mem, rows * sizeof *w);
    size_t classes = task == HONE_TASK_REGRESSION ? 1 : task == HONE_TASK_BINARY ? 2 : 3;
    for (size_t i = 0; i < rows; i++) {
        y[i] = classes == 1 ? hone_rng_normal(&rng) : (double)hone_rng_below(&rng, classes);
        w[i] = (double)hone_rng_below(&rng, 4);
    }
    const struct hone_target target = {task, classes, y, stream % 2 == 0 ? NULL : w};
    struct case_of c = {room, t, &target, 0};
    for (size_t k = 0; k < WORLDS; k++) {
        for (size_t i = 0; hone_transforms[i] != NULL; i++) {
            /* blocks of words have tests of their own */
            if (strcmp(hone_transforms[i]->name, "tfidf") != 0) {
                expect_all(&c, hone_transforms[i]->name, worlds[k].name);
            }
        }
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            expect_all(&c, others[i], worlds[k].name);
        }
    }
    CHECK(c.ran > 150);
    tables_leave(room);
}

static void two_classes(void **state)
{
    (void)state;
    every_transform(211, 0, HONE_TASK_BINARY);
}

static void three_classes_with_weights(void **state)
{
    (void)state;
    every_transform(157, 1, HONE_TASK_MULTICLASS);
}

static void numbers_with_weights(void **state)
{
    (void)state;
    every_transform(180, 3, HONE_TASK_REGRESSION);
}

static void one_row_and_few(void **state)
{
    (void)state;
    for (size_t rows = 1; rows < 8; rows++) {
        every_transform(rows, 2 * rows, HONE_TASK_BINARY);
    }
}

/* Fails as it should when the 1st, 2nd ... allocation finds no memory, and succeeds when none does. */
static void out_of_memory(void **state)
{
    (void)state;
    static const char *const more[] = {"quantile:output=normal", "bin:strategy=kmeans",
                                       "bin:strategy=tree",      "bin:output=onehot",
                                       "bin:output=piecewise",   "rare+onehot",
                                       "target+standard"};
    struct tables_room *room = tables_enter(3);
    const struct hone_table *t = draw(room, 40, 6);
    double y[40];
    size_t failed = 0;
    for (size_t i = 0; i < 40; i++) {
        y[i] = (double)(i % 2);
    }
    const struct hone_target target = {HONE_TASK_BINARY, 2, y, NULL};
    size_t all = 0;
    while (hone_transforms[all] != NULL) {
        all++;
    }
    for (size_t i = 0; i < all + sizeof more / sizeof *more; i++) {
        const char *what = i < all ? hone_transforms[i]->name : more[i - all];
        for (size_t k = 0; k < WORLDS; k++) {
            const char *request = hone_arena_format(&room->mem, "%s=%s", worlds[k].name, what);
            for (unsigned n = 1;; n++) {
                struct chains_fitted *f;
                hone_arena_fail_after(n);
                enum hone_code code = chains_fit(room, request, t, &target, &f);
                hone_arena_fail_after(0);
                CHECK(code == room->run.err.code);
                if (code != HONE_E_LIMIT) {
                    CHECK(does_not_take(&room->run, code) || code == HONE_OK);
                    break;
                }
                failed++;
                hone_error_clear(&room->run);
            }
        }
    }
    CHECK(failed > 1000);
    tables_leave(room);
}

/* --- hostile columns --------------------------------------------------------------------------- */

static void on_table(const char *csv, const char *column, enum hone_type type)
{
    struct tables_room *room = tables_enter(3);
    const char *its_type = hone_arena_format(&room->mem, "%s=%s", column, hone_type_name(type));
    const struct hone_table *t = tables_read(&room->run, &room->mem, csv, its_type);
    double *y = hone_arena_must(&room->mem, t->rows * sizeof *y);
    for (size_t i = 0; i < t->rows; i++) {
        y[i] = (double)(i % 2);
    }
    const struct hone_target target = {HONE_TASK_BINARY, 2, y, NULL};
    for (size_t i = 0; hone_transforms[i] != NULL; i++) {
        const char *what = hone_transforms[i]->name;
        struct chains_fitted *f;
        if (strcmp(what, "tfidf") == 0) {
            continue;
        }
        enum hone_code code = chains_fit(
            room, hone_arena_format(&room->mem, "%s=%s", column, what), t, &target, &f);
        if (does_not_take(&room->run, code)) {
            continue;
        }
        CHECK_OK(&room->run, code);
        if (f->view.features.n == 0) {
            continue;
        }
        const bool promise = promises_numbers(what);
        float **x = chains_run(room, f, t);
        const struct hone_table *far = tables_read(&room->run, &room->mem, strange, types);
        chains_run(room, f, far);
        for (size_t j = 0; j < f->view.features.n; j++) {
            for (size_t r = 0; r < t->rows; r++) {
                bool ok = f->view.features.item[j].train != NULL ||
                          chains_same(x[j][r], f->view.x[j][r]);
                ok = ok && (!promise || !isnan(x[j][r]));
                if (!ok) {
                    print_error("%s of a hostile %s: row %zu is %g\n", what, column, r,
                                (double)x[j][r]);
                }
                CHECK(ok);
            }
        }
    }
    tables_leave(room);
}

static void hostile_numbers(void **state)
{
    (void)state;
    static const char *const columns[] = {
        "number\n5\n5\n5\n5\n5\n",                      /* constant */
        "number,whole\n,1\n,2\n,3\n",                   /* all missing */
        "number\ninf\n-inf\n1\n2\n\n3\n",               /* infinities */
        "number\ninf\ninf\ninf\n",                      /* nothing else */
        "number\n3e38\n-3e38\n1e38\n0\n2e38\n",         /* the ends of float */
        "number\n1e308\n-1e308\n1\n2\n3\n",             /* beyond it */
        "number\n1e-45\n2e-45\n0\n-1e-45\n",            /* the least floats */
        "number\n1\n1.0000001\n1.0000002\n1.0000003\n", /* next to each other */
        "number\n-0.0\n0\n-0.0\n0\n1\n",                /* two zeros */
        "number\n1e15\n1000000000000001\n1e15\n1e15\n", /* one as float */
        "number\n1\n",                                  /* one row */
    };
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
        on_table(columns[k], "number", HONE_FLOAT64);
    }
    on_table("whole\n9223372036854775807\n-9223372036854775807\n9007199254740993\n1\n2\n",
             "whole", HONE_INT64);
    on_table("flag\ntrue\ntrue\ntrue\n", "flag", HONE_BOOL);
}

static void hostile_texts_and_times(void **state)
{
    (void)state;
    on_table("town\nx\nx\nx\n", "town", HONE_CATEGORY);
    on_table("town,flag\n,true\n,false\n,true\n", "town", HONE_CATEGORY);
    on_table("note\nother\nmissing\n\"\"\nnan\nother\nother\n", "note", HONE_UTF8);
    on_table("note\nonly\n", "note", HONE_UTF8);
    on_table("day\n2020-01-01\n2020-01-01\n", "day", HONE_DATE);
    on_table("day,flag\n,true\n,true\n", "day", HONE_DATE);
    on_table("day\n0001-01-01\n9999-12-31\n1970-01-01\n", "day", HONE_DATE);
    on_table("time\n0001-01-01T00:00:00Z\n9999-12-31T23:59:59.999999Z\n1969-12-31T23:59:59Z\n",
             "time", HONE_TIMESTAMP);
}

const struct CMUnitTest hone_tests_prep_every[] = {
    cmocka_unit_test(two_classes),
    cmocka_unit_test(three_classes_with_weights),
    cmocka_unit_test(numbers_with_weights),
    cmocka_unit_test(one_row_and_few),
    cmocka_unit_test(out_of_memory),
    cmocka_unit_test(hostile_numbers),
    cmocka_unit_test(hostile_texts_and_times),
};
const size_t hone_tests_prep_every_n =
    sizeof hone_tests_prep_every / sizeof hone_tests_prep_every[0];
