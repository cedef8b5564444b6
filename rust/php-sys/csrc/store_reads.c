/*
 * Reading from the shared store. A value is copied once, from the store into the
 * string that PHP gets: it is looked up, the string is allocated here, where
 * running out of memory may unwind, and then filled by Rust.
 */
#include "store_internal.h"

#include "compat.h"

/* How often a value is looked up again that changes while it is read, before it
 * is read by way of a copy. */
#define ASKR_READ_ATTEMPTS 4

void askr_store_give_number(const askr_php_value *value, zval *out)
{
	if (value->kind == ASKR_PHP_VALUE_INTEGER) {
		ZVAL_LONG(out, value->integer);
	} else {
		ZVAL_DOUBLE(out, value->number);
	}
}

/* What was kept as a copy; `room` is a string of some length to fill, or NULL. */
static void askr_give_kept(const askr_php_value *value, zend_string *room, zval *out)
{
	if (room && (value->kind != ASKR_PHP_VALUE_BYTES || ZSTR_LEN(room) != value->bytes.len)) {
		zend_string_efree(room);
		room = NULL;
	}
	if (value->kind != ASKR_PHP_VALUE_BYTES) {
		askr_store_give_number(value, out);
		return;
	}
	if (!room) {
		room = zend_string_alloc(value->bytes.len, false);
	}
	askr_rs_store_collect(ZSTR_VAL(room), value->bytes.len);
	ZSTR_VAL(room)[value->bytes.len] = '\0';
	ZVAL_NEW_STR(out, room);
}

void askr_store_give(askr_php_store_answer answer, const askr_php_value *value, zval *out)
{
	ZVAL_NULL(out);
	if (askr_store_did(answer)) {
		askr_give_kept(value, NULL, out);
	}
}

/* False when the value has changed before it was copied. */
static zend_always_inline bool askr_give_found(const askr_php_value *value, zval *out)
{
	zend_string *bytes;

	if (value->kind != ASKR_PHP_VALUE_BYTES) {
		askr_store_give_number(value, out);
		return true;
	}
	bytes = zend_string_alloc(value->bytes.len, false);
	if (UNEXPECTED(!askr_rs_store_read(ZSTR_VAL(bytes), value->bytes.len))) {
		zend_string_efree(bytes);
		return false;
	}
	ZSTR_VAL(bytes)[value->bytes.len] = '\0';
	ZVAL_NEW_STR(out, bytes);
	return true;
}

/* Null when there is no such entry, or an exception was thrown. */
static void askr_fetch(askr_php_space space, const zend_string *key, zval *out)
{
	askr_php_value value;

	for (int attempt = 0; attempt < ASKR_READ_ATTEMPTS; attempt++) {
		askr_php_store_answer answer = askr_rs_store_find(space, askr_text(key), &value);

		if (UNEXPECTED(answer != ASKR_PHP_STORE_YES)) {
			ZVAL_NULL(out);
			askr_store_did(answer);
			return;
		}
		if (EXPECTED(askr_give_found(&value, out))) {
			return;
		}
	}
	askr_store_give(askr_rs_store_get(space, askr_text(key), &value), &value, out);
}

ZEND_FUNCTION(askr_cache_get)
{
	zend_string *key, *name = NULL;
	askr_php_space space;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(key)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	if (askr_store_space(name, 2, &space)) {
		askr_fetch(space, key, return_value);
	}
}

/* A key of an array may be an integer that once was a string. */
zend_string *askr_store_key_in_list(const zval *given, uint32_t argument)
{
	ZVAL_DEREF(given);
	if (Z_TYPE_P(given) == IS_STRING) {
		return zend_string_copy(Z_STR_P(given));
	}
	if (Z_TYPE_P(given) == IS_LONG) {
		return zend_long_to_str(Z_LVAL_P(given));
	}
	zend_argument_type_error(argument, "must be an array of strings, %s in it",
		zend_zval_type_name(given));
	return NULL;
}

ZEND_FUNCTION(askr_cache_many)
{
	HashTable *keys;
	zend_string *name = NULL;
	askr_php_space space;
	zval *given;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_ARRAY_HT(keys)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	if (!askr_store_space(name, 2, &space)) {
		RETURN_THROWS();
	}
	array_init_size(return_value, zend_hash_num_elements(keys));
	ZEND_HASH_FOREACH_VAL(keys, given) {
		zend_string *key = askr_store_key_in_list(given, 1);
		zval value;

		if (!key) {
			RETURN_THROWS();
		}
		askr_fetch(space, key, &value);
		zend_symtable_update(Z_ARRVAL_P(return_value), key, &value);
		zend_string_release(key);
		if (EG(exception)) {
			RETURN_THROWS();
		}
	} ZEND_HASH_FOREACH_END();
}

/* Room for the value is found before it is taken away: what does not fit into
 * memory stays in the store. */
ZEND_FUNCTION(askr_cache_take)
{
	zend_string *key, *name = NULL, *room = NULL;
	askr_php_space space;
	askr_php_value value;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(key)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	if (!askr_store_space(name, 2, &space)
	 || !askr_store_did(askr_rs_store_find(space, askr_text(key), &value))) {
		return;
	}
	if (value.kind == ASKR_PHP_VALUE_BYTES) {
		room = zend_string_alloc(value.bytes.len, false);
	}
	if (!askr_is_out_of_memory()
	 && askr_store_did(askr_rs_store_take(space, askr_text(key), &value))) {
		askr_give_kept(&value, room, return_value);
	} else if (room) {
		zend_string_efree(room);
	}
}

ZEND_FUNCTION(askr_cache_ttl)
{
	zend_string *key, *name = NULL;
	askr_php_space space;
	int64_t ms;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(key)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	if (askr_store_space(name, 2, &space)
	 && askr_store_did(askr_rs_store_remaining(space, askr_text(key), &ms))) {
		RETURN_LONG((zend_long) ms);
	}
}
