/*
 * unit_main.c - run the unit tests
 *
 * usage: unit --list | unit GROUP [PATTERN]
 *
 * One group per process: tools/run-tests starts one after the other, so a crash costs only
 * its own group.
 */
#include "unit_main.h"

#include <stdio.h>
#include <string.h>

static int list(void)
{
    for (const struct unit_group *g = unit_groups; g->name != NULL; g++) {
        printf("%s\n", g->name);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: unit --list | unit GROUP [PATTERN]\n");
        return 2;
    }
    if (strcmp(argv[1], "--list") == 0) {
        return list();
    }
    if (argc > 2) {
        cmocka_set_test_filter(argv[2]);
    }
    for (const struct unit_group *g = unit_groups; g->name != NULL; g++) {
        if (strcmp(g->name, argv[1]) == 0) {
            return _cmocka_run_group_tests(g->name, g->tests, *g->n, NULL, NULL) == 0 ? 0 : 1;
        }
    }
    fprintf(stderr, "unit: no group %s\n", argv[1]);
    return 2;
}
