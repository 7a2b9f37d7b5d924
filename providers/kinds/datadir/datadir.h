#ifndef OPL2_PROVIDERS_KINDS_DATADIR_DATADIR_H
#define OPL2_PROVIDERS_KINDS_DATADIR_DATADIR_H

#include <jansson.h>
#include <stdbool.h>

/* The file by which opl2 knows the folder of a database. */
#define DATADIR_MARKER "opl2.json"

/* An execution client, and what its databases are known by. */
struct datadir_client {
	const char *name;  /* of `client`, for people too */
	const char *holds; /* what is in each of its folders */
	/* What it makes there, by name; NULL at the end. */
	const char *const *parts;
	/* In place of an argument: the folder, the file of block 0. */
	const char *const *init; /* NULL at the end */
};

/* By the client of a config; of one without it is geth. */
const struct datadir_client *datadir_client(const json_t *config);
/* The one whose database is in the folder, or NULL. */
const struct datadir_client *datadir_client_of(const char *dir);

#endif
