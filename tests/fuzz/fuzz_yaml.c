/* YAML: what was read has positions within the text, and what fmt laid out is
 * laid out. */
#include "tests/fuzz/fuzz.h"

#include "engine/base/limits.h"
#include "engine/yaml/format.h"
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

static void
lay_out(const char *text, size_t size)
{
	struct buf once = BUF_INIT(2 * LIM_SPEC_BYTES);
	struct buf twice = BUF_INIT(2 * LIM_SPEC_BYTES);
	struct diags ds;
	int rc;

	diags_init(&ds);
	rc = yaml_format("input", text, size, &once, &ds);
	fuzz_contract(&ds, rc);
	diags_init(&ds);
	if (rc == 0) {
		FUZZ_CHECK(yaml_format("input", buf_str(&once), once.n, &twice,
				       &ds) == 0);
		FUZZ_CHECK(strcmp(buf_str(&once), buf_str(&twice)) == 0);
	}
	diags_done(&ds);
	buf_done(&once);
	buf_done(&twice);
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
	lay_out(text, size);
	return 0;
}
