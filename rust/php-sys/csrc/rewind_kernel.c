/*
 * What the kernel keeps for a process besides its memory: put back where one
 * call does that exactly, compared everywhere else.
 */
#define _GNU_SOURCE
#include "rewind.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>

#define ASKR_CAPABILITY_SYS_ADMIN 21
/* PR_GET_MEMORY_MERGE of Linux 6.4. */
#define ASKR_GET_MEMORY_MERGE 68

/* ---- who it is, what it may use, how it behaves ---- */

static void askr_identify(askr_identity *identity)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

	memset(identity, 0, sizeof(*identity));
	getresuid(&identity->users[0], &identity->users[1], &identity->users[2]);
	getresgid(&identity->groups[0], &identity->groups[1], &identity->groups[2]);
	identity->group_count = getgroups(ASKR_GROUPS_MAX, identity->other_groups);
	syscall(SYS_capget, &header, identity->capabilities);
}

static void askr_weigh(askr_shares *shares)
{
	memset(shares, 0, sizeof(*shares));
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		getrlimit(i, &shares->limits[i]);
	}
	shares->nice = getpriority(PRIO_PROCESS, 0);
	shares->io_priority = (int) syscall(SYS_ioprio_get, 1, 0);
	shares->policy = sched_getscheduler(0);
	syscall(SYS_sched_getparam, 0, &shares->priority);
	syscall(SYS_sched_getaffinity, 0, sizeof(shares->processors), shares->processors);
}

static const int askr_process_words[] = {
	PR_GET_DUMPABLE, PR_GET_KEEPCAPS, PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_GET_SECUREBITS,
	PR_GET_TIMERSLACK, PR_GET_THP_DISABLE, ASKR_GET_MEMORY_MERGE,
};

static const char *const askr_spaces[] = {
	"cgroup", "ipc", "mnt", "net", "pid_for_children", "time_for_children", "user", "uts",
};

/* `spaces` is the folder of its namespaces, or -1 where it cannot change them. */
static void askr_observe(askr_manners *manners, int tasks, int spaces)
{
	struct stat status;
	stack_t stack;

	memset(manners, 0, sizeof(*manners));
	manners->group = getpgid(0);
	manners->session = getsid(0);
	manners->personality = (unsigned long) personality(0xffffffff);
	for (size_t i = 0; i < sizeof(askr_process_words) / sizeof(askr_process_words[0]); i++) {
		manners->words[i] = prctl(askr_process_words[i], 0, 0, 0, 0);
	}
	prctl(PR_GET_PDEATHSIG, &manners->death_signal, 0, 0, 0);
	prctl(PR_GET_CHILD_SUBREAPER, &manners->is_reaper, 0, 0, 0);
	prctl(PR_GET_NAME, manners->name, 0, 0, 0);
	if (sigaltstack(NULL, &stack) == 0) {
		manners->signal_stack = stack.ss_sp;
		manners->signal_stack_bytes = stack.ss_size;
		manners->signal_stack_flags = stack.ss_flags;
	}
	if (fstat(tasks, &status) == 0) {
		manners->threads = status.st_nlink;
	}
	if (stat("/", &status) == 0) {
		manners->root_device = status.st_dev;
		manners->root_inode = status.st_ino;
	}
	for (size_t i = 0; spaces >= 0 && i < sizeof(askr_spaces) / sizeof(askr_spaces[0]); i++) {
		manners->spaces[i] = fstatat(spaces, askr_spaces[i], &status, 0) == 0 ? status.st_ino : 0;
	}
}

/* ---- signals and timers ---- */

static void askr_read_action(int number, askr_signal_action *action)
{
	memset(action, 0, sizeof(*action));
	syscall(SYS_rt_sigaction, number, NULL, action, ASKR_SIGNALS / 8);
}

static void askr_return_actions(const askr_signal_action *actions)
{
	askr_signal_action now;

	for (int i = 1; i <= ASKR_SIGNALS; i++) {
		askr_read_action(i, &now);
		if (memcmp(&now, &actions[i], sizeof(now)) != 0) {
			syscall(SYS_rt_sigaction, i, &actions[i], NULL, ASKR_SIGNALS / 8);
		}
	}
}

/* Disarmed, and what one has sent in the meantime is gone. The caller has blocked
 * all signals. */
static void askr_stop_timers(void)
{
	static const struct timespec at_once;
	static const int timers[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
	struct itimerval none = {0};
	sigset_t sent;

	for (int i = 0; i < 3; i++) {
		setitimer(timers[i], &none, NULL);
	}
	sigpending(&sent);
	if (sigismember(&sent, SIGALRM) || sigismember(&sent, SIGVTALRM) || sigismember(&sent, SIGPROF)) {
		sigemptyset(&sent);
		sigaddset(&sent, SIGALRM);
		sigaddset(&sent, SIGVTALRM);
		sigaddset(&sent, SIGPROF);
		while (sigtimedwait(&sent, NULL, &at_once) > 0) {
		}
	}
}

/* timer_create() is not for PHP code; an extension may use it. */
static bool askr_has_timers(int timers)
{
	char byte;

	return pread(timers, &byte, 1, 0) != 0;
}

/* ---- descriptors ---- */

static bool askr_describe(int number, askr_descriptor *descriptor)
{
	struct stat status;

	memset(descriptor, 0, sizeof(*descriptor));
	if (fstat(number, &status) == -1) {
		return false;
	}
	descriptor->number = number;
	descriptor->flags = fcntl(number, F_GETFD);
	descriptor->status = fcntl(number, F_GETFL);
	descriptor->mode = status.st_mode & S_IFMT;
	descriptor->device = status.st_dev;
	descriptor->inode = status.st_ino;
	return true;
}

static int askr_compare_descriptors(const void *a, const void *b)
{
	return ((const askr_descriptor *) a)->number - ((const askr_descriptor *) b)->number;
}

/* In rising order; false when they cannot be listed, or are too many. */
static bool askr_list_descriptors(askr_descriptor *descriptors, size_t *count)
{
	DIR *folder = opendir("/proc/self/fd");
	bool is_whole = folder != NULL;
	struct dirent *entry;

	*count = 0;
	while (is_whole && (entry = readdir(folder))) {
		int number = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && number != dirfd(folder)) {
			is_whole = *count < ASKR_DESCRIPTORS_MAX && askr_describe(number, &descriptors[*count]);
			*count += is_whole;
		}
	}
	if (folder) {
		closedir(folder);
	}
	qsort(descriptors, *count, sizeof(*descriptors), askr_compare_descriptors);
	return is_whole;
}

/* What is not one of those is closed; a lock that the process has put on one of
 * them is taken away, as its end would. */
static const char *askr_return_descriptors(const askr_surroundings *surroundings)
{
	struct flock nothing = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
	askr_descriptor now;
	unsigned int next = 0;

	for (size_t i = 0; i < surroundings->descriptor_count; i++) {
		const askr_descriptor *was = &surroundings->descriptors[i];
		unsigned int number = (unsigned int) was->number;

		if (!askr_describe(was->number, &now) || memcmp(&now, was, sizeof(now)) != 0) {
			return "it changed a descriptor that it was born with";
		}
		if (S_ISREG(was->mode) && was->number != surroundings->opcache_lock) {
			fcntl(was->number, F_SETLK, &nothing);
		}
		if (number > next && syscall(SYS_close_range, next, number - 1, 0) == -1) {
			return "its descriptors cannot be closed";
		}
		next = number + 1;
	}
	return syscall(SYS_close_range, next, ~0u, 0) == 0 ? NULL : "its descriptors cannot be closed";
}

/* ---- all of it ---- */

/* Those that are watched for the process's end are its children as well. */
static bool askr_has_children(void)
{
	siginfo_t child;

	return waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

static bool askr_may_change_spaces(const askr_identity *identity)
{
	return identity->capabilities[0].effective & (1u << ASKR_CAPABILITY_SYS_ADMIN);
}

const char *askr_surroundings_take(askr_surroundings *surroundings)
{
	surroundings->folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	surroundings->tasks = open("/proc/self/task", O_PATH | O_DIRECTORY | O_CLOEXEC);
	surroundings->timers = open("/proc/self/timers", O_RDONLY | O_CLOEXEC);
	if (surroundings->folder < 0 || surroundings->tasks < 0 || surroundings->timers < 0) {
		return "the kernel does not say what has to be known of it";
	}
	surroundings->umask = umask(0);
	umask(surroundings->umask);
	for (int i = 1; i <= ASKR_SIGNALS; i++) {
		askr_read_action(i, &surroundings->actions[i]);
	}
	askr_identify(&surroundings->identity);
	askr_weigh(&surroundings->shares);
	surroundings->spaces = askr_may_change_spaces(&surroundings->identity)
		? open("/proc/self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	askr_observe(&surroundings->manners, surroundings->tasks, surroundings->spaces);
	/* Asked for now as later, of nothing: some kernels and containers refuse. */
	if (syscall(SYS_close_range, ~0u, ~0u, 0) == -1) {
		return "the kernel does not close descriptors together";
	}
	if (surroundings->has_semaphores && unshare(CLONE_SYSVSEM) == -1) {
		return "what it will do to semaphores cannot be undone";
	}
	if (prctl(ASKR_GET_MEMORY_MERGE, 0, 0, 0, 0) == 1) {
		return "the kernel shares alike pages of its memory with others";
	}
	if (surroundings->identity.group_count < 0) {
		return "it belongs to more groups than are watched";
	}
	if (!askr_list_descriptors(surroundings->descriptors, &surroundings->descriptor_count)) {
		return "it has more descriptors than are watched";
	}
	return NULL;
}

static const char *askr_compare(askr_surroundings *surroundings)
{
	askr_identify(&surroundings->identity_now);
	if (memcmp(&surroundings->identity_now, &surroundings->identity, sizeof(askr_identity)) != 0) {
		return "it changed who it is to the system";
	}
	askr_weigh(&surroundings->shares_now);
	if (memcmp(&surroundings->shares_now, &surroundings->shares, sizeof(askr_shares)) != 0) {
		return "it changed its limits or its priority";
	}
	askr_observe(&surroundings->manners_now, surroundings->tasks, surroundings->spaces);
	if (surroundings->manners_now.threads != surroundings->manners.threads) {
		return "it started a thread";
	}
	if (memcmp(&surroundings->manners_now, &surroundings->manners, sizeof(askr_manners)) != 0) {
		return "it changed what kind of process it is";
	}
	return NULL;
}

const char *askr_surroundings_return(askr_surroundings *surroundings)
{
	const char *obstacle;

	if (askr_has_children()) {
		return "it left a child behind";
	}
	if (askr_has_timers(surroundings->timers)) {
		return "it left a timer behind";
	}
	if (surroundings->has_semaphores && unshare(CLONE_SYSVSEM) == -1) {
		return "what it did to semaphores cannot be undone";
	}
	obstacle = askr_return_descriptors(surroundings);
	if (obstacle) {
		return obstacle;
	}
	if (fchdir(surroundings->folder) == -1) {
		return "its folder is gone";
	}
	umask(surroundings->umask);
	askr_return_actions(surroundings->actions);
	askr_stop_timers();
	return askr_compare(surroundings);
}
