/*
 * A table of 1,000,000 x 30 as CSV, the same on every run: 18 reals of 2 to 6 decimals, 4 integers, 7 columns
 * of words (2 to 20,000 different ones), a date; 6 % of the reals and words are missing.
 * usage: gen [rows [quoted]] > file; with quoted, words stand in quotes and some hold commas.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 20260404;

/* splitmix64: Steele, Lea, Flood, OOPSLA 2014 */
static uint64_t next(void)
{
    uint64_t x = state += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static double uniform(void)
{
    return ((double)(next() >> 11) + 0.5) * 0x1p-53;
}

static bool missing(void)
{
    return next() % 100 < 6;
}

/* Rounded to some decimals, zeros at the end left out but the first. */
static void put_real(int scale, int decimals)
{
    double normal = sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
    int64_t n = llround(normal * pow(10, scale + decimals));
    int64_t unit = (int64_t)pow(10, decimals);
    uint64_t size = (uint64_t)(n < 0 ? -n : n);
    char text[16];
    int len = snprintf(text, sizeof text, "%0*llu", decimals,
                       (unsigned long long)(size % (uint64_t)unit));

    while (len > 1 && text[len - 1] == '0') {
        len--;
    }
    printf("%s%llu.%.*s", n < 0 ? "-" : "", (unsigned long long)(size / (uint64_t)unit), len,
           text);
}

static void put_date(uint64_t day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 2020;
    int month = 0;

    for (;; month = 0, year++) {
        for (; month < 12; month++) {
            uint64_t n = (uint64_t)days[month] + (month == 1 && year % 4 == 0);
            if (day < n) {
                printf("%04d-%02d-%02d", year, month + 1, (int)day + 1);
                return;
            }
            day -= n;
        }
    }
}

int main(int argc, char **argv)
{
    static const uint64_t levels[] = {2, 5, 12, 50, 300, 2000, 20000};
    static const uint64_t most[] = {100, 10000, 1000000, 100000000};
    long rows = argc > 1 ? strtol(argv[1], NULL, 10) : 1000000;
    bool quoted = argc > 2;

    for (int i = 0; i < 18; i++) {
        printf("num%d,", i);
    }
    for (int i = 0; i < 4; i++) {
        printf("int%d,", i);
    }
    for (int i = 0; i < 7; i++) {
        printf("cat%d,", i);
    }
    printf("when\n");
    for (long row = 0; row < rows; row++) {
        for (int i = 0; i < 18; i++) {
            if (!missing()) {
                put_real(i % 5, 2 + i % 5);
            }
            putchar(',');
        }
        for (int i = 0; i < 4; i++) {
            printf("%llu,", (unsigned long long)(next() % most[i]));
        }
        for (int i = 0; i < 7; i++) {
            if (!missing()) {
                unsigned long long j = next() % levels[i];
                printf(quoted ? "\"lvl,%llu_%llx\"" : "lvl_%llu_%llx", j,
                       j * 2654435761u & 0xffffff);
            }
            putchar(',');
        }
        put_date(next() % 2000);
        putchar('\n');
    }
    return 0;
}
