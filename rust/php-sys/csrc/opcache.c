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

/* One that is kept as its file is, or whatever its file is. */
static void askr_invalidate(zend_string *script, bool force)
{
	zval arguments[2];

	ZVAL_STR(&arguments[0], script);
	ZVAL_BOOL(&arguments[1], force);
	askr_call_function("opcache_invalidate", NULL, 2, arguments);
}

/* False without a cache. */
static bool askr_invalidate_scripts(bool force)
{
	zval status, with_scripts, *scripts;
	zend_string *script;
	bool is_kept;

	ZVAL_TRUE(&with_scripts);
	ZVAL_FALSE(&status);
	askr_call_function("opcache_get_status", &status, 1, &with_scripts);
	scripts = Z_TYPE(status) == IS_ARRAY
		? zend_hash_str_find(Z_ARRVAL(status), ZEND_STRL("scripts"))
		: NULL;
	is_kept = scripts && Z_TYPE_P(scripts) == IS_ARRAY;
	if (is_kept) {
		ZEND_HASH_FOREACH_STR_KEY(Z_ARRVAL_P(scripts), script) {
			if (script) {
				askr_invalidate(script, force);
			}
		} ZEND_HASH_FOREACH_END();
	}
	zval_ptr_dtor(&status);
	return is_kept;
}

/* Every script is compiled anew when it is next included. The real one waits for
 * a moment in which nobody uses the memory, which under workers never comes. */
static ZEND_NAMED_FUNCTION(askr_opcache_reset)
{
	ZEND_PARSE_PARAMETERS_NONE();
	RETVAL_BOOL(askr_invalidate_scripts(true));
	if (Z_TYPE_P(return_value) == IS_TRUE) {
		php_clear_stat_cache(true, NULL, 0);
	}
}

/* A worker may boot because files have changed, and boot code that they replace
 * must not call what they replace: also those that nobody looks at again in
 * requests, by `opcache.validate_timestamps`. */
void askr_opcache_refresh(void)
{
	zend_string *validates = zend_string_init(ZEND_STRL("opcache.validate_timestamps"), false);

	if (zend_alter_ini_entry_chars(validates, "1", 1, PHP_INI_SYSTEM, PHP_INI_STAGE_RUNTIME)
	 == SUCCESS) {
		askr_invalidate_scripts(false);
		zend_restore_ini_entry(validates, PHP_INI_STAGE_RUNTIME);
	}
	zend_string_release(validates);
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
