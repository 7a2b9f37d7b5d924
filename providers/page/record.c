#include "providers/page/record.h"

#include <endian.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"

#define DAY_S 86400

static const char *const head_names[RECORD_HEADS] = { "l1", "unsafe", "safe",
						      "finalized" };

/* --- of what was seen ------------------------------------------------------
 */

/* Whole gwei of an amount in wei; -1: not known. */
static int64_t
gwei_of(const char *wei)
{
	size_t n = strlen(wei);
	char text[32];
	int64_t v;

	if (n <= 9)
		return n && strspn(wei, "0123456789") == n ? 0 : -1;
	if (n - 9 >= sizeof(text))
		return -1;
	memcpy(text, wei, n - 9);
	text[n - 9] = '\0';
	return parse_i64(text, 0, INT64_MAX, &v) ? -1 : v;
}

static void
take_accounts(const json_t *chain, struct record *r)
{
	const json_t *v;
	size_t i, n = 0;

	for (i = 0; i < RECORD_ACCOUNTS; i++)
		r->accounts[i].gwei = -1;
	json_array_foreach(jx_get(chain, "balances"), i, v) {
		struct record_account *a = &r->accounts[n];

		if (n == RECORD_ACCOUNTS)
			return;
		if (hex_decode(jx_str(v, "address", ""), a->address, 20))
			continue;
		a->gwei = gwei_of(jx_str(v, "wei", ""));
		n++;
	}
}

static void
take_processes(const json_t *seen, struct record *r)
{
	const json_t *v;
	size_t i;

	r->processes = (int64_t)json_array_size(jx_get(seen, "processes"));
	json_array_foreach(jx_get(seen, "processes"), i, v) {
		r->ready += jx_bool(v, "ready", false);
		r->restarts += jx_int(v, "restarts", 0);
	}
	json_array_foreach(jx_get(seen, "findings"), i, v)
		r->findings += !jx_bool(v, "note", false);
}

static int64_t
at_of(const json_t *thing, int64_t now)
{
	int64_t age = jx_int(thing, "age_s", -1);

	return age < 0 ? -1 : now - age;
}

void
record_of(const json_t *seen, struct record *r)
{
	const json_t *chain = jx_get(seen, "chain");
	const json_t *batch = jx_get(jx_get(chain, "batches"), "last");
	const json_t *output = jx_get(chain, "output");

	*r = (struct record){ .at = jx_int(seen, "at", 0) };
	for (size_t i = 0; i < RECORD_HEADS; i++) {
		const json_t *h = jx_get(jx_get(chain, "heads"), head_names[i]);

		r->number[i] = jx_int(h, "number", -1);
		r->lag_s[i] = jx_int(h, "lag_s", -1);
	}
	r->window = jx_int(jx_get(chain, "batches"), "window_left_percent", -1);
	r->batch_block = jx_int(batch, "block", -1);
	r->batch_at = at_of(batch, r->at);
	r->output_index = jx_int(output, "index", -1);
	r->output_at = at_of(output, r->at);
	take_accounts(chain, r);
	take_processes(seen, r);
}

/* --- as bytes --------------------------------------------------------------
 */

#define FIELD(name)                                                            \
	{                                                                      \
#name, offsetof(struct record, name)                           \
	}
#define HEAD(name, i)                                                          \
	{                                                                      \
		name, offsetof(struct record, number[i])                       \
	}
#define LAG(name, i)                                                           \
	{                                                                      \
		name "_lag", offsetof(struct record, lag_s[i])                 \
	}
/* In the order of a record of the file, where the gwei of the accounts and then
 * their addresses follow. */
static const struct field {
	const char *name; /* of its series */
	size_t at;
} fields[] = {
	FIELD(at),
	HEAD("l1", RECORD_L1),
	HEAD("unsafe", RECORD_UNSAFE),
	HEAD("safe", RECORD_SAFE),
	HEAD("finalized", RECORD_FINALIZED),
	LAG("l1", RECORD_L1),
	LAG("unsafe", RECORD_UNSAFE),
	LAG("safe", RECORD_SAFE),
	LAG("finalized", RECORD_FINALIZED),
	FIELD(window),
	FIELD(batch_block),
	FIELD(batch_at),
	FIELD(output_index),
	FIELD(output_at),
	FIELD(ready),
	FIELD(processes),
	FIELD(restarts),
	FIELD(findings),
};
#undef FIELD
#undef HEAD
#undef LAG

#define FIELDS    COUNTOF(fields)
#define ADDRESSES (RECORD_ACCOUNTS * 20)
_Static_assert(RECORD_BYTES == (FIELDS + RECORD_ACCOUNTS) * 8 + ADDRESSES,
	       "each number has a place");

static int64_t *
number_of(struct record *r, size_t i)
{
	return i < FIELDS ? (int64_t *)(void *)((char *)r + fields[i].at)
			  : &r->accounts[i - FIELDS].gwei;
}

void
record_encode(const struct record *r, uint8_t out[RECORD_BYTES])
{
	struct record copy = *r;

	for (size_t i = 0; i < FIELDS + RECORD_ACCOUNTS; i++, out += 8) {
		uint64_t n = htole64((uint64_t)*number_of(&copy, i));

		memcpy(out, &n, sizeof(n));
	}
	for (size_t i = 0; i < RECORD_ACCOUNTS; i++, out += 20)
		memcpy(out, r->accounts[i].address, 20);
}

void
record_decode(const uint8_t in[RECORD_BYTES], struct record *r)
{
	for (size_t i = 0; i < FIELDS + RECORD_ACCOUNTS; i++, in += 8) {
		uint64_t n;

		memcpy(&n, in, sizeof(n));
		*number_of(r, i) = (int64_t)le64toh(n);
	}
	for (size_t i = 0; i < RECORD_ACCOUNTS; i++, in += 20)
		memcpy(r->accounts[i].address, in, 20);
}

/* --- as series -------------------------------------------------------------
 */

static void
add_value(struct buf *out, size_t i, int64_t v)
{
	if (i)
		buf_addch(out, ',');
	if (v < 0)
		buf_adds(out, "null");
	else
		buf_addf(out, "%" PRIi64, v);
}

static void
add_series(struct buf *out, size_t field, struct record *r, size_t n)
{
	buf_addf(out, ",\"%s\":[", fields[field].name);
	for (size_t i = 0; i < n; i++)
		add_value(out, i, *number_of(&r[i], field));
	buf_addch(out, ']');
}

static const struct record_account *
account_of(const struct record *r, const uint8_t address[20])
{
	for (size_t i = 0; i < RECORD_ACCOUNTS; i++)
		if (r->accounts[i].gwei >= 0 &&
		    !memcmp(r->accounts[i].address, address, 20))
			return &r->accounts[i];
	return NULL;
}

/* Each account has a value for each record, or null. */
static void
add_account(struct buf *out, const uint8_t address[20], const struct record *r,
	    size_t n)
{
	char name[41];

	hex_encode(address, 20, name);
	buf_addf(out, "\"0x%s\":[", name);
	for (size_t i = 0; i < n; i++) {
		const struct record_account *a = account_of(&r[i], address);

		add_value(out, i, a ? a->gwei : -1);
	}
	buf_addch(out, ']');
}

/* More are not told apart: keys change seldom. */
#define ACCOUNTS_MAX 64

/* Those of all records, in the order in which they came. */
static size_t
accounts_of(const struct record *r, size_t n,
	    const uint8_t *addresses[ACCOUNTS_MAX])
{
	size_t known = 0;

	for (size_t i = 0; i < n * RECORD_ACCOUNTS; i++) {
		const struct record_account *a =
			&r[i / RECORD_ACCOUNTS].accounts[i % RECORD_ACCOUNTS];
		size_t k = 0;

		while (k < known && memcmp(addresses[k], a->address, 20) != 0)
			k++;
		if (a->gwei >= 0 && k == known && known < ACCOUNTS_MAX)
			addresses[known++] = a->address;
	}
	return known;
}

/* Puts those that are shown before `end`, oldest first: how many there are.
 * After a clock was set back, records go over the same time again: then the
 * newer one says what was. */
static size_t
choose(const struct ring *ring, int64_t since, int64_t now, struct record *end)
{
	int64_t from = since > now - DAY_S ? since : now - DAY_S;
	int64_t next = now + 1;
	size_t n = 0;

	for (uint64_t k = ring->newest; k >= ring_oldest(ring); k--) {
		uint8_t bytes[RECORD_BYTES];
		struct record r;

		if (!ring_read(ring, k, bytes))
			continue;
		record_decode(bytes, &r);
		if (r.at <= from)
			break;
		if (r.at >= next)
			continue;
		next = r.at;
		*--end = r;
		n++;
	}
	return n;
}

void
record_history(const struct ring *ring, int64_t since, int64_t now,
	       struct buf *out)
{
	const uint8_t *addresses[ACCOUNTS_MAX];
	CLEANUP(freep)
	struct record *all = xcalloc(ring->count, sizeof(*all));
	size_t n = choose(ring, since, now, all + ring->count);
	struct record *records = all + ring->count - n;
	size_t known = accounts_of(records, n, addresses);

	buf_addf(out, "{\"step\":%d,\"now\":%" PRIi64, RECORD_STEP_S, now);
	for (size_t i = 0; i < FIELDS; i++)
		add_series(out, i, records, n);
	buf_adds(out, ",\"accounts\":{");
	for (size_t i = 0; i < known; i++) {
		if (i)
			buf_addch(out, ',');
		add_account(out, addresses[i], records, n);
	}
	buf_adds(out, "}}");
}
