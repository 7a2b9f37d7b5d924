#include "providers/clients/da/da_probe.h"

#include <string.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

#define OBJECT_SIZE    32
#define NAME_MAX_BYTES 4096
#define COMMITMENT_MAX 1024
/* A reply that is wrong may be long; what is right is short. */
#define REPLY_MAX 65536

static const char *const octets[] = { "Content-Type: application/octet-stream",
				      NULL };

static void
object_of(const char *chain, char out[OBJECT_SIZE])
{
	CLEANUP(freep) char *text = xasprintf("opl2 probe of %s", chain);
	size_t n = strlen(text);

	memset(out, '.', OBJECT_SIZE);
	memcpy(out, text, n < OBJECT_SIZE ? n : OBJECT_SIZE);
}

static char *
join(const struct da_server *s, const char *path, const char *name)
{
	size_t n = strlen(s->url);

	while (n && s->url[n - 1] == '/')
		n--;
	return xasprintf("%.*s%s%s", (int)n, s->url, path, name);
}

static struct http_req
request(const struct da_server *s, const char *url)
{
	return (struct http_req){ .url = url,
				  .sensitive = true,
				  .total_ms = 30000,
				  .max_body = REPLY_MAX,
				  .cancelled = s->cancelled,
				  .arg = s->arg };
}

static enum http_result
da_probe_bad_reply(const struct da_server *s, const char *what,
		   const char *hint)
{
	diag_err(s->ds, "E0853", "the DA server accepted an object, but %s",
		 what);
	diag_hint(s->ds, "%s", hint);
	return HTTP_FAILED;
}

/* The client decodes the reply into a map of strings; null becomes "". */
static enum http_result
read_id(const struct da_server *s, const struct http_reply *r, struct buf *name)
{
	static const char want[] = "it must answer {\"id\": \"...\"}, a flat "
				   "object whose values are all strings";
	CLEANUP(put_json)
	json_t *j = json_loadb(r->body.p ? r->body.p : "", r->body.n, 0, NULL);
	const char *key, *id = jx_str(j, "id", "");
	json_t *v;

	if (!json_is_object(j))
		return da_probe_bad_reply(
			s, "did not answer with a JSON object", want);
	json_object_foreach(j, key, v) {
		CLEANUP(freep) char *what = NULL;

		if (json_is_string(v) || json_is_null(v))
			continue;
		what = xasprintf("'%.64s' in its answer is not a string", key);
		return da_probe_bad_reply(s, what, want);
	}
	if (!json_object_get(j, "id"))
		return da_probe_bad_reply(s, "there is no 'id' in its answer",
					  want);
	if (!*id)
		return da_probe_bad_reply(s, "the 'id' in its answer is empty",
					  want);
	if (strlen(id) > COMMITMENT_MAX)
		return da_probe_bad_reply(
			s, "the 'id' in its answer is over 1 KiB",
			"the id is sent to the L1 with every batch");
	buf_adds(name, id);
	return HTTP_OK;
}

static enum http_result
read_commitment(const struct da_server *s, const struct http_reply *r,
		struct buf *name)
{
	static const char want[] =
		"it must answer with the raw bytes of an encoded commitment: "
		"00 and 32 bytes (keccak), or 01 and at least one (generic)";
	size_t n = r->body.n;
	CLEANUP(freep) char *hex = NULL;

	if (n < 2 || n > COMMITMENT_MAX || r->body.p[0] > 1 ||
	    r->body.p[0] < 0 || (r->body.p[0] == 0 && n != 33))
		return da_probe_bad_reply(s, "its answer is not a commitment",
					  want);
	hex = xmalloc(2 * n + 1);
	hex_encode(r->body.p, n, hex);
	buf_adds(name, hex);
	return HTTP_OK;
}

enum http_result
da_put(const struct da_server *s, const char *chain, struct buf *name)
{
	bool meeda = s->protocol == DA_MEEDA;
	CLEANUP(freep) char *url = join(s, meeda ? "/putObject" : "/put", "");
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	struct http_req req = request(s, url);
	char object[OBJECT_SIZE], hex[2 * OBJECT_SIZE + 1];
	CLEANUP(freep) char *body = NULL;
	enum http_result rc;

	object_of(chain, object);
	hex_encode(object, sizeof(object), hex);
	body = xasprintf("{\"data\":\"%s\"}", hex);
	req.headers = octets;
	req.body = meeda ? body : object;
	req.body_len = meeda ? strlen(body) : sizeof(object);
	rc = http_send(s->http, &req, &r, s->ds);
	if (rc != HTTP_OK)
		return rc;
	if (r.status != 200) {
		diag_err(s->ds, "E0852",
			 "the DA server answered %ld to a put of %d bytes",
			 r.status, OBJECT_SIZE);
		diag_hint(s->ds, "the batcher needs status 200: check the URL, "
				 "'type' and the server's log");
		return HTTP_FAILED;
	}
	return meeda ? read_id(s, &r, name) : read_commitment(s, &r, name);
}

/* As the programs ask: /get/0xHEX, or the id escaped in the query. */
static char *
get_url(const struct da_server *s, const char *name)
{
	struct buf q = BUF_INIT(NAME_MAX_BYTES);
	char *url;

	if (s->protocol == DA_UPSTREAM)
		return join(s, "/get/0x", name);
	buf_addurl(&q, name, strlen(name), "");
	url = join(s, "/getObject?id=", buf_str(&q));
	buf_done(&q);
	return url;
}

static enum http_result
get(const struct da_server *s, const char *name, unsigned tries,
    struct http_reply *r)
{
	CLEANUP(freep) char *url = get_url(s, name);
	struct http_req req = request(s, url);

	req.tries = tries;
	return http_send(s->http, &req, r, s->ds);
}

/* Mirrors a character in its class, so that a name keeps its shape: none is
 * its own mirror, for each class has an even number of members. */
static char
mirror(char c)
{
	static const char *const classes[] = { "09", "af", "gz", "AF", "GZ" };

	for (size_t i = 0; i < COUNTOF(classes); i++)
		if (c >= classes[i][0] && c <= classes[i][1])
			return (char)(classes[i][0] + classes[i][1] - c);
	return c;
}

static char *
unknown_name(const char *name)
{
	size_t n = strlen(name);
	char *out = xasprintf("%sx", name);

	for (size_t i = n > 16 ? n - 16 : n / 2; i < n; i++)
		out[i] = mirror(out[i]);
	if (strncmp(out, name, n) != 0)
		out[n] = '\0';
	return out;
}

static enum http_result
bad_unknown(const struct da_server *s, long status)
{
	diag_err(s->ds, "E0855",
		 "the DA server answers %ld where it does not have the object",
		 status);
	if (status == 200)
		diag_hint(s->ds,
			  "it must answer 404: an answer with status 200 is "
			  "used as the batch and corrupts derivation");
	else
		diag_hint(s->ds,
			  "it must answer 404: op-node treats any other status "
			  "as a temporary failure and asks again forever");
	return HTTP_FAILED;
}

enum http_result
da_verify(const struct da_server *s, const char *chain, const char *name)
{
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(freep) char *unknown = unknown_name(name);
	char object[OBJECT_SIZE];
	enum http_result rc = get(s, name, 0, &r);

	if (rc != HTTP_OK)
		return rc;
	object_of(chain, object);
	if (r.status != 200) {
		diag_err(s->ds, "E0854",
			 "the DA server answered %ld for an object that was "
			 "stored there",
			 r.status);
		diag_hint(s->ds, "it must keep objects as long as any node may "
				 "derive the chain");
		return HTTP_FAILED;
	}
	if (r.body.n != sizeof(object) ||
	    memcmp(r.body.p, object, sizeof(object)) != 0) {
		diag_err(s->ds, "E0854",
			 "the DA server returned %zu bytes that differ from "
			 "the %d stored ones",
			 r.body.n, OBJECT_SIZE);
		diag_hint(
			s->ds,
			"it must answer with raw bytes, not with hex or JSON");
		return HTTP_FAILED;
	}
	/* One try: an error status is the answer here. */
	rc = get(s, unknown, 1, &r);
	if (rc == HTTP_OK && r.status != 404)
		rc = bad_unknown(s, r.status);
	return rc;
}
