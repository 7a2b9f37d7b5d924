#include "providers/runtime/rights.h"

#include "engine/base/compiler.h"

/* A server-side apply is a patch, and a create where there was nothing. */
#define APPLY "get create patch delete"

const struct right rights_table[] = {
	{ "", "configmaps", "list " APPLY },
	{ "", "secrets", "list " APPLY },
	{ "", "services", "list " APPLY },
	{ "apps", "statefulsets", "list " APPLY },
	{ "policy", "poddisruptionbudgets", APPLY },
	{ "networking.k8s.io", "networkpolicies", "list " APPLY },
	{ "", "persistentvolumeclaims", "get create patch" },
	{ "", "pods", "list get create patch delete" },
	{ "", "pods/log", "get" },
	/* Supervisors, and the RPCs of processes. */
	{ "", "pods/proxy", "get create" },
	{ "", "services/proxy", "get create" },
};
const size_t rights_count = COUNTOF(rights_table);

static const struct right state_rights[] = {
	{ "", "secrets", "get list create update delete" },
	{ "coordination.k8s.io", "leases", "get list create update delete" },
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
