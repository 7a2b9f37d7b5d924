#ifndef OPL2_PROVIDERS_CLIENTS_OCI_ELF_H
#define OPL2_PROVIDERS_CLIENTS_OCI_ELF_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/* What a program or library of 64 bits, little-endian, wants of its loader:
 * elf(5). The file is read where it says, and nowhere beyond. */
struct elf {                /* strings of the arena */
	uint16_t machine;   /* EM_X86_64 ... */
	const char *interp; /* its loader, or NULL */
	const char **needed;
	size_t nneeded;
	const char *paths; /* DT_RUNPATH or else DT_RPATH, or NULL */
};

/* 0; 1 when it is not such a file, without a diagnostic; -1 with E1321 when it
 * cannot be read. */
int elf_read(struct arena *a, const char *path, struct elf *out,
	     struct diags *ds) MUST_CHECK;

/* As images name the machine ("amd64"), and where Debian has its libraries;
 * NULL when it is none of those that are known. */
const char *elf_architecture(uint16_t machine);
const char *elf_triplet(uint16_t machine);

#endif
