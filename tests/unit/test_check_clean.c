/* The whole suite on real tables: what it tells was reviewed, or counts as a false alarm. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "check.h"
#include "check/check.h"
#include "io/reader.h"

#define MOST                                                                                   \
    0.02 /* share of false alarms: of all pairs of a check and a table that were judged */

static int64_t noon(void *clock)
{
    (void)clock;
    return 1700000000 * INT64_C(1000000); /* 2023-11-14 */
}

/* One line of the list of tables. */
struct entry {
    char file[200], target[80], test[200], options[200];
};

static char *trimmed(char *text)
{
    while (*text == ' ') {
        text++;
    }
    for (size_t n = strlen(text); n > 0 && text[n - 1] == ' '; n--) {
        text[n - 1] = '\0';
    }
    return text;
}

/* Up to n fields between semicolons; how many. */
static size_t fields(char *line, char **field, size_t n)
{
    size_t k = 0;

    while (k < n && line != NULL) {
        char *next = strchr(line, ';');
        if (next != NULL && k + 1 < n) {
            *next++ = '\0';
        }
        field[k++] = trimmed(line);
        line = next;
    }
    return k;
}

static bool parse_entry(char *line, struct entry *e)
{
    char *field[4] = {NULL};

    if (line[0] == '#' || line[0] == '\0') {
        return false;
    }
    assert_int_equal(fields(line, field, 4), 4);
    snprintf(e->file, sizeof e->file, "%s", field[0]);
    snprintf(e->target, sizeof e->target, "%s", field[1]);
    snprintf(e->test, sizeof e->test, "%s", field[2]);
    snprintf(e->options, sizeof e->options, "%s", field[3]);
    return true;
}

static struct hone_table *read_table(struct hone_run *run, const struct entry *e,
                                     const char *file, struct hone_arena *mem)
{
    static const struct hone_part part = {.name = "read",
                                          .settings_size = sizeof(struct hone_read_options),
                                          .params = hone_read_params};
    struct hone_read_options options;
    struct hone_table *t = NULL;
    char path[256];
    char words[200];

    hone_settings_default(&part, &options);
    snprintf(words, sizeof words, "%s", e->options);
    for (char *at = words, *word; (word = strsep(&at, " ")) != NULL;) {
        char *value = strchr(word, '=');
        if (word[0] == '\0') {
            continue;
        }
        if (value != NULL) {
            *value++ = '\0';
        }
        CHECK_OK(run, hone_setting_set(run, &part, &options, hone_str(word),
                                       hone_str(value == NULL ? "true" : value), mem));
    }
    snprintf(path, sizeof path, "data/%s", file);
    const char *found = check_shared(path);
    if (found == NULL) {
        fail_msg("no %s", path);
    }
    CHECK_OK(run, hone_table_read(run, found, &options, mem, &t, NULL));
    return t;
}

static const char *target_of(const struct entry *e, const struct hone_table *t)
{
    char *end;
    unsigned long k = strtoul(e->target, &end, 10);

    if (strcmp(e->target, "-") == 0) {
        return NULL;
    }
    if (strcmp(e->target, "first") == 0 || strcmp(e->target, "last") == 0) {
        return t->column[e->target[0] == 'f' ? 0 : t->cols - 1].name;
    }
    return *end == '\0' ? t->column[k - 1].name : e->target;
}

static bool reviewed(const char *list, const struct entry *e, const struct hone_finding *f)
{
    char want[400];

    snprintf(want, sizeof want, "\n%s; %s; %s; ", e->file, f->check,
             f->column == NULL ? "-" : f->column);
    return strstr(list, want) != NULL;
}

/* Every fourth row at random as a test table, where none is given. */
static void split(struct hone_run *run, struct hone_check_input *in, struct hone_arena *mem)
{
    const struct hone_table *whole = in->table;
    struct hone_table *part[2];
    size_t n[2] = {0, 0};
    size_t *row[2] = {hone_arena_must(mem, (whole->rows + 1) * sizeof **row),
                      hone_arena_must(mem, (whole->rows + 1) * sizeof **row)};

    for (size_t i = 0; i < whole->rows; i++) {
        size_t side = hone_mix64(i * UINT64_C(0x9e3779b97f4a7c15) + 1) % 4 == 0 ? 1 : 0;
        row[side][n[side]++] = i;
    }
    for (int side = 0; side < 2; side++) {
        CHECK_OK(run, hone_table_take(run, whole, row[side], n[side], mem, &part[side]));
    }
    in->table = part[0];
    in->test = part[1];
}

struct tally {
    size_t judged, alarms, told, tables;
};

static void judge(const struct entry *e, const char *list, struct tally *tally)
{
    struct hone_run run = {.now = noon};
    struct hone_arena mem = {0};
    struct hone_findings *f = NULL;
    struct hone_check_input in = {0};
    const char *bad = "";

    in.table = read_table(&run, e, e->file, &mem);
    in.target = target_of(e, in.table);
    if (strcmp(e->test, "-") == 0) {
        split(&run, &in, &mem);
    } else {
        in.test = read_table(&run, e, e->test, &mem);
    }
    CHECK_OK(&run, hone_check_run(&run, &in, HONE_CHECK_ALL, &mem, &f));
    tally->tables++;
    for (size_t i = 0; i < f->n; i++) {
        const struct hone_finding *x = &f->item[i];
        tally->judged += i == 0 || strcmp(x->check, f->item[i - 1].check) != 0 ? 1 : 0;
        if (x->severity < HONE_WARN) {
            continue;
        }
        tally->told++;
        if (reviewed(list, e, x)) {
            continue;
        }
        print_message("%s; %s; %s; # %s\n", e->file, x->check,
                      x->column == NULL ? "-" : x->column, x->message);
        tally->alarms += strcmp(bad, x->check) != 0 ? 1 : 0;
        bad = x->check;
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void few_false_alarms_on_real_tables(void **state)
{
    struct tally tally = {0};
    struct entry e;

    (void)state;
    SKIP_UNDER_TSAN();
    if (check_shared("data/adult/adult.data.gz") == NULL) {
        SKIP("no shared data");
    }
    char *tables = check_read("tests/golden/check_clean.txt");
    char *list = check_read("tests/golden/check_reviewed.txt");
    for (char *at = tables, *line; (line = strsep(&at, "\n")) != NULL;) {
        if (parse_entry(line, &e)) {
            judge(&e, list, &tally);
        }
    }
    double share = (double)tally.alarms / (double)tally.judged;
    print_message("%zu tables, %zu checks judged, %zu findings, %zu false alarms: %.2f %%\n",
                  tally.tables, tally.judged, tally.told, tally.alarms, 100 * share);
    CHECK(tally.tables >= 50);
    CHECK(share <= MOST);
    free(tables);
    free(list);
}

const struct CMUnitTest hone_tests_check_clean[] = {
    cmocka_unit_test(few_false_alarms_on_real_tables),
};
const size_t hone_tests_check_clean_n =
    sizeof hone_tests_check_clean / sizeof hone_tests_check_clean[0];
