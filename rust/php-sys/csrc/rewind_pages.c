/*
 * The pages of a process that is put back: which of them are no longer those of
 * the original, and what they held.
 *
 * The original is a twin that never writes. A page that this process has not
 * changed is mapped by both; one that it has changed is its alone, since it has
 * forked nobody meanwhile. Pages that are its alone stay so: the next request
 * finds no fault on them.
 */
#define _GNU_SOURCE
#include "rewind.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define ASKR_PAGE_BYTES 4096ul

/* Of an entry in /proc/self/pagemap. */
#define ASKR_ENTRY_PRESENT (1ull << 63)
#define ASKR_ENTRY_SWAPPED (1ull << 62)
#define ASKR_ENTRY_OF_FILE (1ull << 61)
#define ASKR_ENTRY_EXCLUSIVE (1ull << 56)

/* ---- pages of zeros: mapped by everybody, they look like the original's ---- */

/* PAGEMAP_SCAN of Linux 6.7. */
typedef struct {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t regions;
	uint64_t region_count;
	uint64_t pages_max;
	uint64_t categories_inverted;
	uint64_t categories;
	uint64_t categories_any;
	uint64_t categories_returned;
} askr_page_scan;

#define ASKR_SCAN _IOWR('f', 16, askr_page_scan)

bool askr_pages_scan(askr_memory *memory, uintptr_t start, uintptr_t end, uint64_t categories)
{
	askr_page_scan scan = {
		.size = sizeof(scan),
		.start = start,
		.end = end,
		.regions = (uintptr_t) memory->regions,
		.region_count = ASKR_REGIONS,
		.categories_any = categories,
		.categories_returned = categories,
	};
	int count = ioctl(memory->pagemap, ASKR_SCAN, &scan);

	memory->region_count = count > 0 ? (size_t) count : 0;
	memory->region_next = 0;
	memory->regions_until = scan.walk_end;
	return count >= 0 && scan.walk_end > start;
}

static bool askr_holds_zeros(uintptr_t page)
{
	const uint64_t *words = (const uint64_t *) page;

	for (size_t i = 0; i < ASKR_PAGE_BYTES / sizeof(*words); i++) {
		if (words[i]) {
			return false;
		}
	}
	return true;
}

/* Asked of pages in rising order. A file's have none of these. Where the kernel does
 * not say, a page that holds zeros counts: that is right as well, and slower. */
static bool askr_is_zero(askr_memory *memory, const askr_mapping *mapping, uintptr_t page)
{
	if (mapping->inode) {
		return false;
	}
	if (!memory->has_scan) {
		return askr_holds_zeros(page);
	}
	while (page >= memory->regions_until) {
		if (!askr_pages_scan(memory, memory->regions_until, memory->regions_end, ASKR_CATEGORY_ZERO)) {
			return true;
		}
	}
	while (memory->region_next < memory->region_count
	 && memory->regions[memory->region_next].end <= page) {
		memory->region_next++;
	}
	return memory->region_next < memory->region_count
		&& memory->regions[memory->region_next].start <= page;
}

/* ---- all pages in a row ---- */

typedef bool (*askr_visit)(askr_memory *memory, const askr_mapping *mapping, uintptr_t page,
	uint64_t entry, uint8_t *class);

static bool askr_visit_mapping(askr_memory *memory, const askr_mapping *mapping, uint8_t *classes,
	askr_visit visit)
{
	uintptr_t page = mapping->start;

	memory->regions_until = mapping->start;
	memory->regions_end = mapping->end;
	while (page < mapping->end) {
		size_t count = (mapping->end - page) / ASKR_PAGE_BYTES, bytes;

		count = count < ASKR_ENTRIES ? count : ASKR_ENTRIES;
		bytes = count * sizeof(memory->entries[0]);
		if (pread(memory->pagemap, memory->entries, bytes,
				(off_t) (page / ASKR_PAGE_BYTES * sizeof(memory->entries[0]))) != (ssize_t) bytes) {
			return false;
		}
		for (size_t i = 0; i < count; i++, page += ASKR_PAGE_BYTES) {
			if (!visit(memory, mapping, page, memory->entries[i], classes++)) {
				return false;
			}
		}
	}
	return true;
}

/* The block has none that are looked at. */
static size_t askr_pages_of(const askr_memory *memory, const askr_mapping *mapping)
{
	bool is_block = mapping->start == memory->block_start;

	return is_block ? 0 : (mapping->end - mapping->start) / ASKR_PAGE_BYTES;
}

static bool askr_visit_all(askr_memory *memory, askr_visit visit)
{
	uint8_t *classes = memory->classes;

	for (size_t i = 0; i < memory->own_count; i++) {
		size_t pages = askr_pages_of(memory, &memory->own[i]);

		if (pages && !askr_visit_mapping(memory, &memory->own[i], classes, visit)) {
			return false;
		}
		classes += pages;
	}
	return true;
}

/* ---- the moment ---- */

bool askr_pages_open(askr_memory *memory)
{
	memory->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	memory->has_scan = memory->pagemap >= 0
		&& askr_pages_scan(memory, memory->block_start, memory->block_end, ASKR_CATEGORY_ZERO);
	return memory->pagemap >= 0 && sysconf(_SC_PAGESIZE) == ASKR_PAGE_BYTES;
}

static size_t askr_count_pages(const askr_memory *memory)
{
	size_t count = 0;

	for (size_t i = 0; i < memory->own_count; i++) {
		count += askr_pages_of(memory, &memory->own[i]);
	}
	return count;
}

static bool askr_classify(askr_memory *memory, const askr_mapping *mapping, uintptr_t page,
	uint64_t entry, uint8_t *class)
{
	(void) mapping;
	if (!(entry & (ASKR_ENTRY_PRESENT | ASKR_ENTRY_SWAPPED))) {
		*class = ASKR_PAGE_ABSENT;
	} else if (entry & ASKR_ENTRY_SWAPPED) {
		*class = ASKR_PAGE_OWN;
	} else if (entry & ASKR_ENTRY_OF_FILE) {
		*class = ASKR_PAGE_OF_FILE;
	} else {
		*class = askr_is_zero(memory, mapping, page) ? ASKR_PAGE_ZERO : ASKR_PAGE_OWN;
	}
	return true;
}

const char *askr_pages_take(askr_memory *memory)
{
	if (askr_count_pages(memory) > ASKR_PAGES_MAX) {
		return "it has more memory than is watched";
	}
	return askr_visit_all(memory, askr_classify) ? NULL : "its pages cannot be listed";
}

/* ---- and back ---- */

/* Whether a page holds for sure what it held at the moment. */
static bool askr_is_as_it_was(askr_memory *memory, const askr_mapping *mapping, uintptr_t page,
	uint64_t entry, uint8_t class)
{
	bool was_untouched = class == ASKR_PAGE_ABSENT || class == ASKR_PAGE_OF_FILE;

	if (entry & ASKR_ENTRY_SWAPPED) {
		return false;
	}
	if (!(entry & ASKR_ENTRY_PRESENT)) {
		return class != ASKR_PAGE_OWN;
	}
	if (entry & ASKR_ENTRY_OF_FILE) {
		return was_untouched;
	}
	if (entry & ASKR_ENTRY_EXCLUSIVE) {
		return false;
	}
	return askr_is_zero(memory, mapping, page) ? class == ASKR_PAGE_ABSENT || class == ASKR_PAGE_ZERO
		: class == ASKR_PAGE_OWN;
}

static bool askr_keep_changed(askr_memory *memory, const askr_mapping *mapping, uintptr_t page,
	uint64_t entry, uint8_t *class)
{
	bool was_zeros = *class == ASKR_PAGE_ABSENT && !mapping->inode;

	return askr_is_as_it_was(memory, mapping, page, entry, *class)
		|| askr_kept_add(memory, page, was_zeros, (size_t) (class - memory->classes));
}

bool askr_pages_return(askr_memory *memory)
{
	bool is_known = askr_kept_are_all(memory);

	if (!is_known) {
		askr_kept_forget(memory);
		if (!askr_visit_all(memory, askr_keep_changed) || !askr_kept_close(memory)) {
			return false;
		}
	}
	if (!askr_kept_return(memory)) {
		return false;
	}
	if (!is_known) {
		askr_kept_trace(memory);
	}
	return true;
}
