/*
 * store/registry_priv.h - what the files of the registry share
 */
#ifndef HONE_STORE_REGISTRY_PRIV_H
#define HONE_STORE_REGISTRY_PRIV_H

#include "store/registry.h"

/* 1 to 128 letters, digits, '.', '_', '-', a letter or digit first. */
bool hone_name_valid(struct hone_str name);
/* Fails with HONE_E_ARG unless name may name what ("a model"). */
enum hone_code hone_name_check(struct hone_run *run, const char *what, const char *name);

/* Append to the audit log: the alias if the change names one, else the version, is the subject. */
enum hone_code hone_registry_note(struct hone_run *run, struct hone_store *store,
                                  const struct hone_alias_change *change, const char *action,
                                  const char *detail);

#endif
