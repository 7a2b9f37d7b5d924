#ifndef OPL2_HEALTH_SEQUENCERS_H
#define OPL2_HEALTH_SEQUENCERS_H

#include <jansson.h>

/*
 * Which of several sequencers makes blocks, and whether another could, from
 * what was seen of their conductors (cmd/opl2/chain/snapshot.h). Pure.
 *
 *	{"leader": the leader's conductor, "makes": its op-node,
 *	 "voters": by the leader's word, "conductors": that the chain has,
 *	 "members": [{"name", "node", "leads", "healthy", "paused"}],
 *	 "problems": [{"code", "what", "text"}]}
 *
 * leader, makes and voters are left out when nobody leads or two do, and what
 * a conductor that does not answer would say. NULL for a chain without
 * conductors. New reference.
 */
json_t *health_sequencers(const json_t *seen);

#endif
