/* YAML: what was read has positions within the text. */
#include "tests/fuzz/fuzz.h"

#include "engine/yaml/yaml.h"

#define DEPTH_MAX 100

static void
walk(const struct ynode *n, unsigned nlines, unsigned depth)
{
	FUZZ_CHECK(depth < DEPTH_MAX);
	FUZZ_CHECK(n->line >= 1 && n->line <= nlines && n->col >= 1);
	FUZZ_CHECK(*ynode_what(n));
	switch (n->type) {
	case Y_SCALAR:
		FUZZ_CHECK(strlen(n->text) <= n->n);
		break;
	case Y_LIST:
		for (size_t i = 0; i < n->n; i++)
			walk(n->items[i], nlines, depth + 1);
		break;
	case Y_MAP:
		for (size_t i = 0; i < n->n; i++) {
			walk(n->pairs[i].key, nlines, depth + 1);
			walk(n->pairs[i].value, nlines, depth + 1);
			FUZZ_CHECK(ynode_pair(n, n->pairs[i].key->text) ==
				   &n->pairs[i]);
		}
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(freep) char *text = fuzz_text(data, size);
	unsigned nlines = 2;
	struct ynode *root = NULL;
	struct arena a;
	struct diags ds;
	int rc;

	for (size_t i = 0; i < size; i++)
		nlines += text[i] == '\n' || text[i] == '\r' ||
			  (unsigned char)text[i] >= 0x80;
	arena_init(&a);
	diags_init(&ds);
	rc = yaml_parse(&a, "input", text, size, &root, &ds);
	if (rc == 0 && root) {
		walk(root, nlines, 0);
		walk(ynode_merge(&a, root, ynode_clone(&a, root, NULL)), nlines,
		     0);
	}
	fuzz_contract(&ds, rc);
	arena_done(&a);
	return 0;
}
