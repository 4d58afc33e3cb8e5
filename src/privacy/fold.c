#include "privacy/fold.h"

/* The plain letter of U+00C0 to U+017F; a blank: the character stays as it is. */
static const char plain[192 + 1] =
    "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty" /* 00C0 */
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll" /* 0100 */
    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

size_t hone_fold(struct hone_str text, char *out, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len && n < room; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        unsigned char d = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;
        size_t point = ((size_t)(c & 0x1f) << 6 | (d & 0x3f)) - 0xc0;
        if (c >= 'A' && c <= 'Z') {
            out[n++] = (char)(c | 0x20);
        } else if (c >= 0xc3 && c <= 0xc5 && (d & 0xc0) == 0x80 && point < sizeof plain - 1 &&
                   plain[point] != ' ') {
            out[n++] = plain[point];
            if (point == 0xdf - 0xc0 && n < room) {
                out[n++] = 's'; /* sharp s */
            }
            i++;
        } else {
            out[n++] = (char)c;
        }
    }
    return n;
}

bool hone_listed(const char *const *list, size_t n, struct hone_str word)
{
    size_t lo = 0;
    size_t hi = n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = hone_str_cmp(hone_str(list[mid]), word);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return false;
}

static bool lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Whether a new word begins at place i of a name: at a change between letters and digits, at a capital
 * after a small letter, at the last capital of several before a small letter ("IPAddress"). */
static bool begins(struct hone_str s, size_t i)
{
    char before = s.ptr[i - 1];
    char c = s.ptr[i];
    char next = i + 1 < s.len ? s.ptr[i + 1] : ' ';

    return hone_digit(before) != hone_digit(c) || (lower(before) && hone_upper(c)) ||
           (hone_upper(before) && hone_upper(c) && lower(next));
}

size_t hone_name_words(const char *name, char *out, size_t room)
{
    struct hone_str s = hone_str(name);
    size_t n = 0;
    size_t start = 0;

    out[n++] = ' ';
    for (size_t i = 0; i <= s.len; i++) {
        bool inside = i < s.len && hone_alnum(s.ptr[i]);
        if (i > start && (!inside || begins(s, i))) {
            if (n + 2 >= room) {
                break;
            }
            n += hone_fold((struct hone_str){s.ptr + start, i - start}, out + n, room - n - 2);
            out[n++] = ' ';
            start = i;
        }
        start += inside ? 0 : 1;
    }
    out[n] = '\0';
    return n;
}

bool hone_words_say(const char *words, const char *phrase)
{
    size_t len = strlen(phrase);

    if (phrase[0] == '=') {
        return strlen(words) == len + 1 && strncmp(words + 1, phrase + 1, len - 1) == 0;
    }
    for (const char *at = strstr(words, phrase); at != NULL; at = strstr(at + 1, phrase)) {
        if (at[-1] == ' ' && at[len] == ' ') {
            return true;
        }
    }
    return false;
}
