#include "providers/clients/cluster/access.h"

#include <string.h>

#include "engine/base/buf.h"
#include "engine/io/jx.h"
#include "providers/runtime/rights.h"

#define PATH "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"

static bool
has(const json_t *list, const char *word, size_t n)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const char *is = json_string_value(one);

		if (is && (!strcmp(is, "*") ||
			   (strlen(is) == n && !memcmp(is, word, n))))
			return true;
	}
	return false;
}

/* "pods/log" is also one of all logs. */
static bool
has_resource(const json_t *list, const char *resource)
{
	const char *part = strchr(resource, '/');
	char any[64];

	if (has(list, resource, strlen(resource)))
		return true;
	if (!part)
		return false;
	snprintf(any, sizeof(any), "*%s", part);
	return has(list, any, strlen(any));
}

static bool
allows(const json_t *rules, const struct right *r, const char *verb, size_t n)
{
	const json_t *rule;
	size_t i;

	json_array_foreach(rules, i, rule)
		if (json_array_size(jx_get(rule, "resourceNames")) == 0 &&
		    has(jx_get(rule, "apiGroups"), r->group,
			strlen(r->group)) &&
		    has_resource(jx_get(rule, "resources"), r->resource) &&
		    has(jx_get(rule, "verbs"), verb, n))
			return true;
	return false;
}

static void
add_lacking(const json_t *rules, const struct right *r, struct buf *out)
{
	const char *verb = r->verbs;
	size_t n;

	for (; *verb; verb += n, verb += *verb == ' ') {
		n = strcspn(verb, " ");
		if (!allows(rules, r, verb, n))
			buf_addf(out, "%.*s %s%s%s\n", (int)n, verb,
				 r->resource, *r->group ? "." : "", r->group);
	}
}

int
access_check(struct cluster *c, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *body = json_pack("{s:s, s:s, s:{s:s}}", "apiVersion",
				 "authorization.k8s.io/v1", "kind",
				 "SelfSubjectRulesReview", "spec", "namespace",
				 c->namespace);
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(buf_done) struct buf lacks = BUF_INIT(16384);
	CLEANUP(put_json) json_t *j = NULL;
	struct kube_ask q = { .method = "POST", .body = body };
	CLEANUP(diags_done) struct diags quiet;
	const json_t *status;

	diags_init(&quiet);
	/* Who cannot be asked now is so later: a plan is fine without it. */
	if (cluster_ask(c, PATH, &q, &r, &quiet) || r.status >= 500)
		return 0;
	if (r.status / 100 != 2)
		return cluster_refused(c, PATH, &r, ds);
	j = jx_parse(buf_str(&r.body), r.body.n, "the cluster's answer", ds);
	if (!j)
		return -1;
	status = jx_get(j, "status");
	for (size_t i = 0; i < rights_count; i++)
		if (!rights_table[i].setting ||
		    jx_get(c->config, rights_table[i].setting))
			add_lacking(jx_get(status, "resourceRules"),
				    &rights_table[i], &lacks);
	if (lacks.n == 0 || jx_bool(status, "incomplete", false))
		return 0;
	diag_err(ds, "E1302", "rights are missing in the namespace '%s'",
		 c->namespace);
	diag_detail(ds, buf_str(&lacks));
	diag_hint(ds, "'opl2 schema -rbac' prints the Role that is needed");
	return -1;
}
