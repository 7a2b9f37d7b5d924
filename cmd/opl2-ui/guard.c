/*
 * Who may read the page. At a loopback address anybody on this machine, but no
 * page of a stranger in somebody's browser: a name of his that suddenly means
 * 127.0.0.1 (DNS rebinding) is in the header Host. Elsewhere whoever has the
 * token, as the password of HTTP's Basic scheme, which browsers ask for and
 * remember, or as a Bearer.
 */
#include "cmd/opl2-ui/ui.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"

#define HEADER_MAX 1024

int
guard_load_token(struct ui *u, const char *path, struct diags *ds)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(HEADER_MAX / 2);
	int rc = file_read_secret(path, &b, ds);

	if (rc > 0)
		return diag_err(ds, "E1402", "there is no file '%s'", path);
	if (rc)
		return -1;
	while (b.n && strchr(" \t\r\n", b.p[b.n - 1]))
		b.n--;
	if (b.n < UI_TOKEN_MIN)
		return diag_err(ds, "E1402", "the token in '%s' is too short",
				path);
	sha256(b.p, b.n, u->token);
	u->has_token = true;
	return 0;
}

/* Takes as long wherever they differ. */
static bool
is_token(const struct ui *u, const char *text, size_t n)
{
	uint8_t sum[32], differ = 0;

	sha256(text, n, sum);
	for (size_t i = 0; i < sizeof(sum); i++)
		differ |= sum[i] ^ u->token[i];
	return differ == 0;
}

static bool
has_token(const struct ui *u, struct MHD_Connection *c)
{
	const char *given = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
							"Authorization");
	uint8_t pair[HEADER_MAX];
	const uint8_t *colon;
	long n;

	if (!given || strlen(given) >= HEADER_MAX)
		return false;
	if (!strncasecmp(given, "Bearer ", 7))
		return is_token(u, given + 7, strlen(given + 7));
	if (strncasecmp(given, "Basic ", 6))
		return false;
	n = base64_decode(given + 6, pair, sizeof(pair));
	colon = n > 0 ? memchr(pair, ':', (size_t)n) : NULL;
	return colon && is_token(u, (const char *)colon + 1,
				 (size_t)(pair + n - colon) - 1);
}

/* Is Host an address, or localhost? The port may be that of a tunnel. */
static bool
host_is_address(struct MHD_Connection *c)
{
	const char *host =
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host");
	struct in_addr at;
	char name[64];
	size_t n;

	if (!host)
		return false;
	if (!strncmp(host, "[::1]", 5))
		return host[5] == '\0' || host[5] == ':';
	n = strcspn(host, ":");
	if (n >= sizeof(name))
		return false;
	memcpy(name, host, n);
	name[n] = '\0';
	return !strcasecmp(name, "localhost") ||
	       inet_pton(AF_INET, name, &at) == 1;
}

unsigned
guard_check(const struct ui *u, struct MHD_Connection *c)
{
	if (u->has_token)
		return has_token(u, c) ? 0 : MHD_HTTP_UNAUTHORIZED;
	return host_is_address(c) ? 0 : MHD_HTTP_FORBIDDEN;
}
