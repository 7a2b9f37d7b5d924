#ifndef OPL2_UI_UI_H
#define OPL2_UI_UI_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "cmd/server/server.h"
#include "engine/io/ring.h"

/*
 * opl2-ui: the page of a chain. Three threads:
 *
 *	main      looks at the processes every two seconds (`opl2 status`)
 *	chain     looks at all of the chain (`opl2 ui -json`), which may hang as
 *		  long as an endpoint does, and adds to the history
 *	MHD's own answers requests
 *
 * `lock` is held for what they share, and never while a child runs.
 */
#define UI_TEXT_MAX  (16u << 20)
#define UI_TOKEN_MIN 16 /* bytes of a token that cannot be guessed */

struct listener; /* of /events */
struct waiter;

/* Something that opl2 is asked for when somebody wants it. */
struct ask {
	struct ui *u;
	const char *const *argv;
	unsigned timeout_ms;
	/* Under the lock of ui: */
	pthread_t thread;
	bool begun, runs;
	struct buf out, why; /* of the newest answer */
	int status;
	int64_t at; /* Unix time */
	struct waiter *waiters;
};

struct ui {
	char *opl2;
	bool local;        /* it listens at a loopback address */
	bool quiet;        /* a terminal reads along: the log tells failures */
	bool has_token;    /* requests must have it */
	uint8_t token[32]; /* its SHA-256 */
	atomic_bool cancel;

	pthread_mutex_t lock;
	json_t *seen;         /* providers/page/page.h; NULL: nothing yet */
	char *trouble;        /* why the last look failed, or NULL */
	int64_t processes_at; /* Unix time of the newest look at them */
	bool missed;          /* the newest attempt at one failed */
	uint64_t version;     /* of what a page shows */
	uint64_t beats;       /* that listeners were told that we live */
	uint64_t asked_ms;    /* when somebody last wanted the page */
	struct listener *listeners;
	size_t nlisteners;
	struct ask graph, plan;

	pthread_cond_t hurry; /* the chain has to be looked at now */
	bool hurried;
	bool has_ring;
	struct ring ring; /* under the lock as well */
};

/* ask.c, with the lock held but for the last two. 1: there is an answer for
 * this request; 0: it is called again when there is one; -1: there will be
 * none. */
int ask(struct ask *a, struct MHD_Connection *c);
/* The request is over. */
void ask_forget(struct ask *a, const struct MHD_Connection *c);
/* Waits until the thread has ended, for which `cancel` is set; before and after
 * MHD has been stopped. */
void ask_end(struct ask *a);
void ask_done(struct ask *a);

/* collect.c. The first begins the thread of the chain's looks. */
int collect_start(struct ui *u, pthread_t *thread, struct diags *ds);
void collect_processes(struct ui *u);
/* Somebody looks at the page, or did a moment ago. The lock is held. */
bool collect_watched(const struct ui *u);

/* events.c: server-sent events. */
enum MHD_Result events_answer(struct ui *u, struct MHD_Connection *c);
/* Tells all; the lock is held. */
void events_wake(struct ui *u);

/* guard.c: may this request be answered? Else the status that refuses it. */
unsigned guard_check(const struct ui *u, struct MHD_Connection *c);
int guard_load_token(struct ui *u, const char *path, struct diags *ds);

/* serve.c */
struct MHD_Daemon *ui_serve(struct ui *u, const char *host, uint16_t *port,
			    struct diags *ds);
/* The headers of each answer, and those given: names and values in turn, NULL
 * at the end. */
void serve_headers(struct MHD_Response *r, const char *type);

#endif
