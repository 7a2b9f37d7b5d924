/*
 * A login for a server that asks for one, from where git has it: ~/.netrc,
 * then the credential helpers of git's configuration, which the git program
 * runs. libgit2 knows neither. Nobody is ever asked.
 */
#include "providers/clients/git/git_int.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/spawn.h"

#define NETRC_BYTES  (1u << 20)
#define ANSWER_BYTES 65536u
#define BLANKS       " \t\r\n"

/* The host of a URL, without a user; with the port, if asked for. */
static const char *
host_of(struct arena *a, const char *url, bool port)
{
	const char *host = strstr(url, "://"), *at;
	size_t n;

	if (!host)
		return NULL;
	host += 3;
	n = strcspn(host, "/?#");
	at = memrchr(host, '@', n);
	if (at) {
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	return arena_strndup(a, host, port ? n : strcspn(host, ":/?#"));
}

/* --- ~/.netrc ------------------------------------------------------------- */

static const char *
netrc_file(struct arena *a)
{
	const char *file = getenv("NETRC"), *home = getenv("HOME");

	if (file && *file)
		return file;
	return home ? arena_printf(a, "%s/.netrc", home) : NULL;
}

/* A macro ends with an empty line. */
static char *
after_macro(char *p)
{
	char *end = strstr(p, "\n\n");

	return end ? end : p + strlen(p);
}

static char *
git_login_word(char **at)
{
	char *p = *at + strspn(*at, BLANKS), *end = p + strcspn(p, BLANKS);

	*at = *end ? end + 1 : end;
	*end = '\0';
	return *p ? p : NULL;
}

static void
netrc_find(struct arena *a, char *text, const char *host, struct git_login *out)
{
	bool here = false;

	for (char *w; (w = git_login_word(&text));) {
		if (strcmp(w, "macdef") == 0) {
			text = after_macro(text);
		} else if (strcmp(w, "machine") == 0 ||
			   strcmp(w, "default") == 0) {
			char *name = *w == 'm' ? git_login_word(&text) : NULL;

			if (out->user && out->password)
				return;
			here = *w == 'd' || (name && !strcasecmp(name, host));
		} else if (strcmp(w, "login") == 0 && here) {
			w = git_login_word(&text);
			out->user = w ? arena_strdup(a, w) : NULL;
		} else if (strcmp(w, "password") == 0 && here) {
			w = git_login_word(&text);
			out->password = w ? arena_strdup(a, w) : NULL;
		}
	}
}

bool
git_login_netrc(struct arena *a, const char *url, struct git_login *out)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(NETRC_BYTES);
	const char *file = netrc_file(a), *host = host_of(a, url, false);
	struct diags ignored; /* unreadable is as good as not there */
	int rc = 1;

	*out = (struct git_login){ .user = NULL };
	diags_init(&ignored);
	if (file && host)
		rc = file_read_opt(file, &text, &ignored);
	diags_done(&ignored);
	if (rc == 0 && text.n)
		netrc_find(a, text.p, host, out);
	return out->user && out->password;
}

/* --- git credential ------------------------------------------------------- */

/* What the git program answers to a question. */
static bool
ask_git(const char *question, struct buf *answer)
{
	static const char *const argv[] = { "git", "credential", "fill", NULL };

	/* In this process, which does nothing else. */
	setenv("GIT_TERMINAL_PROMPT", "0", 1);
	setenv("GIT_ASKPASS", "", 1);
	setenv("SSH_ASKPASS", "", 1);
	return spawn_ask(argv, question, answer) == 0;
}

bool
git_login_helper(struct arena *a, const char *url, struct git_login *out)
{
	CLEANUP(buf_done) struct buf answer = BUF_INIT(ANSWER_BYTES);
	const char *host = host_of(a, url, true), *slash;
	char *save = NULL;

	*out = (struct git_login){ .user = NULL };
	if (!host)
		return false;
	slash = strchr(strstr(url, "://") + 3, '/');
	if (!ask_git(arena_printf(a, "protocol=%.*s\nhost=%s\npath=%s\n\n",
				  (int)strcspn(url, ":"), url, host,
				  slash ? slash + 1 : ""),
		     &answer) ||
	    !answer.n)
		return false;
	for (char *line = strtok_r(answer.p, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (strncmp(line, "username=", 9) == 0)
			out->user = arena_strdup(a, line + 9);
		else if (strncmp(line, "password=", 9) == 0)
			out->password = arena_strdup(a, line + 9);
	return out->user && out->password;
}
