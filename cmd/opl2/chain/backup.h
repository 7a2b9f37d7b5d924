#ifndef OPL2_CHAIN_BACKUP_H
#define OPL2_CHAIN_BACKUP_H

#include "cmd/opl2/cli/cmd.h"

/*
 * A backup is a .tar.gz of paths relative to the spec's folder. Its first
 * member, BACKUP_MANIFEST, says what it is of:
 *
 *	{"opl2_backup": 1, "lineage", "serial", "keys": bool, "data": bool,
 *	 "private": [path]}   files that only their owner may read
 *
 * With a shared state that has `encryption:` it is sealed
 * (providers/clients/shared/seal_stream.h).
 */
#define BACKUP_MANIFEST "opl2-backup.json"
#define BACKUP_FORMAT   1

/* E1144 when a process of the chain runs: its database changes meanwhile. */
int backup_need_stopped(struct cmd *c, const char *why);

#endif
