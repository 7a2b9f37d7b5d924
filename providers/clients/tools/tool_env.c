#include "providers/clients/tools/tool_env.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "engine/base/compiler.h"

#define NPM_CONFIG "npm_config_"

/* A space before and after each. */
static const char names[] =
	" HOME USER LOGNAME SHELL PATH TMPDIR TZ LD_LIBRARY_PATH"
	" LANG LANGUAGE LC_ALL LC_ADDRESS LC_COLLATE LC_CTYPE LC_IDENTIFICATION"
	" LC_MEASUREMENT LC_MESSAGES LC_MONETARY LC_NAME LC_NUMERIC LC_PAPER"
	" LC_TELEPHONE LC_TIME"
	" XDG_CACHE_HOME XDG_CONFIG_DIRS XDG_CONFIG_HOME XDG_DATA_DIRS"
	" XDG_DATA_HOME XDG_RUNTIME_DIR XDG_STATE_HOME"
	/* proxies, authorities, logins */
	" http_proxy https_proxy all_proxy no_proxy"
	" HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY"
	" SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE CURL_HOME NETRC"
	" NODE_EXTRA_CA_CERTS NODE_USE_SYSTEM_CA"
	/* compilers */
	" CC CXX AR FC PKG_CONFIG PKG_CONFIG_PATH GCCGO GCCGOTOOLDIR"
	" CGO_ENABLED GO_EXTLINK_ENABLED"
	" CGO_CFLAGS CGO_CFLAGS_ALLOW CGO_CFLAGS_DISALLOW"
	" CGO_CPPFLAGS CGO_CPPFLAGS_ALLOW CGO_CPPFLAGS_DISALLOW"
	" CGO_CXXFLAGS CGO_CXXFLAGS_ALLOW CGO_CXXFLAGS_DISALLOW"
	" CGO_FFLAGS CGO_FFLAGS_ALLOW CGO_FFLAGS_DISALLOW"
	" CGO_LDFLAGS CGO_LDFLAGS_ALLOW CGO_LDFLAGS_DISALLOW"
	/* go help environment, and of its run time */
	" GO111MODULE GO386 GOAMD64 GOARCH GOARM GOARM64 GOAUTH GOBIN GOCACHE"
	" GOCACHEPROG GOCOVERDIR GODEBUG GOENV GOEXPERIMENT GOFIPS140 GOFLAGS"
	" GOGC GOHOSTARCH GOHOSTOS GOINSECURE GOMAXPROCS GOMEMLIMIT GOMIPS"
	" GOMIPS64 GOMODCACHE GONOPROXY GONOSUMDB GOOS GOPATH GOPPC64 GOPRIVATE"
	" GOPROXY GORISCV64 GOROOT GOSUMDB GOTELEMETRY GOTELEMETRYDIR GOTMPDIR"
	" GOTOOLCHAIN GOTRACEBACK GOVCS GOWASM GOWORK"
	/* git(1), git-config(1) */
	" GIT_ALLOW_PROTOCOL GIT_CONFIG_COUNT GIT_CONFIG_GLOBAL"
	" GIT_CONFIG_NOSYSTEM GIT_CONFIG_SYSTEM GIT_HTTP_LOW_SPEED_LIMIT"
	" GIT_HTTP_LOW_SPEED_TIME GIT_PROXY_SSL_CAINFO GIT_PROXY_SSL_CERT"
	" GIT_PROXY_SSL_KEY GIT_SSL_CAINFO GIT_SSL_CAPATH GIT_SSL_CERT"
	" GIT_SSL_CIPHER_LIST GIT_SSL_KEY GIT_SSL_NO_VERIFY GIT_SSL_VERSION ";

/* npm-config(7), those by which something is fetched, as npm_config_NAME. */
static const char npm_names[] =
	" _auth _authtoken _password ca cache cafile cert disturl email"
	" fetch_retries fetch_retry_factor fetch_retry_maxtimeout"
	" fetch_retry_mintimeout fetch_timeout globalconfig http_proxy"
	" https_proxy key local_address maxsockets no_proxy node_gyp nodedir"
	" noproxy offline prefer_offline prefix proxy registry"
	" replace_registry_host strict_ssl user_agent userconfig username ";

static bool
listed(const char *list, const char *name, size_t n)
{
	const char *p = list;

	if (!n || memchr(name, ' ', n))
		return false;
	while ((p = memmem(p, strlen(p), name, n))) {
		if (p > list && p[-1] == ' ' && p[n] == ' ')
			return true;
		p += n;
	}
	return false;
}

static bool
ends(const char *name, size_t n, const char *with)
{
	size_t k = strlen(with);

	return n > k && memcmp(name + n - k, with, k) == 0;
}

/* What npm or a script of a package downloads from: of its own names those
 * above, of one server or one scope any, and the mirrors of native parts. */
static bool
npm_allowed(const char *name, size_t n)
{
	char low[128];

	if (n > 2 && (memcmp(name, "//", 2) == 0 || *name == '@'))
		return true;
	if (n >= sizeof(low))
		return false;
	for (size_t i = 0; i < n; i++)
		low[i] = (char)(name[i] == '-'
					? '_'
					: tolower((unsigned char)name[i]));
	return listed(npm_names, low, n) || ends(low, n, "_mirror") ||
	       ends(low, n, "_binary_host") || ends(low, n, "_dist_url");
}

/* GIT_CONFIG_KEY_0 ..., of which GIT_CONFIG_COUNT tells how many there are. */
static bool
git_pair(const char *name, size_t n)
{
	static const char *const heads[] = { "GIT_CONFIG_KEY_",
					     "GIT_CONFIG_VALUE_" };

	for (size_t i = 0; i < COUNTOF(heads); i++) {
		size_t k = strlen(heads[i]);

		if (n > k && memcmp(name, heads[i], k) == 0 &&
		    strspn(name + k, "0123456789") == n - k)
			return true;
	}
	return false;
}

bool
tool_env_allowed(const char *var)
{
	size_t n = strcspn(var, "="), skip = strlen(NPM_CONFIG);

	if (n > skip && strncasecmp(var, NPM_CONFIG, skip) == 0)
		return npm_allowed(var + skip, n - skip);
	return listed(names, var, n) || git_pair(var, n);
}
