#include "providers/clients/git/git.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "providers/clients/git/git_int.h"
#include "providers/clients/http/authorities.h"

#define PROGRESS_MS 1000
#define SILENCE_S   120

struct fetching {
	const struct git_job *job;
	struct diags *ds;
	struct arena *arena;
	git_repository *repo;
	git_remote *remote;
	struct git_local local;
	git_fetch_options opts;
	char *header; /* http.extraHeader */
	int64_t told_ms;
	unsigned silence_s; /* 0: waits for ever */
	bool asked;         /* for a credential */
	unsigned logins;    /* places of one that were tried */
	bool whole;         /* was told of: all objects are here */
};

/* --- progress ------------------------------------------------------------- */

static bool
due(struct fetching *f)
{
	int64_t now = (int64_t)mono_ms();

	if (now - f->told_ms < PROGRESS_MS)
		return false;
	f->told_ms = now;
	return true;
}

static int
on_transfer(const git_indexer_progress *s, void *arg)
{
	struct fetching *f = arg;
	double mb = (double)s->received_bytes / 1e6;
	bool whole =
		s->total_objects && s->received_objects == s->total_objects;
	char text[256];

	/* From then on this machine works. */
	alarm(whole ? 0 : f->silence_s);
	if (!due(f) && whole == f->whole)
		return 0;
	f->whole = whole;
	if (whole && s->total_deltas)
		snprintf(text, sizeof(text),
			 "%u objects, %.1f MB; resolving deltas: %u of %u",
			 s->total_objects, mb, s->indexed_deltas,
			 s->total_deltas);
	else
		snprintf(text, sizeof(text), "%u of %u objects, %.1f MB",
			 s->received_objects, s->total_objects, mb);
	f->job->say(
		arena_printf(f->arena, "fetching %s: %s", f->job->shown, text));
	return 0;
}

static int
on_sideband(const char *text, int len, void *arg)
{
	struct fetching *f = arg;
	int n = 0;

	alarm(f->silence_s);
	while (n < len && text[n] != '\r' && text[n] != '\n')
		n++;
	if (n && due(f))
		f->job->say(arena_printf(f->arena, "fetching %s: %.*s",
					 f->job->shown, n, text));
	return 0;
}

/* --- failures ------------------------------------------------------------- */

/* Called again for as long as what it gave is refused. A prompt would hang a
 * run that nobody watches. */
static int
on_credential(git_credential **out, const char *url, const char *user UNUSED,
	      unsigned allowed, void *arg)
{
	static bool (*const from[])(struct arena *, const char *,
				    struct git_login *) = { git_login_netrc,
							    git_login_helper };
	struct fetching *f = arg;
	struct git_login login;

	f->asked = true;
	while ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) &&
	       f->logins < COUNTOF(from))
		if (from[f->logins++](f->arena, url, &login))
			return git_credential_userpass_plaintext_new(
				out, login.user, login.password);
	return GIT_EAUTH;
}

/* libgit2 can but CONNECT. */
static bool
misses_proxy(const char *url)
{
	return strncmp(url, "http:", 5) == 0 &&
	       (getenv("http_proxy") || getenv("HTTP_PROXY"));
}

static int
fetch_failed(struct fetching *f)
{
	const char *shown = f->job->shown;

	if (f->asked) {
		diag_err(f->ds, "E0755", "the server of '%s' requires a login",
			 shown);
		diag_hint(
			f->ds,
			"check the URL: some servers also answer this way if "
			"the repository does not exist; for a private one, set "
			"up a git login (~/.netrc, credential.helper), or git "
			"config --global "
			"url.https://USER:TOKEN@HOST/.insteadOf https://HOST/");
		return -1;
	}
	git_error_diag(f->ds, "E0731", "fetch from", shown);
	if (f->local.path) {
		diag_hint(f->ds, "git -C '%s' fsck shows what is wrong with it",
			  f->local.path);
		return -1;
	}
	if (misses_proxy(f->job->url)) {
		diag_hint(f->ds,
			  "through a proxy, git repositories can only be "
			  "fetched over https: use an https URL or mirror");
		return -1;
	}
	diag_hint(f->ds, "rerun apply: it does not fetch complete parts again; "
			 "'mirrors:' in the spec can set another server");
	return -1;
}

/* --- what to fetch -------------------------------------------------------- */

/* What the remote says of the branch or tag; a tag object is peeled. */
static const char *
advertised(const git_remote_head **heads, size_t n, const char *ref,
	   char oid[41])
{
	static const char *const forms[] = { "refs/heads/%s", "refs/tags/%s^{}",
					     "refs/tags/%s" };
	const char *found = NULL;

	for (size_t k = 0; k < COUNTOF(forms) && !found; k++) {
		const char *end = strchr(forms[k], '%');
		size_t len = (size_t)(end - forms[k]), nref = strlen(ref);

		for (size_t i = 0; i < n && !found; i++) {
			const char *name = heads[i]->name;

			if (strncmp(name, forms[k], len) == 0 &&
			    strncmp(name + len, ref, nref) == 0 &&
			    strcmp(name + len + nref, end + 2) == 0)
				found = name;
			if (found)
				git_oid_tostr(oid, 41, &heads[i]->oid);
		}
	}
	return found;
}

/* Any ref that is the commit, or NULL. */
static const char *
ref_of(struct fetching *f, const git_remote_head **heads, size_t n)
{
	char oid[41];

	for (size_t i = 0; i < n; i++)
		if (strcmp(git_oid_tostr(oid, sizeof(oid), &heads[i]->oid),
			   f->job->commit) == 0 &&
		    !strchr(heads[i]->name, '^'))
			return arena_strdup(f->arena, heads[i]->name);
	return NULL;
}

/* The ref must be there and lead to the commit. *spec: what to fetch. */
static int
check_ref(struct fetching *f, const char **spec)
{
	const struct git_job *job = f->job;
	const git_remote_head **heads = NULL;
	const char *name;
	char oid[41];
	size_t n = 0;

	if (git_remote_ls(&heads, &n, f->remote))
		return fetch_failed(f);
	if (!job->ref) {
		*spec = ref_of(f, heads, n);
		return 0;
	}
	name = advertised(heads, n, job->ref, oid);
	if (!name) {
		diag_err(f->ds, "E0732", "'%s' has no branch or tag '%s'",
			 job->shown, job->ref);
		diag_path(f->ds, "/ref");
		if (f->local.path)
			git_local_hint(&f->local,
				       arena_printf(f->arena,
						    "refs/*/%s:refs/*/%s",
						    job->ref, job->ref),
				       f->ds);
		return -1;
	}
	if (strcmp(oid, job->commit) != 0) {
		diag_err(f->ds, "E0730",
			 "ref moved: '%s' of %s points to %s, expected %s",
			 job->ref, job->shown, oid, job->commit);
		diag_path(f->ds, "/commit");
		diag_hint(f->ds,
			  "find out what changed; then set the new commit, or "
			  "a ref that still points to the old one");
		return -1;
	}
	*spec = arena_strndup(f->arena, name, strcspn(name, "^"));
	return 0;
}

/* --- fetching ------------------------------------------------------------- */

static bool
has_commit(struct fetching *f)
{
	CLEANUP(drop_object) git_object *o = NULL;
	git_oid oid;

	return git_oid_fromstr(&oid, f->job->commit) == 0 &&
	       git_object_lookup(&o, f->repo, &oid, GIT_OBJECT_COMMIT) == 0;
}

static int
git_fetch_download(struct fetching *f, const char *const *specs, size_t n)
{
	git_strarray a = { .strings = (char **)(uintptr_t)specs, .count = n };

	return git_remote_download(f->remote, &a, &f->opts);
}

/* What no ref leads to is asked for by its name, which not every server
 * allows; it may still be in the history of a ref. */
static int
download_any(struct fetching *f, const char *spec)
{
	static const char *const all[] = { "refs/heads/*:refs/heads/*",
					   "refs/tags/*:refs/tags/*" };

	if (spec)
		return git_fetch_download(f, &spec, 1);
	if (git_fetch_download(f, &f->job->commit, 1) == 0 && has_commit(f))
		return 0;
	return git_fetch_download(f, all, 2);
}

/* Links the packs' files with that ending. Their number, or -1. */
static int
link_ending(struct fetching *f, const char *from, const char *ending)
{
	DIR *dir = opendir(from);
	struct dirent *d;
	int n = dir ? 0 : -1;

	while (n >= 0 && (d = readdir(dir))) {
		const char *dot = strrchr(d->d_name, '.');

		if (!dot || strcmp(dot, ending) != 0)
			continue;
		if (link(arena_printf(f->arena, "%s/%s", from, d->d_name),
			 arena_printf(f->arena, "%sobjects/pack/%s",
				      git_repository_path(f->repo),
				      d->d_name)) &&
		    errno != EEXIST)
			n = -1;
		else
			n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

static int
record(struct fetching *f)
{
	CLEANUP(drop_ref) git_reference *ref = NULL;
	git_oid oid;

	git_oid_fromstr(&oid, f->job->commit);
	if (git_reference_create(
		    &ref, f->repo,
		    arena_printf(f->arena, GIT_KEPT "%s", f->job->commit), &oid,
		    1, NULL))
		return git_error_diag(f->ds, "E0735", "record the commit",
				      f->job->commit);
	return 0;
}

/* libgit2 packs no history that is not whole, wherever that is. */
static int
fetch_objects(struct fetching *f, const char *spec)
{
	const struct git_local *l = &f->local;

	if (!l->shallow && !l->partial && download_any(f, spec) == 0)
		return 0;
	return l->path ? git_local_pack(l, f->job->commit, f->repo, f->ds)
		       : fetch_failed(f);
}

static int
fetch_connected(struct fetching *f)
{
	const char *spec = NULL;

	if (check_ref(f, &spec))
		return -1;
	if (fetch_objects(f, spec))
		return -1;
	alarm(0);
	if (!has_commit(f)) {
		diag_err(f->ds, "E0732", "'%s' has no commit %s", f->job->shown,
			 f->job->commit);
		diag_path(f->ds, "/commit");
		if (f->local.path)
			git_local_hint(&f->local, f->job->commit, f->ds);
		return -1;
	}
	return record(f);
}

/* --- settings ------------------------------------------------------------- */

static unsigned
silence_of(git_repository *repo)
{
	CLEANUP(drop_config) git_config *cfg = NULL;
	int32_t s;

	if (git_repository_config(&cfg, repo) ||
	    git_config_get_int32(&s, cfg, "http.lowspeedtime") || s < 0)
		return SILENCE_S;
	return (unsigned)s;
}

static void
trust(const char *file, const char *dir)
{
	if (file || dir)
		git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, dir);
}

/* http.sslVerify=false, or GIT_SSL_NO_VERIFY. */
static int
take_any(git_cert *cert UNUSED, int valid UNUSED, const char *host UNUSED,
	 void *arg UNUSED)
{
	return 0;
}

/* What the user has set for this server. */
static void
use_http_settings(struct fetching *f)
{
	const char *url = git_remote_url(f->remote);
	const char *verify =
		git_setting_http(f->arena, f->repo, url, "sslverify");
	const char *file =
		git_setting_http(f->arena, f->repo, url, "sslcainfo");
	const char *dir = git_setting_http(f->arena, f->repo, url, "sslcapath");
	const char *header =
		git_setting_http(f->arena, f->repo, url, "extraheader");
	int on = 1;

	if (!getenv("GIT_SSL_CAINFO"))
		trust(git_setting_path(f->arena, file), NULL);
	trust(NULL, git_setting_path(f->arena, dir));
	if (getenv("GIT_SSL_NO_VERIFY") ||
	    (verify && git_config_parse_bool(&on, verify) == 0 && !on))
		f->opts.callbacks.certificate_check = take_any;
	if (header) {
		f->header = arena_strdup(f->arena, header);
		f->opts.custom_headers =
			(git_strarray){ .strings = &f->header, .count = 1 };
	}
}

static void
git_fetch_set_up(struct fetching *f)
{
	const char *own = getenv("GIT_SSL_CAINFO");
	struct authorities env;

	authorities_env(&env);
	if (!env.dir)
		env.file = authorities_file(&env, NULL);
	trust(own ? own : env.file, env.dir);
	trust(env.extra, getenv("GIT_SSL_CAPATH"));
	/* A record of what is there must not outlive it. */
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	f->opts.callbacks.transfer_progress = on_transfer;
	f->opts.callbacks.sideband_progress = on_sideband;
	f->opts.callbacks.credentials = on_credential;
	f->opts.callbacks.payload = f;
	f->opts.proxy_opts.type = GIT_PROXY_AUTO;
	f->opts.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	f->opts.update_fetchhead = 0;
}

/* From a URL to the repository that is meant by it. */
static int
to_local(struct fetching *f, git_remote **remote)
{
	git_remote_create_options o;

	git_remote_create_options_init(&o, GIT_REMOTE_CREATE_OPTIONS_VERSION);
	o.repository = f->repo;
	o.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF;
	if (git_local_find(f->arena, git_remote_url(*remote), &f->local, f->ds))
		return -1;
	drop_remote(remote);
	*remote = NULL;
	return git_remote_create_with_opts(remote, f->local.path, &o)
		       ? fetch_failed(f)
		       : 0;
}

/* Fetches into the bare repository at `into` and records it there. */
static int
fetch_into(struct fetching *f, const char *into)
{
	CLEANUP(drop_repo) git_repository *repo = NULL;
	CLEANUP(drop_remote) git_remote *remote = NULL;

	if (git_open(&repo, into, f->ds))
		return -1;
	f->repo = repo;
	if (git_settings_use(repo))
		return git_error_diag(f->ds, "E0731",
				      "read git's configuration for",
				      f->job->shown);
	/* Anonymous, and of a repository: so url.BASE.insteadOf applies. */
	if (git_remote_create_anonymous(&remote, repo, f->job->url))
		return fetch_failed(f);
	/* The disk of this machine may take its time. */
	if (!git_is_local(git_remote_url(remote)))
		f->silence_s = silence_of(repo);
	else if (to_local(f, &remote))
		return -1;
	f->remote = remote;
	use_http_settings(f);
	alarm(f->silence_s);
	if (git_remote_connect(remote, GIT_DIRECTION_FETCH, &f->opts.callbacks,
			       &f->opts.proxy_opts, &f->opts.custom_headers))
		return fetch_failed(f);
	return fetch_connected(f);
}

/* What the store has, it does not ask for again. So everything is fetched into
 * an empty repository, and its packs join the store's. */
static int
fetch_anew(struct fetching *f, const char *lacks)
{
	const char *anew = arena_printf(f->arena, "%s/anew", f->job->store);
	const char *packs = arena_printf(f->arena, "%s/objects/pack", anew);
	CLEANUP(drop_repo) git_repository *repo = NULL;

	if (file_remove_tree(anew, f->ds))
		return -1;
	if (git_repository_init(&repo, anew, 1))
		return git_error_diag(f->ds, "E0735", "make", anew);
	if (fetch_into(f, anew))
		return -1;
	git_repository_free(repo);
	repo = NULL;
	if (git_open(&repo, f->job->store, f->ds))
		return -1;
	f->repo = repo;
	if (link_ending(f, packs, ".pack") < 0 ||
	    link_ending(f, packs, ".idx") < 0)
		return diag_errno(f->ds, "E0735",
				  "cannot link the packs of "
				  "'%s'",
				  anew);
	if (record(f) || file_remove_tree(anew, f->ds))
		return -1;
	unlink(lacks);
	return 0;
}

int
git_fetch(const struct git_job *job, struct diags *ds)
{
	CLEANUP(arena_done) struct arena arena;
	struct fetching f = { .job = job,
			      .ds = ds,
			      .arena = &arena,
			      .opts = GIT_FETCH_OPTIONS_INIT,
			      .told_ms = (int64_t)mono_ms() };
	const char *lacks;

	arena_init(&arena);
	git_libgit2_init();
	lacks = arena_printf(&arena, "%s/" GIT_LACKS, job->store);
	git_fetch_set_up(&f);
	return file_exists(lacks) ? fetch_anew(&f, lacks)
				  : fetch_into(&f, job->store);
}
