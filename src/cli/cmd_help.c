#include "cli/help.h"

static enum hone_code run_help(struct hone_run *run, const void *settings,
                               struct hone_args *args)
{
    const struct hone_part *part = NULL;

    (void)settings;
    if (args->n == 0) {
        hone_help_print_all(&args->out);
        return HONE_OK;
    }
    HONE_TRY(hone_part_need(run, hone_verbs, "verb", hone_str(args->item[0]), &part));
    hone_help_print_verb(&args->out, (const struct hone_verb *)(const void *)part);
    return HONE_OK;
}

const struct hone_verb hone_verb_help = {
    .part.name = "help",
    .part.summary = "what the verbs do, and how one is used",
    .usage = "[VERB]",
    .examples = "hone help\n"
                "hone help train",
    .stage = HONE_STAGE_PROJECT,
    .max_args = 1,
    .run = run_help,
};
