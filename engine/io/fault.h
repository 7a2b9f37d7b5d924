#ifndef OPL2_ENGINE_IO_FAULT_H
#define OPL2_ENGINE_IO_FAULT_H

/*
 * Named crash points, compiled in only with -DOPL2_FAULTS. OPL2_FAULT=name[:n]
 * makes the n-th pass (default the first) of that point kill the process with
 * SIGKILL, as a power cut would; OPL2_FAULT_LOG=file lists every point passed.
 */
#ifdef OPL2_FAULTS
void fault_point(const char *name);
#define FAULT(name) fault_point(name)
#else
#define FAULT(name) ((void)0)
#endif

#endif
