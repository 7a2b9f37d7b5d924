#ifndef OPL2_PROVIDERS_CLIENTS_PACKAGES_GOENV_H
#define OPL2_PROVIDERS_CLIENTS_PACKAGES_GOENV_H

#include "engine/base/compiler.h"
#include "providers/kinds/effect.h"

/*
 * The Go client's configuration: the environment, the file that `go env -w`
 * writes (GOENV), the go.env of an installed Go, what a go command says of
 * itself, and last of all what one said when opl2 was built (clients.h). The
 * spec's `registries: { go: URL, go_sumdb: NAME }`
 * wins over all. Strings are in the operation's arena; NULL: not configured.
 */
struct goenv {
	const char *proxy; /* GOPROXY: URLs, "direct" or "off", by "," or "|" */
	const char *sumdb; /* GOSUMDB: "NAME[+KEY] [URL]" or "off" */
};

enum outcome goenv_load(struct effect_ctx *ctx, const struct effect_op *op,
			struct goenv *out) MUST_CHECK;

/* One of a list: may it be downloaded from, a server or a folder? */
bool goenv_is_source(const char *proxy);
/* Does the list have any? */
bool goenv_has_proxy(struct arena *a, const struct goenv *env);

/* The hint for one setting that is missing: "GOPROXY=URL". Arena string. */
const char *goenv_add_line(struct arena *a, const char *line);

/* The next element of a GOPROXY list at *at, in the arena; NULL at the end.
 * *any_error: the one after it is tried after any failure, not only when this
 * one does not have it. */
const char *goenv_next_proxy(struct arena *a, const char **at, bool *any_error);

#endif
