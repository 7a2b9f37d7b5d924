/* Entries of the ledger that are not as they should be. */
#include "tests/unit/t.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>

#include "engine/base/hash.h"
#include "providers/clients/send/ledger.h"

#define HASH                                                                   \
	"0x00000000000000000000000000000000000000000000000000000000000000aa"
#define FROM "0x00000000000000000000000000000000000000bb"

static bool unreadable; /* the folder, from its second entry on */

/* In the place of libc's. */
struct dirent *
readdir(DIR *d)
{
	static struct dirent *(*real)(DIR *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "readdir");
	if (!unreadable)
		return real(d);
	errno = EIO;
	return NULL;
}

static json_t *
begin(const char *txs)
{
	return json_pack("{s:s, s:i, s:i, s:s, s:s, s:i, s:o}", "type", "begin",
			 "version", 1, "chain_id", 1, "genesis", HASH, "from",
			 FROM, "first_nonce", 0, "txs", t_json(txs));
}

static bool
any(const struct ledger *l, void *arg UNUSED)
{
	return l->slots[l->nslots - 1].tx.nonce == 0;
}

static void
needs_transactions(void **state)
{
	const char *dir = *state;
	CLEANUP(put_json) json_t *none = begin("[]");
	struct ledger *l = NULL;
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(ledger_create(dir, "e-1", none, &l, &ds), -1);
	t_error(&ds, "E0600", "without its fields");
	diags_done(&ds);
}

/* The next entry has another name. */
static void
removes_what_a_killed_one_left(void **state)
{
	CLEANUP(freep) char *dir = path_join(*state, "left");
	CLEANUP(freep) char *tmp = path_join(dir, "send-1.tmp-abcdef");
	CLEANUP(put_json)
	json_t *one = begin("[{\"to\":\"" FROM "\",\"value\":\"1\","
			    "\"gas\":\"21000\",\"nonce\":0,"
			    "\"data\":\"0x\"}]");
	struct ledger *l = NULL;
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_mkdirs(dir, 0700, &ds), 0);
	assert_int_equal(file_replace(tmp, "x", 1, 0600, &ds), 0);
	assert_int_equal(ledger_create(dir, "send-2", one, &l, &ds), 0);
	assert_false(file_exists(tmp));
	ledger_free(l);
	t_no_errors(&ds);
	diags_done(&ds);
}

/* By hand, or by another program: whoever looks at its last transaction. */
static void
is_damaged_without_transactions(void **state)
{
	static const char line[] =
		"{\"chain_id\":1,\"first_nonce\":0,\"from\":\"" FROM
		"\",\"genesis\":\"" HASH
		"\",\"txs\":[],\"type\":\"begin\",\"version\":1}";
	const char *dir = *state;
	CLEANUP(freep) char *path = path_join(dir, "e-1");
	CLEANUP(freep) char *text = NULL;
	CLEANUP(freep) char *name = NULL;
	char sum[65];
	struct diags ds;

	diags_init(&ds);
	sha256_hex(line, strlen(line), sum);
	text = xasprintf("%.8s %s\n", sum, line);
	assert_int_equal(file_replace(path, text, strlen(text), 0600, &ds), 0);
	assert_int_equal(ledger_find(dir, NULL, any, NULL, &name, &ds), -1);
	t_error(&ds, "E0840", "damaged at line 1");
	diags_done(&ds);
}

static void
not_seen_is_not_never(void **state)
{
	const char *dir = *state;
	CLEANUP(put_json)
	json_t *one = begin("[{'to': '" FROM "', 'value': '0', 'gas': '1', "
			    "'nonce': 0, 'data': '0x'}]");
	CLEANUP(freep) char *name = NULL;
	struct ledger *l = NULL;
	struct diags ds;
	int rc;

	diags_init(&ds);
	assert_int_equal(ledger_create(dir, "e-1", one, &l, &ds), 0);
	ledger_free(l);
	assert_int_equal(ledger_find(dir, NULL, any, NULL, &name, &ds), 1);
	unreadable = true;
	rc = ledger_find(dir, NULL, any, NULL, &name, &ds);
	unreadable = false;
	assert_int_equal(rc, -1);
	t_error(&ds, "E0501", "ledger");
	diags_done(&ds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(needs_transactions, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(removes_what_a_killed_one_left,
						t_setup_dir, t_teardown_dir),
		cmocka_unit_test_setup_teardown(is_damaged_without_transactions,
						t_setup_dir, t_teardown_dir),
		cmocka_unit_test_setup_teardown(not_seen_is_not_never,
						t_setup_dir, t_teardown_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
