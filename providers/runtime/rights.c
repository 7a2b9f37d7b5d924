#include "providers/runtime/rights.h"

#include "engine/base/compiler.h"

/* A server-side apply is a patch, and a create where there was nothing. */
#define APPLY "get create patch delete"

const struct right rights_table[] = {
	{ "", "configmaps", "list " APPLY, NULL },
	{ "", "secrets", "list " APPLY, NULL },
	{ "", "services", "list " APPLY, NULL },
	{ "apps", "statefulsets", "list " APPLY, NULL },
	{ "policy", "poddisruptionbudgets", APPLY, NULL },
	{ "networking.k8s.io", "networkpolicies", "list " APPLY, NULL },
	{ "", "persistentvolumeclaims", "get create patch", NULL },
	{ "", "pods", "list get create patch delete", NULL },
	{ "", "pods/log", "get", NULL },
	/* Why a StatefulSet makes no pod. */
	{ "", "events", "list", NULL },
	/* Supervisors, and the RPCs of processes. */
	{ "", "pods/proxy", "get create", NULL },
	{ "", "services/proxy", "get create", NULL },
	{ "networking.k8s.io", "ingresses", APPLY, "ingress" },
	{ "monitoring.coreos.com", "servicemonitors", APPLY,
	  "service_monitor" },
};
const size_t rights_count = COUNTOF(rights_table);

static const struct right state_rights[] = {
	{ "", "secrets", "get list create update delete", NULL },
	{ "coordination.k8s.io", "leases", "get list create update delete",
	  NULL },
};

static void
add_role(struct buf *out, const char *name, const struct right *v, size_t n)
{
	buf_addf(out,
		 "apiVersion: rbac.authorization.k8s.io/v1\n"
		 "kind: Role\n"
		 "metadata: { name: %s }\n"
		 "rules:\n",
		 name);
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "- apiGroups: [\"%s\"]\n", v[i].group);
		buf_addf(out, "  resources: [%s]\n  verbs: [", v[i].resource);
		for (const char *c = v[i].verbs; *c; c++)
			buf_adds(out, *c == ' ' ? ", " : (char[]){ *c, 0 });
		buf_adds(out, "]\n");
	}
	buf_addf(out,
		 "---\n"
		 "apiVersion: rbac.authorization.k8s.io/v1\n"
		 "kind: RoleBinding\n"
		 "metadata: { name: %s }\n"
		 "roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, "
		 "name: %s }\n"
		 "subjects:\n"
		 "- { apiGroup: rbac.authorization.k8s.io, kind: User, name: "
		 "USER }\n",
		 name, name);
}

void
rights_yaml(struct buf *out)
{
	buf_adds(out, "# What opl2 does in the namespace of a chain with "
		      "'runtime: kubernetes', and no more.\n"
		      "# Put the user of the kubeconfig for USER.\n");
	add_role(out, "opl2", rights_table, rights_count);
	buf_adds(out, "---\n"
		      "# Only with 'backend: kubernetes', in the namespace of "
		      "the state.\n");
	add_role(out, "opl2-state", state_rights, COUNTOF(state_rights));
}
