#ifndef OPL2_PROVIDERS_FACTS_CONTRACTS_SETTINGS_H
#define OPL2_PROVIDERS_FACTS_CONTRACTS_SETTINGS_H

#include "engine/kind/kind.h"

/*
 * Values of a contract that the account in charge of it may change at any
 * time: what the kinds system_config, superchain_config, ownership and
 * opcm_upgrade have in common. Each is a table of values, and one function that
 * says by which calls the contract gets from what it has to what the config
 * says.
 *
 * Their objects have, of config, the contract's address at `address`, and each
 * managed value at its field; what the config leaves out is not managed. Of
 * attrs they have `live`, an object with what the contract says of every value
 * in the table: null when it gives no answer, but for what is newer.
 */
struct setting {
	const char *field; /* in the config and in `live` */
	const char *view;  /* "gasLimit()(uint64)": one value */
	bool newer; /* older contracts lack it, and then `live` does, too */
	bool wei;   /* an amount, in `live` as text; other numbers are such */
	/* Of another contract than `address`: the field of the config that has
	 * it, and the one argument of the view. */
	const char *of, *arg;
	/* Of a view that returns packed bytes: where in them, and how many. 20
	 * are an address. */
	size_t from, bytes;
};

#define SETTINGS_MAX 12

struct settings {
	const char *what; /* the contract's name, for people */
	const struct setting *v;
	size_t n; /* SETTINGS_MAX at most */
	/* The field of `live` with the account that may change the others. */
	const char *authority;
	/* Another resource says who that is: it is asked, and not recorded, so
	 * that a change there is none here. */
	bool elsewhere;
	/* The field of the config with a contract whose code that account runs
	 * as its own (a delegatecall), in place of a call to `address`; NULL:
	 * none. Accounts with a key cannot do that, Safes can. */
	const char *delegate;
	unsigned gas; /* of a call, typically; 0: of a setter */
	/* New array of {"function", "args"}, in the order of sending; empty
	 * when there is nothing to change. Pure. */
	json_t *(*calls)(const json_t *config, const json_t *live);
};

extern const struct settings system_config_settings;
extern const struct settings superchain_config_settings;
extern const struct settings ownership_settings;
extern const struct settings opcm_upgrade_settings;

/* Does the config ask for another value than `live` has? */
bool setting_differs(const json_t *config, const json_t *live,
		     const char *field);
/* Appends a call with one or two arguments (new references; b may be NULL). */
void setting_call(json_t *calls, const char *function, json_t *a, json_t *b);

/* kind.plan and kind.leaves of them all. */
int settings_plan(const struct settings *s, struct kind_ctx *ctx,
		  const struct plan_req *req, struct plan_out *out);
int settings_leaves(const struct settings *s, struct kind_ctx *ctx,
		    const json_t *config, struct plan_out *out);

#endif
