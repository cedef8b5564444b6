/* The signatures of the store's functions, for native.c only. */
#ifndef ASKR_PHP_STORE_ARGINFO_H
#define ASKR_PHP_STORE_ARGINFO_H

#include "php.h"

#define ASKR_SCALAR (MAY_BE_STRING | MAY_BE_LONG | MAY_BE_DOUBLE)
#define ASKR_NUMBER (MAY_BE_LONG | MAY_BE_DOUBLE)

#define ASKR_ARG_KEY ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
#define ASKR_ARG_OWNER ZEND_ARG_TYPE_INFO(0, owner, IS_STRING, 0)
#define ASKR_ARG_VALUE ZEND_ARG_TYPE_MASK(0, value, ASKR_SCALAR, NULL)
#define ASKR_ARG_EXPECTED ZEND_ARG_TYPE_MASK(0, expected, ASKR_SCALAR, NULL)
#define ASKR_ARG_TTL ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttlMs, IS_LONG, 0, "0")
#define ASKR_ARG_TAGS ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, tags, IS_ARRAY, 0, "[]")
#define ASKR_ARG_SPACE ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, space, IS_STRING, 0, "'cache'")

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_MASK_EX(arginfo_askr_cache_get, 0, 1, ASKR_SCALAR | MAY_BE_NULL)
	ASKR_ARG_KEY
	ASKR_ARG_SPACE
ZEND_END_ARG_INFO()

#define arginfo_askr_cache_take arginfo_askr_cache_get

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_cache_many, 0, 1, IS_ARRAY, 0)
	ZEND_ARG_TYPE_INFO(0, keys, IS_ARRAY, 0)
	ASKR_ARG_SPACE
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_cache_ttl, 0, 1, IS_LONG, 1)
	ASKR_ARG_KEY
	ASKR_ARG_SPACE
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_cache_set, 0, 2, _IS_BOOL, 0)
	ASKR_ARG_KEY
	ASKR_ARG_VALUE
	ASKR_ARG_TTL
	ASKR_ARG_TAGS
	ASKR_ARG_SPACE
ZEND_END_ARG_INFO()

#define arginfo_askr_cache_add arginfo_askr_cache_set

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_cache_set_many, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, values, IS_ARRAY, 0)
	ASKR_ARG_TTL
	ASKR_ARG_TAGS
	ASKR_ARG_SPACE
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_cache_replace, 0, 3, _IS_BOOL, 0)
	ASKR_ARG_KEY
	ASKR_ARG_EXPECTED
	ASKR_ARG_VALUE
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttlMs, IS_LONG, 1, "null")
	ASKR_ARG_SPACE
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_MASK_EX(arginfo_askr_cache_increment, 0, 1, ASKR_NUMBER)
	ASKR_ARG_KEY
	ZEND_ARG_TYPE_MASK(0, by, ASKR_NUMBER, "1")
	ASKR_ARG_TTL
	ASKR_ARG_SPACE
ZEND_END_ARG_INFO()

#define arginfo_askr_cache_decrement arginfo_askr_cache_increment

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_cache_touch, 0, 2, _IS_BOOL, 0)
	ASKR_ARG_KEY
	ZEND_ARG_TYPE_INFO(0, ttlMs, IS_LONG, 0)
	ASKR_ARG_SPACE
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_cache_delete, 0, 1, _IS_BOOL, 0)
	ASKR_ARG_KEY
	ASKR_ARG_SPACE
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_cache_delete_if, 0, 2, _IS_BOOL, 0)
	ASKR_ARG_KEY
	ASKR_ARG_EXPECTED
	ASKR_ARG_SPACE
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_cache_flush, 0, 0, _IS_BOOL, 0)
	ASKR_ARG_SPACE
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_cache_forget_tag, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, tag, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_store_statistics, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_lock_acquire, 0, 2, _IS_BOOL, 0)
	ASKR_ARG_KEY
	ASKR_ARG_OWNER
	ASKR_ARG_TTL
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, waitMs, IS_LONG, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, untilDeath, _IS_BOOL, 0, "false")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_lock_release, 0, 2, _IS_BOOL, 0)
	ASKR_ARG_KEY
	ASKR_ARG_OWNER
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_lock_refresh, 0, 3, _IS_BOOL, 0)
	ASKR_ARG_KEY
	ASKR_ARG_OWNER
	ZEND_ARG_TYPE_INFO(0, ttlMs, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_lock_owner, 0, 1, IS_STRING, 1)
	ASKR_ARG_KEY
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_lock_force_release, 0, 1, _IS_BOOL, 0)
	ASKR_ARG_KEY
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_lock_flush, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

ZEND_FUNCTION(askr_cache_get);
ZEND_FUNCTION(askr_cache_set);
ZEND_FUNCTION(askr_cache_add);
ZEND_FUNCTION(askr_cache_delete);
ZEND_FUNCTION(askr_cache_take);
ZEND_FUNCTION(askr_cache_replace);
ZEND_FUNCTION(askr_cache_delete_if);
ZEND_FUNCTION(askr_cache_increment);
ZEND_FUNCTION(askr_cache_decrement);
ZEND_FUNCTION(askr_cache_touch);
ZEND_FUNCTION(askr_cache_ttl);
ZEND_FUNCTION(askr_cache_many);
ZEND_FUNCTION(askr_cache_set_many);
ZEND_FUNCTION(askr_cache_flush);
ZEND_FUNCTION(askr_cache_forget_tag);
ZEND_FUNCTION(askr_store_statistics);
ZEND_FUNCTION(askr_lock_acquire);
ZEND_FUNCTION(askr_lock_release);
ZEND_FUNCTION(askr_lock_refresh);
ZEND_FUNCTION(askr_lock_owner);
ZEND_FUNCTION(askr_lock_force_release);
ZEND_FUNCTION(askr_lock_flush);

/* Entries of native.c's table. */
#define ASKR_STORE_FUNCTIONS \
	ZEND_FE(askr_cache_get, arginfo_askr_cache_get) \
	ZEND_FE(askr_cache_set, arginfo_askr_cache_set) \
	ZEND_FE(askr_cache_add, arginfo_askr_cache_add) \
	ZEND_FE(askr_cache_delete, arginfo_askr_cache_delete) \
	ZEND_FE(askr_cache_take, arginfo_askr_cache_take) \
	ZEND_FE(askr_cache_replace, arginfo_askr_cache_replace) \
	ZEND_FE(askr_cache_delete_if, arginfo_askr_cache_delete_if) \
	ZEND_FE(askr_cache_increment, arginfo_askr_cache_increment) \
	ZEND_FE(askr_cache_decrement, arginfo_askr_cache_decrement) \
	ZEND_FE(askr_cache_touch, arginfo_askr_cache_touch) \
	ZEND_FE(askr_cache_ttl, arginfo_askr_cache_ttl) \
	ZEND_FE(askr_cache_many, arginfo_askr_cache_many) \
	ZEND_FE(askr_cache_set_many, arginfo_askr_cache_set_many) \
	ZEND_FE(askr_cache_flush, arginfo_askr_cache_flush) \
	ZEND_FE(askr_cache_forget_tag, arginfo_askr_cache_forget_tag) \
	ZEND_FE(askr_store_statistics, arginfo_askr_store_statistics) \
	ZEND_FE(askr_lock_acquire, arginfo_askr_lock_acquire) \
	ZEND_FE(askr_lock_release, arginfo_askr_lock_release) \
	ZEND_FE(askr_lock_refresh, arginfo_askr_lock_refresh) \
	ZEND_FE(askr_lock_owner, arginfo_askr_lock_owner) \
	ZEND_FE(askr_lock_force_release, arginfo_askr_lock_force_release) \
	ZEND_FE(askr_lock_flush, arginfo_askr_lock_flush)

#endif
