/*
 * opl2: global options, dispatch, what a command needs, and the exit code.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/cli/help.h"
#include "cmd/opl2/view/view.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/program.h"
#include "engine/run/host.h"
#include "engine/run/run.h"
#include "engine/run/storeuse.h"
#include "engine/spec/spec.h"
#include "providers/runtime/runtime.h"
#include "state/state.h"
#include "state/store.h"

/*
 * A closed standard descriptor would be given to the next file opened, and
 * results would end up in it. Standard output becomes one that cannot be
 * written, so that the loss is noticed.
 */
static void
open_std_fds(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) != fd)
			abort();
}

static bool
env_set(const char *name)
{
	const char *v = getenv(name);

	return v && *v;
}

/* no-color.org, bixense.com/clicolors */
static bool
want_color(int fd)
{
	const char *term = getenv("TERM"), *cli = getenv("CLICOLOR");
	const char *force = getenv("CLICOLOR_FORCE");

	if (env_set("NO_COLOR"))
		return false;
	if (force && *force && strcmp(force, "0") != 0)
		return true;
	if (!term || !*term || strcmp(term, "dumb") == 0)
		return false;
	return !(cli && strcmp(cli, "0") == 0) && isatty(fd);
}

static const struct cmd_entry *
find_command(const char *name)
{
	unsigned i;

	for (i = 0; i < cmd_count; i++)
		if (strcmp(cmd_table[i]->name, name) == 0)
			return cmd_table[i];
	return NULL;
}

static bool
is_group(const char *word)
{
	size_t n = strlen(word);
	unsigned i;

	for (i = 0; i < cmd_count; i++)
		if (strncmp(cmd_table[i]->name, word, n) == 0 &&
		    cmd_table[i]->name[n] == ' ')
			return true;
	return false;
}

static int
unknown_command(struct cmd *c, const char *name)
{
	CLEANUP(freep) const char **names = xcalloc(cmd_count, sizeof(*names));
	const char *near;
	unsigned i;

	for (i = 0; i < cmd_count; i++)
		names[i] = cmd_table[i]->name;
	diag_err(&c->ds, "E1001", "unknown command '%s'", name);
	near = opts_nearest(name, names, cmd_count);
	if (near)
		diag_hint(&c->ds, "did you mean 'opl2 %s'?", near);
	else
		diag_hint(&c->ds, "'opl2 help' lists the commands");
	return -1;
}

/* Options of $OPL2_CLI_ARGS and $OPL2_CLI_ARGS_cmd come before argv's. */
static int
gather_args(struct cmd *c, int argc, const char *const *argv, const char ***out,
	    size_t *n)
{
	char *var = arena_printf(&c->arena, "OPL2_CLI_ARGS_%s", c->entry->name);
	const char *names[] = { "OPL2_CLI_ARGS", var };
	size_t i;
	char *p;

	for (p = var; *p; p++)
		if (*p == ' ')
			*p = '_';
	for (i = 0; i < COUNTOF(names); i++) {
		const char *text = getenv(names[i]);

		if (text && opts_split(text, out, n, &c->arena))
			return diag_err(&c->ds, "E1005",
					"unclosed quote in $%s", names[i]);
	}
	if (argc > 0) {
		const char **all = arena_alloc(&c->arena, (*n + (size_t)argc) *
								  sizeof(*all));

		if (*n)
			memcpy(all, *out, *n * sizeof(*all));
		memcpy(all + *n, argv, (size_t)argc * sizeof(*all));
		*out = all;
		*n += (size_t)argc;
	}
	return 0;
}

static int
parse_command(struct cmd *c, int argc, const char *const *argv)
{
	const char *what = arena_printf(&c->arena, "opl2 %s", c->entry->name);
	const char **args = NULL;
	size_t n = 0;

	if (gather_args(c, argc, argv, &args, &n))
		return -1;
	if (opts_parse(&c->opts, c->entry->opts, what, n, args, &c->arena,
		       &c->ds) &&
	    !c->opts.help)
		return -1;
	if (c->opts.help)
		return 0;
	if (c->opts.nargs < c->entry->min_args) {
		diag_err(&c->ds, "E1004", "'%s' needs %s", what,
			 c->entry->args);
		diag_hint(&c->ds, "see '%s -help'", what);
		return -1;
	}
	if (c->opts.nargs > c->entry->max_args) {
		diag_err(&c->ds, "E1004", "'%s' takes no argument '%s'", what,
			 c->opts.args[c->entry->max_args]);
		diag_hint(&c->ds, "see '%s -help'", what);
		return -1;
	}
	return 0;
}

const char *
cmd_path(struct cmd *c, const char *arg)
{
	CLEANUP(freep) char *cwd = getcwd(NULL, 0);
	CLEANUP(freep) char *path = path_join(cwd ? cwd : ".", arg);

	return arena_strdup(&c->arena, path);
}

static int
set_places(struct cmd *c)
{
	CLEANUP(freep) char *cwd = getcwd(NULL, 0);
	const char *data = getenv("OPL2_DATA_DIR");
	CLEANUP(freep) char *state = NULL;
	CLEANUP(freep) char *self = program_self();

	if (!cwd)
		return diag_errno(&c->ds, "E1006",
				  "cannot find the current directory");
	c->dir = arena_strdup(&c->arena, cwd);
	state = path_join(cwd, data && *data ? data : ".opl2");
	c->state_dir = arena_strdup(&c->arena, state);
	if (!self)
		return diag_errno(&c->ds, "E1006",
				  "cannot find the path of this program");
	c->program = arena_strdup(&c->arena, self);
	return 0;
}

int
cmd_load_spec(struct cmd *c, bool lenient)
{
	struct spec_opts so = { .file = "opl2.yaml",
				.state_dir = c->state_dir,
				.lenient = lenient };

	so.vars = opt_list(&c->opts, "var", &c->arena, &so.nvars);
	so.var_files =
		opt_list(&c->opts, "var-file", &c->arena, &so.nvar_files);
	if (!file_exists(so.file)) {
		diag_err(&c->ds, "E1011", "there is no 'opl2.yaml' in '%s'",
			 c->dir);
		diag_hint(&c->ds, "'opl2 init' creates one; -chdir=DIR before "
				  "the command selects another folder");
		return -1;
	}
	return spec_load(&so, &c->spec, &c->ds);
}

/* Has the spec a line that begins with "backend:"? */
static bool
names_backend(const char *file)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_SPEC_BYTES);
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	return file_read_opt(file, &b, &ignored) == 0 &&
	       (strncmp(buf_str(&b), "backend:", 8) == 0 ||
		strstr(buf_str(&b), "\nbackend:"));
}

struct state_backend *
cmd_spec_backend(struct cmd *c)
{
	CLEANUP(freep) char *store = store_dir();
	const struct backend_place p = {
		.state_dir = c->state_dir,
		.chain = c->spec->name,
		.spec_dir = c->spec->dir,
		.store_dir = arena_strdup(&c->arena, store),
		.backend = c->spec->backend,
		.encryption = c->spec->encryption,
	};

	return backend_open(&p);
}

struct state_backend *
cmd_backend(struct cmd *c)
{
	CLEANUP(freep) char *document = path_join(c->state_dir, "state.json");

	/* A fresh clone: the spec says where its state is. */
	if (!file_exists(document) && !c->spec && names_backend("opl2.yaml") &&
	    cmd_load_spec(c, true))
		return NULL;
	return file_exists(document) || !c->spec
		       ? backend_open_here(c->state_dir)
		       : cmd_spec_backend(c);
}

/* And where its processes run. */
static int
read_state(struct cmd *c, struct state_backend *b, struct state *s)
{
	struct state_store st;
	bool as_spec;

	state_store_init(&st, b);
	if (backend_pull(b, &c->ds) < 0 ||
	    state_store_load(&st, s, NULL, &c->ds))
		return -1;
	return host_elsewhere(
		b, s,
		&(struct host_places){
			c->state_dir,
			runtime_namespace(&c->arena, c->state_dir),
			spec_namespace(c->spec) },
		&c->elsewhere, &as_spec, &c->ds);
}

static int
load_state(struct cmd *c, struct state *s)
{
	CLEANUP(backend_closep) struct state_backend *b = cmd_backend(c);

	state_init(s);
	c->state = s;
	return b ? read_state(c, b, s) : -1;
}

int
cmd_check_here(struct cmd *c)
{
	CLEANUP(backend_closep) struct state_backend *b = NULL;
	struct state s;
	int rc = 0;

	if (!c->state && !(b = cmd_backend(c)))
		return -1;
	/* A state of this machine alone need not be read. */
	if (b && b->ops->settle) {
		state_init(&s);
		rc = read_state(c, b, &s);
		state_done(&s);
	}
	return rc || !c->elsewhere ? rc
				   : host_refuse(c->elsewhere, NULL, &c->ds);
}

/* Another runtime than the one that has the processes would start them a
 * second time. */
static int
check_runtime(struct cmd *c, const struct run *r)
{
	if (!r->spec)
		return 0;
	if (runtime_differs(c->state_dir, r->spec->runtime) &&
	    host_has_processes(r->state) && !r->in_cluster) {
		diag_err(&c->ds, "E1300",
			 "the processes of '%s' run %s, and 'runtime' of the "
			 "spec says otherwise",
			 r->chain,
			 r->elsewhere ? "on another machine"
			 : runtime_of(c->state_dir)->elsewhere
				 ? "in a cluster"
				 : "on this machine");
		diag_hint(&c->ds, "'opl2 move' takes them and their databases "
				  "to where the spec says");
		return -1;
	}
	return 0;
}

static int
settle_runtime(struct cmd *c, const struct run *r)
{
	return r->spec ? runtime_settle(c->state_dir, r->chain,
					r->spec->runtime, &c->ds)
		       : 0;
}

/* They are where they were, and how to get there is what the spec says now. */
static int
settle_way(struct cmd *c, const struct spec *spec)
{
	return spec && !runtime_differs(c->state_dir, spec->runtime)
		       ? runtime_settle(c->state_dir, spec->name, spec->runtime,
					&c->ds)
		       : 0;
}

static int
reach_processes(struct cmd *c)
{
	const struct runtime *rt = runtime_of(c->state_dir);

	if (c->reached || !rt->reachable)
		return 0;
	return runtime_open(c->state_dir, &c->reached, &c->ds) ||
			       rt->reachable(c->reached, &c->ds)
		       ? -1
		       : 0;
}

int
cmd_run_open(struct cmd *c, const struct run_opts *ro, const struct spec *spec,
	     bool write, struct run **out)
{
	bool asks = write || !ro->no_refresh;
	struct run_opts mine = *ro;

	/* What a killed run had begun may need them. */
	if (asks && (settle_way(c, spec) || reach_processes(c)))
		return -1;
	mine.namespace = runtime_namespace(&c->arena, c->state_dir);
	if (run_open(&mine, spec, c->state_dir, write, out, &c->ds))
		return -1;
	if (check_runtime(c, *out) == 0 &&
	    (!asks ||
	     (settle_runtime(c, *out) == 0 && reach_processes(c) == 0)))
		return 0;
	run_close(*out);
	*out = NULL;
	return -1;
}

/* What the command asked for, then the command. */
static int
prepare_and_exec(struct cmd *c, struct state *s)
{
	unsigned needs = c->entry->needs;

	if (needs & NEED_STATE_DIR && file_mkdirs(c->state_dir, 0700, &c->ds))
		return -1;
	if (needs & NEED_SPEC && cmd_load_spec(c, needs & NEED_LENIENT))
		return -1;
	if (needs & NEED_STATE && load_state(c, s))
		return -1;
	if (needs & NEED_HERE && cmd_check_here(c))
		return -1;
	return c->entry->exec(c);
}

static int
run_command(struct cmd *c, int argc, const char *const *argv)
{
	struct state state = { 0 };
	struct view view;
	const char *into = NULL;
	int code;

	if (parse_command(c, argc, argv))
		return -1;
	if (c->opts.help) {
		help_command(c->out, c->entry);
		return EXIT_OK;
	}
	if (set_places(c))
		return -1;
	if (c->entry->needs & NEED_VIEW) {
		view_init(&view,
			  opt_flag(&c->opts, "json") ? VIEW_JSON : VIEW_HUMAN,
			  c->out, c->color, c->color_err);
		c->view = &view;
		into = opt_text(&c->opts, "json-into");
	}
	code = into ? view_tee(&view, into, &c->ds) : 0;
	if (code < 0)
		into = NULL;
	else
		code = prepare_and_exec(c, &state);
	if (code < 0)
		code = diags_exit_code(&c->ds);
	cmd_flush_diags(c);
	if (c->view)
		view_done(c->view);
	c->view = NULL;
	if (into && view_tee_end(&view, into, &c->ds) && code == EXIT_OK)
		code = EXIT_FAILED;
	if (c->state)
		state_done(c->state);
	runtime_closep(&c->reached);
	json_decref(c->elsewhere);
	spec_free(c->spec);
	/* A failure without a reason would be a defect. */
	return code < 0 ? EXIT_INTERNAL : code;
}

/* Global options, then the command of one or two words. */
static int
dispatch(struct cmd *c, int argc, const char *const *argv)
{
	static const char *const version[] = { "version" };
	struct opts globals;
	const char *dir, *two;
	int n = 0;

	while (n < argc && argv[n][0] == '-' && argv[n][1])
		n += strcmp(argv[n] + 1 + (argv[n][1] == '-'), "chdir") == 0 &&
				     n + 1 < argc
			     ? 2
			     : 1;
	if (opts_parse(&globals, global_opts, "opl2", (size_t)n, argv,
		       &c->arena, &c->ds))
		return -1;
	if (globals.help || (n == argc && !globals.nvals)) {
		help_overview(c->out);
		return globals.help ? EXIT_OK : EXIT_SPEC;
	}
	dir = opt_text(&globals, "chdir");
	if (dir && chdir(dir))
		return diag_errno(&c->ds, "E1006", "cannot change to '%s'",
				  dir);
	argv += n;
	argc -= n;
	if (opt_flag(&globals, "version")) {
		argv = version;
		argc = 1;
	}
	if (argc == 0) {
		help_overview(c->out);
		return EXIT_SPEC;
	}
	two = argc > 1 ? arena_printf(&c->arena, "%s %s", argv[0], argv[1])
		       : argv[0];
	/* 'withdraw' is a command and begins others. */
	c->entry = argc > 1 ? find_command(two) : NULL;
	if (c->entry)
		return run_command(c, argc - 2, argv + 2);
	c->entry = find_command(argv[0]);
	if (c->entry)
		return run_command(c, argc - 1, argv + 1);
	if (!is_group(argv[0]))
		return unknown_command(c, argv[0]);
	if (argc > 1 && argv[1][0] != '-')
		return unknown_command(c, two);
	help_group(c->out, argv[0]);
	return argc > 1 ? EXIT_OK : EXIT_SPEC;
}

void
cmd_flush_diags(struct cmd *c)
{
	/* Results come first on a terminal that shows both. */
	fflush(c->out);
	if (c->view)
		c->view->ops->diags(c->view, &c->ds);
	else
		view_diags(stderr, &c->ds, c->color_err);
	diags_done(&c->ds);
	diags_init(&c->ds);
}

/* An earlier write failed and its errno is gone; a pipe without a reader can
 * still be told from a full disk. */
static bool
reader_left(void)
{
	struct pollfd p = { .fd = 1, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

/* A result that nobody could read is no success. A reader that went away is
 * not worth a message. */
static int
close_stdout(struct cmd *c, int code)
{
	bool bad = ferror(c->out) != 0;
	int err = EIO;

	if (fflush(c->out)) {
		bad = true;
		err = errno;
	}
	if (!bad)
		return code;
	if (!reader_left()) {
		errno = err;
		diag_errno(&c->ds, "E1007", "the output could not be written");
	}
	return code == EXIT_OK ? EXIT_FAILED : code;
}

int
main(int argc, char **argv)
{
	struct cmd c = { 0 };
	const char *input = getenv("OPL2_INPUT");
	int code;

	mem_init();
	open_std_fds();
	umask(umask(077) | 022);
	signal(SIGPIPE, SIG_IGN);
	diags_init(&c.ds);
	arena_init(&c.arena);
	c.out = stdout;
	c.color = want_color(1);
	c.color_err = want_color(2);
	c.in_automation = env_set("OPL2_IN_AUTOMATION");
	c.input = isatty(0) && !(input && strcmp(input, "0") == 0);
	code = dispatch(&c, argc - 1, (const char *const *)argv + 1);
	if (code < 0)
		code = diags_exit_code(&c.ds);
	code = close_stdout(&c, code);
	view_diags(stderr, &c.ds, c.color_err);
	diags_done(&c.ds);
	arena_done(&c.arena);
	return code;
}
