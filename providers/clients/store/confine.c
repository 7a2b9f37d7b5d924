#include "providers/clients/store/confine.h"

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

static int
make_rules(int dirfd)
{
	struct landlock_path_beneath_attr below = { .parent_fd = dirfd };
	struct ruleset all = { 0 };
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);
	int rules;

	if (abi < 1)
		return -1;
	below.allowed_access = FS_WRITE_FILE | FS_REMOVE | FS_MAKE_PLAIN;
	if (abi >= 2)
		below.allowed_access |= FS_REFER;
	if (abi >= 3)
		below.allowed_access |= FS_TRUNCATE;
	all.fs = below.allowed_access | FS_EXECUTE | FS_MAKE_OTHERS;
	all.net = abi >= 4 ? NET_TCP : 0;
	rules = (int)syscall(SYS_landlock_create_ruleset, &all,
			     abi >= 4 ? sizeof(all) : sizeof(all.fs), 0);
	if (rules >= 0 && dirfd >= 0 &&
	    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		    &below, 0)) {
		close(rules);
		return -1;
	}
	return rules;
}

static void *
run_confined(void *arg)
{
	struct job *j = arg;

	j->confined = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		      syscall(SYS_landlock_restrict_self, j->rules, 0) == 0;
	j->fn(j->arg);
	return NULL;
}

bool
confine_run(int dirfd, void (*fn)(void *arg), void *arg)
{
	CLEANUP(close_fdp) int rules = make_rules(dirfd);
	struct job j = { .rules = rules, .fn = fn, .arg = arg };
	pthread_t t;

	if (rules < 0 || pthread_create(&t, NULL, run_confined, &j)) {
		fn(arg);
		return false;
	}
	pthread_join(t, NULL);
	return j.confined;
}
