#include "cmd/opl2/cli/key_option.h"

#include "engine/base/mem.h"
#include "engine/base/platform.h"
#include "engine/io/jx.h"

/* Whether all of it may be a private key: then it is one too many who sees
 * it. */
static bool
looks_like_key(const char *text)
{
	if (strncasecmp(text, "0x", 2) == 0)
		text += 2;
	return strspn(text, "0123456789abcdefABCDEF") == strlen(text) &&
	       strlen(text) >= 32;
}

/* What was given is not repeated: it may be a secret. */
static int
no_place(struct cmd *c, bool is_key)
{
	if (is_key) {
		diag_err(&c->ds, "E0476",
			 "-key contains a private key: 'ps' shows it to every "
			 "user, and the shell history stores it");
		diag_hint(
			&c->ds,
			"put it in a file of mode 0600 and use -key=file:PATH, "
			"or in a variable and use -key=env:NAME");
		return -1;
	}
	diag_err(&c->ds, "E0476", "-key does not name the location of a key");
	diag_hint(&c->ds,
		  "use -key=env:NAME, -key=file:PATH or -key=keystore:PATH; "
		  "-from=ROLE uses a key of the spec");
	return -1;
}

/* The shell leaves the ~ of file:~/key as it is. */
static const char *
key_option_absolute(struct cmd *c, const char *path)
{
	const char *home = getenv("HOME");

	return home && strncmp(path, "~/", 2) == 0
		       ? arena_printf(&c->arena, "%s%s", home, path + 1)
		       : cmd_path(c, path);
}

static int
keystore(struct cmd *c, const char *path, json_t **key)
{
	const char *file = opt_text(&c->opts, "password-file");
	const char *env = opt_text(&c->opts, "password-env");
	json_t *password;

	if (!file == !env) {
		diag_err(&c->ds, "E0477", "%s",
			 file ? "a keystore has one password"
			      : "a keystore needs its password");
		diag_hint(&c->ds, "use -password-file=PATH, a file of mode "
				  "0600, or -password-env=NAME");
		return -1;
	}
	if (env && !env_name_valid(env)) {
		diag_err(&c->ds, "E0477", "-password-env names no variable");
		diag_hint(&c->ds, "give the name of the variable that holds "
				  "the password");
		return -1;
	}
	password =
		file ? json_pack("{s:s}", "file", key_option_absolute(c, file))
		     : json_pack("{s:s}", "env", env);
	*key = json_pack("{s:[{s:s, s:o}]}", "$secret", "keystore",
			 key_option_absolute(c, path), "password", password);
	return 0;
}

/* What follows the prefix, or NULL. */
static const char *
after(const char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 && text[n] ? text + n : NULL;
}

static int
key_option_place(struct cmd *c, const char *text, json_t **key)
{
	const char *env = after(text, "env:"), *file = after(text, "file:");
	const char *store = after(text, "keystore:");
	const char *rest = env ? env : file ? file : store;

	if (!rest || looks_like_key(rest) || (env && !env_name_valid(env)))
		return no_place(c, looks_like_key(rest ? rest : text));
	if (store)
		return keystore(c, store, key);
	if (opt_given(&c->opts, "password-file") ||
	    opt_given(&c->opts, "password-env")) {
		diag_err(&c->ds, "E0477", "only a keystore has a password");
		diag_hint(&c->ds, "give -key=keystore:PATH");
		return -1;
	}
	*key = env ? json_pack("{s:[{s:s}]}", "$secret", "env", env)
		   : json_pack("{s:[{s:s}]}", "$secret", "file",
			       key_option_absolute(c, file));
	return 0;
}

int
key_option(struct cmd *c, json_t **key)
{
	const char *text = opt_text(&c->opts, "key");

	*key = NULL;
	if (text && opt_given(&c->opts, "from"))
		return diag_err(
			&c->ds, "E1012",
			"-from and -key both name a signer: use one of them");
	if (text)
		return key_option_place(c, text, key);
	if (!opt_given(&c->opts, "password-file") &&
	    !opt_given(&c->opts, "password-env"))
		return 0;
	diag_err(&c->ds, "E0477",
		 "a password needs a keystore, and -key does not name one");
	diag_hint(&c->ds, "give -key=keystore:PATH");
	return -1;
}
