#ifndef OPL2_BASE_UNITS_H
#define OPL2_BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/u256.h"

/*
 * Quantities with units, as people write them in a spec.
 * wei: "0.5eth", "3gwei", "100wei" (a bare number only when it is 0).
 * duration: "12s", "1h30m", "250ms" (Go's forms; a bare number is refused).
 * bytes: "256KiB", "10MB", "512B".
 * All return 0, or -1 with *why set to a static explanation.
 */
int wei_parse(const char *s, struct u256 *out, const char **why);
int duration_parse(const char *s, uint64_t *ms, const char **why);
int bytes_parse(const char *s, uint64_t *out, const char **why);

/* Shortest exact text: "0.5eth", "3gwei", "7wei". */
void wei_format(const struct u256 *v, char *out, size_t n);
/* The same, always in ether, for tables: "0.000000003eth", "0eth". */
void ether_format(const struct u256 *v, char *out, size_t n);
/* For people: an amount in ether, a fee per gas in gwei, to four (three)
 * decimals, and of less to three digits. `up`: never less than it is, for what
 * is needed; else never more. */
void ether_round(const struct u256 *v, bool up, char *out, size_t n);
void gwei_round(const struct u256 *v, bool up, char *out, size_t n);
/* Canonical Go form: "1h30m0s" is written "1h30m". */
void duration_format(uint64_t ms, char *out, size_t n);

/* Strict whole-string number; -1 when malformed or over the limits. */
int parse_u64(const char *s, uint64_t max, uint64_t *out);
int parse_i64(const char *s, int64_t min, int64_t max, int64_t *out);
/* "ADDRESS:PORT" to listen at. *host, which is freed, is malloc'd; -1: as it
 * was. */
int listen_parse(const char *s, char **host, uint16_t *port);
/* Is it an IPv4 address of 127.0.0.0/8, which is this machine's alone? */
bool listen_is_loopback(const char *host);

#endif
