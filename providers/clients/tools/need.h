#ifndef OPL2_PROVIDERS_CLIENTS_TOOLS_NEED_H
#define OPL2_PROVIDERS_CLIENTS_TOOLS_NEED_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

/*
 * What the effect half of a kind answers to needs(): an array, whose entries
 * these append.
 *
 *	{"program": "jq", "why": "PATH has no 'jq'", "found": false}
 *	{"setting": "npm registry", "for": "solc@0.8.15", "hint": what to do,
 *	 "client": the program that would know, "npm"}
 *	{"port": 9545, "name": "http", "why": "pid 12 (nginx) listens on it"}
 *	{"contract": address, "field": which RPC does not have it, "hint"}
 *	{"opcm": address, "why": what is wrong with it, "hint"}
 *	{"disk": a path, perhaps not there yet, "bytes": at least}
 *
 * An entry of the first five says that something is not as it has to be. One
 * of disk is no finding: who asks adds them up for each file system.
 */

/* found: there is one, but not one that will do. */
void need_program(json_t *out, const char *name, const char *why, bool found);
void need_setting(json_t *out, const char *what, const char *who,
		  const char *hint, const char *client);
void need_port(json_t *out, unsigned port, const char *name, const char *why);
void need_contract(json_t *out, const char *address, const char *field,
		   const char *hint);
void need_opcm(json_t *out, const char *address, const char *why,
	       const char *hint);
void need_disk(json_t *out, const char *path, uint64_t bytes);

#endif
