/* A whole spec: everything after the YAML, and printing what came out. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>

#include "engine/spec.h"

static void
print(const struct spec *sp)
{
	struct buf b;

	buf_init(&b, 16u << 20);
	spec_print(sp, &b);
	buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *tmp = getenv("TMPDIR");
	CLEANUP(freep)
	char *path = xasprintf("%s/opl2-fuzz-spec.%d.yaml", tmp ? tmp : "/tmp",
			       (int)getpid());
	struct spec_opts opts = { .file = path, .lenient = true };
	struct spec *sp = NULL;
	struct diags ds;
	int fd, rc;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		abort();
	close(fd);
	diags_init(&ds);
	rc = spec_load(&opts, &sp, &ds);
	unlink(path);
	FUZZ_CHECK(rc < 0 || sp);
	if (rc == 0)
		print(sp);
	spec_free(sp);
	fuzz_contract(&ds, rc);
	return 0;
}
