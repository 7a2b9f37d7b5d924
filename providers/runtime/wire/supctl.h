#ifndef OPL2_PROVIDERS_RUNTIME_WIRE_SUPCTL_H
#define OPL2_PROVIDERS_RUNTIME_WIRE_SUPCTL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>
#include <jansson.h>

#include "engine/diag/diag.h"

/*
 * The supervisor's protocol and its client.
 *
 * One opl2-supervise runs per chain, for one .opl2 directory; it listens on
 * .opl2/run/supervise.sock and talks frames (engine/io/frame.h). Both the
 * front end and the workers use this client; it needs neither curl nor a
 * thread.
 *
 * A request is {"op", "id", ...}; its reply {"id", "ok":true, ...}, with
 * warnings as "diags", or {"id", "ok":false, "diags":[...]} (diag_to_json).
 * While a request waits, events {"id", "event":"progress", "name", "state",
 * "text"} come before it.
 *
 *   hello      {version}          -> {version, program, pid, watchdog_pid}
 *   put        {name, def, secrets, hold}  defines or redefines; starts
 *                                    nothing, and what runs keeps running by
 *                                    its old definition
 *   secrets    {secrets}             values for tokens, for every process
 *   start      {names}               desired state up; releases the hold
 *   stop       {names, hold, force}  waits until all are down
 *   restart    {names, force}        stop, then start; waits until it is down
 *   wait_ready {names, timeout_ms}   waits until all are ready; the first
 *                                    that failed ends it
 *   wait_gate  {names, timeout_ms, above}  one name; waits until it is ready
 *                                    and the probes of its gate held; above:
 *                                    for each probe what it said before, or
 *                                    null (for one that passes); false: any
 *                                    answer will do
 *   hold       {names, on}           only sets or clears the hold
 *   pause      {names, on, timeout_ms}  waits until it is so (0: as long as
 *                                    it takes); kept until asked otherwise
 *   remove     {names}               forgets; only what is down
 *   status     {names}            -> {procs:[...], supervisor:{...}}
 *   upgrade    {path}                re-execs that program in place, once it
 *                                    was seen to run; the old one goes on
 *                                    when it does not
 *   suspend    {}                    stops all, and waits; what is desired
 *                                    stays as it is, for a next supervisor;
 *                                    shutdown should follow
 *   shutdown   {}                    supervisor and watchdog end; what runs
 *                                    runs on and is adopted by the next one
 * "names" absent or empty means all. stop, restart and wait_ready are
 * cancelled by closing the connection: what was asked for still happens.
 *
 * Definition (def), a duration being a number of ms; what each part means is
 * in providers/runtime/process_def.h:
 *   command       [string]
 *   env           {NAME: string or token}
 *   dir           string
 *   log           {path, max_bytes, keep}
 *   ports         [{name, port}]
 *   depends, bound_to  [name]
 *   prepare       [{unless, command: [string], unpack: {path.gz: path},
 *                  clean: [name]}]
 *   start_when, ready  [probe]
 *   ready_timeout ms
 *   stop          [{"rpc":{url,method,params,timeout: ms}} |
 *                  {"signal":"INT|TERM|...","grace": ms}]
 *   stop_order    integer
 *   restart       {policy: "always"|"never", min_ms, max_ms, limit,
 *                  window_ms}
 *   gate          {probes, same}
 *   fatal, hangs  [{log, reason}]
 *   pause         {steps, resume: [{rpc, or_error}], args: [string],
 *                  when_down: [probe], after: ms, kill_after: ms}
 *   failover      {group, env: {NAME: list}, when: {log: [text], times,
 *                  within: ms}}
 *   triggers, note  any
 * probe:
 *   {"rpc":{url,method,params,at,
 *          equals|at_least|age_below|grows|passes,timeout}}
 *   {"http":{url,status,timeout}}
 *   {"tcp":{host,port,timeout}}
 * Strings in env and the url of rpc and http may be secret tokens
 * (providers/clients/tools/secret.h).
 *
 * Status of a process: as process_status_encode() has it.
 */
#define SUPCTL_VERSION  1
#define SUPCTL_SOCK_DIR "run"
#define SUPCTL_SOCK     "supervise.sock"

/* Who speaks this protocol, for a state folder. */
struct supctl_server {
	const char *socket;  /* in .opl2/run */
	const char *program; /* of $OPL2_LIBEXEC, beside this program or in
				../libexec/opl2; it gets --dir=.opl2 and ends
				with status 0 when it listens */
	const char *mode;    /* its first argument, or NULL */
	const char *title;   /* "the supervisor" */
	int64_t silence_ms;  /* for what needs no waiting; 0: no limit */
};
extern const struct supctl_server supctl_local; /* opl2-supervise */

/* The address of a socket in a folder that is open as dir, whose path may be
 * longer than an address. */
void supctl_address(int dir, const char *socket, struct sockaddr_un *out);

struct supctl; /* one connection */

/* Connects. 0, or 1 when none is running (no diagnostic), or -1: E1150 when one
 * is there that answers nothing within its time. state_dir is the absolute
 * .opl2. */
int supctl_connect(const struct supctl_server *who, const char *state_dir,
		   struct supctl **out, struct diags *ds);
/* Connects, starting it first when none is running. */
int supctl_ensure(const struct supctl_server *who, const char *state_dir,
		  struct supctl **out, struct diags *ds);
void supctl_close(struct supctl *s);   /* NULL is fine */
void supctl_closep(struct supctl **s); /* for CLEANUP */

/* Called for each event; a true return gives up waiting. text may be "". */
typedef bool (*supctl_event_fn)(void *arg, const char *name, const char *state,
				const char *text);

/* Sends op with args (an object or NULL, borrowed), waits for the reply and
 * returns it in *out (new reference) when out is given. -1 with the
 * supervisor's diagnostics. fn may be NULL. It is also called about four
 * times a second with name NULL while nothing happens, so that the caller can
 * look for a cancellation; when it gives up the result is 1 and the
 * connection is closed: only supctl_close may follow. What needs no waiting
 * (status, put, start ...) has the server's silence_ms, then it is E1150. */
int supctl_call(struct supctl *s, const char *op, const json_t *args,
		supctl_event_fn fn, void *arg, json_t **out, struct diags *ds);

#endif
