/*
 * The places of what has moved. A key, a file or a database stays where it was
 * made, in what is called by its first address. A new resource of that address
 * would be put there, too.
 */
#include "engine/plan/plan_impl.h"

#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"

/* A database is in data/CHAIN/NAME, eight digits of the chain: NAME. Or NULL.
 */
static const char *
database_name(const struct state_entry *e)
{
	const char *path = jx_str(e->attrs, "path", "");
	const char *last = strrchr(path, '/');

	return last && last - path >= 14 && !strncmp(last - 14, "/data/", 6)
		       ? last + 1
		       : NULL;
}

/* The file or folder of a recorded object when it is not named by its address,
 * as the address that it is named by. NULL: none. */
static const char *
named_by(struct arena *a, const struct state_entry *e)
{
	const struct kind *k = kind_find(e->kind);
	const char *name, *file;

	if (k && k->flags & KIND_DATA) {
		name = database_name(e);
		file = name ? arena_printf(a, "%s.%s", e->kind, name) : NULL;
	} else {
		file = addr_file_of(a, "", e->addr, e->attrs);
	}
	return file && strcmp(file, addr_file(a, e->addr)) != 0 ? file : NULL;
}

/* What goes gives its place back; who moves on takes it along. */
static bool
stays(const struct spec *sp, const char *addr)
{
	for (size_t i = 0; sp && i < sp->nmoves; i++)
		if (strcmp(sp->moves[i].from, addr) == 0)
			return true;
	return sp && spec_find(sp, addr);
}

/* {FILE: ADDRESS of who has it}, of those that have moved. */
static const json_t *
taken_places(struct planner *pl)
{
	const struct state_entry **list;
	size_t n;

	if (pl->taken)
		return pl->taken;
	pl->taken = json_object();
	json_array_append_new(pl->p->values, pl->taken);
	list = state_list(pl->r->state, &pl->p->arena, &n);
	for (size_t i = 0; i < n; i++) {
		const char *file = stays(pl->r->spec, list[i]->addr)
					   ? named_by(&pl->p->arena, list[i])
					   : NULL;

		if (file)
			json_object_set_new(pl->taken, file,
					    json_string(list[i]->addr));
	}
	return pl->taken;
}

int
plan_place_free(struct planner *pl, const char *addr)
{
	const char *who =
		jx_str(taken_places(pl), addr_file(&pl->p->arena, addr), NULL);

	if (!who)
		return 0;
	diag_err(pl->ds, "E0609", "the place of '%s' is taken by '%s'", addr,
		 who);
	diag_addr(pl->ds, addr);
	diag_hint(pl->ds,
		  "'%s' was made at this address before it moved, and what "
		  "it made stays there: choose another name",
		  who);
	return -1;
}
