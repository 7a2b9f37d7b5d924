/* npm's configuration file; a credential goes only where it belongs. */
#include "tests/fuzz/fuzz.h"

#include "engine/io/jx.h"
#include "providers/clients/packages/npmrc.h"

static void
ask(const struct npmrc *n, const char *url)
{
	struct http_req req = { .url = url };
	const char *headers[3];

	npmrc_apply(n, &req, headers);
	FUZZ_CHECK(!headers[1]);
	if (headers[0])
		FUZZ_CHECK(!strncmp(headers[0], "Authorization: ", 15) &&
			   strncmp(url, "ftp", 3) != 0);
	FUZZ_CHECK(req.tries >= 1 && req.tries <= 21);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const urls[] = {
		"https://r.test/a/b.tgz",
		"http://r.test:8080/@s%2fb",
		"r.test",
		"//",
		"ftp://r.test/a/",
	};
	char path[32], user[64];
	const char *env[] = { user, "T=token", "npm_config_fetch_timeout=5",
			      NULL };
	struct npmrc n;
	struct arena a;
	struct diags ds;
	int rc, fd = fuzz_file(data, size, path);

	snprintf(user, sizeof(user), "npm_config_userconfig=%s", path);
	arena_init(&a);
	diags_init(&ds);
	rc = npmrc_load(&n, &a, env, NULL, &ds);
	fuzz_contract(&ds, rc);
	if (rc == 0) {
		npmrc_registry(&n, "a");
		npmrc_registry(&n, "@s/b");
		for (size_t i = 0; i < COUNTOF(urls); i++)
			ask(&n, urls[i]);
		npmrc_done(&n);
	}
	arena_done(&a);
	close(fd);
	return 0;
}
