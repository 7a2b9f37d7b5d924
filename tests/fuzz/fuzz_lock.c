/* opl2.lock: what is put in is there, and is read back. */
#include "tests/fuzz/fuzz.h"

#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/spec/lockfile.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char dir[] = "/dev/shm/opl2-fuzz-XXXXXX";
	CLEANUP(put_json) json_t *identity = json_pack("{s:s}", "digest", "1");
	struct lockfile lf;
	struct diags ds;
	char *path;
	int rc;

	if (dir[sizeof(dir) - 2] == 'X' && !mkdtemp(dir))
		abort();
	path = path_join(dir, LOCKFILE_NAME);
	diags_init(&ds);
	if (file_replace(path, data, size, 0600, &ds) < 0)
		abort();
	rc = lockfile_load(dir, &lf, &ds);
	fuzz_contract(&ds, rc);
	lockfile_resource(&lf, "null.a");
	lockfile_preset(&lf, "devnet");
	lockfile_set_resource(&lf, "null.a", identity);
	FUZZ_CHECK(json_equal(lockfile_resource(&lf, "null.a"), identity));
	diags_init(&ds);
	FUZZ_CHECK(lockfile_save(dir, &lf, &ds) == 0);
	lockfile_done(&lf);
	FUZZ_CHECK(lockfile_load(dir, &lf, &ds) == 0);
	FUZZ_CHECK(json_equal(lockfile_resource(&lf, "null.a"), identity));
	lockfile_done(&lf);
	file_remove_tree(path, &ds);
	rmdir(dir);
	memset(dir + sizeof(dir) - 7, 'X', 6);
	diags_done(&ds);
	free(path);
	return 0;
}
