#ifndef OPL2_RUN_ACCOUNTS_H
#define OPL2_RUN_ACCOUNTS_H

#include "cmd/opl2/cli/cmd.h"
#include "engine/plan/plan.h"
#include "engine/run/run.h"

/*
 * Whose accounts the keys of a plan are, recorded or not:
 *
 *	{"key.admin": {"address"} or {"pending": why there is none}, ...}
 *
 * A worker reads the keys that are at hand; nothing is made. New reference.
 */
json_t *plan_accounts(struct run *r, const struct plan *p);

/* W1167 for two generated keys with one file, which an earlier version gave to
 * key.A/B and key.A_B. */
void warn_shared_keys(struct cmd *c, const struct plan *p);

/*
 * What chain_facts() (chain.h) gives, or of a chain that is only planned, which
 * has no "contracts", the roles, and the L1 as far as the spec says where it
 * is. A role without an account has "pending" in place of "address". NULL with
 * E1051 when the spec has no keys either.
 */
json_t *chain_or_planned_facts(struct cmd *c);

/* To stderr, when roles of the facts have no account: how they get one. */
void hint_accounts(struct cmd *c, const json_t *facts);

#endif
