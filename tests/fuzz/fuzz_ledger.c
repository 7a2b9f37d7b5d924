/*
 * A ledger entry. First byte '=': the rest is the file as it is; else each
 * line gets its checksum first. What is read is read the same again.
 */
#include "tests/fuzz/fuzz.h"

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/io/file.h"
#include "providers/clients/send/ledger.h"

static void
add_lines(struct buf *out, const char *p, size_t n)
{
	while (n > 0) {
		const char *nl = memchr(p, '\n', n);
		size_t k = nl ? (size_t)(nl - p) : n;
		char sum[65];

		sha256_hex(p, k, sum);
		buf_addf(out, "%.8s ", sum);
		buf_add(out, p, k);
		buf_addch(out, '\n');
		k += nl != NULL;
		p += k;
		n -= k;
	}
}

static void
look(const struct ledger *l)
{
	FUZZ_CHECK(l->begin);
	for (size_t i = 0; i < l->nslots; i++) {
		const struct ledger_slot *s = &l->slots[i];

		FUZZ_CHECK(s->tx.data || s->tx.data_len == 0);
		tx_intrinsic_gas(&s->tx);
		for (size_t k = 0; k < s->nversions; k++)
			FUZZ_CHECK(strlen(s->versions[k].raw) < (8u << 20));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text CLEANUP(buf_done) = BUF_INIT(64u << 20);
	char dir[] = "/dev/shm/opl2-fuzz-XXXXXX";
	CLEANUP(freep) char *path = NULL;
	struct ledger *l = NULL;
	struct diags ds;
	size_t nslots;
	bool ended;
	int rc;

	if (size && data[0] == '=')
		buf_add(&text, data + 1, size - 1);
	else
		add_lines(&text, (const char *)data, size);
	if (!mkdtemp(dir))
		abort();
	path = path_join(dir, "entry");
	diags_init(&ds);
	FUZZ_CHECK(file_create(path, buf_str(&text), text.n, 0600, &ds) == 0);
	rc = ledger_open(dir, "entry", &l, &ds);
	FUZZ_CHECK(rc != 0);
	fuzz_contract(&ds, rc);
	if (rc == 1) {
		look(l);
		nslots = l->nslots;
		ended = l->ended != NULL;
		ledger_free(l);
		diags_init(&ds);
		FUZZ_CHECK(ledger_open(dir, "entry", &l, &ds) == 1);
		FUZZ_CHECK(l->nslots == nslots && (l->ended != NULL) == ended);
		ledger_free(l);
		diags_done(&ds);
	}
	diags_init(&ds);
	file_remove_tree(dir, &ds);
	diags_done(&ds);
	return 0;
}
