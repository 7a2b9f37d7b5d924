#include "providers/clients/http/authorities.h"

#include <stdlib.h>

#include "engine/diag/diag.h"
#include "engine/io/file.h"

static const char *
set_one(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

void
authorities_env(struct authorities *a)
{
	a->file = set_one("CURL_CA_BUNDLE");
	a->dir = a->file ? NULL : set_one("SSL_CERT_DIR");
	if (!a->file)
		a->file = set_one("SSL_CERT_FILE");
	a->extra = set_one("NODE_EXTRA_CA_CERTS");
}

/* What cannot be read is as good as empty. */
static void
authorities_add_file(const char *path, struct buf *out)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(out->max);
	struct diags ignored;

	diags_init(&ignored);
	if (file_read_opt(path, &text, &ignored) == 0 && text.n) {
		buf_add(out, text.p, text.n);
		buf_addch(out, '\n');
	}
	diags_done(&ignored);
}

bool
authorities_join(const char *file, const char *extra, struct buf *out)
{
	size_t own;

	if (file)
		authorities_add_file(file, out);
	own = out->n;
	authorities_add_file(extra, out);
	return out->n > own && !out->over;
}
