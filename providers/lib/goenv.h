#ifndef OPL2_PROVIDERS_LIB_GOENV_H
#define OPL2_PROVIDERS_LIB_GOENV_H

#include "engine/base/compiler.h"
#include "providers/effect.h"

/*
 * The Go client's configuration: the environment, the file that `go env -w`
 * writes (GOENV), the go.env of an installed Go, and last of all what a go
 * command says of itself. The spec's `registries: { go: URL, go_sumdb: NAME }`
 * wins over all. Strings are in the operation's arena; NULL: not configured.
 */
struct goenv {
	const char *proxy; /* GOPROXY: URLs, "direct" or "off", by "," or "|" */
	const char *sumdb; /* GOSUMDB: "NAME[+KEY] [URL]" or "off" */
};

enum outcome goenv_load(struct op_ctx *ctx, const struct op *op,
			struct goenv *out) MUST_CHECK;

/* The next element of a GOPROXY list at *at, in the arena; NULL at the end.
 * *any_error: the one after it is tried after any failure, not only when this
 * one does not have it. */
const char *goenv_next_proxy(struct arena *a, const char **at, bool *any_error);

#endif
