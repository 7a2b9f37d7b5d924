#include "providers/clients/store/digest.h"

#include <errno.h>
#include <fcntl.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"

#define BLOCK 65536u

/* One "ALGORITHM-BASE64[?options]"; 0 when it is one that we know. */
static int
parse_sri(const char *s, size_t n, struct digest *out)
{
	char text[128];
	unsigned bits;

	if (n < 8 || n >= sizeof(text))
		return -1;
	memcpy(text, s, n);
	text[n] = '\0';
	text[strcspn(text, "?")] = '\0';
	if (strncmp(text, "sha512-", 7) == 0)
		bits = 512;
	else if (strncmp(text, "sha256-", 7) == 0)
		bits = 256;
	else
		return -1;
	if (base64_decode(text + 7, out->raw, sizeof(out->raw)) !=
	    (long)(bits / 8))
		return -1;
	out->bits = bits;
	return 0;
}

int
digest_parse(const char *text, struct digest *out)
{
	struct digest best = { .bits = 0 };
	const char *hex = strncmp(text, "sha256:", 7) == 0 ? text + 7 : text;

	if (strlen(hex) == 64 && hex_decode(hex, best.raw, 32) == 0) {
		best.bits = 256;
		*out = best;
		return 0;
	}
	while (*text) {
		size_t n = strcspn(text, " \t\n");
		struct digest d = { .bits = 0 };

		if (parse_sri(text, n, &d) == 0 && d.bits > best.bits)
			best = d;
		text += n;
		text += strspn(text, " \t\n");
	}
	if (!best.bits)
		return -1;
	*out = best;
	return 0;
}

bool
digest_equal(const struct digest *a, const struct digest *b)
{
	return a->bits == b->bits && memcmp(a->raw, b->raw, a->bits / 8) == 0;
}

const char *
digest_text(struct arena *a, const struct digest *d)
{
	char text[136];

	if (d->bits == 256) {
		hex_encode(d->raw, 32, text);
		return arena_printf(a, "sha256:%s", text);
	}
	base64_encode(d->raw, 64, text);
	return arena_printf(a, "sha512-%s", text);
}

int
digest_file(const char *path, unsigned bits, struct digest *out,
	    struct diags *ds)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(freep) char *block = xmalloc(BLOCK);
	struct sha256 h256;
	struct sha512 h512;
	ssize_t n;

	sha256_init(&h256);
	sha512_init(&h512);
	while ((n = fd < 0 ? -1 : read(fd, block, BLOCK)) != 0) {
		if (n < 0 && fd >= 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diag_errno(ds, "E0707", "cannot read '%s'",
					  path);
		if (bits == 256)
			sha256_add(&h256, block, (size_t)n);
		else
			sha512_add(&h512, block, (size_t)n);
	}
	*out = (struct digest){ .bits = bits };
	if (bits == 256)
		sha256_end(&h256, out->raw);
	else
		sha512_end(&h512, out->raw);
	return 0;
}
