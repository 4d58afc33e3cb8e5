#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/pool.h"

struct hone_thread {
    pthread_t id;
    void (*body)(void *ctx);
    void *ctx;
};

static void *start(void *ctx)
{
    struct hone_thread *thread = ctx;
    thread->body(thread->ctx);
    return NULL;
}

enum hone_code hone_thread_start(struct hone_run *run, void (*body)(void *ctx), void *ctx,
                                 struct hone_thread **out)
{
    struct hone_thread *thread = malloc(sizeof *thread);
    if (thread == NULL) {
        return hone_no_room(run, "thread", 1);
    }
    *thread = (struct hone_thread){.body = body, .ctx = ctx};
    /* Signals are for the thread that owns the process. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread->id, NULL, start, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        free(thread);
        return hone_fail(run, HONE_E_LIMIT, "the system has no thread left (error %d)", failed);
    }
    *out = thread;
    return HONE_OK;
}

void hone_thread_join(struct hone_thread *thread)
{
    if (thread != NULL) {
        HONE_ASSERT(pthread_join(thread->id, NULL) == 0);
        free(thread);
    }
}

void hone_thread_turns(uint64_t ns)
{
#ifdef SYS_sched_setattr
    /* The C library has no wrapper; the layout is the kernel's, sched_setattr(2). */
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attr = {0};
    if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) == 0) {
        attr.size = sizeof attr;
        attr.runtime = ns;
        (void)syscall(SYS_sched_setattr, 0, &attr, 0);
    }
#else
    (void)ns;
#endif
}

void hone_thread_pin(size_t number)
{
    cpu_set_t may;
    cpu_set_t one;
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof may, &may) != 0 || CPU_COUNT(&may) == 0) {
        return;
    }
    size_t left = number % (size_t)CPU_COUNT(&may);
    for (size_t i = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &may) && left-- == 0) {
            CPU_SET(i, &one);
            (void)sched_setaffinity(0, sizeof one, &one);
            return;
        }
    }
}

struct hone_mutex {
    pthread_mutex_t lock;
    pthread_cond_t condition;
};

struct hone_mutex *hone_mutex_new(void)
{
    struct hone_mutex *mutex = malloc(sizeof *mutex);
    HONE_ASSERT(mutex != NULL);
    pthread_condattr_t attr;
    HONE_ASSERT(pthread_condattr_init(&attr) == 0);
    HONE_ASSERT(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    HONE_ASSERT(pthread_cond_init(&mutex->condition, &attr) == 0);
    pthread_condattr_destroy(&attr);
    HONE_ASSERT(pthread_mutex_init(&mutex->lock, NULL) == 0);
    return mutex;
}

void hone_mutex_free(struct hone_mutex *mutex)
{
    if (mutex != NULL) {
        pthread_cond_destroy(&mutex->condition);
        pthread_mutex_destroy(&mutex->lock);
        free(mutex);
    }
}

void hone_mutex_lock(struct hone_mutex *mutex)
{
    HONE_ASSERT(pthread_mutex_lock(&mutex->lock) == 0);
}

void hone_mutex_unlock(struct hone_mutex *mutex)
{
    HONE_ASSERT(pthread_mutex_unlock(&mutex->lock) == 0);
}

void hone_mutex_wait(struct hone_mutex *mutex, int64_t timeout_us)
{
    if (timeout_us < 0) {
        HONE_ASSERT(pthread_cond_wait(&mutex->condition, &mutex->lock) == 0);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_us / 1000000);
    until.tv_nsec += (long)(timeout_us % 1000000) * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int code = pthread_cond_timedwait(&mutex->condition, &mutex->lock, &until);
    HONE_ASSERT(code == 0 || code == ETIMEDOUT);
}

void hone_mutex_wake(struct hone_mutex *mutex)
{
    HONE_ASSERT(pthread_cond_broadcast(&mutex->condition) == 0);
}

static pthread_mutex_t library = PTHREAD_MUTEX_INITIALIZER;

void hone_library_lock(void)
{
    HONE_ASSERT(pthread_mutex_lock(&library) == 0);
}

void hone_library_unlock(void)
{
    HONE_ASSERT(pthread_mutex_unlock(&library) == 0);
}
