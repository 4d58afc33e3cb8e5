/* Every kind of rule holds where it should, and says what breaks it.  Figures are those of check_rules.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "check/schema.h"
#include "tables.h"

#define NONE ((double)NAN) /* nothing to compare */

#define ROWS 100

static int64_t may(void *clock)
{
    (void)clock;
    return INT64_C(1714521600000000); /* 2024-05-01 */
}

struct world {
    struct hone_run run;
    struct hone_arena mem;
    struct hone_table *t;
};

static void begin(struct world *w)
{
    static const char *const kinds[] = {"red", "green", "blue"};
    static const char *const sizes[] = {"small", "large"};
    struct hone_buf csv = hone_buf(&w->mem);

    memset(w, 0, sizeof *w);
    csv = hone_buf(&w->mem);
    w->run.now = may;
    hone_buf_text(&csv, "x,kind,size,day,id,code,js,a,b,c,stop,hole\n");
    for (size_t i = 0; i < ROWS; i++) {
        size_t k = i * i % 7 % 3;
        bool large = (k == 1) != (i % 5 == 0);
        hone_buf_format(&csv, "%g,%s,%s,2024-%02zu-%02zu,%zu,A-%03zu,",
                        (double)(i * 37 % 101) / 10, kinds[k], sizes[large ? 1 : 0], 1 + i / 28,
                        1 + i % 28, i + 1, i);
        hone_buf_format(&csv, "\"{\"\"n\"\": %zu}\",%zu,%zu,%zu,", i, i % 4, i % 3,
                        10 - i % 4 - i % 3);
        hone_buf_format(&csv, "2024-%02zu-%02zu,%s\n", 1 + i / 28, i == 7 ? 1 : 1 + i % 28,
                        i % 10 == 0 ? "" : "1");
    }
    w->t = tables_read(&w->run, &w->mem, csv.ptr, "code=text,js=text");
}

static void end(struct world *w)
{
    hone_arena_free(&w->mem);
    hone_run_clear(&w->run);
}

/* The finding of the one rule of a schema; columns that it does not name are let be. */
static const struct hone_finding *judge(struct world *w, const char *yaml,
                                        const char *environment)
{
    HONE_JSON json_t *tree = NULL;
    struct hone_schema *s = NULL;
    struct hone_schema_verdict v;
    const char *whole = hone_arena_format(&w->mem, "schema: 1\n%s\n", yaml);
    const struct hone_finding *found = NULL;

    CHECK_OK(&w->run, hone_yaml_parse(&w->run, hone_str(whole), &tree));
    CHECK_OK(&w->run, hone_schema_parse(&w->run, tree, &w->mem, &s));
    CHECK_OK(&w->run, hone_schema_enforce(&w->run, s, w->t, environment, &w->mem, &v));
    for (size_t i = 0; i < v.findings->n; i++) {
        if (strcmp(v.findings->item[i].check, "extra") != 0) {
            found = &v.findings->item[i];
        }
    }
    return found;
}

static const struct {
    const char *yaml;
    bool good;
    size_t rows;     /* that break it */
    double value;    /* NAN: not looked at */
    double slack;    /* of the value */
    const char *say; /* in the message; NULL: anything */
} cases[] = {
    {"columns: {x: {required: {position: 0}}}", true, 0, NONE, 0, NULL},
    {"columns: {x: {required: {position: 2}}}", false, 0, NONE, 0, "place 0, not 2"},
    {"columns: {y: {required: {action: fail}}}", false, 0, NONE, 0, "no column y"},
    {"columns: {x: {type: {is: [int64, float64]}}}", true, 0, 1, 0, NULL},
    {"columns: {kind: {type: {is: int64}}}", false, 100, 0, 0, "such as \"red\""},
    {"columns: {hole: {missing: {max: 0.1}}}", true, 10, NONE, 0, "10 %"},
    {"columns: {hole: {missing: {max: 0.05}}}", false, 10, NONE, 0, "at most 5 %"},
    {"columns: {hole: {missing: {min: 0.5}}}", false, 90, NONE, 0, "at least 50 %"},
    {"columns: {id: {unique: {}}}", true, 0, 1, 0, NULL},
    {"columns: {kind: {unique: {}}}", false, 97, NONE, 0, NULL},
    {"columns: {x: {range: {min: 0, max: 10}}}", true, 0, 1, 0, NULL},
    {"columns: {x: {range: {min: 0, strict_min: true}}}", false, 1, 0.99, 1e-12, "above 0"},
    {"columns: {x: {range: {max: 9.85}}}", false, 2, 0.98, 1e-12, "at or below 9.85"},
    {"columns: {x: {range: {max: 9.85, mostly: 0.95}}}", true, 2, NONE, 0, NULL},
    {"columns: {day: {range: {min: '2024-01-01', max: '2024-03-28'}}}", false, 16, NONE, 0,
     "2024-04-01"},
    {"columns: {kind: {range: {min: 3}}}", false, 0, NONE, 0, "does not fit"},
    {"columns: {kind: {values: {in: [red, green, blue]}}}", true, 0, NONE, 0, NULL},
    {"columns: {a: {values: {in: [0, 1, 2]}}}", false, 25, 0.75, 1e-12, "listed"},
    {"columns: {kind: {not_values: {in: [blue]}}}", false, 28, NONE, 0, "such as \"blue\""},
    {"columns: {code: {length: {min: 5, max: 5}}}", true, 0, NONE, 0, NULL},
    {"columns: {kind: {length: {max: 4}}}", false, 57, NONE, 0, "characters"},
    {"columns: {code: {regex: {match: '^A-\\d{3}$'}}}", true, 0, NONE, 0, NULL},
    {"columns: {code: {regex: {match: ['^B', '9$'], on: any}}}", false, 90, NONE, 0, "one of"},
    {"columns: {code: {regex: {match: ['^A', '9$'], on: all}}}", false, 90, NONE, 0, "all of"},
    {"columns: {code: {not_regex: {match: '(?:09|19)$'}}}", false, 2, NONE, 0,
     "such as \"A-009\""},
    {"columns: {code: {like: {match: 'A-0%'}}}", true, 0, NONE, 0, NULL},
    {"columns: {code: {like: {match: 'A-_5_'}}}", false, 90, NONE, 0, NULL},
    {"columns: {code: {not_like: {match: ['%7', '%8']}}}", false, 20, NONE, 0, NULL},
    {"columns: {day: {format: {format: '%Y-%m-%d'}}}", true, 0, NONE, 0, NULL},
    {"columns: {code: {format: {format: '%d/%m/%Y'}}}", false, 100, NONE, 0, "is a time as"},
    {"columns: {day: {date: {}}}", true, 0, NONE, 0, NULL},
    {"columns: {kind: {date: {}}}", false, 100, NONE, 0, NULL},
    {"columns: {js: {json: {}}}", true, 0, NONE, 0, NULL},
    {"columns: {code: {json: {}}}", false, 100, NONE, 0, "is JSON"},
    {"columns: {js: {json_schema: {schema: {type: object, required: [n], properties: {n: {type: integer, "
     "maximum: 89}}}}}}",
     false, 10, NONE, 0, NULL},
    {"columns: {id: {increasing: {strictly: true}}}", true, 0, NONE, 0, NULL},
    {"columns: {id: {decreasing: {}}}", false, 99, NONE, 0, NULL},
    {"columns: {x: {zscore: {max: 1.6}}}", false, 4, NONE, 0, "standard deviations"},
    {"columns: {x: {zscore: {max: 1.6, two_sided: true}}}", false, 7, NONE, 0, NULL},
    {"columns: {day: {fresh: {days: 20}}}", true, 0, 15, 0, "2024-04-16, 15.0 days old"},
    {"columns: {day: {fresh: {days: 7}}}", false, 0, 15, 0, NULL},
    {"columns: {kind: {fresh: {days: 7}}}", false, 0, NONE, 0, "holds no times"},
    {"columns: {x: {min: {min: 0, max: 0.5}}}", true, 0, 0, 0, NULL},
    {"columns: {day: {max: {max: '2024-01-31'}}}", false, 0, NONE, 0, "is 2024-04-16"},
    {"columns: {x: {mean: {min: 4, max: 4.9}}}", false, 0, 4.986, 1e-12,
     "not between 4 and 4.9"},
    {"columns: {x: {median: {max: 5}}}", true, 0, 4.95, 1e-12, NULL},
    {"columns: {x: {stdev: {max: 3}}}", true, 0, 2.9413808342547574, 1e-12, NULL},
    {"columns: {x: {sum: {max: 498}}}", false, 0, 498.6, 1e-9, NULL},
    {"columns: {kind: {mean: {max: 498}}}", false, 0, NONE, 0, "holds no numbers"},
    {"columns: {x: {quantiles: {at: [0.1, 0.9], between: [[0.9, 1], [null, 9.1]]}}}", true, 0,
     NONE, 0, NULL},
    {"columns: {x: {quantiles: {at: [0.1, 0.9], between: [[1, 2], [null, 9]]}}}", false, 0,
     NONE, 0, "quantile 0.1 is 0.99, outside 1 to 2, the quantile 0.9 is 9.01"},
    {"columns: {kind: {distinct: {min: 3, max: 3}}}", true, 0, 3, 0, NULL},
    {"columns: {kind: {distinct_share: {min: 0.5}}}", false, 0, 0.03, 1e-12, NULL},
    {"columns: {kind: {top: {in: [green]}}}", true, 0, 57, 0, NULL},
    {"columns: {kind: {top: {in: [red]}}}", false, 0, NONE, 0, "\"green\""},
    {"columns: {kind: {distinct_in: {in: [red, green]}}}", false, 0, 1, 0,
     "should not have \"blue\""},
    {"columns: {kind: {distinct_contain: {in: [red, pink]}}}", false, 0, 1, 0,
     "lacks \"pink\""},
    {"columns: {kind: {distinct_equal: {in: [red, green, blue]}}}", true, 0, 0, 0, NULL},
    {"columns: {kind: {kl: {in: [red, green, blue], shares: [0.4, 0.4, 0.2], max: 0.1}}}",
     false, 0, 0.14896577212293052, 1e-12, "divergence"},
    {"columns: {kind: {kl: {in: [red, green], shares: [0.5, 0.5], max: 9}}}", false, 0,
     HUGE_VAL, 0, NULL},
    {"columns: {kind: {psi: {in: [red, green, blue], shares: [0.15, 0.57, 0.28], max: 0.01}}}",
     true, 0, 0, 1e-12, NULL},
    {"columns: {kind: {chi2: {in: [red, green, blue], shares: [0.4, 0.4, 0.2], min: 0.05}}}",
     false, 0, 2.2045216750777443e-06, 1e-12, NULL},
    /* ours is Stephens' approximation of the exact value */
    {"columns: {x: {ks: {edges: [0, 2, 5, 10.2], shares: [0.25, 0.25, 0.5], min: 0.05}}}", true,
     0, 0.9532, 0.03, NULL},
    {"columns: {x: {law: {law: norm, params: [5, 3], min: 0.05}}}", true, 0, 0.8653, 0.03,
     NULL},
    {"columns: {x: {law: {law: expon, params: [0, 1], min: 0.05}}}", false, 0, NONE, 0, NULL},
    {"columns: {x: {law: {law: cauchy, min: 0.05}}}", false, 0, NONE, 0, "no law cauchy"},
    {"rows: {min: 101, action: fail}", false, 0, 100, 0, "at least 101"},
    {"column_count: {min: 12, max: 12}", true, 0, 12, 0, NULL},
    {"column_set: {columns: [x, kind]}", true, 0, NONE, 0, NULL},
    {"column_set: {columns: [x, y], exact: true}", false, 0, NONE, 0,
     "no column y, column kind should"},
    {"column_order: {columns: [x, size]}", false, 0, NONE, 0, "column 2 is kind, not size"},
    {"unique_rows: {columns: [kind, id]}", true, 0, NONE, 0, NULL},
    {"unique_rows: {columns: [a, b]}", false, 88, NONE, 0, "a and b together"},
    {"unique_rows: {columns: [a, q]}", false, 0, NONE, 0, "no column q"},
    {"differ: {columns: [a, b]}", false, 27, NONE, 0, "differ"},
    {"sum_equal: {columns: [a, b, c], total: 10}", true, 0, NONE, 0, NULL},
    {"sum_equal: {columns: [a, b], total: 3}", false, 75, NONE, 0, "a and b add up to 3"},
    {"pair_greater: {columns: [stop, day], or_equal: true}", false, 1, 0.99, 1e-12,
     "at or above"},
    {"pair_greater: {columns: [id, x]}", false, 4, NONE, 0, NULL},
    {"pair_greater: {columns: [id, kind]}", false, 0, NONE, 0, "cannot be compared"},
    {"pair_equal: {columns: [stop, day], mostly: 0.9}", true, 1, NONE, 0, NULL},
    {"pair_in: {columns: [kind, size], pairs: [[red, small], [green, large], [blue, small]]}",
     false, 20, NONE, 0, NULL},
    {"cramers_v: {columns: [kind, size], max: 0.5}", false, 0, 0.5948778434405594, 1e-12, NULL},
    {"expect: [{expect: 'stop >= day', action: fail}]", false, 1, 0.99, 1e-12, "stop >= day"},
    {"expect: [{expect: 'a + b + c = 10'}]", true, 0, NONE, 0, NULL},
    {"expect: [{expect: 'a + q = 10'}]", false, 0, NONE, 0, "q"},
    {"expect: [{expect: 'a + b'}]", false, 0, NONE, 0, "no truth value"},
};

static void every_rule_holds_and_breaks(void **state)
{
    struct world w;

    (void)state;
    begin(&w);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        const struct hone_finding *f = judge(&w, cases[k].yaml, NULL);
        assert_non_null(f);
        bool good = f->severity == HONE_PASS;
        bool say = cases[k].say == NULL || strstr(f->message, cases[k].say) != NULL;
        bool value = isnan(cases[k].value) ||
                     fabs(f->value - cases[k].value) <= cases[k].slack ||
                     (isinf(cases[k].value) && isinf(f->value));
        if (good != cases[k].good || f->rows != cases[k].rows || !say || !value) {
            print_error("%s: %s, %zu rows, %.17g: %s\n", cases[k].yaml,
                        hone_severity_name(f->severity), f->rows, f->value, f->message);
        }
        CHECK(good == cases[k].good);
        assert_int_equal(f->rows, cases[k].rows);
        CHECK(say);
        CHECK(value);
    }
    end(&w);
}

static void rules_know_where_they_are(void **state)
{
    struct world w;
    static const char *const label =
        "columns: {y: {required: {not_in: [serving], action: fail}}}";
    static const char *const only =
        "columns: {x: {range: {max: 1, only_in: [training], action: fail}}}";

    (void)state;
    begin(&w);
    assert_int_equal(judge(&w, label, "training")->severity, HONE_FAIL);
    assert_null(judge(&w, label, "serving"));
    assert_int_equal(judge(&w, only, "training")->severity, HONE_FAIL);
    assert_null(judge(&w, only, "serving"));
    assert_int_equal(judge(&w, only, NULL)->severity, HONE_FAIL);
    end(&w);
}

/* A schema inferred from half of the table does not let the other half pass; loosened it does. */
static void a_schema_is_loosened(void **state)
{
    struct world w;
    HONE_JSON json_t *tree = NULL;
    HONE_JSON json_t *next = NULL;
    struct hone_schema *s = NULL;
    struct hone_schema_verdict v;
    struct hone_table *half = NULL;
    struct hone_profile *profile = NULL;
    struct hone_buf text[2];
    struct hone_buf diff;

    (void)state;
    begin(&w);
    text[0] = hone_buf(&w.mem);
    text[1] = hone_buf(&w.mem);
    diff = hone_buf(&w.mem);
    CHECK_OK(&w.run, hone_table_take(&w.run, w.t, tables_rows(&w.mem, 30), 30, &w.mem, &half));
    CHECK_OK(&w.run, hone_schema_infer(&w.run, half, NULL, &tree));
    CHECK_OK(&w.run, hone_schema_parse(&w.run, tree, &w.mem, &s));
    CHECK_OK(&w.run, hone_schema_enforce(&w.run, s, w.t, NULL, &w.mem, &v));
    CHECK(hone_findings_worst(v.findings) >= HONE_WARN);
    CHECK_OK(&w.run, hone_table_profile(&w.run, w.t, &w.mem, &profile));
    CHECK_OK(&w.run, hone_schema_loosen(&w.run, tree, w.t, profile, &next));
    CHECK_OK(&w.run, hone_schema_parse(&w.run, next, &w.mem, &s));
    CHECK_OK(&w.run, hone_schema_enforce(&w.run, s, w.t, NULL, &w.mem, &v));
    CHECK(hone_findings_worst(v.findings) < HONE_WARN);
    hone_yaml_write(&text[0], tree);
    hone_yaml_write(&text[1], next);
    CHECK_OK(&w.run, hone_text_diff(&w.run, (struct hone_str){text[0].ptr, text[0].len},
                                    (struct hone_str){text[1].ptr, text[1].len}, &diff));
    assert_non_null(strstr(diff.ptr, "\n-      max: "));
    assert_non_null(strstr(diff.ptr, "\n+      max: 100\n"));
    end(&w);
}

static void a_written_schema_says_what_was_seen(void **state)
{
    struct world w;
    HONE_JSON json_t *tree = NULL;
    HONE_JSON json_t *again = NULL;
    struct hone_profile *profile = NULL;
    struct hone_buf text;

    (void)state;
    begin(&w);
    text = hone_buf(&w.mem);
    CHECK_OK(&w.run, hone_table_profile(&w.run, w.t, &w.mem, &profile));
    CHECK_OK(&w.run, hone_schema_infer(&w.run, w.t, profile, &tree));
    hone_schema_text(tree, profile, &text);
    assert_non_null(strstr(text.ptr, "\n  id:  # int64, seen 1 to 100, none missing\n"));
    assert_non_null(strstr(text.ptr, "\n  hole:  # "));
    assert_non_null(strstr(text.ptr, "10 % missing\n"));
    assert_non_null(strstr(text.ptr, "seen 2024-01-01 to 2024-04-16"));
    CHECK_OK(&w.run, hone_yaml_parse(&w.run, (struct hone_str){text.ptr, text.len}, &again));
    CHECK(json_equal(tree, again));
    end(&w);
}

const struct CMUnitTest hone_tests_schema_rules[] = {
    cmocka_unit_test(every_rule_holds_and_breaks),
    cmocka_unit_test(rules_know_where_they_are),
    cmocka_unit_test(a_schema_is_loosened),
    cmocka_unit_test(a_written_schema_says_what_was_seen),
};
const size_t hone_tests_schema_rules_n =
    sizeof hone_tests_schema_rules / sizeof hone_tests_schema_rules[0];
