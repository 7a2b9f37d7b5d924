/* A saved plan, as it is and with its digest put right; and the lock file. */
#include "tests/fuzz/fuzz.h"

#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/plan/plan.h"
#include "engine/run/run.h"

static void
read_it(const char *text, size_t n)
{
	struct plan *p = NULL;
	struct diags ds;
	char path[32];
	json_t *j;
	int rc, fd = fuzz_file(text, n, path);

	diags_init(&ds);
	rc = plan_read(path, &p, &ds);
	fuzz_contract(&ds, rc);
	FUZZ_CHECK((rc == 0) == (p != NULL));
	if (p) {
		j = plan_to_json(p);
		FUZZ_CHECK(json_is_object(j));
		json_decref(j);
		plan_has_changes(p);
		plan_find(p, "null.a");
	}
	plan_free(p);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;
	char sum[65];

	read_it((const char *)data, size);
	j = jx_parse((const char *)data, size, "input", NULL);
	if (!json_is_object(j))
		return 0;
	json_object_del(j, "digest");
	jx_digest(j, sum);
	json_object_set_new(j, "digest", json_string(sum));
	text = jx_dump(j);
	read_it(text, strlen(text));
	return 0;
}
