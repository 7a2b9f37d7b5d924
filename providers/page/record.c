#include "providers/page/record.h"

#include <endian.h>
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

/* One list of the fields, so that both ways have the same order. */
static void
each_number(struct record *r, void (*fn)(void *arg, int64_t *v), void *arg)
{
	fn(arg, &r->at);
	for (size_t i = 0; i < RECORD_HEADS; i++)
		fn(arg, &r->number[i]);
	for (size_t i = 0; i < RECORD_HEADS; i++)
		fn(arg, &r->lag_s[i]);
	fn(arg, &r->window);
	fn(arg, &r->batch_block);
	fn(arg, &r->batch_at);
	fn(arg, &r->output_index);
	fn(arg, &r->output_at);
	fn(arg, &r->ready);
	fn(arg, &r->processes);
	fn(arg, &r->restarts);
	fn(arg, &r->findings);
	for (size_t i = 0; i < RECORD_ACCOUNTS; i++)
		fn(arg, &r->accounts[i].gwei);
}

#define ADDRESSES (RECORD_ACCOUNTS * 20)
_Static_assert(RECORD_BYTES == 24 * 8 + ADDRESSES, "each number has a place");

static void
put_number(void *arg, int64_t *v)
{
	uint8_t **out = arg;
	uint64_t n = htole64((uint64_t)*v);

	memcpy(*out, &n, sizeof(n));
	*out += sizeof(n);
}

static void
take_number(void *arg, int64_t *v)
{
	const uint8_t **in = arg;
	uint64_t n;

	memcpy(&n, *in, sizeof(n));
	*v = (int64_t)le64toh(n);
	*in += sizeof(n);
}

void
record_encode(const struct record *r, uint8_t out[RECORD_BYTES])
{
	struct record copy = *r;

	each_number(&copy, put_number, &out);
	for (size_t i = 0; i < RECORD_ACCOUNTS; i++, out += 20)
		memcpy(out, r->accounts[i].address, 20);
}

void
record_decode(const uint8_t in[RECORD_BYTES], struct record *r)
{
	each_number(r, take_number, &in);
	for (size_t i = 0; i < RECORD_ACCOUNTS; i++, in += 20)
		memcpy(r->accounts[i].address, in, 20);
}

/* --- as series -------------------------------------------------------------
 */

static void
series_add(json_t *to, const char *name, int64_t v)
{
	json_t *list = json_object_get(to, name);

	if (!list) {
		list = json_array();
		json_object_set_new(to, name, list);
	}
	json_array_append_new(list, v < 0 ? json_null() : json_integer(v));
}

/* Each account has a value for each record so far, or null. */
static void
series_add_accounts(json_t *accounts, const struct record *r, size_t before)
{
	char name[43] = "0x";
	const char *key;
	json_t *list;

	for (size_t i = 0; i < RECORD_ACCOUNTS; i++) {
		if (r->accounts[i].gwei < 0)
			continue;
		hex_encode(r->accounts[i].address, 20, name + 2);
		if (!json_object_get(accounts, name))
			json_object_set_new(accounts, name, json_array());
		list = json_object_get(accounts, name);
		while (json_array_size(list) < before)
			json_array_append_new(list, json_null());
		json_array_append_new(list, json_integer(r->accounts[i].gwei));
	}
	json_object_foreach(accounts, key, list) {
		if (json_array_size(list) == before)
			json_array_append_new(list, json_null());
	}
}

static void
series_add_record(json_t *to, const struct record *r)
{
	size_t before = json_array_size(jx_get(to, "at"));

	series_add(to, "at", r->at);
	for (size_t i = 0; i < RECORD_HEADS; i++) {
		char lag[32];

		series_add(to, head_names[i], r->number[i]);
		snprintf(lag, sizeof(lag), "%s_lag", head_names[i]);
		series_add(to, lag, r->lag_s[i]);
	}
	series_add(to, "window", r->window);
	series_add(to, "batch_block", r->batch_block);
	series_add(to, "batch_at", r->batch_at);
	series_add(to, "output_index", r->output_index);
	series_add(to, "output_at", r->output_at);
	series_add(to, "ready", r->ready);
	series_add(to, "processes", r->processes);
	series_add(to, "restarts", r->restarts);
	series_add(to, "findings", r->findings);
	series_add_accounts(json_object_get(to, "accounts"), r, before);
}

/* Of the numbers that are shown, newest first, how many there are. After a
 * clock was set back, records go over the same time again: then the newer one
 * says what was. */
static size_t
choose(const struct ring *ring, int64_t since, int64_t now, uint64_t *numbers)
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
		numbers[n++] = k;
	}
	return n;
}

json_t *
record_history(const struct ring *ring, int64_t since, int64_t now)
{
	json_t *to = json_pack("{s:i, s:I, s:[], s:{}}", "step", RECORD_STEP_S,
			       "now", (json_int_t)now, "at", "accounts");
	CLEANUP(freep)
	uint64_t *numbers = xcalloc(ring->count, sizeof(*numbers));

	for (size_t i = choose(ring, since, now, numbers); i-- > 0;) {
		uint8_t bytes[RECORD_BYTES];
		struct record r;

		if (!ring_read(ring, numbers[i], bytes))
			continue;
		record_decode(bytes, &r);
		series_add_record(to, &r);
	}
	return to;
}
