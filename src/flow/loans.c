#include "flow/loans.h"

#include <math.h>

#include "base/file.h"
#include "base/rng.h"
#include "base/time.h"

/* How often what is planted happens. */
#define DUPLICATE_SHARE 0.006
#define BROKEN_SHARE    0.001
#define DIRTY_SHARE     0.01
#define MISSING_SHARE   0.04
/* The unfair district, and how much its outcomes were worsened (in log-odds). */
#define UNFAIR_DISTRICT 2
#define UNFAIR_SHIFT    1.7
#define FIRST_DAY_YEAR  2025

static const char *const districts[] = {"north", "south", "east", "west"};
static const char *const purposes[] = {"car", "home", "education", "business", "holiday"};
static const double purpose_effect[] = {0.0, -0.3, 0.1, 0.5, 0.4};
static const char *const jobs[] = {"employed", "self-employed", "retired", "student", "none"};
static const double job_effect[] = {-0.3, 0.2, -0.2, 0.3, 0.9};
static const char *const channels[] = {"branch", "web", "broker", "app"};

struct loan {
    int64_t id, day;
    int age, years_at_job, late_payments, calls;
    size_t district, purpose, job, channel;
    double income, amount, debt_ratio;
    bool has_income, has_debt;
    double risk; /* probability that the loan is recorded as bad */
    bool bad;
};

static size_t pick(struct hone_rng *rng, const double *share, size_t n)
{
    double u = hone_rng_unit(rng);
    size_t k = 0;
    while (k + 1 < n && u >= share[k]) {
        u -= share[k++];
    }
    return k;
}

static int poisson(struct hone_rng *rng, double mean)
{
    double limit = exp(-mean);
    double product = hone_rng_unit(rng);
    int n = 0;
    while (product > limit) {
        product *= hone_rng_unit(rng);
        n++;
    }
    return n;
}

/*
 * The true log-odds of a loan going bad.  Debt hurts those without steady work twice as much, and a loan that is
 * large for the income is worse the less time somebody has been in the job.
 */
static double log_odds(const struct loan *l)
{
    double burden = fmin(fmax(l->amount / l->income - 0.4, -0.4), 1.5);
    bool steady = l->job == 0 || l->job == 2;
    double z = -2.8 + (steady ? 3.0 : 6.0) * (l->debt_ratio - 0.35) + 1.1 * l->late_payments;
    z += (l->years_at_job < 2 ? 3.2 : 0.8) * burden;
    z += 0.0012 * (l->age - 45) * (l->age - 45);
    z += purpose_effect[l->purpose] + job_effect[l->job];
    return z;
}

static struct loan draw(struct hone_rng *rng, bool drifted)
{
    static const double district_share[] = {0.3, 0.27, 0.2, 0.23};
    static const double purpose_share[] = {0.34, 0.26, 0.12, 0.16, 0.12};
    static const double job_share[] = {0.62, 0.14, 0.1, 0.08, 0.06};
    static const double channel_share[2][4] = {{0.42, 0.4, 0.18, 0.0}, {0.2, 0.28, 0.12, 0.4}};
    struct loan l = {0};
    l.age = 18 + (int)(52 * (hone_rng_unit(rng) + hone_rng_unit(rng)) / 2);
    l.district = pick(rng, district_share, 4);
    l.purpose = pick(rng, purpose_share, 5);
    l.job = pick(rng, job_share, 5);
    l.channel = pick(rng, channel_share[drifted], 4);
    l.years_at_job = l.job == 3 || l.job == 4 ? 0 : poisson(rng, 5);
    /* after the drift applicants are poorer and more indebted: a new channel brings them */
    double level = drifted ? 10.05 : 10.4;
    l.income = floor(exp(level + 0.45 * hone_rng_normal(rng)));
    l.amount = 100 * floor(exp(9.2 + 0.6 * hone_rng_normal(rng)) / 100) + 500;
    l.debt_ratio = 1 / (1 + exp(-(hone_rng_normal(rng) * 0.8 - (drifted ? 0.1 : 0.7))));
    l.debt_ratio = floor(l.debt_ratio * 1000) / 1000;
    l.late_payments = poisson(rng, drifted ? 0.7 : 0.45);
    l.has_income = hone_rng_unit(rng) >= MISSING_SHARE;
    l.has_debt = hone_rng_unit(rng) >= MISSING_SHARE / 2;
    double z = log_odds(&l) + (l.district == UNFAIR_DISTRICT ? UNFAIR_SHIFT : 0);
    l.risk = 1 / (1 + exp(-z));
    l.bad = hone_rng_unit(rng) < l.risk;
    l.calls = l.bad ? 2 + poisson(rng, 4) : hone_rng_unit(rng) < 0.02;
    return l;
}

/* --- writing -------------------------------------------------------------------------- */

static void put_date(struct hone_buf *out, int64_t day)
{
    char text[40];
    hone_format_date(text, hone_days_from_civil(FIRST_DAY_YEAR, 1, 1) + day);
    hone_buf_text(out, text);
}

/* The inputs of one application, in the order of the header. */
static void put_inputs(struct hone_buf *out, const struct loan *l)
{
    hone_buf_format(out, "%lld,", (long long)l->id);
    put_date(out, l->day);
    hone_buf_format(out, ",%d,%s,%s,%d,", l->age, districts[l->district], jobs[l->job],
                    l->years_at_job);
    if (l->has_income) {
        hone_buf_format(out, "%.0f", l->income);
    }
    hone_buf_format(out, ",%.0f,%s,", l->amount, purposes[l->purpose]);
    if (l->has_debt) {
        hone_buf_format(out, "%.3f", l->debt_ratio);
    }
    hone_buf_format(out, ",%d,%s", l->late_payments, channels[l->channel]);
}

#define INPUT_HEADER                                                                           \
    "application_id,applied,age,district,job,years_at_job,income,amount,purpose,debt_ratio,"   \
    "late_payments,channel"

struct planted {
    int64_t duplicates, broken, dirty, bad, rows;
};

/* One row of the history: clean, dirty (a category in another spelling, an impossible age), or broken. */
static void put_history(struct hone_buf *out, struct hone_rng *rng, struct loan *l,
                        struct planted *count)
{
    size_t start = out->len;
    bool dirty = hone_rng_unit(rng) < DIRTY_SHARE;
    bool shout = hone_rng_unit(rng) < 0.7;
    if (dirty && !shout) {
        l->age = 999;
    }
    put_inputs(out, l);
    if (dirty && shout) { /* "web" becomes "WEB " */
        size_t word = strlen(channels[l->channel]);
        for (size_t i = out->len - word; i < out->len; i++) {
            out->ptr[i] = (char)(out->ptr[i] - 'a' + 'A');
        }
        hone_buf_char(out, ' ');
    }
    hone_buf_format(out, ",%d,%s\n", l->calls, l->bad ? "yes" : "no");
    count->dirty += dirty;
    count->bad += l->bad;
    count->rows++;
    if (hone_rng_unit(rng) < DUPLICATE_SHARE) {
        hone_buf_bytes(out, out->ptr + start, out->len - start);
        count->duplicates++;
        count->bad += l->bad;
        count->rows++;
    }
    if (hone_rng_unit(rng) < BROKEN_SHARE) {
        hone_buf_format(out, "%lld,transfer interrupted\n", (long long)l->id);
        count->broken++;
    }
}

static enum hone_code write_text(struct hone_run *run, const char *folder, const char *name,
                                 const struct hone_buf *text)
{
    const char *path = hone_path_join(&run->scratch, folder, name);
    return hone_file_write(run, path, (struct hone_str){text->ptr, text->len});
}

static enum hone_code write_history(struct hone_run *run, const char *folder,
                                    const struct hone_loans *set, struct planted *count)
{
    HONE_SCRATCH(run);
    struct hone_rng rng = hone_rng(run->seed, hone_rng_name("loans history"));
    struct hone_buf text = hone_buf(&run->scratch);
    hone_buf_text(&text, INPUT_HEADER ",collection_calls,default\n");
    for (int64_t i = 0; i < set->rows; i++) {
        struct loan l = draw(&rng, false);
        l.id = 100000 + i;
        l.day = i * 181 / set->rows; /* January to June */
        put_history(&text, &rng, &l, count);
    }
    return write_text(run, folder, "history.csv", &text);
}

static enum hone_code write_live(struct hone_run *run, const char *folder,
                                 const struct hone_loans *set)
{
    HONE_SCRATCH(run);
    struct hone_rng rng = hone_rng(run->seed, hone_rng_name("loans live"));
    struct hone_buf live = hone_buf(&run->scratch);
    struct hone_buf outcomes = hone_buf(&run->scratch);
    hone_buf_text(&live, INPUT_HEADER "\n");
    hone_buf_text(&outcomes, "application_id,default\n");
    for (int64_t i = 0; i < set->days * set->per_day; i++) {
        int64_t day = i / set->per_day;
        struct loan l = draw(&rng, day >= set->drift_day);
        l.id = 900000 + i;
        l.day = 181 + day; /* from 1 July on */
        put_inputs(&live, &l);
        hone_buf_char(&live, '\n');
        hone_buf_format(&outcomes, "%lld,%s\n", (long long)l.id, l.bad ? "yes" : "no");
    }
    HONE_TRY(write_text(run, folder, "live.csv", &live));
    return write_text(run, folder, "outcomes.csv", &outcomes);
}

static enum hone_code write_truth(struct hone_run *run, const char *folder,
                                  const struct hone_loans *set, const struct planted *count)
{
    HONE_SCRATCH(run);
    HONE_JSON json_t *truth = json_object();
    char date[40];
    hone_format_date(date, hone_days_from_civil(FIRST_DAY_YEAR, 1, 1) + 181 + set->drift_day);
    hone_json_set_text(truth, "target", "default");
    hone_json_set_text(truth, "leak", "collection_calls");
    hone_json_set_text(truth, "drift_begins", date);
    hone_json_set_text(truth, "unfair_district", districts[UNFAIR_DISTRICT]);
    hone_json_set(truth, "rows", json_integer((json_int_t)count->rows));
    hone_json_set(truth, "duplicate_rows", json_integer((json_int_t)count->duplicates));
    hone_json_set(truth, "broken_lines", json_integer((json_int_t)count->broken));
    hone_json_set(truth, "dirty_values", json_integer((json_int_t)count->dirty));
    hone_json_set(truth, "bad_share", hone_json_real((double)count->bad / (double)count->rows));
    json_t *drifted = json_array();
    static const char *const moved[] = {"income", "debt_ratio", "channel", "late_payments"};
    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++) {
        hone_json_push(drifted, json_string(moved[i]));
    }
    hone_json_set(truth, "drifted_columns", drifted);
    struct hone_buf text = hone_buf(&run->scratch);
    hone_json_write(&text, truth, true);
    hone_buf_char(&text, '\n');
    return write_text(run, folder, "truth.json", &text);
}

enum hone_code hone_loans_write(struct hone_run *run, const char *folder,
                                const struct hone_loans *loans)
{
    struct planted count = {0};
    if (loans->drift_day >= loans->days) {
        return hone_fail(run, HONE_E_ARG, "the drift day %lld is not among the %lld days",
                         (long long)loans->drift_day, (long long)loans->days);
    }
    HONE_TRY(hone_dir_make(run, folder));
    HONE_TRY(write_history(run, folder, loans, &count));
    HONE_TRY(write_live(run, folder, loans));
    return write_truth(run, folder, loans, &count);
}
