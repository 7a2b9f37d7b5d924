/* Bytes as text: hex, base64, digests. */
#include "tests/fuzz/fuzz.h"

#include <ctype.h>

#include "engine/base/hash.h"
#include "providers/clients/store/digest.h"

static void
base64(const char *s)
{
	size_t len = strlen(s);
	CLEANUP(freep) uint8_t *bytes = xmalloc(len + 1);
	CLEANUP(freep) char *text = NULL;
	long n = base64_decode(s, bytes, len);

	if (n < 0)
		return;
	text = xmalloc(4 * (((size_t)n + 2) / 3) + 1);
	base64_encode(bytes, (size_t)n, text);
	FUZZ_CHECK(!strcmp(s, text));
	/* Room for one byte less is too little. */
	FUZZ_CHECK(n == 0 || base64_decode(s, bytes, (size_t)n - 1) == -1);
}

static void
hex(const char *s)
{
	size_t n = strlen(s) / 2;
	CLEANUP(freep) uint8_t *bytes = xmalloc(n + 1);
	CLEANUP(freep) char *text = xmalloc(2 * n + 1);

	for (size_t k = n; k + 1 >= n && k + 1 > 0; k--) {
		const char *digits = s;

		if (hex_decode(s, bytes, k) < 0)
			continue;
		hex_encode(bytes, k, text);
		if (s[0] == '0' && tolower((unsigned char)s[1]) == 'x')
			digits += 2;
		FUZZ_CHECK(!strcasecmp(digits, text));
	}
}

static void
digest(const char *s)
{
	struct digest d, back;
	struct arena a;

	if (digest_parse(s, &d) < 0)
		return;
	arena_init(&a);
	FUZZ_CHECK(digest_parse(digest_text(&a, &d), &back) == 0);
	FUZZ_CHECK(digest_equal(&d, &back));
	arena_done(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(freep) char *s = fuzz_text(data, size), *text = NULL;
	uint8_t *back;

	base64(s);
	hex(s);
	digest(s);
	text = xmalloc(4 * ((size + 2) / 3) + 1);
	base64_encode(data, size, text);
	back = xmalloc(size + 1);
	FUZZ_CHECK(base64_decode(text, back, size) == (long)size);
	FUZZ_CHECK(!size || !memcmp(back, data, size));
	free(back);
	return 0;
}
