#include "providers/kinds/go_binary/effect_go_module.h"

#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/run.h"

#define OVERLAY     "overlay.json"
#define DOWNLOAD_MS 1800000u
#define EDIT_MS     60000u

static int
go_module_put(struct go_module *m, const char *name, const void *p, size_t n)
{
	CLEANUP(freep) char *path = path_join(m->dir, name);

	return file_replace(path, p, n, 0644, m->ctx->ds);
}

static enum outcome
run_go(struct go_module *m, const char *const *argv, unsigned timeout_ms,
       struct buf *out, int *status)
{
	struct tool t = { .argv = argv,
			  .env = m->env,
			  .cwd = m->dir,
			  .out = out,
			  .status = status,
			  .timeout_ms = timeout_ms };

	return tool_run(m->ctx, &t);
}

/* --- modules ---------------------------------------------------------------
 */

static enum outcome
not_downloaded(struct go_module *m, const char *module, const char *why)
{
	diag_err(m->ctx->ds, "E0710", "cannot get module '%s': %s", module,
		 why);
	diag_path(m->ctx->ds, "/modules");
	diag_hint(m->ctx->ds, "go.mod must require it and go.sum have its "
			      "checksum; GOPROXY must serve it");
	return OC_FAIL;
}

/* Where go has put what go.sum names. Arena. */
static enum outcome
go_module_download(struct go_module *m, const char *module, const char **dir)
{
	const char *argv[] = {
		m->go, "mod", "download", "-json", module, NULL
	};
	CLEANUP(buf_done) struct buf out = BUF_INIT(LIM_TOOL_TAIL);
	CLEANUP(put_json) json_t *about = NULL;
	const char *error;
	int status = 0;
	enum outcome oc;

	effect_progress(m->ctx, "downloading module %s", module);
	oc = run_go(m, argv, DOWNLOAD_MS, &out, &status);
	if (oc != OC_OK)
		return oc;
	about = jx_parse(buf_str(&out), out.n,
			 "the answer of 'go mod "
			 "download'",
			 NULL);
	error = jx_str(about, "Error", NULL);
	*dir = arena_strdup(m->ctx->arena, jx_str(about, "Dir", ""));
	if (error || status != 0 || !**dir)
		return not_downloaded(m, module,
				      error ? error : "go gave no reason");
	return OC_OK;
}

/* A checksum that go has added was pinned by nobody. */
static enum outcome
check_sums(struct go_module *m, const char *module)
{
	CLEANUP(buf_done) struct buf now = BUF_INIT(m->sum->n + LIM_TOOL_TAIL);
	CLEANUP(freep) char *path = path_join(m->dir, "go.sum");

	if (file_read(path, &now, m->ctx->ds))
		return OC_FAIL;
	if (now.n == m->sum->n && memcmp(now.p, m->sum->p, now.n) == 0)
		return OC_OK;
	return not_downloaded(m, module, "go.sum does not have it");
}

static enum outcome
go_module_take(struct go_module *m, const char *link, const char *module)
{
	struct arena *a = m->ctx->arena;
	const char *argv[] = {
		m->go, "mod", "edit",
		arena_printf(a, "-replace=%s=./%s", module, link), NULL
	};
	CLEANUP(buf_done) struct buf out = BUF_INIT(LIM_TOOL_TAIL);
	CLEANUP(freep) char *at = path_join(m->dir, link);
	const char *dir = NULL;
	enum outcome oc = go_module_download(m, module, &dir);

	if (oc == OC_OK)
		oc = check_sums(m, module);
	if (oc != OC_OK)
		return oc;
	if (symlink(dir, at) < 0) {
		diag_errno(m->ctx->ds, "E0707", "link '%s'", at);
		return OC_FAIL;
	}
	return run_go(m, argv, EDIT_MS, &out, NULL);
}

/* --- overlay ---------------------------------------------------------------
 */

static int
put_overlay(struct go_module *m, const json_t *files)
{
	CLEANUP(put_json) json_t *replace = json_object(), *doc = NULL;
	CLEANUP(freep) char *dir = path_join(m->dir, "overlay");
	CLEANUP(freep) char *text = NULL;
	const char *path;
	json_t *asset;
	unsigned i = 0;

	if (file_mkdirs(dir, 0755, m->ctx->ds))
		return -1;
	json_object_foreach((json_t *)(uintptr_t)files, path, asset) {
		const char *from =
			effect_asset(m->ctx, m->op, json_string_value(asset));
		CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_SPEC_BYTES);
		char name[32];

		(void)snprintf(name, sizeof(name), "overlay/%u", i++);
		if (!from || file_read(from, &b, m->ctx->ds) ||
		    go_module_put(m, name, buf_str(&b), b.n))
			return -1;
		json_object_set_new(replace, path, json_string(name));
	}
	doc = json_pack("{s:O}", "Replace", replace);
	text = jx_dump(doc);
	m->overlay = "-overlay=" OVERLAY;
	return go_module_put(m, OVERLAY, text, strlen(text));
}

enum outcome
go_module_make(struct go_module *m)
{
	const json_t *overlay = jx_get(m->op->config, "overlay");
	const char *link;
	json_t *module;

	if (file_remove_tree(m->dir, m->ctx->ds) ||
	    file_mkdirs(m->dir, 0755, m->ctx->ds) ||
	    go_module_put(m, "go.mod", m->mod->p, m->mod->n) ||
	    go_module_put(m, "go.sum", m->sum->p, m->sum->n))
		return OC_FAIL;
	json_object_foreach(json_object_get(m->op->config, "modules"), link,
			    module) {
		enum outcome oc =
			go_module_take(m, link, json_string_value(module));

		if (oc != OC_OK)
			return oc;
	}
	if (json_object_size(overlay) > 0 && put_overlay(m, overlay))
		return OC_FAIL;
	return OC_OK;
}
