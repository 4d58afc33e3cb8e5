/* hone demo: the data of the demonstration, with what is planted in it written beside it. */
#include "cli/verb.h"
#include "flow/loans.h"

static const struct hone_param params[] = {
    HONE_INT(struct hone_loans, rows, 20000, 100, 10000000,
             .help = "applications to learn from"),
    HONE_INT(struct hone_loans, days, 60, 1, 365, .help = "days of later applications"),
    HONE_INT(struct hone_loans, per_day, 150, 1, 100000, .help = "later applications a day"),
    HONE_INT(struct hone_loans, drift_day, 35, 0, 364, .help = "day on which the drift begins"),
    HONE_PARAM_END,
};

static enum hone_code run_demo(struct hone_run *run, const void *settings,
                               struct hone_args *args)
{
    const char *folder = args->item[0];
    HONE_TRY(hone_loans_write(run, folder, settings));
    if (args->global.json) {
        json_t *o = json_object();
        hone_json_set_text(o, "folder", folder);
        hone_print_json(o);
    } else {
        printf(
            "%s: history.csv to learn from, live.csv to score, outcomes.csv that come later,\n"
            "truth.json with what was planted\n\nnext: hone profile %s/history.csv\n",
            folder, folder);
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_demo = {
    .part.name = "demo",
    .part.summary = "write made-up loan applications with planted problems to try hone on",
    .part.settings_size = sizeof(struct hone_loans),
    .part.params = params,
    .usage = "FOLDER",
    .examples = "hone demo loans\n"
                "hone demo loans --rows 100000 --seed 7",
    .stage = HONE_STAGE_PROJECT,
    .min_args = 1,
    .max_args = 1,
    .run = run_demo,
};
