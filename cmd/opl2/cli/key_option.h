#ifndef OPL2_CLI_KEY_OPTION_H
#define OPL2_CLI_KEY_OPTION_H

#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"

/*
 * A key that is none of the spec, by options: where it is, never the key
 * itself, for an argument is seen by everybody on the machine.
 */
#define OPTS_KEY                                                               \
	{ "key", OPT_TEXT, "env:NAME|file:PATH|keystore:PATH",                 \
	  "location of another key that signs and pays" },                     \
		{ "password-file", OPT_TEXT, "PATH",                           \
		  "file with the password of the keystore" },                  \
	{                                                                      \
		"password-env", OPT_TEXT, "NAME",                              \
			"variable with the password of the keystore"           \
	}

/* *key is the secret token of -key, as those of a 'key' resource are; NULL
 * when it is not given. New reference. -1: E0476, E0477, E1012. */
int key_option(struct cmd *c, json_t **key);

#endif
