#include "diary.h"

#include <errno.h>
#include <string.h>

#include "basics.h"

FILE *diary_open(const char *path)
{
    FILE *f = fopen(path, "a");
    if (f == NULL) {
        die("%s: %s", path, strerror(errno));
    }
    return f;
}

void diary_prediction(struct diary *d, const char *id, size_t len)
{
    d->acked++;
    if (d->acks != NULL) {
        fprintf(d->acks, "P %lld %.*s\n", now_us(), (int)len, id);
    }
}

void diary_label(struct diary *d, const char *id, uint64_t acked)
{
    d->told++;
    if (d->acks != NULL) {
        fprintf(d->acks, "F %lld %s %llu\n", now_us(), id, (unsigned long long)acked);
    }
}

void diary_unknown(struct diary *d, const char *id)
{
    d->unknown++;
    if (d->acks != NULL) {
        fprintf(d->acks, "U %lld %s\n", now_us(), id);
    }
}

void diary_version(struct diary *d, const char *version)
{
    if (d->versions != NULL && version[0] != '\0' && strcmp(version, d->version) != 0) {
        fprintf(d->versions, "V %lld %s %s\n", now_us(),
                d->version[0] == '\0' ? "-" : d->version, version);
        fflush(d->versions);
        snprintf(d->version, sizeof d->version, "%s", version);
    }
}
