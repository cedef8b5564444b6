/* Writing to the shared store. */
#include "store_internal.h"

#include "compat.h"

/* Tags of one entry that need no memory of their own. */
#define ASKR_TAGS_ON_STACK 16

/* The tags of an entry, as long as it is written. */
typedef struct {
	askr_php_text on_stack[ASKR_TAGS_ON_STACK];
	/* Of more than fit there; to be freed. */
	askr_php_text *memory;
} askr_tags;

typedef askr_php_store_answer (*askr_write)(const askr_php_entry *entry);

static bool askr_gather_tags(HashTable *given, uint32_t argument, askr_php_entry *entry,
	askr_tags *tags)
{
	uint32_t count = zend_hash_num_elements(given);
	askr_php_text *text = tags->on_stack;
	zval *tag;

	if (entry->space != ASKR_PHP_SPACE_CACHE) {
		zend_argument_value_error(argument, "must be empty outside of the space \"cache\"");
		return false;
	}
	if (count > ASKR_TAGS_ON_STACK) {
		text = tags->memory = safe_emalloc(count, sizeof(askr_php_text), 0);
	}
	entry->tags = text;
	entry->tag_count = count;
	ZEND_HASH_FOREACH_VAL(given, tag) {
		ZVAL_DEREF(tag);
		if (Z_TYPE_P(tag) != IS_STRING) {
			zend_argument_type_error(argument, "must be an array of strings, %s in it",
				zend_zval_type_name(tag));
			return false;
		}
		*text++ = askr_text(Z_STR_P(tag));
	} ZEND_HASH_FOREACH_END();
	return true;
}

/* Whether it was written. */
static bool askr_write_tagged(askr_php_entry *entry, HashTable *given, uint32_t argument,
	askr_write write)
{
	askr_tags tags;
	bool is_written;

	if (!given || zend_hash_num_elements(given) == 0) {
		return askr_store_did(write(entry));
	}
	tags.memory = NULL;
	is_written = askr_gather_tags(given, argument, entry, &tags) && askr_store_did(write(entry));
	if (tags.memory) {
		efree(tags.memory);
	}
	return is_written;
}

static void askr_write_one(INTERNAL_FUNCTION_PARAMETERS, askr_write write)
{
	askr_php_entry entry = {0};
	zend_string *key, *name = NULL;
	zval *value;
	zend_long ttl_ms = ASKR_PHP_TTL_FOREVER;
	HashTable *tags = NULL;

	ZEND_PARSE_PARAMETERS_START(2, 5)
		Z_PARAM_STR(key)
		Z_PARAM_ZVAL(value)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG(ttl_ms)
		Z_PARAM_ARRAY_HT(tags)
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	if (!askr_store_value(value, 2, &entry.value) || !askr_store_time(ttl_ms, 3)
	 || !askr_store_space(name, 5, &entry.space)) {
		RETURN_THROWS();
	}
	entry.key = askr_text(key);
	entry.ttl_ms = ttl_ms;
	RETURN_BOOL(askr_write_tagged(&entry, tags, 4, write));
}

ZEND_FUNCTION(askr_cache_set)
{
	askr_write_one(INTERNAL_FUNCTION_PARAM_PASSTHRU, askr_rs_store_set);
}

ZEND_FUNCTION(askr_cache_add)
{
	askr_write_one(INTERNAL_FUNCTION_PARAM_PASSTHRU, askr_rs_store_add);
}

/* The entries of an array, as long as they are written. */
typedef struct {
	askr_php_entry *entries;
	/* Their keys; those that are numbers in PHP are made into text here. */
	zend_string **keys;
	size_t count;
} askr_batch;

static bool askr_gather_entries(const askr_php_entry *model, HashTable *values, askr_batch *batch)
{
	zend_ulong number;
	zend_string *key;
	zval *value;

	batch->entries = safe_emalloc(zend_hash_num_elements(values), sizeof(askr_php_entry), 0);
	batch->keys = safe_emalloc(zend_hash_num_elements(values), sizeof(zend_string *), 0);
	ZEND_HASH_FOREACH_KEY_VAL(values, number, key, value) {
		zend_string *name = key ? zend_string_copy(key) : zend_long_to_str((zend_long) number);
		askr_php_entry *entry = &batch->entries[batch->count];

		batch->keys[batch->count++] = name;
		*entry = *model;
		entry->key = askr_text(name);
		if (!askr_store_value(value, 1, &entry->value)) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

static void askr_drop_entries(askr_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		zend_string_release(batch->keys[i]);
	}
	efree(batch->keys);
	efree(batch->entries);
}

static bool askr_set_all(askr_php_entry *model, HashTable *values, HashTable *given)
{
	askr_tags tags = {.memory = NULL};
	askr_batch batch = {0};
	bool is_written = !given || zend_hash_num_elements(given) == 0
		|| askr_gather_tags(given, 3, model, &tags);

	if (is_written && zend_hash_num_elements(values) > 0) {
		is_written = askr_gather_entries(model, values, &batch)
			&& askr_store_did(askr_rs_store_set_many(batch.entries, batch.count));
		askr_drop_entries(&batch);
	}
	if (tags.memory) {
		efree(tags.memory);
	}
	return is_written;
}

ZEND_FUNCTION(askr_cache_set_many)
{
	askr_php_entry entry = {0};
	HashTable *values, *tags = NULL;
	zend_string *name = NULL;
	zend_long ttl_ms = ASKR_PHP_TTL_FOREVER;

	ZEND_PARSE_PARAMETERS_START(1, 4)
		Z_PARAM_ARRAY_HT(values)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG(ttl_ms)
		Z_PARAM_ARRAY_HT(tags)
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	if (!askr_store_time(ttl_ms, 2) || !askr_store_space(name, 4, &entry.space)) {
		RETURN_THROWS();
	}
	entry.ttl_ms = ttl_ms;
	RETURN_BOOL(askr_set_all(&entry, values, tags));
}

ZEND_FUNCTION(askr_cache_replace)
{
	askr_php_entry entry = {0};
	askr_php_value expected = {0};
	zend_string *key, *name = NULL;
	zval *before, *value;
	zend_long ttl_ms = 0;
	bool is_kept = true;

	ZEND_PARSE_PARAMETERS_START(3, 5)
		Z_PARAM_STR(key)
		Z_PARAM_ZVAL(before)
		Z_PARAM_ZVAL(value)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG_OR_NULL(ttl_ms, is_kept)
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	if (!askr_store_value(before, 2, &expected) || !askr_store_value(value, 3, &entry.value)
	 || !askr_store_time(ttl_ms, 4) || !askr_store_space(name, 5, &entry.space)) {
		RETURN_THROWS();
	}
	entry.key = askr_text(key);
	entry.ttl_ms = is_kept ? ASKR_PHP_TTL_KEPT : ttl_ms;
	RETURN_BOOL(askr_store_did(askr_rs_store_replace(&entry, &expected)));
}

/* The opposite of the least integer is none. */
static bool askr_turn_around(askr_php_value *value)
{
	if (value->kind == ASKR_PHP_VALUE_FLOAT) {
		value->number = -value->number;
		return true;
	}
	if (value->integer == ZEND_LONG_MIN) {
		zend_argument_value_error(2, "must be greater than PHP_INT_MIN");
		return false;
	}
	value->integer = -value->integer;
	return true;
}

static void askr_add_up(INTERNAL_FUNCTION_PARAMETERS, bool is_down)
{
	askr_php_entry entry = {.value = {.kind = ASKR_PHP_VALUE_INTEGER, .integer = 1}};
	askr_php_value sum;
	zend_string *key, *name = NULL;
	zval *by = NULL;
	zend_long ttl_ms = ASKR_PHP_TTL_FOREVER;

	ZEND_PARSE_PARAMETERS_START(1, 4)
		Z_PARAM_STR(key)
		Z_PARAM_OPTIONAL
		Z_PARAM_NUMBER(by)
		Z_PARAM_LONG(ttl_ms)
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	if ((by && !askr_store_value(by, 2, &entry.value)) || !askr_store_time(ttl_ms, 3)
	 || !askr_store_space(name, 4, &entry.space) || (is_down && !askr_turn_around(&entry.value))) {
		RETURN_THROWS();
	}
	entry.key = askr_text(key);
	entry.ttl_ms = ttl_ms;
	if (askr_store_did(askr_rs_store_increment(&entry, &sum))) {
		askr_store_give_number(&sum, return_value);
	}
}

ZEND_FUNCTION(askr_cache_increment)
{
	askr_add_up(INTERNAL_FUNCTION_PARAM_PASSTHRU, false);
}

ZEND_FUNCTION(askr_cache_decrement)
{
	askr_add_up(INTERNAL_FUNCTION_PARAM_PASSTHRU, true);
}

ZEND_FUNCTION(askr_cache_touch)
{
	zend_string *key, *name = NULL;
	zend_long ttl_ms;
	askr_php_space space;

	ZEND_PARSE_PARAMETERS_START(2, 3)
		Z_PARAM_STR(key)
		Z_PARAM_LONG(ttl_ms)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	if (!askr_store_time(ttl_ms, 2) || !askr_store_space(name, 3, &space)) {
		RETURN_THROWS();
	}
	RETURN_BOOL(askr_store_did(askr_rs_store_touch(space, askr_text(key), ttl_ms)));
}

ZEND_FUNCTION(askr_cache_delete)
{
	zend_string *key, *name = NULL;
	askr_php_space space;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(key)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	if (!askr_store_space(name, 2, &space)) {
		RETURN_THROWS();
	}
	RETURN_BOOL(askr_store_did(askr_rs_store_delete(space, askr_text(key))));
}

ZEND_FUNCTION(askr_cache_delete_if)
{
	askr_php_value expected = {0};
	zend_string *key, *name = NULL;
	zval *value;
	askr_php_space space;

	ZEND_PARSE_PARAMETERS_START(2, 3)
		Z_PARAM_STR(key)
		Z_PARAM_ZVAL(value)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	if (!askr_store_value(value, 2, &expected) || !askr_store_space(name, 3, &space)) {
		RETURN_THROWS();
	}
	RETURN_BOOL(askr_store_did(askr_rs_store_delete_if(space, askr_text(key), &expected)));
}
