#ifndef OPL2_STATE_SHARED_WIRE_H
#define OPL2_STATE_SHARED_WIRE_H

/*
 * What a command and the keeper of a shared state, `opl2-worker --keep`, say to
 * each other: frames (engine/io/frame.h) over a socketpair that the keeper has
 * as descriptor 0. The keeper has the network, renews the lease while the
 * command is busy, and ends with it.
 *
 * command -> keeper, one at a time:
 *   {"do":"open", backend, encryption, chain, spec_dir, state_dir,
 *    store_dir}                                                    first
 *   {"do":"pull"}                 the copy is brought up to date
 *   {"do":"acquire", command, since, reseals}
 *   {"do":"commit","files":[[PATH, FROM, TO], ...]}   shared_write
 *   {"do":"renew"}
 *   {"do":"holder"}
 *   {"do":"release"}
 *   {"do":"adopt"}                the folder's state becomes the shared one
 *   {"do":"leave"}                the shared one is elsewhere from now on
 *   {"do":"reseal"}               all is sealed with the spec's key
 *   {"do":"unlock", id}
 * keeper -> command, once for each:
 *   {"ok":bool, "diags":[...]}    engine/io/diag_json.h; warnings with ok too
 *   and "moved":{OLD: NEW} of pull and acquire (backend.h),
 *   and "resealed":{objects,bytes,removed} of reseal, when it did something,
 *   and "holder":{id,host,command,since,pid,ended} of holder, and of acquire
 *   when somebody holds it (ok is false then, without an error)
 */
#define KEEPER_ARG "--keep"

#endif
