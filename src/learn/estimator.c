/* The list of estimators, made from estimators.def. */
#include "learn/estimator.h"

#define HONE_ESTIMATOR(name) extern const struct hone_estimator hone_estimator_##name;
#include "learn/estimators.def"
#undef HONE_ESTIMATOR

const struct hone_part *const hone_estimators[] = {
#define HONE_ESTIMATOR(name) &hone_estimator_##name.part,
#include "learn/estimators.def"
#undef HONE_ESTIMATOR
    NULL,
};

enum hone_code hone_estimator_need(struct hone_run *run, struct hone_str name,
                                   const struct hone_estimator **out)
{
    const struct hone_part *part;

    HONE_TRY(hone_part_need(run, hone_estimators, "estimator", name, &part));
    *out = (const struct hone_estimator *)(const void *)part; /* part is its first member */
    return HONE_OK;
}
