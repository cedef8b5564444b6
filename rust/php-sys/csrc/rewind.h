/* What the files of the rewind share: what is kept of the moment that a process
 * is put back to. All of it lies in one block, which is not put back itself. */
#ifndef ASKR_PHP_REWIND_H
#define ASKR_PHP_REWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <linux/capability.h>

/* More than any process of ours has; one that has more is not put back. */
#define ASKR_MAPPINGS_MAX 4096
#define ASKR_DESCRIPTORS_MAX 256
#define ASKR_GROUPS_MAX 256
#define ASKR_SIGNALS 64
/* Pages of memory that is looked at, 4 GB. */
#define ASKR_PAGES_MAX (1u << 20)
/* Asked for and copied at a time. */
#define ASKR_REGIONS 256
#define ASKR_ENTRIES 512
#define ASKR_RUNS 512
/* Pages that are put back without a look at all others, and those of them that are
 * saved here, so that they need not be read from the original again: 8 MB. */
#define ASKR_KEPT_MAX 16384
#define ASKR_SAVED_MAX 2048

/* As the kernel has it; the C library's differs, and hides two signals. */
typedef struct {
	uint64_t words[4];
} askr_signal_action;

/* What a request could change of a process besides its memory. Filled with zeros
 * first, so that two can be compared byte by byte. */
typedef struct {
	uid_t users[3];
	gid_t groups[3];
	struct __user_cap_data_struct capabilities[2];
	int group_count;
	gid_t other_groups[ASKR_GROUPS_MAX];
} askr_identity;

typedef struct {
	struct rlimit limits[RLIM_NLIMITS];
	int nice;
	int io_priority;
	int policy;
	int priority;
	uint64_t processors[16];
} askr_shares;

typedef struct {
	pid_t group;
	pid_t session;
	unsigned long personality;
	long words[8];
	int death_signal;
	int is_reaper;
	char name[16];
	void *signal_stack;
	size_t signal_stack_bytes;
	int signal_stack_flags;
	/* Of the process's threads. */
	nlink_t threads;
	dev_t root_device;
	ino_t root_inode;
	/* Of the namespaces, where the process may change them. */
	ino_t spaces[8];
} askr_manners;

typedef struct {
	int number;
	int flags;
	int status;
	mode_t mode;
	dev_t device;
	ino_t inode;
} askr_descriptor;

/* One piece of the address space. */
typedef struct {
	uintptr_t start;
	uintptr_t end;
	uint32_t flags;
	/* Of the file's device and the file, 0 where there is none. */
	uint64_t device;
	uint64_t inode;
	/* Of `start` in the file. */
	uint64_t offset;
} askr_mapping;

enum {
	ASKR_READABLE = 1,
	ASKR_WRITABLE = 2,
	ASKR_EXECUTABLE = 4,
	ASKR_SHARED = 8,
	ASKR_PERMISSIONS = 15,
};

/* What a page was at the moment. */
enum {
	/* Nobody had touched it. */
	ASKR_PAGE_ABSENT = 0,
	/* It was the file's. */
	ASKR_PAGE_OF_FILE = 1,
	/* It was the page of zeros. */
	ASKR_PAGE_ZERO = 2,
	/* It had content of its own. */
	ASKR_PAGE_OWN = 3,
};

/* As the kernel fills it in; older headers lack it. */
typedef struct {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
} askr_page_region;

/* A page that this process has for itself: it is put back each time. */
typedef struct {
	uintptr_t page;
	/* Its content at the moment; NULL is the original's, ASKR_ZEROS what it says. */
	const char *content;
} askr_page;

#define ASKR_ZEROS ((const char *) 1)

/* What cannot stay the same when a page becomes the process's own, or is given
 * back: how often it was given a page, and which it has. */
typedef struct {
	long faults;
	uint64_t populated;
} askr_traces;

typedef struct {
	/* What the kernel says of this process in /proc. */
	int maps;
	int pagemap;
	int statm;
	/* Whether the kernel answers questions about single mappings, and for single
	 * kinds of pages. */
	bool has_queries;
	bool has_scan;
	uintptr_t brk;
	size_t pages_mapped;
	/* All mappings, and those of them that are private and can be written. */
	askr_mapping *all;
	size_t all_count;
	askr_mapping *own;
	size_t own_count;
	/* Those of a later moment. */
	askr_mapping *now;
	/* Of each page of those, in their order. */
	uint8_t *classes;
	size_t page_count;
	/* The block's own place. */
	uintptr_t block_start;
	uintptr_t block_end;
	/* The twin that has every page as it was. */
	pid_t original;
	/* Where pages are of which something is asked, from the lowest on. */
	askr_page_region regions[ASKR_REGIONS];
	size_t region_count;
	size_t region_next;
	/* How far they are known, and how far they are of interest. */
	uintptr_t regions_until;
	uintptr_t regions_end;
	/* What the kernel says of some pages in a row. */
	uint64_t entries[ASKR_ENTRIES];
	/* The pages that are put back, in rising order, and whether those are all. */
	askr_page *kept;
	size_t kept_count;
	bool is_complete;
	/* Of each page where it was saved, counted from 1. */
	uint32_t *places;
	char *saved;
	size_t saved_count;
	/* What the process was like when the kept pages were last all of them. */
	askr_traces traces;
	/* What is to be copied from the original, and where to. */
	struct iovec from[ASKR_RUNS];
	struct iovec to[ASKR_RUNS];
	size_t run_count;
	char text[16384];
} askr_memory;

typedef struct {
	/* The working directory, and what tells of threads and timers. */
	int folder;
	int tasks;
	int timers;
	/* The descriptor whose lock stays; -1 without opcache. */
	int opcache_lock;
	/* Whether something can have used semaphores that a process gives back when it
	 * ends. */
	bool has_semaphores;
	/* The folder of its namespaces; -1 where it cannot change them. */
	int spaces;
	mode_t umask;
	askr_signal_action actions[ASKR_SIGNALS + 1];
	askr_identity identity;
	askr_shares shares;
	askr_manners manners;
	askr_descriptor descriptors[ASKR_DESCRIPTORS_MAX];
	size_t descriptor_count;
	/* What the above is compared with. */
	askr_identity identity_now;
	askr_shares shares_now;
	askr_manners manners_now;
} askr_surroundings;

/* rewind_kernel.c: each returns what stands in the way, or NULL. */
const char *askr_surroundings_take(askr_surroundings *surroundings);
const char *askr_surroundings_return(askr_surroundings *surroundings);

/* rewind_maps.c */
bool askr_maps_open(askr_memory *memory);
const char *askr_maps_take(askr_memory *memory);
/* Afterwards the mappings are what they were, or something stands in the way. */
const char *askr_maps_return(askr_memory *memory);

/* rewind_pages.c */
bool askr_pages_open(askr_memory *memory);
const char *askr_pages_take(askr_memory *memory);
/* Pages between two addresses, by what they are. */
enum {
	ASKR_CATEGORY_PRESENT = 1 << 3,
	ASKR_CATEGORY_SWAPPED = 1 << 4,
	ASKR_CATEGORY_ZERO = 1 << 5,
};
/* The first that are one of these; false when the kernel does not say. */
bool askr_pages_scan(askr_memory *memory, uintptr_t start, uintptr_t end, uint64_t categories);
/* There is no way back from here: false leaves a process that must end. */
bool askr_pages_return(askr_memory *memory);

/* rewind_kept.c */
/* Whether the pages that were kept last time are still all. */
bool askr_kept_are_all(askr_memory *memory);
void askr_kept_forget(askr_memory *memory);
/* `index` is the page's among all that are looked at. */
bool askr_kept_add(askr_memory *memory, uintptr_t page, bool is_zeros, size_t index);
/* After the last was added. */
bool askr_kept_close(askr_memory *memory);
bool askr_kept_return(askr_memory *memory);
void askr_kept_trace(askr_memory *memory);

#endif
