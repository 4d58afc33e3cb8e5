/* The model's page: facts of any age go through the sections of an evaluation; the rules of a tree are a table. */
#include "base/json.h"
#include "check.h"
#include "report/model_page.h"

/* Facts as trainings wrote them before there were evaluations: two classes, with the groups of a column. */
static const char older[] =
    "{'signature': {'target': 'paid', 'task': 'binary', 'classes': ['no', 'yes']},"
    " 'metric': 'roc_auc', 'estimator': 'gbt', 'data': {'train_rows': 80, 'test_rows': 20},"
    " 'metrics': [{'name': 'roc_auc', 'summary': 'chance', 'value': 0.8123, 'low': 0.71, 'high': 0.9}],"
    " 'goals': [{'metric': 'roc_auc', 'sign': '>=', 'bound': 0.75, 'value': 0.8123, 'low': 0.71,"
    "            'high': 0.9, 'verdict': 'insufficient evidence'}],"
    " 'value': {'unit': 'EUR', 'threshold': 3.25, 'never': -1.5},"
    " 'curves': {'roc': {'x': [0, 0.25, 1], 'y': [0, 0.875, 1]},"
    "            'reliability': {'x': [0.125, 0.625], 'y': [0.0625, 0.75], 'rows': [10, 10]},"
    "            'confusion': [[11, 2], [3, 4]]},"
    " 'groups': [{'column': 'region', 'tolerance': 0.1,"
    "   'groups': [{'group': 'north', 'rows': 12, 'selection_rate': {'value': 0.4375}}],"
    "   'gaps': [{'name': 'demographic_parity_difference', 'highest': 'north', 'lowest': 'south',"
    "             'value': 0.3, 'low': 0.2, 'high': 0.4, 'verdict': 'fail'}]}]}";

/* The same of a regression: errors were predicted minus true. */
static const char older_numbers[] =
    "{'signature': {'target': 'price', 'task': 'regression'}, 'metric': 'rmse',"
    " 'metrics': [{'name': 'rmse', 'value': 2.5}],"
    " 'curves': {'scatter': {'x': [10, 20], 'y': [11, 18]},"
    "            'errors': {'edge': [-2, 0, 4], 'count': [7, 5]}}}";

static const char now[] =
    "{'signature': {'target': 'paid', 'task': 'binary'}, 'metric': 'roc_auc', 'estimator': 'tree',"
    " 'rules': 'IF age <= 30 AND city in {A THEN B} THEN yes 62.1 % of 12 rows\\n"
    "IF age > 30 THEN no 90.0 % of 68 rows\\n',"
    " 'threshold': {'rule': 'f1', 'why': 'best on rows held out'},"
    " 'evaluation': {'classes': ['no', 'yes'], 'confusion': [[1, 2], [3, 4]],"
    "   'measures': [{'name': 'roc_auc', 'value': 0.6789, 'low': 0.6, 'high': 0.7, 'method': 'bootstrap'}],"
    "   'weak_spots': {'spots': []}}}";

struct page {
    struct hone_run run;
    struct hone_arena mem;
    const char *html;
};

/* Single quotes stand for double ones. */
static void render(struct page *p, const char *facts)
{
    HONE_JSON json_t *o = NULL;
    const struct hone_page_look look = {0};
    struct hone_buf out = hone_buf(&p->mem);
    char *text = hone_arena_text(&p->mem, facts, strlen(facts));
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == '\'' ? '"' : *at;
    }
    CHECK_OK(&p->run, hone_json_parse(&p->run, hone_str(text), &o));
    hone_model_page("models:/loans/3", o, NULL, &look, &p->mem, &out);
    p->html = out.ptr;
}

static void clear(struct page *p)
{
    hone_arena_free(&p->mem);
    hone_run_clear(&p->run);
}

static bool has(const struct page *p, const char *text)
{
    return strstr(p->html, text) != NULL;
}

static void older_facts_have_the_sections_of_an_evaluation(void **state)
{
    (void)state;
    struct page p = {0};

    render(&p, older);
    CHECK(has(&p, "roc_auc on the test"));
    CHECK(has(&p, "0.8123") && has(&p, "0.71 to 0.9"));
    CHECK(has(&p, "roc_auc &gt;= 0.75: insufficient evidence") ||
          has(&p, "roc_auc >= 0.75: insufficient evidence"));
    CHECK(has(&p, "3.25 EUR") && has(&p, "never saying yes: -1.5"));
    CHECK(has(&p, ">ROC<") && has(&p, "0.875"));
    CHECK(has(&p, ">Confusion<") && has(&p, "\"yes\""));
    CHECK(has(&p, ">Reliability<") && has(&p, "0.0625"));
    CHECK(!has(&p, "the band is 95 %")); /* there was none */
    CHECK(has(&p, "region, demographic_parity_difference: fail"));
    CHECK(has(&p, "north is highest, south lowest; accepted is 0.1"));
    CHECK(has(&p, "43.8 %"));      /* north's selection rate */
    CHECK(!has(&p, "Weak spots")); /* nobody had looked */
    clear(&p);
}

static void older_errors_become_residuals(void **state)
{
    (void)state;
    struct page p = {0};

    render(&p, older_numbers);
    CHECK(has(&p, "Predicted and true"));
    CHECK(has(&p, ">Residuals<"));
    /* 5 rows were 0 to 4 above the truth: residuals of -4 to 0 come first */
    const char *five = strstr(p.html, "{\"from\":-4.0,\"to\":0.0,\"rows\":5}");
    CHECK(five != NULL && strstr(five, "\"rows\":7}") != NULL);
    CHECK(!has(&p, "Largest errors"));
    clear(&p);
}

static void a_tree_shows_its_rules(void **state)
{
    (void)state;
    struct page p = {0};

    render(&p, now);
    CHECK(has(&p, "Its rules"));
    CHECK(has(&p, "age &lt;= 30 AND city in {A THEN B}<"));
    CHECK(has(&p, ">yes 62.1 % of 12 rows"));
    CHECK(has(&p, ">no 90.0 % of 68 rows"));
    CHECK(has(&p, "f1: best on rows held out"));
    CHECK(has(&p, "0.6789"));
    CHECK(has(&p, "Weak spots"));
    clear(&p);
    render(&p, older);
    CHECK(!has(&p, "Its rules"));
    clear(&p);
}

const struct CMUnitTest hone_tests_model_page[] = {
    cmocka_unit_test(older_facts_have_the_sections_of_an_evaluation),
    cmocka_unit_test(older_errors_become_residuals),
    cmocka_unit_test(a_tree_shows_its_rules),
};
const size_t hone_tests_model_page_n =
    sizeof hone_tests_model_page / sizeof hone_tests_model_page[0];
