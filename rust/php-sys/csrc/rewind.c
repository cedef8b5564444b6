/*
 * Putting a process back to the moment before its first request, as if it had
 * just been forked again.
 *
 * At that moment it makes an original: a twin that never runs again, whose pages
 * the kernel keeps as they are while this process changes its own. After a
 * request what the kernel keeps for the process besides memory is put back or
 * found unchanged, then the mappings, then each page that is no longer the
 * original's, and last the registers. Where anything else has changed the
 * process is to end instead.
 *
 * While memory is put back this file runs on a stack of its own, in a block that
 * stays as it is, and calls nothing that writes anywhere else.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "compat.h"
#include "rewind.h"

#define ASKR_STACK_BYTES (128 * 1024)
#define ASKR_GUARD_BYTES (64 * 1024)
/* Ends a process that can neither go back nor on. */
#define ASKR_EXIT_TORN 70

typedef struct {
	/* Whether the process has been at the moment. */
	bool is_armed;
	/* Why it cannot be put back. */
	const char *obstacle;
	/* The same in the original, and nowhere else. */
	uint64_t secret;
	pid_t process;
	ucontext_t moment;
	ucontext_t inside;
	ucontext_t caller;
	askr_surroundings surroundings;
	askr_memory memory;
	char stack[ASKR_STACK_BYTES] __attribute__((aligned(64)));
} askr_rewind_block;

/* Written before the moment and put back with everything else. */
static askr_rewind_block *askr_block;
/* Whether anybody shares pages with this process that the original does not know. */
static bool askr_has_forked;

static void askr_note_fork(void)
{
	askr_has_forked = true;
}

/* ---- the original ---- */

/* A fork without what the C library does around one, and without a signal when it
 * ends: nobody who waits for children finds it. */
static pid_t askr_clone(void)
{
#ifdef __s390__
	return (pid_t) syscall(SYS_clone, 0, 0);
#else
	return (pid_t) syscall(SYS_clone, 0, 0, 0, 0, 0);
#endif
}

static void askr_be_original(pid_t process)
{
	prctl(PR_SET_NAME, "askr original", 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	syscall(SYS_close_range, 0, ~0u, 0);
	while (getppid() == process) {
		pause();
	}
	_exit(0);
}

static bool askr_original_lives(const askr_rewind_block *block)
{
	uint64_t secret = 0;
	struct iovec here = {&secret, sizeof(secret)};
	struct iovec there = {(void *) &block->secret, sizeof(secret)};

	return process_vm_readv(block->memory.original, &here, 1, &there, 1, 0) == sizeof(secret)
		&& secret == block->secret;
}

/* ---- on the block's stack ---- */

/* Reads what is to be kept and makes the original; the caller goes on either way. */
static void askr_inside_take(void)
{
	askr_rewind_block *block = askr_block;
	sigset_t all;

	block->obstacle = askr_surroundings_take(&block->surroundings);
	if (!block->obstacle) {
		block->obstacle = askr_maps_take(&block->memory);
	}
	if (!block->obstacle) {
		block->obstacle = askr_pages_take(&block->memory);
	}
	if (block->obstacle) {
		setcontext(&block->moment);
	}
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	block->memory.original = askr_clone();
	if (block->memory.original == 0) {
		askr_be_original(block->process);
	}
	if (block->memory.original == -1 || !askr_original_lives(block)) {
		block->obstacle = "the system does not let it keep a twin and read from it";
	}
	setcontext(&block->moment);
}

static const char *askr_check(askr_rewind_block *block, const sigset_t *blocked)
{
	const char *obstacle;

	/* Also in the one that was forked: there is one worker of that name. */
	if (askr_has_forked || getpid() != block->process) {
		return "it forked";
	}
	if (memcmp(blocked, &block->moment.uc_sigmask, ASKR_SIGNALS / 8) != 0) {
		return "it blocked signals";
	}
	if (!askr_original_lives(block)) {
		return "its twin is gone";
	}
	obstacle = askr_surroundings_return(&block->surroundings);
	return obstacle ? obstacle : askr_maps_return(&block->memory);
}

static void askr_inside_return(void)
{
	askr_rewind_block *block = askr_block;
	sigset_t all, blocked;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &blocked);
	block->obstacle = askr_check(block, &blocked);
	if (block->obstacle) {
		setcontext(&block->caller);
	}
	if (!askr_pages_return(&block->memory)) {
		_exit(ASKR_EXIT_TORN);
	}
	setcontext(&block->moment);
	_exit(ASKR_EXIT_TORN);
}

static void askr_go_inside(askr_rewind_block *block, void (*run)(void))
{
	getcontext(&block->inside);
	block->inside.uc_stack.ss_sp = block->stack;
	block->inside.uc_stack.ss_size = sizeof(block->stack);
	block->inside.uc_link = NULL;
	makecontext(&block->inside, run, 0);
}

/* ---- the block ---- */

/* Between two pieces of address space that nobody may use, so that it is a mapping
 * of its own. */
static void *askr_map_block(size_t bytes)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	char *place = mmap(NULL, bytes + 2 * ASKR_GUARD_BYTES, PROT_NONE, flags, -1, 0);

	if (place == MAP_FAILED) {
		return NULL;
	}
	place += ASKR_GUARD_BYTES;
	return mprotect(place, bytes, PROT_READ | PROT_WRITE) == 0 ? place : NULL;
}

static size_t askr_whole_pages(size_t bytes)
{
	return (bytes + 4095) & ~(size_t) 4095;
}

/* The books lie behind the block, in the same mapping. */
static askr_rewind_block *askr_make_block(void)
{
	size_t list = askr_whole_pages(ASKR_MAPPINGS_MAX * sizeof(askr_mapping));
	size_t head = askr_whole_pages(sizeof(askr_rewind_block));
	size_t kept = askr_whole_pages(ASKR_KEPT_MAX * sizeof(askr_page));
	size_t places = ASKR_PAGES_MAX * sizeof(uint32_t);
	size_t bytes = head + 3 * list + kept + places + ASKR_PAGES_MAX + ASKR_SAVED_MAX * 4096ul;
	char *place = askr_map_block(bytes);
	askr_rewind_block *block = (askr_rewind_block *) place;

	if (!place) {
		return NULL;
	}
	block->process = getpid();
	block->memory.block_start = (uintptr_t) place;
	block->memory.block_end = (uintptr_t) place + bytes;
	block->memory.all = (askr_mapping *) (place += head);
	block->memory.own = (askr_mapping *) (place += list);
	block->memory.now = (askr_mapping *) (place += list);
	block->memory.kept = (askr_page *) (place += list);
	block->memory.places = (uint32_t *) (place += kept);
	block->memory.classes = (uint8_t *) (place += places);
	block->memory.saved = place + ASKR_PAGES_MAX;
	return block;
}

static void askr_drop_block(askr_rewind_block *block)
{
	int descriptors[] = {
		block->memory.maps, block->memory.statm, block->memory.pagemap, block->surroundings.folder,
		block->surroundings.tasks, block->surroundings.timers, block->surroundings.spaces,
	};

	for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
		if (descriptors[i] > 0) {
			close(descriptors[i]);
		}
	}
	munmap((void *) block->memory.block_start, block->memory.block_end - block->memory.block_start);
	askr_block = NULL;
}

static const char *askr_open_books(askr_rewind_block *block)
{
	static bool is_watching;

	if (!is_watching && pthread_atfork(NULL, askr_note_fork, askr_note_fork) != 0) {
		return "its forks cannot be watched";
	}
	is_watching = true;
	block->surroundings.opcache_lock = askr_opcache_lock();
	block->surroundings.has_semaphores
		= zend_hash_str_exists(&module_registry, "sysvsem", sizeof("sysvsem") - 1);
	if (getrandom(&block->secret, sizeof(block->secret), 0) != sizeof(block->secret)
	 || !askr_maps_open(&block->memory) || !askr_pages_open(&block->memory)) {
		return "the kernel does not say what has to be known of its memory";
	}
	return NULL;
}

/* ---- for turns.c ---- */

bool askr_rewind_is_armed(void)
{
	return askr_block != NULL;
}

const char *askr_rewind_arm(void)
{
	const char *obstacle;

	askr_block = askr_make_block();
	if (!askr_block) {
		return "there is no memory for it";
	}
	askr_has_forked = false;
	askr_block->obstacle = askr_open_books(askr_block);
	if (!askr_block->obstacle) {
		getcontext(&askr_block->moment);
		/* Here again and again. */
		if (!askr_block->is_armed) {
			askr_block->is_armed = true;
			askr_go_inside(askr_block, askr_inside_take);
			setcontext(&askr_block->inside);
		}
	}
	obstacle = askr_block->obstacle;
	if (obstacle) {
		askr_drop_block(askr_block);
	}
	return obstacle;
}

const char *askr_rewind(void)
{
	askr_go_inside(askr_block, askr_inside_return);
	swapcontext(&askr_block->caller, &askr_block->inside);
	return askr_block->obstacle;
}
