#include "engine/base/platform.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"

const char *
platform_name(void)
{
	static const char *const names[][2] = {
		{ "x86_64", "linux-amd64" },    { "aarch64", "linux-arm64" },
		{ "armv7l", "linux-armv6l" },   { "i686", "linux-386" },
		{ "riscv64", "linux-riscv64" }, { "ppc64le", "linux-ppc64le" },
		{ "s390x", "linux-s390x" },
	};
	struct utsname u;

	if (uname(&u) == 0)
		for (size_t i = 0; i < COUNTOF(names); i++)
			if (strcmp(u.machine, names[i][0]) == 0)
				return names[i][1];
	return "unknown";
}

bool
env_name_valid(const char *name)
{
	if (!*name || isdigit((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_')
			return false;
	return true;
}

/* Is all of the addition there already, after another process? */
static bool
spares_local(const char *list)
{
	return strcmp(list, "*") == 0 || strstr(list, NO_PROXY_LOCAL);
}

void
env_spare_local(void)
{
	/* Some programs read the one, some the other; what is in one of them
	 * alone was meant for both. */
	static const char *const names[] = { "no_proxy", "NO_PROXY" };
	const char *lists[2] = { getenv(names[0]), getenv(names[1]) };

	for (size_t i = 0; i < COUNTOF(names); i++) {
		const char *have = lists[i] ? lists[i] : lists[1 - i];
		CLEANUP(freep) char *list = NULL;

		if (have && *have)
			list = spares_local(have) ? xstrdup(have)
						  : xasprintf("%s,%s", have,
							      NO_PROXY_LOCAL);
		setenv(names[i], list ? list : NO_PROXY_LOCAL, 1);
	}
}
