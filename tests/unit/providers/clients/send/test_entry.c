/* What the ledger says of an operation that is to go on: with which entry, or
 * with a new one. A wrong answer pays twice, or never. */
#include "tests/unit/t.h"
#include "tests/unit/ops.h"

#include <sys/file.h>

#include "providers/clients/send/effect_send.h"

#define WORD                                                                   \
	"0x00000000000000000000000000000000000000000000000000000000000000aa"
#define WHO "0x00000000000000000000000000000000000000bb"

struct entry {
	struct t_op t;
	const char *dir; /* of the ledger */
};

static void
set_up(struct entry *e, const char *dir)
{
	t_op_init(&e->t, dir, "balance", "x");
	e->dir = e->t.env.places->ledger;
}

/* An entry of one transaction; with a reason it has ended. */
static void
put(struct entry *e, const char *name, const char *reason)
{
	CLEANUP(put_json)
	json_t *begin = t_json(
		"{'type': 'begin', 'version': 1, 'chain_id': 1, 'genesis': "
		"'" WORD "', 'from': '" WHO "', 'first_nonce': 0, 'txs': "
		"[{'to': '" WHO "', 'value': '1', 'gas': '1', 'nonce': 0, "
		"'data': '0x'}]}");
	struct ledger *l = NULL;

	assert_int_equal(ledger_create(e->dir, name, begin, &l, &e->t.ds), 0);
	if (reason)
		assert_int_equal(ledger_end(l, reason, &e->t.ds), 0);
	ledger_free(l);
}

static void
says_how_it_ended(void **state)
{
	struct entry e;
	char *path;
	int fd;

	set_up(&e, *state);
	put(&e, "open", NULL);
	put(&e, "done", "done");
	put(&e, "bad", "reverted: no");
	assert_false(ledger_entry_open(&e.t.op, "none"));
	assert_false(ledger_entry_failed(&e.t.op, "none"));
	assert_true(ledger_entry_open(&e.t.op, "open"));
	assert_false(ledger_entry_failed(&e.t.op, "open"));
	assert_false(ledger_entry_open(&e.t.op, "done"));
	assert_false(ledger_entry_failed(&e.t.op, "done"));
	assert_false(ledger_entry_open(&e.t.op, "bad"));
	assert_true(ledger_entry_failed(&e.t.op, "bad"));
	/* What cannot be read is not taken for what never was. */
	path = path_join(e.dir, "done");
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_true(ledger_entry_open(&e.t.op, "done"));
	close(fd);
	assert_int_equal(truncate(path, 20), 0);
	assert_true(ledger_entry_open(&e.t.op, "done"));
	assert_false(ledger_entry_failed(&e.t.op, "done"));
	t_no_errors(&e.t.ds);
	free(path);
	t_op_done(&e.t);
}

/* The announced entry, or that of the object; never one that has failed. */
static void
says_which_was_begun(void **state)
{
	CLEANUP(put_json) json_t *open = t_json("{'entry': 'open'}");
	CLEANUP(put_json) json_t *done = t_json("{'entry': 'done'}");
	CLEANUP(put_json) json_t *bad = t_json("{'entry': 'bad'}");
	CLEANUP(put_json) json_t *whole = t_json("{'holds': '1'}");
	struct entry e;

	set_up(&e, *state);
	put(&e, "open", NULL);
	put(&e, "done", "done");
	put(&e, "bad", "reverted: no");
	assert_null(ledger_entry_begun(&e.t.op));
	e.t.op.priv = done;
	assert_string_equal(ledger_entry_begun(&e.t.op), "done");
	e.t.op.token = open;
	assert_string_equal(ledger_entry_begun(&e.t.op), "open");
	e.t.op.token = bad;
	assert_null(ledger_entry_begun(&e.t.op));
	e.t.op.token = NULL;
	e.t.op.priv = bad;
	assert_null(ledger_entry_begun(&e.t.op));
	/* A whole object is filled up by a list of its own. */
	e.t.op.prior = whole;
	e.t.op.priv = done;
	assert_null(ledger_entry_begun(&e.t.op));
	e.t.op.priv = open;
	assert_string_equal(ledger_entry_begun(&e.t.op), "open");
	t_op_done(&e.t);
}

/* Announced and not written is not begun; what is written is gone on with. */
static void
recovers(void **state)
{
	CLEANUP(put_json) json_t *token = t_json("{'entry': 'e-1'}");
	struct entry e;

	set_up(&e, *state);
	assert_int_equal(ledger_entry_recover(&e.t.ctx, &e.t.op, &e.t.out),
			 OC_RETRY);
	e.t.op.token = token;
	assert_int_equal(ledger_entry_recover(&e.t.ctx, &e.t.op, &e.t.out),
			 OC_RETRY);
	assert_null(e.t.out.attrs);
	put(&e, "e-1", NULL);
	assert_int_equal(ledger_entry_recover(&e.t.ctx, &e.t.op, &e.t.out),
			 OC_PARTIAL);
	assert_int_equal(json_object_size(e.t.out.attrs), 0);
	assert_non_null(e.t.out.attrs);
	t_op_done(&e.t);
}

/* Whatever ails the run, an entry that is begun stays with its object. */
static void
stays_with_its_object(void **state)
{
	static const enum outcome kept[] = { OC_RETRY, OC_FAIL, OC_UNREACHABLE,
					     OC_LATER, OC_PARTIAL };
	static const enum outcome as_is[] = { OC_OK, OC_UNSURE, OC_CANCELLED };
	struct entry e;

	set_up(&e, *state);
	put(&e, "open", NULL);
	put(&e, "bad", "reverted: no");
	for (size_t i = 0; i < COUNTOF(kept); i++) {
		assert_int_equal(ledger_entry_outcome(&e.t.op, "none", kept[i],
						      &e.t.out),
				 kept[i]);
		assert_int_equal(
			ledger_entry_outcome(&e.t.op, "bad", kept[i], &e.t.out),
			kept[i]);
		assert_null(e.t.out.priv);
		assert_int_equal(ledger_entry_outcome(&e.t.op, "open", kept[i],
						      &e.t.out),
				 OC_PARTIAL);
		assert_string_equal(jx_str(e.t.out.priv, "entry", ""), "open");
		t_op_drop(&e.t);
	}
	for (size_t i = 0; i < COUNTOF(as_is); i++) {
		assert_int_equal(ledger_entry_outcome(&e.t.op, "open", as_is[i],
						      &e.t.out),
				 as_is[i]);
		assert_null(e.t.out.priv);
	}
	t_op_done(&e.t);
}

/* Begun lists are gone on with; of the others nothing was paid. */
static void
is_to_the_engine(void **state UNUSED)
{
	static const struct {
		enum send_result r;
		enum outcome before, begun;
	} all[] = {
		{ SEND_DONE, OC_OK, OC_OK },
		{ SEND_BUSY, OC_RETRY, OC_RETRY },
		{ SEND_CANCELLED, OC_CANCELLED, OC_CANCELLED },
		{ SEND_UNREACHABLE, OC_RETRY, OC_PARTIAL },
		{ SEND_POOR, OC_LATER, OC_LATER },
		{ SEND_LATER, OC_FAIL, OC_PARTIAL },
		{ SEND_UNSURE, OC_UNSURE, OC_UNSURE },
		{ SEND_REVERTED, OC_FAIL, OC_FAIL },
		{ SEND_FAILED, OC_FAIL, OC_FAIL },
	};

	for (size_t i = 0; i < COUNTOF(all); i++) {
		assert_int_equal(effect_send_outcome(all[i].r, false),
				 all[i].before);
		assert_int_equal(effect_send_outcome(all[i].r, true),
				 all[i].begun);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(says_how_it_ended), TEST(says_which_was_begun),
		TEST(recovers),          TEST(stays_with_its_object),
		TEST(is_to_the_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
