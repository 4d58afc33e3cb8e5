/* Columns of numbers and times; declared in profile_priv.h. */
#include <math.h>

#include "base/time.h"
#include "profile/profile_priv.h"

enum { BLOCK = 256 };
#define NORMAL_MAD 1.4826 /* makes mad the deviation of a normal law */
#define ROBUST_Z   3.5

static const double percent[HONE_PROFILE_QUANTILES] = {0, 1, 5, 25, 50, 75, 95, 99, 100};

static void print_key(char out[HONE_TEXT_ROOM], const struct hone_column *c, uint64_t key)
{
    char text[40];
    size_t len;
    double value = hone_key_value(c->type, key);
    int64_t whole = (int64_t)(key ^ UINT64_C(1) << 63);

    switch (c->type) {
    case HONE_FLOAT32:
        len = hone_format_f32(text, (float)value);
        break;
    case HONE_FLOAT64:
        len = hone_format_f64(text, value);
        break;
    case HONE_BOOL:
        hone_keep_text(out, hone_str(whole == 0 ? "false" : "true"));
        return;
    case HONE_DATE:
        len = hone_format_date(text, whole);
        break;
    case HONE_TIMESTAMP:
        len = hone_format_timestamp(text, whole);
        break;
    default:
        len = hone_format_i64(text, whole);
    }
    hone_keep_text(out, (struct hone_str){text, len});
}

/* Sums of (x - shift)^2, ^3, ^4 in blocks, so that the rounding errors of a million rows stay small. */
struct powers {
    double two, three, four;
};

static struct powers add_powers(const double *x, size_t n, double shift)
{
    struct powers all = {0, 0, 0};

    for (size_t from = 0; from < n; from += BLOCK) {
        struct powers part = {0, 0, 0};
        size_t to = from + BLOCK < n ? from + BLOCK : n;
        for (size_t i = from; i < to; i++) {
            double d = x[i] - shift;
            part.two += d * d;
            part.three += d * d * d;
            part.four += d * d * (d * d);
        }
        all.two += part.two;
        all.three += part.three;
        all.four += part.four;
    }
    return all;
}

static double add_all(const double *x, size_t n, double divisor)
{
    double all = 0;

    for (size_t from = 0; from < n; from += BLOCK) {
        double part = 0;
        size_t to = from + BLOCK < n ? from + BLOCK : n;
        for (size_t i = from; i < to; i++) {
            part += x[i] / divisor;
        }
        all += part;
    }
    return all;
}

/*
 * Moments of n ascending finite values.  Skewness and kurtosis are the estimators G1 and G2 of Joanes & Gill
 * (The Statistician 47, 1998), which pandas reports.
 */
static void moments(const double *x, size_t n, struct hone_column_profile *p)
{
    double count = (double)n;
    struct powers s;
    double m2;

    p->sum = add_all(x, n, 1);
    p->mean = isfinite(p->sum) ? p->sum / count : add_all(x, n, count);
    s = add_powers(x, n, p->mean);
    if (n < 2) {
        return;
    }
    p->std = sqrt(s.two / (count - 1));
    m2 = s.two / count;
    if (n > 2 && x[n - 1] > x[0] && m2 > 0) {
        p->skewness =
            s.three / count / (m2 * sqrt(m2)) * sqrt(count * (count - 1)) / (count - 2);
    }
    if (n > 3 && x[n - 1] > x[0] && m2 > 0) {
        double g2 = s.four / count / (m2 * m2) - 3;
        p->kurtosis = (count - 1) / ((count - 2) * (count - 3)) * ((count + 1) * g2 + 6);
    }
}

static double quantile(const double *x, size_t n, double share)
{
    double place = share * (double)(n - 1);
    size_t below = (size_t)place;
    double low = x[below];
    double high = x[below + 1 < n ? below + 1 : below];

    return low + (high - low) * (place - (double)below);
}

/* First place whose value is not below (or, with equal, above) the bound. */
static size_t place_of(const double *x, size_t n, double bound, bool equal)
{
    size_t low = 0;
    size_t high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (x[middle] < bound || (equal && x[middle] == bound)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The median of |x - median|: the values around the median are already sorted on both sides. */
static double median_deviation(const double *x, size_t n, double median)
{
    size_t right = place_of(x, n, median, false);
    size_t left = right;
    double before = 0;
    double now = 0;

    for (size_t i = 0; i <= n / 2; i++) {
        double l = left > 0 ? median - x[left - 1] : HUGE_VAL;
        double r = right < n ? x[right] - median : HUGE_VAL;
        before = now;
        if (l < r) {
            now = l;
            left--;
        } else {
            now = r;
            right++;
        }
    }
    return n % 2 == 1 ? now : before + (now - before) / 2;
}

static void spread(const double *x, size_t n, struct hone_column_profile *p)
{
    struct hone_spread *s = &p->spread;
    double median;
    double reach;

    for (size_t q = 0; q < HONE_PROFILE_QUANTILES; q++) {
        p->quantile[q] = quantile(x, n, percent[q] / 100);
    }
    p->min = x[0];
    p->max = x[n - 1];
    median = p->quantile[4];
    s->iqr = p->quantile[5] - p->quantile[3];
    s->mad = median_deviation(x, n, median);
    s->low_fence = p->quantile[3] - 1.5 * s->iqr;
    s->hi_fence = p->quantile[5] + 1.5 * s->iqr;
    s->low_out = place_of(x, n, s->low_fence, false);
    s->high_out = n - place_of(x, n, s->hi_fence, true);
    reach = ROBUST_Z * NORMAL_MAD * s->mad;
    if (s->mad > 0 && isfinite(reach)) {
        s->robust_out = place_of(x, n, median - reach, false);
        s->robust_out += n - place_of(x, n, median + reach, true);
    }
    p->negatives = place_of(x, n, 0, false);
    p->zeros = place_of(x, n, 0, true) - p->negatives;
}

/* The lowest and highest distinct values with their counts. */
static void find_ends(const double *x, size_t n, struct hone_spread *s)
{
    for (size_t i = 0; i < n && s->lows <= HONE_PROFILE_ENDS; i++) {
        if (i == 0 || x[i] != x[i - 1]) {
            if (s->lows == HONE_PROFILE_ENDS) {
                break;
            }
            s->low[s->lows++].value = x[i];
        }
        s->low[s->lows - 1].count++;
    }
    for (size_t i = n; i-- > 0;) {
        if (i == n - 1 || x[i] != x[i + 1]) {
            if (s->highs == HONE_PROFILE_ENDS) {
                break;
            }
            s->high[s->highs++].value = x[i];
        }
        s->high[s->highs - 1].count++;
    }
}

static void note_row(struct hone_extreme *end, size_t n, double x, size_t row)
{
    for (size_t i = 0; i < n; i++) {
        if (end[i].value == x && end[i].row == SIZE_MAX) {
            end[i].row = row;
        }
    }
}

/* Where the ends stand first. */
static void find_end_rows(const struct hone_column *c, struct hone_spread *s)
{
    double low;
    double high;

    if (s->lows == 0) {
        return;
    }
    low = s->low[s->lows - 1].value;
    high = s->high[s->highs - 1].value;
    for (size_t i = 0; i < HONE_PROFILE_ENDS; i++) {
        s->low[i].row = s->high[i].row = SIZE_MAX;
    }
    for (size_t row = 0; row < c->rows; row++) {
        double x = c->type == HONE_FLOAT64 ? ((const double *)c->data)[row]
                   : c->type == HONE_INT64 ? (double)((const int64_t *)c->data)[row]
                                           : hone_column_f64(c, row);
        if ((x <= low || x >= high) && hone_is_valid(c, row)) {
            note_row(s->low, s->lows, x, row);
            note_row(s->high, s->highs, x, row);
        }
    }
}

/* Whether keys in row order only rise or fall, or count by ones. */
static void find_order(const struct hone_column *c, const uint64_t *key, size_t n,
                       struct hone_column_profile *p)
{
    bool rising = n > 1;
    bool falling = n > 1;
    bool ones = n > 1 && c->type == HONE_INT64;
    bool strictly = true;

    for (size_t i = 1; i < n && (rising || falling); i++) {
        rising = rising && key[i] >= key[i - 1];
        falling = falling && key[i] <= key[i - 1];
        strictly = strictly && key[i] != key[i - 1];
        ones = ones && key[i] - key[i - 1] == 1;
    }
    p->rising = rising && key[0] != key[n - 1];
    p->falling = falling && key[0] != key[n - 1];
    p->strictly = strictly && (p->rising || p->falling);
    if (ones && rising && n >= 20) {
        p->id = HONE_ID_SEQUENCE;
    }
}

/* Distinct and frequent values from sorted keys. */
static void count_values(const struct hone_column *c, const uint64_t *key, size_t n,
                         struct hone_shown *shown, struct hone_column_profile *p)
{
    struct hone_tally top[HONE_PROFILE_TOP];

    for (size_t i = 0, begin = 0; i < n; i++) {
        if (i + 1 == n || key[i + 1] != key[i]) {
            p->distinct++;
            hone_tally_offer(top, HONE_PROFILE_TOP, &p->top_n,
                             (struct hone_tally){.key = key[i], .count = i + 1 - begin});
            begin = i + 1;
        }
    }
    for (size_t i = 0; i < p->top_n; i++) {
        print_key(shown->top[i], c, top[i].key);
        p->top[i] = (struct hone_top_value){shown->top[i], top[i].count};
    }
}

enum hone_code hone_profile_numbers(struct hone_run *run, const struct hone_column *c,
                                    struct hone_shown *shown, struct hone_column_profile *p)
{
    uint64_t *key;
    uint64_t *spare;
    void *room;
    double *x;
    size_t n;
    size_t finite = 0;
    HONE_SCRATCH(run);

    /* one piece: the arena keeps it warm for the next column */
    HONE_TRY(hone_matrix(run, &run->scratch, &key, c->rows, 2));
    spare = key + c->rows;
    n = hone_column_keys(c, key);
    find_order(c, key, n, p);
    hone_sort_keys(key, spare, n);
    count_values(c, key, n, shown, p);
    if (hone_type_is_time(c->type)) {
        HONE_TRY(hone_profile_times(run, c->type, key, n, hone_now_us(run), &p->times));
    }
    room = spare; /* the sorted values take the place of the keys' working space */
    x = room;
    for (size_t i = 0; i < n; i++) {
        double value = hone_key_value(c->type, key[i]);
        p->nans += isnan(value) != 0;
        p->infinite += isinf(value) != 0;
        if (isfinite(value)) {
            x[finite++] = value;
        }
    }
    if (finite == 0) {
        return HONE_OK;
    }
    moments(x, finite, p);
    spread(x, finite, p);
    hone_histogram_make(c->type, x, finite, &p->histogram, &p->zoom);
    if (c->type != HONE_BOOL) {
        find_ends(x, finite, &p->spread);
        find_end_rows(c, &p->spread);
    } else {
        p->histogram.bins = 0; /* its two values are told as such */
    }
    return HONE_OK;
}
