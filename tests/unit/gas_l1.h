#ifndef OPL2_TESTS_GAS_L1_H
#define OPL2_TESTS_GAS_L1_H

/* The sender and an L1 that counts gas: tests/fake/gas_l1.py. */
#include "tests/unit/anvil.h"

/* The fake's clock, in the beginning. */
#define START 1700000000

struct world {
	struct setup u;
	int in; /* the fake lives as long as this is open */
	struct send_list list;
	json_t *txs, *log;
	char said[4096]; /* progress, line by line */
};

static inline void
hear(void *arg, const char *line)
{
	struct world *w = arg;
	size_t n = strlen(w->said);

	(void)snprintf(w->said + n, sizeof(w->said) - n, "%s\n", line);
	show(NULL, line);
}

/* Creations that use so much gas each before Amsterdam, of which forge has
 * other figures. NULL ends the list; a bad one is negative. */
static inline json_t *
creations(const int *gas, int figure)
{
	json_t *txs = json_array();

	for (size_t i = 0; gas[i]; i++) {
		char data[32], text[16];

		(void)snprintf(data, sizeof(data), "0x%s%016x",
			       gas[i] < 0 ? "ff" : "00", abs(gas[i]));
		(void)snprintf(text, sizeof(text), "%d", figure);
		json_array_append_new(txs,
				      json_pack("{s:n, s:s, s:s, s:s*}", "to",
						"value", "0", "data", data,
						"gas", figure ? text : NULL));
	}
	return txs;
}

static inline void
begin(struct world *w, const char *dir, const char *config, json_t *txs)
{
	CLEANUP(put_json) json_t *c = t_json(config);
	CLEANUP(freep) char *text = json_dumps(c, 0);
	int in[2], out[2];
	char port[16] = "";
	size_t n = 0;
	pid_t pid;

	memset(w, 0, sizeof(*w));
	assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execlp("python3", "python3", "tests/fake/gas_l1.py", text,
		       (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	while (!strchr(port, '\n'))
		assert_int_equal(read(out[0], port + n++, 1), 1);
	close(out[0]);
	w->in = in[1];
	w->u.node.pid = pid;
	(void)snprintf(w->u.node.url, sizeof(w->u.node.url),
		       "http://127.0.0.1:%.*s", (int)strcspn(port, "\n"), port);
	diags_init(&w->u.ds);
	w->u.locks = path_join(dir, "locks");
	w->u.ledgers = path_join(dir, "ledger");
	w->u.signer = signer_local(key(KEY));
	w->u.s = (struct sender){ .rpc = client(w->u.node.url),
				  .signer = w->u.signer,
				  .lock_dir = w->u.locks,
				  .ds = &w->u.ds,
				  .wait = wait_ms,
				  .progress = hear,
				  .arg = w };
	w->u.s.policy.patience_ms = 8000;
	w->txs = txs;
	w->list = (struct send_list){ .txs = txs,
				      .name = "deploy",
				      .dir = w->u.ledgers };
}

static inline void
end(struct world *w)
{
	json_decref(w->txs);
	json_decref(w->log);
	close(w->in);
	tear_down(&w->u);
}

static inline void
set(struct world *w, const char *config)
{
	anvil_rpc(&w->u, "test_set", json_pack("[o]", t_json(config)));
}

static inline void
read_log(struct world *w)
{
	json_decref(TAKE(w->log));
	assert_int_equal(
		rpc_call(w->u.s.rpc, "test_log", NULL, &w->log, &w->u.ds),
		RPC_OK);
}

static inline int64_t
asked(const struct world *w, const char *method)
{
	return jx_int(jx_get(w->log, "asked"), method, 0);
}

static inline const json_t *
mined(const struct world *w, size_t i)
{
	return json_array_get(jx_get(w->log, "mined"), i);
}

/* All are in the chain, each nonce once, none out of gas. */
static inline void
all_mined(struct world *w, size_t n)
{
	read_log(w);
	assert_int_equal(json_array_size(jx_get(w->log, "mined")), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(jx_int(mined(w, i), "nonce", -1), i);
		assert_int_equal(jx_int(mined(w, i), "status", 0), 1);
	}
}

static inline bool
warned(const struct world *w, const char *code)
{
	const struct diag *d = w->u.ds.first;

	while (d && strcmp(d->code, code) != 0)
		d = d->next;
	return d != NULL;
}

/* Sends the list; what goes wrong is shown. */
static inline void
sends(struct world *w, enum send_result want, struct ledger **l)
{
	enum send_result got = sender_send(&w->u.s, &w->list, l);

	for (const struct diag *d = w->u.ds.first; got != want && d;
	     d = d->next)
		print_error("# %s: %s\n", d->code, d->summary);
	assert_int_equal(got, want);
}

#endif
