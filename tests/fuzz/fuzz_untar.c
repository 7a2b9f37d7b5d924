/*
 * Archives. The first byte says how to unpack; the rest is the archive. When
 * all is done there is nothing but files, folders and links inside, and no
 * link leads out of the folder.
 */
#include "tests/fuzz/fuzz.h"

#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>

#include "engine/io/file.h"
#include "providers/clients/store/untar.h"

static char base[PATH_MAX];

static int
look(const char *path, const struct stat *st, int type, struct FTW *at)
{
	char real[PATH_MAX];
	size_t n = strlen(base);

	(void)type;
	(void)at;
	if (S_ISLNK(st->st_mode)) {
		if (realpath(path, real))
			FUZZ_CHECK(!strncmp(real, base, n) &&
				   (!real[n] || real[n] == '/'));
		return 0;
	}
	FUZZ_CHECK(S_ISDIR(st->st_mode) || S_ISREG(st->st_mode));
	FUZZ_CHECK(!(st->st_mode & 07022));
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct untar opts = { .max_files = 100, .max_bytes = 1u << 20 };
	char dir[] = "/dev/shm/opl2-fuzz-XXXXXX", path[32];
	struct diags ds;
	int fd, rc;

	if (size < 1)
		return 0;
	opts.strip = data[0] & 3;
	opts.prefix = data[0] & 4 ? "package/" : NULL;
	fd = fuzz_file(data + 1, size - 1, path);
	diags_init(&ds);
	rc = untar(path, NULL, &opts, &ds);
	fuzz_contract(&ds, rc);
	if (!mkdtemp(dir) || !realpath(dir, base))
		abort();
	diags_init(&ds);
	rc = untar(path, dir, &opts, &ds);
	fuzz_contract(&ds, rc);
	nftw(dir, look, 16, FTW_PHYS);
	diags_init(&ds);
	FUZZ_CHECK(file_remove_tree(dir, &ds) == 0);
	diags_done(&ds);
	close(fd);
	return 0;
}
