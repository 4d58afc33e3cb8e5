/* Personal data on its way into a model. */
#include "check/check_priv.h"
#include "privacy/personal.h"

_Static_assert(HONE_PERSONAL_ROWS <= HONE_FINDING_ROWS, "all rows can be told");

struct settings {
    double sure;
    double share;
};

/* One warning for each column that names people. */
static void warn_of(const struct hone_personal *p, const struct settings *set,
                    struct hone_findings *findings)
{
    double share = p->values == 0 ? 0.0 : (double)p->matches / (double)p->values;
    bool grave = p->confidence >= set->sure && (p->matches == 0 || share >= set->share);
    struct hone_finding *f =
        hone_finding_add(findings, "personal_data", grave ? HONE_WARN : HONE_INFO, p->column);

    f->value = p->confidence;
    f->threshold = set->sure;
    f->rows = p->matches;
    for (size_t i = 0; i < p->row_n && i < HONE_PERSONAL_ROWS; i++) {
        f->row[f->row_n++] = p->row[i];
    }
    f->message = HONE_SAY(findings, "column %s holds what names people (%s): %s", p->column,
                          p->title, p->why);
    f->advice = HONE_SAY(findings,
                         "a model can remember it; drop it: --drop %s, or hone redact the data",
                         hone_shell_word(findings->mem, p->column));
}

/* Names of the columns of a weight, "a, b, c"; *n of them. */
static const char *columns_of(const struct hone_personals *found, enum hone_sensitivity weight,
                              const char *but, struct hone_arena *mem, size_t *n)
{
    struct hone_buf names = hone_buf(mem);
    const char *last = NULL;

    *n = 0;
    for (size_t i = 0; i < found->n; i++) {
        const struct hone_personal *p = &found->item[i];
        bool again = last != NULL && strcmp(last, p->column) == 0;
        if (p->weight == weight && !again && (but == NULL || strcmp(but, p->column) != 0)) {
            hone_buf_format(&names, "%s%s", *n == 0 ? "" : ", ", p->column);
            last = p->column;
            (*n)++;
        }
    }
    return names.ptr;
}

/* Whether all that narrows down is where something is: of houses as well as of people. */
static bool are_places(const struct hone_personals *found)
{
    for (size_t i = 0; i < found->n; i++) {
        const struct hone_personal *p = &found->item[i];
        if (p->weight == HONE_QUASI && strcmp(p->kind, "latitude") != 0 &&
            strcmp(p->kind, "longitude") != 0) {
            return false;
        }
    }
    return true;
}

static void note_of(const struct hone_personals *found, const char *target,
                    struct hone_findings *findings)
{
    size_t n;
    const char *names = columns_of(found, HONE_SENSITIVE, target, findings->mem, &n);
    struct hone_finding *f;

    if (n > 0) {
        f = hone_finding_add(findings, "personal_data", HONE_INFO, NULL);
        f->value = (double)n;
        f->message = HONE_SAY(findings, "%zu column%s of special protection: %s", n,
                              n == 1 ? " is" : "s are", names);
        f->advice =
            "have a reason to use them, and look at the results by group: hone evaluate --by COLUMN";
    }
    names = columns_of(found, HONE_QUASI, target, findings->mem, &n);
    if (n > 1 && !are_places(found)) {
        f = hone_finding_add(findings, "personal_data", HONE_INFO, NULL);
        f->value = (double)n;
        f->message = HONE_SAY(
            findings, "%zu columns describe people and may single some out together: %s", n,
            names);
        f->advice = "before rows are given away: hone privacy DATA --quasi COLUMNS";
    }
}

static enum hone_code personal_data(struct hone_run *run, const struct hone_check_ctx *ctx,
                                    const void *settings, struct hone_findings *findings)
{
    const char *target = ctx->target == NULL ? NULL : ctx->target->name;
    struct hone_personals found;
    const char *last = NULL;

    HONE_TRY(hone_personal_find(run, ctx->table, findings->mem, &found));
    for (size_t i = 0; i < found.n; i++) {
        const struct hone_personal *p = &found.item[i];
        bool is_target = target != NULL && strcmp(target, p->column) == 0;
        bool again = last != NULL && strcmp(last, p->column) == 0;
        if (p->weight == HONE_DIRECT && !is_target && !again) {
            warn_of(p, settings, findings);
            last = p->column;
        }
    }
    note_of(&found, target, findings);
    return HONE_OK;
}

static const struct hone_param rows[] = {
    HONE_REAL(struct settings, sure, 0.6, 0, 1,
              .help = "warn from this confidence on, else only note"),
    HONE_REAL(struct settings, share, 0.01, 0, 1,
              .help = "warn from this share of the values on"),
    HONE_PARAM_END,
};

const struct hone_check hone_check_personal_data = {
    .part.name = "personal_data",
    .part.summary = "no column names people",
    .part.settings_size = sizeof(struct settings),
    .part.params = rows,
    .stage = HONE_CHECK_INTEGRITY,
    .look = personal_data,
};
