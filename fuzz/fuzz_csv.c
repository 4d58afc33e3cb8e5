/*
 * csv: any bytes are read or refused, by one thread and by two alike, in one chunk and in several, and the records
 * are those that a walk byte by byte finds.  The first byte chooses the options.
 */
#include "base/hash.h"
#include "base/pool.h"
#include "io/csv/csv_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_clean(struct hone_str text)
{
    return hone_utf8_valid(text) == text.len &&
           (text.len == 0 || memchr(text.ptr, '\0', text.len) == NULL);
}

/* Records by hone_csv_field alone: the plain reading that the marks stand for. */
static void count_records(const struct hone_csv *csv, struct hone_str text, size_t *good,
                          size_t *bad)
{
    const char *end = text.ptr + text.len;
    const char *p = text.ptr + csv->start;

    *good = *bad = 0;
    while ((p = hone_csv_skip_comments(csv, p, end)) < end) {
        struct hone_csv_field f;
        const char *from = p;
        const char *to;
        bool problem = false;
        size_t n = 0;
        do {
            p = hone_csv_field(csv, p, end, text.ptr, &f);
            problem = problem || f.problem != NULL;
            n++;
        } while (!f.last);
        if (n == 1 && hone_csv_is_blank(text.ptr, &f)) {
            continue;
        }
        to = p;
        while (to > from && (to[-1] == '\n' || to[-1] == '\r')) {
            to--;
        }
        if (problem || n != csv->cols ||
            !is_clean((struct hone_str){from, (size_t)(to - from)})) {
            *bad += 1;
        } else {
            *good += 1;
        }
    }
}

static void check_records(struct hone_str text, const struct hone_read_options *options,
                          const struct hone_read_report *report, size_t rows)
{
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_csv csv;
    size_t good;
    size_t bad;

    if (strcmp(report->encoding, "utf-8") == 0 && report->delimiter != ' ' &&
        !hone_str_starts(text, "\xef\xbb\xbf") &&
        hone_csv_sniff(&run, "fuzz", text, options, &mem, &csv) == HONE_OK) {
        count_records(&csv, text, &good, &bad);
        HONE_ASSERT(good == rows && bad == report->bad_rows);
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

/* The same rows again and again, so that they are more than a chunk. */
static struct hone_str repeat(struct hone_str text, struct hone_arena *mem)
{
    size_t times = text.len == 0 ? 0 : HONE_CSV_CHUNK / text.len + 2;
    char *all = hone_arena_alloc(mem, times, text.len);

    HONE_ASSERT(all != NULL);
    for (size_t i = 0; i < times; i++) {
        memcpy(all + i * text.len, text.ptr, text.len);
    }
    return (struct hone_str){all, times * text.len};
}

static enum hone_code read_hash(size_t threads, struct hone_str bytes,
                                const struct hone_read_options *options, struct hone_sha *sha,
                                struct hone_read_report *report, size_t *rows)
{
    struct hone_run run = {.scratch.limit = (size_t)256 << 20};
    struct hone_arena mem = {.limit = (size_t)256 << 20};
    struct hone_table *table;
    enum hone_code code;

    run.pool = threads > 1 ? hone_pool_new(threads) : NULL;
    code = hone_table_read_text(&run, "fuzz", bytes, options, &mem, &table, report);
    if (code == HONE_OK) {
        *rows = table->rows;
        HONE_ASSERT(report->records == table->rows + report->bad_rows);
        HONE_ASSERT(hone_table_hash(&run, table, sha) == HONE_OK);
        report->path = NULL; /* in mem */
    }
    hone_arena_free(&mem);
    hone_pool_free(run.pool);
    hone_run_clear(&run);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *na[] = {"-1", "column_1=x"};
    struct hone_read_options options = {.format = "csv", .on_bad_row = "skip"};
    struct hone_arena own = {0};
    uint8_t choice = size > 0 ? data[0] : 0;
    struct hone_str bytes = {(const char *)data + (size > 0), size - (size > 0)};
    struct hone_read_report report;
    struct hone_sha sha[2] = {0};
    size_t rows;

    options.comment = choice & 1 ? "#" : NULL;
    options.skip_initial_space = (choice & 2) != 0;
    options.no_header = (choice & 4) != 0;
    options.delimiter = choice & 8 ? ";" : NULL;
    options.na = (struct hone_texts){na, choice & 16 ? 1 : 0};
    if (choice >= 252) {
        bytes = repeat(bytes, &own);
    }
    if (read_hash(1, bytes, &options, &sha[0], &report, &rows) == HONE_OK) {
        struct hone_read_report again;
        size_t other;
        check_records(bytes, &options, &report, rows);
        options.on_bad_row = "fail";
        HONE_ASSERT((read_hash(1, bytes, &options, &sha[1], &again, &other) == HONE_OK) ==
                    (report.bad_rows == 0));
        if (bytes.len > HONE_CSV_CHUNK) {
            options.on_bad_row = "skip";
            HONE_ASSERT(read_hash(2, bytes, &options, &sha[1], &again, &other) == HONE_OK);
            HONE_ASSERT(other == rows && strcmp(sha[0].hex, sha[1].hex) == 0);
        }
    }
    hone_arena_free(&own);
    return 0;
}
