/* Secret tokens, and their values blotted out of text: JSON of a config. */
#include "tests/fuzz/fuzz.h"

#include "engine/io/jx.h"
#include "providers/clients/tools/secret.h"

#define VALUE "hunter22"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(put_json) json_t *j = NULL, *names = json_array();
	CLEANUP(put_json) json_t *known = NULL;
	struct buf out CLEANUP(secret_wipe) = BUF_INIT(SECRET_MAX);
	struct buf text CLEANUP(buf_done) = BUF_INIT(1u << 20);
	struct diags ds;
	int rc;

	known = json_pack("{s:s, s:s, s:s}", "env:A", VALUE, "var:B", "b", "x",
			  VALUE "2");
	buf_add(&text, data, size);
	buf_adds(&text, VALUE);
	secret_redact(&text, known);
	FUZZ_CHECK(!memmem(text.p, text.n, VALUE, strlen(VALUE)));
	j = jx_parse((const char *)data, size, "input", NULL);
	/* Files would make it depend on the machine. */
	if (!j || memmem(data, size, "file", 4) || memmem(data, size, "\\", 1))
		return 0;
	secret_names(j, names);
	diags_init(&ds);
	rc = secret_resolve(j, known, NULL, &out, &ds);
	for (const struct diag *d = ds.first; d; d = d->next)
		FUZZ_CHECK(!strstr(d->summary, VALUE) ||
			   memmem(data, size, VALUE, strlen(VALUE)));
	fuzz_contract(&ds, rc);
	return 0;
}
