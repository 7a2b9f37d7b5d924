#ifndef OPL2_PROVIDERS_KINDS_GO_BINARY_EFFECT_GO_MODULE_H
#define OPL2_PROVIDERS_KINDS_GO_BINARY_EFFECT_GO_MODULE_H

#include "engine/base/buf.h"
#include "providers/kinds/effect.h"

/*
 * The folder that a go_binary is built in: go.mod, go.sum, a link to each of
 * `modules`, and the files of `overlay`.
 *
 * Go checks no local copy of a module. So it downloads each one by the go.mod
 * that names no copy, which checks it against go.sum; then go.mod is told to
 * take the link to what was downloaded. Go's overlay refuses files below its
 * module cache, but not those below such a link.
 */
struct go_module {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	const char *dir;        /* made anew */
	const char *go;         /* the program */
	const char *const *env; /* of each run of it */
	const struct buf *mod, *sum;
	/* Out: argument for `go build`, or NULL. Static. */
	const char *overlay;
};

enum outcome go_module_make(struct go_module *m) MUST_CHECK;

#endif
