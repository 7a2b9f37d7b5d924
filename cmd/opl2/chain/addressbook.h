#ifndef OPL2_CHAIN_ADDRESSBOOK_H
#define OPL2_CHAIN_ADDRESSBOOK_H

#include <jansson.h>

#include "engine/diag/diag.h"

/*
 * Every address of a chain by name, from its facts (chain.h):
 *
 *	{"name", "roles": {NAME: {"address"}},
 *	 "l1": {"chain_id", "rpc", "contracts":
 *		{NAME: {"address"[, "implementation"]}}},
 *	 "l2": {"chain_id", "rpc", "rollup_rpc", "contracts":
 *		{NAME: {"address"}}}}
 *
 * A contract with a proxy has one entry, under its name without "Proxy":
 * address is the proxy, which is what one calls. A URL that is a secret is
 * left out. New reference.
 */
json_t *addressbook(const json_t *facts, const char *name);

/* Everything that has this name, with or without "Proxy", or this address
 * (text 0x...): an array of {"where": "role" | "l1" | "l2", "name",
 * "address", "what": "proxy" | "implementation" | ""}. A name may begin with
 * "role/", "l1/" or "l2/". New reference; [] when there is none. */
json_t *addressbook_find(const json_t *book, const char *what);

/* The chain for programs with viem: an ECMAScript module. malloc'd. */
char *addressbook_viem(const json_t *book);
/* An entry of ethereum-lists/chains. New reference. */
json_t *addressbook_chainlist(const json_t *book);

#endif
