/*
 * flow/train/resume.h - fits that are done are not done again when a training was stopped
 *
 * What a fit on a fold said is kept in a folder of the store, named by all that decides it: lineage, seed, version and
 * the program's own file.  The same command finds it and goes on; the numbers are kept to the last bit, so the model
 * is the one it would have been.  The folder goes when the training ends well.
 */
#ifndef HONE_FLOW_TRAIN_RESUME_H
#define HONE_FLOW_TRAIN_RESUME_H

#include "base/json.h"
#include "base/run.h"

/* The folder for a training of this lineage, below a store's folder; it need not exist.  In mem. */
const char *hone_resume_folder(struct hone_run *run, const char *store, const json_t *lineage,
                               struct hone_arena *mem);

/* One fit: everything that its folder does not already say. */
struct hone_resume_fit {
    const char *estimator;
    const json_t *settings; /* of the estimator */
    size_t fold;
};

/* What a fit on a fold said. */
struct hone_resume_said {
    size_t rounds;
    double seconds;
    size_t n;    /* raw scores */
    double *raw; /* (n) */
};

/*
 * Look a fit up: said->n is given, raw (n) filled.  False when it is not there, or is not whole: then raw may hold
 * anything.  Cannot fail: what can not be read is not there.  Any number of threads.
 */
bool hone_resume_find(struct hone_run *run, const char *folder,
                      const struct hone_resume_fit *fit, struct hone_resume_said *said);

/* Keep a fit.  What can not be written (a full disk, no rights) is done again next time, no more.  Scores that are
 * not finite are not kept.  Any number of threads, for different fits. */
void hone_resume_keep(struct hone_run *run, const char *folder,
                      const struct hone_resume_fit *fit, const struct hone_resume_said *said);

/* How many fits are kept; 0 where there is no folder. */
size_t hone_resume_count(struct hone_run *run, const char *folder);

/* The training ended well: remove the folder and what is in it. */
void hone_resume_forget(struct hone_run *run, const char *folder);

#endif
