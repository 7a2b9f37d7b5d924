#include "providers/deploy_gas.h"

#include "engine/base/compiler.h"
#include "providers/forks.h"

#define FORGE 78062894u

/* Oldest first; each holds until the next one's fork. */
static const struct {
	const char *fork;
	uint64_t gas;
} recorded[] = {
	{ "london", 57079596 },
	{ "amsterdam", 386473754 },
};

uint64_t
deploy_gas(const char *l1_fork)
{
	const char *fork = l1_fork ? l1_fork : forks_l1_newest();
	size_t i = COUNTOF(recorded) - 1;

	while (i > 0 && forks_l1_rank(recorded[i].fork) > forks_l1_rank(fork))
		i--;
	/* Up to a fork with a figure of its own nothing has changed. */
	if (i + 1 < COUNTOF(recorded))
		return recorded[i].gas;
	return recorded[i].gas *
	       forks_gas_percent(recorded[i].fork, fork, false) / 100;
}

/* Addresses and values in the config move it by some thousands. */
uint64_t
deploy_gas_of(size_t n, uint64_t figures, const char *l1_fork)
{
	if (n != DEPLOY_TXS || figures < FORGE - FORGE / 50 ||
	    figures > FORGE + FORGE / 50)
		return 0;
	return deploy_gas(l1_fork);
}
