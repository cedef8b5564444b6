/*
 * The shared store, as the functions PHP code can call reach it. All of it is
 * implemented by the `php` crate; nothing here calls back into the engine.
 */
#ifndef ASKR_PHP_STORE_H
#define ASKR_PHP_STORE_H

/* Part of shim.h. */

typedef enum {
	/* There is no such entry, or it was not as expected; nothing was changed. */
	ASKR_PHP_STORE_NO = 0,
	ASKR_PHP_STORE_YES = 1,
	/* askr_rs_store_fault() says why. */
	ASKR_PHP_STORE_REFUSED = 2,
	/* The server runs without a store. */
	ASKR_PHP_STORE_NONE = 3,
} askr_php_store_answer;

/* In the order of the store's own namespaces. */
typedef enum {
	ASKR_PHP_SPACE_CACHE = 0,
	ASKR_PHP_SPACE_COUNTERS = 1,
	ASKR_PHP_SPACE_SESSIONS = 2,
	ASKR_PHP_SPACE_LOCKS = 3,
	ASKR_PHP_SPACE_LIMITS = 4,
} askr_php_space;

#define ASKR_PHP_SPACE_COUNT 5

typedef enum {
	ASKR_PHP_VALUE_BYTES = 0,
	ASKR_PHP_VALUE_INTEGER = 1,
	ASKR_PHP_VALUE_FLOAT = 2,
} askr_php_value_kind;

/* Only the field that goes with the kind counts. In a value that comes from the
 * store the bytes have no address yet, but a length. */
typedef struct {
	askr_php_value_kind kind;
	askr_php_text bytes;
	int64_t integer;
	double number;
} askr_php_value;

/* The time that an entry stays. */
#define ASKR_PHP_TTL_FOREVER 0
#define ASKR_PHP_TTL_KEPT (-1)

/* What is to be written. */
typedef struct {
	askr_php_space space;
	askr_php_text key;
	askr_php_value value;
	/* Milliseconds, or one of the constants. */
	int64_t ttl_ms;
	const askr_php_text *tags;
	size_t tag_count;
} askr_php_entry;

typedef struct {
	int64_t ttl_ms;
	int64_t wait_ms;
	bool until_death;
} askr_php_lease;

typedef struct {
	/* Never freed. */
	askr_php_text name;
	uint64_t entries;
	uint64_t bytes;
	uint64_t capacity;
	uint64_t hits;
	uint64_t misses;
	uint64_t evictions;
	uint64_t refused;
} askr_php_space_statistics;

/* Looks an entry up. The bytes of one that has any are to be read next. */
askr_php_store_answer askr_rs_store_find(askr_php_space space, askr_php_text key,
	askr_php_value *value);
/* Copies the bytes of the entry that was found last; `len` is their length. False
 * when it has changed since: it is to be looked up again. */
bool askr_rs_store_read(char *out, size_t len);
/* Looks an entry up and keeps its bytes for askr_rs_store_collect(). */
askr_php_store_answer askr_rs_store_get(askr_php_space space, askr_php_text key,
	askr_php_value *value);
/* The same, and deletes it. */
askr_php_store_answer askr_rs_store_take(askr_php_space space, askr_php_text key,
	askr_php_value *value);
/* Copies the bytes that were kept last, `len` of them, and forgets them. */
void askr_rs_store_collect(char *out, size_t len);

askr_php_store_answer askr_rs_store_set(const askr_php_entry *entry);
askr_php_store_answer askr_rs_store_set_many(const askr_php_entry *entries, size_t count);
askr_php_store_answer askr_rs_store_add(const askr_php_entry *entry);
askr_php_store_answer askr_rs_store_replace(const askr_php_entry *entry,
	const askr_php_value *expected);
/* Adds the value to what is there; the sum is written to `sum`. */
askr_php_store_answer askr_rs_store_increment(const askr_php_entry *entry, askr_php_value *sum);
askr_php_store_answer askr_rs_store_delete(askr_php_space space, askr_php_text key);
askr_php_store_answer askr_rs_store_delete_if(askr_php_space space, askr_php_text key,
	const askr_php_value *expected);
askr_php_store_answer askr_rs_store_touch(askr_php_space space, askr_php_text key,
	int64_t ttl_ms);
/* -1 is for ever. */
askr_php_store_answer askr_rs_store_remaining(askr_php_space space, askr_php_text key,
	int64_t *ms);
askr_php_store_answer askr_rs_store_flush(askr_php_space space);
askr_php_store_answer askr_rs_store_forget_tag(askr_php_text tag);
askr_php_store_answer askr_rs_store_statistics(askr_php_space space,
	askr_php_space_statistics *statistics);

askr_php_store_answer askr_rs_lock_acquire(askr_php_text key, askr_php_text owner,
	const askr_php_lease *lease);
askr_php_store_answer askr_rs_lock_release(askr_php_text key, askr_php_text owner);
askr_php_store_answer askr_rs_lock_refresh(askr_php_text key, askr_php_text owner,
	int64_t ttl_ms);
/* Keeps the owner for askr_rs_store_collect(). */
askr_php_store_answer askr_rs_lock_owner(askr_php_text key, askr_php_value *owner);

/* Why the last call was refused: the text, NUL-terminated and cut at `capacity`;
 * returns its number. */
int askr_rs_store_fault(char *text, size_t capacity);

#endif
