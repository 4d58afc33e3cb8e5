/* A profile in words; declared in profile_page.h. */
#include <math.h>

#include "base/time.h"
#include "report/profile_page_priv.h"
#include "report/words.h"

enum { MEDIAN = 4 }; /* of HONE_PROFILE_QUANTILES */

/* Numbers with at most as many distinct values, each seen as often, are told like categories. */
enum { FEW = 4 };

double hone_profile_share(size_t part, size_t whole)
{
    return whole == 0 ? 0 : (double)part / (double)whole;
}

const char *hone_profile_value(struct hone_arena *mem, enum hone_type type, double value)
{
    char text[40];

    if (isnan(value) || isinf(value)) {
        return hone_text_number(mem, value, 6);
    }
    if (type == HONE_DATE) {
        return hone_arena_text(mem, text, hone_format_date(text, hone_profile_moment(value)));
    }
    if (type == HONE_TIMESTAMP) {
        return hone_text_when(mem, hone_profile_moment(value));
    }
    return hone_text_number(mem, value, type == HONE_INT64 ? 9 : 5);
}

static bool has_range(const struct hone_column_profile *c)
{
    return (hone_type_is_number(c->type) || hone_type_is_time(c->type)) &&
           c->type != HONE_BOOL && !isnan(c->min);
}

const char *hone_profile_summary(struct hone_arena *mem,
                                 const struct hone_column_profile *column)
{
    struct hone_buf buf = hone_buf(mem);
    enum hone_type type = column->type;
    size_t present = column->rows - column->missing;

    hone_buf_text(&buf, "");
    if (column->personal != NULL) {
        hone_buf_format(&buf, "(%s: not shown)", column->personal);
        return buf.ptr;
    }
    if (column->distinct == 1 && column->top_n == 1) {
        hone_buf_format(&buf, "always %s", column->top[0].text);
        return buf.ptr;
    }
    if (has_range(column) && (column->distinct > FEW || present < FEW * column->distinct)) {
        hone_buf_format(&buf, "%s to %s", hone_profile_value(mem, type, column->min),
                        hone_profile_value(mem, type, column->max));
        hone_buf_format(&buf, ", median %s",
                        hone_profile_value(mem, type, column->quantile[MEDIAN]));
        return buf.ptr;
    }
    if (column->top_n != 0 && column->top[0].count <= 1 && present > 1) {
        hone_buf_format(&buf, "%s and %s more, each once", column->top[0].text,
                        hone_text_count(mem, present - 1));
        return buf.ptr;
    }
    for (size_t i = 0; i < column->top_n && i < 4; i++) {
        hone_buf_format(
            &buf, "%s%s %s", i == 0 ? "" : ", ",
            column->top[i].text[0] == '\0' ? "\"\"" : column->top[i].text,
            hone_text_share(mem, hone_profile_share(column->top[i].count, present)));
    }
    return buf.ptr;
}

const size_t *hone_profile_shape(struct hone_arena *mem,
                                 const struct hone_column_profile *column, size_t *n)
{
    size_t *count;

    if (column->zoom.bins != 0) {
        *n = column->zoom.bins;
        return column->zoom.count;
    }
    if (column->histogram.bins != 0) {
        *n = column->histogram.bins;
        return column->histogram.count;
    }
    *n = column->top_n != 0 && column->top[0].count > 1 ? column->top_n : 0;
    count = hone_arena_must(mem, (*n + 1) * sizeof *count);
    for (size_t i = 0; i < *n; i++) {
        count[i] = column->top[i].count;
    }
    return count;
}

const char *hone_profile_measure(const char *measure)
{
    static const struct {
        const char *name, *words;
    } all[] = {{"spearman", "Spearman"},
               {"cramers_v", "Cram\u00e9r's V"},
               {"eta", "correlation ratio"},
               {"roc_auc", "ROC AUC"}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i].name, measure) == 0) {
            return all[i].words;
        }
    }
    return measure;
}

const char *hone_profile_pair(struct hone_arena *mem, const struct hone_association *pair)
{
    if (pair->measure == HONE_SPEARMAN && fabs(pair->pearson - pair->value) > 0.1) {
        return hone_arena_format(mem, "%.2f (Pearson %.2f)", pair->value, pair->pearson);
    }
    return isnan(pair->value) ? "" : hone_arena_format(mem, "%.2f", pair->value);
}
