#ifndef OPL2_PROVIDERS_CLIENTS_OBJECTS_AWS_LOGIN_H
#define OPL2_PROVIDERS_CLIENTS_OBJECTS_AWS_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/diag/diag.h"
#include "providers/clients/http/http.h"

/*
 * Who we are to AWS and to servers that speak like it, found as its own tools
 * find it ("AWS SDKs and Tools Reference Guide", credential provider chain):
 * the environment, a web identity (AWS_WEB_IDENTITY_TOKEN_FILE and
 * AWS_ROLE_ARN, of a CI job or a pod), the profile AWS_PROFILE in
 * ~/.aws/credentials and ~/.aws/config, a container's credentials, and those of
 * a machine (IMDSv2, which is asked for a second only).
 */
struct aws_login {
	char *id, *secret;
	char *token;     /* of a session, or NULL */
	char *region;    /* of the environment or the profile, or NULL */
	char *endpoint;  /* the same, of S3 */
	int64_t expires; /* seconds since 1970; 0: never */
};

/* -1 with E0532 (nothing found) or what went wrong. */
int aws_login_find(struct http *http, const char *region, struct aws_login *out,
		   struct diags *ds);
void aws_login_done(struct aws_login *l);
/* Will it end within a minute? */
bool aws_login_ends(const struct aws_login *l);
/* Region and endpoint alone; no secret is looked for. */
void aws_settings(struct aws_login *out);

#endif
