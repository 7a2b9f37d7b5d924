#include "providers/clients/http/authorities.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine/base/mem.h"
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

const char *
authorities_system(void)
{
	static const char *const usual[] = {
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/ca-bundle.pem",
		"/etc/ssl/cert.pem",
	};

	for (size_t i = 0; i < COUNTOF(usual); i++)
		if (access(usual[i], R_OK) == 0)
			return usual[i];
	return NULL;
}

const char *
authorities_file(const struct authorities *a, const char *own)
{
	if (a->file)
		return a->file;
	return own && access(own, R_OK) == 0 ? own : authorities_system();
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
