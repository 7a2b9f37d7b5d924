#include "providers/clients/send/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/file.h"
#include "engine/io/flock.h"
#include "engine/io/jx.h"
#include "engine/io/sumline.h"
#include "providers/clients/rpc/rpc.h"
#include "engine/io/durable.h"

#define LEDGER_FORMAT 1

/* --- records ------------------------------------------------------------- */

static int
get_hash(const json_t *o, const char *key, uint8_t *out, size_t n)
{
	const char *s = jx_str(o, key, NULL);

	return s && strlen(s) == 2 * n + 2 ? hex_decode(s, out, n) : -1;
}

static int
get_u256(const json_t *o, const char *key, struct u256 *out)
{
	const char *s = jx_str(o, key, NULL);

	return s ? u256_parse(s, out) : -1;
}

static int
get_u64(const json_t *o, const char *key, uint64_t *out)
{
	int64_t v = jx_int(o, key, -1);

	*out = (uint64_t)v;
	return v < 0 ? -1 : 0;
}

static int
load_slot(const struct ledger *l, const json_t *o, struct ledger_slot *slot)
{
	const json_t *to = jx_get(o, "to");
	struct tx *t = &slot->tx;
	uint8_t *data;
	struct u256 gas, used = u256_from(0);

	t->chain_id = l->chain_id;
	t->create = !to;
	if (to && address_parse(jx_str(o, "to", ""), t->to) != 0)
		return -1;
	if (get_u256(o, "value", &t->value) < 0 ||
	    get_u256(o, "gas", &gas) < 0 || !u256_fits_u64(&gas, &t->gas) ||
	    get_u64(o, "nonce", &t->nonce) < 0 ||
	    hex_bytes(jx_get(o, "data"), &data, &t->data_len) < 0)
		return -1;
	t->data = data;
	slot->planned = t->gas;
	/* Entries of old ones do not say it. */
	if (get_u256(o, "gas_used", &used) < 0 ||
	    !u256_fits_u64(&used, &slot->expected))
		slot->expected = 0;
	slot->name = jx_str(o, "name", NULL);
	return 0;
}

/* Takes the begin record over; -1 when it is not one of ours. */
static int
load_begin(struct ledger *l, const json_t *begin)
{
	const json_t *txs = jx_get(begin, "txs");
	size_t n = json_array_size(txs);

	if (strcmp(jx_str(begin, "type", ""), "begin") != 0 ||
	    jx_int(begin, "version", 0) != LEDGER_FORMAT ||
	    get_u64(begin, "chain_id", &l->chain_id) < 0 ||
	    get_u64(begin, "first_nonce", &l->first_nonce) < 0 ||
	    get_hash(begin, "genesis", l->genesis, 32) < 0 ||
	    address_parse(jx_str(begin, "from", ""), l->from) != 0)
		return -1;
	if (n == 0)
		return -1;
	l->begin = json_deep_copy(begin);
	txs = jx_get(l->begin, "txs");
	l->slots = xcalloc(n, sizeof(*l->slots));
	for (; l->nslots < n; l->nslots++)
		if (load_slot(l, json_array_get(txs, l->nslots),
			      &l->slots[l->nslots]) < 0)
			return -1;
	return 0;
}

static void
add_version(struct ledger_slot *slot, const struct ledger_version *v)
{
	struct ledger_version *mine;

	slot->versions = xreallocarray(slot->versions, slot->nversions + 1,
				       sizeof(*slot->versions));
	mine = &slot->versions[slot->nversions++];
	*mine = *v;
	mine->raw = xstrdup(v->raw);
}

static int
apply_raw(struct ledger_slot *slot, const json_t *r)
{
	struct ledger_version v = { 0 };
	char *raw = xstrdup(jx_str(r, "raw", ""));
	int rc = -1;

	v.raw = raw;
	if (get_hash(r, "hash", v.hash, 32) == 0 &&
	    get_u256(r, "max_fee", &v.max_fee) == 0 &&
	    get_u256(r, "priority", &v.priority) == 0) {
		add_version(slot, &v);
		rc = 0;
	}
	free(raw);
	return rc;
}

static int
apply_mined(struct ledger_slot *slot, const json_t *r)
{
	if (get_hash(r, "hash", slot->mined_hash, 32) < 0 ||
	    get_u64(r, "block", &slot->block) < 0 ||
	    get_u64(r, "gas_used", &slot->gas_used) < 0 ||
	    get_u256(r, "price", &slot->price) < 0)
		return -1;
	slot->mined = true;
	return 0;
}

static int
apply_gas(struct ledger_slot *slot, const json_t *r)
{
	if (get_u64(r, "gas", &slot->tx.gas) < 0 ||
	    get_u64(r, "gas_used", &slot->expected) < 0)
		return -1;
	return 0;
}

static int
apply_record(struct ledger *l, const json_t *r)
{
	const char *type = jx_str(r, "type", "");
	uint64_t i = 0;

	if (strcmp(type, "end") == 0) {
		json_decref(l->end);
		l->end = json_deep_copy(r);
		l->ended = jx_str(l->end, "reason", "");
		return 0;
	}
	if (get_u64(r, "i", &i) < 0 || i >= l->nslots)
		return -1;
	if (strcmp(type, "gas") == 0)
		return apply_gas(&l->slots[i], r);
	if (strcmp(type, "raw") == 0)
		return apply_raw(&l->slots[i], r);
	if (strcmp(type, "mined") == 0)
		return apply_mined(&l->slots[i], r);
	return -1;
}

/* --- opening ------------------------------------------------------------- */

void
ledger_free(struct ledger *l)
{
	if (!l)
		return;
	for (size_t i = 0; l->slots && i < l->nslots; i++) {
		struct ledger_slot *s = &l->slots[i];

		for (size_t k = 0; k < s->nversions; k++)
			free(s->versions[k].raw);
		free(s->versions);
		free((void *)(uintptr_t)s->tx.data);
	}
	free(l->slots);
	json_decref(l->begin);
	json_decref(l->end);
	if (l->fd >= 0)
		close(l->fd);
	free(l->path);
	free(l);
}

void
ledger_freep(struct ledger **l)
{
	ledger_free(*l);
	*l = NULL;
}

static int
ledger_damaged(struct ledger *l, unsigned line, struct diags *ds)
{
	diag_err(ds, "E0840", "ledger '%s' is damaged at line %u", l->path,
		 line);
	diag_hint(ds,
		  "it records what was sent and paid: restore it from a "
		  "backup, or compare it with the chain before you remove it");
	return -1;
}

/* Replays the text. A torn last line is left out of l->size. */
static int
load_text(struct ledger *l, const char *p, size_t n, struct diags *ds)
{
	unsigned line = 0;

	while ((size_t)l->size < n) {
		const char *at = p + l->size;
		size_t left = n - (size_t)l->size;
		const char *end = memchr(at, '\n', left);
		CLEANUP(put_json) json_t *r = NULL;

		line++;
		if (!end)
			break; /* torn */
		r = sumline_read(at, (size_t)(end - at));
		if (!r && (size_t)(end - at) + 1 == left && line > 1)
			break; /* torn within, the newline came first */
		if (!r ||
		    (line == 1 ? load_begin(l, r) : apply_record(l, r)) < 0)
			return ledger_damaged(l, line, ds);
		l->size += end - at + 1;
	}
	return l->begin ? 0 : ledger_damaged(l, 1, ds);
}

static struct ledger *
ledger_at(const char *dir, const char *name)
{
	struct ledger *l = xcalloc(1, sizeof(*l));

	l->path = path_join(dir, name);
	l->fd = -1;
	l->settled = -1;
	return l;
}

/* 1, 0 (no such file), -1. Reads only. */
static int
ledger_read(struct ledger *l, struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(LIM_STATE_BYTES);
	int rc = file_read_opt(l->path, &text, ds);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return load_text(l, buf_str(&text), text.n, ds) < 0 ? -1 : 1;
}

static int
open_to_append(struct ledger *l, struct diags *ds)
{
	l->fd = open(l->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (l->fd < 0)
		return diag_errno(ds, "E0501", "ledger '%s'", l->path);
	if (flock_try(l->fd)) {
		diag_err(ds, "E0841", "ledger '%s' is in use", l->path);
		diag_hint(ds, "another run is sending these transactions; wait "
			      "until it ends");
		return -1;
	}
	return 0;
}

int
ledger_open(const char *dir, const char *name, struct ledger **out,
	    struct diags *ds)
{
	struct ledger *l = ledger_at(dir, name);
	int rc = file_exists(l->path) ? 1 : 0;

	/* Locked first, so that nobody appends to what is read. */
	if (rc == 1 && (open_to_append(l, ds) < 0 || ledger_read(l, ds) != 1))
		rc = -1;
	if (rc == 1 && ftruncate(l->fd, l->size) < 0)
		rc = diag_errno(ds, "E0501", "ledger '%s'", l->path);
	if (rc == 1)
		*out = l;
	else
		ledger_free(l);
	return rc;
}

int
ledger_create(const char *dir, const char *name, const json_t *begin,
	      struct ledger **out, struct diags *ds)
{
	struct ledger *l = ledger_at(dir, name);
	CLEANUP(freep) char *line = sumline_make(begin);
	int rc = -1;

	if (load_begin(l, begin) < 0)
		diag_err(ds, "E0600", "a ledger entry without its fields");
	else if (file_mkdirs(dir, 0700, ds) == 0) {
		/* A name with a random part does not come again, and whoever
		 * only sends never begins a run. */
		file_remove_temps(dir);
		rc = file_create(l->path, line, strlen(line), 0600, ds);
	}
	if (rc == 1)
		rc = diag_err(ds, "E0600", "ledger '%s' already exists",
			      l->path);
	if (rc == 0)
		rc = open_to_append(l, ds);
	l->size = (off_t)strlen(line);
	if (rc == 0) {
		*out = l;
		FAULT("ledger.begun");
	} else {
		ledger_free(l);
	}
	return rc;
}

int
ledger_find(const char *dir, const char *except,
	    bool (*match)(const struct ledger *l, void *arg), void *arg,
	    char **name, struct diags *ds)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int rc = 0;

	if (!d)
		return errno == ENOENT
			       ? 0
			       : diag_errno(ds, "E0501", "ledger '%s'", dir);
	while (rc == 0 && (errno = 0, e = readdir(d))) {
		struct ledger *l;

		/* Names with a dot are temporary files of file_replace. */
		if (strchr(e->d_name, '.') ||
		    (except && strcmp(e->d_name, except) == 0))
			continue;
		l = ledger_at(dir, e->d_name);
		rc = ledger_read(l, ds);
		if (rc == 1 && match(l, arg))
			*name = xstrdup(e->d_name);
		else if (rc == 1)
			rc = 0;
		ledger_free(l);
	}
	/* What was not seen must not count as never sent. */
	if (rc == 0 && errno)
		rc = diag_errno(ds, "E0501", "ledger '%s'", dir);
	closedir(d);
	return rc;
}

struct sender_id {
	uint64_t chain_id;
	const uint8_t *genesis, *from;
};

static bool
is_open_entry_of(const struct ledger *l, void *arg)
{
	const struct sender_id *id = arg;

	return !l->ended && l->chain_id == id->chain_id &&
	       memcmp(l->genesis, id->genesis, 32) == 0 &&
	       memcmp(l->from, id->from, 20) == 0;
}

int
ledger_find_open(const char *dir, uint64_t chain_id, const uint8_t genesis[32],
		 const uint8_t from[20], const char *except, char **name,
		 struct diags *ds)
{
	struct sender_id id = { chain_id, genesis, from };

	return ledger_find(dir, except, is_open_entry_of, &id, name, ds);
}

/* --- appending ----------------------------------------------------------- */

static int
append(struct ledger *l, const json_t *record, struct diags *ds)
{
	CLEANUP(freep) char *line = sumline_make(record);
	size_t n = strlen(line);
	int rc = 0;

	if (l->broken)
		errno = EIO;
	if (l->broken || fd_write_all(l->fd, line, n) < 0) {
		/* Half a line must not stand before the next one. */
		rc = diag_errno(ds, "E0501", "ledger '%s'", l->path);
		l->broken = l->broken || ftruncate(l->fd, l->size) < 0;
	} else {
		l->size += (off_t)n;
	}
	return rc;
}

int
ledger_gas(struct ledger *l, size_t i, uint64_t gas, uint64_t expected,
	   struct diags *ds)
{
	CLEANUP(put_json)
	json_t *r = json_pack("{s:s, s:I, s:I, s:I}", "type", "gas", "i",
			      (json_int_t)i, "gas", (json_int_t)gas, "gas_used",
			      (json_int_t)expected);

	return append(l, r, ds) < 0 ? -1 : apply_gas(&l->slots[i], r);
}

int
ledger_raw(struct ledger *l, size_t i, const struct ledger_version *v,
	   struct diags *ds)
{
	char max_fee[79], priority[79];
	CLEANUP(put_json) json_t *r = NULL;

	u256_dec(&v->max_fee, max_fee);
	u256_dec(&v->priority, priority);
	r = json_pack("{s:s, s:I, s:o, s:s, s:s, s:s}", "type", "raw", "i",
		      (json_int_t)i, "hash", hex_json(v->hash, 32), "max_fee",
		      max_fee, "priority", priority, "raw", v->raw);
	if (append(l, r, ds) < 0)
		return -1;
	add_version(&l->slots[i], v);
	return 0;
}

int
ledger_mined(struct ledger *l, size_t i, const uint8_t hash[32], uint64_t block,
	     uint64_t gas_used, const struct u256 *price, struct diags *ds)
{
	CLEANUP(put_json) json_t *r = NULL;
	char text[79];

	u256_dec(price, text);
	r = json_pack("{s:s, s:I, s:o, s:I, s:I, s:s}", "type", "mined", "i",
		      (json_int_t)i, "hash", hex_json(hash, 32), "block",
		      (json_int_t)block, "gas_used", (json_int_t)gas_used,
		      "price", text);
	if (append(l, r, ds) < 0)
		return -1;
	return apply_mined(&l->slots[i], r);
}

int
ledger_end(struct ledger *l, const char *reason, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *r = json_pack("{s:s, s:s}", "type", "end", "reason", reason);

	if (append(l, r, ds) < 0 || ledger_sync(l, ds) < 0)
		return -1;
	FAULT("ledger.ended");
	return apply_record(l, r);
}

int
ledger_sync(struct ledger *l, struct diags *ds)
{
	FAULT("ledger.before_sync");
	if (l->broken)
		errno = EIO;
	if (l->broken || fdatasync(l->fd) < 0) {
		/* After a failed sync nobody knows what is on the disk. */
		l->broken = true;
		return diag_errno(ds, "E0501", "ledger '%s'", l->path);
	}
	FAULT("ledger.synced");
	if (durable(l->path, l->settled, ds) < 0) {
		l->broken = true;
		return -1;
	}
	l->settled = l->size;
	return 0;
}

void
ledger_unmine(struct ledger *l, size_t i)
{
	l->slots[i].mined = false;
}
