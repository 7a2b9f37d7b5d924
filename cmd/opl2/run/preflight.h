#ifndef OPL2_RUN_PREFLIGHT_H
#define OPL2_RUN_PREFLIGHT_H

#include "cmd/opl2/run/session.h"

/*
 * Says all that this machine lacks for a plan, in one go and before anything of
 * it is done: programs (E0439), settings of clients (E0701), ports (E0466),
 * disk space (E0467), rights where processes run (E1302); and what a chain
 * lacks: the deployer (E0864). A port may be free again when it is wanted: as
 * long as nothing is about to be done it is a warning (W0466). -1 when there is
 * an error.
 */
int preflight(struct session *s, bool about_to_act);

/* debian.c: Debian's package of a program, or NULL. */
const char *debian_package(const char *program);

#endif
