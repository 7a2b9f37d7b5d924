#include "providers/health/symptoms.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/io/jx.h"
#include "providers/facts/rate_limit.h"

#define LINE_SHOWN 400 /* bytes of a line that are kept as evidence */
#define CURE_MAX   4096

#define OP_ANY "node batcher proposer challenger"
#define SENDER "batcher proposer challenger"

/* More special texts first: the first row that matches a line counts. */
const struct symptom symptoms[] = {
	/* the L1's RPC */
	{ "E1102", OP_ANY, "batch item count exceeded", NULL,
	  "set a smaller 'l1.rpc-max-batch-size' for op-node (args, default "
	  "20), or use another RPC; then 'opl2 apply'" },
	/* geth's words */
	{ "E1102", OP_ANY, "batch too large", NULL,
	  "set a smaller 'l1.rpc-max-batch-size' for op-node (args, default "
	  "20), or raise the RPC's limit ('rpc.batch-request-limit' of geth); "
	  "then 'opl2 apply'" },
	{ "E1103", OP_ANY, NULL, NULL,
	  "set l1_rpc to an RPC with a higher limit, or set op-node's "
	  "'l1.rpc-rate-limit'; then 'opl2 apply'" },
	{ "E1122", OP_ANY, "incorrect L1 RPC chain id", NULL,
	  "set l1_rpc to an RPC of the chain's L1; then 'opl2 apply'" },
	{ "E1122", OP_ANY, "incorrect L2 RPC chain id", NULL,
	  "check which op-geth listens on the engine's port: 'opl2 status'" },
	{ "E1123", "node", "failed to verify block hash", NULL,
	  "set 'programs' to a release that supports this L1: 'opl2 plan' "
	  "names it" },
	{ "E1123", OP_ANY, "transaction type not supported", NULL,
	  "set 'programs' to a release that supports this L1: 'opl2 plan' "
	  "names it" },
	{ "E1123", "batcher", "insufficient gas for floor data gas cost", NULL,
	  "set 'programs' to a release that supports this L1: 'opl2 plan' "
	  "names it" },
	/* money and keys */
	{ "E1116", SENDER, "insufficient funds for", NULL,
	  "send ether to the account on the L1; 'opl2 balance' has its "
	  "address" },
	{ "E1119", "proposer", "only the proposer address can propose", NULL,
	  "use the key that the contracts name for the role 'proposer'; 'opl2 "
	  "plan' compares them" },
	{ "E1140", SENDER, "replacement transaction underpriced", NULL,
	  "stop the other program that sends with this key; then 'opl2 "
	  "restart'" },
	{ "E1140", SENDER, "nonce too low", NULL,
	  "stop the other program that sends with this key; then 'opl2 "
	  "restart'" },
	/* genesis, engine, database */
	{ "E1121", NULL, "incorrect L2 genesis block hash", NULL,
	  "'opl2 plan' shows what belongs to another chain: the datadir, "
	  "rollup.json or a port of another op-geth" },
	{ "E1121", NULL, "expected L2 genesis hash to match", NULL,
	  "'opl2 plan' shows what belongs to another chain: the datadir, "
	  "rollup.json or a port of another op-geth" },
	{ "E1121", NULL, "incorrect L1 genesis block hash", NULL,
	  "'opl2 plan' shows what belongs to another chain; the L1 may have "
	  "been recreated" },
	{ "E1121", NULL, "database contains incompatible genesis", NULL,
	  "'opl2 plan' shows which datadir belongs to another chain" },
	{ "E1134", NULL, "incompatible state scheme", NULL,
	  "remove 'state.scheme' from op-geth's args; then 'opl2 apply'" },
	{ "E1160", NULL, "too many elements for rawdb.freezerTableMeta", NULL,
	  "use the newer programs again ('opl2 apply'), or restore a backup "
	  "that was made before" },
	{ "E1138", "node", "401 Unauthorized", NULL,
	  "'opl2 plan' shows whether both sides read the file in the spec; "
	  "'opl2 restart' both" },
	{ "E1138", "node", "signature is invalid", NULL,
	  "'opl2 plan' shows whether both sides read the file in the spec; "
	  "'opl2 restart' both" },
	{ "E1130", NULL, "failed to decode rollup config", NULL,
	  "use the rollup.json of 'opl2 output rollup'; each generation of "
	  "programs has its own" },
	{ "E1130", NULL, "ChainOpConfig is nil", NULL,
	  "set 'rollup.config' of these programs to "
	  "${genesis.l2.rollup_chain_op}" },
	{ "E1161", "node", "failed to read chain spec", NULL,
	  "set op-node's 'rollup.l1-chain-config' to the L1's genesis.json, or "
	  "its 'config'" },
	{ "E1161", "node", "does not have a blob schedule config", NULL,
	  "set 'rollup.l1-chain-config' to a file with 'blobSchedule'" },
	{ "E1161", "node", "probably missing Pectra blob schedule", NULL,
	  "set 'pectra_blob_schedule' of the l2_forks to the time of the "
	  "change; for a chain that never changed, use "
	  "'ignore-missing-pectra-blob-schedule: true'" },
	/* data availability */
	{ "E1131", "node", "missing DAChallengeWindow", NULL,
	  "set 'da_challenge_window' of the deploy config above 0" },
	{ "E1131", "node", "missing DAResolveWindow", NULL,
	  "set 'da_resolve_window' of the deploy config above 0" },
	{ "E1131", "node", "no altDA config", NULL,
	  "use op-node's 'altda.enabled' only with the rollup.json of a chain "
	  "that has a DA server" },
	{ "E1133", "node", "data not found for the given commitment", NULL,
	  "put the object back into the DA server under its name ('comm'); "
	  "op-node recovers by itself" },
	{ "E1133", "node", "data missing past window", NULL,
	  "put the object back into the DA server under its name, then 'opl2 "
	  "start @'" },
	{ "E1133", "node", "not available", "data for comm",
	  "put the object back into the DA server under its name, then 'opl2 "
	  "start @'" },
	{ "E1132", "batcher", "json: cannot unmarshal", "Alt DA",
	  "the server's reply must be {\"id\": \"...\"}, all of it text: it is "
	  "not a Meeda server, or a newer one" },
	{ "E1129", "batcher", "exceeds altDA max input size", NULL,
	  "set 'max_l1_tx_size: 30000B' (at most 130673B); then 'opl2 apply'" },
	{ "E1110", "batcher", "Failed to post input to Alt DA", NULL,
	  "start the DA server; batcher and node recover by themselves" },
	/* outputs and games */
	{ "E1115", "proposer",
	  "block hash does not match the hash at the "
	  "expected height",
	  NULL, "wait until op-node has caught up with the L1: 'opl2 status'" },
	{ "E1135", NULL, "AnchorRootNotFound", NULL,
	  "'opl2 apply' sets the anchor; 'opl2 plan' shows what is missing" },
	{ "E1135", NULL, "0x6a6bc3b2", NULL,
	  "'opl2 apply' sets the anchor; 'opl2 plan' shows what is missing" },
	{ "E1143", "proposer", "0xd386ef3e", NULL,
	  "use the key that the contracts name for the role 'proposer', or use "
	  "'game-type: 0'" },
	{ "E1143", "proposer", "0x031c6de4", NULL,
	  "use a 'game-type' that the factory has: 0 or 1" },
	{ "E1143", "proposer", "0x8620aa19", NULL,
	  "restart it so that it reads the bond again: 'opl2 restart @'" },
	{ "E1136", "challenger", "absolute prestate does not match", NULL,
	  "use the games' prestate for the challenger: 'opl2 output "
	  "prestate'" },
	{ "E1136", "challenger", "prestate", "no such file",
	  "set 'cannon-prestate' to the file of 'opl2 output prestate'" },
	{ "E1137", "challenger", "safe head database not enabled", NULL,
	  "set op-node's 'safedb.path'; games for earlier blocks cannot be "
	  "judged" },
	{ "W1145", "challenger", "Failed to resolve claims", "reverted",
	  "no action: it tries again; check later whether it continues" },
	{ "E1139", "proposer", "close of closed channel", NULL,
	  "'opl2 restart @'; do not call admin_stopProposer" },
	{ "E1139", "proposer", "loop returning", NULL,
	  "'opl2 restart @'; do not call admin_stopProposer" },
	/* configuration of a program */
	{ "E1128", NULL, "address already in use", NULL,
	  "set another port in 'ports' or 'args'; 'port_offset' shifts all" },
	{ "E1141", "batcher",
	  "channel timeout is less than the safety "
	  "margin",
	  NULL, "set a smaller 'sub-safety-margin'; then 'opl2 apply'" },
	{ "E1142", "batcher", "SetMaxDASize RPC method unavailable", NULL,
	  "set op-batcher's 'throttle.unsafe-da-bytes-lower-threshold: 0'; "
	  "then 'opl2 apply'" },
	{ "E1127", NULL, "no space left on device", NULL,
	  "free some space on the disk; then 'opl2 start'" },
	/* told apart by what else is known (findings.c) */
	{ "W1107", "node", "random field does not match", NULL,
	  "keep the log and compare L1 origins: 'opl2 logs @'" },
};
const size_t nsymptoms = COUNTOF(symptoms);

/*
 * By these lines a program shows that it is over. There is none where it comes
 * and goes: between two 429s much succeeds, and so it does between the nonces
 * that another program takes.
 */
static const struct recovery {
	const char *codes, *in, *text;
} recoveries[] = {
	{ "E1116 E1119 E1135 E1143", SENDER, "Transaction confirmed" },
	{ "E1110 E1132", "batcher", "Set altda input" },
	{ "E1123 E1133", "node", "Advancing bq origin" },
	{ "E1138", "node", "Inserted block" },
	{ "E1138", "node", "Inserted new L2 unsafe block" },
	{ "E1139", "proposer", "Proposer started" },
	{ "E1160", NULL, "HTTP server started" },
	{ "E1161", "node", "Rollup node started" },
};

static int
two_digits(const char *s)
{
	return isdigit((unsigned char)s[0]) && isdigit((unsigned char)s[1])
		       ? (s[0] - '0') * 10 + s[1] - '0'
		       : -1;
}

/* "20:01:02" */
static bool
clock_at(const char *s, struct tm *tm)
{
	tm->tm_hour = two_digits(s);
	tm->tm_min = two_digits(s + 3);
	tm->tm_sec = two_digits(s + 6);
	return s[2] == ':' && s[5] == ':' && tm->tm_hour >= 0 &&
	       tm->tm_min >= 0 && tm->tm_sec >= 0;
}

int64_t
log_line_time(const char *line, int64_t now)
{
	struct tm tm = { .tm_isdst = -1 };
	time_t t = (time_t)now;
	const char *p;

	if (!strncmp(line, "t=", 2) && strlen(line) >= 26 && line[12] == 'T') {
		int century = two_digits(line + 2), year = two_digits(line + 4);

		tm.tm_year = century * 100 + year - 1900;
		tm.tm_mon = two_digits(line + 7) - 1;
		tm.tm_mday = two_digits(line + 10);
		if (century < 0 || year < 0 || tm.tm_mon < 0 ||
		    !clock_at(line + 13, &tm))
			return 0;
		return timegm(&tm);
	}
	p = strchr(line, '[');
	if (!p || p - line > 6 || strlen(p) < 16 || p[6] != '|')
		return 0;
	if (!localtime_r(&t, &tm))
		return 0;
	tm.tm_isdst = -1;
	tm.tm_mon = two_digits(p + 1) - 1;
	tm.tm_mday = two_digits(p + 4);
	if (tm.tm_mon < 0 || !clock_at(p + 7, &tm))
		return 0;
	t = mktime(&tm);
	return t > (time_t)now + 86400 ? 0 : t; /* of the year before */
}

/* Is it one of these words? NULL: whatever it is. */
static bool
is_in(const char *words, const char *word)
{
	const char *p = words;
	size_t n = strlen(word);

	if (!words)
		return true;
	while (n > 0 && (p = strstr(p, word))) {
		if ((p == words || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
		p += n;
	}
	return false;
}

/* The line by which it was seen last, as evidence. */
static void
keep_line(json_t *to, const char *process, const char *line, int64_t time)
{
	json_object_set_new(to, "process", json_string(process));
	json_object_set_new(to, "line",
			    jx_strf("%.*s%s", LINE_SHOWN, line,
				    strlen(line) > LINE_SHOWN ? "..." : ""));
	if (time)
		json_object_set_new(to, "time", json_integer(time));
}

/* The cure with the name of the process for each '@'. */
static json_t *
cure_for(const char *cure, const char *process)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(CURE_MAX);

	for (; *cure; cure++) {
		if (*cure == '@')
			buf_adds(&b, process);
		else
			buf_addch(&b, *cure);
	}
	return json_string(buf_str(&b));
}

static void
symptoms_note(json_t *hits, const struct symptom *s, const char *process,
	      const char *line, int64_t time)
{
	json_t *hit = json_object_get(hits, s->code);
	int64_t count = jx_int(hit, "count", 0) + 1;

	if (!hit) {
		hit = json_object();
		json_object_set_new(hits, s->code, hit);
	}
	json_object_set_new(hit, "count", json_integer(count));
	if (count > 1 && jx_int(hit, "time", 0) > time)
		return;
	json_object_set_new(hit, "cure", cure_for(s->cure, process));
	keep_line(hit, process, line, time);
}

/* --- clues of a reorganisation --- */

/* key=0xHASH:NUMBER of a log line. */
static bool
block_id(const char *line, const char *key, char hash[67], uint64_t *number)
{
	const char *p = strstr(line, key);
	CLEANUP(freep) char *digits = NULL;

	p = p ? p + strlen(key) : "";
	if (strspn(p, "0123456789abcdefx") != 66 || p[66] != ':')
		return false;
	memcpy(hash, p, 66);
	hash[66] = '\0';
	digits = xstrndup(p + 67, strspn(p + 67, "0123456789"));
	return parse_u64(digits, INT64_MAX, number) == 0;
}

static void
symptoms_count(json_t *clues, const char *key)
{
	json_object_set_new(clues, key,
			    json_integer(jx_int(clues, key, 0) + 1));
}

static void
note_clue(json_t *hits, const char *process, const char *line, int64_t time)
{
	json_t *clues = json_object_get(hits, "clues");
	char was[67], is[67];
	uint64_t from, to;

	if (!clues) {
		clues = json_object();
		json_object_set_new(hits, "clues", clues);
	}
	if (strstr(line, "Generating next batch")) {
		symptoms_count(clues, "forced");
		json_object_set_new(clues, "by", json_string(process));
	}
	if (strstr(line, "detected L1 reorg")) {
		symptoms_count(clues, "reorg");
		keep_line(clues, process, line, time);
	}
	if (!strstr(line, "indicates a possible L1 re-org") ||
	    !block_id(line, "old_l1_head=", was, &from) ||
	    !block_id(line, "new_l1_head=", is, &to) || to > from)
		return; /* a head was missed, which is no harm */
	keep_line(clues, process, line, time);
	json_object_set_new(clues, "back",
			    json_pack("{s:I, s:s, s:I}", "number",
				      (json_int_t)from, "hash", was, "to",
				      (json_int_t)to));
}

/* Takes back what this process complained of and has got over. */
static void
symptom_check_end(const char *process, const char *role, const char *line,
		  json_t *hits)
{
	for (size_t i = 0; i < COUNTOF(recoveries); i++) {
		const struct recovery *r = &recoveries[i];
		const char *code;
		json_t *hit;
		void *next;

		if (!is_in(r->in, role) || !strstr(line, r->text))
			continue;
		json_object_foreach_safe(hits, next, code, hit)
			if (is_in(r->codes, code) &&
			    !strcmp(jx_str(hit, "process", ""), process))
				json_object_del(hits, code);
	}
}

static bool
matches(const struct symptom *s, const char *line)
{
	if (!s->text)
		return rate_limit_line(line, strlen(line));
	return strstr(line, s->text) && (!s->also || strstr(line, s->also));
}

static void
symptom_match_line(const char *process, const char *role, const char *line,
		   int64_t time, json_t *hits)
{
	for (size_t i = 0; i < nsymptoms; i++) {
		const struct symptom *s = &symptoms[i];

		if (is_in(s->in, role) && matches(s, line)) {
			symptoms_note(hits, s, process, line, time);
			break;
		}
	}
	symptom_check_end(process, role, line, hits);
	if (!strcmp(role, role_name(ROLE_NODE)) &&
	    (strstr(line, "L1 re") || strstr(line, "Generating next")))
		note_clue(hits, process, line, time);
}

void
symptoms_scan(const char *process, enum process_role role, const char *text,
	      size_t n, int64_t since, json_t *hits)
{
	/* A sequencer writes what a node writes. */
	const char *word = role_name(role == ROLE_SEQUENCER ? ROLE_NODE : role);
	const char *p = text, *end = text + n;
	int64_t now = time(NULL), at = 0, t;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = nl ? (size_t)(nl - p) : (size_t)(end - p);
		CLEANUP(freep) char *line = xstrndup(p, len);

		t = log_line_time(line, now);
		at = t ? t : at;
		if (at == 0 || at >= since)
			symptom_match_line(process, word, line, at, hits);
		p += len + 1;
	}
}
