/*
 * What chance alone does to the distances between distribution functions, whatever the column's law.
 *
 * Both are functions of the gaps at the points of the reference's grid.  For a window like the reference the gaps, times
 * the root of the size, are a Brownian bridge at the reference's shares, so ties and heavy tails need no care:
 * they are in the shares and in the widths between points.  Windows of few rows are drawn row by row instead, since a
 * rare far value comes in whole rows.  Quantiles are from SIMULATIONS draws; beyond the last the tail of
 * a bridge's largest gap is that of its most variable point, and the tail of its area that of the signed area:
 * exp(-x² / (2 variance)), for the area with Mills' 1/x.
 * Source: Shorack & Wellner, Empirical Processes, 1986, ch. 3; held by tests/unit/test_drift_level.c.
 */
#include <math.h>

#include "base/rng.h"
#include "eval/order.h"
#include "monitor/drift_priv.h"

#define SIMULATIONS 1000
#define FEW         256 /* rows: more are drawn as a bridge */
#define FIRST_MANY  17  /* the class of FEW rows */
#define LEAST_TAIL  5.0
#define FEW_POINTS  12 /* a largest gap among so few points falls as one point's does */

static const double level[HONE_DRIFT_LEVELS] = {0.95, 0.9, 0.8, 0.7, 0.6, 0.5,
                                                0.4,  0.3, 0.2, 0.1, 0.05};

double hone_drift_size(const struct hone_drift_sample *s)
{
    return 1 / (1 / (double)s->n + 1 / s->m);
}

double hone_drift_gap(const struct hone_drift_sample *s)
{
    double gap = 0;

    for (size_t i = 0; i < s->points; i++) {
        gap = fmax(gap, fabs(s->here[i] - s->share[i]));
    }
    return gap;
}

/* How far the area reaches to the right of point i: not in the tails. */
static double width_at(const struct hone_drift_sample *s, double cut, size_t i)
{
    bool counts = i + 1 < s->points && s->share[i] * (1 - s->share[i]) >= cut;
    return counts ? s->point[i + 1] - s->point[i] : 0.0;
}

double hone_drift_area(const struct hone_drift_sample *s, const struct hone_drift_laws *laws)
{
    double area = 0;

    for (size_t i = 0; i < s->points; i++) {
        area += fabs(s->here[i] - s->share[i]) * width_at(s, laws->cut, i);
    }
    return area;
}

double hone_drift_law_sf(const struct hone_drift_law *law, double x)
{
    double before = 0;
    double p = 1;
    double top = law->at[HONE_DRIFT_LEVELS - 1];

    for (size_t i = 0; i < HONE_DRIFT_LEVELS; i++) {
        if (x <= law->at[i]) {
            double wide = law->at[i] - before;
            return wide > 0 ? p + (level[i] - p) * (x - before) / wide : p;
        }
        before = law->at[i];
        p = level[i];
    }
    if (!(law->rate > 0)) {
        return 0;
    }
    return p * (law->mills ? top / x : 1.0) * exp(-(x * x - top * top) / law->rate);
}

double hone_drift_law_isf(const struct hone_drift_law *law, double p)
{
    double low = 0;
    double high = law->at[HONE_DRIFT_LEVELS - 1] + 40 * sqrt(law->rate);

    for (int i = 0; i < 80; i++) {
        double mid = 0.5 * (low + high);
        if (hone_drift_law_sf(law, mid) > p) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return high;
}

/* Nearly normal: four uniform numbers of 16 bits.  Beyond the last quantile the tail is not simulated. */
static double nearly_normal(struct hone_rng *rng)
{
    uint64_t x = hone_rng_u64(rng);
    double sum = (double)(x & 0xffff) + (double)(x >> 16 & 0xffff) +
                 (double)(x >> 32 & 0xffff) + (double)(x >> 48);
    return (sum / 65535 - 2) * sqrt(3.0);
}

/* Where to begin looking for a share: the first point whose share is above k / PLACES. */
#define PLACES 256
static void find_places(const struct hone_drift_sample *s, uint16_t *place)
{
    size_t i = 0;

    for (size_t k = 0; k < PLACES; k++) {
        while (i + 1 < s->points && s->share[i] <= (double)k / PLACES) {
            i++;
        }
        place[k] = (uint16_t)i;
    }
}

/* The gaps of one simulated window, times the root of its rows: rows one by one. */
static void draw_rows(struct hone_rng *rng, const struct hone_drift_sample *s,
                      const uint16_t *place, size_t rows, double *gap)
{
    size_t n = s->points;
    double sum = 0;

    memset(gap, 0, n * sizeof *gap);
    for (size_t r = 0; r < rows; r++) {
        double u = hone_rng_unit(rng);
        size_t i = place[(size_t)(u * PLACES)];
        while (i + 1 < n && s->share[i] <= u) {
            i++;
        }
        gap[i]++;
    }
    for (size_t i = 0; i < n; i++) {
        sum += gap[i];
        gap[i] = (sum / (double)rows - s->share[i]) * sqrt((double)rows);
    }
}

/* The same of many rows, as a bridge; root (points + 1) of the steps between shares. */
static void draw_bridge(struct hone_rng *rng, const struct hone_drift_sample *s,
                        const double *root, double *gap)
{
    double sum = 0;

    for (size_t i = 0; i < s->points; i++) {
        sum += nearly_normal(rng) * root[i];
        gap[i] = sum;
    }
    sum += nearly_normal(rng) * root[s->points];
    for (size_t i = 0; i < s->points; i++) {
        gap[i] -= s->share[i] * sum;
    }
}

static enum hone_code quantiles(struct hone_run *run, double *x, struct hone_drift_law *law)
{
    HONE_TRY(hone_sort_f64(run, SIMULATIONS, x));
    for (size_t i = 0; i < HONE_DRIFT_LEVELS; i++) {
        law->at[i] = hone_quantile_sorted(SIMULATIONS, x, 1 - level[i]);
    }
    return HONE_OK;
}

/* How fast the tails fall: from the variances of the largest gap and of the signed area. */
static void rates(const struct hone_drift_sample *s, struct hone_drift_laws *laws)
{
    double most = 0;
    double mean = 0;
    double square = 0;
    double beyond = 0; /* the signed area is what lies between u and the last point */

    for (size_t i = s->points; i-- > 0;) {
        double share = s->share[i] - (i > 0 ? s->share[i - 1] : 0.0);
        beyond += width_at(s, laws->cut, i);
        most = fmax(most, s->share[i] * (1 - s->share[i]));
        mean += share * beyond;
        square += share * beyond * beyond;
    }
    laws->gap.rate = 2 * most;
    laws->gap.mills = s->points <= FEW_POINTS;
    laws->area.rate = 2 * fmax(0.0, square - mean * mean);
    laws->area.mills = true;
}

static enum hone_code simulate(struct hone_run *run, const struct hone_drift_sample *s,
                               size_t rows, struct hone_drift_laws *laws)
{
    struct hone_rng rng = hone_rng(s->seed, hone_rng_name("drift") + rows);
    uint16_t place[PLACES];
    double *root;
    double *gap;
    double *width;
    double *largest;
    double *area;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &root, s->points + 1));
    HONE_TRY(hone_array(run, &run->scratch, &gap, s->points));
    HONE_TRY(hone_array(run, &run->scratch, &width, s->points));
    HONE_TRY(hone_array(run, &run->scratch, &largest, SIMULATIONS));
    HONE_TRY(hone_array(run, &run->scratch, &area, SIMULATIONS));
    find_places(s, place);
    for (size_t i = 0; i <= s->points; i++) {
        double to = i < s->points ? s->share[i] : 1.0;
        root[i] = sqrt(fmax(0.0, to - (i > 0 ? s->share[i - 1] : 0.0)));
    }
    for (size_t i = 0; i < s->points; i++) {
        width[i] = width_at(s, laws->cut, i);
    }
    for (size_t k = 0; k < SIMULATIONS; k++) {
        if (rows > 0) {
            draw_rows(&rng, s, place, rows, gap);
        } else {
            draw_bridge(&rng, s, root, gap);
        }
        for (size_t i = 0; i < s->points; i++) {
            double size = fabs(gap[i]);
            largest[k] = fmax(largest[k], size);
            area[k] += size * width[i];
        }
    }
    HONE_TRY(quantiles(run, largest, &laws->gap));
    HONE_TRY(quantiles(run, area, &laws->area));
    rates(s, laws);
    laws->known = true;
    return HONE_OK;
}

/*
 * Sizes come in classes, two to a doubling, from FEW on one for a factor of four: the area leaves out tails in which
 * fewer than LEAST_TAIL rows of the class's least size are expected.
 */
enum hone_code hone_drift_laws(struct hone_run *run, const struct hone_drift_sample *s,
                               struct hone_drift_laws *own, const struct hone_drift_laws **out)
{
    double size = fmax(2.0, hone_drift_size(s));
    bool few = size < FEW;
    double at = few ? 2 * log2(size) + 0.5 : FIRST_MANY + 0.5 * log2(size / FEW);
    size_t class = (size_t)fmin(at, HONE_DRIFT_CLASSES - 1);
    double least =
        few ? exp2((double)class / 2) : FEW * exp2(2.0 * (double)(class - FIRST_MANY));
    struct hone_drift_laws *laws = s->null == NULL ? own : &s->null->size[class];

    if (!laws->known) {
        laws->cut = LEAST_TAIL / least;
        HONE_TRY(simulate(run, s, few ? (size_t)(least + 0.5) : 0, laws));
    }
    *out = laws;
    return HONE_OK;
}
