#include "providers/clients/cluster/tree_pod.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

#define HEAD_MAX  (8u << 10)
#define REPLY_MAX (64u << 20) /* a list of some 500,000 files */
#define ASK_MS    180000
#define TRIES     6

static struct tree_pod *
tree_pod_of(struct tree *t)
{
	return (struct tree_pod *)t;
}

/* The line of an answer; *rest: what comes after it. NULL with E1343. */
static json_t *
answer(const struct tree_pod *t, const struct http_reply *r, const char *op,
       const char **rest, size_t *n, struct diags *ds)
{
	const char *text = buf_str(&r->body),
		   *end = memchr(text, '\n', r->body.n);
	CLEANUP(put_json) json_t *j = NULL;

	if (end)
		j = jx_parse(text, (size_t)(end - text), "a volume's answer",
			     NULL);
	if (j && r->status == 200) {
		*rest = end + 1;
		*n = r->body.n - (size_t)(end + 1 - text);
		return TAKE(j);
	}
	if (j && jx_get(j, "error"))
		diag_err(ds, "E1343", "the volume of '%s': %s", t->pod,
			 jx_str(j, "error", ""));
	else
		(void)cluster_refused(t->c, op, r, ds);
	return NULL;
}

/* body: the line, with the bytes after it. */
static json_t *
ask_body(struct tree_pod *t, const char *op, const void *body, size_t nbody,
	 struct http_reply *r, const char **rest, size_t *n, struct diags *ds)
{
	CLEANUP(freep)
	char *path = xasprintf("/api/v1/namespaces/%s/pods/%s:%d/proxy/"
			       "volume/%s",
			       t->c->namespace, t->pod, CLUSTER_PORT, op);
	struct kube_ask q = { .method = "POST",
			      .type = "application/octet-stream",
			      .header = t->header,
			      .raw = body,
			      .nraw = nbody,
			      .total_ms = ASK_MS,
			      .tries = TRIES,
			      .max_body = REPLY_MAX };

	buf_init(&r->body, REPLY_MAX);
	if (cluster_ask(t->c, path, &q, r, ds))
		return NULL;
	return answer(t, r, op, rest, n, ds);
}

/* Steals args. */
static json_t *
ask(struct tree_pod *t, const char *op, json_t *args, struct http_reply *r,
    const char **rest, size_t *n, struct diags *ds)
{
	CLEANUP(freep) char *line = jx_dump_line(args);
	CLEANUP(freep) char *body = xasprintf("%s\n", line);

	json_decref(args);
	return ask_body(t, op, body, strlen(body), r, rest, n, ds);
}

static int
pod_list(struct tree *tree, const json_t *folders, json_t **files,
	 struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(put_json) json_t *j = NULL;
	const char *rest;
	size_t n;

	*files = NULL;
	j = ask(tree_pod_of(tree), "list",
		json_pack("{s:O}", "folders", folders), &r, &rest, &n, ds);
	if (!j)
		return -1;
	*files = jx_share(jx_get(j, "files"));
	return *files ? 0
		      : diag_err(ds, "E1343", "the volume of '%s' gave no list",
				 tree_pod_of(tree)->pod);
}

static ssize_t
pod_read(struct tree *tree, const char *path, int64_t at, void *p, size_t n,
	 struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(put_json) json_t *j = NULL;
	const char *rest;
	char sum[65];
	size_t got;

	j = ask(tree_pod_of(tree), "read",
		json_pack("{s:s, s:I, s:I}", "path", path, "at", (json_int_t)at,
			  "n", (json_int_t)n),
		&r, &rest, &got, ds);
	if (!j)
		return -1;
	sha256_hex(rest, got, sum);
	if (got > n || strcmp(sum, jx_str(j, "sum", "")) != 0)
		return diag_err(ds, "E1343",
				"'%s' did not arrive intact from the cluster",
				path);
	memcpy(p, rest, got);
	return (ssize_t)got;
}

static int
pod_write(struct tree *tree, const struct tree_piece *c, struct diags *ds)
{
	struct tree_pod *t = tree_pod_of(tree);
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(put_json) json_t *head = NULL;
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *line = NULL;
	const char *rest;
	char sum[65];
	size_t k;

	sha256_hex(c->p, c->n, sum);
	head = json_pack("{s:s, s:I, s:I, s:i, s:I, s:s}", "path", c->path,
			 "size", (json_int_t)c->size, "mtime",
			 (json_int_t)c->mtime, "mode", (int)c->mode, "at",
			 (json_int_t)c->at, "sum", sum);
	line = jx_dump_line(head);
	k = strlen(line);
	if (k + 1 > HEAD_MAX)
		return diag_err(ds, "E1343", "the path '%.100s...' is too long",
				c->path);
	memcpy(t->piece, line, k);
	t->piece[k++] = '\n';
	memcpy(t->piece + k, c->p, c->n);
	j = ask_body(t, "write", t->piece, k + c->n, &r, &rest, &k, ds);
	return j ? 0 : -1;
}

static int
order(struct tree *tree, const char *op, json_t *args, struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(put_json) json_t *j = NULL;
	const char *rest;
	size_t n;

	j = ask(tree_pod_of(tree), op, args, &r, &rest, &n, ds);
	return j ? 0 : -1;
}

static int
pod_remove(struct tree *tree, const char *path, struct diags *ds)
{
	return order(tree, "remove", json_pack("{s:s}", "path", path), ds);
}

static int
pod_sync(struct tree *tree, struct diags *ds)
{
	return order(tree, "sync", json_object(), ds);
}

static const struct tree_ops pod_ops = {
	.list = pod_list,
	.read = pod_read,
	.write = pod_write,
	.remove = pod_remove,
	.sync = pod_sync,
};

void
tree_pod_init(struct tree_pod *t, struct cluster *c, const char *pod,
	      const char *token)
{
	*t = (struct tree_pod){ { &pod_ops },
				c,
				pod,
				xasprintf("X-Opl2-Token: %s", token),
				xmalloc(HEAD_MAX + TREE_PIECE) };
}

void
tree_pod_done(struct tree_pod *t)
{
	free(t->header);
	free(t->piece);
	*t = (struct tree_pod){ 0 };
}
