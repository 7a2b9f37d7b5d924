/*
 * The journal of a run that broke off. First byte '=': the rest is the file as
 * it is; else each line gets its checksum first, or nothing else would be
 * looked at.
 */
#include "tests/fuzz/fuzz.h"

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/io/jx.h"
#include "state/codec.h"
#include "state/journal.h"
#include "tests/conform/memory_backend.h"

static void
add_line(struct buf *out, const char *p, size_t n)
{
	char sum[65];

	sha256_hex(p, n, sum);
	buf_addf(out, "%.8s ", sum);
	buf_add(out, p, n);
	buf_addch(out, '\n');
}

static void
add_lines(struct buf *out, const char *p, size_t n)
{
	while (n > 0) {
		const char *nl = memchr(p, '\n', n);
		size_t k = nl ? (size_t)(nl - p) : n;

		add_line(out, p, k);
		k += nl != NULL;
		p += k;
		n -= k;
	}
}

static void
replay(const struct journal_left *left)
{
	struct state s;
	struct diags ds;
	json_t *doc;

	state_init(&s);
	diags_init(&ds);
	fuzz_contract(&ds, journal_replay(left, &s, &ds));
	state_ensure_lineage(&s);
	s.serial = 1;
	diags_init(&ds);
	doc = state_encode(&s, &ds);
	fuzz_contract(&ds, doc ? 0 : -1);
	json_decref(doc);
	state_done(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text CLEANUP(buf_done) = BUF_INIT(64u << 20);
	struct journal_left left;
	struct state_backend *b;
	struct memory memory;
	struct diags ds;
	int rc;

	if (size && data[0] == '=')
		buf_add(&text, data + 1, size - 1);
	else
		add_lines(&text, (const char *)data, size);
	memory_init(&memory);
	memory.has_journal = true;
	buf_add(&memory.journal, buf_str(&text), text.n);
	b = memory_open(&memory);
	journal_left_init(&left);
	diags_init(&ds);
	rc = journal_read(b, &left, &ds);
	fuzz_contract(&ds, rc);
	for (size_t i = 0; rc == 0 && i < left.npgroups; i++)
		FUZZ_CHECK(left.pgroups[i].pgid > 1);
	if (rc == 0 && left.found)
		replay(&left);
	journal_left_done(&left);
	backend_close(b);
	memory_done(&memory);
	return 0;
}
