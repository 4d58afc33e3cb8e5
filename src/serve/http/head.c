#include "serve/http/head.h"

void hone_head_clear(struct hone_head *head)
{
    head->used = 0;
    head->fields = 0;
    head->excess = HONE_HEAD_FITS;
}

/* One byte is always kept for the NUL. */
static void add(struct hone_head *head, const char *bytes, size_t len, size_t most,
                enum hone_head_excess excess)
{
    if (head->excess != HONE_HEAD_FITS) {
        return;
    }
    if (len >= most - head->used) {
        head->excess = excess;
        return;
    }
    memcpy(head->bytes + head->used, bytes, len);
    head->used += len;
}

static void end(struct hone_head *head)
{
    if (head->excess == HONE_HEAD_FITS) {
        head->bytes[head->used] = '\0';
        /* What comes next begins in bytes too, and its own NUL has to fit. */
        if (++head->used == HONE_HEAD_BYTES) {
            head->used--;
            head->excess = HONE_HEAD_SIZE;
        }
    }
}

void hone_head_target(struct hone_head *head, const char *bytes, size_t len)
{
    add(head, bytes, len, HONE_TARGET_BYTES, HONE_HEAD_TARGET);
}

void hone_head_target_end(struct hone_head *head)
{
    end(head);
    head->field[0].name = (uint16_t)head->used;
}

void hone_head_name(struct hone_head *head, const char *bytes, size_t len)
{
    if (head->excess == HONE_HEAD_FITS && head->fields == HONE_HEAD_FIELDS) {
        head->excess = HONE_HEAD_COUNT;
    }
    add(head, bytes, len, HONE_HEAD_BYTES, HONE_HEAD_SIZE);
}

void hone_head_name_end(struct hone_head *head)
{
    end(head);
    if (head->excess == HONE_HEAD_FITS) {
        head->field[head->fields].value = (uint16_t)head->used;
    }
}

void hone_head_value(struct hone_head *head, const char *bytes, size_t len)
{
    add(head, bytes, len, HONE_HEAD_BYTES, HONE_HEAD_SIZE);
}

void hone_head_value_end(struct hone_head *head)
{
    if (head->excess != HONE_HEAD_FITS) {
        return;
    }
    /* The parser leaves blanks behind the value, which do not belong to it (RFC 9112, section 5). */
    size_t begin = head->field[head->fields].value;
    while (head->used > begin &&
           (head->bytes[head->used - 1] == ' ' || head->bytes[head->used - 1] == '\t')) {
        head->used--;
    }
    end(head);
    head->fields++;
    if (head->fields < HONE_HEAD_FIELDS) {
        head->field[head->fields].name = (uint16_t)head->used;
    }
}

const char *hone_head_get(const struct hone_head *head, const char *name, size_t *n)
{
    const char *first = NULL;
    size_t found = 0;
    size_t len = strlen(name);

    for (size_t i = 0; i < head->fields; i++) {
        const char *own = head->bytes + head->field[i].name;
        const char *value = head->bytes + head->field[i].value;
        /* The lengths first: they tell most names apart. */
        if ((size_t)(value - own) == len + 1 &&
            hone_str_eq_nocase((struct hone_str){own, len}, (struct hone_str){name, len})) {
            first = found++ == 0 ? value : first;
            if (n == NULL) {
                break;
            }
        }
    }
    if (n != NULL) {
        *n = found;
    }
    return first;
}
