/*
 * The shared store from PHP: Askr\StoreException, what the functions have in
 * common, and those that concern a whole space.
 */
#include "store_internal.h"

#include "compat.h"

#include "ext/spl/spl_exceptions.h"
#include "zend_exceptions.h"

/* Longest text of an exception. */
#define ASKR_FAULT_BYTES 512

static zend_class_entry *askr_store_exception;

static const struct {
	const char *name;
	zend_long number;
} askr_faults[] = {
	{"INTERNAL", 0},
	{"KEY", 1},
	{"TOO_LARGE", 2},
	{"FULL", 3},
	{"BUSY", 4},
	{"NOT_A_NUMBER", 5},
	{"OVERFLOW", 6},
	{"DAMAGED", 7},
};

void askr_store_startup(void)
{
	zend_class_entry class;

	INIT_NS_CLASS_ENTRY(class, "Askr", "StoreException", NULL);
	askr_store_exception = zend_register_internal_class_ex(&class, spl_ce_RuntimeException);
	for (size_t i = 0; i < sizeof(askr_faults) / sizeof(askr_faults[0]); i++) {
		zend_declare_class_constant_long(askr_store_exception, askr_faults[i].name,
			strlen(askr_faults[i].name), askr_faults[i].number);
	}
}

static void askr_store_throw(askr_php_store_answer answer)
{
	char text[ASKR_FAULT_BYTES];
	int number;

	if (answer == ASKR_PHP_STORE_NONE) {
		zend_throw_error(NULL, "%s() needs the shared store, which this server runs without: "
			"give it a store_size", get_active_function_name());
		return;
	}
	number = askr_rs_store_fault(text, sizeof(text));
	zend_throw_exception(askr_store_exception, text, number);
}

bool askr_store_did(askr_php_store_answer answer)
{
	if (UNEXPECTED(answer > ASKR_PHP_STORE_YES)) {
		askr_store_throw(answer);
	}
	return answer == ASKR_PHP_STORE_YES;
}

/* ---- arguments ---- */

bool askr_store_other_space(const zend_string *name, uint32_t argument, askr_php_space *space)
{
	if (zend_string_equals_literal(name, "counters")) {
		*space = ASKR_PHP_SPACE_COUNTERS;
	} else if (zend_string_equals_literal(name, "sessions")) {
		*space = ASKR_PHP_SPACE_SESSIONS;
	} else {
		zend_argument_value_error(argument, "must be \"cache\", \"counters\" or \"sessions\"");
		return false;
	}
	return true;
}

bool askr_store_time(zend_long ms, uint32_t argument)
{
	if (EXPECTED(ms >= 0)) {
		return true;
	}
	zend_argument_value_error(argument, "must be a number of milliseconds, or 0");
	return false;
}

bool askr_store_value(const zval *given, uint32_t argument, askr_php_value *value)
{
	ZVAL_DEREF(given);
	switch (Z_TYPE_P(given)) {
		case IS_STRING:
			value->kind = ASKR_PHP_VALUE_BYTES;
			value->bytes = askr_text(Z_STR_P(given));
			return true;
		case IS_LONG:
			value->kind = ASKR_PHP_VALUE_INTEGER;
			value->integer = Z_LVAL_P(given);
			return true;
		case IS_DOUBLE:
			value->kind = ASKR_PHP_VALUE_FLOAT;
			value->number = Z_DVAL_P(given);
			return true;
		default:
			zend_argument_type_error(argument, "must be of type string|int|float, %s given",
				zend_zval_type_name(given));
			return false;
	}
}

/* ---- a whole space ---- */

ZEND_FUNCTION(askr_cache_flush)
{
	zend_string *name = NULL;
	askr_php_space space;

	ZEND_PARSE_PARAMETERS_START(0, 1)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	if (askr_store_space(name, 1, &space)) {
		RETURN_BOOL(askr_store_did(askr_rs_store_flush(space)));
	}
}

ZEND_FUNCTION(askr_cache_forget_tag)
{
	zend_string *tag;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(tag)
	ZEND_PARSE_PARAMETERS_END();

	RETURN_BOOL(askr_store_did(askr_rs_store_forget_tag(askr_text(tag))));
}

static void askr_add_statistics(zval *array, const askr_php_space_statistics *space)
{
	zval counts;

	array_init_size(&counts, 8);
	add_assoc_long(&counts, "entries", (zend_long) space->entries);
	add_assoc_long(&counts, "bytes", (zend_long) space->bytes);
	add_assoc_long(&counts, "capacity", (zend_long) space->capacity);
	add_assoc_long(&counts, "hits", (zend_long) space->hits);
	add_assoc_long(&counts, "misses", (zend_long) space->misses);
	add_assoc_long(&counts, "evictions", (zend_long) space->evictions);
	add_assoc_long(&counts, "refused", (zend_long) space->refused);
	zend_hash_str_update(Z_ARRVAL_P(array), space->name.bytes, space->name.len, &counts);
}

ZEND_FUNCTION(askr_store_statistics)
{
	ZEND_PARSE_PARAMETERS_NONE();
	array_init_size(return_value, ASKR_PHP_SPACE_COUNT);
	for (int space = 0; space < ASKR_PHP_SPACE_COUNT; space++) {
		askr_php_space_statistics statistics;

		if (!askr_store_did(askr_rs_store_statistics((askr_php_space) space, &statistics))) {
			RETURN_THROWS();
		}
		askr_add_statistics(return_value, &statistics);
	}
}
