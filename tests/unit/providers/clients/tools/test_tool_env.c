/* Which variables of the environment a tool gets. */
#include "tests/unit/t.h"

#include "providers/clients/tools/tool_env.h"

static void
what_tools_need(void **state UNUSED)
{
	static const char *const vars[] = {
		"HOME=/h",
		"LC_ALL=C",
		"XDG_CACHE_HOME=/c",
		"no_proxy=x",
		"HTTPS_PROXY=http://p",
		"SSL_CERT_FILE=/ca",
		"NODE_EXTRA_CA_CERTS=/ca",
		"NETRC=/n",
		"GOPROXY=x",
		"GONOSUMDB=*",
		"GOAUTH=netrc",
		"GOFLAGS=-mod=mod",
		"GO111MODULE=on",
		"CGO_ENABLED=0",
		"GIT_SSL_CAINFO=/ca",
		"GIT_CONFIG_GLOBAL=/g",
		"GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=a.b",
		"GIT_CONFIG_VALUE_12=c",
		"npm_config_registry=x",
		"NPM_CONFIG_USERCONFIG=x",
		"npm_config_strict-ssl=false",
		"npm_config_//host/:_authToken=t",
		"npm_config_@corp:registry=x",
		"npm_config_electron_mirror=x",
	};

	for (size_t i = 0; i < COUNTOF(vars); i++)
		if (!tool_env_allowed(vars[i]))
			fail_msg("a tool does not get '%s'", vars[i]);
}

static void
what_is_somebody_elses(void **state UNUSED)
{
	static const char *const vars[] = {
		"GOERLI_PRIVATE_KEY=0x1",
		"GOERLI_PRIVATE_KEY",
		"GOOGLE_APPLICATION_CREDENTIALS=x",
		"GO=x",
		"GOP=x",
		"GOPROXY_PASSWORD=x",
		"MYGOPROXY=x",
		"goproxy=x",
		"LC_API_KEY=x",
		"XDG_SECRET=x",
		"CGO_TOKEN=x",
		"GIT_TOKEN=x",
		"GIT_SSL_PASSWORD=x",
		"GIT_CONFIG_KEY_=x",
		"GIT_CONFIG_KEY_SECRET=x",
		"npm_config_private_key=x",
		"npm_config_=x",
		"npm_token=x",
		"NPM_TOKEN=x",
		"PRIVATE_KEY=x",
		"HOME2=x",
		"HOM=x",
		"HOME USER=x",
		"=x",
		"",
	};

	for (size_t i = 0; i < COUNTOF(vars); i++)
		if (tool_env_allowed(vars[i]))
			fail_msg("a tool gets '%s'", vars[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_tools_need),
		cmocka_unit_test(what_is_somebody_elses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
