/*
 * opl2-worker --libraries: prints the versions of the libraries that it runs
 * with, as one JSON object, for `opl2 version -json`. libsecp256k1 does not
 * say which one it is.
 */
#include "cmd/opl2-worker/worker.h"

#include <archive.h>
#include <curl/curl.h>
#include <git2.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <zlib.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"

/* libarchive puts its name before the number. */
static const char *
libarchive_version(void)
{
	const char *text = archive_version_string();
	const char *space = strrchr(text, ' ');

	return space ? space + 1 : text;
}

int
libraries_main(void)
{
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;
	char git[64];
	int major = 0, minor = 0, revision = 0;

	git_libgit2_version(&major, &minor, &revision);
	snprintf(git, sizeof(git), "%d.%d.%d", major, minor, revision);
	j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "jansson",
		      jansson_version_str(), "libarchive", libarchive_version(),
		      "libcurl", curl_version_info(CURLVERSION_NOW)->version,
		      "libgit2", git, "libmicrohttpd", MHD_get_version(),
		      "openssl", OpenSSL_version(OPENSSL_VERSION_STRING),
		      "zlib", zlibVersion());
	text = jx_dump_line(j);
	puts(text);
	return 0;
}
