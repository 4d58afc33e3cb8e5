#include "cli/term.h"

#include <math.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/time.h"

static bool speaks_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') { /* the first that is set decides */
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
        }
    }
    return false;
}

static size_t width_of(int fd)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    int64_t n;

    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    if (columns != NULL && hone_parse_i64(hone_str(columns), &n) && n >= 20 && n <= 1000) {
        return (size_t)n;
    }
    return 80;
}

struct hone_term hone_term_of(FILE *file)
{
    int fd = fileno(file);
    bool tty = isatty(fd) == 1;
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return (struct hone_term){
        .file = file,
        .tty = tty,
        .color = tty && (no_color == NULL || no_color[0] == '\0') && term != NULL &&
                 strcmp(term, "dumb") != 0,
        .utf8 = speaks_utf8(),
        .width = width_of(fd),
    };
}

const char *hone_style(const struct hone_term *term, enum hone_style style)
{
    static const char *const codes[] = {
        [HONE_PLAIN] = "\x1b[0m", [HONE_BOLD] = "\x1b[1m",   [HONE_DIM] = "\x1b[2m",
        [HONE_RED] = "\x1b[31m",  [HONE_GREEN] = "\x1b[32m", [HONE_YELLOW] = "\x1b[33m",
        [HONE_BLUE] = "\x1b[34m",
    };
    return term->color ? codes[style] : "";
}

/* The code point at the start of text and how many bytes it takes; a bad byte counts as itself. */
static uint32_t next_point(struct hone_str text, size_t *len)
{
    static const uint8_t lead[] = {0x7f, 0x1f, 0x0f, 0x07}; /* payload bits by length */
    uint8_t c = (uint8_t)text.ptr[0];
    size_t n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 0;
    uint32_t point;

    *len = 1;
    if (n == 0 || n > text.len) {
        return 0xfffd;
    }
    point = c & lead[n - 1];
    for (size_t i = 1; i < n; i++) {
        uint8_t more = (uint8_t)text.ptr[i];
        if ((more & 0xc0) != 0x80) {
            return 0xfffd;
        }
        point = point << 6 | (more & 0x3f);
    }
    *len = n;
    return point;
}

struct range {
    uint32_t from, to;
};

/* The wide and full-width blocks of Unicode TR 11, and the combining blocks, coarsely. */
static const struct range wide[] = {
    {0x1100, 0x115f}, {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
    {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},
    {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd},
};
static const struct range combining[] = {
    {0x300, 0x36f}, {0x200b, 0x200b}, {0x200d, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f},
};
/* Control characters, also those of C1 (a terminal may obey them), and bidirectional overrides. */
static const struct range harmful[] = {
    {0, 0x1f},
    {0x7f, 0x9f},
    {0x202a, 0x202e},
    {0x2066, 0x2069},
};

static bool within(const struct range *range, size_t n, uint32_t point)
{
    for (size_t i = 0; i < n; i++) {
        if (point >= range[i].from && point <= range[i].to) {
            return true;
        }
    }
    return false;
}
#define WITHIN(ranges, point) within((ranges), sizeof(ranges) / sizeof(ranges)[0], (point))

static size_t point_width(uint32_t point)
{
    return WITHIN(combining, point) ? 0 : WITHIN(wide, point) ? 2 : 1;
}

size_t hone_text_width(struct hone_str text)
{
    size_t width = 0;
    size_t len;

    for (; text.len != 0; text.ptr += len, text.len -= len) {
        width += point_width(next_point(text, &len));
    }
    return width;
}

const char *hone_text_fit(const struct hone_term *term, struct hone_arena *mem,
                          struct hone_str text, size_t width)
{
    const char *mark = term->utf8 ? "\u2026" : "~";
    bool cut = hone_text_width(text) > width;
    size_t left = cut ? width - (width > 0) : width;
    struct hone_buf buf = hone_buf(mem);

    hone_buf_text(&buf, "");
    for (size_t len; text.len != 0; text.ptr += len, text.len -= len) {
        uint32_t point = next_point(text, &len);
        size_t takes = point_width(point);
        if (takes > left) {
            break;
        }
        if (WITHIN(harmful, point)) {
            hone_buf_char(&buf, ' ');
        } else if (point == 0xfffd && len == 1) {
            hone_buf_char(&buf, '?');
        } else {
            hone_buf_bytes(&buf, text.ptr, len);
        }
        left -= takes;
    }
    if (cut && width > 0) {
        hone_buf_text(&buf, mark);
    }
    return buf.ptr;
}

const char *hone_sparkline(const struct hone_term *term, struct hone_arena *mem,
                           const size_t *count, size_t n)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
    const char *const *level = term->utf8 ? blocks : ascii;
    struct hone_buf buf = hone_buf(mem);
    size_t most = 0;

    hone_buf_text(&buf, "");
    for (size_t i = 0; i < n; i++) {
        most = count[i] > most ? count[i] : most;
    }
    for (size_t i = 0; i < n; i++) {
        /* what is not empty is seen */
        double share = (double)count[i] / (double)(most == 0 ? 1 : most);
        hone_buf_text(&buf, level[count[i] == 0 ? 0 : 1 + (size_t)(share * 7 + 0.5)]);
    }
    return buf.ptr;
}

const char *hone_bar(const struct hone_term *term, struct hone_arena *mem, double share,
                     size_t width)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    double clipped = share > 0 ? (share < 1 ? share : 1) : 0; /* NaN is 0 */
    size_t filled = (size_t)(clipped * (double)width * 8 + 0.5);
    size_t used = filled / 8;
    struct hone_buf buf = hone_buf(mem);

    hone_buf_text(&buf, "");
    for (size_t i = 0; i < used; i++) {
        hone_buf_text(&buf, term->utf8 ? "█" : "#");
    }
    if (used < width && filled % 8 != 0 && term->utf8) {
        hone_buf_text(&buf, eighths[filled % 8]);
        used++;
    }
    for (; used < width; used++) {
        hone_buf_char(&buf, term->utf8 ? ' ' : '.');
    }
    return buf.ptr;
}

void hone_print_wrapped(const struct hone_term *term, const char *text, size_t indent)
{
    size_t limit = term->width > indent + 20 ? term->width - indent : 20;
    struct hone_str rest = hone_str(text);
    size_t used = 0;

    limit = limit > 96 ? 96 : limit; /* longer lines are hard to read */
    while (rest.len != 0) {
        size_t len = 0;
        struct hone_str word;
        while (len < rest.len && rest.ptr[len] != ' ' && rest.ptr[len] != '\n') {
            len++;
        }
        word = (struct hone_str){rest.ptr, len};
        if (used != 0 && used + 1 + hone_text_width(word) > limit) {
            fprintf(term->file, "\n%*s", (int)indent, "");
            used = 0;
        } else if (used != 0 && len != 0) {
            fputc(' ', term->file);
            used++;
        }
        fwrite(word.ptr, 1, word.len, term->file);
        used += hone_text_width(word);
        if (len < rest.len && rest.ptr[len] == '\n') {
            fprintf(term->file, "\n%*s", (int)indent, "");
            used = 0;
        }
        len += len < rest.len;
        rest.ptr += len;
        rest.len -= len;
    }
    fputc('\n', term->file);
}
