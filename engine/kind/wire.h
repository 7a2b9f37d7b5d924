#ifndef OPL2_ENGINE_KIND_WIRE_H
#define OPL2_ENGINE_KIND_WIRE_H

/*
 * What engine and worker say to each other: frames (engine/io/frame.h) over
 * one socketpair per worker, which the worker has as WIRE_FD. One operation
 * at a time.
 *
 * worker -> engine, once:
 *   {"type":"hello","protocol":WIRE_PROTOCOL,"version":"0.1.0"}
 * engine -> worker:
 *   {"type":"env", chain, spec_dir, state_dir, store_dir, secrets,
 *    registries, mirrors, limits, apply, locked, shared}     once, before any
 * op
 *   {"type":"op","op":"read|create|update|remove|recover|import|cost|needs|action","addr","kind",
 *    "name","config","prior_config","prior","planned","priv","token","lock",
 *    "delete_data","force","accept","files","refs","later","timeout_ms"}
 *    refs: what whole fields of the spec refer to, {"/FIELD": ADDRESS}
 *    later: addresses of what depends on it and is changed after it
 *    an action (providers/actions/action.h) has its name as "kind" and "addr"
 *   {"type":"ok"}                                    answers intend, pgroup,
 *                                                    keep
 *   {"type":"cancel"}                                at any time
 * worker -> engine, during an op:
 *   {"type":"progress","text"}
 *   {"type":"early","attrs"}          some attributes, as they will be
 *   {"type":"intend","token"}         waits for ok; the engine has fsynced
 *   {"type":"pgroup","pgid","start"}  waits for ok
 *   {"type":"keep","path","from"}     waits for ok; the file below the state
 *                                     folder is durable in the shared state,
 *                                     from that byte on (-1: all of it)
 *   {"type":"pgroup_end","pgid"}
 *   {"type":"diag", ...}              engine/diag/diag.h, diag_to_json
 *   {"type":"done","outcome":"ok|gone|partial|unsure|retry|fail|
 *    unreachable|cancelled|later","attrs","priv","lock","down",
 *    "waited_ms"}
 * End of stream tells a worker to stop its children and exit; a worker that
 * dies fails its operation (a `once` one becomes incomplete).
 */
#define WIRE_PROTOCOL 1
#define WIRE_FD       3
/* The run's lock, which the worker holds as long as it lives. */
#define WIRE_LOCK_FD 4

#endif
