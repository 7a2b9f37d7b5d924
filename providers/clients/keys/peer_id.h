#ifndef OPL2_PROVIDERS_CLIENTS_KEYS_PEER_ID_H
#define OPL2_PROVIDERS_CLIENTS_KEYS_PEER_ID_H

#include <stdint.h>

/* libp2p's name of a secp256k1 key, "16Uiu2HAm...": the public key as a
 * protobuf of libp2p, in an identity multihash, in base58. */
#define PEER_ID_MAX 64
void peer_id(const uint8_t public[64], char out[PEER_ID_MAX]);

#endif
