#include "base/progress.h"

static void show(struct hone_progress *progress, enum hone_progress_state state)
{
    progress->state = state;
    progress->show(progress, progress->stage, progress->unit, progress->done, progress->total);
    progress->state = HONE_PROGRESS_MOVED;
}

void hone_progress_begin(struct hone_run *run, const char *stage, const char *unit,
                         uint64_t total)
{
    struct hone_progress *progress = run->progress;
    if (progress != NULL) {
        progress->stage = stage;
        progress->unit = unit;
        progress->total = total;
        progress->done = 0;
        progress->detail = NULL;
        progress->seconds_left = 0;
        progress->more_left = false;
        show(progress, HONE_PROGRESS_BEGAN);
    }
}

void hone_progress_at(struct hone_run *run, uint64_t done)
{
    struct hone_progress *progress = run->progress;
    if (progress != NULL && progress->stage != NULL) {
        progress->done = done;
        show(progress, HONE_PROGRESS_MOVED);
    }
}

void hone_progress_end(struct hone_run *run)
{
    struct hone_progress *progress = run->progress;
    if (progress != NULL && progress->stage != NULL) {
        /* Where the total was unknown, what was done is now known to be all of it. */
        if (progress->total == 0) {
            progress->total = progress->done;
        }
        progress->done = progress->total;
        show(progress, HONE_PROGRESS_ENDED);
        progress->stage = NULL;
    }
}
