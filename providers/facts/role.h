#ifndef OPL2_PROVIDERS_FACTS_ROLE_H
#define OPL2_PROVIDERS_FACTS_ROLE_H

/* What a process is to its chain: `role` of schemas/process.json. Commands and
 * health go by it and never by a name. */
enum process_role {
	ROLE_NONE,
	ROLE_L1,
	ROLE_DA,        /* a DA server, or an adapter for one */
	ROLE_ENGINE,    /* the L2's execution client */
	ROLE_NODE,      /* an op-node that follows */
	ROLE_SEQUENCER, /* one that makes blocks */
	ROLE_CONDUCTOR, /* decides which sequencer does */
	ROLE_BATCHER,
	ROLE_PROPOSER,
	ROLE_CHALLENGER,
	ROLE_METRICS,
	ROLE_COUNT
};

const char *role_name(enum process_role role); /* "" for ROLE_NONE */
/* ROLE_NONE for NULL and what is no role. */
enum process_role role_parse(const char *name);

#endif
