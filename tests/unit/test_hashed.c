/* Feature hashing of text: the same word is in the same bucket, whatever is around it; texts of every kind. */
#include <math.h>

#include "chains.h"
#include "check.h"

#define ROWS_MAX 16

/* Texts as a table with a column of texts and one that is never empty. */
static const struct hone_table *texts(struct tables_room *room, const char *const *text,
                                      size_t n)
{
    struct hone_buf csv = hone_buf(&room->mem);
    hone_buf_text(&csv, "row,text\n");
    for (size_t i = 0; i < n; i++) {
        hone_buf_format(&csv, "%zu,", i);
        hone_buf_text(&csv, text[i]);
        hone_buf_char(&csv, '\n');
    }
    return tables_read(&room->run, &room->mem, csv.ptr, "text=text");
}

static struct chains_fitted *fit(struct tables_room *room, const char *settings,
                                 const char *const *text, size_t n)
{
    static const double y[ROWS_MAX] = {1};
    const struct hone_target target = {HONE_TASK_BINARY, 2, y, NULL};
    struct chains_fitted *f = NULL;
    CHECK(n <= ROWS_MAX);
    CHECK_OK(&room->run,
             chains_fit(room, hone_arena_format(&room->mem, "text=hash%s", settings),
                        texts(room, text, n), &target, &f));
    return f;
}

static double total(const struct chains_fitted *f, float *const *x, size_t row)
{
    double sum = 0;
    for (size_t j = 0; j < f->view.features.n; j++) {
        sum += (double)x[j][row];
    }
    return sum;
}

static bool same_rows(const struct chains_fitted *f, float *const *x, size_t a, size_t b)
{
    bool same = true;
    for (size_t j = 0; j < f->view.features.n; j++) {
        same = same && chains_same(x[j][a], x[j][b]);
    }
    return same;
}

/* The bucket of a row that has one word. */
static size_t bucket(const struct chains_fitted *f, float *const *x, size_t row)
{
    size_t at = f->view.features.n;
    for (size_t j = 0; j < f->view.features.n; j++) {
        CHECK(x[j][row] == 0 || at == f->view.features.n);
        at = x[j][row] != 0 ? j : at;
    }
    CHECK(at < f->view.features.n);
    return at;
}

static void a_word_is_in_one_bucket_wherever_it_is(void **state)
{
    (void)state;
    static const char *const text[] = {
        "the quick brown fox",
        "fox",
        "quick",
        "brown",
        "the",
        "  brown;the -- fox/quick",
        "Fox",
        "x fox y",
        "quick QUICK fox",
        "xof",
        "naïve",
        "ÉTÉ été",
        "été",
    };
    struct tables_room *room = tables_enter(1);
    struct chains_fitted *f = fit(room, ":buckets=4096:norm=none", text, 13);
    float **x = chains_run(room, f, texts(room, text, 13));
    size_t fox = bucket(f, x, 1);
    size_t quick = bucket(f, x, 2);
    size_t brown = bucket(f, x, 3);
    size_t the = bucket(f, x, 4);

    CHECK(f->view.features.n == 4096);
    /* sum(number[k] P^k) mod M mod 4096 as Python computes it: models that are in use rely on it */
    CHECK(fox == 3439 && quick == 424 && the == 505 && bucket(f, x, 12) == 1557);
    CHECK(fox != quick && fox != brown && fox != the && quick != brown && quick != the);
    CHECK(x[fox][0] == 1 && x[quick][0] == 1 && x[brown][0] == 1 && x[the][0] == 1);
    CHECK(total(f, x, 0) == 4);
    CHECK(same_rows(f, x, 0, 5)); /* order and what is between do not matter */
    CHECK(same_rows(f, x, 1, 6)); /* nor does the case */
    CHECK(same_rows(f, x, 1, 7)); /* a letter is no word */
    CHECK(x[quick][8] == 2 && x[fox][8] == 1 && total(f, x, 8) == 3);
    CHECK(bucket(f, x, 9) != fox); /* the same letters in another order */
    CHECK(x[bucket(f, x, 12)][11] == 2);
    for (size_t i = 0; i < 13; i++) {
        for (size_t j = 0; j < 4096; j++) {
            CHECK(chains_same(x[j][i], f->view.x[j][i]));
        }
    }

    /* what else training had does not matter to words of characters that it had */
    static const char *const other[] = {"jumps over the lazy dog", "quick brown fox"};
    struct chains_fitted *g = fit(room, ":buckets=4096:norm=none", other, 2);
    float **z = chains_run(room, g, texts(room, text, 13));
    CHECK(bucket(g, z, 1) == fox && bucket(g, z, 2) == quick && bucket(g, z, 4) == the);
    tables_leave(room);
}

static void texts_without_words_are_zeros(void **state)
{
    (void)state;
    static const char *const text[] = {"", "!? ..", "a b c", "😀😀", "ok"};
    static const char *const nothing[] = {"", "", ""};
    static const char *const settings[] = {":buckets=7", ":buckets=7:norm=none"};
    struct tables_room *room = tables_enter(1);

    for (size_t s = 0; s < 2; s++) {
        struct chains_fitted *f = fit(room, settings[s], text, 5);
        float **x = chains_run(room, f, texts(room, text, 5));
        for (size_t i = 0; i < 4; i++) {
            CHECK(total(f, x, i) == 0);
        }
        CHECK(total(f, x, 4) == 1);
        x = chains_run(room, f, texts(room, nothing, 3)); /* not one character */
        CHECK(total(f, x, 0) == 0 && total(f, x, 2) == 0);
        f = fit(room, settings[s], nothing, 3);
        CHECK(f->view.features.n == 7);
        x = chains_run(room, f, texts(room, text, 5));
        CHECK(total(f, x, 0) == 0 && total(f, x, 4) == 1); /* all its characters are unseen */
    }
    tables_leave(room);
}

static void unseen_characters_are_one(void **state)
{
    (void)state;
    static const char *const seen[] = {"abc bcd", "dab"};
    static const char *const text[] = {"abж", "abщ", "abя東", "abcd", "ab😀cd", "ab cd", "Abж"};
    struct tables_room *room = tables_enter(1);
    struct chains_fitted *f = fit(room, ":buckets=4096:norm=none", seen, 2);
    float **x = chains_run(room, f, texts(room, text, 7));

    CHECK(same_rows(f, x, 0, 1));
    CHECK(bucket(f, x, 0) != bucket(f, x, 2) && bucket(f, x, 0) != bucket(f, x, 3));
    CHECK(same_rows(f, x, 4, 5)); /* no letter, so it is between words, unseen or not */
    CHECK(same_rows(f, x, 0, 6));
    f = fit(room, ":buckets=4096:norm=none:lower=no", seen, 2);
    x = chains_run(room, f, texts(room, text, 7));
    CHECK(!same_rows(f, x, 0, 6));
    tables_leave(room);
}

static void rows_are_of_length_one(void **state)
{
    (void)state;
    static const char *const text[] = {"one", "one two two", "one two three four five six"};
    struct tables_room *room = tables_enter(1);
    struct chains_fitted *f = fit(room, ":buckets=16", text, 3);
    float **x = chains_run(room, f, texts(room, text, 3));

    for (size_t i = 0; i < 3; i++) {
        double sum = 0;
        for (size_t j = 0; j < 16; j++) {
            CHECK(f->view.features.item[j].scaled);
            sum += (double)x[j][i] * (double)x[j][i];
        }
        CHECK_NEAR(sum, 1, 1e-6);
    }
    tables_leave(room);
}

/* Words beyond the table of powers, and many rows beside one that is long. */
static void long_words_are_words(void **state)
{
    (void)state;
    enum { LONG = 10000 };
    static char word[LONG + 8];
    static char same[LONG + 8];
    static char other[LONG + 8];
    for (size_t i = 0; i < LONG; i++) {
        word[i] = (char)('a' + i * i % 23);
    }
    memcpy(same, "z ", 2);
    memcpy(same + 2, word, LONG);
    memcpy(other, word, LONG);
    other[LONG - 1] = 'z';
    const char *const text[] = {word, same, other, "ab"};
    struct tables_room *room = tables_enter(1);
    struct chains_fitted *f = fit(room, ":buckets=4096:norm=none", text, 4);
    float **x = chains_run(room, f, texts(room, text, 4));

    CHECK(same_rows(f, x, 0, 1)); /* at another place of its text */
    CHECK(bucket(f, x, 0) != bucket(f, x, 2));
    CHECK(total(f, x, 0) == 1 && total(f, x, 3) == 1);
    tables_leave(room);
}

/* Made-up words spread over all buckets as evenly as chance would. */
static void words_spread_evenly(void **state)
{
    (void)state;
    enum { WORDS = 6400, BUCKETS = 64 };
    struct tables_room *room = tables_enter(1);
    struct hone_buf text = hone_buf(&room->mem);
    double chi = 0;
    for (int i = 0; i < WORDS; i++) {
        hone_buf_format(&text, "w%d ", i);
    }
    const char *const all[] = {text.ptr};
    struct chains_fitted *f = fit(room, ":buckets=64:norm=none", all, 1);
    CHECK(f->view.features.n == BUCKETS && total(f, f->view.x, 0) == WORDS);
    for (size_t j = 0; j < BUCKETS; j++) {
        double d = (double)f->view.x[j][0] - (double)WORDS / BUCKETS;
        chi += d * d / ((double)WORDS / BUCKETS);
    }
    CHECK(chi < 110); /* chi-square of 63 degrees of freedom: 0.9998 */
    tables_leave(room);
}

static void settings_have_bounds(void **state)
{
    (void)state;
    static const char *const wrong[] = {"text=hash:buckets=1", "text=hash:buckets=4097",
                                        "text=hash:norm=l3", "row=hash"};
    static const char *const text[] = {"one", "two"};
    static const double y[2] = {0, 1};
    const struct hone_target target = {HONE_TASK_BINARY, 2, y, NULL};
    struct tables_room *room = tables_enter(1);
    const struct hone_table *t = texts(room, text, 2);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct chains_fitted *f;
        CHECK(chains_fit(room, wrong[i], t, &target, &f) == HONE_E_ARG);
        hone_error_clear(&room->run);
    }
    tables_leave(room);
}

const struct CMUnitTest hone_tests_hashed[] = {
    cmocka_unit_test(a_word_is_in_one_bucket_wherever_it_is),
    cmocka_unit_test(texts_without_words_are_zeros),
    cmocka_unit_test(unseen_characters_are_one),
    cmocka_unit_test(rows_are_of_length_one),
    cmocka_unit_test(long_words_are_words),
    cmocka_unit_test(words_spread_evenly),
    cmocka_unit_test(settings_have_bounds),
};
const size_t hone_tests_hashed_n = sizeof hone_tests_hashed / sizeof hone_tests_hashed[0];
