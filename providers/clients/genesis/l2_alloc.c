#include "providers/clients/genesis/l2_alloc.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/rpc.h"

#define PREDEPLOYS  2048 /* 0x4200...0000 and on */
#define GOVERNANCE  0x42
#define PERMIT2     "000000000022d473030f116ddee9f6b43ac78ba3"
#define PERMIT2_ID  6945 /* where its code has the chain id, 32 bytes */
#define PERMIT2_MIN (PERMIT2_ID + 32)

static int
l2_alloc_bad(struct diags *ds, const char *what, const char *where)
{
	return diag_err(ds, "E0437", "cannot parse '%s' of the allocs: %s",
			where, what);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The same members by their keys. Takes o. */
static json_t *
sorted(json_t *o)
{
	const char **keys = xcalloc(json_object_size(o) + 1, sizeof(*keys));
	json_t *out = json_object(), *v;
	const char *key;
	size_t n = 0;

	json_object_foreach(o, key, v)
		keys[n++] = key;
	qsort(keys, n, sizeof(*keys), by_text);
	for (size_t i = 0; i < n; i++)
		json_object_set(out, keys[i], json_object_get(o, keys[i]));
	free(keys);
	json_decref(o);
	return out;
}

static json_t *
storage_of(const json_t *given)
{
	json_t *out = json_object(), *v;
	const char *slot;

	json_object_foreach((json_t *)(uintptr_t)given, slot, v) {
		const char *text = json_string_value(v);
		uint8_t raw[32], value[32];
		char key[67] = "0x";

		if (hex_decode(slot, raw, sizeof(raw)) || !text ||
		    hex_decode(text, value, sizeof(value))) {
			json_decref(out);
			return NULL;
		}
		hex_encode(raw, sizeof(raw), key + 2);
		json_object_set_new(out, key, hex_json(value, sizeof(value)));
	}
	return sorted(out);
}

static int
put_code(json_t *out, const json_t *given)
{
	uint8_t *code = NULL;
	size_t n = 0;

	if (given && hex_bytes(given, &code, &n))
		return -1;
	if (n)
		json_object_set_new(out, "code", hex_json(code, n));
	free(code);
	return 0;
}

static int
put_storage(json_t *out, const json_t *given)
{
	json_t *storage;

	if (!json_object_size(given))
		return 0;
	storage = storage_of(given);
	if (!storage)
		return -1;
	json_object_set_new(out, "storage", storage);
	return 0;
}

/* Fills out; the name of what is wrong, or NULL. */
static const char *
account(const json_t *given, json_t *out)
{
	const json_t *nonce = jx_get(given, "nonce");
	struct u256 balance;
	uint64_t n = 0;

	if (put_code(out, jx_get(given, "code")))
		return "code";
	if (put_storage(out, jx_get(given, "storage")))
		return "storage";
	if (quantity_u256(jx_get(given, "balance"), &balance))
		return "balance";
	if (nonce && quantity_u64(nonce, &n))
		return "nonce";
	json_object_set_new(out, "balance", quantity_from_u256(&balance));
	if (n)
		json_object_set_new(out, "nonce", quantity_from_u64(n));
	return NULL;
}

json_t *
l2_alloc(const json_t *allocs, struct diags *ds)
{
	json_t *out = json_object(), *given;
	const char *addr, *wrong;

	json_object_foreach((json_t *)(uintptr_t)allocs, addr, given) {
		json_t *a = json_object();
		uint8_t raw[20];
		char key[41];

		wrong = hex_decode(addr, raw, sizeof(raw)) ? "address"
							   : account(given, a);
		if (wrong) {
			json_decref(a);
			json_decref(out);
			(void)l2_alloc_bad(ds, wrong, addr);
			return NULL;
		}
		hex_encode(raw, sizeof(raw), key);
		json_object_set_new(out, key, a);
	}
	return sorted(out);
}

/* --- are they of this chain? --- */

static int
check_permit2(const json_t *alloc, uint64_t chain_id, struct diags *ds)
{
	const json_t *code = jx_get(jx_get(alloc, PERMIT2), "code");
	CLEANUP(freep) uint8_t *p = NULL;
	uint8_t want[32];
	struct u256 id = u256_from(chain_id);
	size_t n = 0;

	u256_to_be(&id, want);
	if (!code || (hex_bytes(code, &p, &n) == 0 && n >= PERMIT2_MIN &&
		      memcmp(p + PERMIT2_ID, want, sizeof(want)) == 0))
		return 0;
	return diag_err(ds, "E0438",
			"the allocs are not for chain %llu: Permit2 has "
			"another chain id",
			(unsigned long long)chain_id);
}

int
l2_alloc_check(const json_t *alloc, uint64_t chain_id, bool governance,
	       struct diags *ds)
{
	for (unsigned i = 0; i < PREDEPLOYS; i++) {
		char addr[41];

		if (i == GOVERNANCE && !governance)
			continue;
		(void)snprintf(addr, sizeof(addr), "42%038x", i);
		if (!jx_get(jx_get(alloc, addr), "code"))
			return diag_err(ds, "E0438",
					"the allocs have no contract at '0x%s'",
					addr);
	}
	return check_permit2(alloc, chain_id, ds);
}
