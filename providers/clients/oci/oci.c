#include "providers/clients/oci/oci.h"

#include <string.h>
#include <strings.h>

#include "engine/base/mem.h"
#include "providers/clients/oci/image.h"
#include "providers/clients/oci/push.h"
#include "providers/clients/oci/registry.h"

#define TAG_DIGITS 16

static bool
is_manifest(const struct oci_registry *r, const struct http_reply *reply,
	    const char *digest)
{
	CLEANUP(freep)
	char *said = http_header(r->http, "Docker-Content-Digest");

	return said ? strcmp(said, digest) == 0
		    : reply->type && strncmp(reply->type, OCI_MANIFEST_TYPE,
					     strlen(OCI_MANIFEST_TYPE)) == 0;
}

/* By digest; 0, 1 cancelled, -1. */
static int
manifest_there(struct oci_registry *r, const char *digest, bool *there,
	       struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	CLEANUP(freep) char *url = oci_registry_url(r, "manifests/%s", digest);
	struct oci_ask q = { .method = "HEAD",
			     .url = url,
			     .headers = { "Accept: " OCI_MANIFEST_TYPE } };
	enum oci_heard heard = oci_registry_send(r, &q, &reply, ds);

	if (heard)
		return heard == OCI_CANCELLED ? 1 : -1;
	*there = reply.status == 200;
	/* Some servers answer everything with a page. */
	if (*there && !is_manifest(r, &reply, digest))
		return diag_err(ds, "E1324",
				"'%s': the server does not answer as an image "
				"registry does",
				r->name);
	if (*there || reply.status == 404)
		return 0;
	return oci_registry_refused(r, "look for the image", &reply, ds);
}

/* Under a tag, by which it is there under its digest too. */
static int
put_manifest(struct oci_registry *r, const struct oci_image *m,
	     struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	CLEANUP(freep)
	char *url = oci_registry_url(r, "manifests/opl2-%.*s", TAG_DIGITS,
				     strchr(m->digest, ':') + 1);
	struct oci_ask q = { .method = "PUT",
			     .url = url,
			     .headers = { "Content-Type: " OCI_MANIFEST_TYPE },
			     .body = m->manifest,
			     .body_len = strlen(m->manifest) };
	enum oci_heard heard = oci_registry_send(r, &q, &reply, ds);
	CLEANUP(freep)
	char *digest = http_header(r->http, "Docker-Content-Digest");

	if (heard)
		return heard == OCI_CANCELLED ? 1 : -1;
	if (reply.status / 100 != 2)
		return oci_registry_refused(r, "push the manifest", &reply, ds);
	if (digest && strcmp(digest, m->digest) != 0) {
		diag_err(ds, "E1325",
			 "'%s' has the image as '%s', which was sent as '%s'",
			 r->name, digest, m->digest);
		diag_hint(ds, "use a registry that keeps images as they are");
		return -1;
	}
	return 0;
}

static int
push_layers(struct oci_registry *r, const struct oci_image *m, struct diags *ds)
{
	struct oci_blob config = { .what = "configuration",
				   .digest = m->config_digest,
				   .size = strlen(m->config),
				   .text = m->config };
	int rc = 0;

	for (size_t i = 0; i < m->n && rc == 0; i++) {
		struct oci_blob b = { .what = m->layers[i].name,
				      .digest = m->layers[i].digest,
				      .size = m->layers[i].size,
				      .layer = &m->layers[i] };

		rc = oci_push_blob(r, &b, ds);
	}
	return rc ? rc : oci_push_blob(r, &config, ds);
}

int
oci_image_publish(const struct oci_target *t, const struct oci_contents *c,
		  char **ref, struct diags *ds)
{
	CLEANUP(oci_registry_done) struct oci_registry r;
	CLEANUP(oci_image_done) struct oci_image m = { 0 };
	int rc = oci_registry_open(&r, t, true, ds);
	bool there = false;

	if (rc == 0)
		rc = oci_image_make(&m, c, t->cancelled, t->arg, ds);
	if (rc == 0)
		rc = manifest_there(&r, m.digest, &there, ds);
	if (rc == 0 && !there)
		rc = push_layers(&r, &m, ds);
	if (rc == 0 && !there)
		rc = put_manifest(&r, &m, ds);
	if (rc == 0)
		*ref = xasprintf("%s@%s", r.name, m.digest);
	return rc;
}

int
oci_image_there(const struct oci_target *t, const char *digest, bool *there,
		struct diags *ds)
{
	CLEANUP(oci_registry_done) struct oci_registry r;
	int rc = oci_registry_open(&r, t, false, ds);

	return rc ? rc : manifest_there(&r, digest, there, ds);
}
