/* What image registries say in headers, and names of images. */
#include "tests/fuzz/fuzz.h"

#include "providers/clients/oci/headers.h"
#include "providers/facts/image_ref.h"

#define ASKED "https://r.test:5000/v2/a/blobs/uploads/"

static void
locate(const char *text)
{
	char *url = oci_location(ASKED, text);

	/* What goes to the same host does so by the same scheme. */
	if (url) {
		FUZZ_CHECK(strstr(url, "://"));
		FUZZ_CHECK(strncmp(url, "http://r.test:5000/", 19) != 0);
	}
	free(url);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct oci_challenge c;
	struct image_ref ref;
	struct arena a;
	struct diags ds;
	int rc;

	arena_init(&a);
	diags_init(&ds);
	oci_challenge_parse(&a, text, &c);
	FUZZ_CHECK(c.bearer || (!c.realm && !c.service && !c.scope));
	locate(text);
	oci_range_end(text);
	rc = image_ref_parse(&a, text, &ref, &ds);
	if (rc == 0) {
		FUZZ_CHECK(*ref.host && *ref.path);
		FUZZ_CHECK(!strpbrk(ref.host, "/@?# "));
		FUZZ_CHECK(!strpbrk(ref.path, "@?#: "));
	}
	fuzz_contract(&ds, rc);
	arena_done(&a);
	free(text);
	return 0;
}
