/*
 * archive: a tarball or zip with a digest that the spec gives, unpacked into
 * the store. Converges: making it again is the recovery, and removing it
 * leaves the store to other chains.
 */
#include "providers/kinds/archive/archive.h"

#include <string.h>

#include "engine/kind/kind.h"

const char *
archive_file_name(struct arena *a, const char *url)
{
	char *s = arena_strndup(a, url, strcspn(url, "?#")), *slash;

	slash = strrchr(s, '/');
	return slash && slash[1] ? slash + 1 : "archive";
}

const struct kind kind_archive = {
	.name = "archive",
	.schema_version = 1,
	.flags = KIND_CACHE,
};
