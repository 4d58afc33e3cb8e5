/* What people write about transforms, read and checked against the table. */
#include <ctype.h>

#include "prep/chain.h"

/* What a transform takes, in words. */
static const char *takes(const struct hone_transform *t)
{
    bool number = t->map != NULL || (t->accepts & HONE_TAKES_NUMBER) != 0;
    bool text = (t->accepts & HONE_TAKES_TEXT) != 0;
    bool time = (t->accepts & HONE_TAKES_TIME) != 0;
    return number && text && time ? "numbers, texts and dates"
           : number && text       ? "numbers and texts"
           : number && time       ? "numbers and dates"
           : text && time         ? "texts and dates"
           : number               ? "numbers"
           : text                 ? "texts"
                                  : "dates";
}

static bool takes_type(const struct hone_transform *t, enum hone_type type)
{
    return (t->accepts >> type & 1) != 0 || (t->map != NULL && hone_type_is_number(type));
}

/* The transforms that a column of this type could have. */
static enum hone_code hint_for_type(struct hone_run *run, enum hone_type type)
{
    HONE_SCRATCH(run);
    struct hone_buf list = hone_buf(&run->scratch);
    for (size_t i = 0; hone_transforms[i] != NULL; i++) {
        if (takes_type((const struct hone_transform *)hone_transforms[i], type)) {
            hone_buf_format(&list, "%s%s", list.len == 0 ? "" : ", ", hone_transforms[i]->name);
        }
    }
    return hone_hint(run, "for %s there are: %s", hone_type_name(type),
                     list.len == 0 ? "none" : list.ptr);
}

/* One "NAME:key=value:..."; a ':' that no key and '=' follow belongs to the value. */
static enum hone_code read_step(struct hone_run *run, struct hone_str text,
                                struct hone_arena *mem, struct hone_step *out)
{
    const struct hone_part *part;
    struct hone_str name;
    struct hone_str rest;
    hone_str_cut(text, ':', &name, &rest);
    HONE_TRY(hone_part_need(run, hone_transforms, "transform", hone_str_trim(name), &part));
    char *settings;
    HONE_TRY(hone_array(run, mem, &settings, part->settings_size + 1));
    hone_settings_default(part, settings);
    while (rest.len > 0) {
        struct hone_str key;
        struct hone_str value;
        if (!hone_str_cut(rest, '=', &key, &value)) {
            (void)hone_fail(run, HONE_E_ARG, "%s: setting '%.*s' has no value", part->name,
                            (int)(rest.len < 60 ? rest.len : 60), rest.ptr);
            return hone_hint(run, "write %s:key=value", part->name);
        }
        size_t end = 0;
        for (; end < value.len; end++) {
            size_t at = end + 1;
            while (value.ptr[end] == ':' && at < value.len &&
                   (islower((unsigned char)value.ptr[at]) || value.ptr[at] == '_')) {
                at++;
            }
            if (at > end + 1 && at < value.len && value.ptr[at] == '=') {
                break;
            }
        }
        rest = (struct hone_str){value.ptr + end, value.len - end};
        rest = end < value.len ? (struct hone_str){rest.ptr + 1, rest.len - 1} : rest;
        value.len = end;
        HONE_TRY(hone_setting_set(run, part, settings, hone_str_trim(key), value, mem));
    }
    *out = (struct hone_step){(const struct hone_transform *)part, settings};
    return HONE_OK;
}

/* Where the step that begins the text ends: at a '+' that a letter follows. */
static size_t step_end(struct hone_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        size_t next = i + 1;
        while (text.ptr[i] == '+' && next < text.len && text.ptr[next] == ' ') {
            next++;
        }
        if (text.ptr[i] == '+' && next < text.len &&
            isalpha((unsigned char)text.ptr[next]) != 0) {
            return i;
        }
    }
    return text.len;
}

static enum hone_code read_chain(struct hone_run *run, struct hone_str text,
                                 struct hone_arena *mem, struct hone_chain *out)
{
    size_t steps = 1;
    for (size_t i = 0; i < text.len; i++) {
        steps += text.ptr[i] == '+';
    }
    struct hone_chain chain = {.text = hone_arena_text(mem, text.ptr, text.len)};
    HONE_TRY(hone_array(run, mem, &chain.step, steps));
    for (;;) {
        size_t end = step_end(text);
        const struct hone_str one = {text.ptr, end};
        HONE_TRY(read_step(run, hone_str_trim(one), mem, &chain.step[chain.n++]));
        if (end == text.len) {
            break;
        }
        text = (struct hone_str){text.ptr + end + 1, text.len - end - 1};
    }
    *out = chain;
    return HONE_OK;
}

static bool is_joint(const struct hone_chain *chain)
{
    for (size_t i = 0; i < chain->n; i++) {
        if (chain->step[i].transform->joint) {
            return true;
        }
    }
    return false;
}

/* Each step must take what the one before it gives. */
static enum hone_code check_chain(struct hone_run *run, const struct hone_chain *chain,
                                  const struct hone_column *column)
{
    enum hone_type type = column->type;
    bool features = false; /* numbers by now: only maps may follow */
    for (size_t i = 0; i < chain->n; i++) {
        const struct hone_transform *t = chain->step[i].transform;
        bool blocked = i > 0 && chain->step[i - 1].transform->blocks;
        if (features ? t->map == NULL || blocked : !takes_type(t, type)) {
            if (blocked) {
                (void)hone_fail(run, HONE_E_ARG, "column %s: nothing can come after %s",
                                column->name, chain->step[i - 1].transform->part.name);
                return hone_hint(run,
                                 "its features are many and sparse: they are used as they are");
            }
            if (features) {
                (void)hone_fail(run, HONE_E_ARG, "column %s: %s can not come after %s",
                                column->name, t->part.name,
                                chain->step[i - 1].transform->part.name);
                return hone_hint(run, "%s wants the column as it is, not features made of it",
                                 t->part.name);
            }
            (void)hone_fail(run, HONE_E_ARG, "column %s is %s; %s takes %s", column->name,
                            hone_type_name(type), t->part.name, takes(t));
            return hint_for_type(run, type);
        }
        bool recodes = t->recode != NULL && hone_type_is_text(type) && !features;
        features = !recodes;
        type = recodes ? HONE_UTF8 : type;
    }
    return HONE_OK;
}

struct reading {
    const struct hone_table *table;
    const char *target;
    const struct hone_texts *used; /* what "*" may mean; NULL: all */
    size_t named; /* requests that name their columns: "*" leaves those columns to them */
    struct hone_requests *out;
};

bool hone_texts_hold(const struct hone_texts *list, const char *text)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->item[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static enum hone_code add(struct hone_run *run, const struct reading *r, size_t n,
                          const char **name, const struct hone_chain *chain,
                          struct hone_arena *mem)
{
    struct hone_requests *list = r->out;
    struct hone_request *item =
        hone_arena_grow(mem, list->item, sizeof *item, list->n, list->n + 1);
    if (item == NULL) {
        return hone_no_room(run, "transforms", list->n + 1);
    }
    for (size_t k = 0; k < n; k++) {
        const struct hone_column *c;
        HONE_TRY(hone_table_need(run, r->table, hone_str(name[k]), &c));
        if (strcmp(name[k], r->target) == 0) {
            (void)hone_fail(run, HONE_E_ARG, "column %s is what is to be predicted", name[k]);
            return hone_hint(run, "transforms are for the columns it is predicted from");
        }
        if (chain != NULL) {
            HONE_TRY(check_chain(run, chain, c));
        }
    }
    list->item = item;
    struct hone_request *made = &item[list->n++];
    *made = (struct hone_request){n, name, chain == NULL, {0}};
    if (chain != NULL) {
        made->chain = *chain;
    }
    return HONE_OK;
}

/* "*": all number columns together for a joint chain, else each that nobody else speaks of. */
static enum hone_code add_all(struct hone_run *run, const struct reading *r,
                              const struct hone_chain *chain, struct hone_arena *mem)
{
    const char **name;
    size_t n = 0;
    bool joint = is_joint(chain);
    HONE_TRY(hone_array(run, mem, &name, r->table->cols + 1));
    for (size_t j = 0; j < r->table->cols; j++) {
        const struct hone_column *c = &r->table->column[j];
        bool spoken_of = r->used != NULL && !hone_texts_hold(r->used, c->name);
        for (size_t i = 0; i < r->named; i++) {
            const struct hone_request *other = &r->out->item[i];
            bool its_own = other->n == 1 && strcmp(other->name[0], c->name) == 0;
            spoken_of = spoken_of || (its_own && (!joint || other->drop));
        }
        if (hone_type_is_number(c->type) && strcmp(c->name, r->target) != 0 && !spoken_of) {
            name[n++] = c->name;
        }
    }
    if (joint) {
        return add(run, r, n, name, chain, mem);
    }
    for (size_t k = 0; k < n; k++) {
        HONE_TRY(add(run, r, 1, name + k, chain, mem));
    }
    return HONE_OK;
}

/* "a*b" with every part a column; false when it is not. */
static enum hone_code split_product(struct hone_run *run, const struct reading *r,
                                    struct hone_str left, struct hone_arena *mem,
                                    const char ***name, size_t *n)
{
    size_t most = 1;
    for (size_t i = 0; i < left.len; i++) {
        most += left.ptr[i] == '*';
    }
    HONE_TRY(hone_array(run, mem, name, most));
    bool more = true;
    while (more) {
        struct hone_str one;
        const struct hone_column *c;
        more = hone_str_cut(left, '*', &one, &left);
        HONE_TRY(hone_table_need(run, r->table, hone_str_trim(one), &c));
        (*name)[(*n)++] = c->name;
    }
    return HONE_OK;
}

/* Where the column's name ends: the first '=' before which a column's name stands, else the first. */
static bool cut_name(const struct hone_table *table, struct hone_str text,
                     struct hone_str *left, struct hone_str *right)
{
    for (size_t i = 0; i < text.len; i++) {
        const struct hone_str name = {text.ptr, i};
        if (text.ptr[i] == '=' && hone_table_find(table, hone_str_trim(name)) != NULL) {
            *left = hone_str_trim(name);
            *right = (struct hone_str){text.ptr + i + 1, text.len - i - 1};
            return true;
        }
    }
    bool any = hone_str_cut(text, '=', left, right);
    *left = hone_str_trim(*left);
    return any;
}

static enum hone_code read_request(struct hone_run *run, const struct reading *r,
                                   const char *text, bool stars, struct hone_arena *mem)
{
    struct hone_str left;
    struct hone_str right;
    struct hone_chain chain;
    if (!cut_name(r->table, hone_str(text), &left, &right) || left.len == 0) {
        (void)hone_fail(run, HONE_E_ARG, "transform '%.80s' names no column", text);
        return hone_hint(run,
                         "write COL=NAME or COL=NAME:key=value; several values of one key as "
                         "key=a:key=b, for a comma begins the next transform");
    }
    bool star = hone_str_is(left, "*") && hone_table_find(r->table, left) == NULL;
    if (star != stars) {
        return HONE_OK;
    }
    const struct hone_column *c = hone_table_find(r->table, left);
    const char **name = NULL;
    size_t n = 0;
    if (c != NULL) {
        HONE_TRY(hone_array(run, mem, &name, 1));
        name[n++] = c->name;
    } else if (!star) {
        HONE_TRY(split_product(run, r, left, mem, &name, &n));
    }
    if (hone_str_is(hone_str_trim(right), "drop") && n == 1) {
        return add(run, r, n, name, NULL, mem);
    }
    if (hone_str_trim(right).len == 0) {
        (void)hone_fail(run, HONE_E_ARG, "transform '%.80s' names no transform", text);
        return hone_hint(run, "write COL=NAME or COL=NAME:key=value; see hone list transforms");
    }
    if (read_chain(run, right, mem, &chain) != HONE_OK) {
        return hone_fail_in(run, "transform of %.*s", (int)(left.len < 80 ? left.len : 80),
                            left.ptr);
    }
    if (star) {
        return add_all(run, r, &chain, mem);
    }
    if (n > 1 && !is_joint(&chain)) {
        (void)hone_fail(run, HONE_E_ARG, "%s does not combine columns: give each its own",
                        chain.text);
        return hone_hint(run, "polynomial does");
    }
    return add(run, r, n, name, &chain, mem);
}

enum hone_code hone_requests_read(struct hone_run *run, const struct hone_table *table,
                                  const char *target, const struct hone_texts *texts,
                                  const struct hone_texts *used, struct hone_arena *mem,
                                  struct hone_requests *out)
{
    struct hone_requests list = {0};
    struct reading r = {table, target, used, 0, &list};
    for (int stars = 0; stars < 2; stars++) { /* those for all come after those that name one */
        r.named = list.n;
        for (size_t i = 0; i < texts->n; i++) {
            HONE_TRY(read_request(run, &r, texts->item[i], stars == 1, mem));
        }
    }
    *out = list;
    return HONE_OK;
}

const struct hone_request *hone_request_of(struct hone_run *run, const char *column,
                                           const char *chain, struct hone_arena *mem)
{
    struct hone_request *r = hone_new(mem, struct hone_request);
    const char **name = hone_arena_must(mem, sizeof *name);
    HONE_ASSERT(read_chain(run, hone_str(chain), mem, &r->chain) == HONE_OK);
    *name = column;
    r->name = name;
    r->n = 1;
    return r;
}
