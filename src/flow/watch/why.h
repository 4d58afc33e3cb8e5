/*
 * flow/watch/why.h - why a logged prediction came out as it did, and all that it goes back to
 *
 * From a prediction's id: the answer and its labels; the version that gave it, who let it, the run, data
 * and configuration it was made from; and how much each input moved this answer away from the usual one
 * (explain/shapley.h, with rows drawn from the model's reference as what is usual).
 */
#ifndef HONE_FLOW_WATCH_WHY_H
#define HONE_FLOW_WATCH_WHY_H

#include "base/json.h"
#include "explain/shapley.h"
#include "flow/model/locate.h"
#include "store/journal.h"
#include "store/lineage.h"
#include "store/registry.h"

struct hone_why_input {
    const char *name;
    const char *value; /* as it was logged; NULL: missing */
    const char *usual; /* "31 to 52", or "nurse (34 %)"; NULL: the reference does not say */
    double share,
        error; /* NaN: it was held as it is, since nothing is known of what is usual */
};

struct hone_why {
    struct hone_logged_prediction made;
    struct hone_label *label; /* (labels) */
    size_t labels;
    struct hone_located model;
    struct hone_alias_step *let; /* the move of an alias that put it there before; NULL: none */
    struct hone_run_record *run; /* that made it; NULL: it came from outside */
    struct hone_run_data *data;  /* (data_n) */
    size_t data_n;
    const char *answer;  /* "probability of yes", or the target's name */
    double usual, given; /* the usual answer, and this one */
    bool same; /* the model file gives the logged answer again, to the bit of a float */
    const char *not_told;         /* why there are no shares; NULL: there are */
    struct hone_why_input *input; /* (inputs) the one that moved most first */
    size_t inputs;
};

/*
 *   id      of a prediction
 *   rounds  pairs of orders for each of HONE_WHY_ROWS usual rows
 *
 * Fails: HONE_E_NOT_FOUND for an id that is not logged; as hone_model_locate, hone_score.
 */
#define HONE_WHY_ROWS 64
enum hone_code hone_why(struct hone_run *run, struct hone_store *store, const char *id,
                        size_t rounds, struct hone_arena *mem, struct hone_why *out);

/* New reference. */
json_t *hone_why_json(const struct hone_why *why);

#endif
