#include "providers/clients/kube/kube_api.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/kube/kube_proxy.h"

#define TOTAL_MS 60000u
#define ACCOUNT  "/var/run/secrets/kubernetes.io/serviceaccount/"

struct kube_api {
	struct http *http;
	char *url;
	bool account;             /* with the token of the service account */
	struct kube_proxy *proxy; /* or NULL */
};

/* NULL without a diagnostic: only kubectl knows it. */
static char *
server_url(const json_t *config, bool *account)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");
	const char *proxy = getenv("OPL2_KUBERNETES_PROXY");
	const char *v6 = host && strchr(host, ':') ? "[" : "";

	if (jx_get(config, "context") || jx_get(config, "kubeconfig"))
		host = NULL;
	*account = !proxy && host;
	if (proxy)
		return xstrdup(proxy);
	if (host)
		return xasprintf("https://%s%s%s:%s", v6, host, *v6 ? "]" : "",
				 port ? port : "443");
	return NULL;
}

struct kube_api *
kube_api_open(const json_t *config, struct diags *ds)
{
	struct kube_proxy *proxy = NULL;
	struct kube_api *k;
	bool account;
	char *url = server_url(config, &account);

	if (!url) {
		proxy = kube_proxy_start(jx_str(config, "kubeconfig", NULL),
					 jx_str(config, "context", NULL), ds);
		if (!proxy)
			return NULL;
		url = xstrdup("http://localhost");
	}
	k = xcalloc(1, sizeof(*k));
	k->http = http_new();
	k->url = url;
	k->account = account;
	k->proxy = proxy;
	return k;
}

void
kube_api_close(struct kube_api *k)
{
	if (!k)
		return;
	http_free(k->http);
	kube_proxy_stop(k->proxy);
	free(k->url);
	free(k);
}

void
kube_api_forked(struct kube_api *k)
{
	/* The old one's connections are the parent's, too: not to be closed
	 * with a good-bye. */
	k->http = http_new();
}

/* It is renewed while the pod runs. */
static int
token_header(char **out, struct diags *ds)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(16u << 10);

	if (file_read(ACCOUNT "token", &b, ds) < 0)
		return -1;
	*out = xasprintf("Authorization: Bearer %.*s",
			 (int)strcspn(buf_str(&b), "\n"), buf_str(&b));
	explicit_bzero(b.p, b.n);
	return 0;
}

enum http_result
kube_api_send(struct kube_api *k, const struct kube_ask *q,
	      struct http_reply *r, struct diags *ds)
{
	CLEANUP(freep) char *url = xasprintf("%s%s", k->url, q->path);
	CLEANUP(freep) char *body = q->body ? jx_dump_line(q->body) : NULL;
	CLEANUP(freep)
	char *type = xasprintf("Content-Type: %s",
			       q->type ? q->type : "application/json");
	CLEANUP(freep) char *token = NULL;
	const char *headers[5] = { NULL };
	size_t n = 0;
	struct http_req req = {
		.url = url,
		.method = q->method,
		.headers = headers,
		.body = q->raw ? q->raw : body,
		.body_len = q->raw ? q->nraw
			    : body ? strlen(body)
				   : 0,
		.socket = k->proxy ? kube_proxy_socket(k->proxy) : NULL,
		.cafile = k->account ? ACCOUNT "ca.crt" : NULL,
		.idempotent = !q->once,
		.tries = q->tries,
		.max_body = q->max_body,
		.total_ms = q->total_ms ? q->total_ms : TOTAL_MS
	};
	enum http_result rc;

	if (k->account && token_header(&token, ds) < 0)
		return HTTP_FAILED;
	if (token)
		headers[n++] = token;
	if (req.body)
		headers[n++] = type;
	if (q->header)
		headers[n++] = q->header;
	headers[n++] = q->accept ? q->accept : "Accept: application/json";
	rc = http_send(k->http, &req, r, ds);
	if (token)
		explicit_bzero(token, strlen(token));
	return rc;
}

json_t *
kube_api_status(const struct http_reply *r)
{
	return jx_parse(buf_str(&r->body), r->body.n, "status", NULL);
}
