/* hone grant: a token for whoever asks the server; without a name, those there are. */
#include "cli/input.h"
#include "store/token.h"

struct settings {
    const char *role;
    int64_t days;
    bool all;
};

static const char *const roles[] = {"read", "write", "admin", NULL};

static const struct hone_param params[] = {
    HONE_CHOICE(struct settings, role, "write", roles,
                .help = "read: look at models, metrics and pages; write: also predict and tell "
                        "labels; admin: also change what is served"),
    HONE_INT(struct settings, days, 0, 0, 36500,
             .help = "days until it runs out; 0: when it is revoked"),
    HONE_FLAG(struct settings, all, false, .help = "list also what is revoked or has run out"),
    HONE_PARAM_END,
};

static const int64_t us_of_day = INT64_C(86400000000);

static const char *state_of(const struct hone_token *t, int64_t now)
{
    if (t->revoked != 0) {
        return "revoked";
    }
    return t->expires != 0 && t->expires <= now ? "run out" : "in force";
}

static json_t *time_json(int64_t time)
{
    return time == 0 ? json_null() : json_integer(time);
}

static void list_json(const struct hone_token *list, size_t n, int64_t now)
{
    json_t *result = json_object();
    json_t *tokens = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *t = json_object();
        hone_json_set_text(t, "name", list[i].name);
        hone_json_set_text(t, "role", hone_role_name(list[i].role));
        hone_json_set_text(t, "state", state_of(&list[i], now));
        hone_json_set_text(t, "actor", list[i].actor);
        hone_json_set(t, "created_us", time_json(list[i].created));
        hone_json_set(t, "expires_us", time_json(list[i].expires));
        hone_json_set(t, "revoked_us", time_json(list[i].revoked));
        hone_json_push(tokens, t);
    }
    hone_json_set(result, "tokens", tokens);
    hone_print_json(result);
}

static void list_people(struct hone_args *args, const struct hone_token *list, size_t n,
                        int64_t now)
{
    static const struct hone_grid_column column[] = {
        {"token", HONE_LEFT, HONE_BOLD, 10},
        {"role", HONE_LEFT, HONE_PLAIN, 0},
        {"state", HONE_LEFT, HONE_PLAIN, 0},
        {"granted (UTC)", HONE_LEFT, HONE_PLAIN, 0},
        {"runs out (UTC)", HONE_LEFT, HONE_PLAIN, 0},
        {"by", HONE_LEFT, HONE_PLAIN, 6},
    };
    struct hone_grid grid = hone_grid(args->mem, column, sizeof column / sizeof *column);
    if (n == 0) {
        puts("no tokens; hone grant NAME makes one");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct hone_token *t = &list[i];
        const char *cells[] = {
            t->name,
            hone_role_name(t->role),
            state_of(t, now),
            hone_text_when(args->mem, t->created),
            t->expires == 0 ? "never" : hone_text_when(args->mem, t->expires),
            t->actor,
        };
        hone_grid_row(&grid, cells);
    }
    hone_grid_print(&grid, &args->out);
}

static enum hone_code list_tokens(struct hone_run *run, const struct settings *set,
                                  struct hone_args *args, struct hone_store *store)
{
    struct hone_token *list;
    size_t n;
    HONE_TRY(hone_token_list(run, store, set->all, args->mem, &list, &n));
    if (args->global.json) {
        list_json(list, n, hone_now_us(run));
    } else {
        list_people(args, list, n, hone_now_us(run));
    }
    return HONE_OK;
}

static enum hone_code run_grant(struct hone_run *run, const void *settings,
                                struct hone_args *args)
{
    const struct settings *set = settings;
    HONE_CLOSING(hone_store_drop) struct hone_store *store = NULL;
    struct hone_token what = {.actor = hone_input_actor()};
    const char *secret;

    HONE_TRY(hone_store_open(run, args->global.store, args->n > 0, args->mem, &store));
    if (args->n == 0) {
        return list_tokens(run, set, args, store);
    }
    what.name = args->item[0];
    what.expires = set->days == 0 ? 0 : hone_now_us(run) + set->days * us_of_day;
    HONE_TRY(hone_role_find(run, set->role, &what.role));
    HONE_TRY(hone_token_grant(run, store, &what, args->mem, &secret));
    if (args->global.json) {
        json_t *result = json_object();
        hone_json_set_text(result, "name", what.name);
        hone_json_set_text(result, "role", hone_role_name(what.role));
        hone_json_set_text(result, "token", secret);
        hone_json_set(result, "expires_us", time_json(what.expires));
        hone_print_json(result);
    } else {
        puts(secret);
        fprintf(stderr, "%s may %s; the token is shown this once, keep it now\n", what.name,
                hone_role_name(what.role));
    }
    return HONE_OK;
}

const struct hone_verb hone_verb_grant = {
    .part.name = "grant",
    .part.summary = "make a token for who asks the server, or list them",
    .part.settings_size = sizeof(struct settings),
    .part.params = params,
    .usage = "[NAME]",
    .detail =
        "The token goes to standard output, once; the store keeps its SHA-256.  A server that "
        "runs knows it within --poll seconds, and forgets it as fast after `hone revoke`.",
    .examples = "hone grant nightly-batch --role write --days 90 > token\n"
                "curl -H \"Authorization: Bearer $(cat token)\" https://host:8443/v2/models\n"
                "hone grant --all",
    .stage = HONE_STAGE_SERVICE,
    .min_args = 0,
    .max_args = 1,
    .run = run_grant,
};
