/* What planted.h promises. */
#include "planted.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "io/reader.h"

#define NONE SIZE_MAX

static size_t column(const struct sheet *s, const char *name)
{
    for (size_t j = 0; j < s->cols; j++) {
        if (strcmp(s->name[j], name) == 0) {
            return j;
        }
    }
    fail_msg("no column %s", name);
    return 0;
}

static const char *get(const struct sheet *s, size_t row, const char *name)
{
    return s->cell[row][column(s, name)];
}

static double number(const struct sheet *s, size_t row, const char *name)
{
    double x = (double)NAN;
    (void)hone_parse_f64(hone_str(get(s, row, name)), &x);
    return x;
}

static void put(struct sheet *s, size_t row, const char *name, const char *text)
{
    s->cell[row][column(s, name)] = hone_arena_text(s->mem, text, strlen(text));
}

static void put_number(struct sheet *s, size_t row, const char *name, double x, int digits)
{
    s->cell[row][column(s, name)] = hone_arena_format(s->mem, "%.*f", digits, x);
}

static void add(struct sheet *s, const char *name)
{
    assert_true(s->cols < PLANTED_COLS);
    s->name[s->cols++] = name;
    for (size_t i = 0; i < s->rows; i++) {
        s->cell[i][s->cols - 1] = "";
    }
}

static double unit(struct sheet *s)
{
    return hone_rng_unit(&s->rng);
}

static double normal(struct sheet *s)
{
    return hone_rng_normal(&s->rng);
}

static size_t below(struct sheet *s, size_t n)
{
    return (size_t)hone_rng_below(&s->rng, n);
}

static void put_date(struct sheet *s, size_t row, const char *name, size_t day)
{
    static const char *const form = "%04zu-%02zu-%02zu";
    char text[32];
    /* months of 28 days keep it simple */
    snprintf(text, sizeof text, form, 2018 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
    put(s, row, name, text);
}

static void fill_people(struct sheet *s)
{
    static const char *const cities[] = {"Paris", "Lyon", "Lille", "Nice", "Bordeaux"};
    static const char *const jobs[] = {"teacher", "engineer", "nurse", "driver"};
    static const char *const names[] = {"age", "income", "score", "weight", "city",
                                        "job", "member", "town",  "day",    "bought"};

    for (size_t j = 0; j < sizeof names / sizeof names[0]; j++) {
        add(s, names[j]);
    }
    s->target = "bought";
    for (size_t i = 0; i < s->rows; i++) {
        double z = normal(s);
        put_number(s, i, "age", 18 + floor(60 * unit(s)), 0);
        put_number(s, i, "income", floor(exp(10 + 0.6 * z)), 0);
        put_number(s, i, "score", normal(s), 3);
        put_number(s, i, "weight", 45 + 50 * unit(s), 1);
        put(s, i, "city", cities[below(s, 5)]);
        put(s, i, "job", jobs[below(s, 4)]);
        put(s, i, "member", below(s, 3) == 0 ? "yes" : "no");
        put(s, i, "town", hone_arena_format(s->mem, "T%02zu", below(s, 40)));
        put_date(s, i, "day", below(s, 1000));
        put(s, i, "bought", z + 1.5 * normal(s) > 0 ? "1" : "0");
    }
}

static void fill_machines(struct sheet *s)
{
    static const char *const names[] = {"length",   "width", "speed", "heat",
                                        "pressure", "kind",  "wear"};
    static const char *const kinds[] = {"mill", "lathe", "drill"};

    for (size_t j = 0; j < sizeof names / sizeof names[0]; j++) {
        add(s, names[j]);
    }
    s->target = "wear";
    for (size_t i = 0; i < s->rows; i++) {
        double length = exp(3 + 0.3 * normal(s));
        double speed = 500 + 80 * normal(s);
        double heat = 60 + 8 * normal(s);
        put_number(s, i, "length", length, 3);
        put_number(s, i, "width", exp(2 + 0.4 * normal(s)), 3);
        put_number(s, i, "speed", speed, 2);
        put_number(s, i, "heat", heat, 2);
        put_number(s, i, "pressure", 1013 + 9 * normal(s), 2);
        put(s, i, "kind", kinds[below(s, 3)]);
        put_number(s, i, "wear", 5 + 0.1 * length + 0.004 * speed + normal(s), 4);
    }
}

static void fill_series(struct sheet *s)
{
    static const char *const names[] = {"time", "temperature", "flow", "power", "load"};
    double drift = 0;

    for (size_t j = 0; j < sizeof names / sizeof names[0]; j++) {
        add(s, names[j]);
    }
    s->target = "load";
    for (size_t i = 0; i < s->rows; i++) {
        char text[40]; /* every quarter of an hour for 17 days */
        size_t quarter = i;
        snprintf(text, sizeof text, "2021-03-%02zu %02zu:%02zu:00", 1 + quarter / 96,
                 quarter / 4 % 24, 15 * (quarter % 4));
        put(s, i, "time", text);
        drift = 0.9 * drift + normal(s);
        double turn = sin((double)i / 96 * 6.283185307);
        put_number(s, i, "temperature", 12 + 6 * turn + drift, 2);
        put_number(s, i, "flow", exp(1.5 + 0.3 * normal(s)), 3);
        put_number(s, i, "power", 230 + 3 * normal(s), 2);
        put_number(s, i, "load", 50 + 10 * turn + 3 * normal(s), 2);
    }
}

static void fill_patients(struct sheet *s)
{
    static const char *const names[] = {"patient", "visit", "pulse", "glucose",
                                        "ward",    "note",  "stage"};
    static const char *const wards[] = {"north", "south", "east"};
    static const char *const stages[] = {"early", "middle", "late"};

    for (size_t j = 0; j < sizeof names / sizeof names[0]; j++) {
        add(s, names[j]);
    }
    s->target = "stage";
    for (size_t i = 0; i < s->rows; i++) {
        size_t patient = i / 8; /* parts do not share one */
        double ill = (double)(patient % 7) / 7 + 0.4 * normal(s);
        put(s, i, "patient", hone_arena_format(s->mem, "P%04zu", patient));
        put_date(s, i, "visit", 100 + i / 2 % 800);
        put_number(s, i, "pulse", 60 + floor(25 * unit(s) + 15 * ill), 0);
        put_number(s, i, "glucose", 90 + 20 * ill + 9 * normal(s), 1);
        put(s, i, "ward", wards[below(s, 3)]);
        put(s, i, "note",
            hone_arena_format(s->mem, "seen by doctor %c%.*s", (char)('A' + (int)below(s, 20)),
                              (int)below(s, 26), " in the morning, again at noon"));
        put(s, i, "stage", stages[ill < 0.2 ? 0 : ill < 0.7 ? 1 : 2]);
    }
}

void planted_fill(struct sheet *s, enum planted_base base)
{
    static void (*const fill[PLANTED_BASES])(struct sheet *) = {fill_people, fill_machines,
                                                                fill_series, fill_patients};
    s->rng = hone_rng(20240229, (uint64_t)base);
    s->rows = PLANTED_ROWS;
    s->cols = 0;
    fill[base](s);
}

/* --- what is done to them; rows below PLANTED_TRAIN are the training part --- */

static void copy_of_target(struct sheet *s)
{
    add(s, "outcome");
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "outcome", strcmp(get(s, i, "bought"), "1") == 0 ? "sold" : "lost");
    }
}

static void scaled_target(struct sheet *s)
{
    add(s, "wear_mm");
    for (size_t i = 0; i < s->rows; i++) {
        put_number(s, i, "wear_mm", 25.4 * number(s, i, "wear"), 3);
    }
}

static void noisy_target(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        put_number(s, i, "score", 6 * number(s, i, "bought") + normal(s), 3);
    }
}

static void noisy_number_target(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        put_number(s, i, "heat", 8 * number(s, i, "wear") + 0.8 * normal(s), 2);
    }
}

static void missing_tells(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        if (strcmp(get(s, i, "bought"), "0") == 0) {
            put(s, i, "score", "");
        }
    }
}

static void category_tells(struct sheet *s)
{
    add(s, "branch");
    for (size_t i = 0; i < s->rows; i++) {
        bool lies = below(s, 400) == 0;
        bool bought = (strcmp(get(s, i, "bought"), "1") == 0) != lies;
        put(s, i, "branch",
            hone_arena_format(s->mem, "B%zu", 2 * below(s, 4) + (bought ? 1 : 0)));
    }
}

static void id_tells(struct sheet *s)
{
    size_t next[2] = {100000, 500000};
    add(s, "customer");
    for (size_t i = 0; i < s->rows; i++) {
        size_t k = strcmp(get(s, i, "bought"), "1") == 0 ? 1 : 0;
        put(s, i, "customer", hone_arena_format(s->mem, "%zu", next[k]));
        next[k] += 1 + below(s, 90);
    }
}

static void order_tells(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "bought", (i < 600) != (below(s, 30) == 0) ? "1" : "0");
    }
}

static void parts_of_target(struct sheet *s)
{
    add(s, "first_half");
    add(s, "second_half");
    for (size_t i = 0; i < s->rows; i++) {
        double part = number(s, i, "wear") * (0.3 + 0.4 * unit(s));
        put_number(s, i, "first_half", part, 4);
        put_number(s, i, "second_half", number(s, i, "wear") - floor(part * 1e4 + 0.5) / 1e4,
                   4);
    }
}

static void later_date(struct sheet *s)
{
    add(s, "closed");
    s->time = "day";
    for (size_t i = 0; i < s->rows; i++) {
        size_t day = below(s, 900);
        put_date(s, i, "day", day);
        put_date(s, i, "closed", day + (i == 0 ? 5 : below(s, 10) == 0 ? 0 : below(s, 60)));
    }
}

static void shared_groups(struct sheet *s)
{
    s->group = "patient";
    s->parts = true;
    for (size_t i = PLANTED_TRAIN; i < s->rows; i += 4) {
        put(s, i, "patient", get(s, i - PLANTED_TRAIN, "patient"));
    }
}

static void copy_row(struct sheet *s, size_t to, size_t from)
{
    memcpy(s->cell[to], s->cell[from], sizeof s->cell[to]);
}

static void shared_rows(struct sheet *s)
{
    s->parts = true;
    for (size_t k = 0; k < 40; k++) {
        copy_row(s, PLANTED_TRAIN + 10 + 3 * k, 7 * k);
    }
}

static void nearly_shared_rows(struct sheet *s)
{
    s->parts = true;
    for (size_t k = 0; k < 40; k++) {
        size_t to = PLANTED_TRAIN + 10 + 3 * k;
        copy_row(s, to, 7 * k);
        put_number(s, to, "heat", number(s, to, "heat") + 0.5 + unit(s), 2);
    }
}

static void mixed_times(struct sheet *s)
{
    s->time = "day";
    s->parts = true;
}

static void repeated_rows(struct sheet *s)
{
    copy_row(s, 50, 10);
    copy_row(s, 60, 10);
}

static void numbered(struct sheet *s, const char *name)
{
    add(s, name);
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, name, hone_arena_format(s->mem, "K-%zu", 100003 + 37 * i));
    }
}

static void repeated_but_numbered(struct sheet *s)
{
    numbered(s, "case");
    for (size_t k = 0; k < 5; k++) {
        size_t j = column(s, "case");
        const char *own = s->cell[300 + k][j];
        copy_row(s, 300 + k, 20 + k);
        s->cell[300 + k][j] = own;
    }
}

static void number_twice(struct sheet *s)
{
    numbered(s, "case_id");
    put(s, 70, "case_id", get(s, 7, "case_id"));
    put(s, 80, "case_id", get(s, 8, "case_id"));
}

static void column_twice(struct sheet *s)
{
    add(s, "wage");
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "wage", get(s, i, "income"));
    }
}

static void column_renamed(struct sheet *s)
{
    static const char *const codes[] = {"17", "4", "23", "8", "15"};
    add(s, "city_code");
    for (size_t i = 0; i < s->rows; i++) {
        const char *city = get(s, i, "city");
        size_t k = city[0] == 'P'   ? 0
                   : city[0] == 'B' ? 1
                   : city[0] == 'N' ? 2
                   : city[1] == 'y' ? 3
                                    : 4;
        put(s, i, "city_code", codes[k]);
    }
}

static void two_units(struct sheet *s)
{
    add(s, "length_inch");
    for (size_t i = 0; i < s->rows; i++) {
        put_number(s, i, "length_inch", number(s, i, "length") / 2.54, 5);
    }
}

static void a_sum(struct sheet *s)
{
    add(s, "around");
    for (size_t i = 0; i < s->rows; i++) {
        put_number(s, i, "around", 2 * number(s, i, "length") + 2 * number(s, i, "width"), 3);
    }
}

static void contradiction(struct sheet *s)
{
    for (size_t k = 0; k < 6; k++) {
        copy_row(s, 500 + k, 30 + k);
        put(s, 500 + k, "bought", strcmp(get(s, 30 + k, "bought"), "1") == 0 ? "0" : "1");
    }
}

static void one_value(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "score", "3.5");
    }
}

static void nearly_one_value(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "member", i == 77 ? "yes" : "no");
    }
}

static void no_value(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "score", "");
    }
}

static void mostly_missing(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        if (i % 3 != 0) {
            put(s, i, "score", "");
        }
    }
}

static void missing_from_a_row_on(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        if (i >= 800 && below(s, 10) < 4) {
            put(s, i, "pressure", "");
        }
    }
}

static void missing_in_test(struct sheet *s)
{
    s->parts = true;
    for (size_t i = PLANTED_TRAIN; i < s->rows; i++) {
        if (below(s, 10) < 3) {
            put(s, i, "pressure", "");
        }
    }
}

static void code_999(struct sheet *s)
{
    for (size_t k = 0; k < 25; k++) {
        put(s, 31 * k + 5, "age", "999");
    }
}

static void code_minus_1(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        if (below(s, 8) == 0) {
            put(s, i, "income", "-1");
        }
    }
}

static void code_word(struct sheet *s)
{
    for (size_t k = 0; k < 60; k++) {
        put(s, 17 * k + 3, "job", "unknown");
    }
}

static void an_id(struct sheet *s)
{
    numbered(s, "ticket");
}

static void an_id_as_real(struct sheet *s)
{
    add(s, "number");
    for (size_t i = 0; i < s->rows; i++) {
        put_number(s, i, "number", (double)(100003 + i * 7919 % 1000003), 1);
    }
}

static void a_long_id_as_real(struct sheet *s)
{
    add(s, "account");
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "account",
            hone_arena_format(s->mem, "4%016zu.0", below(s, 1000000000) * 9999999));
    }
}

static void words_among_numbers(struct sheet *s)
{
    put(s, 12, "income", "about 30k");
    put(s, 40, "income", "ask");
}

static void with_commas(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        int64_t v = (int64_t)number(s, i, "income");
        put(s, i, "income",
            v >= 1000 ? hone_arena_format(s->mem, "%lld,%03lld", (long long)(v / 1000),
                                          (long long)(v % 1000))
                      : hone_arena_format(s->mem, "%lld", (long long)v));
    }
}

static void with_currency(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "income", hone_arena_format(s->mem, "$%s.00", get(s, i, "income")));
    }
}

static void with_per_cent(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "age", hone_arena_format(s->mem, "%s%%", get(s, i, "age")));
    }
}

static void with_unit(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "weight", hone_arena_format(s->mem, "%s kg", get(s, i, "weight")));
    }
}

static void decimal_commas(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        char text[32];
        snprintf(text, sizeof text, "%s", get(s, i, "weight"));
        if (i % 2 == 1 && strchr(text, '.') != NULL) {
            *strchr(text, '.') = ',';
        }
        put(s, i, "weight", text);
    }
}

static void dates_either_way(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "day",
            hone_arena_format(s->mem, "%zu/%zu/2021", 1 + below(s, 12), 1 + below(s, 12)));
    }
}

static void dates_both_ways(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        size_t day = 13 + below(s, 15);
        size_t month = 1 + below(s, 12);
        put(s, i, "day",
            i == 90 || i == 95 ? hone_arena_format(s->mem, "%02zu/%02zu/2021", month, day)
                               : hone_arena_format(s->mem, "%02zu/%02zu/2021", day, month));
    }
}

static void pounds_from_a_row_on(struct sheet *s)
{
    for (size_t i = 700; i < s->rows; i++) {
        put_number(s, i, "weight", 2.2046226 * number(s, i, "weight"), 1);
    }
}

static void thousands_from_a_row_on(struct sheet *s)
{
    for (size_t i = 900; i < s->rows; i++) {
        put_number(s, i, "length", 1000 * number(s, i, "length"), 0);
    }
}

static void grams_here_and_there(struct sheet *s)
{
    for (size_t i = 3; i < s->rows; i += 1 + below(s, 30)) {
        put_number(s, i, "weight", 1000 * number(s, i, "weight"), 0);
    }
    put_number(s, 3, "weight", 61234, 0);
}

static void mojibake(struct sheet *s)
{
    for (size_t k = 0; k < 9; k++) {
        put(s, 20 + 9 * k, "city",
            "Orl\xc3\x83\xc2\xa9"
            "ans");
    }
}

static void replaced_characters(struct sheet *s)
{
    for (size_t k = 0; k < 9; k++) {
        put(s, 20 + 9 * k, "city",
            "Orl\xef\xbf\xbd"
            "ans");
    }
}

static void other_case(struct sheet *s)
{
    for (size_t k = 0; k < 30; k++) {
        put(s, 11 + 13 * k, "city", k % 2 == 0 ? "PARIS" : "lyon");
    }
}

static void misspelt(struct sheet *s)
{
    put(s, 33, "city", "Bordaeux");
    put(s, 44, "city", "Bordeau");
}

static void padded(struct sheet *s)
{
    for (size_t i = 4; i < s->rows; i += 9) {
        put(s, i, "job", hone_arena_format(s->mem, "%s ", get(s, i, "job")));
    }
}

static void punctuation(struct sheet *s)
{
    put(s, 9, "city", "??");
    put(s, 11, "city", "??");
}

static void free_text_in_choices(struct sheet *s)
{
    for (size_t k = 0; k < 60; k++) {
        put(s, 6 + 17 * k, "job",
            hone_arena_format(s->mem, "works in %zu%c", 100 + k * 7, (char)('a' + k % 26)));
    }
}

static void cut_off_texts(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        char text[256] = "";
        size_t words = 2 + below(s, 12);
        for (size_t k = 0; k < words; k++) {
            size_t at = strlen(text);
            snprintf(text + at, sizeof text - at, "%s%zu", k == 0 ? "part " : " and ",
                     below(s, 1000));
        }
        text[60] = '\0';
        if (strlen(text) == 60 && text[59] == ' ') {
            text[59] = 'a';
        }
        put(s, i, "note", text);
    }
}

static void new_city(struct sheet *s)
{
    s->parts = true;
    put(s, PLANTED_TRAIN + 100, "city", "Toulouse");
}

static void city_gone(struct sheet *s)
{
    s->parts = true;
    for (size_t i = PLANTED_TRAIN; i < s->rows; i++) {
        if (strcmp(get(s, i, "job"), "nurse") == 0) {
            put(s, i, "job", "driver");
        }
    }
}

static void moved_mean(struct sheet *s)
{
    s->parts = true;
    for (size_t i = PLANTED_TRAIN; i < s->rows; i++) {
        put_number(s, i, "heat", number(s, i, "heat") + 8, 2);
    }
}

static void wider(struct sheet *s)
{
    s->parts = true;
    for (size_t i = PLANTED_TRAIN; i < s->rows; i++) {
        put_number(s, i, "heat", 60 + 2.5 * (number(s, i, "heat") - 60), 2);
    }
}

static void other_shape(struct sheet *s)
{
    s->parts = true;
    for (size_t i = PLANTED_TRAIN; i < s->rows;
         i++) { /* the same mean and variance, two humps */
        put_number(s, i, "heat", 60 + (below(s, 2) == 0 ? -7.8 : 7.8) + 1.8 * normal(s), 2);
    }
}

static void more_of_a_class(struct sheet *s)
{
    s->parts = true;
    for (size_t i = PLANTED_TRAIN; i < s->rows; i++) {
        put(s, i, "bought", below(s, 10) < 8 ? "1" : "0");
    }
}

static void moved_target(struct sheet *s)
{
    s->parts = true;
    for (size_t i = PLANTED_TRAIN; i < s->rows; i++) {
        put_number(s, i, "wear", number(s, i, "wear") + 2, 4);
    }
}

static void rare_class(struct sheet *s)
{
    for (size_t k = 0; k < 4; k++) {
        put(s, 100 + k, "bought", "2");
    }
}

static void imbalance(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "bought", i % 130 == 7 ? "1" : "0");
    }
}

static void one_class(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        put(s, i, "bought", "1");
    }
}

static void no_target(struct sheet *s)
{
    for (size_t k = 0; k < 30; k++) {
        put(s, 8 + 30 * k, "bought", "");
    }
}

static void far_values(struct sheet *s)
{
    put(s, 100, "heat", "6000");
    put(s, 200, "heat", "7421.5");
}

static void wrong_sign(struct sheet *s)
{
    put(s, 100, "weight", "-72.5");
}

static void division_by_zero(struct sheet *s)
{
    put(s, 25, "score", "inf");
    put(s, 35, "score", "-inf");
}

static void date_to_come(struct sheet *s)
{
    put(s, 5, "day", "2201-03-04");
}

static void unix_zero(struct sheet *s)
{
    for (size_t k = 0; k < 12; k++) {
        put(s, 15 + 40 * k, "day", "1970-01-01");
    }
}

static void sheet_zero(struct sheet *s)
{
    for (size_t k = 0; k < 12; k++) {
        put(s, 15 + 40 * k, "day", "1900-01-01");
    }
}

static void stuck_sensor(struct sheet *s)
{
    for (size_t i = 400; i < 470; i++) {
        put(s, i, "flow", "4.817");
    }
}

static void clipped(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        if (number(s, i, "length") > 25) {
            put(s, i, "length", "25");
        }
    }
}

static void gap_in_time(struct sheet *s)
{
    for (size_t i = 500; i < s->rows; i++) {
        copy_row(s, i - 60, i);
    }
    s->rows -= 60;
}

static void moment_twice(struct sheet *s)
{
    put(s, 300, "time", get(s, 299, "time"));
    put(s, 500, "time", get(s, 499, "time"));
}

static void out_of_order(struct sheet *s)
{
    for (size_t k = 0; k < 3; k++) {
        const char *held = get(s, 310 + 50 * k, "time");
        put(s, 310 + 50 * k, "time", get(s, 314 + 50 * k, "time"));
        put(s, 314 + 50 * k, "time", held);
    }
}

static void shuffled_in_test(struct sheet *s)
{
    size_t n = s->rows - PLANTED_TRAIN;
    s->parts = true;
    for (size_t i = 0; i < s->rows; i++) { /* first make it tell something */
        put_number(s, i, "heat", 40 + 3 * number(s, i, "wear") + 2 * normal(s), 2);
    }
    for (size_t i = n; i-- > 1;) {
        size_t k = below(s, i + 1);
        const char *held = get(s, PLANTED_TRAIN + i, "heat");
        put(s, PLANTED_TRAIN + i, "heat", get(s, PLANTED_TRAIN + k, "heat"));
        put(s, PLANTED_TRAIN + k, "heat", held);
    }
}

static void swapped_in_test(struct sheet *s)
{
    s->parts = true;
    for (size_t i = PLANTED_TRAIN; i < s->rows; i++) {
        const char *held = get(s, i, "heat");
        put(s, i, "heat", get(s, i, "width"));
        put(s, i, "width", held);
    }
}

static void text_in_test(struct sheet *s)
{
    s->parts = true;
    for (size_t i = PLANTED_TRAIN; i < s->rows; i++) {
        put(s, i, "heat", hone_arena_format(s->mem, "%s C", get(s, i, "heat")));
    }
}

static void many_zeros(struct sheet *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        if (below(s, 10) < 4) {
            put(s, i, "wear", "0");
        }
    }
}

static void header_again(struct sheet *s)
{
    for (size_t j = 0; j < s->cols; j++) {
        s->cell[800][j] = s->name[j];
    }
}

static void few(struct sheet *s)
{
    s->rows = 30;
}

#define PEOPLE   PLANTED_PEOPLE
#define MACHINES PLANTED_MACHINES
#define SERIES   PLANTED_SERIES
#define PATIENTS PLANTED_PATIENTS

const struct planted planted_kinds[] = {
    {"target copied under another name", PEOPLE, copy_of_target, "target_copy", "outcome",
     NONE},
    {"target in another unit", MACHINES, scaled_target, "target_copy", "wear_mm", NONE},
    {"target with noise", PEOPLE, noisy_target, "target_leakage", "score", NONE},
    {"number target with noise", MACHINES, noisy_number_target, "target_leakage", "heat", NONE},
    {"target in what is missing", PEOPLE, missing_tells, "target_leakage", "score", NONE},
    {"target in a category", PEOPLE, category_tells, "target_leakage", "branch", NONE},
    {"target in the order of an id", PEOPLE, id_tells, "target_leakage", "customer", NONE},
    {"target in the order of rows", PEOPLE, order_tells, "index_leakage", "bought", NONE},
    {"target is the sum of two columns", MACHINES, parts_of_target, "target_sum", "first_half",
     NONE},
    {"feature from after the outcome", PEOPLE, later_date, "time_leakage", "closed", 0},
    {"groups on both sides", PATIENTS, shared_groups, "group_overlap", "patient", 0},
    {"rows on both sides", PEOPLE, shared_rows, "row_overlap", NULL, 10},
    {"rows with noise on both sides", MACHINES, nearly_shared_rows, "near_overlap", NULL, 10},
    {"times mixed between parts", PEOPLE, mixed_times, "time_overlap", "day", 0},
    {"duplicate rows", PEOPLE, repeated_rows, "duplicate_rows", NULL, 50},
    {"duplicate rows but for the id", PEOPLE, repeated_but_numbered, "repeats_but_ids", NULL,
     300},
    {"one id for two rows", PEOPLE, number_twice, "repeated_ids", "case_id", 70},
    {"column twice", PEOPLE, column_twice, "duplicate_columns", "wage", NONE},
    {"column twice in other words", PEOPLE, column_renamed, "duplicate_columns", "city_code",
     NONE},
    {"column twice in other units", MACHINES, two_units, "linear_columns", "length_inch", NONE},
    {"column that is a sum of others", MACHINES, a_sum, "linear_columns", "around", NONE},
    {"equal rows with different labels", PEOPLE, contradiction, "conflicting_labels", "bought",
     30},
    {"constant column", PEOPLE, one_value, "constant_column", "score", NONE},
    {"almost constant column", PEOPLE, nearly_one_value, "almost_constant", "member", NONE},
    {"empty column", PEOPLE, no_value, "empty_column", "score", NONE},
    {"mostly missing", PEOPLE, mostly_missing, "missing_share", "score", 1},
    {"missing from a row on", MACHINES, missing_from_a_row_on, "missing_shift", "pressure",
     NONE},
    {"missing in the test part", MACHINES, missing_in_test, "missing_drift", "pressure", NONE},
    {"999 for missing", PEOPLE, code_999, "missing_code", "age", 5},
    {"-1 for missing", PEOPLE, code_minus_1, "missing_code", "income", NONE},
    {"a word for missing", PEOPLE, code_word, "missing_word", "job", 3},
    {"identifier", PEOPLE, an_id, "id_like", "ticket", NONE},
    {"identifier with .0", PEOPLE, an_id_as_real, "id_like", "number", NONE},
    {"long identifier rounded by a float", PEOPLE, a_long_id_as_real, "lost_digits", "account",
     NONE},
    {"words among numbers", PEOPLE, words_among_numbers, "mixed_types", "income", 12},
    {"commas between thousands", PEOPLE, with_commas, "number_as_text", "income", NONE},
    {"signs of currency", PEOPLE, with_currency, "number_as_text", "income", 0},
    {"per cent signs", PEOPLE, with_per_cent, "number_as_text", "age", 0},
    {"units behind numbers", PEOPLE, with_unit, "number_as_text", "weight", 0},
    {"decimal commas in half of the rows", PEOPLE, decimal_commas, "number_as_text", "weight",
     1},
    {"dates with day and month in doubt", PEOPLE, dates_either_way, "date_as_text", "day",
     NONE},
    {"dates in two ways", PEOPLE, dates_both_ways, "date_as_text", "day", 90},
    {"pounds from a row on", PEOPLE, pounds_from_a_row_on, "unit_change", "weight", 700},
    {"factor 1000 from a row on", MACHINES, thousands_from_a_row_on, "unit_change", "length",
     900},
    {"factor 1000 here and there", PEOPLE, grams_here_and_there, "unit_change", "weight", 3},
    {"UTF-8 read as Latin-1", PEOPLE, mojibake, "encoding_damage", "city", 20},
    {"replacement characters", PEOPLE, replaced_characters, "encoding_damage", "city", 20},
    {"categories in other case", PEOPLE, other_case, "category_variants", "city", 11},
    {"misspelt categories", PEOPLE, misspelt, "category_variants", "city", 33},
    {"blanks behind categories", PEOPLE, padded, "padded_values", "job", 4},
    {"values of punctuation", PEOPLE, punctuation, "special_characters", "city", 9},
    {"free text in a field for choices", PEOPLE, free_text_in_choices, "rare_categories", "job",
     6},
    {"texts cut off", PATIENTS, cut_off_texts, "truncated_text", "note", NONE},
    {"new category in the test part", PEOPLE, new_city, "new_categories", "city", 100},
    {"category gone from the test part", PEOPLE, city_gone, "vanished_categories", "job", NONE},
    {"mean drifted", MACHINES, moved_mean, "feature_drift", "heat", NONE},
    {"variance drifted", MACHINES, wider, "feature_drift", "heat", NONE},
    {"shape drifted", MACHINES, other_shape, "feature_drift", "heat", NONE},
    {"classes drifted", PEOPLE, more_of_a_class, "label_drift", "bought", NONE},
    {"target drifted", MACHINES, moved_target, "label_drift", "wear", NONE},
    {"class of four rows", PEOPLE, rare_class, "class_balance", "bought", NONE},
    {"classes out of balance", PEOPLE, imbalance, "class_balance", "bought", NONE},
    {"one class only", PEOPLE, one_class, "class_balance", "bought", NONE},
    {"rows without target", PEOPLE, no_target, "target_missing", "bought", 8},
    {"outliers", MACHINES, far_values, "outliers", "heat", 100},
    {"impossible sign", PEOPLE, wrong_sign, "rare_sign", "weight", 100},
    {"infinite values", PEOPLE, division_by_zero, "infinite_values", "score", 25},
    {"date in the future", PEOPLE, date_to_come, "future_date", "day", 5},
    {"1970-01-01 for missing", PEOPLE, unix_zero, "default_date", "day", 15},
    {"1900-01-01 for missing", PEOPLE, sheet_zero, "default_date", "day", 15},
    {"sensor that hangs", SERIES, stuck_sensor, "stuck_values", "flow", 400},
    {"values cut off at a bound", MACHINES, clipped, "clipped_values", "length", NONE},
    {"gap in a series", SERIES, gap_in_time, "time_order", "time", 440},
    {"moment twice in a series", SERIES, moment_twice, "time_order", "time", 300},
    {"rows out of order in a series", SERIES, out_of_order, "time_order", "time", NONE},
    {"column shuffled in the test part", MACHINES, shuffled_in_test, "association_drift",
     "heat", NONE},
    {"columns swapped in the test part", MACHINES, swapped_in_test, "swapped_columns", "width",
     NONE},
    {"numbers became text in the test part", MACHINES, text_in_test, "part_columns", "heat",
     NONE},
    {"target of many zeros", MACHINES, many_zeros, "zero_heap", "wear", NONE},
    {"header in the middle", PEOPLE, header_again, "repeated_header", NULL, 800},
    {"too few rows", PEOPLE, few, "few_rows", NULL, NONE},
};
const size_t planted_kinds_n = sizeof planted_kinds / sizeof planted_kinds[0];

struct hone_table *planted_table(struct hone_run *run, const struct sheet *s, size_t first,
                                 size_t n)
{
    static const struct hone_part part = {.name = "read",
                                          .settings_size = sizeof(struct hone_read_options),
                                          .params = hone_read_params};
    struct hone_read_options options;
    struct hone_buf csv = hone_buf(s->mem);
    struct hone_table *t = NULL;

    hone_settings_default(&part, &options);
    options.header = true;
    for (size_t j = 0; j < s->cols; j++) {
        hone_buf_format(&csv, "%s%s", j == 0 ? "" : ",", s->name[j]);
    }
    hone_buf_char(&csv, '\n');
    for (size_t i = first; i < first + n; i++) {
        for (size_t j = 0; j < s->cols; j++) {
            const char *text = s->cell[i][j];
            bool quote = strpbrk(text, ", ") != NULL;
            hone_buf_format(&csv, "%s%s%s%s", j == 0 ? "" : ",", quote ? "\"" : "", text,
                            quote ? "\"" : "");
        }
        hone_buf_char(&csv, '\n');
    }
    CHECK_OK(run, hone_table_read_text(run, "planted.csv", (struct hone_str){csv.ptr, csv.len},
                                       &options, s->mem, &t, NULL));
    return t;
}
