/*
 * opcache and code that stays. It knows requests only by their start and end in
 * the engine, and a worker script is one request for its whole life: its clock
 * would stand still, and the memory it runs from must never be wiped.
 */
#include "internal.h"

#include "compat.h"

#include "ext/standard/php_filestat.h"
#include "zend_ini.h"

/* opcache's idea of now, by which it decides when a file is looked at again and
 * whether it is old enough to be kept. NULL without opcache. */
static time_t *askr_opcache_clock;

/* How far behind the setting below the clock stands at most, in bytes. */
#define ASKR_CLOCK_DISTANCE_MAX 320

/* Its structure is declared in no installed header, but a setting in it gives its
 * address away, and the time of this request's start is known. */
static time_t *askr_find_clock(void)
{
	zend_string *name = zend_string_init(ZEND_STRL("opcache.revalidate_freq"), false);
	const zend_ini_entry *entry = zend_hash_find_ptr(EG(ini_directives), name);
	time_t started = (time_t) sapi_get_request_time();
	char *setting;

	zend_string_release(name);
	if (!entry || !entry->mh_arg2) {
		return NULL;
	}
	setting = (char *) entry->mh_arg2 + (size_t) entry->mh_arg1;
	for (size_t i = sizeof(zend_long); i < ASKR_CLOCK_DISTANCE_MAX; i += sizeof(time_t)) {
		if (*(time_t *) (setting + i) == started) {
			return (time_t *) (setting + i);
		}
	}
	return NULL;
}

static bool askr_invalidate(zend_string *script)
{
	zval arguments[2], result;

	ZVAL_STR(&arguments[0], script);
	ZVAL_TRUE(&arguments[1]);
	ZVAL_FALSE(&result);
	askr_call_function("opcache_invalidate", &result, 2, arguments);
	return Z_TYPE(result) == IS_TRUE;
}

/* Every script is compiled anew when it is next included. The real one waits for
 * a moment in which nobody uses the memory, which under workers never comes. */
static ZEND_NAMED_FUNCTION(askr_opcache_reset)
{
	zval status, with_scripts, *scripts;
	zend_string *script;

	ZEND_PARSE_PARAMETERS_NONE();
	ZVAL_TRUE(&with_scripts);
	ZVAL_FALSE(&status);
	RETVAL_FALSE;
	askr_call_function("opcache_get_status", &status, 1, &with_scripts);
	scripts = Z_TYPE(status) == IS_ARRAY
		? zend_hash_str_find(Z_ARRVAL(status), ZEND_STRL("scripts"))
		: NULL;
	if (scripts && Z_TYPE_P(scripts) == IS_ARRAY) {
		ZEND_HASH_FOREACH_STR_KEY(Z_ARRVAL_P(scripts), script) {
			if (script) {
				askr_invalidate(script);
			}
		} ZEND_HASH_FOREACH_END();
		php_clear_stat_cache(true, NULL, 0);
		RETVAL_TRUE;
	}
	zval_ptr_dtor(&status);
}

void askr_opcache_take(void)
{
	zend_function *reset = zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("opcache_reset"));

	askr_opcache_clock = askr_find_clock();
	if (reset && reset->type == ZEND_INTERNAL_FUNCTION) {
		reset->internal_function.handler = askr_opcache_reset;
	}
}

void askr_opcache_tick(double now)
{
	if (askr_opcache_clock) {
		*askr_opcache_clock = (time_t) now;
	}
}
