#include "providers/clients/store/confine.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"

/* Of linux/landlock.h; headers may be older than the kernel that runs. */
#define FS_EXECUTE    (1u << 0)
#define FS_WRITE_FILE (1u << 1)
#define FS_REMOVE     (1u << 4 | 1u << 5) /* folders, files */
#define FS_MAKE_PLAIN                                                          \
	(1u << 7 | 1u << 8 | 1u << 12) /* folders, files, links                \
					*/
#define FS_MAKE_OTHERS (1u << 6 | 1u << 9 | 1u << 10 | 1u << 11)
#define FS_REFER       (1u << 13)          /* since ABI 2 */
#define FS_TRUNCATE    (1u << 14)          /* since ABI 3 */
#define NET_TCP        (1u << 0 | 1u << 1) /* bind, connect; since ABI 4 */

struct ruleset {
	uint64_t fs, net;
};

struct job {
	int rules;
	void (*fn)(void *arg);
	void *arg;
	bool confined;
};

/* What a ruleset handles is refused but where a rule allows it. -1: none. */
static int
make_rules(bool programs, bool net, uint64_t *writes)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset all;

	if (abi < 1)
		return -1;
	*writes = FS_WRITE_FILE | FS_REMOVE | FS_MAKE_PLAIN;
	if (abi >= 2)
		*writes |= FS_REFER;
	if (abi >= 3)
		*writes |= FS_TRUNCATE;
	all.fs = *writes | FS_MAKE_OTHERS | (programs ? 0 : FS_EXECUTE);
	all.net = !net && abi >= 4 ? NET_TCP : 0;
	return (int)syscall(SYS_landlock_create_ruleset, &all,
			    abi >= 4 ? sizeof(all) : sizeof(all.fs), 0);
}

static bool
allow(int rules, int dirfd, uint64_t access)
{
	struct landlock_path_beneath_attr below = { .allowed_access = access,
						    .parent_fd = dirfd };

	return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		       &below, 0) == 0;
}

static bool
restrict_self(int rules)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_landlock_restrict_self, rules, 0) == 0;
}

static void *
run_confined(void *arg)
{
	struct job *j = arg;

	j->confined = restrict_self(j->rules);
	j->fn(j->arg);
	return NULL;
}

bool
confine_run(int dirfd, void (*fn)(void *arg), void *arg)
{
	uint64_t writes = 0;
	CLEANUP(close_fdp) int rules = make_rules(false, false, &writes);
	struct job j = { .rules = rules, .fn = fn, .arg = arg };
	pthread_t t;

	if (rules < 0 || (dirfd >= 0 && !allow(rules, dirfd, writes)) ||
	    pthread_create(&t, NULL, run_confined, &j)) {
		fn(arg);
		return false;
	}
	pthread_join(t, NULL);
	return j.confined;
}

static bool
allow_path(int rules, const char *path, uint64_t access)
{
	CLEANUP(close_fdp) int fd = open(path, O_PATH | O_CLOEXEC);

	return fd >= 0 && allow(rules, fd, access);
}

bool
confine_self(const char *const *folders, size_t n, bool net)
{
	uint64_t writes = 0;
	CLEANUP(close_fdp) int rules = make_rules(true, net, &writes);

	if (rules < 0 || !allow_path(rules, "/dev", FS_WRITE_FILE))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!allow_path(rules, folders[i], writes))
			return false;
	return restrict_self(rules);
}
