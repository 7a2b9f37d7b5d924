#include "engine/base/platform.h"

#include <ctype.h>
#include <string.h>
#include <sys/utsname.h>

#include "engine/base/compiler.h"

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
