#include "providers/clients/cluster/pod_image.h"

#include <stdlib.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/io/program.h"
#include "providers/clients/oci/oci.h"

int
pod_image(const struct cluster *c, const struct pod *p, char **ref,
	  struct diags *ds)
{
	const json_t *images = jx_get(c->config, "images");
	CLEANUP(freep)
	char *supervisor = program_beside("opl2-supervise", ds);
	CLEANUP(freep)
	char *memory = xasprintf("%s/run/cluster.layers", c->dir);
	struct oci_program *v;
	struct oci_contents contents = { .n = p->nprograms + 1,
					 .memory = memory };
	const struct oci_target target = {
		.repository = jx_str(images, "repository", ""),
		.plain = jx_bool(images, "plain_http", false)
				 ? OCI_PLAIN_HTTP
				 : OCI_PLAIN_BY_HOST,
	};
	int rc;

	*ref = NULL;
	if (!supervisor)
		return -1;
	v = xcalloc(contents.n, sizeof(*v));
	for (size_t i = 0; i < p->nprograms; i++)
		v[i] = (struct oci_program){ p->programs[i].from,
					     p->programs[i].to };
	v[p->nprograms] =
		(struct oci_program){ supervisor, POD_BIN "/opl2-supervise" };
	contents.v = v;
	rc = oci_image_publish(&target, &contents, ref, ds);
	free(v);
	return rc;
}
