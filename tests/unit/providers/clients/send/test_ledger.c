/* Entries of the ledger that are not as they should be. */
#include "tests/unit/t.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>

#include "engine/base/hash.h"
#include "engine/io/durable.h"
#include "engine/io/sumline.h"
#include "providers/clients/send/ledger.h"

#define HASH                                                                   \
	"0x00000000000000000000000000000000000000000000000000000000000000aa"
#define FROM "0x00000000000000000000000000000000000000bb"

static bool unreadable; /* the folder, from its second entry on */
static bool unsynced;   /* what is written */

/* In the place of libc's. */
int
fdatasync(int fd)
{
	static int (*real)(int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
	if (!unsynced)
		return real(fd);
	errno = EIO;
	return -1;
}

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

/* --- an entry of one's own ------------------------------------------------ */

#define ONE                                                                    \
	"[{'to': '" FROM "', 'value': '7', 'gas': '100', 'nonce': 0, "         \
	"'data': '0x'}]"
#define TWO                                                                    \
	"[{'to': '" FROM "', 'value': '7', 'gas': '100', 'nonce': 0, "         \
	"'data': '0x'}, {'to': '" FROM "', 'value': '0', 'gas': '10', "        \
	"'nonce': 1, 'data': '0x'}]"

static struct ledger *
made(const char *dir, const char *name, const char *txs, const char *more)
{
	CLEANUP(put_json) json_t *b = begin(txs), *also = t_json(more);
	struct ledger *l = NULL;
	struct diags ds;

	json_object_update(b, also);
	diags_init(&ds);
	assert_int_equal(ledger_create(dir, name, b, &l, &ds), 0);
	t_no_errors(&ds);
	diags_done(&ds);
	return l;
}

static int
sign(struct ledger *l, size_t i, uint64_t max_fee, struct diags *ds)
{
	char raw[] = "0x02";
	const struct ledger_version v = { .hash = { 1, (uint8_t)max_fee },
					  .max_fee = u256_from(max_fee),
					  .priority = u256_from(1),
					  .raw = raw };

	return ledger_raw(l, i, &v, ds);
}

/* What the file has, and how much of it. */
static void
has_bytes(const char *path, off_t n)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, n);
}

/* --- reading -------------------------------------------------------------- */

/* Whole lines that no release of ours writes: each is named, none is skipped,
 * for what it says may have been paid. */
static void
knows_its_records(void **state)
{
	static const char *const bad[] = {
		"{'type': 'paid', 'i': 0}",
		"{'type': 'raw', 'i': 1, 'hash': '" HASH
		"', 'max_fee': '1', 'priority': '1', 'raw': '0x02'}",
		"{'type': 'raw', 'i': 0, 'hash': '0xaa', 'max_fee': '1', "
		"'priority': '1', 'raw': '0x02'}",
		"{'type': 'raw', 'i': 0, 'hash': '" HASH
		"', 'max_fee': '-1', 'priority': '1', 'raw': '0x02'}",
		"{'type': 'gas', 'i': 0, 'gas': 5}",
		"{'type': 'mined', 'i': 0, 'hash': '" HASH
		"', 'block': 5, 'gas_used': 21000}",
		"{'type': 'mined', 'i': 0, 'hash': '" HASH
		"', 'block': -5, 'gas_used': 21000, 'price': '1'}",
	};
	const char *dir = *state;

	for (size_t i = 0; i < COUNTOF(bad); i++) {
		CLEANUP(freep) char *name = xasprintf("e-%zu", i);
		struct ledger *l = made(dir, name, ONE, "{}"), *again = NULL;
		CLEANUP(freep) char *path = xstrdup(l->path);
		CLEANUP(put_json) json_t *r = t_json(bad[i]);
		CLEANUP(freep) char *line = sumline_make(r);
		off_t size = l->size + (off_t)strlen(line);
		struct diags ds;

		diags_init(&ds);
		assert_true(write(l->fd, line, strlen(line)) > 0);
		ledger_free(l);
		assert_int_equal(ledger_open(dir, name, &again, &ds), -1);
		t_error(&ds, "E0840", "damaged at line 2");
		assert_non_null(strstr(ds.last->hint, "restore it"));
		assert_null(again);
		has_bytes(path, size);
		assert_int_equal(unlink(path), 0);
		diags_done(&ds);
	}
}

/* A transaction of the begin record whose fields are not what was written. */
static void
knows_its_transactions(void **state)
{
	static const char *const bad[] = {
		"[{'to': '0xbb', 'value': '0', 'gas': '1', 'nonce': 0, "
		"'data': '0x'}]",
		"[{'to': '" FROM "', 'value': 'x', 'gas': '1', 'nonce': 0, "
		"'data': '0x'}]",
		"[{'to': '" FROM "', 'value': '0', 'gas': "
		"'18446744073709551616', 'nonce': 0, 'data': '0x'}]",
		"[{'to': '" FROM "', 'value': '0', 'gas': '1', 'data': '0x'}]",
		"[{'to': '" FROM "', 'value': '0', 'gas': '1', 'nonce': 0, "
		"'data': '0xz'}]",
	};
	CLEANUP(freep) char *path = path_join(*state, "e-1");

	for (size_t i = 0; i < COUNTOF(bad); i++) {
		CLEANUP(put_json) json_t *b = begin(bad[i]);
		struct ledger *l = NULL;
		struct diags ds;

		diags_init(&ds);
		assert_int_equal(ledger_create(*state, "e-1", b, &l, &ds), -1);
		t_error(&ds, "E0600", "without its fields");
		assert_false(file_exists(path));
		diags_done(&ds);
	}
}

/* Half of the last line came to the disk, and its end. */
static void
cuts_what_is_torn(void **state)
{
	static const char torn[] = "01234567 {\"type\":\"ra\n";
	struct ledger *l = made(*state, "e-1", ONE, "{}");
	off_t whole = l->size;
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(write(l->fd, torn, strlen(torn)), strlen(torn));
	ledger_free(TAKE(l));
	assert_int_equal(ledger_open(*state, "e-1", &l, &ds), 1);
	assert_int_equal(l->size, whole);
	has_bytes(l->path, whole);
	/* The next one stands where it stood. */
	assert_int_equal(sign(l, 0, 5, &ds), 0);
	ledger_free(TAKE(l));
	assert_int_equal(ledger_open(*state, "e-1", &l, &ds), 1);
	assert_int_equal(l->slots[0].nversions, 1);
	ledger_free(l);
	t_no_errors(&ds);
	diags_done(&ds);
}

static void
is_one_run_s(void **state)
{
	struct ledger *l = made(*state, "e-1", ONE, "{}"), *other = NULL;
	CLEANUP(put_json) json_t *b = begin(ONE);
	off_t size = l->size;
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(ledger_open(*state, "e-1", &other, &ds), -1);
	t_error(&ds, "E0841", "in use");
	assert_non_null(strstr(ds.last->hint, "wait"));
	diags_done(&ds);
	diags_init(&ds);
	assert_int_equal(ledger_create(*state, "e-1", b, &other, &ds), -1);
	t_error(&ds, "E0600", "already exists");
	assert_null(other);
	has_bytes(l->path, size);
	ledger_free(l);
	diags_done(&ds);
}

/* What is there and cannot be read is not "not there". */
static void
must_be_a_file(void **state)
{
	CLEANUP(freep) char *path = path_join(*state, "e-1");
	struct ledger *l = NULL;
	struct diags ds;
	struct u256 spent;

	diags_init(&ds);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(ledger_open(*state, "e-1", &l, &ds), -1);
	t_error(&ds, "E0501", "e-1");
	diags_done(&ds);
	diags_init(&ds);
	assert_int_equal(ledger_spent(*state, 1, "a", NULL, &spent, &ds), -1);
	assert_int_equal(ds.nerrors, 1);
	diags_done(&ds);
	diags_init(&ds);
	assert_int_equal(ledger_spent(path, 1, "a", NULL, &spent, &ds), 0);
	assert_true(u256_is_zero(&spent));
	diags_done(&ds);
	assert_int_equal(rmdir(path), 0);
}

/* --- a disk that fails ---------------------------------------------------- */

/* Half of a record does not stay before the next one. */
static void
full_disk(void **state)
{
	struct ledger *l = made(*state, "e-1", ONE, "{}");
	struct rlimit was, less;
	off_t size = l->size;
	struct diags ds;

	diags_init(&ds);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	less = was;
	less.rlim_cur = (rlim_t)size + 40;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
	assert_int_equal(sign(l, 0, 5, &ds), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	t_error(&ds, "E0501", "ledger");
	assert_int_equal(l->slots[0].nversions, 0);
	has_bytes(l->path, size);
	diags_done(&ds);
	diags_init(&ds);
	assert_int_equal(sign(l, 0, 6, &ds), 0);
	ledger_free(TAKE(l));
	assert_int_equal(ledger_open(*state, "e-1", &l, &ds), 1);
	assert_int_equal(l->slots[0].nversions, 1);
	assert_int_equal(l->slots[0].versions[0].max_fee.w[0], 6);
	ledger_free(l);
	t_no_errors(&ds);
	diags_done(&ds);
}

/* Nobody knows then what is on the disk: nothing more is said to be. */
static void
failed_sync(void **state)
{
	struct ledger *l = made(*state, "e-1", ONE, "{}");
	struct diags ds;
	off_t size;
	int rc;

	diags_init(&ds);
	assert_int_equal(sign(l, 0, 5, &ds), 0);
	size = l->size;
	unsynced = true;
	rc = ledger_sync(l, &ds);
	unsynced = false;
	assert_int_equal(rc, -1);
	t_error(&ds, "E0501", "ledger");
	assert_int_equal(ledger_sync(l, &ds), -1);
	assert_int_equal(sign(l, 0, 6, &ds), -1);
	assert_int_equal(ledger_gas(l, 0, 1, 1, &ds), -1);
	assert_int_equal(ledger_end(l, "done", &ds), -1);
	assert_null(l->ended);
	assert_int_equal(ds.nerrors, 5);
	has_bytes(l->path, size);
	ledger_free(l);
	diags_done(&ds);
}

static int
place_gone(void *arg, const char *path UNUSED, int64_t from UNUSED,
	   struct diags *ds)
{
	++*(unsigned *)arg;
	return diag_err(ds, "E0515", "the place is gone");
}

/* With a shared state it must be in the place, too. */
static void
failed_place(void **state)
{
	struct ledger *l = made(*state, "e-1", ONE, "{}");
	unsigned asked = 0;
	struct diags ds;
	int rc;

	diags_init(&ds);
	assert_int_equal(sign(l, 0, 5, &ds), 0);
	durable_by(place_gone, &asked);
	rc = ledger_sync(l, &ds);
	durable_by(NULL, NULL);
	assert_int_equal(rc, -1);
	assert_int_equal(asked, 1);
	t_error(&ds, "E0515", "");
	assert_int_equal(ledger_end(l, "done", &ds), -1);
	assert_null(l->ended);
	ledger_free(l);
	diags_done(&ds);
}

/* --- what it costs -------------------------------------------------------- */

static uint64_t
spent(const char *dir, const char *except)
{
	struct u256 sum;
	struct diags ds;
	uint64_t n;

	diags_init(&ds);
	assert_int_equal(ledger_spent(dir, 1, "a1", except, &sum, &ds), 0);
	t_no_errors(&ds);
	diags_done(&ds);
	return u256_fits_u64(&sum, &n) ? n : UINT64_MAX;
}

static void
counts_what_is_spent(void **state)
{
	static const uint8_t hash[32] = { 1, 5 };
	const struct u256 price = u256_from(3),
			  most = { { 0, 0, 0, 1ull << 63 } };
	struct ledger *l =
		made(*state, "e-1", TWO, "{'apply': 'a1', 'reserve': '90'}");
	struct diags ds;

	diags_init(&ds);
	ledger_free(
		made(*state, "e-2", ONE, "{'apply': 'a2', 'reserve': '1000'}"));
	ledger_free(made(*state, "e-3", ONE,
			 "{'apply': 'a1', 'reserve': '5000', 'chain_id': 2}"));
	ledger_free(made(*state, "e-4", ONE, "{'apply': 'a1'}"));
	assert_int_equal(spent(*state, NULL), 90);
	assert_int_equal(spent(*state, "e-1"), 0);
	/* 100 gas at 5, and 7 that are sent along: at worst. */
	assert_int_equal(sign(l, 0, 5, &ds), 0);
	assert_int_equal(spent(*state, NULL), 507);
	/* A cheaper form does not take the other out of the world. */
	assert_int_equal(sign(l, 0, 4, &ds), 0);
	assert_int_equal(spent(*state, NULL), 507);
	assert_int_equal(sign(l, 1, 2, &ds), 0);
	assert_int_equal(spent(*state, NULL), 527);
	assert_int_equal(ledger_mined(l, 0, hash, 9, 21, &price, &ds), 0);
	assert_int_equal(spent(*state, NULL), 21 * 3 + 7 + 20);
	/* The rest of a reserve is free again. */
	assert_int_equal(ledger_mined(l, 1, hash, 9, 1, &price, &ds), 0);
	assert_int_equal(spent(*state, NULL), 90);
	assert_int_equal(ledger_end(l, "done", &ds), 0);
	assert_int_equal(spent(*state, NULL), 21 * 3 + 7 + 3);
	/* More than a number holds is more than any limit. */
	ledger_free(l);
	l = made(*state, "e-5", ONE, "{'apply': 'a1'}");
	assert_int_equal(
		ledger_mined(l, 0, hash, 9, UINT64_MAX >> 1, &most, &ds), 0);
	assert_int_equal(spent(*state, NULL), UINT64_MAX);
	ledger_free(l);
	t_no_errors(&ds);
	diags_done(&ds);
}

static void
adds_up_what_was_paid(void **state)
{
	static const uint8_t hash[32] = { 1, 5 };
	const struct u256 price = u256_from(3);
	CLEANUP(put_json) json_t *chains = json_array();
	CLEANUP(put_json)
	json_t *want = t_json("[{'chain_id': 1, 'wei': '77', 'unmined': 2}]");
	struct ledger *l = made(*state, "e-1", TWO, "{'apply': 'a1'}");
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(sign(l, 0, 5, &ds), 0);
	assert_int_equal(sign(l, 1, 5, &ds), 0);
	assert_int_equal(ledger_mined(l, 0, hash, 9, 21, &price, &ds), 0);
	ledger_free(l);
	l = made(*state, "e-2", ONE, "{'apply': 'a1'}");
	assert_int_equal(sign(l, 0, 5, &ds), 0);
	ledger_free(l);
	l = made(*state, "e-3", ONE, "{'apply': 'a1'}");
	assert_int_equal(ledger_mined(l, 0, hash, 9, 0, &price, &ds), 0);
	ledger_free(l);
	ledger_free(made(*state, "e-4", ONE, "{'apply': 'a2'}"));
	assert_int_equal(ledger_paid(*state, "a1", chains, &ds), 0);
	assert_true(json_equal(chains, want));
	t_no_errors(&ds);
	diags_done(&ds);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(needs_transactions),
		TEST(removes_what_a_killed_one_left),
		TEST(is_damaged_without_transactions),
		TEST(not_seen_is_not_never),
		TEST(knows_its_records),
		TEST(knows_its_transactions),
		TEST(cuts_what_is_torn),
		TEST(is_one_run_s),
		TEST(must_be_a_file),
		TEST(full_disk),
		TEST(failed_sync),
		TEST(failed_place),
		TEST(counts_what_is_spent),
		TEST(adds_up_what_was_paid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
