/* A card for each column; declared in profile_page_priv.h. */
#include <math.h>

#include "base/time.h"
#include "report/charts.h"
#include "report/profile_page_priv.h"
#include "report/words.h"

static double milliseconds(enum hone_type type)
{
    return type == HONE_DATE ? 86400e3 : type == HONE_TIMESTAMP ? 1e-3 : 1;
}

void hone_profile_bars(struct hone_page *page, const char *title, enum hone_type type,
                       const struct hone_histogram *h)
{
    struct hone_axis axis = {NULL, hone_type_is_time(type)};
    double edge[HONE_PROFILE_BINS + 1];
    const char *label[HONE_PROFILE_BINS];
    json_t *spec;

    if (h->bins == 0) {
        return;
    }
    for (size_t i = 0; i <= h->bins; i++) {
        edge[i] = h->edge[i] * milliseconds(type);
    }
    if (h->each && !axis.time) {
        for (size_t i = 0; i < h->bins; i++) {
            label[i] = hone_text_number(page->mem, h->edge[i], 5);
        }
        spec = hone_chart_columns(NULL, label, h->count, h->bins);
    } else if (h->log) {
        spec = hone_chart_histogram_log(axis, edge, h->count, h->bins);
    } else {
        spec = hone_chart_histogram(axis, edge, h->count, h->bins);
    }
    hone_page_chart(page, title, NULL, spec);
}

static void put_zoom(struct hone_page *page, const struct hone_column_profile *c)
{
    const struct hone_histogram *z = &c->zoom;
    size_t out = z->below + z->above;
    const char *title = z->log ? "On a logarithmic scale" : "Without the ends";

    if (z->bins == 0) {
        return;
    }
    if (out != 0) {
        title = hone_arena_format(page->mem, "%s (%s rows outside)", title,
                                  hone_text_count(page->mem, out));
    }
    hone_profile_bars(page, title, c->type, z);
}

static void put_top(struct hone_page *page, const struct hone_column_profile *c)
{
    const char *label[HONE_PROFILE_TOP];
    double value[HONE_PROFILE_TOP];

    if (c->personal != NULL || c->top_n == 0 ||
        (c->top[0].count <= 1 && c->distinct > HONE_PROFILE_TOP)) {
        return; /* ten values that occur once say nothing */
    }
    for (size_t i = 0; i < c->top_n; i++) {
        label[i] = c->top[i].text[0] == '\0' ? "\"\"" : c->top[i].text;
        value[i] = (double)c->top[i].count;
    }
    hone_page_chart(page,
                    c->distinct > c->top_n
                        ? hone_arena_format(page->mem, "The %zu most frequent of %s values",
                                            c->top_n, hone_text_count(page->mem, c->distinct))
                        : NULL,
                    NULL, hone_chart_bars("rows", label, value, NULL, NULL, c->top_n));
}

static void put_times(struct hone_page *page, const struct hone_column_profile *c)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const char *hour[24];

    if (c->rows - c->missing < 20) {
        return;
    }
    hone_page_chart(page, "Weekdays", NULL,
                    hone_chart_columns(NULL, days, c->times.weekday, 7));
    if (c->type == HONE_TIMESTAMP && c->times.midnight < c->rows - c->missing) {
        for (size_t i = 0; i < 24; i++) {
            hour[i] = hone_arena_format(page->mem, "%zu", i);
        }
        hone_page_chart(page, "Hours (UTC)", NULL,
                        hone_chart_columns(NULL, hour, c->times.hour, 24));
    }
}

/* Facts of a card, up to a bound that none reaches. */
struct facts {
    struct hone_page_fact fact[40];
    size_t n;
};

static void add(struct facts *f, const char *name, const char *value)
{
    if (f->n < sizeof f->fact / sizeof f->fact[0] && value[0] != '\0') {
        f->fact[f->n++] = (struct hone_page_fact){name, value};
    }
}

static void add_count(struct facts *f, struct hone_arena *mem, const char *name, size_t n)
{
    if (n != 0) {
        add(f, name, hone_text_count(mem, n));
    }
}

static void add_range(struct facts *f, struct hone_arena *mem,
                      const struct hone_column_profile *c)
{
    static const char *const names[] = {"minimum", "1 %",  "5 %",  "25 %",   "median",
                                        "75 %",    "95 %", "99 %", "maximum"};

    for (size_t q = 0; q < HONE_PROFILE_QUANTILES; q++) {
        add(f, names[q], hone_profile_value(mem, c->type, c->quantile[q]));
    }
}

static void add_moments(struct facts *f, struct hone_arena *mem,
                        const struct hone_column_profile *c)
{
    const struct hone_spread *s = &c->spread;

    add(f, "mean", hone_text_number(mem, c->mean, 5));
    add(f, "std. deviation", hone_text_number(mem, c->std, 5));
    add(f, "skewness", hone_text_number(mem, c->skewness, 3));
    add(f, "excess kurtosis", hone_text_number(mem, c->kurtosis, 3));
    add(f, "interquartile range", hone_text_number(mem, s->iqr, 5));
    add(f, "median deviation", hone_text_number(mem, s->mad, 5));
    add(f, "sum", hone_text_number(mem, c->sum, 6));
    add_count(f, mem, "zeros", c->zeros);
    add_count(f, mem, "negative", c->negatives);
    add_count(f, mem, "beyond 1.5 IQR", s->low_out + s->high_out);
    add_count(f, mem, "robust z over 3.5", s->robust_out);
    if (s->highs > 0) {
        add(f, "row of the minimum", hone_text_count(mem, s->low[0].row + 1));
        add(f, "row of the maximum", hone_text_count(mem, s->high[0].row + 1));
    }
}

static void add_texts(struct facts *f, struct hone_arena *mem,
                      const struct hone_column_profile *c)
{
    const struct hone_texts_profile *t = &c->texts;

    if (t->shortest == t->longest) {
        add(f, "length", hone_arena_format(mem, "always %zu", t->longest));
    } else {
        add(f, "length",
            hone_arena_format(mem, "%zu to %zu, mean %s", t->shortest, t->longest,
                              hone_text_number(mem, t->mean_length, 3)));
    }
    if (t->most_words > 1) {
        add(f, "words",
            hone_arena_format(mem, "mean %s, most %zu", hone_text_number(mem, t->mean_words, 3),
                              t->most_words));
    }
    add_count(f, mem, "empty", t->empty);
    add_count(f, mem, "outer blanks", t->blanks);
    add_count(f, mem, "numbers", t->numeric);
    add_count(f, mem, "like dates", t->datelike);
    add_count(f, mem, "differ in case or blanks", t->variants);
}

static void put_facts(struct hone_page *page, const struct hone_column_profile *c)
{
    struct hone_arena *mem = page->mem;
    struct facts f = {.n = 0};
    bool times = hone_type_is_time(c->type);

    add(&f, "missing",
        c->missing == 0 ? "none"
                        : hone_text_share(mem, hone_profile_share(c->missing, c->rows)));
    add(&f, "distinct", hone_text_count(mem, c->distinct));
    if ((hone_type_is_number(c->type) || times) && c->type != HONE_BOOL && !isnan(c->min)) {
        add_range(&f, mem, c);
    }
    if (hone_type_is_number(c->type) && c->type != HONE_BOOL && c->personal == NULL) {
        add_moments(&f, mem, c);
    }
    if (times) {
        add_count(&f, mem, "in the future", c->times.future);
        add_count(&f, mem, "gaps", c->times.gaps);
    }
    if (hone_type_is_text(c->type) && c->missing < c->rows) {
        add_texts(&f, mem, c);
    }
    hone_page_facts(page, f.fact, f.n);
}

static void put_shapes(struct hone_page *page, const struct hone_column_profile *c)
{
    static const struct hone_page_column columns[] = {{"Shape", HONE_CELL_TEXT},
                                                      {"Rows", HONE_CELL_BAR}};
    const struct hone_texts_profile *t = &c->texts;
    size_t present = c->rows - c->missing;

    if (t->shapes == 0 || (c->distinct <= HONE_PROFILE_TOP && c->personal == NULL)) {
        return; /* the values say it better */
    }
    hone_page_table_begin(page,
                          t->shape_runs ? "Shapes, runs folded (A, a: letters, 9: digits)"
                                        : "Shapes (A, a: letters, 9: digits)",
                          columns, 2);
    for (size_t i = 0; i < t->shapes; i++) {
        double share = hone_profile_share(t->shape[i].count, present);
        const struct hone_cell row[] = {
            {.text = t->shape[i].text},
            {.kind = HONE_CELL_BAR, .share = share, .text = hone_text_share(page->mem, share)},
        };
        hone_page_row(page, row, 2);
    }
    hone_page_table_end(page);
}

void hone_profile_cards(struct hone_page *page, const struct hone_profile_view *view)
{
    hone_page_section(page, "details", "Column by column");
    for (size_t j = 0; j < view->profile->cols; j++) {
        const struct hone_column_profile *c = &view->profile->column[j];
        const char *tag[HONE_PROFILE_NOTES];
        bool text = hone_type_is_text(c->type);
        for (size_t i = 0; i < c->notes; i++) {
            tag[i] = c->note[i].text;
        }
        hone_page_card(page, hone_arena_format(page->mem, "column-%zu", j), c->name,
                       hone_type_name(c->type));
        hone_page_tags(page, tag, c->notes);
        if (c->histogram.bins != 0) {
            hone_profile_bars(page, NULL, c->type, &c->histogram);
            put_zoom(page, c);
        } else {
            put_top(page, c);
        }
        if (text && c->texts.longest > c->texts.shortest && c->distinct > HONE_PROFILE_TOP) {
            hone_profile_bars(page, "Length in characters", HONE_INT64, &c->texts.length);
        }
        if (hone_type_is_time(c->type)) {
            put_times(page, c);
        }
        put_facts(page, c);
        put_shapes(page, c);
    }
}
