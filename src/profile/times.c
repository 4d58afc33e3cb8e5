/* What dates and times are like; declared in profile_priv.h. */
#include <math.h>

#include "base/time.h"
#include "profile/profile_priv.h"

#define TOP_BIT (UINT64_C(1) << 63)
#define DAY_US  INT64_C(86400000000)

/* Rows by weekday, month and hour; values are ascending, so days come one after the other. */
static void count_parts(enum hone_type type, const uint64_t *key, size_t n,
                        struct hone_times *out)
{
    int64_t known = INT64_MIN;
    size_t weekday = 0;
    size_t month = 0;

    for (size_t i = 0; i < n; i++) {
        int64_t value = (int64_t)(key[i] ^ TOP_BIT);
        int64_t day = value;
        if (type == HONE_TIMESTAMP) {
            int64_t rest = value % DAY_US;
            rest += rest < 0 ? DAY_US : 0;
            day = value / DAY_US - (value % DAY_US < 0);
            out->hour[rest / INT64_C(3600000000)]++;
            out->midnight += rest == 0;
        }
        if (day != known) {
            known = day;
            weekday = (size_t)(((day % 7) + 10) % 7); /* 1970-01-01 was a Thursday */
            month = (size_t)hone_civil_from_days(day).month - 1;
        }
        out->weekday[weekday]++;
        out->month[month]++;
    }
}

enum hone_code hone_profile_times(struct hone_run *run, enum hone_type type,
                                  const uint64_t *key, size_t n, int64_t now,
                                  struct hone_times *out)
{
    int64_t limit = type == HONE_DATE ? now / DAY_US : now;
    uint64_t *step;
    uint64_t *spare;
    size_t steps = 0;
    size_t most = 0;
    HONE_SCRATCH(run);

    HONE_TRY(hone_array(run, &run->scratch, &step, n));
    HONE_TRY(hone_array(run, &run->scratch, &spare, n));
    *out = (struct hone_times){.step = (double)NAN,
                               .step_share = (double)NAN,
                               .gap = (double)NAN,
                               .gap_from = (double)NAN};
    count_parts(type, key, n, out);
    for (size_t i = n; i > 0 && (int64_t)(key[i - 1] ^ TOP_BIT) > limit; i--) {
        out->future++;
    }
    for (size_t i = 1; i < n; i++) {
        if (key[i] != key[i - 1]) {
            step[steps++] = key[i] - key[i - 1];
            if (!((double)step[steps - 1] <= out->gap)) {
                out->gap = (double)step[steps - 1];
                out->gap_from = (double)(int64_t)(key[i - 1] ^ TOP_BIT);
            }
        }
    }
    hone_sort_keys(step, spare, steps);
    for (size_t i = 0, begin = 0; i < steps; i++) {
        if (i + 1 == steps || step[i + 1] != step[i]) {
            if (i + 1 - begin > most) {
                most = i + 1 - begin;
                out->step = (double)step[i];
            }
            begin = i + 1;
        }
    }
    if (steps > 0) {
        out->step_share = (double)most / (double)steps;
    }
    for (size_t i = steps;
         i > 0 && out->step_share >= 0.5 && (double)step[i - 1] > 1.5 * out->step; i--) {
        out->gaps++;
    }
    return HONE_OK;
}
