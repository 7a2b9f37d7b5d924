#include "providers/clients/store/memo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"

#define ANSWER_MAX 4096
#define YOUNG_S    2

char *
memo_identity(const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return NULL;
	return xasprintf("%ju %ju %jd %jd.%09ld %jd.%09ld",
			 (uintmax_t)st.st_dev, (uintmax_t)st.st_ino,
			 (intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec,
			 st.st_mtim.tv_nsec, (intmax_t)st.st_ctim.tv_sec,
			 st.st_ctim.tv_nsec);
}

static char *
memo_file(const char *store, const char *path, const char *question)
{
	CLEANUP(freep) char *text = xasprintf("%s\n%s", path, question);
	CLEANUP(freep) char *dir = path_join(store, "memo");
	char name[65];

	sha256_hex(text, strlen(text), name);
	return path_join(dir, name);
}

char *
memo_get(const char *store, const char *path, const char *question)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(ANSWER_MAX);
	CLEANUP(diags_done) struct diags ignored;
	CLEANUP(freep) char *file = memo_file(store, path, question);
	CLEANUP(freep) char *id = memo_identity(path);
	size_t n = id ? strlen(id) : 0;

	diags_init(&ignored);
	if (!id || file_read_opt(file, &text, &ignored) != 0 || text.n <= n ||
	    memcmp(buf_str(&text), id, n) != 0 || buf_str(&text)[n] != '\n')
		return NULL;
	return xstrdup(buf_str(&text) + n + 1);
}

static bool
is_young(const char *path)
{
	struct stat st;

	return stat(path, &st) || st.st_ctim.tv_sec + YOUNG_S > time(NULL);
}

void
memo_put(const char *store, const char *path, const char *id,
	 const char *question, const char *answer)
{
	CLEANUP(diags_done) struct diags ignored;
	CLEANUP(freep) char *file = memo_file(store, path, question);
	CLEANUP(freep) char *dir = path_join(store, "memo");
	CLEANUP(freep) char *now = memo_identity(path);
	CLEANUP(freep) char *text = NULL;

	diags_init(&ignored);
	if (!id || !now || strcmp(id, now) != 0 || is_young(path) ||
	    file_mkdirs(dir, 0700, &ignored))
		return;
	text = xasprintf("%s\n%s", id, answer);
	(void)file_replace(file, text, strlen(text), 0600, &ignored);
}

int
memo_sha256(const char *store, const char *path, char out[65], struct diags *ds)
{
	CLEANUP(freep) char *known = memo_get(store, path, "sha256");
	CLEANUP(freep) char *id = memo_identity(path);

	if (known && strlen(known) == 64) {
		memcpy(out, known, 65);
		return 0;
	}
	if (file_sha256(path, out, ds))
		return -1;
	memo_put(store, path, id, "sha256", out);
	return 0;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool
memo_is_program(const char *path)
{
	CLEANUP(freep) char *real = realpath(path, NULL);
	char magic[4] = { 0 };
	int fd;

	if (!real || strcmp(base_name(real), base_name(path)) != 0)
		return false;
	fd = open(real, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, magic, sizeof(magic)) != (ssize_t)sizeof(magic))
		magic[0] = '\0';
	close(fd);
	/* ELF, and the two byte orders of Mach-O's 64 bits and its fat files.
	 */
	return memcmp(magic, "\177ELF", 4) == 0 ||
	       memcmp(magic, "\xcf\xfa\xed\xfe", 4) == 0 ||
	       memcmp(magic, "\xca\xfe\xba\xbe", 4) == 0;
}
