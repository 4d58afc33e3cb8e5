#include "explain/shapley.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

/* Mixed rows that are answered at a time. */
#define BATCH 4096

/* A batch of walks: each begins with a background row and takes over one input after the other. */
struct walks {
    const struct hone_game *game;
    size_t room, n; /* walks */
    uint32_t *from; /* (room * players) background row of each mixed row */
    bool *in;       /* (room * players, players) */
    size_t *order;  /* (room, players) */
    double *value;  /* (room * players) */
};

static enum hone_code make_walks(struct hone_run *run, const struct hone_game *game,
                                 struct hone_arena *mem, struct walks *out)
{
    size_t d = game->players;
    size_t room = BATCH / d / 2 * 2; /* both walks of a pair */
    struct walks w = {.game = game, .room = room < 2 ? 2 : room};
    HONE_TRY(hone_matrix(run, mem, &w.from, w.room, d));
    HONE_TRY(hone_matrix(run, mem, &w.order, w.room, d));
    HONE_TRY(hone_matrix(run, mem, &w.value, w.room, d));
    HONE_TRY(hone_array(run, mem, &w.in, w.room * d * d));
    *out = w;
    return HONE_OK;
}

/*
 * Add a walk over a background row.  Of its players + 1 mixed rows the last is the row that is explained, whose answer
 * is known, so players are asked for: those with 0 .. players - 1 inputs taken over.
 */
static void add_walk(struct walks *w, uint32_t row, const size_t *order, bool backward)
{
    size_t d = w->game->players;
    size_t *own = w->order + w->n * d;
    uint32_t *from = w->from + w->n * d;
    bool *in = w->in + w->n * d * d;
    for (size_t k = 0; k < d; k++) {
        own[k] = order[backward ? d - 1 - k : k];
        from[k] = row;
        for (size_t j = 0; j < d; j++) {
            in[k * d + j] = k > 0 && in[(k - 1) * d + j];
        }
        if (k > 0) {
            in[k * d + own[k - 1]] = true;
        }
    }
    w->n++;
}

/* Sums over pairs: of a player's mean step, of its square, and of the answers of the background rows. */
struct sums {
    double *step, *square; /* (players) */
    double usual;
    size_t pairs;
};

static enum hone_code take_in(struct hone_run *run, struct walks *w, double answer,
                              struct sums *s)
{
    HONE_SCRATCH(run);
    const struct hone_game *game = w->game;
    size_t d = game->players;
    double *pair;
    HONE_TRY(hone_array(run, &run->scratch, &pair, d));
    HONE_TRY(game->value(run, game->ctx, w->n * d, w->from, w->in, w->value));
    for (size_t i = 0; i < w->n; i++) {
        const double *value = w->value + i * d;
        const size_t *order = w->order + i * d;
        for (size_t k = 0; k < d; k++) {
            double next = k + 1 < d ? value[k + 1] : answer;
            pair[order[k]] = (i % 2 == 0 ? 0 : pair[order[k]]) + (next - value[k]) / 2;
        }
        if (i % 2 == 1) {
            s->usual += value[0];
            s->pairs++;
            for (size_t j = 0; j < d; j++) {
                s->step[j] += pair[j];
                s->square[j] += pair[j] * pair[j];
            }
        }
    }
    w->n = 0;
    return HONE_OK;
}

static void finish(const struct sums *s, size_t players, struct hone_shapley *out)
{
    double n = (double)s->pairs;
    out->usual = s->usual / n;
    out->orders = 2 * s->pairs;
    for (size_t j = 0; j < players; j++) {
        out->share[j] = s->step[j] / n;
        double spread = s->square[j] / n - out->share[j] * out->share[j];
        out->error[j] = n < 2 ? (double)NAN : sqrt(fmax(spread, 0) / (n - 1));
    }
}

enum hone_code hone_shapley(struct hone_run *run, const struct hone_game *game, size_t rounds,
                            struct hone_arena *mem, struct hone_shapley *out)
{
    HONE_ARENA(work);
    size_t d = game->players;
    struct walks w;
    struct sums s = {0};
    struct hone_shapley result = {0};
    struct hone_rng rng = hone_rng(run->seed, hone_rng_name("shapley"));
    size_t *order;
    HONE_ASSERT(d > 0 && game->background > 0 && rounds > 0);
    HONE_TRY(hone_array(run, mem, &result.share, d));
    HONE_TRY(hone_array(run, mem, &result.error, d));
    HONE_TRY(hone_array(run, &work, &s.step, d));
    HONE_TRY(hone_array(run, &work, &s.square, d));
    HONE_TRY(hone_array(run, &work, &order, d));
    HONE_TRY(make_walks(run, game, &work, &w));
    memset(w.in, 1, d);
    HONE_TRY(game->value(run, game->ctx, 1, w.from, w.in, &result.answer));
    for (size_t j = 0; j < d; j++) {
        order[j] = j;
    }
    for (size_t r = 0; r < rounds; r++) {
        for (size_t b = 0; b < game->background; b++) {
            HONE_TRY(hone_check_cancel(run));
            hone_rng_shuffle(&rng, d, order);
            add_walk(&w, (uint32_t)b, order, false);
            add_walk(&w, (uint32_t)b, order, true);
            if (w.n == w.room) {
                HONE_TRY(take_in(run, &w, result.answer, &s));
            }
        }
    }
    if (w.n > 0) {
        HONE_TRY(take_in(run, &w, result.answer, &s));
    }
    finish(&s, d, &result);
    *out = result;
    return HONE_OK;
}
