#include "cmd/opl2/cli/opts.h"

#include <assert.h>

#include "engine/base/mem.h"
#include "engine/base/suggest.h"
#include "engine/base/units.h"

static const struct opt_def *
find_def(const struct opt_def *defs, const char *name, size_t n)
{
	for (; defs->name; defs++)
		if (strlen(defs->name) == n &&
		    strncmp(defs->name, name, n) == 0)
			return defs;
	return NULL;
}

const char *
opts_nearest(const char *word, const char *const *names, size_t n)
{
	const char *best;
	struct suggest s;
	size_t i;

	suggest_init(&s, word);
	for (i = 0; i < n; i++)
		suggest_try(&s, names[i]);
	best = s.best;
	/* An abbreviation is far away by distance but clearly meant. */
	for (i = 0; !best && i < n; i++)
		if (strlen(word) > 1 &&
		    strncmp(names[i], word, strlen(word)) == 0)
			best = names[i];
	return best;
}

static int
unknown_option(const struct opt_def *defs, const char *what, const char *name,
	       size_t n, struct diags *ds)
{
	CLEANUP(freep) char *word = xstrndup(name, n);
	CLEANUP(freep) const char **names = NULL;
	const char *near;
	size_t count = 0, i;

	while (defs[count].name)
		count++;
	names = xcalloc(count + 1, sizeof(*names));
	for (i = 0; i < count; i++)
		names[i] = defs[i].name;
	near = opts_nearest(word, names, count);
	diag_err(ds, "E1002", "'%s' has no option '-%s'", what, word);
	if (near)
		diag_hint(ds, "did you mean '-%s'?", near);
	else
		diag_hint(ds, "'%s -help' lists the options", what);
	return -1;
}

static int
set_value(struct opt_val *v, const struct opt_def *def, const char *text,
	  struct diags *ds)
{
	const char *why = NULL;

	v->def = def;
	v->text = text;
	switch (def->type) {
	case OPT_FLAG:
	case OPT_ON:
		v->num = 1;
		if (!text || strcmp(text, "true") == 0)
			return 0;
		v->num = 0;
		if (strcmp(text, "false") == 0)
			return 0;
		return diag_err(ds, "E1003",
				"'-%s' must be true or false, not '%s'",
				def->name, text);
	case OPT_COUNT:
		if (parse_u64(text, 1000000, &v->num) == 0 && v->num > 0)
			return 0;
		return diag_err(
			ds, "E1003",
			"'-%s' must be a whole number of at least 1, not '%s'",
			def->name, text);
	case OPT_TIME:
		if (duration_parse(text, &v->num, &why) == 0)
			return 0;
		diag_err(ds, "E1003", "'-%s' must be a duration, not '%s': %s",
			 def->name, text, why);
		diag_hint(ds, "write it with its unit, as in -%s=30s",
			  def->name);
		return -1;
	case OPT_TEXT:
	case OPT_LIST:
		break;
	}
	return 0;
}

/* Takes the option at argv[i]; returns how many words it used, 0 on error. */
static size_t
take_option(struct opts *o, const char *what, size_t i, size_t argc,
	    const char *const *argv, struct diags *ds)
{
	const char *name = argv[i] + (argv[i][1] == '-' ? 2 : 1);
	size_t n = strcspn(name, "=");
	const struct opt_def *def = find_def(o->defs, name, n);
	const char *text = name[n] == '=' ? name + n + 1 : NULL;
	size_t used = 1;

	if (!def) {
		unknown_option(o->defs, what, name, n, ds);
		return 0;
	}
	if (!text && def->type != OPT_FLAG && def->type != OPT_ON) {
		if (i + 1 >= argc) {
			diag_err(ds, "E1003", "'-%s' needs a value", def->name);
			diag_hint(ds, "write -%s=%s", def->name, def->arg);
			return 0;
		}
		text = argv[i + 1];
		used = 2;
	}
	set_value(&o->vals[o->nvals++], def, text, ds);
	return used;
}

int
opts_parse(struct opts *o, const struct opt_def *defs, const char *what,
	   size_t argc, const char *const *argv, struct arena *a,
	   struct diags *ds)
{
	size_t i, before = ds->nerrors;

	memset(o, 0, sizeof(*o));
	o->defs = defs;
	o->vals = arena_alloc(a, (argc + 1) * sizeof(*o->vals));
	o->args = arena_alloc(a, (argc + 1) * sizeof(*o->args));
	for (i = 0; i < argc;) {
		const char *s = argv[i];
		size_t used;

		if (strcmp(s, "--") == 0) {
			for (i++; i < argc; i++)
				o->args[o->nargs++] = argv[i];
			break;
		}
		if (s[0] != '-' || s[1] == '\0') {
			o->args[o->nargs++] = s;
			i++;
			continue;
		}
		if (strcmp(s, "-h") == 0 || strcmp(s, "-help") == 0 ||
		    strcmp(s, "--help") == 0) {
			o->help = true;
			i++;
			continue;
		}
		used = take_option(o, what, i, argc, argv, ds);
		i += used ? used : 1;
	}
	return ds->nerrors > before ? -1 : 0;
}

/* The newest value of the option, or NULL when it was not given. */
static const struct opt_val *
newest(const struct opts *o, const char *name, const struct opt_def **def)
{
	size_t i;

	*def = find_def(o->defs, name, strlen(name));
	if (!*def)
		abort();
	for (i = o->nvals; i-- > 0;)
		if (o->vals[i].def == *def)
			return &o->vals[i];
	return NULL;
}

bool
opt_given(const struct opts *o, const char *name)
{
	const struct opt_def *def;

	return newest(o, name, &def) != NULL;
}

bool
opt_flag(const struct opts *o, const char *name)
{
	const struct opt_def *def;
	const struct opt_val *v = newest(o, name, &def);

	assert(def->type == OPT_FLAG || def->type == OPT_ON);
	return v ? v->num != 0 : def->type == OPT_ON;
}

const char *
opt_text(const struct opts *o, const char *name)
{
	const struct opt_def *def;
	const struct opt_val *v = newest(o, name, &def);

	return v ? v->text : NULL;
}

uint64_t
opt_num(const struct opts *o, const char *name, uint64_t fallback)
{
	const struct opt_def *def;
	const struct opt_val *v = newest(o, name, &def);

	return v ? v->num : fallback;
}

const char *const *
opt_list(const struct opts *o, const char *name, struct arena *a, size_t *n)
{
	const char **out = arena_alloc(a, (o->nvals + 1) * sizeof(*out));
	size_t i;

	for (i = *n = 0; i < o->nvals; i++)
		if (strcmp(o->vals[i].def->name, name) == 0)
			out[(*n)++] = o->vals[i].text;
	return out;
}

/* Copies one word of p to w; returns what follows it, NULL on an open quote. */
static const char *
split_word(const char *p, char *w)
{
	char quote = '\0';

	for (; *p && (quote || !isspace((unsigned char)*p)); p++) {
		if (!quote && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (quote && *p == quote)
			quote = '\0';
		else if (*p == '\\' && quote != '\'' && p[1])
			*w++ = *++p;
		else
			*w++ = *p;
	}
	*w = '\0';
	return quote ? NULL : p;
}

int
opts_split(const char *text, const char ***out, size_t *n, struct arena *a)
{
	const char *p = text;

	while (p && *p) {
		char *w = arena_alloc(a, strlen(p) + 1);
		const char **grown;

		while (isspace((unsigned char)*p))
			p++;
		if (!*p)
			break;
		p = split_word(p, w);
		grown = arena_alloc(a, (*n + 2) * sizeof(*grown));
		if (*n)
			memcpy(grown, *out, *n * sizeof(*grown));
		grown[(*n)++] = w;
		*out = grown;
	}
	return p ? 0 : -1;
}
