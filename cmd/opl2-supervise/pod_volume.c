/*
 * --volume=FOLDER: the folders of databases in it are read and written by who
 * has the token, while no process runs on them here. The requests are those of
 * providers/clients/cluster/tree_pod.h.
 */
#include "cmd/opl2-supervise/pod.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/runtime/tree/tree.h"

struct call {
	struct tree *tree;
	const json_t *args;
	const char *bytes; /* after the line */
	size_t n;
	struct buf *out;
};

static void
answer_line(struct buf *out, json_t *j)
{
	CLEANUP(freep) char *line = jx_dump_line(j);

	buf_addf(out, "%s\n", line);
	json_decref(j);
}

static int
call_list(const struct call *c, struct diags *ds)
{
	CLEANUP(put_json) json_t *files = NULL;

	if (c->tree->ops->list(c->tree, jx_get(c->args, "folders"), &files, ds))
		return -1;
	answer_line(c->out, json_pack("{s:O}", "files", files));
	return 0;
}

static int
call_read(const struct call *c, struct diags *ds)
{
	int64_t want = jx_int(c->args, "n", 0);
	size_t n = want > 0 && want < TREE_PIECE ? (size_t)want : TREE_PIECE;
	CLEANUP(freep) char *piece = xmalloc(n);
	char sum[65];
	ssize_t got =
		c->tree->ops->read(c->tree, jx_str(c->args, "path", ""),
				   jx_int(c->args, "at", 0), piece, n, ds);

	if (got < 0)
		return -1;
	sha256_hex(piece, (size_t)got, sum);
	answer_line(c->out, json_pack("{s:s}", "sum", sum));
	buf_add(c->out, piece, (size_t)got);
	return 0;
}

static int
call_write(const struct call *c, struct diags *ds)
{
	const struct tree_piece piece = {
		.path = jx_str(c->args, "path", ""),
		.size = jx_int(c->args, "size", 0),
		.mtime = jx_int(c->args, "mtime", 0),
		.mode = (mode_t)jx_int(c->args, "mode", 0600),
		.at = jx_int(c->args, "at", 0),
		.p = c->bytes,
		.n = c->n,
	};
	char sum[65];

	sha256_hex(c->bytes, c->n, sum);
	if (strcmp(sum, jx_str(c->args, "sum", "")) != 0)
		return diag_err(ds, "E1343", "'%s' did not arrive intact",
				piece.path);
	return c->tree->ops->write(c->tree, &piece, ds);
}

static int
do_call(const char *op, const struct call *c, struct diags *ds)
{
	int rc;

	if (!strcmp(op, "list"))
		return call_list(c, ds);
	if (!strcmp(op, "read"))
		return call_read(c, ds);
	if (!strcmp(op, "write"))
		rc = call_write(c, ds);
	else if (!strcmp(op, "remove"))
		rc = c->tree->ops->remove(c->tree, jx_str(c->args, "path", ""),
					  ds);
	else if (!strcmp(op, "sync"))
		rc = c->tree->ops->sync(c->tree, ds);
	else
		return diag_err(ds, "E0908",
				"a volume does not take the request '%s'", op);
	if (rc == 0)
		answer_line(c->out, json_object());
	return rc;
}

bool
pod_volume_call(const char *folder, const char *op, const char *text,
		size_t len, struct buf *out)
{
	const char *end = memchr(text, '\n', len);
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(put_json) json_t *args = NULL;
	struct tree_local tree;
	struct call c = { .tree = &tree.tree, .out = out };

	diags_init(&ds);
	tree_local_init(&tree, folder);
	if (end)
		args = jx_parse(text, (size_t)(end - text), "the request", &ds);
	else
		diag_err(&ds, "E0908", "the request has no line of JSON");
	if (args) {
		c.args = args;
		c.bytes = end + 1;
		c.n = len - (size_t)(end + 1 - text);
		if (do_call(op, &c, &ds) == 0)
			return true;
	}
	buf_reset(out);
	answer_line(out, json_pack("{s:s}", "error",
				   ds.first ? ds.first->summary : "unknown"));
	return false;
}
