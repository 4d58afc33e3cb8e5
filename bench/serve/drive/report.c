#include "report.h"

#include <stdio.h>
#include <unistd.h>

#include "basics.h"

void report_end(const struct drive *d)
{
    const struct tally *t = &d->tally;
    double seconds = (double)(ticks() - d->plan.begun) / 1e9;
    printf("requests %llu\nright %llu\nwrong %llu\nbroken %llu\nresent %llu\nbreaks %llu\n",
           (unsigned long long)t->done, (unsigned long long)t->right,
           (unsigned long long)t->wrong, (unsigned long long)t->broken,
           (unsigned long long)t->resent, (unsigned long long)t->breaks);
    printf("predictions %llu\nlabels %llu\nunknown %llu\n", (unsigned long long)d->diary.acked,
           (unsigned long long)d->diary.told, (unsigned long long)d->diary.unknown);
    printf("seconds %.2f\nrate %.0f\n", seconds, (double)t->done / seconds);
    printf("p50_ms %.3f\np99_ms %.3f\np999_ms %.3f\nmax_ms %.3f\n", tally_quantile(t, 0.5),
           tally_quantile(t, 0.99), tally_quantile(t, 0.999), (double)t->most / 1e6);
    for (int s = 0; s < STATUSES; s++) {
        if (t->status[s] > 0) {
            printf("status_%d %llu\n", s, (unsigned long long)t->status[s]);
        }
    }
    for (size_t i = 0; i < d->plan.records.n; i++) {
        const struct record *r = &d->plan.records.record[i];
        if (r->sent > r->right) {
            printf("wrong_%s %llu\n", r->name, (unsigned long long)(r->sent - r->right));
        }
    }
    memory_tell(&d->memory, t->done);
}

void report_progress(const struct drive *d, int64_t now)
{
    const struct plan *p = &d->plan;
    double took = (double)(now - p->begun) / 1e9;
    double rate = (double)d->tally.done / took;
    double left = p->requests > 0 ? ((double)p->requests - (double)d->tally.done) / rate
                                  : p->seconds - took;
    bool terminal = isatty(2);
    fprintf(stderr, "%s%llu requests, %.0f/s, %llu wrong, %llu broken, %.0f s left%s",
            terminal ? "\r" : "drive: ", (unsigned long long)d->tally.done, rate,
            (unsigned long long)d->tally.wrong, (unsigned long long)d->tally.broken, left,
            terminal ? "  " : "\n");
}
