/*
 * Runs a harness over its corpus without libFuzzer: TAP, one test for each
 * file of the folders and files given, or of tests/fuzz/corpus/NAME, NAME
 * being the name of the program. A crash ends the program before its plan.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "engine/io/file.h"

static unsigned done;

static void
replay_file(const char *path)
{
	struct buf text CLEANUP(buf_done) = BUF_INIT(64u << 20);
	uint8_t *exact;
	struct diags ds;

	diags_init(&ds);
	if (file_read(path, &text, &ds) < 0) {
		printf("Bail out! %s\n", ds.first->summary);
		exit(1);
	}
	diags_done(&ds);
	/* Without the NUL that a buf keeps behind its end. */
	exact = xmalloc(text.n ? text.n : 1);
	if (text.n)
		memcpy(exact, text.p, text.n);
	fprintf(stderr, "# %s\n", path);
	LLVMFuzzerTestOneInput(exact, text.n);
	free(exact);
	printf("ok %u - %s\n", ++done, path);
	fflush(stdout);
}

static void
replay(const char *path)
{
	struct dirent **names;
	struct stat st;
	int n;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		replay_file(path);
		return;
	}
	n = scandir(path, &names, NULL, alphasort);
	if (n < 0) {
		printf("Bail out! %s: %s\n", path, strerror(errno));
		exit(1);
	}
	for (int i = 0; i < n; i++) {
		CLEANUP(freep) char *file = path_join(path, names[i]->d_name);

		if (names[i]->d_name[0] != '.')
			replay_file(file);
		free(names[i]);
	}
	free(names);
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	CLEANUP(freep)
	char *dir = path_join("tests/fuzz/corpus", slash ? slash + 1 : argv[0]);

	mem_init();
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc < 2)
		replay(dir);
	printf("1..%u\n", done);
	return 0;
}
