/* What Debian calls the packages of programs that specs ask for. */
#include "cmd/opl2/run/preflight.h"

#include <string.h>

#include "engine/base/compiler.h"

const char *
debian_package(const char *program)
{
	static const char *const rows[][2] = {
		{ "awk", "gawk" },
		{ "bash", "bash" },
		{ "bzip2", "bzip2" },
		{ "cargo", "cargo" },
		{ "cc", "gcc" },
		{ "clang", "clang" },
		{ "cmake", "cmake" },
		{ "curl", "curl" },
		{ "direnv", "direnv" },
		{ "file", "file" },
		{ "find", "findutils" },
		{ "g++", "g++" },
		{ "gcc", "gcc" },
		{ "git", "git" },
		{ "go", "golang-go" },
		{ "gzip", "gzip" },
		{ "jq", "jq" },
		{ "make", "make" },
		{ "node", "nodejs" },
		{ "npm", "npm" },
		{ "openssl", "openssl" },
		{ "patch", "patch" },
		{ "perl", "perl" },
		{ "pkg-config", "pkg-config" },
		{ "protoc", "protobuf-compiler" },
		{ "ps", "procps" },
		{ "python3", "python3" },
		{ "rsync", "rsync" },
		{ "sed", "sed" },
		{ "sh", "dash" },
		{ "tar", "tar" },
		{ "unzip", "unzip" },
		{ "wget", "wget" },
		{ "xz", "xz-utils" },
		{ "zip", "zip" },
		{ "zstd", "zstd" },
	};

	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (strcmp(rows[i][0], program) == 0)
			return rows[i][1];
	return NULL;
}
