#ifndef OPL2_PROVIDERS_KINDS_ENDPOINT_ENDPOINT_URLS_H
#define OPL2_PROVIDERS_KINDS_ENDPOINT_ENDPOINT_URLS_H

#include <jansson.h>

/* What both halves of the kind `endpoint` know of its URLs. Pure. */
#define ENDPOINT_FALLBACKS_MAX 3

/* The attribute `urls` of a config: the URLs with spaces between, as a text or,
 * when a secret is in it, as the token that stands for it. New reference. */
json_t *endpoint_urls(const json_t *config);

#endif
