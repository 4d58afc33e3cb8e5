/* The shapes of texts: "AAA-999"; declared in shapes_priv.h. */
#include "base/hash.h"
#include "profile/shapes_priv.h"

/* Letter, digit, blank or itself; the bytes of a character beyond ASCII count as one small letter. */
static char class_of(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return '9';
    }
    if (c >= 'A' && c <= 'Z') {
        return 'A';
    }
    if ((c >= 'a' && c <= 'z') || c >= 0xc0) {
        return 'a';
    }
    return c < 0x20 || c == 0x7f ? '?' : (char)c;
}

static void shapes_of(struct hone_str text, struct hone_shape_text *exact,
                      struct hone_shape_text *runs)
{
    exact->len = runs->len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        char class = class_of(byte);
        bool word = class == 'A' || class == 'a' || class == '9';
        if ((byte & 0xc0) == 0x80) {
            continue;
        }
        exact->text[exact->len++] = class;
        if (runs->len >= 1 && word && runs->text[runs->len - 1] == class) {
            runs->text[runs->len++] = '+';
        } else if (!(word && runs->len >= 2 && runs->text[runs->len - 1] == '+' &&
                     runs->text[runs->len - 2] == class)) {
            runs->text[runs->len++] = class;
        }
    }
}

static void count(struct hone_shapes *shapes, const struct hone_shape_text *shape,
                  size_t weight)
{
    size_t at = hone_hash64(shape->text, shape->len, 5) & (HONE_SHAPE_ROOM - 1);

    while (shapes->slot[at].count != 0) {
        if (shapes->slot[at].shape.len == shape->len &&
            memcmp(shapes->slot[at].shape.text, shape->text, shape->len) == 0) {
            shapes->slot[at].count += weight;
            shapes->rows += weight;
            return;
        }
        at = (at + 1) & (HONE_SHAPE_ROOM - 1);
    }
    if (shapes->n == HONE_SHAPE_ROOM / 2) {
        return;
    }
    shapes->n++;
    shapes->rows += weight;
    shapes->slot[at].shape = *shape;
    shapes->slot[at].count = weight;
}

void hone_shapes_add(struct hone_shapes *exact, struct hone_shapes *runs, struct hone_str text,
                     size_t weight)
{
    struct hone_shape_text one;
    struct hone_shape_text folded;

    if (text.len == 0 || text.len > HONE_SHAPE_LENGTH) {
        return;
    }
    shapes_of(text, &one, &folded);
    count(exact, &one, weight);
    count(runs, &folded, weight);
}

size_t hone_shapes_like(const struct hone_shapes *shapes, const char *const *list, size_t n)
{
    size_t rows = 0;

    for (size_t i = 0; i < HONE_SHAPE_ROOM; i++) {
        const struct hone_shape_slot *s = &shapes->slot[i];
        for (size_t k = 0; s->count != 0 && k < n; k++) {
            struct hone_str shape = {s->shape.text, s->shape.len};
            if (hone_str_is(shape, list[k])) {
                rows += s->count;
                break;
            }
        }
    }
    return rows;
}

size_t hone_shapes_top(const struct hone_shapes *shapes, struct hone_tally *top, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < HONE_SHAPE_ROOM; i++) {
        const struct hone_shape_slot *s = &shapes->slot[i];
        if (s->count != 0) {
            hone_tally_offer(
                top, room, &n,
                (struct hone_tally){.text = {s->shape.text, s->shape.len}, .count = s->count});
        }
    }
    return n;
}
