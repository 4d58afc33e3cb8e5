/* Redaction: keys, every method, tokens and back, plans. */
#include <sys/stat.h>

#include "base/file.h"
#include "people.h"
#include "privacy/redact.h"
#include "tables.h"

static const char secret[] = "0123456789abcdef0123456789ABCDEF-test";

static struct hone_key key_of(struct hone_run *run, const char *text)
{
    struct hone_key key;
    CHECK_OK(run, hone_key_derive(run, "a test", hone_str(text), &key));
    return key;
}

static int64_t fixed_clock(void *clock)
{
    (void)clock;
    return INT64_C(1718409600000000); /* 2024-06-15 */
}

/* Apply rules written as for --column to a CSV text; the result as text. */
static const char *redacted(struct tables_room *room, const char *csv, const char *types,
                            const char *const *rules)
{
    struct hone_redact_plan plan = {0};
    struct hone_redact_count *count;
    struct hone_personals found;
    struct hone_table *out;
    struct hone_buf text = hone_buf(&room->mem);
    struct hone_key key = key_of(&room->run, secret);
    struct hone_table *t = tables_read(&room->run, &room->mem, csv, types);

    room->run.now = fixed_clock;
    plan.rule = hone_arena_must(&room->mem, 16 * sizeof *plan.rule);
    CHECK_OK(&room->run, hone_personal_find(&room->run, t, &room->mem, &found));
    for (; rules[plan.n] != NULL; plan.n++) {
        CHECK_OK(&room->run, hone_redact_rule_parse(&room->run, hone_str(rules[plan.n]),
                                                    &room->mem, &plan.rule[plan.n]));
        const struct hone_personal *p = hone_personal_of(&found, plan.rule[plan.n].column);
        plan.rule[plan.n].kind = p == NULL ? NULL : p->kind;
    }
    CHECK_OK(&room->run,
             hone_redact_apply(&room->run, t, &plan, &key, &room->mem, &out, &count));
    for (size_t i = 0; i < out->rows; i++) {
        for (size_t j = 0; j < out->cols; j++) {
            hone_buf_text(&text, j == 0 ? "" : "|");
            hone_column_print(&text, &out->column[j], i);
        }
        hone_buf_text(&text, "\n");
    }
    return text.ptr;
}
#define RULES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void methods_do_what_they_say(void **state)
{
    struct tables_room *room = tables_enter(1);

    (void)state;
    CHECK_STR(redacted(room, "a,b\nx,1\n,2\n", NULL, RULES("a=drop")), "1\n2\n");
    CHECK_STR(redacted(room, "a,b\nx,1\n", NULL, RULES("a=keep")), "x|1\n");
    CHECK_STR(redacted(room, "c\n4111 1111 1111 1111\nabc\n\n5500-0000-0000-0004\n", "c=text",
                       RULES("c=mask")),
              "**** **** **** 1111\n***\n****-****-****-0004\n");
    CHECK_STR(
        redacted(room, "c\nabcdefghij\nMüller-Lüdenscheidt\n", "c=text", RULES("c=mask:2")),
        "********ij\n******-**********dt\n");
    CHECK_STR(redacted(room, "m\njane.doe@example.org\n", "m=text", RULES("m=mask")),
              "********@example.org\n");
    CHECK_STR(redacted(room, "m\nsee a@b.org and (212) 555-0123\nnothing\n", "m=text",
                       RULES("m=replace")),
              "see [EMAIL] and [PHONE]\nnothing\n");
    CHECK_STR(redacted(room, "m\nsee a@b.org and (212) 555-0123\n", "m=text",
                       RULES("m=replace:phone")),
              "see a@b.org and [PHONE]\n");
    tables_leave(room);
}

static void generalising_makes_values_coarser(void **state)
{
    struct tables_room *room = tables_enter(1);

    (void)state;
    CHECK_STR(redacted(room, "dob,d\n1987-03-12,2001-02-28\n,1999-12-31\n", NULL,
                       RULES("dob=generalise", "d=generalise:month")),
              "1987|2001-02\n|1999-12\n");
    CHECK_STR(redacted(room, "dob\n1987-06-15\n1987-06-16\n2000-01-01\n", NULL,
                       RULES("dob=generalise:age5")),
              "35-39\n35-39\n20-24\n");
    CHECK_STR(
        redacted(room, "dob\n1984-06-15\n1984-06-16\n", NULL, RULES("dob=generalise:age")),
        "40-49\n30-39\n");
    CHECK_STR(redacted(room, "dob\n12/03/1987\n31.12.1999\nsoon\n", "dob=text",
                       RULES("dob=generalise:decade")),
              "1980s\n1990s\n\n");
    CHECK_STR(redacted(room, "age,x\n34,-0.5\n70,2\n", NULL,
                       RULES("age=generalise", "x=generalise:1.5")),
              "30-39|-1.5..0\n70-79|1.5..3\n");
    CHECK_STR(redacted(room, "zip\n411001\n10115\n", NULL, RULES("zip=generalise")),
              "411***\n101**\n");
    CHECK_STR(redacted(room, "zip\nLS1 4AB\n", "zip=text", RULES("zip=generalise:2")),
              "LS* ***\n");
    CHECK_STR(redacted(room, "ip\n203.0.113.77\n2001:db8:1:2::9\n2001:db8::1\n", "ip=text",
                       RULES("ip=generalise")),
              "203.0.113.0/24\n2001:db8:1::/48\n2001:db8::/48\n");
    CHECK_STR(redacted(room, "c\nx\ny\nx\nz\ny\nx\n", "c=text", RULES("c=generalise:top2")),
              "x\ny\nx\nother\ny\nx\n");
    CHECK_STR(redacted(room, "lat\n48.85661\n-33.86\n", NULL, RULES("lat=generalise:round1")),
              "48.9\n-33.9\n");
    tables_leave(room);
}

/* By tests/golden/redact.py. */
static void hashes_are_keyed_and_stable(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_key key = key_of(&room->run, secret);
    struct hone_key other = key_of(&room->run, "another secret, that is long enough too");
    char a[HONE_HASH_CHARS + 1] = "";
    char b[HONE_HASH_CHARS + 1] = "";

    (void)state;
    hone_key_hash(&key, NULL, hone_str("jane@example.org"), a);
    CHECK_STR(a, "2pig5xnr5iic22cjruj5pmjw2m");
    hone_key_hash(&key, "email", hone_str("jane@example.org"), a);
    CHECK_STR(a, "3fzn4i2235efwa3meensiyqckt");
    hone_key_hash(&key, "mail", hone_str("jane@example.org"), b);
    CHECK(strcmp(a, b) != 0);
    hone_key_hash(&other, "email", hone_str("jane@example.org"), b);
    CHECK(strcmp(a, b) != 0);
    /* a number and its text join */
    const char *both =
        redacted(room, "a,b\n9876543210,9876543210\n", "b=text", RULES("a=hash", "b=hash"));
    CHECK(strncmp(both, both + HONE_HASH_CHARS + 1, HONE_HASH_CHARS) == 0 &&
          both[HONE_HASH_CHARS] == '|');
    tables_leave(room);
}

static void keys_are_looked_at(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_key key;
    const char *folder = check_folder();
    const char *path = check_path(folder, "key");

    (void)state;
    CHECK_OK(&room->run, hone_key_new(&room->run, path));
    CHECK_OK(&room->run, hone_key_read(&room->run, path, &key));
    CHECK_FAILS_WITH(&room->run, hone_key_new(&room->run, path), HONE_E_CONFLICT,
                     "there already");
    CHECK(chmod(path, 0640) == 0);
    CHECK_FAILS_WITH(&room->run, hone_key_read(&room->run, path, &key), HONE_E_ARG,
                     "by others");
    CHECK_FAILS(&room->run, hone_key_read(&room->run, check_path(folder, "none"), &key),
                HONE_E_NOT_FOUND);
    CHECK_FAILS_WITH(&room->run, hone_key_read(&room->run, folder, &key), HONE_E_ARG,
                     "no plain file");
    CHECK_FAILS_WITH(&room->run, hone_key_derive(&room->run, "x", hone_str("short"), &key),
                     HONE_E_ARG, "at least 32");
    CHECK_FAILS_WITH(&room->run,
                     hone_key_derive(&room->run, "x",
                                     hone_str("00000000000000000000000000000000000000"), &key),
                     HONE_E_ARG, "different");
    CHECK(strstr(room->run.err.message, secret) == NULL);
    hone_key_wipe(&key);
    for (size_t i = 0; i < sizeof key.token; i++) {
        CHECK(key.token[i] == 0);
    }
    tables_leave(room);
}

static void tokens_come_back(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_key key = key_of(&room->run, secret);
    struct hone_key other = key_of(&room->run, "another secret, that is long enough too");
    struct hone_redact_plan plan = {0};
    struct hone_redact_count *count;
    struct hone_table *out;
    struct hone_table *back;
    size_t tokens;
    struct hone_table *t =
        tables_read(&room->run, &room->mem,
                    "n,f,d,ts,c,b,s\n1,0.1,2024-02-29,2024-02-29T12:00:00Z,x,true,a b\n"
                    ",,,,,,\n-5,1e300,1969-12-31,1969-12-31T23:59:59.5Z,y,false,\"ü\n,\"\n",
                    "c=category,s=text");

    (void)state;
    plan.rule = hone_arena_must(&room->mem, t->cols * sizeof *plan.rule);
    for (; plan.n < t->cols; plan.n++) {
        plan.rule[plan.n] =
            (struct hone_redact_rule){.column = t->column[plan.n].name,
                                      .method = HONE_REDACT_TOKEN,
                                      .option = plan.n % 2 == 0 ? NULL : "column"};
    }
    CHECK_OK(&room->run,
             hone_redact_apply(&room->run, t, &plan, &key, &room->mem, &out, &count));
    for (size_t j = 0; j < out->cols; j++) {
        CHECK(out->column[j].type == HONE_UTF8 &&
              hone_is_token(hone_column_str(&out->column[j], 0)));
        assert_int_equal(out->column[j].nulls, 1);
    }
    CHECK_OK(&room->run,
             hone_redact_reverse(&room->run, out, NULL, 0, &key, &room->mem, &back, &tokens));
    assert_int_equal(tokens, 2 * t->cols);
    for (size_t j = 0; j < t->cols; j++) {
        CHECK(back->column[j].type == t->column[j].type);
        for (size_t i = 0; i < t->rows; i++) {
            struct hone_buf want = hone_buf(&room->mem);
            struct hone_buf got = hone_buf(&room->mem);
            hone_column_print(&want, &t->column[j], i);
            hone_column_print(&got, &back->column[j], i);
            CHECK(want.len == got.len &&
                  (want.len == 0 || memcmp(want.ptr, got.ptr, want.len) == 0));
        }
    }
    CHECK_FAILS_WITH(
        &room->run,
        hone_redact_reverse(&room->run, out, NULL, 0, &other, &room->mem, &back, &tokens),
        HONE_E_FORMAT, "column n, row 1");
    CHECK_FAILS_WITH(
        &room->run,
        hone_redact_reverse(&room->run, t, NULL, 0, &key, &room->mem, &back, &tokens),
        HONE_E_NOT_FOUND, "no value is a token");
    tables_leave(room);
}

/* A token with any one character changed, cut short, or moved to another column does not open. */
static void changed_tokens_do_not_open(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_key key = key_of(&room->run, secret);
    struct hone_buf token = hone_buf(&room->mem);
    struct hone_buf out = hone_buf(&room->mem);
    char kind;

    (void)state;
    CHECK_OK(&room->run,
             hone_token_make(&room->run, &key, "col", 'u', hone_str("a secret"), &token));
    CHECK_OK(&room->run, hone_token_open(&room->run, &key, "col",
                                         (struct hone_str){token.ptr, token.len}, &out, &kind));
    CHECK_STR(out.ptr, "a secret");
    CHECK(kind == 'u');
    CHECK_FAILS(&room->run,
                hone_token_open(&room->run, &key, "other",
                                (struct hone_str){token.ptr, token.len}, &out, &kind),
                HONE_E_FORMAT);
    for (size_t i = 0; i + 1 < token.len; i++) { /* the last character has padding bits */
        char was = token.ptr[i];
        token.ptr[i] = was == 'a' ? 'b' : 'a';
        CHECK_FAILS(&room->run,
                    hone_token_open(&room->run, &key, "col",
                                    (struct hone_str){token.ptr, token.len}, &out, &kind),
                    HONE_E_FORMAT);
        token.ptr[i] = was;
        CHECK_FAILS(&room->run,
                    hone_token_open(&room->run, &key, "col", (struct hone_str){token.ptr, i},
                                    &out, &kind),
                    HONE_E_FORMAT);
    }
    tables_leave(room);
}

/* All that is proposed, written as a plan, read again and done: nothing that names people is found any more. */
static void the_proposal_leaves_no_names(void **state)
{
    (void)state;
    for (int country = 0; country < PEOPLE_COUNTRIES; country++) {
        struct tables_room *room = tables_enter(1);
        struct hone_key key = key_of(&room->run, secret);
        struct people people;
        struct hone_personals found;
        struct hone_personals left;
        struct hone_redact_plan plan;
        struct hone_redact_plan again;
        struct hone_redact_count *count;
        struct hone_table *out;
        struct hone_buf yaml = hone_buf(&room->mem);

        people_make(&room->run, 77, (enum people_country)country, 300, &room->mem, &people);
        CHECK_OK(&room->run, hone_personal_find(&room->run, people.table, &room->mem, &found));
        CHECK_OK(&room->run, hone_redact_propose(&room->run, &found, &room->mem, &plan));
        CHECK(hone_redact_needs_key(&plan));
        HONE_JSON json_t *tree = hone_redact_plan_json(&plan);
        hone_yaml_write(&yaml, tree);
        HONE_JSON json_t *read = NULL;
        CHECK_OK(&room->run,
                 hone_yaml_parse(&room->run, (struct hone_str){yaml.ptr, yaml.len}, &read));
        CHECK_OK(&room->run, hone_redact_plan_parse(&room->run, read, &room->mem, &again));
        assert_int_equal(again.n, plan.n);
        CHECK_OK(&room->run, hone_redact_apply(&room->run, people.table, &again, &key,
                                               &room->mem, &out, &count));
        CHECK_OK(&room->run, hone_personal_find(&room->run, out, &room->mem, &left));
        for (size_t i = 0; i < left.n; i++) {
            if (left.item[i].weight == HONE_DIRECT) {
                fail_msg("left: %s as %s: %s", left.item[i].column, left.item[i].kind,
                         left.item[i].why);
            }
        }
        tables_leave(room);
    }
}

static void plan_fails(struct tables_room *room, const char *yaml, const char *text)
{
    HONE_JSON json_t *tree = NULL;
    struct hone_redact_plan plan;

    CHECK_OK(&room->run, hone_yaml_parse(&room->run, hone_str(yaml), &tree));
    CHECK_FAILS_WITH(&room->run, hone_redact_plan_parse(&room->run, tree, &room->mem, &plan),
                     HONE_E_FORMAT, text);
}

static void bad_rules_are_refused(void **state)
{
    static const char *const bad[] = {"email",
                                      "=hash",
                                      "email=",
                                      "email=hsh",
                                      "a=mask:x",
                                      "a=hash:row",
                                      "a=generalise:0",
                                      "a=generalise:-1",
                                      "a=replace:emial",
                                      "a=generalise:top",
                                      "a=token:x",
                                      "a=drop:1",
                                      NULL};
    struct tables_room *room = tables_enter(1);
    struct hone_redact_rule rule;

    (void)state;
    for (size_t i = 0; bad[i] != NULL; i++) {
        CHECK_FAILS(&room->run,
                    hone_redact_rule_parse(&room->run, hone_str(bad[i]), &room->mem, &rule),
                    HONE_E_ARG);
    }
    CHECK_FAILS_WITH(
        &room->run,
        hone_redact_rule_parse(&room->run, hone_str("email=hsh"), &room->mem, &rule),
        HONE_E_ARG, "hsh");
    CHECK_OK(&room->run, hone_redact_rule_parse(&room->run, hone_str("a=b=generalize:top5"),
                                                &room->mem, &rule));
    CHECK_STR(rule.column, "a=b");
    CHECK(rule.method == HONE_REDACT_GENERALISE);
    plan_fails(room, "[]", "one map");
    plan_fails(room, "columns: {a: {}}", "column a: there is no method");
    plan_fails(room, "columns: {a: {method: drop, colour: red}}", "colour");
    plan_fails(room, "columns: {a: {method: drop, kind: thing}}", "kind thing");
    plan_fails(room, "columns: {a: {method: mask, option: [1]}}", "neither text nor a number");
    tables_leave(room);
}

static void rules_that_do_not_fit_are_refused(void **state)
{
    struct tables_room *room = tables_enter(1);
    struct hone_table *t = tables_read(&room->run, &room->mem, "n,s\n1,x\n", NULL);
    struct hone_redact_rule rule[2];
    struct hone_redact_plan plan = {rule, 1};
    struct hone_redact_count *count;
    struct hone_table *out;

    (void)state;
#define APPLY() hone_redact_apply(&room->run, t, &plan, NULL, &room->mem, &out, &count)
    rule[0] = (struct hone_redact_rule){.column = "n", .method = HONE_REDACT_REPLACE};
    CHECK_FAILS_WITH(&room->run, APPLY(), HONE_E_ARG, "replace is for texts");
    rule[0] = (struct hone_redact_rule){.column = "n", .method = HONE_REDACT_GENERALISE};
    CHECK_FAILS_WITH(&room->run, APPLY(), HONE_E_ARG, "how wide");
    rule[0] = (struct hone_redact_rule){
        .column = "n", .method = HONE_REDACT_GENERALISE, .option = "year"};
    CHECK_FAILS_WITH(&room->run, APPLY(), HONE_E_ARG, "does not fit");
    rule[0] = (struct hone_redact_rule){.column = "n", .method = HONE_REDACT_HASH};
    CHECK_FAILS_WITH(&room->run, APPLY(), HONE_E_ARG, "need a key");
    rule[0] = (struct hone_redact_rule){.column = "m", .method = HONE_REDACT_DROP};
    CHECK_FAILS_WITH(&room->run, APPLY(), HONE_E_NOT_FOUND, "m");
    plan.n = 2;
    rule[0] = (struct hone_redact_rule){.column = "n", .method = HONE_REDACT_DROP};
    rule[1] = rule[0];
    CHECK_FAILS_WITH(&room->run, APPLY(), HONE_E_CONFLICT, "two rules");
    rule[1].column = "s";
    CHECK_FAILS_WITH(&room->run, APPLY(), HONE_E_SHAPE, "nothing is left");
#undef APPLY
    tables_leave(room);
}

const struct CMUnitTest hone_tests_redact[] = {
    cmocka_unit_test(methods_do_what_they_say),
    cmocka_unit_test(generalising_makes_values_coarser),
    cmocka_unit_test(hashes_are_keyed_and_stable),
    cmocka_unit_test(keys_are_looked_at),
    cmocka_unit_test(tokens_come_back),
    cmocka_unit_test(changed_tokens_do_not_open),
    cmocka_unit_test(the_proposal_leaves_no_names),
    cmocka_unit_test(bad_rules_are_refused),
    cmocka_unit_test(rules_that_do_not_fit_are_refused),
};
const size_t hone_tests_redact_n = sizeof hone_tests_redact / sizeof hone_tests_redact[0];
