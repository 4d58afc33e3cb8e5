/* TF-IDF and text statistics: scikit-learn's values, through the graph; texts of every kind. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "golden/text_tfidf.h"
#include "io/reader.h"
#include "prep/chain.h"
#include "tables.h"

/* A transform fitted on a column of texts, and what its graph gives for the same texts. */
struct made {
    struct hone_model *model;
    struct hone_features features;
    struct hone_sparse x; /* of the first block */
    const char *const *term;
    size_t terms;
};

static struct hone_table *table_of(struct tables_room *room, const struct hone_str *text,
                                   size_t n)
{
    struct hone_table *t = NULL;
    struct hone_buf csv = hone_buf(&room->mem);
    struct hone_read_options options = {.format = "csv", .header = true, .delimiter = ","};
    const char *as_text = "text=text", *none = "-";
    options.type = (struct hone_texts){&as_text, 1};
    options.na = (struct hone_texts){&none, 1};
    hone_buf_text(&csv, "row,text\n");
    for (size_t i = 0; i < n; i++) {
        hone_buf_format(&csv, "%zu,\"", i);
        for (size_t k = 0; k < text[i].len; k++) {
            hone_buf_bytes(&csv, text[i].ptr + k, 1);
            if (text[i].ptr[k] == '"') {
                hone_buf_char(&csv, '"');
            }
        }
        hone_buf_text(&csv, "\"\n");
    }
    CHECK_OK(&room->run,
             hone_table_read_text(&room->run, "texts", (struct hone_str){csv.ptr, csv.len},
                                  &options, &room->mem, &t, NULL));
    CHECK(t->rows == n);
    return t;
}

static void set(struct tables_room *room, const struct hone_part *part, void *settings,
                const char *text)
{
    struct hone_str rest = hone_str(text), item, key, value;
    while (rest.len > 0) {
        hone_str_cut(rest, ',', &item, &rest);
        CHECK(hone_str_cut(item, '=', &key, &value));
        CHECK_OK(&room->run,
                 hone_setting_set(&room->run, part, settings, key, value, &room->mem));
    }
}

static struct made make(struct tables_room *room, const struct hone_table *t,
                        const char *column, const char *what, const char *settings)
{
    struct hone_arena *mem = &room->mem;
    const struct hone_part *part = hone_part_find(hone_transforms, hone_str(what));
    const struct hone_transform *transform = (const struct hone_transform *)(const void *)part;
    void *values = hone_arena_must(mem, part->settings_size + 1);
    const struct hone_fit_column in = {.column = hone_table_find(t, hone_str(column)),
                                       .row = tables_rows(mem, t->rows),
                                       .rows = t->rows,
                                       .value = column};
    struct made m = {.model = hone_model_new(mem, "test"), .features.mem = mem};
    struct hone_input input = {column, in.column->type};
    const struct hone_signature s = {.inputs = 1, .input = &input};
    const struct hone_span rows = {t, NULL, t->rows};

    hone_settings_default(part, values);
    set(room, part, values, settings);
    hone_graph_input(&m.model->graph, column, HONE_STRING, 2, (const int64_t[]){-1, 1})
        ->dim_name[0] = "N";
    CHECK_OK(&room->run,
             transform->encode(&room->run, values, &in, &m.model->graph, mem, &m.features));
    if (m.features.blocks > 0) {
        m.term = m.features.block[0].name;
        m.terms = m.features.block[0].cols;
        CHECK_OK(&room->run, hone_value_sparse(&room->run, m.model, &s,
                                               m.features.block[0].value, &rows, mem, &m.x));
        CHECK(m.x.rows == t->rows && m.x.cols == m.terms);
    }
    return m;
}

static double value_at(const struct made *m, size_t row, const char *term)
{
    size_t skip = strlen("text: ");
    for (size_t k = m->x.start[row]; k < m->x.start[row + 1]; k++) {
        if (strcmp(m->term[m->x.col[k]] + skip, term) == 0) {
            return (double)m->x.value[k];
        }
    }
    return 0;
}

static void same(const char *settings, const char *const *term, size_t terms,
                 const double *value)
{
    struct tables_room *room = tables_enter(1);
    struct hone_str text[GOLDEN_TEXTS];
    for (size_t i = 0; i < GOLDEN_TEXTS; i++) {
        text[i] = hone_str(golden_text[i]);
    }
    struct made m = make(room, table_of(room, text, GOLDEN_TEXTS), "text", "tfidf", settings);
    CHECK(m.terms == terms);
    for (size_t i = 0; i < GOLDEN_TEXTS; i++) {
        for (size_t j = 0; j < terms; j++) {
            /* floats, of size 1 or, where nothing is normalised, 3 */
            CHECK_NEAR(value_at(&m, i, term[j]), value[i * terms + j], 1e-6);
        }
    }
    tables_leave(room);
}

static void made_up_texts_are_as_in_scikit_learn(void **state)
{
    (void)state;
    same("ngrams=2,min_rows=2", golden_pairs_term, PAIRS_TERMS, golden_pairs);
    same("ngrams=3,min_rows=1,sublinear=true,norm=l1,max_share=0.25", golden_triples_term,
         TRIPLES_TERMS, golden_triples);
    same("ngrams=1,min_rows=1,lower=false,norm=none", golden_as_is_term, AS_IS_TERMS,
         golden_as_is);
}

static void same_real(struct tables_room *room, const struct hone_table *t, const char *column,
                      const struct sums *sums, const struct sample *sample)
{
    struct made m = make(room, t, column, "tfidf", "max_terms=1000000");
    double sum = 0;
    CHECK(t->rows == sums->rows);
    CHECK(m.terms == sums->terms);
    CHECK(m.x.start[t->rows] == sums->values);
    for (size_t k = 0; k < sums->values; k++) {
        sum += (double)m.x.value[k];
    }
    CHECK_NEAR(sum / sums->sum, 1, 1e-7);
    for (size_t i = 0; i < 60; i++) {
        CHECK_NEAR(value_at(&m, sample[i].row, sample[i].term), sample[i].value, 2e-7);
    }
}

static struct hone_table *read_shared(struct tables_room *room, const char *path,
                                      const char *format)
{
    struct hone_table *t = NULL;
    const struct hone_read_options options = {.format = format};
    CHECK_OK(&room->run, hone_table_read(&room->run, path, &options, &room->mem, &t, NULL));
    return t;
}

static void real_texts_are_as_in_scikit_learn(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(1);
    const char *path = check_shared("data/sms-spam/sms.tsv.gz");
    if (path == NULL) {
        tables_leave(room);
        SKIP("no shared data");
    }
    struct hone_table *lines = read_shared(room, path, "lines");
    struct hone_str *text = hone_arena_must(&room->mem, lines->rows * sizeof *text);
    for (size_t i = 0; i < lines->rows; i++) {
        struct hone_str label;
        CHECK(hone_str_cut(hone_column_str(&lines->column[0], i), '\t', &label, &text[i]));
    }
    same_real(room, table_of(room, text, lines->rows), "text", &golden_sms, golden_sms_sample);
    lines =
        read_shared(room, check_shared("data/sentence-polarity/rt-polarity.pos.gz"), "lines");
    for (size_t i = 0; i < lines->rows; i++) {
        text[i] = hone_column_str(&lines->column[0], i);
    }
    same_real(room, table_of(room, text, lines->rows), "text", &golden_polarity,
              golden_polarity_sample);
    same_real(room, read_shared(room, check_shared("data/banking77/train.csv.gz"), "csv"),
              "text", &golden_banking, golden_banking_sample);
    tables_leave(room);
}

static void terms_are_chosen_by_rows_or_by_classes(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(1);
    const char *some[8] = {"the film was fine", "the film was good fun", "the film is good",
                           "the plot is good",  "the film was bad",      "the plot was bad",
                           "the film is awful", "the end is bad"};
    const double y[8] = {1, 1, 1, 1, 0, 0, 0, 0};
    struct hone_str text[8];
    for (size_t i = 0; i < 8; i++) {
        text[i] = hone_str(some[i]);
    }
    struct hone_table *t = table_of(room, text, 8);
    struct made m = make(room, t, "text", "tfidf", "ngrams=1,min_rows=1,max_terms=3");
    CHECK(m.terms == 3);
    CHECK_STR(m.term[0], "text: film"); /* 5 rows, 4 and 8: in the order of the alphabet */
    CHECK_STR(m.term[1], "text: is");
    CHECK_STR(m.term[2], "text: the");

    const struct hone_target target = {HONE_TASK_BINARY, 2, y, NULL};
    const struct hone_part *part = hone_part_find(hone_transforms, hone_str("tfidf"));
    void *values = hone_arena_must(&room->mem, part->settings_size);
    const struct hone_fit_column in = {.column = hone_table_find(t, hone_str("text")),
                                       .row = tables_rows(&room->mem, 8),
                                       .rows = 8,
                                       .target = &target,
                                       .value = "text"};
    struct hone_model *model = hone_model_new(&room->mem, "test");
    struct hone_features features = {.mem = &room->mem};
    hone_settings_default(part, values);
    set(room, part, values, "ngrams=1,min_rows=1,max_terms=2,choose=chi2");
    hone_graph_input(&model->graph, "text", HONE_STRING, 2, (const int64_t[]){-1, 1});
    CHECK_OK(&room->run,
             ((const struct hone_transform *)(const void *)part)
                 ->encode(&room->run, values, &in, &model->graph, &room->mem, &features));
    CHECK(features.blocks == 1 && features.block[0].cols == 2);
    CHECK_STR(features.block[0].name[0], "text: bad");
    CHECK_STR(features.block[0].name[1], "text: good");
    tables_leave(room);
}

static void texts_without_words_make_no_terms(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(1);
    struct hone_str text[3] = {hone_str(""), hone_str("!! ?"), hone_str("a b c")};
    struct made m = make(room, table_of(room, text, 3), "text", "tfidf", "min_rows=1");
    CHECK(m.features.n == 0 && m.features.blocks == 0);
    tables_leave(room);
}

static void statistics_are_counts_of_characters(void **state)
{
    (void)state;
    struct tables_room *room = tables_enter(1);
    static char big[1 << 20];
    memset(big, 'x', sizeof big);
    for (size_t i = 0; i < sizeof big; i += 4) {
        big[i] = ' ';
        big[i + 1] = 'X';
        big[i + 2] = '7';
    }
    const struct hone_str text[] = {
        hone_str("Call 08001 NOW"), hone_str(""), hone_str("É😀 ½#\n#"), {big, sizeof big}};
    static const double want[4][4] = {{14, 3, 5.0 / 14, 4.0 / 14},
                                      {0, 0, 0, 0},
                                      {7, 2, 1.0 / 7, 1.0 / 7},
                                      {1 << 20, 1 << 18, 0.25, 0.25}};
    struct hone_table *t = table_of(room, text, 4);
    struct made m = make(room, t, "text", "text_stats", "");
    struct hone_input input = {"text", HONE_UTF8};
    const struct hone_signature s = {.inputs = 1, .input = &input};
    const struct hone_span rows = {t, NULL, 4};
    static const char *const name[] = {"text: characters", "text: words",
                                       "text: share of digits", "text: share of capitals"};
    CHECK(m.features.n == 4);
    for (size_t j = 0; j < 4; j++) {
        float **x;
        CHECK_STR(m.features.item[j].name, name[j]);
        CHECK_OK(&room->run,
                 hone_value_columns(&room->run, m.model, &s, m.features.item[j].value, 1, &rows,
                                    &room->mem, &x));
        for (size_t i = 0; i < 4; i++) {
            CHECK_NEAR((double)x[0][i], want[i][j], 1e-7);
        }
    }
    tables_leave(room);
}

const struct CMUnitTest hone_tests_tfidf[] = {
    cmocka_unit_test(made_up_texts_are_as_in_scikit_learn),
    cmocka_unit_test(real_texts_are_as_in_scikit_learn),
    cmocka_unit_test(terms_are_chosen_by_rows_or_by_classes),
    cmocka_unit_test(texts_without_words_make_no_terms),
    cmocka_unit_test(statistics_are_counts_of_characters),
};
const size_t hone_tests_tfidf_n = sizeof hone_tests_tfidf / sizeof hone_tests_tfidf[0];
