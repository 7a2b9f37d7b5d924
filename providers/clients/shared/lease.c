#include "providers/clients/shared/lease.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/pid.h"
#include "engine/io/jx.h"

/* Where a pid means one process: a boot and a namespace of pids. Machines made
 * of one image may share /etc/machine-id, and containers of one machine do. */
static void
pid_space(char out[96])
{
	char boot[40], ns[48] = "";

	boot_id_read(boot);
	if (readlink("/proc/self/ns/pid", ns, sizeof(ns) - 1) < 0)
		*boot = '\0';
	snprintf(out, 96, "%s%s", *boot ? boot : "", *boot ? ns : "");
}

/* It lives nowhere: it was here, and is not any more. */
static bool
has_ended(const json_t *j)
{
	char here[96];
	pid_t pid = (pid_t)jx_int(j, "pid", 0);

	pid_space(here);
	return *here && pid > 0 &&
	       strcmp(here, jx_str(j, "machine", "")) == 0 &&
	       (int64_t)pid_born(pid) != jx_int(j, "born", 0);
}

int
lease_look(struct lease *l, struct lease_seen *out, struct diags *ds)
{
	CLEANUP(object_done) struct object o = OBJECT_INIT;
	CLEANUP(put_json) json_t *j = NULL;
	bool stale;

	*out = (struct lease_seen){ 0 };
	switch (l->o->ops->get(l->o, "lease", &o, ds)) {
	case OBJECT_OK:
		break;
	case OBJECT_NONE:
		return 0;
	default:
		return -1;
	}
	out->there = true;
	out->version = o.version;
	j = jx_parse(buf_str(&o.data), o.data.n, "lease", NULL);
	snprintf(out->id, sizeof(out->id), "%s", jx_str(j, "id", ""));
	snprintf(out->host, sizeof(out->host), "%s", jx_str(j, "host", ""));
	snprintf(out->command, sizeof(out->command), "%s",
		 jx_str(j, "command", ""));
	snprintf(out->since, sizeof(out->since), "%s", jx_str(j, "since", ""));
	out->pid = jx_int(j, "pid", 0);
	out->ended = has_ended(j);
	stale = o.now && o.modified && o.now - o.modified > LEASE_TTL_S;
	out->held =
		j && !jx_bool(j, "released", false) && !stale && !out->ended;
	return 0;
}

static enum object_result
put_lease(struct lease *l, bool released, const struct object_version *expect,
	  struct diags *ds)
{
	char host[256] = "", here[96];
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;
	enum object_result rc;

	if (gethostname(host, sizeof(host) - 1) < 0)
		*host = '\0';
	pid_space(here);
	j = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:I, s:b}", "id",
		      l->id, "host", host, "machine", here, "pid",
		      (json_int_t)getppid(), "born",
		      (json_int_t)pid_born(getppid()), "command", l->command,
		      "since", l->since, "beat", (json_int_t)l->beat++,
		      "released", released);
	text = jx_dump_line(j);
	rc = objects_put_sure(l->o, "lease", text, strlen(text), expect,
			      &l->version, ds);
	if (rc == OBJECT_OK)
		l->renewed = boot_ms();
	return rc;
}

int
lease_take(struct lease *l, const struct lease_seen *seen, struct diags *ds)
{
	random_hex(l->id, 16);
	switch (put_lease(l, false, &seen->version, ds)) {
	case OBJECT_OK:
		return 0;
	case OBJECT_CONFLICT:
		*l->id = '\0';
		return 1;
	default:
		*l->id = '\0';
		return -1;
	}
}

static int
taken(const struct lease *l, struct diags *ds)
{
	diag_err(ds, "E0515", "%s: another run has taken the lease",
		 l->o->name);
	diag_hint(ds, "this run stops; `opl2 plan` shows what the other did");
	return 1;
}

int
lease_confirm(struct lease *l, struct diags *ds)
{
	CLEANUP(object_done) struct object o = OBJECT_INIT;

	switch (l->o->ops->get(l->o, "lease", &o, ds)) {
	case OBJECT_OK:
		return strcmp(o.version.text, l->version.text) == 0
			       ? 0
			       : taken(l, ds);
	case OBJECT_NONE:
		return taken(l, ds);
	case OBJECT_UNREACHABLE:
		return 2;
	default:
		return -1;
	}
}

int
lease_renew(struct lease *l, struct diags *ds)
{
	const struct object_version mine = l->version;

	switch (put_lease(l, false, &mine, ds)) {
	case OBJECT_OK:
		return 0;
	case OBJECT_CONFLICT:
		return taken(l, ds);
	case OBJECT_UNREACHABLE:
		return 2;
	default:
		return -1;
	}
}

bool
lease_is_over(const struct lease *l)
{
	return boot_ms() - l->renewed >= LEASE_TTL_S * 1000u;
}

bool
lease_is_due(const struct lease *l)
{
	return boot_ms() - l->renewed >= LEASE_RENEW_S * 1000u;
}

void
lease_give_back(struct lease *l)
{
	const struct object_version mine = l->version;
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	if (*l->id)
		(void)put_lease(l, true, &mine, &ignored);
	*l->id = '\0';
}
