/*
 * privacy/kind_priv.h - what the kinds share
 */
#ifndef HONE_PRIVACY_KIND_PRIV_H
#define HONE_PRIVACY_KIND_PRIV_H

#include "privacy/kind.h"

/* The numbers of the kinds: HONE_K_email, ... */
enum {
#define HONE_KIND(name) HONE_K_##name,
#include "privacy/personal.def"
#undef HONE_KIND
    HONE_K_END
};
#define HONE_KIND_BIT(name) (UINT64_C(1) << HONE_K_##name)

/*
 * The address that begins at place 0 of a text: its length, or 0.  A house number beside a street's name, in
 * the orders of English, German, the Romance languages and India.
 */
size_t hone_address_at(struct hone_str text);

/* The person's name that begins at place 0 of a text: a title and capitalised words, or a listed given name
 * and a listed surname.  Its length, or 0. */
size_t hone_person_at(struct hone_str text);

/* Whether a folded word is a listed given name or surname (names.c). */
bool hone_given_name(struct hone_str folded);
bool hone_surname(struct hone_str folded);

#endif
