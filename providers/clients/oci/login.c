#include "providers/clients/oci/login.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <jansson.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/spawn.h"

#define CONFIG_BYTES (4u << 20)
#define ANSWER_BYTES 65536u
#define AUTH_BYTES   8192u

static char *
config_file(void)
{
	const char *dir = getenv("DOCKER_CONFIG"), *home = getenv("HOME");

	if (dir && *dir)
		return path_join(dir, "config.json");
	return home && *home ? path_join(home, ".docker/config.json") : NULL;
}

/* Docker Hub is under the address that it had first. */
static const char *
key_of(const char *host)
{
	return strcmp(host, "docker.io") == 0 ? "https://index.docker.io/v1/"
					      : host;
}

/* "https://HOST/v1/" is HOST as well. */
static bool
is_host_of(const char *key, const char *host)
{
	const char *at = strstr(key, "://");
	size_t n;

	at = at ? at + 3 : key;
	n = strcspn(at, "/");
	return strlen(host) == n && strncasecmp(at, host, n) == 0;
}

static const json_t *
find_auth(const json_t *config, const char *host)
{
	json_t *auths = (json_t *)(uintptr_t)jx_get(config, "auths"), *one;
	const char *key;

	if (jx_get(auths, key_of(host)))
		return jx_get(auths, key_of(host));
	json_object_foreach(auths, key, one)
		if (is_host_of(key, host))
			return one;
	return NULL;
}

static int
unreadable(const struct oci_login *l, const char *host, struct diags *ds)
{
	diag_err(ds, "E1328", "what '%s' has for '%s' is no login", l->file,
		 host);
	diag_hint(ds, "log in anew: docker login %s", host);
	return -1;
}

/* "auth" is USER:PASSWORD in base64. */
static int
take_auth(const json_t *auth, const char *host, struct oci_login *l,
	  struct diags *ds)
{
	const char *text = jx_str(auth, "auth", ""), *colon;
	const char *token = jx_str(auth, "identitytoken", "");
	unsigned char pair[AUTH_BYTES + 1];
	long n;

	if (*token)
		l->token = xstrdup(token);
	if (!*text && jx_get(auth, "username")) {
		l->user = xstrdup(jx_str(auth, "username", ""));
		l->password = xstrdup(jx_str(auth, "password", ""));
	}
	if (!*text)
		return 0;
	n = base64_decode(text, pair, AUTH_BYTES);
	if (n < 0)
		return unreadable(l, host, ds);
	pair[n] = '\0';
	colon = strchr((char *)pair, ':');
	if (colon) {
		l->user =
			xstrndup((char *)pair, (size_t)(colon - (char *)pair));
		l->password = xstrdup(colon + 1);
	}
	explicit_bzero(pair, sizeof(pair));
	return colon ? 0 : unreadable(l, host, ds);
}

/* --- helpers -------------------------------------------------------------- */

static int
take_answer(const char *program, const struct buf *answer, struct oci_login *l,
	    struct diags *ds)
{
	CLEANUP(put_json)
	json_t *j = jx_parse(buf_str(answer), answer->n, "the helper's answer",
			     NULL);
	const char *user = jx_str(j, "Username", NULL);
	const char *secret = jx_str(j, "Secret", NULL);

	if (!user || !secret)
		return diag_err(ds, "E1328", "'%s' answered without a login",
				program);
	if (strcmp(user, "<token>") == 0) {
		l->token = xstrdup(secret);
		return 0;
	}
	l->user = xstrdup(user);
	l->password = xstrdup(secret);
	return 0;
}

/* It says so in these words when it has none. */
static int
ask_helper(const char *helper, const char *host, struct oci_login *l,
	   struct diags *ds)
{
	CLEANUP(buf_done) struct buf answer = BUF_INIT(ANSWER_BYTES);
	CLEANUP(freep)
	char *program = xasprintf("docker-credential-%s", helper);
	const char *argv[] = { program, "get", NULL };
	int status = spawn_ask(argv, key_of(host), &answer), rc = 0;

	if (status == 0) {
		rc = take_answer(program, &answer, l, ds);
	} else if (status < 0) {
		rc = diag_err(ds, "E1328", "'%s' cannot be run", program);
		diag_hint(ds,
			  "'%s' names it: install it, or log in without "
			  "it",
			  l->file);
	} else if (!strstr(buf_str(&answer), "credentials not found")) {
		rc = diag_err(ds, "E1328",
			      "'%s' has no login for '%s' (status %d): %.200s",
			      program, host, status, buf_str(&answer));
		diag_hint(ds, "try: echo %s | %s get", key_of(host), program);
	}
	if (answer.p)
		explicit_bzero(answer.p, answer.n);
	return rc;
}

static const char *
helper_for(const json_t *config, const char *host)
{
	const json_t *helpers = jx_get(config, "credHelpers");
	const char *name = jx_str(helpers, key_of(host), NULL);

	if (!name)
		name = jx_str(helpers, host, NULL);
	return name ? name : jx_str(config, "credsStore", NULL);
}

/* --- both ----------------------------------------------------------------- */

int
oci_login_find(const char *host, struct oci_login *out, struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(CONFIG_BYTES);
	CLEANUP(put_json) json_t *config = NULL;
	const json_t *auth;
	const char *helper;

	*out = (struct oci_login){ .file = config_file() };
	if (!out->file || access(out->file, F_OK))
		return 0;
	if (file_read(out->file, &text, ds))
		return -1;
	config = jx_parse(buf_str(&text), text.n, out->file, NULL);
	if (text.p)
		explicit_bzero(text.p, text.n);
	if (!json_is_object(config)) {
		diag_err(ds, "E1328", "'%s' is not JSON", out->file);
		diag_hint(ds, "mend it, or log in anew: docker login %s", host);
		return -1;
	}
	helper = helper_for(config, host);
	if (helper && ask_helper(helper, host, out, ds))
		return -1;
	auth = out->user || out->token ? NULL : find_auth(config, host);
	return auth ? take_auth(auth, host, out, ds) : 0;
}

static void
wipe(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}

void
oci_login_done(struct oci_login *l)
{
	free(l->user);
	wipe(l->password);
	wipe(l->token);
	free(l->file);
	*l = (struct oci_login){ 0 };
}
