/* Locks in the shared store, by which processes keep out of each other's way. */
#include "store_internal.h"

#include <time.h>

#include "compat.h"

/* Who waits for a lock looks this often whether something else is to be done:
 * the request's time may be over, or a signal's handler waits to be called. */
#define ASKR_LOCK_LOOK_MS 50

/* As long as no wait needs a sum that does not fit. */
#define ASKR_LOCK_WAIT_MS_MAX (INT64_C(1) << 40)

static int64_t askr_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One more try, for as long as is left or until it is time to look. */
static askr_php_store_answer askr_lock_try(zend_string *key, zend_string *owner,
	const askr_php_lease *lease)
{
	askr_php_lease now = *lease;

	now.wait_ms = MIN(lease->wait_ms, ASKR_LOCK_LOOK_MS);
	return askr_rs_lock_acquire(askr_text(key), askr_text(owner), &now);
}

/* False when somebody else has it still, or an exception was thrown. */
static bool askr_lock_wait(zend_string *key, zend_string *owner, askr_php_lease *lease)
{
	int64_t end_ms = askr_clock_ms() + lease->wait_ms;
	bool has_it = askr_store_did(askr_lock_try(key, owner, lease));

	while (!has_it && !EG(exception)) {
		lease->wait_ms = end_ms - askr_clock_ms();
		if (lease->wait_ms <= 0 || !askr_interrupts_serve()) {
			return false;
		}
		has_it = askr_store_did(askr_lock_try(key, owner, lease));
	}
	return has_it;
}

ZEND_FUNCTION(askr_lock_acquire)
{
	zend_string *key, *owner;
	zend_long ttl_ms = ASKR_PHP_TTL_FOREVER, wait_ms = 0;
	bool until_death = false;
	askr_php_lease lease;

	ZEND_PARSE_PARAMETERS_START(2, 5)
		Z_PARAM_STR(key)
		Z_PARAM_STR(owner)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG(ttl_ms)
		Z_PARAM_LONG(wait_ms)
		Z_PARAM_BOOL(until_death)
	ZEND_PARSE_PARAMETERS_END();

	if (!askr_store_time(ttl_ms, 3) || !askr_store_time(wait_ms, 4)) {
		RETURN_THROWS();
	}
	lease.ttl_ms = ttl_ms;
	lease.wait_ms = MIN(wait_ms, ASKR_LOCK_WAIT_MS_MAX);
	lease.until_death = until_death;
	RETURN_BOOL(askr_lock_wait(key, owner, &lease));
}

ZEND_FUNCTION(askr_lock_release)
{
	zend_string *key, *owner;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_STR(key)
		Z_PARAM_STR(owner)
	ZEND_PARSE_PARAMETERS_END();

	RETURN_BOOL(askr_store_did(askr_rs_lock_release(askr_text(key), askr_text(owner))));
}

ZEND_FUNCTION(askr_lock_refresh)
{
	zend_string *key, *owner;
	zend_long ttl_ms;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_STR(key)
		Z_PARAM_STR(owner)
		Z_PARAM_LONG(ttl_ms)
	ZEND_PARSE_PARAMETERS_END();

	if (!askr_store_time(ttl_ms, 3)) {
		RETURN_THROWS();
	}
	RETURN_BOOL(askr_store_did(askr_rs_lock_refresh(askr_text(key), askr_text(owner), ttl_ms)));
}

ZEND_FUNCTION(askr_lock_owner)
{
	zend_string *key;
	askr_php_value owner;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(key)
	ZEND_PARSE_PARAMETERS_END();

	askr_store_give(askr_rs_lock_owner(askr_text(key), &owner), &owner, return_value);
}

ZEND_FUNCTION(askr_lock_force_release)
{
	zend_string *key;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(key)
	ZEND_PARSE_PARAMETERS_END();

	RETURN_BOOL(askr_store_did(askr_rs_store_delete(ASKR_PHP_SPACE_LOCKS, askr_text(key))));
}

ZEND_FUNCTION(askr_lock_flush)
{
	ZEND_PARSE_PARAMETERS_NONE();
	RETURN_BOOL(askr_store_did(askr_rs_store_flush(ASKR_PHP_SPACE_LOCKS)));
}
