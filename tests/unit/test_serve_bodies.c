/* Request bodies of every dialect: what lands in the columns, and what is said of bad ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "serve/rows.h"
#include "serve/v2.h"

enum { AGE, JOB, DAY, AT, MEMBER, COLUMNS };

static const struct hone_batch_column columns[COLUMNS] = {
    {.name = "age", .type = HONE_FLOAT64, .dtype = HONE_F32, .width = 1},
    {.name = "job", .type = HONE_CATEGORY, .dtype = HONE_STRING, .width = 1},
    {.name = "day", .type = HONE_DATE, .dtype = HONE_I64, .width = 1},
    {.name = "at", .type = HONE_TIMESTAMP, .dtype = HONE_I64, .width = 1},
    {.name = "member", .type = HONE_BOOL, .dtype = HONE_F32, .width = 1},
};

struct fixture {
    struct hone_run run;
    struct hone_batch batch;
    char *body;
    struct hone_rows_told told;
    struct hone_v2_request v2;
};

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    hone_batch_init(&f->batch, columns, COLUMNS);
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    hone_batch_free(&f->batch);
    hone_run_clear(&f->run);
    free(f->body);
    free(f);
    return 0;
}

enum dialect { NATIVE, V1, INVOCATIONS, CSV, V2 };

/* The body in a block of exactly its size, so that a read past its end is seen. */
static enum hone_code parse_bytes(struct fixture *f, enum dialect dialect, const char *body,
                                  size_t len)
{
    free(f->body);
    f->body = malloc(len == 0 ? 1 : len);
    memcpy(f->body, body, len);
    hone_batch_begin(&f->batch);
    switch (dialect) {
    case CSV:
        return hone_rows_read_csv(&f->run, f->body, len, &f->batch);
    case V2:
        return hone_v2_read(&f->run, f->body, len, len, &f->batch, &f->v2);
    default:
        return hone_rows_read(&f->run, (enum hone_rows_form)dialect, f->body, len, &f->batch,
                              &f->told);
    }
}

static enum hone_code parse(struct fixture *f, enum dialect dialect, const char *body)
{
    return parse_bytes(f, dialect, body, strlen(body));
}

static double number(const struct fixture *f, size_t column, size_t row)
{
    return (double)((const float *)f->batch.column[column].data)[row];
}
static int64_t whole(const struct fixture *f, size_t column, size_t row)
{
    return ((const int64_t *)f->batch.column[column].data)[row];
}
static bool text_is(const struct fixture *f, size_t column, size_t row, const char *want)
{
    return hone_str_is(((const struct hone_str *)f->batch.column[column].data)[row], want);
}

static void a_row_object(void **state)
{
    struct fixture *f = *state;

    CHECK_OK(&f->run, parse(f, NATIVE,
                            "{\"job\":\"nurse\",\"age\":41.5,\"day\":\"2024-02-29\","
                            "\"at\":\"2024-02-29T12:00:00Z\",\"member\":true,\"extra\":[{}]}"));
    assert_int_equal(f->batch.rows, 1);
    CHECK(f->told.single);
    CHECK_NEAR(number(f, AGE, 0), 41.5, 0.0); /* exact in float */
    CHECK(text_is(f, JOB, 0, "nurse"));
    assert_int_equal(whole(f, DAY, 0), 19782);
    assert_int_equal(whole(f, AT, 0), 1709208000000000);
    CHECK_NEAR(number(f, MEMBER, 0), 1, 0.0);
    assert_int_equal(f->batch.unknown, 1);
    CHECK_STR(f->batch.first_unknown, "extra");
    assert_int_equal(f->batch.missing, 0);
}

static void what_is_not_given_is_missing(void **state)
{
    struct fixture *f = *state;

    CHECK_OK(&f->run, parse(f, NATIVE, "[{\"age\":null,\"job\":null},{\"age\":7},{}]"));
    assert_int_equal(f->batch.rows, 3);
    CHECK(!f->told.single);
    CHECK(isnan(number(f, AGE, 0)));
    CHECK(text_is(f, JOB, 0, ""));
    assert_int_equal(whole(f, DAY, 0), HONE_MISSING_I64);
    assert_int_equal(whole(f, AT, 0), HONE_MISSING_I64);
    CHECK(isnan(number(f, MEMBER, 0)));
    CHECK_NEAR(number(f, AGE, 1), 7, 0.0);
    CHECK(isnan(number(f, AGE, 2)));
    assert_int_equal(f->batch.missing, 14);
}

static void values_are_converted_as_the_readers_do(void **state)
{
    struct fixture *f = *state;

    CHECK_OK(&f->run,
             parse(f, NATIVE,
                   "[{\"age\":\"12.5\",\"job\":12,\"day\":19782,\"at\":5,\"member\":1},"
                   "{\"age\":true,\"job\":1.50,\"day\":\"2024-02-29T23:59:59Z\","
                   "\"at\":\"1970-01-01\",\"member\":\"yes\"},"
                   "{\"age\":\"\",\"job\":false,\"day\":\"\",\"at\":\"\",\"member\":false},"
                   "{\"day\":\"1969-12-31T23:00:00Z\",\"age\":NaN,\"job\":NaN}]"));
    CHECK_NEAR(number(f, AGE, 0), 12.5, 0.0);
    CHECK(text_is(f, JOB, 0, "12"));
    assert_int_equal(whole(f, DAY, 0), 19782);
    assert_int_equal(whole(f, AT, 0), 5);
    CHECK_NEAR(number(f, AGE, 1), 1, 0.0);
    CHECK(text_is(f, JOB, 1, "1.5"));
    assert_int_equal(whole(f, DAY, 1), 19782);
    assert_int_equal(whole(f, AT, 1), 0);
    CHECK_NEAR(number(f, MEMBER, 1), 1, 0.0);
    CHECK(isnan(number(f, AGE, 2)));
    CHECK(text_is(f, JOB, 2, "false"));
    assert_int_equal(whole(f, DAY, 2), HONE_MISSING_I64);
    assert_int_equal(whole(f, DAY, 3), -1);
    CHECK(isnan(number(f, AGE, 3)));
    CHECK(text_is(f, JOB, 3, ""));
}

static void a_double_is_rounded_once(void **state)
{
    struct fixture *f = *state;

    CHECK_OK(&f->run, parse(f, NATIVE, "{\"age\":0.1}"));
    CHECK_NEAR(number(f, AGE, 0), (double)0.1f, 0.0);
}

static void forms_of_rows(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum dialect dialect;
        const char *body;
    } same[] = {
        {NATIVE, "{\"rows\":[{\"age\":1,\"job\":\"a\"},{\"age\":2,\"job\":\"b\"}]}"},
        {NATIVE, "[{\"age\":1,\"job\":\"a\"},[2,\"b\",null,null,null]]"},
        {V1, "{\"signature_name\":\"x\",\"instances\":[{\"job\":\"a\",\"age\":1},"
             "{\"age\":2,\"job\":\"b\"}]}"},
        {V1, "{\"inputs\":{\"job\":[\"a\",\"b\"],\"zip\":[1],\"age\":[[1],[2]]}}"},
        {INVOCATIONS, "{\"dataframe_records\":[{\"age\":1,\"job\":\"a\"},"
                      "{\"age\":2,\"job\":\"b\"}],\"params\":{\"a\":[1]}}"},
        {INVOCATIONS,
         "{\"dataframe_split\":{\"index\":[0,1],\"columns\":[\"job\",\"zip\",\"age\"],"
         "\"data\":[[\"a\",0,1],[\"b\",0,2]]}}"},
        {INVOCATIONS, "{\"dataframe_split\":{\"data\":[[\"a\",1],[\"b\",2]],"
                      "\"columns\":[\"job\",\"age\"]}}"},
        {INVOCATIONS, "{\"instances\":[[1,\"a\",null,null,null],[2,\"b\",null,null,null]]}"},
        {INVOCATIONS, "{\"inputs\":{\"age\":[1,2],\"job\":[\"a\",\"b\"]}}"},
        {CSV, "job,zip,age\na,0,1\nb,0,2\n"},
        {CSV, "\xef\xbb\xbfjob,zip,age\na,0,1\nb,0,2\n"},
        {CSV, "1,a,,,\r\n2,\"b\",,,"},
        {V2,
         "{\"inputs\":[{\"name\":\"age\",\"shape\":[2],\"datatype\":\"FP64\",\"data\":[1,2]},"
         "{\"name\":\"job\",\"shape\":[2,1],\"datatype\":\"BYTES\",\"data\":[[\"a\"],[\"b\"]]}]}"},
        {V2,
         "{\"inputs\":[{\"data\":[1,2],\"datatype\":\"INT32\",\"shape\":[2,1],\"name\":\"age\"},"
         "{\"data\":[\"a\",\"b\"],\"name\":\"job\",\"shape\":[2],\"datatype\":\"BYTES\"},"
         "{\"name\":\"zip\",\"shape\":[1],\"datatype\":\"UINT8\",\"data\":[[[9]]]}]}"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        CHECK_OK(&f->run, parse(f, same[i].dialect, same[i].body));
        assert_int_equal(f->batch.rows, 2);
        CHECK_NEAR(number(f, AGE, 0), 1, 0.0);
        CHECK_NEAR(number(f, AGE, 1), 2, 0.0);
        CHECK(text_is(f, JOB, 0, "a") && text_is(f, JOB, 1, "b"));
        assert_int_equal(whole(f, DAY, 1), HONE_MISSING_I64);
    }
}

static void v2_keeps_id_and_outputs(void **state)
{
    struct fixture *f = *state;

    CHECK_OK(&f->run,
             parse(f, V2,
                   "{\"id\":\"a\\u0062\",\"outputs\":[{\"name\":\"label\"},{\"name\":\"p\","
                   "\"parameters\":{\"binary_data\":false}}],\"parameters\":"
                   "{\"binary_data_output\":true},\"inputs\":[{\"name\":\"age\",\"shape\":[1],"
                   "\"datatype\":\"FP32\",\"data\":[3]}]}"));
    CHECK(hone_str_is(f->v2.id, "ab"));
    assert_int_equal(f->v2.outputs, 2);
    CHECK(hone_str_is(f->v2.output[1].name, "p"));
    CHECK(f->v2.output[0].binary && !f->v2.output[1].binary);
}

static void v2_binary_tensors(void **state)
{
    struct fixture *f = *state;
    static const char json[] =
        "{\"inputs\":[{\"name\":\"age\",\"shape\":[2],\"datatype\":\"FP32\","
        "\"parameters\":{\"binary_data_size\":8}},{\"name\":\"job\",\"shape\":[2,1],"
        "\"datatype\":\"BYTES\",\"parameters\":{\"binary_data_size\":11}},"
        "{\"name\":\"member\",\"shape\":[2],\"datatype\":\"FP16\","
        "\"parameters\":{\"binary_data_size\":4}},{\"name\":\"day\",\"shape\":[2],"
        "\"datatype\":\"INT16\",\"parameters\":{\"binary_data_size\":4}}]}";
    static const unsigned char bytes[] = {0,   0, 0x80, 0x3f, 0, 0,    0x20, 0xc1, 1,
                                          0,   0, 0,    'a',  2, 0,    0,    0,    'b',
                                          'c', 0, 0x3c, 0,    0, 0xff, 0xff, 2,    1};
    char body[512];
    size_t len = sizeof json - 1;

    memcpy(body, json, len);
    memcpy(body + len, bytes, sizeof bytes);
    hone_batch_begin(&f->batch);
    CHECK_OK(&f->run, hone_v2_read(&f->run, body, len, len + sizeof bytes, &f->batch, &f->v2));
    CHECK_NEAR(number(f, AGE, 0), 1, 0.0);
    CHECK_NEAR(number(f, AGE, 1), -10, 0.0);
    CHECK(text_is(f, JOB, 0, "a") && text_is(f, JOB, 1, "bc"));
    CHECK_NEAR(number(f, MEMBER, 0), 1, 0.0);
    assert_int_equal(whole(f, DAY, 0), -1);
    assert_int_equal(whole(f, DAY, 1), 258);
    memcpy(body, json, len);
    hone_batch_begin(&f->batch);
    CHECK_FAILS_WITH(
        &f->run, hone_v2_read(&f->run, body, len, len + sizeof bytes - 1, &f->batch, &f->v2),
        HONE_E_ARG, "binary_data_size");
    memcpy(body, json, len);
    hone_batch_begin(&f->batch);
    CHECK_FAILS_WITH(
        &f->run, hone_v2_read(&f->run, body, len, len + sizeof bytes + 1, &f->batch, &f->v2),
        HONE_E_ARG, "1 bytes after");
}

static void half_precision(void **state)
{
    (void)state;
    CHECK_NEAR((double)hone_v2_half(0x3c00), 1, 0.0);
    CHECK_NEAR((double)hone_v2_half(0xc000), -2, 0.0);
    CHECK_NEAR((double)hone_v2_half(0x7bff), 65504, 0.0);
    CHECK_NEAR((double)hone_v2_half(0x0001), 0x1p-24, 0.0);
    CHECK(isinf(hone_v2_half(0x7c00)) && isnan(hone_v2_half(0x7e00)));
}

/* Bodies that must be refused, with the code and a word of what is said. */
static const struct {
    enum dialect dialect;
    enum hone_code code;
    const char *body, *says;
} hostile[] = {
    {NATIVE, HONE_E_FORMAT, "", "byte 0"},
    {NATIVE, HONE_E_FORMAT, "{\"age\":1", "ends inside"},
    {NATIVE, HONE_E_FORMAT, "{\"age\":1}}", "more text"},
    {NATIVE, HONE_E_FORMAT, "{\"age\":01}", "begins with 0"},
    {NATIVE, HONE_E_FORMAT, "{\"age\":1,}", "member's name"},
    {NATIVE, HONE_E_FORMAT, "{\"job\":\"\xff\xfe\"}", "UTF-8"},
    {NATIVE, HONE_E_FORMAT, "[{\"age\":1}", "ends inside"},
    {NATIVE, HONE_E_ARG, "7", "must be a row or an array"},
    {NATIVE, HONE_E_ARG, "\"x\"", "must be a row or an array"},
    {NATIVE, HONE_E_ARG, "null", "must be a row or an array"},
    {NATIVE, HONE_E_ARG, "{\"age\":\"old\"}",
     "row 0: field \"age\": a number was expected, not a string \"old\""},
    {NATIVE, HONE_E_ARG, "[{\"age\":1},{\"age\":\"x\"}]", "row 1: field \"age\""},
    {NATIVE, HONE_E_ARG, "{\"age\":{}}", "one value was expected, not an object"},
    {NATIVE, HONE_E_SHAPE, "{\"age\":[1,2]}", "one value"},
    {NATIVE, HONE_E_SHAPE, "{\"age\":[]}", "one value"},
    {NATIVE, HONE_E_ARG, "{\"age\":[[1]]}", "one value"},
    {NATIVE, HONE_E_ARG, "{\"age\":1,\"age\":2}", "given twice"},
    {NATIVE, HONE_E_ARG, "{\"day\":\"yesterday\"}", "a date"},
    {NATIVE, HONE_E_ARG, "{\"day\":\"2023-02-29\"}", "a date"},
    {NATIVE, HONE_E_ARG, "{\"day\":1.5}", "whole number of days"},
    {NATIVE, HONE_E_ARG, "{\"day\":99999999999999999999}", "whole number of days"},
    {NATIVE, HONE_E_ARG, "{\"day\":true}", "a date"},
    {NATIVE, HONE_E_ARG, "{\"at\":\"12:00\"}", "a time"},
    {NATIVE, HONE_E_ARG, "{\"member\":\"perhaps\"}", "true or false"},
    {NATIVE, HONE_E_ARG, "{\"AGE\":1,\"Job\":\"x\"}",
     "none of its fields (\"AGE\" ...) is an input of the model; those are \"age\", "},
    {NATIVE, HONE_E_SHAPE, "[[1,\"a\"]]", "an array of 5 values"},
    {NATIVE, HONE_E_SHAPE, "[[1,\"a\",null,null,null,6]]", "an array of 5 values"},
    {NATIVE, HONE_E_ARG, "[1]", "an object, or an array of 5 values"},
    {NATIVE, HONE_E_ARG, "{\"rows\":{}}", "\"rows\" must be an array"},
    {V1, HONE_E_ARG, "[]", "must be an object"},
    {V1, HONE_E_ARG, "{}", "\"instances\" or \"inputs\""},
    {V1, HONE_E_ARG, "{\"instances\":[],\"inputs\":{}}", "exactly one"},
    {V1, HONE_E_ARG, "{\"instances\":{\"age\":1}}", "must be an array"},
    {V1, HONE_E_SHAPE, "{\"inputs\":{\"age\":[1,2],\"job\":[\"a\"]}}",
     "field \"job\" has 1 values, others have 2"},
    {V1, HONE_E_ARG, "{\"inputs\":{\"age\":1}}", "\"age\" must be an array"},
    {V1, HONE_E_ARG, "{\"inputs\":{\"a\":[1]}}", "none of the fields"},
    {V1, HONE_E_ARG, "{\"inputs\":{\"age\":[1],\"age\":[1]}}", "given twice"},
    {V1, HONE_E_ARG, "{\"dataframe_records\":[]}", "the body must have"},
    {INVOCATIONS, HONE_E_ARG, "{\"params\":{}}", "dataframe_split"},
    {INVOCATIONS, HONE_E_ARG, "{\"dataframe_split\":{\"columns\":[\"age\"]}}", "needs"},
    {INVOCATIONS, HONE_E_ARG, "{\"dataframe_split\":{\"columns\":[1],\"data\":[]}}",
     "must hold strings"},
    {INVOCATIONS, HONE_E_ARG, "{\"dataframe_split\":{\"columns\":[\"x\"],\"data\":[[1]]}}",
     "none of the \"columns\""},
    {INVOCATIONS, HONE_E_SHAPE,
     "{\"dataframe_split\":{\"columns\":[\"age\"],\"data\":[[1,2]]}}", "an array of 1"},
    {INVOCATIONS, HONE_E_ARG, "{\"dataframe_split\":{\"columns\":[\"age\"],\"data\":[1]}}",
     "must be an array"},
    {INVOCATIONS, HONE_E_ARG,
     "{\"dataframe_split\":{\"columns\":[\"age\",\"age\"],\"data\":[[1,2]]}}", "given twice"},
    {INVOCATIONS, HONE_E_ARG, "{\"instances\":[],\"dataframe_records\":[]}", "exactly one"},
    {CSV, HONE_E_FORMAT, "age,job\n1,\"a", "does not end"},
    {CSV, HONE_E_FORMAT, "age,job\n1,\"a\"b\n", "a comma was expected"},
    {CSV, HONE_E_FORMAT, "age,job\n1,\xff\n", "UTF-8"},
    {CSV, HONE_E_SHAPE, "age,job\n1\n", "1 fields, expected 2"},
    {CSV, HONE_E_SHAPE, "1,a\n", "2 fields, expected 5"},
    {CSV, HONE_E_ARG, "age,job\nx,a\n", "row 0: field \"age\""},
    {CSV, HONE_E_ARG, "age,age\n1,2\n", "given twice"},
    {V2, HONE_E_FORMAT, "{\"inputs\":[", "ends inside"},
    {V2, HONE_E_ARG, "[]", "must be an object"},
    {V2, HONE_E_ARG, "{}", "no \"inputs\""},
    {V2, HONE_E_ARG, "{\"inputs\":{}}", "must be an array"},
    {V2, HONE_E_ARG, "{\"inputs\":[]}", "none of the inputs"},
    {V2, HONE_E_ARG, "{\"inputs\":[1]}", "must be an object"},
    {V2, HONE_E_ARG, "{\"inputs\":[{\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]}",
     "no \"name\""},
    {V2, HONE_E_ARG, "{\"inputs\":[{\"name\":\"age\",\"datatype\":\"FP32\",\"data\":[1]}]}",
     "no \"shape\""},
    {V2, HONE_E_ARG, "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"data\":[1]}]}",
     "no \"datatype\""},
    {V2, HONE_E_ARG, "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"FP32\"}]}",
     "no \"data\""},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"FLOAT\",\"data\":[1]}]}",
     "no datatype"},
    {V2, HONE_E_SHAPE,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[-1],\"datatype\":\"FP32\",\"data\":[1]}]}",
     "shape"},
    {V2, HONE_E_SHAPE,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[],\"datatype\":\"FP32\",\"data\":1}]}",
     "[N] or [N, 1]"},
    {V2, HONE_E_SHAPE,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1,2],\"datatype\":\"FP32\",\"data\":[1,2]}]}",
     "[N] or [N, 1]"},
    {V2, HONE_E_SHAPE,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[2],\"datatype\":\"FP32\",\"data\":[1]}]}",
     "fewer"},
    {V2, HONE_E_SHAPE,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1,2]}]}",
     "more"},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[\"1\"]}]}",
     "no FP32"},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[1]}]}",
     "no BYTES"},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"UINT8\",\"data\":[256]}]}",
     "no UINT8"},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"INT64\",\"data\":[1.5]}]}",
     "no INT64"},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"BOOL\",\"data\":[2]}]}",
     "no BOOL"},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[[[1]]]}]}",
     "no FP32"},
    {V2, HONE_E_LIMIT,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[2000000000],\"datatype\":\"FP32\",\"data\":[]}]}",
     "rows in one request"},
    {V2, HONE_E_SHAPE,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]},{\"name\":\"job\",\"shape\":[2],\"datatype\":\"BYTES\",\"data\":[\"a\",\"b\"]}]}",
     "has 2 rows"},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]},{\"name\":\"age\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]}",
     "given twice"},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]}",
     "none of the inputs"},
    {V2, HONE_E_ARG, "{\"id\":7,\"inputs\":[]}", "\"id\" must be a string"},
    {V2, HONE_E_ARG, "{\"outputs\":[{}],\"inputs\":[]}", "an output has no \"name\""},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":4}}]}",
     "binary_data_size"},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"name\":\"age\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1],\"parameters\":{\"binary_data_size\":0}}]}",
     "input \"age\" has both \"data\" and \"binary_data_size\""},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"data\":[1],\"parameters\":{\"binary_data_size\":0},\"name\":\"age\",\"shape\":[1],\"datatype\":\"FP32\"}]}",
     "has both"},
    {NATIVE, HONE_E_FORMAT, "\xef\xbb\xbf{}", "begins with a byte order mark"},
    {NATIVE, HONE_E_ARG, "{\"job\":\"a\\u0000b\"}", "field \"job\": text without a zero byte"},
    {V2, HONE_E_ARG,
     "{\"inputs\":[{\"name\":\"job\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"\\u0000\"]}]}",
     "zero byte"},
};

static void hostile_bodies_are_refused_and_told_why(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        enum hone_code code = parse(f, hostile[i].dialect, hostile[i].body);
        if (code != hostile[i].code || strstr(f->run.err.message, hostile[i].says) == NULL) {
            fail_msg("%s: %s: %s", hostile[i].body, hone_code_name(code), f->run.err.message);
        }
        hone_error_clear(&f->run);
    }
}

/* Who reads the log takes strict JSON: what one client sends must not spoil it for them. */
static void only_what_the_log_can_hold_is_kept(void **state)
{
    struct fixture *f = *state;
    char many[2048] = "[{\"age\":1";
    size_t len = strlen(many);

    CHECK_OK(&f->run,
             parse(f, NATIVE,
                   "[{\"age\":1,\"a\":1,\"b\":NaN,\"c\":-Infinity,\"d\":Infinity,\"a\":2,"
                   "\"e\":\"x\\u0000\",\"f\\u0000\":1,\"g\":[1],\"h\":{},\"i\": \"y\" },"
                   "{\"age\":2,\"a\":-1}]"));
    assert_int_equal(f->batch.extras, 3);
    CHECK(hone_str_is(f->batch.extra[0].key, "a") && hone_str_is(f->batch.extra[0].raw, "1"));
    CHECK(hone_str_is(f->batch.extra[1].key, "i") &&
          hone_str_is(f->batch.extra[1].raw, "\"y\""));
    CHECK(f->batch.extra[2].row == 1 && hone_str_is(f->batch.extra[2].raw, "-1"));
    for (int i = 0; i < 100; i++) {
        len += (size_t)snprintf(many + len, sizeof many - len, ",\"u%d\":%d", i, i);
    }
    snprintf(many + len, sizeof many - len, "}]");
    CHECK_OK(&f->run, parse(f, NATIVE, many));
    assert_int_equal(f->batch.extras, HONE_BATCH_EXTRAS);
    assert_int_equal(f->batch.unknown, 100);
    CHECK_FAILS_WITH(&f->run, parse_bytes(f, CSV, "age,job\n1,a\0b\n", 14), HONE_E_ARG,
                     "row 0: field \"job\": text without a zero byte");
    char *text = calloc(1, HONE_BATCH_TEXT + 32);
    len = 4;
    memcpy(text, "job\n", len);
    memset(text + len, 'a', HONE_BATCH_TEXT + 1);
    CHECK_OK(&f->run, parse_bytes(f, CSV, text, len + HONE_BATCH_TEXT));
    CHECK_FAILS_WITH(&f->run, parse_bytes(f, CSV, text, len + HONE_BATCH_TEXT + 1),
                     HONE_E_LIMIT, "field \"job\": a text of 131073 bytes");
    free(text);
}

static void rows_are_limited(void **state)
{
    struct fixture *f = *state;
    char *body = malloc(2 * 70 + 1);

    f->batch.max_rows = 50;
    memset(body, ' ', 140);
    body[0] = '[';
    for (size_t i = 0; i < 51; i++) {
        memcpy(body + 1 + 3 * (i % 40), "{},", 3);
    }
    memcpy(body + 121, "{}]", 4);
    CHECK_OK(&f->run, parse(f, NATIVE, body));
    assert_int_equal(f->batch.rows, 41);
    f->batch.max_rows = 40;
    CHECK_FAILS_WITH(&f->run, parse(f, NATIVE, body), HONE_E_LIMIT, "more than 40 rows");
    free(body);
}

static void every_cut_of_a_body_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const whole_body[] = {
        "{\"job\":\"n\\u0041\",\"age\":4,\"day\":\"2024-02-29\",\"x\":[{\"y\":null}]}",
        "{\"dataframe_split\":{\"data\":[[\"a\",1]],\"columns\":[\"job\",\"age\"]}}",
        "{\"inputs\":[{\"data\":[[1],[2]],\"datatype\":\"INT32\",\"shape\":[2,1],\"name\":\"age\"}]}",
    };
    static const enum dialect dialect[] = {NATIVE, INVOCATIONS, V2};

    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(whole_body[i]);
        CHECK_OK(&f->run, parse_bytes(f, dialect[i], whole_body[i], len));
        for (size_t cut = 0; cut < len; cut++) {
            CHECK(parse_bytes(f, dialect[i], whole_body[i], cut) == f->run.err.code);
            CHECK(f->run.err.code != HONE_OK);
            hone_error_clear(&f->run);
        }
    }
}

static void buffers_are_used_again_and_given_back(void **state)
{
    struct fixture *f = *state;
    size_t warm;

    CHECK_OK(&f->run, parse(f, NATIVE, "{\"age\":1,\"job\":1.25}"));
    warm = f->batch.data.bytes + f->batch.text.bytes + f->run.scratch.bytes;
    for (int i = 0; i < 100; i++) {
        CHECK_OK(&f->run, parse(f, NATIVE, "{\"age\":1,\"job\":1.25}"));
    }
    assert_int_equal(f->batch.data.bytes + f->batch.text.bytes + f->run.scratch.bytes, warm);
    hone_batch_trim(&f->batch, 0);
    assert_int_equal(f->batch.data.bytes, 0);
    CHECK_OK(&f->run, parse(f, NATIVE, "{\"age\":2}"));
    CHECK_NEAR(number(f, AGE, 0), 2, 0.0);
}

static void wide_columns_take_arrays(void **state)
{
    (void)state;
    struct hone_batch_column wide = {
        .name = "x", .type = HONE_FLOAT32, .dtype = HONE_F32, .width = 3};
    struct hone_run run = {0};
    struct hone_batch batch;
    struct hone_rows_told told;
    struct hone_v2_request v2;
    char body[] = "[{\"x\":[1,2,3]},{\"x\":[4,null,6]}]";
    char tensor[] = "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,3],\"datatype\":\"FP32\","
                    "\"data\":[[1,2,3],[4,5,6]]}]}";
    char narrow[] = "[{\"x\":[1,2]}]";

    hone_batch_init(&batch, &wide, 1);
    hone_batch_begin(&batch);
    CHECK_OK(&run,
             hone_rows_read(&run, HONE_ROWS_NATIVE, body, sizeof body - 1, &batch, &told));
    CHECK_NEAR((double)((float *)batch.column[0].data)[3], 4, 0.0);
    CHECK(isnan(((float *)batch.column[0].data)[4]));
    hone_batch_begin(&batch);
    CHECK_OK(&run,
             hone_v2_read(&run, tensor, sizeof tensor - 1, sizeof tensor - 1, &batch, &v2));
    CHECK_NEAR((double)((float *)batch.column[0].data)[5], 6, 0.0);
    hone_batch_begin(&batch);
    CHECK_FAILS_WITH(
        &run, hone_rows_read(&run, HONE_ROWS_NATIVE, narrow, sizeof narrow - 1, &batch, &told),
        HONE_E_SHAPE, "an array of 3");
    hone_batch_free(&batch);
    hone_run_clear(&run);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
const struct CMUnitTest hone_tests_serve_bodies[] = {
    CASE(a_row_object),
    CASE(what_is_not_given_is_missing),
    CASE(values_are_converted_as_the_readers_do),
    CASE(a_double_is_rounded_once),
    CASE(forms_of_rows),
    CASE(v2_keeps_id_and_outputs),
    CASE(v2_binary_tensors),
    CASE(half_precision),
    CASE(hostile_bodies_are_refused_and_told_why),
    CASE(only_what_the_log_can_hold_is_kept),
    CASE(rows_are_limited),
    CASE(every_cut_of_a_body_is_refused),
    CASE(buffers_are_used_again_and_given_back),
    CASE(wide_columns_take_arrays),
};
const size_t hone_tests_serve_bodies_n =
    sizeof hone_tests_serve_bodies / sizeof hone_tests_serve_bodies[0];
