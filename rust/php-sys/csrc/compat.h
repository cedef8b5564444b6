/* Differences between the supported versions of PHP, and nothing else. */
#ifndef ASKR_PHP_COMPAT_H
#define ASKR_PHP_COMPAT_H

#include "php.h"

#if PHP_VERSION_ID < 80200
# error "Askr needs PHP 8.2 or newer"
#endif

#ifdef ZTS
# error "Askr needs a non-thread-safe PHP (configure without --enable-zts)"
#endif

/* 8.4 and older build opcache as a shared object; our recipe archives its
 * objects under these names so that they can be linked in. From 8.5 on the
 * engine has opcache built in. */
#if defined(ASKR_OPCACHE_STATIC) && PHP_VERSION_ID < 80500
# define ASKR_REGISTERS_OPCACHE 1
#endif

/* Debian's engines handle signals through zend_signal; ours is built without. */
#ifdef ZEND_SIGNALS
# define askr_signals_startup() zend_signal_startup()
#else
# define askr_signals_startup() ((void) 0)
#endif

/* http_get_last_response_headers() came with 8.4. */
#if PHP_VERSION_ID >= 80400
# define askr_forget_response_headers() do { \
		zval_ptr_dtor(&BG(last_http_headers)); \
		ZVAL_UNDEF(&BG(last_http_headers)); \
	} while (0)
#else
# define askr_forget_response_headers() ((void) 0)
#endif

/* Debian's 8.2 lets a function end that has run out of memory, and unwinds only
 * then; whoever is about to do what lasts asks before. */
#ifdef ZEND_HAS_OOM
# define askr_is_out_of_memory() ZEND_HAS_OOM()
#else
# define askr_is_out_of_memory() false
#endif

#endif
