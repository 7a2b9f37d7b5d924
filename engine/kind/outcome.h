#ifndef OPL2_ENGINE_KIND_OUTCOME_H
#define OPL2_ENGINE_KIND_OUTCOME_H

/* How an operation of a kind ended; the contract is in
 * providers/kinds/effect.h. Every outcome but OC_OK and OC_GONE comes with at
 * least one error diag. */
enum outcome {
	OC_OK,          /* done; out holds the complete object */
	OC_GONE,        /* read: the object does not exist */
	OC_PARTIAL,     /* begun; recorded as incomplete, the next apply
			   continues it with create() */
	OC_UNSURE,      /* may have happened: a human must look (exit 12) */
	OC_RETRY,       /* nothing happened; the engine may try again */
	OC_FAIL,        /* nothing happened; do not try again */
	OC_UNREACHABLE, /* read: could not tell; never taken for gone */
	OC_CANCELLED,   /* stopped at a safe place because asked to */
	OC_LATER        /* nothing happened, for want of what may come while
			   other work goes on: asked again, and a failure when
			   nothing else goes on */
};

/* By value of the enum; the words on the wire. */
#define OUTCOME_NAMES                                                          \
	{                                                                      \
		"ok", "gone", "partial", "unsure", "retry", "fail",            \
			"unreachable", "cancelled", "later"                    \
	}

#endif
