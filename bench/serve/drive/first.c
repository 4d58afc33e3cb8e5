#include "first.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "basics.h"

enum { ROOM = 1 << 16 };

/* A connection to the server as soon as it listens. */
static int reach(const struct drive *d, pid_t pid, int64_t begun)
{
    for (;;) {
        const struct timespec nap = {0, 100000};
        if ((double)(ticks() - begun) > d->timeout * 1e9) {
            kill(pid, SIGKILL);
            die("no answer in %.0f s", d->timeout);
        }
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (const struct sockaddr *)&d->address, sizeof d->address) == 0) {
            return fd;
        }
        close(fd);
        nanosleep(&nap, NULL);
    }
}

void first_answer(const struct drive *d, char **command)
{
    const struct record *asked = &d->plan.records.record[0];
    struct inbox in = {.bytes = room_for(NULL, ROOM, 1), .room = ROOM};
    struct reply reply;
    pid_t pid;
    int64_t begun = ticks();
    if (posix_spawnp(&pid, command[0], NULL, NULL, command, environ) != 0) {
        die("cannot start %s", command[0]);
    }
    int fd = reach(d, pid, begun);
    int64_t connected = ticks();
    if (send(fd, asked->bytes, asked->len, MSG_NOSIGNAL) != (ssize_t)asked->len) {
        die("cannot send: %s", strerror(errno));
    }
    int whole = 0;
    while (whole == 0) {
        ssize_t n = recv(fd, in.bytes + in.have, in.room - in.have, 0);
        in.have += n > 0 ? (size_t)n : 0;
        whole = reply_parse(&in, asked, n <= 0, &reply);
    }
    int64_t answered = ticks();
    close(fd);
    if (whole < 0 || !asked->expect[reply.status] || !reply_fits(&reply, asked)) {
        kill(pid, SIGKILL);
        die("the first answer is wrong: %.300s", in.bytes);
    }
    free(in.bytes);
    printf("first_ms %.2f\nconnected_ms %.2f\npid %ld\n", (double)(answered - begun) / 1e6,
           (double)(connected - begun) / 1e6, (long)pid);
}
