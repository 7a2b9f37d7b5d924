#ifndef OPL2_PROVIDERS_CLIENTS_EVM_L1_FORK_H
#define OPL2_PROVIDERS_CLIENTS_EVM_L1_FORK_H

#include "providers/clients/evm/queries.h"

/*
 * Which fork an L1 is at, and which one is to come: the newest block, the
 * opcode CLZ and eth_config, asked in one request with others' questions.
 */
struct l1_fork {           /* names are of providers/facts/forks.h */
	const char *now;   /* NULL: there is no newest block */
	const char *field; /* of the block and of no known fork, or NULL */
	const char *next;  /* NULL: none, or the server does not say */
	int64_t next_time; /* Unix time */
};

struct l1_fork_queries { /* numbers of questions */
	size_t block, clz, config;
};

void l1_fork_query(struct queries *a, struct l1_fork_queries *q);
/* Reads the answers, and borrows from them. */
void l1_fork_take(const struct queries *a, const struct l1_fork_queries *q,
		  struct l1_fork *out);

#endif
