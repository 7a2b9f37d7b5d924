/* One value against one schema: the first byte picks the schema, bit 6 says
 * quoted, bit 7 that it comes from another resource. */
#include "tests/fuzz/fuzz.h"

#include "engine/io/jx.h"
#include "engine/schema/schema_scalar.h"

static const char *const schemas[] = {
	"{\"type\":\"string\",\"pattern\":\"^[a-z]+$\",\"maxLength\":9}",
	"{\"type\":\"string\",\"format\":\"address\"}",
	"{\"type\":\"string\",\"format\":\"hash\"}",
	"{\"type\":\"string\",\"format\":\"hexdata\"}",
	"{\"type\":\"string\",\"format\":\"wei\"}",
	"{\"type\":\"string\",\"format\":\"duration\"}",
	"{\"type\":\"integer\",\"format\":\"bytes\"}",
	"{\"type\":\"string\",\"format\":\"url\"}",
	"{\"type\":\"string\",\"format\":\"path\"}",
	"{\"type\":\"integer\",\"format\":\"port\"}",
	"{\"type\":\"string\",\"format\":\"name\"}",
	"{\"type\":\"string\",\"format\":\"version-range\"}",
	"{\"type\":\"string\",\"format\":\"rpc\"}",
	"{\"type\":\"string\",\"format\":\"mirror\"}",
	"{\"type\":\"string\",\"format\":\"goproxy\"}",
	"{\"type\":\"string\",\"format\":\"gosumdb\"}",
	"{\"type\":\"integer\",\"minimum\":-5,\"maximum\":100}",
	"{\"type\":\"boolean\"}",
	"{\"type\":\"any\"}",
	"{\"enum\":[\"a\",1,true]}",
};

/* A canonical value is one that another resource may take over unchanged. */
static void
again(const json_t *schema, const json_t *v)
{
	CLEANUP(put_json) json_t *back = NULL;
	struct diags ds;
	struct scalar s = { .ds = &ds,
			    .subject = "x",
			    .text = json_string_value(v),
			    .value = true };

	if (!s.text)
		return;
	diags_init(&ds);
	back = scalar_type(&s, schema);
	FUZZ_CHECK(back && json_equal(v, back));
	diags_done(&ds);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(freep) char *text = NULL, *part = NULL;
	CLEANUP(put_json) json_t *schema = NULL, *v = NULL;
	static const char *const accessors[] = { "seconds", "wei", "gwei",
						 "bytes" };
	struct diags ds;
	struct scalar s = { .ds = &ds, .subject = "x" };
	const char *which;
	int rc;

	if (size < 1)
		return 0;
	which = schemas[(data[0] & 63) % COUNTOF(schemas)];
	text = fuzz_text(data + 1, size - 1);
	schema = jx_parse(which, strlen(which), "schema", NULL);
	s.text = text;
	s.quoted = data[0] & 64;
	s.value = data[0] & 128;
	diags_init(&ds);
	v = scalar_type(&s, schema);
	rc = v ? scalar_limits(&s, schema, v) : -1;
	fuzz_contract(&ds, rc);
	if (rc == 0 && strstr(which, "format"))
		again(schema, v);
	diags_init(&ds);
	part = accessor_apply(accessors[data[0] & 3], text, &ds);
	fuzz_contract(&ds, part ? 0 : -1);
	return 0;
}
