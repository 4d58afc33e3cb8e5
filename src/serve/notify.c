#include "serve/notify.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

bool hone_notify(const char *assignments)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = path == NULL ? 0 : strlen(path);
    if (len < 2 || len >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) {
        return false;
    }
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') {
        address.sun_path[0] = '\0';
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    size_t bytes = strlen(assignments);
    ssize_t sent = sendto(fd, assignments, bytes, MSG_NOSIGNAL | MSG_DONTWAIT,
                          (const struct sockaddr *)&address, size);
    close(fd);
    return sent == (ssize_t)bytes;
}

int64_t hone_notify_interval(void)
{
    const char *us = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    int64_t interval;
    int64_t whose;
    if (us == NULL || !hone_parse_i64(hone_str(us), &interval) || interval <= 0 ||
        interval > INT64_MAX / 1000) {
        return 0;
    }
    if (pid != NULL && (!hone_parse_i64(hone_str(pid), &whose) || whose != (int64_t)getpid())) {
        return 0;
    }
    return interval * 500;
}
