#ifndef OPL2_BASE_PROGRAM_H
#define OPL2_BASE_PROGRAM_H

#include "engine/diag/diag.h"

/* Path of the running program, and the folder that it is in; malloc'd, NULL
 * when the kernel does not say. */
char *program_self(void);
char *program_dir(void);

/* Path of a program that is installed with this one: in $OPL2_LIBEXEC, beside
 * this program, or in ../libexec/opl2. malloc'd; NULL when there is none, of
 * program_beside() with E0917. */
char *program_find(const char *name);
char *program_beside(const char *name, struct diags *ds);

#endif
