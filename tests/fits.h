/*
 * fits.h - what tests of estimators need
 */
#ifndef HONE_TESTS_FITS_H
#define HONE_TESTS_FITS_H

#include "check.h"
#include "learn/estimator.h"

/* The settings of an estimator: the defaults, but for those of a JSON object.  In mem. */
void *fits_settings(struct hone_run *run, const struct hone_estimator *e, const char *json,
                    struct hone_arena *mem);

#endif
