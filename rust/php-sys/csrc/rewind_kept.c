/*
 * The pages that a process has for itself and is given their content back on.
 *
 * Which they are is found by a look at all of its pages. The list is good until
 * the process is given a page or loses one: the kernel counts the former, and tells
 * which it has.
 */
#define _GNU_SOURCE
#include "rewind.h"

#include <string.h>
#include <sys/resource.h>

#define ASKR_PAGE_BYTES 4096ul

/* ---- whether the list is good ---- */

static uint64_t askr_mix(uint64_t sum, uint64_t word)
{
	return (sum ^ word) * 0x9E3779B97F4A7C15ull + (sum >> 29);
}

/* Which pages are there, as one number; false when the kernel does not say. */
static bool askr_sum_up(askr_memory *memory, uintptr_t start, uintptr_t end, uint64_t *sum)
{
	while (start < end) {
		if (!askr_pages_scan(memory, start, end, ASKR_CATEGORY_PRESENT | ASKR_CATEGORY_SWAPPED)) {
			return false;
		}
		for (size_t i = 0; i < memory->region_count; i++) {
			const askr_page_region *region = &memory->regions[i];

			*sum = askr_mix(askr_mix(askr_mix(*sum, region->start), region->end), region->categories);
		}
		start = memory->regions_until;
	}
	return true;
}

/* How many mappings from the first on are a library's: what a file fills, and what
 * follows it at once. They lose pages only when it is loaded anew, which does not go
 * without being given some. */
static size_t askr_count_librarys(const askr_mapping *first, const askr_mapping *end)
{
	const askr_mapping *next = first;

	if (first->inode) {
		do {
			next++;
		} while (next < end && next->start == next[-1].end);
	}
	return (size_t) (next - first);
}

/* Mappings side by side are looked at together. */
static bool askr_read_traces(askr_memory *memory, askr_traces *traces)
{
	const askr_mapping *end = memory->own + memory->own_count;
	struct rusage usage;

	if (!memory->has_scan || getrusage(RUSAGE_SELF, &usage) == -1) {
		return false;
	}
	traces->faults = usage.ru_minflt + usage.ru_majflt;
	traces->populated = 0;
	for (const askr_mapping *mapping = memory->own; mapping < end; mapping++) {
		uintptr_t start = mapping->start;
		size_t skipped = start == memory->block_start ? 1 : askr_count_librarys(mapping, end);

		if (skipped) {
			mapping += skipped - 1;
			continue;
		}
		while (mapping + 1 < end && mapping[1].start == mapping->end) {
			mapping++;
		}
		if (!askr_sum_up(memory, start, mapping->end, &traces->populated)) {
			return false;
		}
	}
	return true;
}

bool askr_kept_are_all(askr_memory *memory)
{
	askr_traces now;

	return memory->is_complete && askr_read_traces(memory, &now)
		&& now.faults == memory->traces.faults && now.populated == memory->traces.populated;
}

/* Without this the next look is at all pages. */
void askr_kept_trace(askr_memory *memory)
{
	memory->is_complete = memory->is_complete && askr_read_traces(memory, &memory->traces);
}

/* ---- the list ---- */

static bool askr_copy_runs(askr_memory *memory)
{
	size_t count = memory->run_count;

	memory->run_count = 0;
	return count == 0 || process_vm_readv(memory->original, memory->to, count, memory->from, count, 0)
		== (ssize_t) (count * ASKR_PAGE_BYTES);
}

static bool askr_copy(askr_memory *memory, uintptr_t page, void *place)
{
	memory->from[memory->run_count] = (struct iovec) {(void *) page, ASKR_PAGE_BYTES};
	memory->to[memory->run_count] = (struct iovec) {place, ASKR_PAGE_BYTES};
	memory->run_count++;
	return memory->run_count < ASKR_RUNS || askr_copy_runs(memory);
}

void askr_kept_forget(askr_memory *memory)
{
	memory->kept_count = 0;
	memory->run_count = 0;
	memory->is_complete = true;
}

/* Saves the page's content if there is room, and it was not saved before. */
static bool askr_save(askr_memory *memory, uintptr_t page, size_t index, const char **content)
{
	uint32_t *place = &memory->places[index];
	bool is_new = *place == 0 && memory->saved_count < ASKR_SAVED_MAX;

	if (is_new) {
		*place = (uint32_t) ++memory->saved_count;
	}
	*content = *place ? memory->saved + (*place - 1) * ASKR_PAGE_BYTES : NULL;
	return !is_new || askr_copy(memory, page, (void *) *content);
}

/* What does not fit into the list is put back at once. */
bool askr_kept_add(askr_memory *memory, uintptr_t page, bool is_zeros, size_t index)
{
	const char *content = ASKR_ZEROS;

	if (memory->kept_count == ASKR_KEPT_MAX) {
		memory->is_complete = false;
		return askr_copy(memory, page, (void *) page);
	}
	if (!is_zeros && !askr_save(memory, page, index, &content)) {
		return false;
	}
	memory->kept[memory->kept_count++] = (askr_page) {page, content};
	return true;
}

bool askr_kept_close(askr_memory *memory)
{
	return askr_copy_runs(memory);
}

bool askr_kept_return(askr_memory *memory)
{
	for (size_t i = 0; i < memory->kept_count; i++) {
		const askr_page *kept = &memory->kept[i];
		void *page = (void *) kept->page;

		if (kept->content == ASKR_ZEROS) {
			memset(page, 0, ASKR_PAGE_BYTES);
		} else if (kept->content) {
			memcpy(page, kept->content, ASKR_PAGE_BYTES);
		} else if (!askr_copy(memory, kept->page, page)) {
			return false;
		}
	}
	return askr_copy_runs(memory);
}
