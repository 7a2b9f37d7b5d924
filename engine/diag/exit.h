#ifndef OPL2_ENGINE_DIAG_EXIT_H
#define OPL2_ENGINE_DIAG_EXIT_H

/* The process exit codes of opl2; listed in `opl2 --help` and the man page. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,      /* a resource failed */
	EXIT_CHANGES = 2,     /* -detailed-exitcode: changes are pending */
	EXIT_SPEC = 3,        /* usage or spec error, nothing was touched */
	EXIT_LOCKED = 4,      /* another run holds the lock */
	EXIT_STALE = 5,       /* plan is stale, or reality contradicts it */
	EXIT_DRIFT = 6,       /* -refresh-only -detailed-exitcode: drift */
	EXIT_UNEXPECTED = 7,  /* -expect-no-changes was violated */
	EXIT_INTERRUPTED = 8, /* interrupted, state saved, run again */
	EXIT_TIMEOUT = 9,
	EXIT_PREFLIGHT = 10, /* funds, RPC, ports, versions, keys */
	EXIT_STATE = 11,     /* state unreadable or from a newer release */
	EXIT_UNSURE = 12,    /* an operation in flight needs a human */
	EXIT_LEFT = 13,      /* destroy finished, protected items are left */
	EXIT_INTERNAL = 14   /* a defect in opl2 */
};

#endif
