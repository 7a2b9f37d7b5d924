#ifndef OPL2_PROVIDERS_CLIENTS_FORGE_FORGE_PROJECT_H
#define OPL2_PROVIDERS_CLIENTS_FORGE_FORGE_PROJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "providers/kinds/effect.h"

/*
 * Running the official deployment scripts with forge, without any key.
 *
 * A *project* is a compiled forge project: either made of published artifacts
 * by the kind forge_project (forge_project_make), or a source checkout that
 * was built. It is never run in place: each run gets a private copy under
 * .opl2/tmp/, which is removed afterwards.
 *
 * A kind that runs scripts has this object in its config, filled from
 * forge_project.NAME (or from a build):
 *
 *	project:
 *	  path: ${forge_project.contracts.path}       in_place
 *	  digest: ${forge_project.contracts.digest}   what the scripts are
 *	  forge: ${forge_project.contracts.forge}     in_place
 *	  tool_dirs: ${forge_project.contracts.tool_dirs}
 *	  script: scripts/deploy/Deploy.s.sol:Deploy  where it is elsewhere
 *
 * digest changes only with the scripts' content, never with a machine's
 * paths; it belongs into what a deployment is named by.
 *
 * All strings of results are in the operation's arena.
 */
struct forge_project {
	const char *path;       /* the compiled project */
	const char *forge;      /* the program */
	const char *script;     /* the one that deploys: FILE:CONTRACT */
	const char **tool_dirs; /* for PATH, in order; NULL at the end */
};

/* Reads the object above out of a config. It is wholly known there. */
void forge_project_get(struct effect_ctx *ctx, const json_t *project,
		       struct forge_project *out);

struct forge_sources {
	/* A checkout: {path, digest, dir, patches, skip} as in the schema of
	 * forge_project, and {VERSION: PATH}. NULL: published artifacts. */
	const json_t *source, *compilers;
	const char *artifacts; /* folder of published artifacts */
	const char *solc;      /* a program that behaves as solc does */
	/* {"scripts/Deploy.s.sol": PATH, ...}: files that are put into the
	 * project, such as those that stand for the published scripts. */
	const json_t *files;
	const char *key; /* hex digits; names the result in the store */
	const char *forge;
	const char **tool_dirs; /* for PATH, in order; NULL at the end */
};

/* Where it is, or would be, in the store. */
char *forge_project_path(struct effect_ctx *ctx, const struct effect_op *op,
			 const char *key);
/* Lays out and compiles the project, unless it is in the store already. */
enum outcome forge_project_make(struct effect_ctx *ctx,
				const struct effect_op *op,
				const struct forge_sources *src) MUST_CHECK;
/* Gives a compiled project, which is in dir, the compilers of src, which are
 * of the same versions. Nothing is compiled. */
enum outcome forge_project_renew(struct effect_ctx *ctx,
				 const struct forge_sources *src,
				 const char *dir) MUST_CHECK;

struct forge_run {
	struct forge_project project;
	const char *config;    /* deploy-config JSON, any readable path */
	const char *addresses; /* artifact JSON to start from, or NULL */
	const char *sender;    /* address that will sign */
	const char *rpc_url;   /* resolved; given to forge by environment */
	const char *salt;      /* IMPL_SALT, or NULL */
	const char *script;    /* NULL: the project's own */
	const char *sig;       /* NULL: "run()"; or call data, "0x..." */
	const char **env;      /* more "NAME=value", NULL at the end; or NULL */
	bool may_do_nothing;   /* a run without transactions is fine */
	unsigned timeout_ms;   /* 0: five minutes */
};

struct forge_sim {
	/* Array, in sending order, of {"to": address|null, "value": decimal
	 * string, "data": "0x...", "gas": decimal string (the simulation's
	 * estimate, with forge's own margin), "nonce": integer, "address":
	 * predicted address|null, "name": contract|null, "function":
	 * signature|null}. to is null for a creation. New reference. */
	json_t *txs;
	/* {"AddressManager": address, ...}: the names the script predicts.
	 * A prediction: nothing is on chain. New reference. */
	json_t *addresses;
};

/* Simulates a script against an L1; its DEPLOYMENT_OUTFILE is the run's own,
 * never the artifact that it starts from. OC_OK; OC_FAIL the script reverted or
 * forge could not run (its decoded reason is in the diagnostic); OC_RETRY the
 * L1 did not answer; OC_CANCELLED. */
enum outcome forge_simulate(struct effect_ctx *ctx, const struct effect_op *op,
			    const struct forge_run *run,
			    struct forge_sim *out) MUST_CHECK;

/* Runs L2Genesis.runWithStateDump(): no L1 is needed, and sender, rpc_url,
 * salt, script and sig are not looked at. The allocs are written to `outfile`
 * (replaced whole). */
enum outcome forge_l2_allocs(struct effect_ctx *ctx, const struct effect_op *op,
			     const struct forge_run *run, uint64_t chain_id,
			     const char *outfile) MUST_CHECK;

#endif
