/* Names to addresses: a static table, numeric addresses, localhost. Pure; nothing blocks. */
#ifndef HR_NET_RESOLVE_H
#define HR_NET_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

#include <headrace/error.h>
#include <headrace/http_options.h>
#include <headrace/slice.h>

#include "address.h"

struct hr_resolve_table;

/* Copies and checks the entries. -EINVAL (`error` names the entry), -ENOMEM. */
int hr__resolve_table_new(const struct hr_resolve_entry *entries, size_t count,
                          struct hr_error *error, struct hr_resolve_table **table);
void hr__resolve_table_free(struct hr_resolve_table *table);

/* The table first (the first entry that matches), then numeric addresses (IPv6 without brackets),
 * then localhost and the names below it (RFC 6761): 127.0.0.1, then ::1. `table` may be NULL.
 * HR_ERR_NAME_UNRESOLVED. */
int hr__resolve(const struct hr_resolve_table *table, struct hr_slice host, uint16_t port,
                struct hr_addresses *addresses);

#endif
