/* Expressions: whatever the text, parsing and running it over a small table end in a value or in an error. */
#include "table/builder.h"
#include "table/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum hone_code make_column(struct hone_run *run, const char *name, enum hone_type type,
                                  struct hone_arena *mem, struct hone_column *out)
{
    struct hone_builder *b;
    static const char *const words[] = {"", "a", "B%_", "2024-01-31", "-17", "\xc3\x9f"};

    HONE_TRY(hone_builder_new(run, name, type, mem, &b));
    for (size_t i = 0; i < 12; i++) {
        if (i % 5 == 4) {
            HONE_TRY(hone_builder_null(run, b));
        } else if (hone_type_is_text(type)) {
            HONE_TRY(hone_builder_str(run, b, hone_str(words[i % 6])));
        } else if (type == HONE_FLOAT64) {
            static const double reals[] = {0.0, -1.5, 1e300, 7.0};
            HONE_TRY(hone_builder_f64(run, b, reals[i % 4]));
        } else {
            static const int64_t wide[] = {0, -1, INT64_MAX, INT64_MIN, 20000};
            int64_t value = wide[i % 5];
            HONE_TRY(hone_builder_i64(run, b, type == HONE_DATE ? (int32_t)value : value));
        }
    }
    return hone_builder_end(run, b, out);
}

static enum hone_code try_one(struct hone_run *run, struct hone_str text)
{
    static const struct {
        const char *name;
        enum hone_type type;
    } columns[] = {{"i", HONE_INT64},    {"f", HONE_FLOAT64},  {"b", HONE_BOOL},
                   {"t", HONE_UTF8},     {"c", HONE_CATEGORY}, {"d", HONE_DATE},
                   {"s", HONE_TIMESTAMP}};
    struct hone_column column[7];
    struct hone_column made;
    struct hone_table *t;
    struct hone_expr *e;
    struct hone_expr_bound *bound;
    size_t *row;
    size_t n;
    HONE_ARENA(mem);

    mem.limit = (size_t)64 << 20;
    HONE_TRY(hone_expr_parse(run, text, &mem, &e));
    HONE_TRY(hone_expr_bounds(run, e, &mem, &bound, &n));
    for (size_t i = 0; i < 7; i++) {
        HONE_TRY(make_column(run, columns[i].name, columns[i].type, &mem, &column[i]));
    }
    HONE_TRY(hone_table_of(run, column, 7, &mem, &t));
    HONE_TRY(hone_expr_eval(run, e, t, "v", &mem, &made));
    HONE_ASSERT(made.rows == t->rows);
    if (made.type == HONE_BOOL) {
        size_t truths = 0;
        HONE_TRY(hone_expr_rows(run, e, t, &mem, &row, &n));
        for (size_t i = 0; i < made.rows; i++) {
            truths += hone_is_valid(&made, i) && hone_column_i64(&made, i) != 0;
        }
        HONE_ASSERT(truths == n);
    }
    return HONE_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hone_run run = {.scratch = {.limit = (size_t)256 << 20}};
    enum hone_code code = try_one(&run, (struct hone_str){(const char *)data, size});

    HONE_ASSERT(code == run.err.code);
    hone_run_clear(&run);
    return 0;
}
