#include "engine/yaml/strmap.h"

static uint32_t
hash_str(const char *s)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

void
strmap_init(struct strmap *m, struct arena *a)
{
	*m = (struct strmap){ .arena = a };
}

static struct strmap_slot *
probe(const struct strmap *m, const char *key, uint32_t hash)
{
	size_t mask = m->cap - 1, i = hash & mask;

	while (m->slots[i].key &&
	       (m->slots[i].hash != hash || strcmp(m->slots[i].key, key) != 0))
		i = (i + 1) & mask;
	return &m->slots[i];
}

static void
strmap_grow(struct strmap *m)
{
	struct strmap old = *m;
	size_t i;

	m->cap = old.cap ? old.cap * 2 : 16;
	m->slots = arena_alloc(m->arena, m->cap * sizeof(*m->slots));
	for (i = 0; i < old.cap; i++)
		if (old.slots[i].key)
			*probe(m, old.slots[i].key, old.slots[i].hash) =
				old.slots[i];
}

void *
strmap_get(const struct strmap *m, const char *key)
{
	return m->cap ? probe(m, key, hash_str(key))->value : NULL;
}

void **
strmap_put(struct strmap *m, const char *key)
{
	uint32_t hash = hash_str(key);
	struct strmap_slot *s;

	if (m->n * 4 >= m->cap * 3)
		strmap_grow(m);
	s = probe(m, key, hash);
	if (!s->key) {
		s->key = key;
		s->hash = hash;
		m->n++;
	}
	return &s->value;
}
