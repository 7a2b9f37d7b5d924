#ifndef OPL2_PROVIDERS_CLIENTS_EVM_REVERT_NOTE_H
#define OPL2_PROVIDERS_CLIENTS_EVM_REVERT_NOTE_H

/*
 * What the bridge's contracts mean when they revert, for people. Reasons are
 * those of abi_revert_reason(): custom errors by name, texts as they are.
 */
struct revert_note {
	const char *match; /* the part of the reason that it is known by */
	const char *why;   /* lower case, no full stop */
	const char *hint;  /* an action; NULL when there is none */
};

/* The note on a reason, or on any text that quotes one; NULL: not known. */
const struct revert_note *revert_note(const char *reason);

#endif
