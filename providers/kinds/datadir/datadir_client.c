/*
 * datadir: the clients. The layout of op-reth's folder and its `init` are those
 * of rust/op-reth in the Optimism monorepo (op-reth/v2): an MDBX database in
 * db, beside it files that are only appended to, and RocksDB.
 */
#include "providers/kinds/datadir/datadir.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/compiler.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

static const char *const geth_parts[] = { "geth", NULL };
static const char *const reth_parts[] = { "db", "static_files", "rocksdb",
					  NULL };
/* With its own cache geth writes nothing but a log, which its first start then
 * takes half a second to read. */
static const char *const geth_init[] = { "--cache=16",
					 "init",
					 "--datadir",
					 "{datadir}",
					 "--state.scheme={scheme}",
					 "{genesis}",
					 NULL };
static const char *const reth_init[] = { "init",      "--datadir",
					 "{datadir}", "--chain",
					 "{genesis}", "--color=never",
					 NULL };

static const struct datadir_client clients[] = {
	{ "geth", "geth/chaindata", geth_parts, geth_init },
	{ "op-reth", "db/mdbx.dat", reth_parts, reth_init },
};

const struct datadir_client *
datadir_client(const json_t *config)
{
	const char *name = jx_str(config, "client", clients[0].name);

	for (size_t i = 0; i < COUNTOF(clients); i++)
		if (strcmp(clients[i].name, name) == 0)
			return &clients[i];
	return &clients[0];
}

const struct datadir_client *
datadir_client_of(const char *dir)
{
	char path[4096];

	for (size_t i = 0; i < COUNTOF(clients); i++) {
		int n = snprintf(path, sizeof(path), "%s/%s", dir,
				 clients[i].holds);

		if (n > 0 && (size_t)n < sizeof(path) && file_exists(path))
			return &clients[i];
	}
	return NULL;
}
