#include "providers/clients/oci/pull.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/oci/image.h"
#include "providers/clients/oci/registry.h"
#include "providers/clients/store/untar.h"

#define LAYERS_MAX 128u
#define FILE_MAX   ((uint64_t)2 << 30)

static const char accept_manifests[] =
	"Accept: application/vnd.oci.image.index.v1+json, " OCI_MANIFEST_TYPE
	", application/vnd.docker.distribution.manifest.list.v2+json"
	", application/vnd.docker.distribution.manifest.v2+json";

static int
other_content(const struct oci_registry *r, const char *what,
	      const char *digest, const char *got, struct diags *ds)
{
	return diag_err(ds, "E1325", "'%s': %s '%s' came as 'sha256:%s'",
			r->name, what, digest, got);
}

static bool
is_digest(const char *digest, const char *hex)
{
	return strncmp(digest, "sha256:", 7) == 0 &&
	       strcmp(digest + 7, hex) == 0;
}

/* A manifest or an index. New reference; NULL: *rc is 1 or -1. */
static json_t *
get_manifest(struct oci_registry *r, const char *digest, int *rc,
	     struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	CLEANUP(freep) char *url = oci_registry_url(r, "manifests/%s", digest);
	struct oci_ask q = { .method = "GET",
			     .url = url,
			     .headers = { accept_manifests } };
	enum oci_heard heard = oci_registry_send(r, &q, &reply, ds);
	json_t *doc = NULL;
	char hex[65];

	*rc = heard == OCI_CANCELLED ? 1 : -1;
	if (heard)
		return NULL;
	if (reply.status != 200) {
		(void)oci_registry_refused(r, "get the image", &reply, ds);
		return NULL;
	}
	sha256_hex(buf_str(&reply.body), reply.body.n, hex);
	if (is_digest(digest, hex))
		doc = jx_parse(buf_str(&reply.body), reply.body.n, digest, ds);
	else
		(void)other_content(r, "the manifest", digest, hex, ds);
	return doc;
}

/* The digest of the image for the machine in an index; NULL: it is none. */
static const char *
image_in(const json_t *doc, const char *arch)
{
	const json_t *one;
	size_t i;

	json_array_foreach(jx_get(doc, "manifests"), i, one) {
		const json_t *p = jx_get(one, "platform");

		if (strcmp(jx_str(p, "os", ""), "linux") == 0 &&
		    strcmp(jx_str(p, "architecture", ""), arch) == 0)
			return jx_str(one, "digest", NULL);
	}
	return NULL;
}

static int
no_file(const struct oci_registry *r, const struct oci_pull *p,
	struct diags *ds)
{
	diag_err(ds, "E1330", "the image '%s@%s' has no file '%s'", r->name,
		 p->digest, p->file);
	diag_hint(ds, "'file' is the program's path in the image");
	return -1;
}

static int
download(struct oci_registry *r, const char *digest, const struct oci_pull *p,
	 struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply head = HTTP_REPLY_INIT;
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	CLEANUP(freep) char *url = oci_registry_url(r, "blobs/%s", digest);
	CLEANUP(close_fdp)
	int fd = open(p->scratch, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		      0600);
	struct oci_ask q = { .method = "HEAD", .url = url };
	/* What is asked first gets past the door, as a token may have ended. */
	enum oci_heard heard = oci_registry_send(r, &q, &head, ds);
	const char *const headers[] = { r->auth, NULL };
	struct http_req req = { .url = url,
				.headers = headers,
				.cancelled = r->t->cancelled,
				.arg = r->t->arg };
	enum http_result got;
	char hex[65];

	if (heard)
		return heard == OCI_CANCELLED ? 1 : -1;
	if (head.status != 200)
		return oci_registry_refused(r, "get a layer", &head, ds);
	if (fd < 0)
		return diag_errno(ds, "E0707", "cannot create '%s'",
				  p->scratch);
	got = http_download(r->http, &req, fd, &reply, ds);
	if (got)
		return got == HTTP_CANCELLED ? 1 : -1;
	if (file_sha256(p->scratch, hex, ds))
		return -1;
	return is_digest(digest, hex)
		       ? 0
		       : other_content(r, "the layer", digest, hex, ds);
}

/* *found: it was in that layer. */
static int
look_in(struct oci_registry *r, const char *digest, const struct oci_pull *p,
	bool *found, struct diags *ds)
{
	struct untar opts = { .only = p->file + 1,
			      .cancelled = r->t->cancelled,
			      .arg = r->t->arg,
			      .max_bytes = FILE_MAX };
	const char *name = strrchr(p->file, '/');
	CLEANUP(freep) char *to = xasprintf("%s%s", p->to, name);
	int rc = download(r, digest, p, ds);

	if (rc == 0)
		rc = untar(p->scratch, p->to, &opts, ds);
	*found = rc == 0 && file_exists(to);
	return rc;
}

static int
pull_from(struct oci_registry *r, const struct oci_pull *p, struct diags *ds)
{
	CLEANUP(put_json) json_t *top = NULL;
	CLEANUP(put_json) json_t *listed = NULL;
	const json_t *image, *layers;
	const char *digest;
	bool found = false;
	size_t i;
	int rc;

	top = get_manifest(r, p->digest, &rc, ds);
	image = top;
	digest = image_in(top, p->arch);
	if (digest) {
		listed = get_manifest(r, digest, &rc, ds);
		image = listed;
	}
	if (!image)
		return rc;
	layers = jx_get(image, "layers");
	i = json_array_size(layers);
	if (i > LAYERS_MAX)
		return no_file(r, p, ds);
	for (rc = 0; i-- > 0 && rc == 0 && !found;)
		rc = look_in(r, jx_str(json_array_get(layers, i), "digest", ""),
			     p, &found, ds);
	return rc == 0 && !found ? no_file(r, p, ds) : rc;
}

int
oci_pull_file(const struct oci_target *t, const struct oci_pull *p,
	      struct diags *ds)
{
	CLEANUP(oci_registry_done) struct oci_registry r;
	int rc = oci_registry_open(&r, t, false, ds);

	if (rc == 0)
		rc = pull_from(&r, p, ds);
	(void)unlink(p->scratch);
	return rc;
}
