#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/pool.h"
#include "cli/help.h"
#include "cli/meter.h"

static volatile sig_atomic_t stop;

/* The first asks the verb to stop, the second does not wait for it. */
static void on_signal(int number)
{
    if (stop != 0) {
        _exit(128 + number);
    }
    stop = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: blocked reads end */

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction hangup;
    /* a terminal that is closed; not what nohup began */
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) {
        sigaction(SIGHUP, &action, NULL);
    }
    signal(SIGXFSZ, SIG_IGN); /* a file over the limit is a failed write, which is reported */
}

/* A file must never get number 0, 1 or 2 because the caller closed them: writes to a closed standard output
 * are to fail, not to end up in a model. */
static void hold_standard_files(void)
{
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
            int got = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
            if (got != fd) {
                _exit(hone_code_exit(HONE_E_IO));
            }
        }
    }
}

static bool wants_json(int argc, const char *const *argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            return true;
        }
    }
    return false;
}

static void print_error(const struct hone_run *run, bool json, bool verbose)
{
    struct hone_term term = hone_term_of(stderr);
    const struct hone_error *err = &run->err;
    struct hone_arena mem = {0};

    fprintf(stderr, "%shone:%s %s\n", hone_style(&term, HONE_RED),
            hone_style(&term, HONE_PLAIN),
            hone_text_fit(&term, &mem, hone_str(err->message), sizeof err->message));
    if (err->hint[0] != '\0') {
        fprintf(stderr, "  hint: %s\n",
                hone_text_fit(&term, &mem, hone_str(err->hint), sizeof err->hint));
    }
    if (verbose) {
        fprintf(stderr, "  %s at %s:%d\n", hone_code_name(err->code), err->file, err->line);
    }
    if (json) {
        json_t *error = json_object();
        json_t *document = json_object();
        hone_json_set_text(error, "code", hone_code_name(err->code));
        hone_json_set_text(error, "message", err->message);
        hone_json_set_text(error, "hint", err->hint[0] == '\0' ? NULL : err->hint);
        hone_json_set(document, "error", error);
        hone_print_json(document);
    }
    hone_arena_free(&mem);
}

/* What was printed has arrived, or the verb has failed: a full disk must not pass for success. */
static enum hone_code flush_output(struct hone_run *run)
{
    errno = 0;
    if (fflush(stdout) != 0) {
        return hone_fail_errno(run, "cannot write standard output");
    }
    if (ferror(stdout)) {
        return hone_fail(run, HONE_E_IO, "cannot write standard output");
    }
    return HONE_OK;
}

static enum hone_code unknown_verb(struct hone_run *run, const char *typed)
{
    const char *names[64];
    size_t n = 0;
    const char *near;

    for (size_t i = 0; hone_verbs[i] != NULL && n < 64; i++) {
        const struct hone_verb *verb = (const struct hone_verb *)(const void *)hone_verbs[i];
        if (verb->stage != HONE_STAGE_HIDDEN) {
            names[n++] = verb->part.name;
        }
    }
    near = hone_nearest(typed, names, n);
    (void)hone_fail(run, HONE_E_ARG, "there is no verb '%s'", typed);
    return near != NULL ? hone_hint(run, "did you mean `hone %s`?", near)
                        : hone_hint(run, "`hone help` lists the verbs");
}

/* Give the run what the global options say, and go. */
static enum hone_code run_verb(struct hone_run *run, void *settings, struct hone_args *args)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    struct hone_log log = {.fd = STDERR_FILENO, .level = HONE_LOG_INFO};
    struct hone_meter meter;
    enum hone_code code;

    for (size_t i = 0; i < 4; i++) {
        if (strcmp(args->global.log_level, levels[i]) == 0) {
            log.level = (enum hone_level)i;
        }
    }
    log.json = strcmp(args->global.log_format, "json") == 0;
    if (args->global.quiet) {
        log.level = HONE_LOG_ERROR;
    }
    bool events = strcmp(args->global.progress, "json") == 0;
    bool bar = strcmp(args->global.progress, "auto") == 0 && !args->global.quiet;
    hone_meter_init(&meter, stderr, events);
    run->seed = (uint64_t)args->global.seed;
    run->log = &log;
    run->progress = events || (bar && meter.term.tty) ? &meter.progress : NULL;
    run->pool = hone_pool_new((size_t)args->global.threads);
    if (args->verb->stage == HONE_STAGE_SERVICE) {
        signal(SIGPIPE, SIG_IGN); /* a client that hangs up must not end a server */
        log.service = true;
    }
    code = args->verb->run(run, settings, args);
    hone_meter_clear(&meter);
    hone_pool_free(run->pool);
    run->pool = NULL;
    run->progress = NULL;
    run->log = NULL;
    return code;
}

/* The words as one line that a shell reads back as the same words. */
static const char *command_line(int argc, const char *const *argv, struct hone_arena *mem)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:@=,+%";
    struct hone_buf line = hone_buf(mem);

    hone_buf_text(&line, "hone");
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        hone_buf_char(&line, ' ');
        if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
            hone_buf_text(&line, word);
            continue;
        }
        hone_buf_char(&line, '\'');
        for (; *word != '\0'; word++) {
            hone_buf_text(&line, *word == '\'' ? "'\\''" : (const char[]){*word, '\0'});
        }
        hone_buf_char(&line, '\'');
    }
    return line.ptr;
}

static enum hone_code dispatch(struct hone_run *run, int argc, const char *const *argv,
                               struct hone_arena *mem, struct hone_args *args)
{
    const struct hone_verb *verb;
    void *settings;

    verb = hone_verb_find(hone_str(argv[1]));
    if (verb == NULL) {
        return unknown_verb(run, argv[1]);
    }
    HONE_TRY(hone_args_parse(run, verb, argc - 2, argv + 2, mem, args, &settings));
    args->out = hone_term_of(stdout);
    args->command = command_line(argc, argv, mem);
    if (args->help) {
        hone_help_print_verb(&args->out, verb);
        return HONE_OK;
    }
    return run_verb(run, settings, args);
}

int main(int argc, char **argv)
{
    const char *const *words = (const char *const *)argv;
    struct hone_run run = {.cancel = &stop};
    struct hone_arena mem = {0};
    struct hone_args args = {0};
    enum hone_code code = HONE_OK;
    enum hone_code flushed;

    hold_standard_files();
    catch_signals();
    if (argc < 2) {
        struct hone_term term = hone_term_of(stderr);
        hone_help_print_all(&term);
        return hone_code_exit(HONE_E_ARG);
    }
    if (strcmp(words[1], "--version") == 0) {
        puts("hone " HONE_VERSION);
    } else if (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0) {
        struct hone_term term = hone_term_of(stdout);
        hone_help_print_all(&term);
    } else {
        code = dispatch(&run, argc, words, &mem, &args);
    }
    if (code != HONE_OK) {
        bool json = wants_json(argc, words) && !args.answered;
        fflush(stdout); /* what was printed comes before the error */
        print_error(&run, json, args.global.verbose);
    }
    flushed = flush_output(&run);
    if (code == HONE_OK && flushed != HONE_OK) {
        print_error(&run, false, args.global.verbose);
        code = flushed;
    }
    hone_arena_free(&mem);
    hone_run_clear(&run);
    return code == HONE_OK ? 0 : hone_code_exit(code);
}
