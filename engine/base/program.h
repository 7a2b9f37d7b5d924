#ifndef OPL2_BASE_PROGRAM_H
#define OPL2_BASE_PROGRAM_H

#include "engine/base/diag.h"

/* The folder that the running program is in; malloc'd, NULL when the kernel
 * does not say. */
char *program_dir(void);

/* Path of a program that is installed with this one: in $OPL2_LIBEXEC, beside
 * this program, or in ../libexec/opl2. malloc'd; NULL with E0917. */
char *program_beside(const char *name, struct diags *ds);

#endif
