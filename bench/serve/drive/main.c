/*
 * drive - a client that loads a server and checks every reply
 *
 * usage: drive [OPTION]... FILE...
 *        drive --first FILE -- COMMAND...
 *
 * The files hold requests and what may be answered to them (record.h).  --acks and --versions keep the client's own
 * record (diary.h).  --first starts COMMAND and tells how long after that the first record was answered, and its
 * process.  Exit status 1 when a reply was wrong or a request had none.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "basics.h"
#include "connection.h"
#include "first.h"
#include "report.h"

enum { SAMPLE_NS = 1000000000 }; /* between looks at the server's memory */

static const char help[] =
    "drive --url http://127.0.0.1:PORT [--connections 16] [--requests N | --seconds S] [--rate N]\n"
    "      [--feedback SHARE] [--acks FILE] [--versions FILE] [--reconnect S] [--timeout S]\n"
    "      [--watch PID] [--progress S] [--seed N] FILE...\n"
    "drive --url URL --first FILE -- COMMAND...\n";

static volatile sig_atomic_t interrupted;
static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
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

static bool take_option(struct drive *d, const char *name, const char *value, double *every)
{
    if (strcmp(name, "url") == 0) {
        take_url(d, value);
    } else if (strcmp(name, "connections") == 0) {
        d->connections = strtoull(value, NULL, 10);
    } else if (strcmp(name, "requests") == 0) {
        d->plan.requests = strtoull(value, NULL, 10);
    } else if (strcmp(name, "seconds") == 0) {
        d->plan.seconds = strtod(value, NULL);
    } else if (strcmp(name, "rate") == 0) {
        d->plan.rate = strtod(value, NULL);
    } else if (strcmp(name, "feedback") == 0) {
        d->plan.share = strtod(value, NULL);
    } else if (strcmp(name, "acks") == 0) {
        d->diary.acks = diary_open(value);
    } else if (strcmp(name, "versions") == 0) {
        d->diary.versions = diary_open(value);
    } else if (strcmp(name, "reconnect") == 0) {
        d->reconnect = strtod(value, NULL);
    } else if (strcmp(name, "timeout") == 0) {
        d->timeout = strtod(value, NULL);
    } else if (strcmp(name, "watch") == 0) {
        d->memory.watched = strtol(value, NULL, 10);
    } else if (strcmp(name, "progress") == 0) {
        *every = strtod(value, NULL);
    } else if (strcmp(name, "seed") == 0) {
        d->plan.random = strtoull(value, NULL, 10);
    } else {
        return false;
    }
    return true;
}

/* Reads the command line; whether it makes sense.  *command: what follows "--", of --first alone; NULL: no --first. */
static bool take_arguments(struct drive *d, char **argv, double *every, char ***command)
{
    bool ask_first = false;
    for (; *argv != NULL && strncmp(*argv, "--", 2) == 0 && (*argv)[2] != '\0'; argv++) {
        if (strcmp(*argv, "--first") == 0) {
            ask_first = true;
        } else if (argv[1] == NULL || !take_option(d, *argv + 2, argv[1], every)) {
            return false;
        } else {
            argv++;
        }
    }
    for (; *argv != NULL && strcmp(*argv, "--") != 0; argv++) {
        records_read(&d->plan.records, *argv);
    }
    *command = ask_first && *argv != NULL ? argv + 1 : NULL;
    return d->plan.records.n > 0 && d->address.sin_port != 0 &&
           (!ask_first || (*command != NULL && **command != NULL));
}

static void open_connections(struct drive *d)
{
    d->epoll = epoll_create1(EPOLL_CLOEXEC);
    d->connection = room_for(NULL, d->connections, sizeof *d->connection);
    memset(d->connection, 0, d->connections * sizeof *d->connection);
    for (size_t i = 0; i < d->connections; i++) {
        d->connection[i].fd = -1;
    }
}

/* Let every connection that can ask; whether any of them waits for anything. */
static bool tend(struct drive *d, int64_t now)
{
    bool busy = false;
    for (size_t i = 0; i < d->connections; i++) {
        busy |= connection_tend(d, &d->connection[i], now);
    }
    return busy;
}

/* Ask until all is asked and answered; every so many seconds (0: never) a word of it. */
static void load(struct drive *d, double every)
{
    struct epoll_event events[256];
    int64_t next_sample = 0;
    d->plan.begun = d->alive = ticks();
    int64_t next_word = d->plan.begun + (int64_t)(every * 1e9);
    while (!interrupted && !d->stop) {
        int64_t now = ticks();
        bool over = plan_over(&d->plan, now);
        if (!tend(d, now) && over) {
            break;
        }
        int n = epoll_wait(d->epoll, events, 256, 1);
        for (int i = 0; i < n; i++) {
            connection_event(d, events[i].data.ptr, events[i].events);
        }
        if (d->memory.watched > 0 && now >= next_sample) {
            memory_sample(&d->memory, d->tally.done);
            next_sample = now + SAMPLE_NS;
        }
        if (every > 0 && now >= next_word) {
            report_progress(d, now);
            next_word = now + (int64_t)(every * 1e9);
        }
    }
    if (every > 0) {
        report_progress(d, ticks());
        fputc('\n', stderr);
    }
}

int main(int argc, char **argv)
{
    static struct drive drive = {.connections = 16, .timeout = 60, .plan.random = 1};
    struct drive *d = &drive;
    char **command;
    double every = 0; /* s between words of progress */
    if (argc < 1 || !take_arguments(d, argv + 1, &every, &command)) {
        fputs(help, stderr);
        return 2;
    }
    plan_ready(&d->plan);
    if (command != NULL) {
        first_answer(d, command);
        return 0;
    }
    if (d->plan.requests == 0 && d->plan.seconds <= 0) {
        d->plan.requests = d->plan.records.n;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    open_connections(d);
    load(d, every);
    if (d->diary.acks != NULL) {
        fclose(d->diary.acks);
    }
    report_end(d);
    return d->tally.wrong + d->tally.broken > 0 || d->tally.right < d->tally.done || interrupted
               ? 1
               : 0;
}
