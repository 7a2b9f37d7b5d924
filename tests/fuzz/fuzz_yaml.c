/* YAML as the loader of specs takes it. */
#include "tests/fuzz/fuzz.h"

#include "engine/yaml.h"

static void
walk(const struct ynode *n)
{
	size_t i;

	FUZZ_CHECK(n->line > 0 && n->col > 0 && n->text);
	for (i = 0; n->type == Y_LIST && i < n->n; i++)
		walk(n->items[i]);
	for (i = 0; n->type == Y_MAP && i < n->n; i++) {
		FUZZ_CHECK(ynode_pair(n, n->pairs[i].key->text) ==
			   &n->pairs[i]);
		walk(n->pairs[i].value);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(freep) char *text = fuzz_text(data, size);
	struct arena a;
	struct diags ds;
	struct ynode *n;
	int rc;

	arena_init(&a);
	diags_init(&ds);
	rc = yaml_parse(&a, "fuzz", text, size, &n, &ds);
	if (n) {
		walk(n);
		ynode_merge(&a, n, ynode_clone(&a, n, NULL));
	}
	fuzz_contract(&ds, rc);
	arena_done(&a);
	return 0;
}
