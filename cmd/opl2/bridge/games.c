/* opl2 games: dispute games, who has to end them, and the bonds in them. */
#include <inttypes.h>
#include <strings.h>

#include "cmd/opl2/bridge/bridge.h"
#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/facts/contracts/game_status.h"

#define NEEDS     (NEED_SPEC | NEED_LENIENT | NEED_STATE)
#define COUNT     20
#define COUNT_MAX 500
#define OPT_NEWEST                                                             \
	{                                                                      \
		"newest", OPT_COUNT, "N",                                      \
			"look at the N newest games (20; 500 at most)"         \
	}

/* --- what is said of a game ------------------------------------------------
 */

static const char *
ago(struct bridge *b, int64_t s)
{
	if (s < 120)
		return arena_printf(&b->c->arena, "%llds",
				    (long long)(s > 0 ? s : 0));
	if (s < 7200)
		return arena_printf(&b->c->arena, "%lldm", (long long)s / 60);
	return arena_printf(&b->c->arena, "%lldh%02lldm", (long long)s / 3600,
			    (long long)s / 60 % 60);
}

/* One short sentence: how far it is, and what is left to do. */
static const char *
state_of(struct bridge *b, const json_t *g, int64_t now)
{
	int64_t end = jx_int(g, "time", 0) + jx_int(g, "clock_s", 0);
	int64_t status = jx_int(g, "status", -1);
	const char *credit = jx_str(g, "credit", "0");
	bool owes = strcmp(credit, "0") != 0;

	if (status == GAME_RUNS && jx_int(g, "claims", 1) > 1)
		return arena_printf(&b->c->arena, "disputed: %lld claims",
				    (long long)jx_int(g, "claims", 0));
	if (status == GAME_RUNS && now < end)
		return arena_printf(&b->c->arena,
				    "undisputed, its clock runs for %s",
				    ago(b, end - now));
	if (status == GAME_RUNS)
		return "its clock has run out: 'opl2 games resolve'";
	if (status == GAME_LOST)
		return "lost to a challenger";
	if (status != GAME_WON)
		return "unknown";
	if (!owes)
		return "won";
	return arena_printf(&b->c->arena, "won, %s %s%s",
			    bridge_sum(b, g, "credit"),
			    jx_bool(g, "unlocked", false)
				    ? "is unlocked and can be claimed after "
				      "its delay: "
				    : "can be claimed: ",
			    "'opl2 games claim'");
}

static void
print_game(struct bridge *b, const json_t *g, int64_t now)
{
	FILE *out = b->c->out;

	fprintf(out, "#%-5lld type %-3lld", (long long)jx_int(g, "index", 0),
		(long long)jx_int(g, "type", 0));
	if (jx_get(g, "block"))
		fprintf(out, "L2 block %-10lld",
			(long long)jx_int(g, "block", 0));
	else
		fprintf(out, "%-19s", "several chains");
	fprintf(out, "%7s ago  %s\n", ago(b, now - jx_int(g, "time", now)),
		state_of(b, g, now));
}

static void
print_whole(struct bridge *b, const json_t *g, int64_t now)
{
	FILE *out = b->c->out;

	fprintf(out, "Game %lld:\n", (long long)jx_int(g, "index", 0));
	fprintf(out, "  address    %s\n", jx_str(g, "game", ""));
	fprintf(out, "  type       %lld\n", (long long)jx_int(g, "type", 0));
	fprintf(out, "  created    %s ago by %s\n",
		ago(b, now - jx_int(g, "time", now)),
		jx_str(g, "creator", "?"));
	fprintf(out, "  claims     %s for ", jx_str(g, "root", "?"));
	if (jx_get(g, "block"))
		fprintf(out, "L2 block %lld\n",
			(long long)jx_int(g, "block", 0));
	else
		fputs("several chains\n", out);
	fprintf(out, "  bond       %s\n", bridge_sum(b, g, "bond"));
	fprintf(out, "  state      %s\n", state_of(b, g, now));
}

/* What is in games that are not over, and what waits to be claimed. */
static void
print_sums(struct bridge *b, const json_t *games)
{
	struct u256 locked = u256_from(0), owed = u256_from(0), v;
	char a[96], c[96];
	const json_t *g;
	size_t i;

	json_array_foreach(games, i, g) {
		if (jx_int(g, "status", GAME_WON) == GAME_RUNS &&
		    u256_parse(jx_str(g, "bond", "0"), &v) == 0)
			(void)u256_add(&locked, &v, &locked);
		if (jx_int(g, "status", GAME_RUNS) != GAME_RUNS &&
		    u256_parse(jx_str(g, "credit", "0"), &v) == 0)
			(void)u256_add(&owed, &v, &owed);
	}
	ether_format(&locked, a, sizeof(a));
	ether_format(&owed, c, sizeof(c));
	fprintf(b->c->out, "Bonds: %s in running games, %s to be claimed.\n", a,
		c);
}

/* --- the commands ----------------------------------------------------------
 */

static int
games_open(struct bridge *b, struct cmd *c, bool sends, const char *step,
	   json_t **args)
{
	int64_t n = (int64_t)opt_num(&c->opts, "newest", COUNT);

	if (n < 1 || n > COUNT_MAX)
		return diag_err(&c->ds, "E1003", "-newest must be from 1 to %d",
				COUNT_MAX);
	if (bridge_open(b, c, sends, sends ? "l1" : NULL))
		return -1;
	*args = bridge_args(b, sends, true, false);
	if (!*args ||
	    bridge_contract(b, *args, "factory", "DisputeGameFactoryProxy"))
		return -1;
	json_object_set_new(*args, "step", json_string(step));
	json_object_set_new(*args, "count", json_integer((json_int_t)n));
	return 0;
}

static int
exec_list(struct cmd *c)
{
	CLEANUP(bridge_done) struct bridge b = { .c = c };
	CLEANUP(put_json) json_t *args = NULL, *a = NULL;
	const json_t *g;
	size_t i;

	if (games_open(&b, c, false, "list", &args) ||
	    bridge_act(&b, "games", args, &a))
		return -1;
	if (bridge_json(&b, a))
		return EXIT_OK;
	json_array_foreach(jx_get(a, "games"), i, g)
		print_game(&b, g, jx_int(a, "now", 0));
	if (i == 0)
		fputs("There is no game yet.\n", c->out);
	else
		print_sums(&b, jx_get(a, "games"));
	return EXIT_OK;
}

static const json_t *
find_game(const json_t *games, const char *which)
{
	uint64_t index;
	bool number = parse_u64(which, INT64_MAX, &index) == 0;
	const json_t *g;
	size_t i;

	json_array_foreach(games, i, g)
		if (number ? (uint64_t)jx_int(g, "index", -1) == index
			   : strcasecmp(jx_str(g, "game", ""), which) == 0)
			return g;
	return NULL;
}

static int
exec_show(struct cmd *c)
{
	CLEANUP(bridge_done) struct bridge b = { .c = c };
	CLEANUP(put_json) json_t *args = NULL, *a = NULL;
	const json_t *g;

	if (games_open(&b, c, false, "list", &args) ||
	    bridge_act(&b, "games", args, &a))
		return -1;
	g = find_game(jx_get(a, "games"), c->opts.args[0]);
	if (!g) {
		diag_err(&c->ds, "E1077", "no game '%s' among the newest %lld",
			 c->opts.args[0],
			 (long long)jx_int(args, "count", COUNT));
		diag_hint(&c->ds, "'opl2 games list' lists them; -newest=N "
				  "looks further back");
		return -1;
	}
	if (!bridge_json(&b, g))
		print_whole(&b, g, jx_int(a, "now", 0));
	return EXIT_OK;
}

static int
send_step(struct cmd *c, const char *step, const char *nothing)
{
	CLEANUP(bridge_done) struct bridge b = { .c = c };
	CLEANUP(put_json) json_t *args = NULL, *a = NULL;
	const json_t *row;
	size_t i;

	if (games_open(&b, c, true, step, &args) ||
	    bridge_act(&b, "games", args, &a))
		return -1;
	if (bridge_json(&b, a))
		return EXIT_OK;
	json_array_foreach(jx_get(a, "done"), i, row)
		fprintf(c->out, "%s  %s\n", jx_str(row, "game", ""),
			jx_str(row, "what", ""));
	if (i == 0)
		fprintf(c->out, "%s\n", nothing);
	bridge_fees(&b, a);
	print_sums(&b, jx_get(a, "games"));
	return EXIT_OK;
}

static int
exec_resolve(struct cmd *c)
{
	return send_step(c, "resolve", "No game can be resolved now.");
}

static int
exec_claim(struct cmd *c)
{
	return send_step(c, "claim", "No bond can be claimed now.");
}

static const struct opt_def opts_look[] = {
	OPTS_VARS,
	OPT_NEWEST,
	{ "json", OPT_FLAG, NULL, "print one JSON object" },
	OPTS_END,
};
static const struct opt_def opts_send[] = {
	OPTS_VARS,  OPTS_FROM,
	OPT_NEWEST, { "json", OPT_FLAG, NULL, "print one JSON object" },
	OPTS_END,
};

const struct cmd_entry cmd_games_list = {
	.name = "games list",
	.args = "",
	.summary = "list the dispute games and their bonds",
	.text = "Lists the newest dispute games on the L1, whoever created "
		"them, and the bonds in them. Needs no key and sends nothing.",
	.opts = opts_look,
	.needs = NEEDS,
	.exec = exec_list,
};

const struct cmd_entry cmd_games_show = {
	.name = "games show",
	.args = "GAME",
	.summary = "show one dispute game",
	.text = "GAME is the number or the address of a game.",
	.opts = opts_look,
	.min_args = 1,
	.max_args = 1,
	.needs = NEEDS,
	.exec = exec_show,
};

const struct cmd_entry cmd_games_resolve = {
	.name = "games resolve",
	.args = "",
	.summary = "resolve the games whose clock has run out",
	.text = "Resolves each game that nobody disputed, oldest first. Any "
		"account may do so; it pays for the gas. Withdrawals and bonds "
		"need resolved games. What the L1 would refuse now is not "
		"sent.",
	.opts = opts_send,
	.needs = NEEDS,
	.exec = exec_resolve,
};

const struct cmd_entry cmd_games_claim = {
	.name = "games claim",
	.args = "",
	.summary = "claim the bonds of resolved games",
	.text = "Pays the bond of each resolved game back to the account that "
		"created it. Any account may do so; it pays for the gas. With "
		"contracts v7.0.0 the first run unlocks a bond, and a run "
		"after the bond's delay pays it. What the L1 would refuse now "
		"is not sent.",
	.opts = opts_send,
	.needs = NEEDS,
	.exec = exec_claim,
};
