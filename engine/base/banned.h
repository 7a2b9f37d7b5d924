#ifndef OPL2_BASE_BANNED_H
#define OPL2_BASE_BANNED_H

/*
 * Force-included before every file: functions that invite overflow, hidden
 * global state or unchecked errors do not compile. The standard headers come
 * first, or their own prototypes would declare the poison names.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BANNED(f) sorry_##f##_is_banned_here
#undef strcpy
#define strcpy BANNED(strcpy)
#undef strcat
#define strcat BANNED(strcat)
#undef strncpy
#define strncpy BANNED(strncpy)
#undef strncat
#define strncat BANNED(strncat)
#undef sprintf
#define sprintf BANNED(sprintf)
#undef vsprintf
#define vsprintf BANNED(vsprintf)
#undef strtok
#define strtok BANNED(strtok)
#undef atoi
#define atoi BANNED(atoi)
#undef atol
#define atol BANNED(atol)
#undef strtol
#define strtol BANNED(strtol)
#undef strtoul
#define strtoul BANNED(strtoul)
#undef sscanf
#define sscanf BANNED(sscanf)
#undef localtime
#define localtime BANNED(localtime)
#undef gmtime
#define gmtime BANNED(gmtime)
#undef system
#define system BANNED(system)
#undef tmpnam
#define tmpnam BANNED(tmpnam)
#undef mktemp
#define mktemp BANNED(mktemp)
#undef gets
#define gets BANNED(gets)

#endif
