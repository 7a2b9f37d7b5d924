#ifndef OPL2_PROVIDERS_CLIENTS_EVM_ABI_H
#define OPL2_PROVIDERS_CLIENTS_EVM_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/buf.h"
#include "engine/diag/diag.h"

/*
 * Contract ABI, Solidity's specification: uintN, intN, address, bool, bytes,
 * bytesN, string, T[], T[k] and tuples "(T,...)".
 *
 * Values are JSON: numbers as decimal or 0x strings (or JSON integers when
 * encoding), always decimal strings when decoded; addresses as 0x text, EIP-55
 * when decoded; bytes as 0x text, or, when encoding, as the call
 * {"function": "f(T,...)", "args": [...]} that they are; arrays and tuples as
 * arrays.
 *
 * A signature is "name(T,...)", a type list is "(T,...)".
 */
#define ABI_DEPTH_MAX 8
#define ABI_DATA_MAX  (1u << 20)

/* First four bytes of the hash of the signature; the caller has made sure
 * that it is in canonical form (no spaces, no "uint"). */
void abi_selector(const char *signature, uint8_t out[4]);
/* keccak256 of an event's signature: its first topic. */
void abi_topic(const char *signature, uint8_t out[32]);

/* Appends selector and arguments. args is an array. */
int abi_encode_call(struct buf *b, const char *signature, const json_t *args,
		    struct diags *ds);
/* Appends the arguments alone ("(address,uint256)"). */
int abi_encode(struct buf *b, const char *types, const json_t *args,
	       struct diags *ds);

/* New reference to an array, or NULL with a diag (none when ds is NULL).
 * Strict about bounds and padding of numbers, lenient about bytes behind. */
json_t *abi_decode(const char *types, const uint8_t *p, size_t n,
		   struct diags *ds);

/*
 * What a revert's data says, for people: the text of Error(string), the
 * meaning of Panic(uint256), a custom error known to the table with its
 * arguments, else its selector. malloc'd, never NULL.
 */
char *abi_revert_reason(const uint8_t *p, size_t n);

/* --- the parsed form, shared by encoder and decoder ---------------------- */

enum abi_base {
	ABI_UINT,
	ABI_INT,
	ABI_ADDRESS,
	ABI_BOOL,
	ABI_FIXED_BYTES,
	ABI_BYTES,
	ABI_STRING,
	ABI_ARRAY,
	ABI_TUPLE
};

struct abi_type {
	enum abi_base base;
	unsigned size;       /* bits of a number, bytes of bytesN */
	long count;          /* ABI_ARRAY: members, -1 for T[] */
	struct abi_type *of; /* ABI_ARRAY: its one type; ABI_TUPLE: n types */
	size_t n;
	bool dynamic;
	size_t head; /* bytes it takes in the head part */
};

/* Parses "(T,...)" wholly: 0, or -1 when it is not one. */
int abi_type_parse(const char *text, struct abi_type *out);
void abi_type_done(struct abi_type *t); /* for CLEANUP */

#endif
