/*
 * Garbage: what refers to itself is collected between requests, and memory that
 * was needed once is given back. Within a request the engine's own rule holds,
 * as under FPM: at some 10,000 possible roots it collects at once. A request
 * begins with few of them, so that an ordinary one never comes so far.
 */
#include "internal.h"

#include "compat.h"

/* Possible roots; collecting costs time for each, and for all that it leads to. */
#define ASKR_ROOTS_WORTHWHILE 1000
/* Leaves half of those 10,000 to the next request, even while others wait. */
#define ASKR_ROOTS_MAX 5000
/* Memory that garbage of earlier requests may take from the next one's limit. */
#define ASKR_GARBAGE_BYTES_MAX ((size_t) 4 << 20)

/* How far back it counts that memory was needed, in requests. */
#define ASKR_MEMORY_WINDOW 64
/* Memory that is worth the time to look for pages without anything on them. */
#define ASKR_SPARE_BYTES_WORTHWHILE ((size_t) 8 << 20)

/* What turned out to be no garbage when it was last collected, and what was in use
 * after that: it is no reason to collect again. */
static uint32_t askr_roots_left;
static size_t askr_bytes_left;

static size_t askr_bytes_needed;
static unsigned askr_requests_in_window;

void askr_garbage_reset(void)
{
	askr_roots_left = 0;
	askr_bytes_left = 0;
	askr_bytes_needed = 0;
	askr_requests_in_window = 0;
}

static bool askr_is_time_to_collect(uint32_t roots)
{
	if (roots <= askr_roots_left) {
		return false;
	}
	return zend_memory_usage(false) >= askr_bytes_left + ASKR_GARBAGE_BYTES_MAX
		|| (roots - askr_roots_left >= ASKR_ROOTS_WORTHWHILE
			&& (roots >= ASKR_ROOTS_MAX || !askr_rs_is_awaited()));
}

void askr_garbage_collect(void)
{
	zend_gc_status status;

	if (!gc_enabled()) {
		return;
	}
	zend_gc_get_status(&status);
	if (askr_bytes_left == 0) {
		askr_bytes_left = zend_memory_usage(false);
	}
	if (askr_is_time_to_collect(status.num_roots)) {
		uint32_t collected = (uint32_t) gc_collect_cycles();

		askr_turn_settle(false);
		askr_roots_left = status.num_roots - MIN(status.num_roots, collected);
		askr_bytes_left = zend_memory_usage(false);
	}
}

/* Small blocks keep their pages when they are freed, and pages their chunks. What
 * the requests of late have needed is kept, for the next will, too. */
void askr_memory_trim(void)
{
	size_t needed = MAX(askr_bytes_needed, zend_memory_peak_usage(false));

	if (++askr_requests_in_window < ASKR_MEMORY_WINDOW) {
		askr_bytes_needed = needed;
		return;
	}
	askr_requests_in_window = 0;
	askr_bytes_needed = 0;
	if (zend_memory_usage(true) >= needed + ASKR_SPARE_BYTES_WORTHWHILE) {
		zend_mm_gc(zend_mm_get_heap());
	}
}
