#include "providers/facts/contracts/deploy_gas.h"

#include <string.h>

#include "engine/base/compiler.h"
#include "providers/facts/forks.h"

/* Oldest first; each holds until the next one's fork. */
static const char *const forks[] = { "london", "amsterdam" };

static const struct {
	size_t txs;
	uint64_t forge; /* of its own simulation, with its margin */
	uint64_t gas[COUNTOF(forks)];
	uint64_t
		largest[COUNTOF(forks)]; /* of its transactions; 0: not known */
} recorded[] = {
	[DEPLOY_PUBLISHED] = { 58, 78062894, { 57079596, 386473754 }, { 0 } },
	[DEPLOY_SOURCE] = { 60, 81550886, { 59168891, 400268029 }, { 0 } },
	[DEPLOY_OPCM] = { 36,
			  113848104,
			  { 80907703, 560972807 },
			  { 8892389, 55217899 } },
	[DEPLOY_CHAIN] = { 1, 0, { 8892389, 55217899 }, { 8892389, 55217899 } },
};

enum deployment
deploy_by_script(const char *script)
{
	static const char source[] = "scripts/deploy/";

	if (strcmp(script, "scripts/DeployChain.s.sol:DeployChain") == 0)
		return DEPLOY_OPCM;
	return strncmp(script, source, sizeof(source) - 1) == 0
		       ? DEPLOY_SOURCE
		       : DEPLOY_PUBLISHED;
}

size_t
deploy_txs(enum deployment d)
{
	return recorded[d].txs;
}

/* Of figures by fork. */
static uint64_t
on_fork(const uint64_t gas[COUNTOF(forks)], const char *l1_fork)
{
	const char *fork = l1_fork ? l1_fork : forks_l1_newest();
	size_t i = COUNTOF(forks) - 1;

	while (i > 0 && forks_l1_rank(forks[i]) > forks_l1_rank(fork))
		i--;
	/* Up to a fork with a figure of its own nothing has changed. */
	if (i + 1 < COUNTOF(forks))
		return gas[i];
	return gas[i] * forks_gas_percent(forks[i], fork, false) / 100;
}

uint64_t
deploy_gas(enum deployment d, const char *l1_fork)
{
	return on_fork(recorded[d].gas, l1_fork);
}

uint64_t
deploy_largest(enum deployment d, const char *l1_fork)
{
	return on_fork(recorded[d].largest, l1_fork) * 13 / 10;
}

/* Addresses and values in the config move it by some thousands. */
uint64_t
deploy_gas_of(size_t n, uint64_t figures, const char *l1_fork)
{
	for (size_t d = 0; d < COUNTOF(recorded); d++) {
		uint64_t forge = recorded[d].forge;

		if (forge > 0 && n == recorded[d].txs &&
		    figures >= forge - forge / 50 &&
		    figures <= forge + forge / 50)
			return deploy_gas((enum deployment)d, l1_fork);
	}
	return 0;
}
