#include "check/check.h"

#include <math.h>

#include "base/pool.h"
#include "base/progress.h"
#include "check/check_priv.h"

#define HONE_CHECK(name) extern const struct hone_check hone_check_##name;
#include "check/checks.def"
#undef HONE_CHECK

const struct hone_part *const hone_checks[] = {
#define HONE_CHECK(name) &hone_check_##name.part,
#include "check/checks.def"
#undef HONE_CHECK
    NULL,
};

#define SETTINGS_ROOM 128
#define FEW_CLASSES   10 /* whole numbers of at most so many values are classes */

static bool all_whole(const struct hone_column *c)
{
    for (size_t i = 0; i < c->rows; i++) {
        double x = hone_column_f64(c, i);
        if (hone_is_valid(c, i) && !(x - floor(x) <= 0)) {
            return false;
        }
    }
    return true;
}

static enum hone_task guess_task(const struct hone_column *c,
                                 const struct hone_column_profile *p)
{
    if (p->distinct <= 2) {
        return HONE_TASK_BINARY;
    }
    if (hone_type_is_text(c->type) || (p->distinct <= FEW_CLASSES && all_whole(c))) {
        return HONE_TASK_MULTICLASS;
    }
    return HONE_TASK_REGRESSION;
}

/* The target as numbers: class codes in order of first appearance, or values. */
static enum hone_code read_target(struct hone_run *run, struct hone_check_ctx *ctx)
{
    struct hone_seen seen;
    double *y;
    size_t rows = ctx->table->rows;
    size_t j = (size_t)(ctx->target - ctx->table->column);
    const struct hone_column_profile *p = &ctx->profile->column[j];

    ctx->task = ctx->in->task != 0 ? ctx->in->task : guess_task(ctx->target, p);
    HONE_TRY(hone_array(run, ctx->mem, &y, rows));
    ctx->y = y;
    if (ctx->task == HONE_TASK_REGRESSION) {
        ctx->classes = 1;
        for (size_t i = 0; i < rows; i++) {
            y[i] = hone_column_f64(ctx->target, i);
        }
        return HONE_OK;
    }
    HONE_TRY(hone_seen_new(run, p->distinct + 1, ctx->mem, &seen));
    for (size_t i = 0; i < rows; i++) {
        if (!hone_is_valid(ctx->target, i)) {
            y[i] = (double)NAN;
            continue;
        }
        y[i] = hone_seen_add(&seen, hone_cell_hash(ctx->target, i), (uint32_t)seen.n);
    }
    ctx->classes = seen.n;
    return HONE_OK;
}

static enum hone_code check_names(struct hone_run *run, const struct hone_check_input *in)
{
    const struct hone_column *c;

    if (in->time != NULL) {
        HONE_TRY(hone_table_need(run, in->table, hone_str(in->time), &c));
    }
    if (in->group != NULL) {
        HONE_TRY(hone_table_need(run, in->table, hone_str(in->group), &c));
    }
    return HONE_OK;
}

static enum hone_code prepare(struct hone_run *run, const struct hone_check_input *in,
                              struct hone_arena *mem, struct hone_check_ctx *ctx)
{
    *ctx = (struct hone_check_ctx){
        .in = in, .table = in->table, .test = in->test, .profile = in->profile, .mem = mem};
    HONE_TRY(check_names(run, in));
    if (in->target != NULL) {
        HONE_TRY(hone_table_need(run, in->table, hone_str(in->target), &ctx->target));
    }
    if (ctx->profile == NULL) {
        struct hone_profile *profile;
        HONE_TRY(hone_table_profile(run, in->table, mem, &profile));
        ctx->profile = profile;
    }
    if (ctx->target != NULL) {
        HONE_TRY(read_target(run, ctx));
    }
    HONE_TRY(hone_row_hashes(run, in->table, in->table, in->target, mem, &ctx->features));
    if (in->test != NULL) {
        HONE_TRY(
            hone_row_hashes(run, in->test, in->table, in->target, mem, &ctx->test_features));
    }
    return HONE_OK;
}

/* What the user set for a check: false turns it off. */
static enum hone_code configure(struct hone_run *run, const struct hone_check *check,
                                const json_t *all, struct hone_arena *mem, void *settings,
                                bool *on)
{
    const json_t *own = all == NULL ? NULL : json_object_get(all, check->part.name);

    HONE_ASSERT(check->part.settings_size <= SETTINGS_ROOM);
    *on = !json_is_false(own);
    hone_settings_default(&check->part, settings);
    if (own == NULL || json_is_boolean(own)) {
        return HONE_OK;
    }
    if (hone_settings_from_json(run, &check->part, settings, own, mem) != HONE_OK) {
        return hone_fail_in(run, "check %s", check->part.name);
    }
    return HONE_OK;
}

static enum hone_code known_checks(struct hone_run *run, const json_t *settings)
{
    const char *name;
    json_t *value;

    if (settings == NULL) {
        return HONE_OK;
    }
    if (!json_is_object(settings)) {
        return hone_fail(run, HONE_E_ARG,
                         "the settings of checks must be a map from check to settings");
    }
    json_object_foreach((json_t *)(uintptr_t)settings, name, value)
    {
        const struct hone_part *part;
        HONE_TRY(hone_part_need(run, hone_checks, "check", hone_str(name), &part));
    }
    return HONE_OK;
}

static bool applies(const struct hone_check *check, const struct hone_check_ctx *ctx,
                    unsigned stages)
{
    if ((stages & (unsigned)check->stage) == 0) {
        return false;
    }
    if (check->needs_target && ctx->target == NULL) {
        return false;
    }
    return check->stage != HONE_CHECK_SPLIT || ctx->test != NULL;
}

/* The checks that are on, with their settings. */
struct plan {
    const struct hone_check_ctx *ctx;
    size_t checks;
    bool *on;                        /* (checks) */
    char (*settings)[SETTINGS_ROOM]; /* (checks) */
    struct hone_findings *found;     /* (columns, checks) of the column checks */
    struct hone_arena *room;         /* (columns) where they live */
};

static enum hone_code make_plan(struct hone_run *run, const struct hone_check_ctx *ctx,
                                unsigned stages, struct hone_arena *mem, struct plan *plan)
{
    plan->ctx = ctx;
    while (hone_checks[plan->checks] != NULL) {
        plan->checks++;
    }
    HONE_TRY(hone_array(run, mem, &plan->on, plan->checks));
    HONE_TRY(hone_array(run, mem, &plan->settings, plan->checks));
    HONE_TRY(hone_matrix(run, mem, &plan->found, ctx->table->cols, plan->checks));
    HONE_TRY(hone_array(run, mem, &plan->room, ctx->table->cols));
    for (size_t i = 0; i < plan->checks; i++) {
        const struct hone_check *check = (const struct hone_check *)hone_checks[i];
        HONE_TRY(configure(run, check, ctx->in->settings, ctx->mem, plan->settings[i],
                           &plan->on[i]));
        plan->on[i] = plan->on[i] && applies(check, ctx, stages);
    }
    return HONE_OK;
}

/* All checks of one column. */
static enum hone_code look_at_column(struct hone_run *run, void *arg, size_t j)
{
    const struct plan *plan = arg;
    const struct hone_check_ctx *ctx = plan->ctx;
    HONE_ARENA(own);
    struct hone_facts facts = {
        .c = &ctx->table->column[j], .p = &ctx->profile->column[j], .mem = &own};

    facts.known = facts.p->rows - facts.p->missing;
    facts.is_target = facts.c == ctx->target;
    facts.is_numeric = hone_type_is_number(facts.c->type) && facts.c->type != HONE_BOOL;
    for (size_t i = 0; i < plan->checks; i++) {
        const struct hone_check *check = (const struct hone_check *)hone_checks[i];
        struct hone_findings *found = &plan->found[j * plan->checks + i];
        found->mem = &plan->room[j];
        if (plan->on[i] && check->column != NULL) {
            HONE_TRY(hone_check_cancel(run));
            HONE_TRY(check->column(run, ctx, &facts, plan->settings[i], found));
        }
    }
    return HONE_OK;
}

/* Findings by check, then by column; a check that found nothing has passed. */
static enum hone_code gather(struct hone_run *run, const struct plan *plan,
                             struct hone_findings *findings)
{
    for (size_t i = 0; i < plan->checks; i++) {
        const struct hone_check *check = (const struct hone_check *)hone_checks[i];
        size_t before = findings->n;
        if (!plan->on[i]) {
            continue;
        }
        for (size_t j = 0; j < plan->ctx->table->cols; j++) {
            const struct hone_findings *found = &plan->found[j * plan->checks + i];
            for (size_t k = 0; k < found->n; k++) {
                hone_finding_copy(findings, &found->item[k]);
            }
        }
        if (check->look != NULL) {
            HONE_TRY(hone_check_cancel(run));
            HONE_TRY(check->look(run, plan->ctx, plan->settings[i], findings));
        }
        for (size_t k = before; k < findings->n; k++) {
            findings->item[k].of_test = check->stage == HONE_CHECK_SPLIT;
        }
        if (findings->n == before) {
            hone_finding_add(findings, check->part.name, HONE_PASS, NULL)->message =
                check->part.summary;
        }
    }
    return HONE_OK;
}

static enum hone_code look_all(struct hone_run *run, const struct hone_check_ctx *ctx,
                               unsigned stages, struct hone_findings *findings)
{
    struct plan plan = {.checks = 0};

    HONE_TRY(make_plan(run, ctx, stages, ctx->mem, &plan));
    hone_progress_begin(run, "checking", "columns", ctx->table->cols);
    enum hone_code code = hone_parallel_try(run, ctx->table->cols, look_at_column, &plan);
    if (code == HONE_OK) {
        code = gather(run, &plan, findings);
    }
    for (size_t j = 0; j < ctx->table->cols; j++) {
        hone_arena_free(&plan.room[j]);
    }
    if (code == HONE_OK) {
        hone_progress_end(run);
    }
    return code;
}

enum hone_code hone_check_run(struct hone_run *run, const struct hone_check_input *in,
                              unsigned stages, struct hone_arena *mem,
                              struct hone_findings **out)
{
    struct hone_arena own = {0};
    struct hone_check_ctx ctx;
    struct hone_findings *findings = hone_new(mem, struct hone_findings);
    enum hone_code code = known_checks(run, in->settings);

    findings->mem = mem;
    if (code == HONE_OK) {
        code = prepare(run, in, &own, &ctx);
    }
    if (code == HONE_OK) {
        code = look_all(run, &ctx, stages, findings);
    }
    hone_arena_free(&own);
    if (code == HONE_OK) {
        hone_findings_mask(findings);
        *out = findings;
    }
    return code;
}
