/* Pages: everything that comes from data is escaped; charts carry their data; words for numbers. */
#include "base/json.h"
#include "check.h"
#include "cli/term.h"
#include "report/charts.h"
#include "report/html.h"
#include "report/profile_page.h"
#include "report/words.h"

static const char evil[] = "</script><script>alert(1)</script>&\"'";

static const char *page_of(struct hone_page *page, struct hone_arena *mem)
{
    struct hone_buf out = hone_buf(mem);
    hone_page_end(page, evil, &out);
    return out.ptr;
}

static size_t times(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what)) {
        n++;
    }
    return n;
}

static void text_from_data_is_escaped(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_page page;
    const struct hone_page_look look = {0};
    const struct hone_page_column column = {evil, HONE_CELL_TEXT};
    const struct hone_cell cell = {.text = evil, .link = evil};
    const struct hone_page_fact fact = {evil, evil};
    const char *const tag = evil;
    const double value = 1;

    hone_page_init(&page, &mem, &look, evil, evil);
    hone_page_tile(&page, HONE_TONE_BAD, evil, evil, evil);
    hone_page_section(&page, evil, evil);
    hone_page_text(&page, evil);
    hone_page_note(&page, HONE_TONE_WARN, evil, evil);
    hone_page_table_begin(&page, evil, &column, 1);
    hone_page_row(&page, &cell, 1);
    hone_page_table_end(&page);
    hone_page_card(&page, evil, evil, evil);
    hone_page_tags(&page, &tag, 1);
    hone_page_facts(&page, &fact, 1);
    hone_page_chart(&page, evil, evil, hone_chart_bars(evil, &tag, &value, NULL, NULL, 1));

    const char *html = page_of(&page, &mem);
    CHECK(strstr(html, "alert(1)") != NULL);
    assert_int_equal(times(html, "<script>"), 0);
    assert_int_equal(times(html, "<script "), 1); /* the chart's data */
    assert_int_equal(times(html, "</script>"), 1);
    assert_int_equal(times(html, "<div"), times(html, "</div>"));
    assert_int_equal(times(html, "<section"), times(html, "</section>"));
    hone_arena_free(&mem);
}

static void json_may_stand_in_a_script(void **state)
{
    (void)state;
    struct hone_run run = {0};
    struct hone_arena mem = {0};
    struct hone_buf buf = hone_buf(&mem);
    json_t *text = json_string("</script><!-- \xe2\x80\xa8 \xe2\x80\xa9 \xe2\x80\xa6");
    json_t *again = NULL;

    hone_page_script_json(&buf, text);
    CHECK(strchr(buf.ptr, '<') == NULL);
    CHECK(strstr(buf.ptr, "\xe2\x80\xa8") == NULL && strstr(buf.ptr, "\xe2\x80\xa9") == NULL);
    CHECK(strstr(buf.ptr, "\xe2\x80\xa6") != NULL);
    json_t *list = json_array();
    json_array_append(list, text);
    buf = hone_buf(&mem);
    hone_page_script_json(&buf, list);
    CHECK_OK(&run, hone_json_parse(&run, (struct hone_str){buf.ptr, buf.len}, &again));
    CHECK(json_equal(list, again));
    json_decref(list);
    json_decref(again);
    json_decref(text);
    hone_arena_free(&mem);
    hone_run_clear(&run);
}

static void charts_carry_their_data(void **state)
{
    (void)state;
    const double edge[] = {0, 1, 2.5};
    const size_t count[] = {4, 9};
    json_t *spec = hone_chart_histogram((struct hone_axis){"x", false}, edge, count, 2);
    json_t *values = json_object_get(json_object_get(spec, "data"), "values");
    json_t *last = json_array_get(values, 1);

    assert_int_equal(json_array_size(values), 2);
    assert_int_equal(hone_json_get_int(last, "rows", -1), 9);
    CHECK_NEAR(hone_json_get_real(last, "to", -1), 2.5, 0.0); /* handed through */
    CHECK(json_object_get(spec, "$schema") != NULL);
    json_decref(spec);
}

static void gaps_and_strange_labels_are_no_error(void **state)
{
    (void)state;
    const double x[] = {0, 1, 2};
    const double y[] = {1, (double)NAN, (double)INFINITY};
    const double diagonal[] = {0, 0, 1, 1};
    const char *const label[] = {"\xff\xfe", "", "ok"};
    const struct hone_labels labels = {NULL, label, 1};
    const struct hone_series series = {"\xff", x, y, y, y, 3};
    json_t *made[] = {
        hone_chart_lines((struct hone_axis){0}, (struct hone_axis){0}, &series, 1),
        hone_chart_curves(NULL, NULL, &series, 1, diagonal, true),
        hone_chart_bars(NULL, label, y, y, y, 3),
        hone_chart_scatter((struct hone_axis){0}, (struct hone_axis){0}, x, y, 3, diagonal),
        hone_chart_heatmap(&labels, &labels, y, y),
        hone_chart_bars(NULL, label, y, NULL, NULL, 0),
    };
    json_t *rows = json_object_get(json_object_get(made[0], "data"), "values");

    CHECK(json_is_null(json_object_get(json_array_get(rows, 1), "y")));
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        CHECK(json_is_object(made[i]));
        json_decref(made[i]);
    }
}

static void an_empty_table_has_a_page(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    struct hone_buf out = hone_buf(&mem);
    const struct hone_profile empty = {0};
    const struct hone_page_look look = {0};
    const struct hone_profile_view view = {.profile = &empty};

    hone_profile_page(&view, "nothing.csv", &look, &mem, &out);
    CHECK(strstr(out.ptr, "Profile of nothing.csv") != NULL);
    CHECK(strstr(out.ptr, "nan") == NULL);
    hone_arena_free(&mem);
}

static void numbers_read_well(void **state)
{
    (void)state;
    struct hone_arena mem = {0};

    CHECK_STR(hone_text_count(&mem, 0), "0");
    CHECK_STR(hone_text_count(&mem, 999), "999");
    CHECK_STR(hone_text_count(&mem, 1234567), "1,234,567");
    CHECK_STR(hone_text_number(&mem, 2024, 9), "2024");
    CHECK_STR(hone_text_number(&mem, -1234567.5, 9), "-1,234,567.5");
    CHECK_STR(hone_text_number(&mem, 12.3456, 4), "12.35");
    CHECK_STR(hone_text_number(&mem, 0.00012345, 3), "0.000123");
    CHECK_STR(hone_text_number(&mem, 120, 5), "120");
    CHECK_STR(hone_text_number(&mem, (double)NAN, 5), "");
    CHECK_STR(hone_text_number(&mem, 1e300, 3), "1e+300");
    CHECK_STR(hone_text_bytes(&mem, 1536), "1.5 KiB");
    CHECK_STR(hone_text_share(&mem, 0), "0 %");
    CHECK_STR(hone_text_share(&mem, 0.0001), "< 0.1 %");
    CHECK_STR(hone_text_share(&mem, 0.99999), "> 99.9 %");
    CHECK_STR(hone_text_share(&mem, 0.0153), "1.5 %");
    CHECK_STR(hone_text_seconds(&mem, 152), "2 min 32 s");
    CHECK_STR(hone_text_when(&mem, 0), "1970-01-01 00:00:00");
    hone_arena_free(&mem);
}

static void a_terminal_is_not_told_what_to_do(void **state)
{
    (void)state;
    struct hone_arena mem = {0};
    const struct hone_term term = {.file = stdout, .utf8 = true, .width = 80};
    const struct hone_term plain = {.file = stdout, .width = 80};
    const size_t count[] = {0, 1, 1000, 500};

    CHECK_STR(hone_text_fit(&term, &mem, hone_str("a\x1b[31mb\r\n\xc2\x9b"), 80), "a [31mb   ");
    CHECK_STR(hone_text_fit(&term, &mem, hone_str("bad \xff byte"), 80), "bad ? byte");
    CHECK_STR(hone_text_fit(&term, &mem, hone_str("abcdef"), 4), "abc\u2026");
    CHECK_STR(hone_text_fit(&plain, &mem, hone_str("abcdef"), 4), "abc~");
    assert_int_equal(hone_text_width(hone_str("日本e\u0301")), 5);
    CHECK_STR(hone_sparkline(&term, &mem, count, 4), " ▁█▅");
    CHECK_STR(hone_sparkline(&plain, &mem, count, 4), " .@+");
    CHECK_STR(hone_bar(&term, &mem, 0.5, 4), "██  ");
    CHECK_STR(hone_bar(&plain, &mem, 0.5, 4), "##..");
    CHECK_STR(hone_bar(&plain, &mem, (double)NAN, 2), "..");
    hone_arena_free(&mem);
}

const struct CMUnitTest hone_tests_report[] = {
    cmocka_unit_test(text_from_data_is_escaped),
    cmocka_unit_test(json_may_stand_in_a_script),
    cmocka_unit_test(charts_carry_their_data),
    cmocka_unit_test(gaps_and_strange_labels_are_no_error),
    cmocka_unit_test(an_empty_table_has_a_page),
    cmocka_unit_test(numbers_read_well),
    cmocka_unit_test(a_terminal_is_not_told_what_to_do),
};
const size_t hone_tests_report_n = sizeof hone_tests_report / sizeof hone_tests_report[0];
