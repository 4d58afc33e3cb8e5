/*
 * drive.c - a client that loads a server and checks every reply
 *
 * usage: drive [OPTION]... FILE...
 *        drive --first FILE -- COMMAND...
 *
 * The files hold records, each a request as it goes over the wire and what may be answered:
 *
 *   request NAME bytes=N [weight=W] [expect=200|4xx|none] [logs] [feedback] [close] [half] [head]
 *   N bytes, newline
 *   answer VERSION bytes=N        (any number of them)
 *   N bytes, newline
 *
 *   expect    statuses and classes, joined by "|"; none: the server may hang up without a reply
 *   logs      the reply names a prediction that the server logs
 *   feedback  26 times @ in the bytes stand for the id of a prediction that was acknowledged; sent for --feedback of
 *             them, whatever the weight
 *   close     hang up after the reply; head: the reply has no body; half: nothing more is sent after the bytes, and
 *             with none we hang up when there is no reply in 100 ms
 *   answer    what the body of a reply of that X-Hone-Version must contain
 *
 * With --acks each acknowledgement is a line: "P time id" for a prediction, "F time id n" for a label that was sent
 * when n predictions had been acknowledged, "U time id" for a label of a prediction that the server does not know.
 * With --versions each change of the version that answers is one: "V time from to".  Times are µs since 1970.
 * Lines "#..." between records are comments.  --first starts COMMAND and tells how long after that the first record
 * was answered, and its process.  Exit status 1 when a reply was wrong or a request had none.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
    ID = 26,         /* of a prediction's id; rows of a request have "-0" and so on behind it */
    STATUSES = 1000, /* the first of them: hung up without a reply */
    QUEUE = 65536,   /* ids that wait for their label */
    STEPS = 64,      /* of the histogram, for each doubling */
    OCTAVES = 40,    /* of ns */
    SHOWN = 10,      /* faults that are told */
    MOST = 256 << 20,    /* bytes of one reply */
    RETRY_NS = 2000000,  /* between attempts to connect */
    LEAVE_NS = 100000000 /* until the sender of half a request hangs up */
};

struct answer {
    char version[24];
    char *bytes;
    size_t len;
};

struct record {
    char name[64];
    char *bytes;
    size_t len;
    double weight;
    bool expect[STATUSES];
    bool logs, feedback, close, half, head;
    size_t id_at; /* of a feedback record: where the id goes */
    struct answer *answer;
    size_t answers;
    uint64_t sent, right;
};

enum state { CLOSED, CONNECTING, IDLE, SENDING, READING };

struct connection {
    int fd;
    enum state state;
    struct record *record; /* what is asked; NULL: nothing */
    char id[ID + 8];       /* of the label that is told */
    char *own;             /* the request with its id, NULL: the record's bytes */
    size_t sent;
    char *in;
    size_t have, room;
    int64_t begun, retry;
    uint64_t acked; /* predictions acknowledged when a label was sent */
};

struct drive {
    struct sockaddr_in address;
    struct connection *connection;
    size_t connections;
    struct record *record;
    size_t records;
    double *until; /* (records) sums of the weights; feedback has none */
    double weight, share, rate, seconds, reconnect, timeout, every;
    struct record *labels;
    uint64_t requests, issued, done, right, wrong, broken, breaks, unknown, resent;
    uint64_t status[STATUSES];
    uint64_t slots[OCTAVES * STEPS];
    int64_t most, begun, alive; /* alive: when the server was last heard of */
    char (*queue)[ID + 8];
    size_t queued, head;
    uint64_t acked, told, random;
    FILE *acks, *versions;
    char version[24];
    int epoll, shown;
    bool stop;
    /* the server's memory: (requests, KiB) each second */
    long watched;
    double (*sample)[2];
    size_t samples, sample_room;
    int64_t next_sample, next_word;
};

static volatile sig_atomic_t interrupted;
static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static __attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("drive: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

static void *room_for(void *old, size_t n, size_t size)
{
    void *p = realloc(old, n * size + 1);
    if (p == NULL) {
        die("out of memory");
    }
    return p;
}

static int64_t ticks(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static long long now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Uniform in [0, 1): splitmix64. */
static double uniform(struct drive *d)
{
    uint64_t z = d->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* --- records -------------------------------------------------------------------------------------- */

static char *read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    char *bytes = NULL;
    size_t room = 0;
    *len = 0;
    if (f == NULL) {
        die("%s: %s", path, strerror(errno));
    }
    for (;;) {
        room = room == 0 ? 1 << 16 : room * 2;
        bytes = room_for(bytes, room, 1);
        *len += fread(bytes + *len, 1, room - *len, f);
        if (*len < room) {
            break;
        }
    }
    fclose(f);
    bytes[*len] = '\0';
    return bytes;
}

/* "200|4xx|none" */
static void read_expect(const char *path, char *text, bool expect[STATUSES])
{
    memset(expect, 0, STATUSES * sizeof *expect);
    for (char *word = strtok(text, "|"); word != NULL; word = strtok(NULL, "|")) {
        int first = atoi(word);
        if (strcmp(word, "none") == 0) {
            expect[0] = true;
        } else if (strlen(word) == 3 && strcmp(word + 1, "xx") == 0 && isdigit(word[0])) {
            for (int i = 0; i < 100; i++) {
                expect[first * 100 + i] = true;
            }
        } else if (first >= 100 && first < STATUSES) {
            expect[first] = true;
        } else {
            die("%s: \"%s\" is no status", path, word);
        }
    }
}

/* The bytes that a line announced: at *at, followed by a newline. */
static char *take_bytes(const char *path, char *text, size_t len, size_t *at, size_t n)
{
    char *bytes = text + *at;
    if (n > len - *at || (*at + n < len && bytes[n] != '\n')) {
        die("%s: a record's bytes do not end where its line says, at byte %zu", path, *at);
    }
    *at += n + 1 < len - *at ? n + 1 : len - *at;
    return bytes;
}

static void read_record(struct drive *d, const char *path, char *line, size_t *bytes)
{
    d->record = room_for(d->record, d->records + 1, sizeof *d->record);
    struct record *r = &d->record[d->records++];
    char *name = strtok(line, " ");
    char *words[16];
    size_t n = 0;
    memset(r, 0, sizeof *r);
    r->weight = 1;
    r->expect[200] = true;
    snprintf(r->name, sizeof r->name, "%s", name == NULL ? "" : name);
    for (char *word; (word = strtok(NULL, " ")) != NULL && n < 16;) {
        words[n++] = word;
    }
    for (size_t i = 0; i < n; i++) {
        char *word = words[i];
        if (strncmp(word, "bytes=", 6) == 0) {
            *bytes = strtoull(word + 6, NULL, 10);
        } else if (strncmp(word, "weight=", 7) == 0) {
            r->weight = strtod(word + 7, NULL);
        } else if (strncmp(word, "expect=", 7) == 0) {
            read_expect(path, word + 7, r->expect);
        } else if (strcmp(word, "logs") == 0) {
            r->logs = true;
        } else if (strcmp(word, "feedback") == 0) {
            r->feedback = true;
        } else if (strcmp(word, "close") == 0) {
            r->close = true;
        } else if (strcmp(word, "half") == 0) {
            r->half = r->close = true;
        } else if (strcmp(word, "head") == 0) {
            r->head = true;
        } else {
            die("%s: record %s: what is \"%s\"?", path, r->name, word);
        }
    }
}

static void read_records(struct drive *d, const char *path)
{
    size_t len;
    char *text = read_file(path, &len);
    for (size_t at = 0; at < len;) {
        char *line = text + at;
        char *end = memchr(line, '\n', len - at);
        size_t bytes = SIZE_MAX;
        if (end == NULL) {
            die("%s: it ends within a line", path);
        }
        *end = '\0';
        at += (size_t)(end - line) + 1;
        if (line[0] == '#' || line[0] == '\0') {
            continue;
        }
        if (strncmp(line, "request ", 8) == 0) {
            read_record(d, path, line + 8, &bytes);
            struct record *r = &d->record[d->records - 1];
            r->bytes = take_bytes(path, text, len, &at, bytes);
            r->len = bytes;
            char *hole = memmem(r->bytes, r->len, "@@@@@@@@@@@@@@@@@@@@@@@@@@", ID);
            if (r->feedback && hole == NULL) {
                die("%s: record %s: no place for an id", path, r->name);
            }
            r->id_at = r->feedback ? (size_t)(hole - r->bytes) : 0;
        } else if (strncmp(line, "answer ", 7) == 0 && d->records > 0) {
            struct record *r = &d->record[d->records - 1];
            char *version = strtok(line + 7, " ");
            char *size = strtok(NULL, " ");
            if (size == NULL || strncmp(size, "bytes=", 6) != 0) {
                die("%s: answer VERSION bytes=N", path);
            }
            bytes = strtoull(size + 6, NULL, 10);
            r->answer = room_for(r->answer, r->answers + 1, sizeof *r->answer);
            struct answer *a = &r->answer[r->answers++];
            snprintf(a->version, sizeof a->version, "%s", version);
            a->bytes = take_bytes(path, text, len, &at, bytes);
            a->len = bytes;
        } else {
            die("%s: a record begins with \"request NAME bytes=N\", not \"%.40s\"", path, line);
        }
    }
}

static void weigh(struct drive *d)
{
    d->until = room_for(NULL, d->records, sizeof *d->until);
    for (size_t i = 0; i < d->records; i++) {
        if (d->record[i].feedback) {
            d->labels = &d->record[i];
        } else {
            d->weight += d->record[i].weight;
        }
        d->until[i] = d->weight;
    }
    if (d->weight <= 0) {
        die("no requests to send");
    }
    if (d->share > 0 && d->labels == NULL) {
        die("--feedback needs a record for it");
    }
}

static struct record *choose(struct drive *d)
{
    double x = uniform(d) * d->weight;
    size_t low = 0;
    size_t high = d->records - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (d->until[middle] > x) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return &d->record[low];
}

/* --- what is counted -------------------------------------------------------------------------------- */

static void count_time(struct drive *d, int64_t ns)
{
    uint64_t x = ns < 1 ? 1 : (uint64_t)ns;
    int octave = 63 - __builtin_clzll(x);
    uint64_t step =
        octave < 6 ? (x << (6 - octave)) - STEPS : (x >> (octave - 6)) - (uint64_t)STEPS;
    size_t slot = (size_t)octave * STEPS + (size_t)step;
    d->slots[slot < OCTAVES * STEPS ? slot : OCTAVES * STEPS - 1]++;
    d->most = ns > d->most ? ns : d->most;
}

/* The upper end of the slot in which a share of the times ends, ms. */
static double quantile(const struct drive *d, double share)
{
    uint64_t all = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < OCTAVES * STEPS; i++) {
        all += d->slots[i];
    }
    for (size_t i = 0; i < OCTAVES * STEPS; i++) {
        sum += d->slots[i];
        if (sum > 0 && (double)sum >= share * (double)all) {
            return ldexp(1 + ((double)(i % STEPS) + 1) / STEPS, (int)(i / STEPS)) / 1e6;
        }
    }
    return 0;
}

static __attribute__((format(printf, 4, 5))) void fault(struct drive *d,
                                                        const struct connection *c,
                                                        uint64_t *count, const char *format,
                                                        ...)
{
    (*count)++;
    if (d->shown++ < SHOWN) {
        va_list args;
        va_start(args, format);
        fprintf(stderr, "drive: %s: ", c->record == NULL ? "?" : c->record->name);
        vfprintf(stderr, format, args);
        fputc('\n', stderr);
        va_end(args);
    }
}

/* Resident KiB of the server. */
static void sample(struct drive *d)
{
    char path[64];
    char line[256];
    FILE *f;
    snprintf(path, sizeof path, "/proc/%ld/status", d->watched);
    f = fopen(path, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            if (d->samples == d->sample_room) {
                d->sample_room = d->sample_room == 0 ? 4096 : d->sample_room * 2;
                d->sample = room_for(d->sample, d->sample_room, sizeof *d->sample);
            }
            d->sample[d->samples][0] = (double)d->done;
            d->sample[d->samples++][1] = strtod(line + 6, NULL);
        }
    }
    if (f != NULL) {
        fclose(f);
    }
}

/*
 * Memory over the second half of the requests: a line through it, and how far it spreads.  In the first, what is
 * filled once is filled: SQLite's pages, the heaps of threads.
 */
static void tell_memory(const struct drive *d)
{
    double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0, low = (double)INFINITY, high = 0;
    for (size_t i = 0; i < d->samples; i++) {
        double a = d->sample[i][0] / 1e6;
        double b = d->sample[i][1] / 1024;
        if (d->sample[i][0] * 2 >= (double)d->done) {
            n++, x += a, y += b, xx += a * a, xy += a * b, yy += b * b;
            low = b < low ? b : low;
            high = b > high ? b : high;
        }
    }
    if (n < 3) {
        return;
    }
    double sxx = xx - x * x / n;
    double sxy = xy - x * y / n;
    double syy = yy - y * y / n;
    double slope = sxx > 0 ? sxy / sxx : 0;
    double rest = syy - slope * sxy;
    printf("memory_first_mib %.1f\nmemory_low_mib %.1f\nmemory_high_mib %.1f\nmemory_last_mib "
           "%.1f\n"
           "memory_slope_mib_per_million %.3f\nmemory_residual_mib %.3f\n",
           d->sample[0][1] / 1024, low, high, d->sample[d->samples - 1][1] / 1024, slope,
           rest > 0 ? sqrt(rest / n) : 0);
}

static void tell(const struct drive *d)
{
    double seconds = (double)(ticks() - d->begun) / 1e9;
    printf("requests %llu\nright %llu\nwrong %llu\nbroken %llu\nresent %llu\nbreaks %llu\n",
           (unsigned long long)d->done, (unsigned long long)d->right,
           (unsigned long long)d->wrong, (unsigned long long)d->broken,
           (unsigned long long)d->resent, (unsigned long long)d->breaks);
    printf("predictions %llu\nlabels %llu\nunknown %llu\n", (unsigned long long)d->acked,
           (unsigned long long)d->told, (unsigned long long)d->unknown);
    printf("seconds %.2f\nrate %.0f\n", seconds, (double)d->done / seconds);
    printf("p50_ms %.3f\np99_ms %.3f\np999_ms %.3f\nmax_ms %.3f\n", quantile(d, 0.5),
           quantile(d, 0.99), quantile(d, 0.999), (double)d->most / 1e6);
    for (int s = 0; s < STATUSES; s++) {
        if (d->status[s] > 0) {
            printf("status_%d %llu\n", s, (unsigned long long)d->status[s]);
        }
    }
    for (size_t i = 0; i < d->records; i++) {
        if (d->record[i].sent > d->record[i].right) {
            printf("wrong_%s %llu\n", d->record[i].name,
                   (unsigned long long)(d->record[i].sent - d->record[i].right));
        }
    }
    tell_memory(d);
}

static void progress(struct drive *d, int64_t now)
{
    double took = (double)(now - d->begun) / 1e9;
    double rate = (double)d->done / took;
    double left =
        d->requests > 0 ? ((double)d->requests - (double)d->done) / rate : d->seconds - took;
    bool terminal = isatty(2);
    fprintf(stderr, "%s%llu requests, %.0f/s, %llu wrong, %llu broken, %.0f s left%s",
            terminal ? "\r" : "drive: ", (unsigned long long)d->done, rate,
            (unsigned long long)d->wrong, (unsigned long long)d->broken, left,
            terminal ? "  " : "\n");
    d->next_word = now + (int64_t)(d->every * 1e9);
}

/* --- connections -------------------------------------------------------------------------------------- */

static void listen_for(struct drive *d, struct connection *c, uint32_t events, int how)
{
    struct epoll_event e = {.events = events, .data.ptr = c};
    if (epoll_ctl(d->epoll, how, c->fd, &e) != 0) {
        die("epoll: %s", strerror(errno));
    }
}

static void drop(struct connection *c)
{
    if (c->fd >= 0) {
        close(c->fd);
    }
    c->fd = -1;
    c->state = CLOSED;
    c->have = 0;
    c->sent = 0;
}

static void finish(struct drive *d, struct connection *c)
{
    c->record = NULL;
    free(c->own);
    c->own = NULL;
    d->done++;
}

/* The connection is gone before the reply was there. */
static void lost(struct drive *d, struct connection *c, const char *why)
{
    struct record *r = c->record;
    bool asked = c->state == SENDING || c->state == READING;
    drop(c);
    d->breaks += asked;
    c->retry = ticks() + RETRY_NS;
    if (r == NULL) {
        return;
    }
    if (r->expect[0]) {
        r->sent++;
        r->right++;
        d->right++;
        d->status[0]++;
        finish(d, c);
    } else if (d->reconnect > 0 && (double)(ticks() - d->alive) < d->reconnect * 1e9) {
        d->resent += asked; /* what became of it nobody knows: it is asked again */
    } else {
        fault(d, c, &d->broken, "no reply: %s", why);
        finish(d, c);
        if (d->reconnect > 0) {
            fprintf(stderr, "drive: the server did not come back in %.0f s\n", d->reconnect);
            d->stop = true;
        }
    }
}

static void dial(struct drive *d, struct connection *c)
{
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        die("socket: %s", strerror(errno));
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->have = 0;
    c->sent = 0;
    if (connect(c->fd, (struct sockaddr *)&d->address, sizeof d->address) != 0 &&
        errno != EINPROGRESS) {
        lost(d, c, strerror(errno));
        return;
    }
    c->state = CONNECTING;
    listen_for(d, c, EPOLLOUT, EPOLL_CTL_ADD);
}

static void send_more(struct drive *d, struct connection *c)
{
    const char *bytes = c->own != NULL ? c->own : c->record->bytes;
    while (c->sent < c->record->len) {
        ssize_t n = send(c->fd, bytes + c->sent, c->record->len - c->sent, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            /* a refusal may come before all is sent */
            listen_for(d, c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return;
        }
        if (n < 0) {
            c->state = READING; /* a reply may lie there, sent before the server hung up */
            listen_for(d, c, EPOLLIN, EPOLL_CTL_MOD);
            return;
        }
        c->sent += (size_t)n;
    }
    if (c->record->half) {
        shutdown(c->fd, SHUT_WR);
    }
    c->state = READING;
    listen_for(d, c, EPOLLIN, EPOLL_CTL_MOD);
}

static void begin(struct drive *d, struct connection *c)
{
    c->sent = 0;
    c->have = 0;
    c->begun = ticks();
    c->acked = d->acked;
    c->state = SENDING;
    send_more(d, c);
}

/* What to ask next: a label when one waits. */
static bool ask(struct drive *d, struct connection *c, int64_t now)
{
    if (d->stop || (d->requests > 0 && d->issued >= d->requests) ||
        (d->seconds > 0 && (double)(now - d->begun) >= d->seconds * 1e9) ||
        (d->rate > 0 && (double)d->issued > d->rate * (double)(now - d->begun) / 1e9)) {
        return false;
    }
    if (d->queued > 0) {
        c->record = d->labels;
        memcpy(c->id, d->queue[d->head], sizeof c->id);
        d->head = (d->head + 1) % QUEUE;
        d->queued--;
        c->own = room_for(NULL, c->record->len, 1);
        memcpy(c->own, c->record->bytes, c->record->len);
        memcpy(c->own + c->record->id_at, c->id, ID);
    } else {
        c->record = choose(d);
    }
    d->issued++;
    return true;
}

/* --- replies -------------------------------------------------------------------------------------------- */

struct reply {
    int status;
    const char *body;
    size_t len;
    bool closes;
    char version[24];
};

/* The value of a header in a head that ends with an empty line; NULL: not there. */
static const char *header(const char *head, const char *end, const char *name, size_t *len)
{
    size_t n = strlen(name);
    for (const char *line = memchr(head, '\n', (size_t)(end - head)); line != NULL;
         line = memchr(line, '\n', (size_t)(end - line))) {
        line++;
        if ((size_t)(end - line) > n && strncasecmp(line, name, n) == 0 && line[n] == ':') {
            const char *value = line + n + 1;
            while (*value == ' ') {
                value++;
            }
            *len = strcspn(value, "\r\n");
            return value;
        }
    }
    return NULL;
}

/* 1: it is whole; 0: more must come; -1: it is none. */
static int parse(struct connection *c, bool ended, struct reply *out)
{
    size_t len;
    c->in[c->have] = '\0';
    char *end = memmem(c->in, c->have, "\r\n\r\n", 4);
    if (end == NULL) {
        return ended ? -1 : 0;
    }
    if (c->have < 12 || strncmp(c->in, "HTTP/1.", 7) != 0) {
        return -1;
    }
    out->status = atoi(c->in + 9);
    if (out->status < 100 || out->status > 599) {
        return -1;
    }
    end += 4;
    size_t head = (size_t)(end - c->in);
    if (out->status < 200) {
        memmove(c->in, end, c->have - head);
        c->have -= head;
        return parse(c, ended, out);
    }
    const char *value = header(c->in, end, "Connection", &len);
    out->closes = value != NULL && len == 5 && strncasecmp(value, "close", 5) == 0;
    value = header(c->in, end, "X-Hone-Version", &len);
    snprintf(out->version, sizeof out->version, "%.*s", value == NULL ? 0 : (int)len, value);
    value = header(c->in, end, "Content-Length", &len);
    out->body = end;
    if (c->record->head || out->status == 204 || out->status == 304) {
        out->len = 0;
        return 1;
    }
    if (value == NULL) {
        out->len = c->have - head;
        out->closes = true;
        return ended ? 1 : 0;
    }
    out->len = strtoull(value, NULL, 10);
    if (c->have - head > out->len) {
        return c->record->close ? 1 : -1; /* nothing else was asked */
    }
    return c->have - head == out->len ? 1 : ended ? -1 : 0;
}

/* The ids of a reply's rows, where they are. */
static void take_ids(struct drive *d, const struct reply *reply)
{
    static const char key[] = "\"id\":\"";
    static const char v2[] = "\"prediction_id\":\"";
    const char *look = memmem(reply->body, reply->len, v2, sizeof v2 - 1) != NULL ? v2 : key;
    const char *at = reply->body;
    const char *end = reply->body + reply->len;
    while ((at = memmem(at, (size_t)(end - at), look, strlen(look))) != NULL) {
        at += strlen(look);
        size_t len = strcspn(at, "\"");
        if (len < ID || len >= ID + 8) {
            continue;
        }
        d->acked++;
        if (d->acks != NULL) {
            fprintf(d->acks, "P %lld %.*s\n", now_us(), (int)len, at);
        }
        if (len == ID && d->share > 0 && uniform(d) < d->share && d->queued < QUEUE) {
            char *place = d->queue[(d->head + d->queued++) % QUEUE];
            memcpy(place, at, ID);
            place[ID] = '\0';
        }
    }
}

static void take_label(struct drive *d, const struct connection *c, const struct reply *reply)
{
    if (reply->status == 200) {
        d->told++;
    } else {
        d->unknown++;
    }
    if (d->acks != NULL) {
        fprintf(d->acks, reply->status == 200 ? "F %lld %s %llu\n" : "U %lld %s\n", now_us(),
                c->id, (unsigned long long)c->acked);
    }
}

static void see_version(struct drive *d, const struct reply *reply)
{
    if (d->versions != NULL && reply->version[0] != '\0' &&
        strcmp(reply->version, d->version) != 0) {
        fprintf(d->versions, "V %lld %s %s\n", now_us(),
                d->version[0] == '\0' ? "-" : d->version, reply->version);
        fflush(d->versions);
        memcpy(d->version, reply->version, sizeof d->version);
    }
}

static bool answer_fits(const struct record *r, const struct reply *reply)
{
    for (size_t i = 0; i < r->answers; i++) {
        const struct answer *a = &r->answer[i];
        if (strcmp(a->version, reply->version) == 0) {
            return memmem(reply->body, reply->len, a->bytes, a->len) != NULL;
        }
    }
    return r->answers == 0;
}

static void judge(struct drive *d, struct connection *c, const struct reply *reply)
{
    struct record *r = c->record;
    /* After a break a label may speak of a prediction that went with the server. */
    bool unknown = r->feedback && reply->status == 404 && d->reconnect > 0;
    count_time(d, ticks() - c->begun);
    d->status[reply->status]++;
    r->sent++;
    if (!r->expect[reply->status] && !unknown) {
        fault(d, c, &d->wrong, "status %d: %.*s", reply->status,
              (int)(reply->len < 200 ? reply->len : 200), reply->body);
    } else if (!answer_fits(r, reply)) {
        fault(d, c, &d->wrong, "another answer of version %s: %.*s", reply->version,
              (int)(reply->len < 300 ? reply->len : 300), reply->body);
    } else {
        r->right++;
        d->right++;
        if (r->logs && reply->status == 200) {
            take_ids(d, reply);
        }
        if (r->feedback) {
            take_label(d, c, reply);
        }
    }
    see_version(d, reply);
}

static void read_more(struct drive *d, struct connection *c)
{
    struct reply reply;
    bool ended = false;
    for (;;) {
        if (c->room - c->have < 4096) {
            c->room = c->room == 0 ? 16384 : c->room * 2;
            if (c->room > MOST) {
                die("a reply of more than %d bytes", MOST);
            }
            c->in = room_for(c->in, c->room, 1);
        }
        ssize_t n = recv(c->fd, c->in + c->have, c->room - c->have, 0);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            break;
        }
        if (n <= 0) {
            ended = true;
            break;
        }
        c->have += (size_t)n;
        if ((size_t)n < c->room - c->have) {
            break;
        }
    }
    if (c->record == NULL || c->state == IDLE) {
        if (ended || c->have > 0) {
            drop(c); /* it had been silent for long */
        }
        return;
    }
    int whole = c->have == 0 && !ended ? 0 : parse(c, ended, &reply);
    if (whole == 0) {
        return;
    }
    if (whole < 0) {
        if (ended) {
            lost(d, c, c->have == 0 ? "hung up" : "hung up amid the reply");
        } else {
            fault(d, c, &d->wrong, "not a reply: %.60s", c->in);
            c->record->sent++;
            finish(d, c);
            drop(c);
        }
        return;
    }
    d->alive = ticks();
    judge(d, c, &reply);
    bool over = ended || reply.closes || c->record->close || c->state == SENDING;
    finish(d, c);
    c->state = IDLE;
    c->have = 0;
    if (over) {
        drop(c);
    }
}

static void on_event(struct drive *d, struct connection *c, uint32_t events)
{
    if (c->state == CONNECTING) {
        int error = 0;
        socklen_t len = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        if (error != 0) {
            lost(d, c, strerror(error));
            return;
        }
        c->state = IDLE;
        listen_for(d, c, EPOLLIN, EPOLL_CTL_MOD);
        if (c->record != NULL) {
            begin(d, c);
        }
        return;
    }
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        read_more(d, c);
    }
    if (c->state == SENDING && (events & EPOLLOUT)) {
        send_more(d, c);
    }
}

/* --- the whole --------------------------------------------------------------------------------------------- */

/* Let every connection that can ask; whether any of them waits for anything. */
static bool tend(struct drive *d, int64_t now)
{
    bool busy = false;
    for (size_t i = 0; i < d->connections; i++) {
        struct connection *c = &d->connection[i];
        if ((c->state == SENDING || c->state == READING || c->state == CONNECTING) &&
            c->record != NULL && c->record->half && c->record->expect[0] &&
            now - c->begun > LEAVE_NS) {
            lost(d, c, "left");
        } else if ((c->state == SENDING || c->state == READING || c->state == CONNECTING) &&
                   c->record != NULL && (double)(now - c->begun) > d->timeout * 1e9) {
            fault(d, c, &d->broken, "no reply in %.0f s", d->timeout);
            finish(d, c);
            drop(c);
        }
        if (c->record == NULL && (c->state == IDLE || c->state == CLOSED) && !ask(d, c, now)) {
            continue;
        }
        busy = true;
        if (c->state == IDLE) {
            begin(d, c);
        } else if (c->state == CLOSED && now >= c->retry) {
            c->begun = now;
            dial(d, c);
        }
    }
    return busy;
}

static void loop(struct drive *d)
{
    struct epoll_event events[256];
    d->begun = d->alive = ticks();
    d->next_word = d->begun + (int64_t)(d->every * 1e9);
    while (!interrupted && !d->stop) {
        int64_t now = ticks();
        bool over = (d->requests > 0 && d->issued >= d->requests) ||
                    (d->seconds > 0 && (double)(now - d->begun) >= d->seconds * 1e9);
        if (!tend(d, now) && over) {
            break;
        }
        int n = epoll_wait(d->epoll, events, 256, 1);
        for (int i = 0; i < n; i++) {
            on_event(d, events[i].data.ptr, events[i].events);
        }
        if (d->watched > 0 && now >= d->next_sample) {
            sample(d);
            d->next_sample = now + 1000000000;
        }
        if (d->every > 0 && now >= d->next_word) {
            progress(d, now);
        }
    }
    if (d->every > 0) {
        progress(d, ticks());
        fputc('\n', stderr);
    }
}

/* Start a server and ask it until it answers. */
static int first(struct drive *d, char **command)
{
    struct connection c = {.fd = -1, .record = &d->record[0]};
    struct reply reply;
    pid_t pid;
    int64_t begun = ticks();
    if (posix_spawnp(&pid, command[0], NULL, NULL, command, environ) != 0) {
        die("cannot start %s", command[0]);
    }
    c.in = room_for(NULL, 1 << 16, 1);
    for (;;) {
        const struct timespec nap = {0, 100000};
        if ((double)(ticks() - begun) > d->timeout * 1e9) {
            kill(pid, SIGKILL);
            die("no answer in %.0f s", d->timeout);
        }
        c.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(c.fd, (struct sockaddr *)&d->address, sizeof d->address) == 0) {
            break;
        }
        close(c.fd);
        nanosleep(&nap, NULL);
    }
    int64_t connected = ticks();
    if (send(c.fd, c.record->bytes, c.record->len, MSG_NOSIGNAL) != (ssize_t)c.record->len) {
        die("cannot send: %s", strerror(errno));
    }
    int whole = 0;
    while (whole == 0) {
        ssize_t n = recv(c.fd, c.in + c.have, (1 << 16) - c.have, 0);
        c.have += n > 0 ? (size_t)n : 0;
        whole = parse(&c, n <= 0, &reply);
    }
    int64_t answered = ticks();
    close(c.fd);
    if (whole < 0 || !c.record->expect[reply.status] || !answer_fits(c.record, &reply)) {
        kill(pid, SIGKILL);
        die("the first answer is wrong: %.300s", c.in);
    }
    free(c.in);
    printf("first_ms %.2f\nconnected_ms %.2f\npid %ld\n", (double)(answered - begun) / 1e6,
           (double)(connected - begun) / 1e6, (long)pid);
    return 0;
}

static void take_url(struct drive *d, const char *url)
{
    char host[64];
    unsigned port = 80;
    int n = sscanf(url, "http://%63[^:/]:%u", host, &port);
    d->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (n < 1 || inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host,
                           &d->address.sin_addr) != 1) {
        die("--url http://127.0.0.1:PORT, not \"%s\"", url);
    }
}

static FILE *append_to(const char *path)
{
    FILE *f = fopen(path, "a");
    if (f == NULL) {
        die("%s: %s", path, strerror(errno));
    }
    return f;
}

static const char help[] =
    "drive --url http://127.0.0.1:PORT [--connections 16] [--requests N | --seconds S] [--rate N]\n"
    "      [--feedback SHARE] [--acks FILE] [--versions FILE] [--reconnect S] [--timeout S]\n"
    "      [--watch PID] [--progress S] [--seed N] FILE...\n"
    "drive --url URL --first FILE -- COMMAND...\n";

static bool take_option(struct drive *d, const char *name, const char *value)
{
    if (strcmp(name, "url") == 0) {
        take_url(d, value);
    } else if (strcmp(name, "connections") == 0) {
        d->connections = strtoull(value, NULL, 10);
    } else if (strcmp(name, "requests") == 0) {
        d->requests = strtoull(value, NULL, 10);
    } else if (strcmp(name, "seconds") == 0) {
        d->seconds = strtod(value, NULL);
    } else if (strcmp(name, "rate") == 0) {
        d->rate = strtod(value, NULL);
    } else if (strcmp(name, "feedback") == 0) {
        d->share = strtod(value, NULL);
    } else if (strcmp(name, "acks") == 0) {
        d->acks = append_to(value);
    } else if (strcmp(name, "versions") == 0) {
        d->versions = append_to(value);
    } else if (strcmp(name, "reconnect") == 0) {
        d->reconnect = strtod(value, NULL);
    } else if (strcmp(name, "timeout") == 0) {
        d->timeout = strtod(value, NULL);
    } else if (strcmp(name, "watch") == 0) {
        d->watched = strtol(value, NULL, 10);
    } else if (strcmp(name, "progress") == 0) {
        d->every = strtod(value, NULL);
    } else if (strcmp(name, "seed") == 0) {
        d->random = strtoull(value, NULL, 10);
    } else {
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct drive drive;
    struct drive *d = &drive;
    bool ask_first = false;
    int i = 1;
    d->connections = 16;
    d->timeout = 60;
    d->random = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0 && argv[i][2] != '\0'; i++) {
        if (strcmp(argv[i], "--first") == 0) {
            ask_first = true;
        } else if (i + 1 == argc || !take_option(d, argv[i] + 2, argv[i + 1])) {
            fputs(help, stderr);
            return 2;
        } else {
            i++;
        }
    }
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        read_records(d, argv[i]);
    }
    if (d->records == 0 || d->address.sin_port == 0 || (ask_first && i + 1 >= argc)) {
        fputs(help, stderr);
        return 2;
    }
    weigh(d);
    if (ask_first) {
        return first(d, argv + i + 1);
    }
    if (d->requests == 0 && d->seconds <= 0) {
        d->requests = d->records;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    d->epoll = epoll_create1(EPOLL_CLOEXEC);
    d->queue = room_for(NULL, QUEUE, sizeof *d->queue);
    d->connection = room_for(NULL, d->connections, sizeof *d->connection);
    memset(d->connection, 0, d->connections * sizeof *d->connection);
    for (size_t k = 0; k < d->connections; k++) {
        d->connection[k].fd = -1;
    }
    loop(d);
    if (d->acks != NULL) {
        fclose(d->acks);
    }
    tell(d);
    return d->wrong + d->broken > 0 || d->right < d->done || interrupted ? 1 : 0;
}
