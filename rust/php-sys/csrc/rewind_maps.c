/*
 * The mappings of a process that is put back: which there were, and how those of
 * a later moment become the same.
 */
#define _GNU_SOURCE
#include "rewind.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- what the kernel says ---- */

/* PROCMAP_QUERY of Linux 6.11, which is several times as fast as the text. */
typedef struct {
	uint64_t size;
	uint64_t query_flags;
	uint64_t query_address;
	uint64_t start;
	uint64_t end;
	uint64_t flags;
	uint64_t page_bytes;
	uint64_t offset;
	uint64_t inode;
	uint32_t device_major;
	uint32_t device_minor;
	uint32_t name_bytes;
	uint32_t build_id_bytes;
	uint64_t name;
	uint64_t build_id;
} askr_mapping_query;

#define ASKR_QUERY _IOWR('f', 17, askr_mapping_query)
/* The mapping at the address, or the next. */
#define ASKR_QUERY_OR_NEXT 16

static bool askr_is_own(const askr_mapping *mapping)
{
	return (mapping->flags & (ASKR_WRITABLE | ASKR_SHARED)) == ASKR_WRITABLE;
}

/* The mapping at an address, or the next. */
static bool askr_query(int maps, uint64_t at, bool only_writable, askr_mapping *out)
{
	askr_mapping_query query = {.size = sizeof(query), .query_address = at};

	query.query_flags = ASKR_QUERY_OR_NEXT | (only_writable ? ASKR_WRITABLE : 0);
	if (ioctl(maps, ASKR_QUERY, &query) == -1) {
		return false;
	}
	*out = (askr_mapping) {
		.start = query.start,
		.end = query.end,
		.flags = query.flags & ASKR_PERMISSIONS,
		.device = (uint64_t) query.device_major << 32 | query.device_minor,
		.inode = query.inode,
		.offset = query.inode ? query.offset : 0,
	};
	return true;
}

static size_t askr_query_mappings(int maps, askr_mapping *out, bool only_own)
{
	uint64_t at = 0;
	size_t count = 0;

	while (count < ASKR_MAPPINGS_MAX) {
		if (!askr_query(maps, at, only_own, &out[count])) {
			return errno == ENOENT ? count : 0;
		}
		at = out[count].end;
		count += !only_own || askr_is_own(&out[count]);
	}
	return 0;
}

/* Reads one number, and the character after it. */
static const char *askr_parse(const char *text, int base, uint64_t *number)
{
	*number = 0;
	for (;; text++) {
		int digit = *text >= '0' && *text <= '9' ? *text - '0'
			: *text >= 'a' && *text <= 'f' ? *text - 'a' + 10 : base;

		if (digit >= base) {
			return *text ? text + 1 : text;
		}
		*number = *number * base + digit;
	}
}

/* "start-end rwxp offset major:minor inode name" */
static bool askr_parse_mapping(const char *line, askr_mapping *out)
{
	uint64_t start, end, offset, major, minor, inode;

	line = askr_parse(line, 16, &start);
	line = askr_parse(line, 16, &end);
	if (strlen(line) < 5) {
		return false;
	}
	*out = (askr_mapping) {
		.start = start,
		.end = end,
		.flags = (line[0] == 'r' ? ASKR_READABLE : 0) | (line[1] == 'w' ? ASKR_WRITABLE : 0)
			| (line[2] == 'x' ? ASKR_EXECUTABLE : 0) | (line[3] == 's' ? ASKR_SHARED : 0),
	};
	line = askr_parse(line + 5, 16, &offset);
	line = askr_parse(line, 16, &major);
	line = askr_parse(line, 16, &minor);
	askr_parse(line, 10, &inode);
	out->device = major << 32 | minor;
	out->inode = inode;
	out->offset = inode ? offset : 0;
	return true;
}

/* How many bytes of the text belong to whole lines, all of which are in `out` now;
 * 0 when there is no room. */
static size_t askr_parse_lines(char *text, size_t bytes, askr_mapping *out, size_t *count,
	bool only_own)
{
	char *line = text, *end;

	while ((end = memchr(line, '\n', bytes - (size_t) (line - text)))) {
		*end = 0;
		if (*count == ASKR_MAPPINGS_MAX || !askr_parse_mapping(line, &out[*count])) {
			return 0;
		}
		*count += !only_own || askr_is_own(&out[*count]);
		line = end + 1;
	}
	return (size_t) (line - text);
}

static size_t askr_read_mappings(askr_memory *memory, askr_mapping *out, bool only_own)
{
	size_t filled = 0, count = 0, used;
	ssize_t bytes;

	if (lseek(memory->maps, 0, SEEK_SET) == -1) {
		return 0;
	}
	while ((bytes = read(memory->maps, memory->text + filled, sizeof(memory->text) - filled)) > 0) {
		filled += (size_t) bytes;
		used = askr_parse_lines(memory->text, filled, out, &count, only_own);
		if (used == 0) {
			return 0;
		}
		filled -= used;
		memmove(memory->text, memory->text + used, filled);
	}
	return bytes == 0 ? count : 0;
}

/* How many mappings there are; 0 when they cannot be listed. */
static size_t askr_list(askr_memory *memory, askr_mapping *out, bool only_own)
{
	return memory->has_queries ? askr_query_mappings(memory->maps, out, only_own)
		: askr_read_mappings(memory, out, only_own);
}

/* Pages of address space in use, of all mappings together. */
static size_t askr_pages_mapped(const askr_memory *memory)
{
	char text[128];
	ssize_t bytes = pread(memory->statm, text, sizeof(text) - 1, 0);
	uint64_t pages;

	text[bytes > 0 ? bytes : 0] = 0;
	askr_parse(text, 10, &pages);
	return pages;
}

/* ---- the moment ---- */

static bool askr_is_block(const askr_memory *memory, const askr_mapping *mapping)
{
	return mapping->start == memory->block_start && mapping->end == memory->block_end;
}

bool askr_maps_open(askr_memory *memory)
{
	askr_mapping first;

	memory->brk = (uintptr_t) syscall(SYS_brk, 0);
	memory->maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	memory->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	memory->has_queries = askr_query(memory->maps, 0, false, &first);
	return memory->maps >= 0 && memory->statm >= 0;
}

const char *askr_maps_take(askr_memory *memory)
{
	memory->all_count = askr_list(memory, memory->all, false);
	memory->own_count = askr_list(memory, memory->own, true);
	memory->pages_mapped = askr_pages_mapped(memory);
	if (memory->all_count == 0 || memory->own_count == 0 || memory->pages_mapped == 0) {
		return "its mappings cannot be listed";
	}
	for (size_t i = 0; i < memory->own_count; i++) {
		if (askr_is_block(memory, &memory->own[i])) {
			return NULL;
		}
	}
	return "its memory cannot be told from what is kept of it";
}

/* ---- and back ---- */

static bool askr_was_mapped(const askr_memory *memory, uintptr_t start, uintptr_t end)
{
	for (size_t i = 0; i < memory->all_count; i++) {
		if (memory->all[i].start < end && start < memory->all[i].end) {
			return true;
		}
	}
	return false;
}

static const char *askr_remove(const askr_memory *memory, uintptr_t start, uintptr_t end)
{
	if (askr_was_mapped(memory, start, end)) {
		return "it changed what may be done with a piece of memory";
	}
	return munmap((void *) start, end - start) == 0 ? NULL : "a mapping of it cannot be removed";
}

/* Its pages come back later, from the original. */
static const char *askr_bring_back(const askr_mapping *was, uintptr_t start, uintptr_t end)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE;
	void *place = (void *) start;

	if (was->inode || (was->flags & ASKR_EXECUTABLE) || !askr_is_own(was)
	 || mmap(place, end - start, PROT_READ | PROT_WRITE, flags, -1, 0) != place) {
		return "it removed a mapping";
	}
	return NULL;
}

static bool askr_is_same(const askr_mapping *a, const askr_mapping *b)
{
	return a->flags == b->flags && a->device == b->device && a->inode == b->inode
		&& (a->inode == 0 || a->offset - a->start == b->offset - b->start);
}

/* Where a mapping that is not past `at` begins, from there on. */
static uintptr_t askr_from(const askr_mapping *mapping, const askr_mapping *end, uintptr_t at)
{
	return mapping == end ? UINTPTR_MAX : mapping->start > at ? mapping->start : at;
}

/* Both in rising order: piece by piece, as neither's borders are the other's. */
static const char *askr_match(const askr_memory *memory, const askr_mapping *was, size_t was_count,
	size_t now_count)
{
	const askr_mapping *now = memory->now, *was_end = was + was_count, *now_end = now + now_count;
	const char *obstacle = NULL;
	uintptr_t at = 0;

	while (!obstacle) {
		uintptr_t was_from, now_from, next;

		for (; was < was_end && was->end <= at; was++) {
		}
		for (; now < now_end && now->end <= at; now++) {
		}
		was_from = askr_from(was, was_end, at);
		now_from = askr_from(now, now_end, at);
		at = was_from < now_from ? was_from : now_from;
		if (at == UINTPTR_MAX) {
			return NULL;
		}
		next = was_from > at ? was_from : was->end;
		next = now_from > at ? (now_from < next ? now_from : next) : now->end < next ? now->end : next;
		if (was_from > at) {
			obstacle = askr_remove(memory, at, next);
		} else if (now_from > at) {
			obstacle = askr_bring_back(was, at, next);
		} else if (!askr_is_same(was, now)) {
			obstacle = "it changed a mapping";
		}
		at = next;
	}
	return obstacle;
}

/*
 * What is private and can be written is compared piece by piece. The others count
 * together, and are only looked at where there are more or fewer of their pages:
 * what a process maps besides that and what it gives back is the same then.
 */
const char *askr_maps_return(askr_memory *memory)
{
	const char *obstacle;
	size_t count;

	if ((uintptr_t) syscall(SYS_brk, memory->brk) != memory->brk) {
		return "its heap cannot be cut";
	}
	count = askr_list(memory, memory->now, true);
	obstacle = count ? askr_match(memory, memory->own, memory->own_count, count)
		: "its mappings cannot be listed";
	if (obstacle || askr_pages_mapped(memory) == memory->pages_mapped) {
		return obstacle;
	}
	count = askr_list(memory, memory->now, false);
	obstacle = count ? askr_match(memory, memory->all, memory->all_count, count)
		: "its mappings cannot be listed";
	if (obstacle || askr_pages_mapped(memory) == memory->pages_mapped) {
		return obstacle;
	}
	return "its mappings are not what they were";
}
