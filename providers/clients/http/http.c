#include "providers/clients/http/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/platform.h"
#include "engine/base/units.h"
#include "engine/io/trace.h"
#include "providers/clients/http/authorities.h"
#include "providers/facts/rate_limit.h"

/*
 * How it works: one call is a loop of tries on one easy handle, which
 * curl_easy_reset() clears without closing its connections. A try ends in a
 * `struct verdict`; only the last one becomes a diagnostic. The sink of a
 * download learns from the first body byte, by when the status is known,
 * whether the server goes on (206) or starts over (200).
 */

#define PAUSE_FIRST_MS 250u
#define PAUSE_MAX_MS   8000u
#define RETRY_AFTER_MS 30000u
#define ERROR_BODY_MAX 2048u
#define QUOTED_BODY    300

#define AUTHORITIES_BYTES (8u << 20)

struct http {
	CURL *easy;
	struct buf joined; /* authorities of more than one file */
	char error[CURL_ERROR_SIZE];
};

/* Where the bytes of one call go, and what its headers said. */
struct sink {
	struct http *h;
	const struct http_req *req;
	struct http_reply *out;
	int fd;        /* -1: into out->body */
	uint64_t have; /* bytes of the content in the file */
	uint64_t total;
	size_t sent; /* of a body_at */
	bool placed; /* this response's place in the file is settled */
	bool wrong_range;
	int write_errno;
	char *range_total; /* of Content-Range: bytes *\/N */
};

struct verdict {
	enum http_result result;
	const char *code;
	bool again;
	bool untrusted; /* its certificate, by any authority that is known */
	char text[CURL_ERROR_SIZE + 64];
};

int
http_init(struct diags *ds)
{
	CURLcode rc = curl_global_init(CURL_GLOBAL_DEFAULT);

	if (rc != CURLE_OK)
		return diag_err(ds, "E0802", "cannot initialize libcurl: %s",
				curl_easy_strerror(rc));
	return 0;
}

void
http_cleanup(void)
{
	curl_global_cleanup();
}

struct http *
http_new(void)
{
	struct http *h = xcalloc(1, sizeof(*h));

	buf_init(&h->joined, AUTHORITIES_BYTES);
	h->easy = curl_easy_init();
	if (!h->easy)
		mem_exhausted();
	return h;
}

void
http_free(struct http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->easy);
	buf_done(&h->joined);
	free(h);
}

void
http_freep(struct http **h)
{
	http_free(*h);
	*h = NULL;
}

void
http_reply_done(struct http_reply *r)
{
	buf_done(&r->body);
	free(r->etag);
	free(r->type);
	*r = (struct http_reply)HTTP_REPLY_INIT;
}

/* --- text about a URL ---------------------------------------------------- */

/* What a person may see of a URL: never its userinfo, and with bare only
 * scheme://host[:port]. */
static char *
url_text(const char *url, bool bare)
{
	static const CURLUPart parts[] = { CURLUPART_USER, CURLUPART_PASSWORD,
					   CURLUPART_PATH, CURLUPART_QUERY,
					   CURLUPART_FRAGMENT };
	CURLU *u = curl_url();
	char *got = NULL, *out = NULL;

	if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK) {
		for (size_t i = 0; i < (bare ? COUNTOF(parts) : 2); i++)
			curl_url_set(u, parts[i], NULL, 0);
		if (curl_url_get(u, CURLUPART_URL, &got, 0) == CURLUE_OK)
			/* one without a path ends with a slash all the same */
			out = xstrndup(got, strlen(got) - bare);
		curl_free(got);
	}
	curl_url_cleanup(u);
	return out ? out : xstrdup("(a malformed URL)");
}

char *
http_redact(const char *url)
{
	return url_text(url, true);
}

static char *
shown_url(const struct http_req *req)
{
	return url_text(req->url, req->sensitive);
}

/* libcurl's own words, unless they quote what must not be shown. */
static const char *
curl_words(const struct http *h, const struct http_req *req, CURLcode rc)
{
	static const CURLUPart secret[] = { CURLUPART_PATH, CURLUPART_QUERY,
					    CURLUPART_USER,
					    CURLUPART_PASSWORD };
	CURLU *u;
	bool leaks = false;

	if (!h->error[0])
		return curl_easy_strerror(rc);
	u = curl_url();
	if (u && curl_url_set(u, CURLUPART_URL, req->url, 0) == CURLUE_OK) {
		for (size_t i = 0; i < COUNTOF(secret); i++) {
			char *s = NULL;

			curl_url_get(u, secret[i], &s, 0);
			if (s && strlen(s) > 1 && strstr(h->error, s))
				leaks = leaks || req->sensitive || i >= 2;
			curl_free(s);
		}
	} else {
		leaks = req->sensitive;
	}
	curl_url_cleanup(u);
	return leaks ? curl_easy_strerror(rc) : h->error;
}

/* --- callbacks ----------------------------------------------------------- */

/* A folder of this machine is a source, too; it speaks no HTTP. */
static bool
is_file(const struct sink *s)
{
	return s->fd >= 0 && strncasecmp(s->req->url, "file:", 5) == 0;
}

static long
status_of(const struct sink *s)
{
	long status = 0;

	curl_easy_getinfo(s->h->easy, CURLINFO_RESPONSE_CODE, &status);
	return status == 0 && is_file(s) ? 200 : status;
}

/* Settles where the first body byte of a download goes. */
static bool
place_body(struct sink *s)
{
	long status = status_of(s);

	s->placed = true;
	if (status == 206)
		return !s->wrong_range;
	if (status == 200 && s->have > 0) {
		s->have = 0;
		if (ftruncate(s->fd, 0) < 0) {
			s->write_errno = errno;
			return false;
		}
	}
	return true;
}

static bool
status_is_content(const struct sink *s)
{
	long status = status_of(s);

	return status == 200 || status == 206;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct sink *s = arg;
	size_t len = size * n, done = 0;

	if (s->fd < 0) {
		buf_add(&s->out->body, p, len);
		return s->out->body.over ? 0 : len;
	}
	if (!s->placed && !place_body(s))
		return 0;
	if (!status_is_content(s)) {
		/* The text of an error page: its start is enough. */
		size_t room = s->out->body.max - s->out->body.n;

		buf_add(&s->out->body, p, len < room ? len : room);
		return len;
	}
	if (s->have + len > LIM_ARCHIVE_BYTES) {
		s->write_errno = EFBIG;
		return 0;
	}
	while (done < len) {
		ssize_t w = pwrite(s->fd, p + done, len - done,
				   (off_t)(s->have + done));

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0) {
			s->write_errno = errno;
			return 0;
		}
		done += (size_t)w;
	}
	s->have += len;
	return len;
}

/* The value of header `name` in the line, malloc'd, or NULL. */
static char *
header_value(const char *line, size_t n, const char *name)
{
	size_t k = strlen(name);

	if (n <= k || strncasecmp(line, name, k) != 0 || line[k] != ':')
		return NULL;
	line += k + 1;
	n -= k + 1;
	while (n > 0 && (*line == ' ' || *line == '\t'))
		line++, n--;
	while (n > 0 && strchr(" \t\r\n", line[n - 1]))
		n--;
	return xstrndup(line, n);
}

static void
on_content_range(struct sink *s, const char *v)
{
	const char *slash = strchr(v, '/');
	uint64_t total = 0;

	if (strncmp(v, "bytes ", 6) == 0 && v[6] != '*') {
		char *from = xstrndup(v + 6, strcspn(v + 6, "-"));
		uint64_t at = 0;

		if (parse_u64(from, UINT64_MAX, &at) < 0 || at != s->have)
			s->wrong_range = true;
		free(from);
	}
	if (slash && parse_u64(slash + 1, UINT64_MAX, &total) == 0) {
		free(s->range_total);
		s->range_total = xstrdup(slash + 1);
		s->total = total;
	}
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct sink *s = arg;
	size_t len = size * n;
	char *v;

	if (len > 5 && strncmp(p, "HTTP/", 5) == 0) {
		/* A new response (after a redirect or a 100): forget. */
		s->placed = false;
		s->wrong_range = false;
		free(TAKE(s->range_total));
	} else if ((v = header_value(p, len, "content-range"))) {
		on_content_range(s, v);
		free(v);
	}
	return len;
}

static size_t
on_send(char *p, size_t size, size_t n, void *arg)
{
	struct sink *s = arg;
	size_t left = s->req->body_len - s->sent;
	size_t len = size * n < left ? size * n : left;

	if (len)
		s->req->body_at(s->req->body_arg, s->sent, p, len);
	s->sent += len;
	return len;
}

/* libcurl goes back to the start, after a redirect or a lost connection. */
static int
on_seek(void *arg, curl_off_t at, int origin)
{
	struct sink *s = arg;

	if (origin != SEEK_SET || at < 0 || (uint64_t)at > s->req->body_len)
		return CURL_SEEKFUNC_FAIL;
	s->sent = (size_t)at;
	return CURL_SEEKFUNC_OK;
}

static int
http_on_progress(void *arg, curl_off_t total, curl_off_t now,
		 curl_off_t up_total, curl_off_t up_now)
{
	struct sink *s = arg;

	(void)up_total;
	(void)up_now;
	if (s->req->cancelled && s->req->cancelled(s->req->arg))
		return 1;
	if (s->req->progress) {
		uint64_t done = s->fd < 0 ? (uint64_t)now : s->have;
		uint64_t all = s->total ? s->total : (uint64_t)total;

		s->req->progress(s->req->arg, done, all);
	}
	return 0;
}

/* --- one try ------------------------------------------------------------- */

static bool
has_body(const struct http_req *req)
{
	return req->body || req->body_at;
}

static bool
may_repeat(const struct http_req *req)
{
	if (req->idempotent)
		return true;
	if (!req->method)
		return !has_body(req);
	return strcmp(req->method, "GET") == 0 ||
	       strcmp(req->method, "HEAD") == 0;
}

static struct curl_slist *
add_header(struct curl_slist *list, const char *line)
{
	struct curl_slist *more = curl_slist_append(list, line);

	if (!more)
		mem_exhausted();
	return more;
}

static void
set_body(CURL *e, const struct http_req *req, struct sink *s)
{
	curl_easy_setopt(e, CURLOPT_POST, 1L);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
			 (curl_off_t)req->body_len);
	if (req->body) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, req->body);
		return;
	}
	s->sent = 0;
	curl_easy_setopt(e, CURLOPT_READFUNCTION, on_send);
	curl_easy_setopt(e, CURLOPT_READDATA, s);
	curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(e, CURLOPT_SEEKDATA, s);
}

static void
trust_only(CURL *e, const struct http_req *req)
{
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	if (req->cafile) {
		curl_easy_setopt(e, CURLOPT_CAINFO, req->cafile);
	} else {
		struct curl_blob pem = { .data = (void *)(uintptr_t)req->ca,
					 .len = strlen(req->ca),
					 .flags = CURL_BLOB_COPY };

		curl_easy_setopt(e, CURLOPT_CAINFO_BLOB, &pem);
	}
}

/* The file that Go and newer curls find by NETRC, else ~/.netrc. */
static void
use_netrc(CURL *e)
{
	const char *file = getenv("NETRC");

	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
	if (file && *file)
		curl_easy_setopt(e, CURLOPT_NETRC_FILE, file);
}

/* Has the authorities of the environment besides or instead of the system's. */
static void
trust_env(struct http *h)
{
	struct authorities env;
	char *own = NULL;

	authorities_env(&env);
	curl_easy_getinfo(h->easy, CURLINFO_CAINFO, &own);
	env.file = authorities_file(&env, own);
	if (env.file)
		curl_easy_setopt(h->easy, CURLOPT_CAINFO, env.file);
	if (env.dir)
		curl_easy_setopt(h->easy, CURLOPT_CAPATH, env.dir);
	if (!env.extra)
		return;
	if (h->joined.n || authorities_join(env.file, env.extra, &h->joined)) {
		struct curl_blob pem = { .data = h->joined.p,
					 .len = h->joined.n,
					 .flags = CURL_BLOB_NOCOPY };

		curl_easy_setopt(h->easy, CURLOPT_CAINFO_BLOB, &pem);
	}
}

/* Go and npm know the name in capitals too, which curl does not: in a CGI
 * program it is a header of the request. */
static const char *
loud_proxy(const char *url)
{
	const char *proxy = getenv("HTTP_PROXY");

	return proxy && *proxy && !getenv("http_proxy") &&
			       !getenv("REQUEST_METHOD") &&
			       strncasecmp(url, "http:", 5) == 0
		       ? proxy
		       : NULL;
}

static void
set_proxy(CURL *e, const struct http_req *req)
{
	const char *proxy = req->proxy ? req->proxy : loud_proxy(req->url);
	CLEANUP(freep) char *all = NULL;

	if (proxy)
		curl_easy_setopt(e, CURLOPT_PROXY, proxy);
	/* Of the environment's list main() has seen to it. */
	if (req->noproxy && strcmp(req->noproxy, "*") != 0)
		all = xasprintf("%s,%s", req->noproxy, NO_PROXY_LOCAL);
	if (req->noproxy)
		curl_easy_setopt(e, CURLOPT_NOPROXY, all ? all : "*");
}

static void
set_options(struct http *h, const struct http_req *req, struct sink *s)
{
	CURL *e = h->easy;

	curl_easy_reset(e);
	h->error[0] = '\0';
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, h->error);
	curl_easy_setopt(e, CURLOPT_URL, req->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR,
			 is_file(s) ? "file" : "http,https");
	curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(e, CURLOPT_MAXREDIRS, 10L);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "opl2/" OPL2_VERSION);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
			 req->connect_ms ? (long)req->connect_ms : 10000L);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME,
			 req->stall_s ? (long)req->stall_s : 30L);
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, (long)req->fresh);
	if (req->socket)
		curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, req->socket);
	if (req->cafile || req->ca)
		trust_only(e, req);
	else
		trust_env(h);
	if (req->netrc)
		use_netrc(e);
	if (req->sigv4)
		curl_easy_setopt(e, CURLOPT_AWS_SIGV4, req->sigv4);
	if (req->login)
		curl_easy_setopt(e, CURLOPT_USERPWD, req->login);
	if (req->cert)
		curl_easy_setopt(e, CURLOPT_SSLCERT, req->cert);
	if (req->key)
		curl_easy_setopt(e, CURLOPT_SSLKEY, req->key);
	set_proxy(e, req);
	if (req->insecure) {
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (has_body(req))
		set_body(e, req, s);
	if (req->method && strcmp(req->method, "HEAD") == 0)
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	else if (req->method)
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, req->method);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, s);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, http_on_progress);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, s);
}

/* Headers and range of this try; the list lives until it is over. */
static struct curl_slist *
set_headers(const struct http_req *req, struct sink *s, const char *etag)
{
	CURL *e = s->h->easy;
	struct curl_slist *list = NULL;

	for (size_t i = 0; req->headers && req->headers[i]; i++)
		list = add_header(list, req->headers[i]);
	/* No wait for "100 Continue"; libcurl 7 would sign the empty header. */
	if (has_body(req) && !req->sigv4)
		list = add_header(list, "Expect:");
	if (s->fd < 0) {
		curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	} else if (s->have > 0 && !is_file(s)) {
		/* Not RESUME_FROM, which fails when the server starts over. */
		char *range = xasprintf("%llu-", (unsigned long long)s->have);

		curl_easy_setopt(e, CURLOPT_RANGE, range);
		free(range);
		if (etag && strncmp(etag, "W/", 2) != 0) {
			char *line = xasprintf("If-Range: %s", etag);

			list = add_header(list, line);
			free(line);
		}
	}
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, list);
	return list;
}

static bool
code_is_transient(CURLcode rc)
{
	switch (rc) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_GOT_NOTHING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_SSL_CONNECT_ERROR:
		return true;
	default:
		return false;
	}
}

/* libcurl's own words for a port where nobody listens are a riddle. */
static void
say_refused(struct verdict *v, const struct sink *s, CURLcode rc)
{
	long err = 0;

	if (rc == CURLE_COULDNT_CONNECT &&
	    curl_easy_getinfo(s->h->easy, CURLINFO_OS_ERRNO, &err) ==
		    CURLE_OK &&
	    err == ECONNREFUSED)
		(void)snprintf(v->text, sizeof(v->text), "connection refused");
}

static void
judge_code(struct verdict *v, const struct sink *s, CURLcode rc,
	   uint64_t deadline)
{
	const struct http_req *req = s->req;

	snprintf(v->text, sizeof(v->text), "%s", curl_words(s->h, req, rc));
	v->result = HTTP_FAILED;
	v->code = "E0802";
	v->again = false;
	v->untrusted = rc == CURLE_PEER_FAILED_VERIFICATION ||
		       rc == CURLE_SSL_CACERT_BADFILE;
	if (rc == CURLE_ABORTED_BY_CALLBACK) {
		v->result = HTTP_CANCELLED;
		v->code = "E0805";
		snprintf(v->text, sizeof(v->text), "interrupted");
	} else if (s->wrong_range && s->fd >= 0) {
		snprintf(v->text, sizeof(v->text),
			 "the server sent another range than requested");
	} else if (s->write_errno) {
		snprintf(v->text, sizeof(v->text), "cannot write the file: %s",
			 strerror(s->write_errno));
	} else if (s->fd < 0 && s->out->body.over) {
		snprintf(v->text, sizeof(v->text),
			 "the reply is over the limit of %zu bytes",
			 s->out->body.max);
	} else if (rc == CURLE_OPERATION_TIMEDOUT && deadline &&
		   mono_ms() >= deadline) {
		v->result = HTTP_TIMEOUT;
		v->code = "E0804";
	} else if (code_is_transient(rc)) {
		say_refused(v, s, rc);
		v->result = HTTP_UNREACHABLE;
		v->code = "E0801";
		v->again = true;
	}
}

static bool
status_is_transient(long status)
{
	return status == 408 || status == HTTP_TOO_MANY || status == 500 ||
	       status == 502 || status == 503 || status == 504;
}

/* Whether a 416 says that the file is whole already. */
static bool
file_is_whole(const struct sink *s)
{
	uint64_t total = 0;

	return s->out->status == 416 && s->range_total &&
	       parse_u64(s->range_total, UINT64_MAX, &total) == 0 &&
	       total == s->have;
}

static void
judge_status(struct verdict *v, struct sink *s)
{
	long status = s->out->status;

	v->result = HTTP_OK;
	v->again = status_is_transient(status);
	if (s->fd < 0 || status == 200 || status == 206 || file_is_whole(s))
		return;
	if (status == 416) {
		s->have = 0; /* it is not of this content */
		if (ftruncate(s->fd, 0) == 0)
			v->again = true;
	}
	v->result = HTTP_FAILED;
	v->code = "E0803";
	snprintf(v->text, sizeof(v->text), "the server answered %ld", status);
}

char *
http_header(const struct http *h, const char *name)
{
	CLEANUP(buf_done) struct buf all = BUF_INIT(LIM_HTTP_BODY);
	struct curl_header *one;
	size_t i = 0;

	while (!curl_easy_header(h->easy, name, i, CURLH_HEADER, -1, &one))
		buf_addf(&all, "%s%s", i++ ? ", " : "", one->value);
	return all.p ? buf_take(&all) : NULL;
}

static int64_t
last_date(const struct http *h, const char *name)
{
	CLEANUP(freep) char *text = http_header(h, name);
	time_t t = text ? curl_getdate(text, NULL) : 0;

	return t > 0 ? (int64_t)t : 0;
}

static void
one_try(struct sink *s, struct verdict *v, uint64_t deadline)
{
	CURL *e = s->h->easy;
	char *etag = TAKE(s->out->etag);
	struct curl_slist *list;
	uint64_t now = mono_ms();
	CURLcode rc;

	set_options(s->h, s->req, s);
	list = set_headers(s->req, s, etag);
	free(etag);
	if (deadline)
		curl_easy_setopt(e, CURLOPT_TIMEOUT_MS,
				 deadline > now ? (long)(deadline - now) : 1L);
	buf_reset(&s->out->body);
	s->placed = s->wrong_range = false;
	s->out->tries++;
	rc = curl_easy_perform(e);
	curl_slist_free_all(list);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, NULL);
	s->out->status = status_of(s);
	s->out->etag = http_header(s->h, "ETag");
	free(s->out->type);
	s->out->type = http_header(s->h, "Content-Type");
	s->out->modified = last_date(s->h, "Last-Modified");
	s->out->date = last_date(s->h, "Date");
	/* An empty answer has no body byte that would settle it. */
	if (rc == CURLE_OK && s->fd >= 0 && !s->placed && !place_body(s))
		rc = CURLE_WRITE_ERROR;
	if (rc != CURLE_OK)
		judge_code(v, s, rc, deadline);
	else
		judge_status(v, s);
}

/* --- the loop ------------------------------------------------------------ */

/* 50 to 100 % of the exponential step, so that many clients spread out. */
static unsigned
pause_ms(CURL *e, unsigned tries)
{
	uint64_t step = (uint64_t)PAUSE_FIRST_MS << (tries < 6 ? tries - 1 : 5);
	curl_off_t after = 0;
	uint16_t r = 0;

	curl_easy_getinfo(e, CURLINFO_RETRY_AFTER, &after);
	if (after > 0)
		return after < RETRY_AFTER_MS / 1000 ? (unsigned)after * 1000
						     : RETRY_AFTER_MS;
	if (step > PAUSE_MAX_MS)
		step = PAUSE_MAX_MS;
	if (getrandom(&r, sizeof(r), 0) < 0)
		r = 0;
	return (unsigned)(step / 2 + step / 2 * r / UINT16_MAX);
}

/* False when cancelled, or when the deadline would pass meanwhile. */
static bool
wait_between(const struct http_req *req, unsigned ms, uint64_t deadline)
{
	uint64_t until = mono_ms() + ms;

	if (deadline && until >= deadline)
		return false;
	for (uint64_t now = mono_ms(); now < until; now = mono_ms()) {
		uint64_t left = until - now < 100 ? until - now : 100;
		struct timespec t = { 0, (long)left * 1000000 };

		if (req->cancelled && req->cancelled(req->arg))
			return false;
		nanosleep(&t, NULL);
	}
	return true;
}

static enum http_result
http_report(const struct http_req *req, const struct verdict *v,
	    const struct http_reply *out, struct diags *ds)
{
	char *url = shown_url(req);

	diag_err(ds, v->code, "'%s': %s", url, v->text);
	if (v->untrusted)
		diag_hint(ds,
			  "for a company's own certificate authority, set "
			  "SSL_CERT_FILE or NODE_EXTRA_CA_CERTS to a PEM file");
	else if (out->tries > 1)
		diag_hint(ds,
			  "%u attempts failed; check the network, the proxy "
			  "settings and the server",
			  out->tries);
	if (v->result == HTTP_FAILED && out->body.n > 0 && !out->body.over &&
	    v->code && strcmp(v->code, "E0803") == 0)
		diag_detail(ds, out->body.p);
	free(url);
	return v->result;
}

static enum http_result
http_run(struct sink *s, struct diags *ds)
{
	const struct http_req *req = s->req;
	unsigned most = req->tries ? req->tries : may_repeat(req) ? 4 : 1;
	uint64_t deadline = req->total_ms ? mono_ms() + req->total_ms : 0;
	uint64_t before = s->have;
	struct verdict v = { 0 };

	for (unsigned left = most;;) {
		one_try(s, &v, deadline);
		/* A long download may break any number of times, as long as
		 * each try brings it on. */
		if (s->fd >= 0 && s->have > before)
			left = most;
		before = s->have;
		if (!v.again || --left == 0)
			break;
		trace("http: try %u failed: %s", s->out->tries,
		      v.result ? v.text : "overloaded");
		if (!wait_between(req, pause_ms(s->h->easy, s->out->tries),
				  deadline))
			break;
	}
	free(TAKE(s->range_total));
	if (v.result != HTTP_OK && req->cancelled && req->cancelled(req->arg)) {
		v.result = HTTP_CANCELLED;
		v.code = "E0805";
		snprintf(v.text, sizeof(v.text), "interrupted");
	}
	return v.result == HTTP_OK ? HTTP_OK : http_report(req, &v, s->out, ds);
}

enum http_result
http_send(struct http *h, const struct http_req *req, struct http_reply *out,
	  struct diags *ds)
{
	struct sink s = { .h = h, .req = req, .out = out, .fd = -1 };

	http_reply_done(out);
	buf_init(&out->body, req->max_body ? req->max_body : LIM_HTTP_BODY);
	return http_run(&s, ds);
}

enum http_result
http_expect_ok(const struct http_req *req, const struct http_reply *r,
	       struct diags *ds)
{
	char *url;

	if (r->status >= 200 && r->status < 300)
		return HTTP_OK;
	url = shown_url(req);
	diag_err(ds, "E0803", "'%s': the server answered %ld", url, r->status);
	free(url);
	if (r->body.n > 0) {
		char *start = xasprintf("%.*s", QUOTED_BODY, r->body.p);

		diag_detail(ds, start);
		free(start);
	}
	return HTTP_FAILED;
}

enum http_result
http_get(struct http *h, const struct http_req *req, struct http_reply *out,
	 struct diags *ds)
{
	enum http_result r = http_send(h, req, out, ds);

	return r == HTTP_OK ? http_expect_ok(req, out, ds) : r;
}

enum http_result
http_download(struct http *h, const struct http_req *req, int fd,
	      struct http_reply *out, struct diags *ds)
{
	struct sink s = { .h = h, .req = req, .out = out, .fd = fd };
	struct stat st;

	http_reply_done(out);
	buf_init(&out->body, ERROR_BODY_MAX);
	if (fstat(fd, &st) < 0) {
		diag_errno(ds, "E0802", "cannot stat the download's file");
		return HTTP_FAILED;
	}
	s.have = (uint64_t)st.st_size;
	return http_run(&s, ds);
}
