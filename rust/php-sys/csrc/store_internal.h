/* What the C files of the store share. */
#ifndef ASKR_PHP_STORE_INTERNAL_H
#define ASKR_PHP_STORE_INTERNAL_H

#include "internal.h"

/* store.c, store_reads.c */
/* Whether it is a yes; throws when it is neither that nor a no. */
bool askr_store_did(askr_php_store_answer answer);
/* Gives PHP the value that an answer kept, or null. */
void askr_store_give(askr_php_store_answer answer, const askr_php_value *value, zval *out);
void askr_store_give_number(const askr_php_value *value, zval *out);
/* Each of these throws before it returns false; `argument` is its number. */
bool askr_store_other_space(const zend_string *name, uint32_t argument, askr_php_space *space);
bool askr_store_time(zend_long ms, uint32_t argument);
/* A value borrows the string that it was given. */
bool askr_store_value(const zval *given, uint32_t argument, askr_php_value *value);
/* A key in an array, which may be an integer that once was a string; to be
 * released. NULL when an error was thrown. */
zend_string *askr_store_key_in_list(const zval *given, uint32_t argument);

/* No name is the cache's. */
static zend_always_inline bool askr_store_space(const zend_string *name, uint32_t argument,
	askr_php_space *space)
{
	if (EXPECTED(!name || zend_string_equals_literal(name, "cache"))) {
		*space = ASKR_PHP_SPACE_CACHE;
		return true;
	}
	return askr_store_other_space(name, argument, space);
}

static zend_always_inline askr_php_text askr_text(const zend_string *string)
{
	return (askr_php_text) {ZSTR_VAL(string), ZSTR_LEN(string)};
}

#endif
