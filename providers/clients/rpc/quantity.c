/* How Ethereum's JSON writes numbers and bytes. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/rpc.h"

int
quantity_u256(const json_t *v, struct u256 *out)
{
	const char *s = json_string_value(v);

	if (!s || s[0] != '0' || s[1] != 'x' || s[2] == '\0')
		return -1;
	return u256_parse(s, out);
}

int
quantity_u64(const json_t *v, uint64_t *out)
{
	struct u256 n;

	return quantity_u256(v, &n) == 0 && u256_fits_u64(&n, out) ? 0 : -1;
}

json_t *
quantity_from_u256(const struct u256 *v)
{
	char text[67];

	u256_hex(v, text);
	return json_string(text);
}

json_t *
quantity_from_u64(uint64_t v)
{
	return jx_strf("0x%llx", (unsigned long long)v);
}

json_t *
hex_json(const void *p, size_t n)
{
	char *text = xmalloc(2 * n + 3);
	json_t *out;

	text[0] = '0';
	text[1] = 'x';
	hex_encode(p, n, text + 2);
	out = json_stringn(text, 2 * n + 2);
	free(text);
	return out;
}

int
hex_bytes(const json_t *v, uint8_t **out, size_t *n)
{
	const char *s = json_string_value(v);
	size_t len = json_string_length(v);
	uint8_t *p;

	if (!s || len < 2 || len % 2 || s[0] != '0' || s[1] != 'x')
		return -1;
	p = xmalloc(len / 2);
	if (len > 2 && hex_decode(s + 2, p, len / 2 - 1) < 0) {
		free(p);
		return -1;
	}
	*out = p;
	*n = len / 2 - 1;
	return 0;
}
