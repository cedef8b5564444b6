/*
 * A process that forks copies of itself, from inside the script that it runs:
 * what it closes before, and what a copy makes new.
 */
#include "internal.h"

#include <fcntl.h>

#include "compat.h"

#include "ext/random/php_random.h"
#include "zend_gc.h"

/* ---- connections that outlive requests: two processes cannot share one ---- */

typedef struct {
	/* What the engine calls its persistent resources. */
	const char *type;
	/* The class whose objects use one, in lower case. */
	const char *class_name;
} askr_lasting_kind;

/* Others close what nobody uses at the moment only. */
static const askr_lasting_kind askr_lasting_kinds[] = {
	{"PDO persistent database", "pdo"},
	{"pgsql link persistent", "pgsql\\connection"},
};

static bool askr_has_objects(const char *class_name)
{
	zend_class_entry *class = zend_hash_str_find_ptr(CG(class_table), class_name, strlen(class_name));
	zend_objects_store *objects = &EG(objects_store);

	for (uint32_t i = 1; class && i < objects->top; i++) {
		zend_object *object = objects->object_buckets[i];

		if (IS_OBJ_VALID(object) && instanceof_function(object->ce, class)) {
			return true;
		}
	}
	return false;
}

/* Closed, it would be pulled from under who still holds it. */
static bool askr_is_held(zend_resource *lasting)
{
	const char *type = zend_rsrc_list_get_rsrc_type(lasting);
	zend_resource *resource;

	for (size_t i = 0; type && i < sizeof(askr_lasting_kinds) / sizeof(askr_lasting_kinds[0]); i++) {
		if (strcmp(type, askr_lasting_kinds[i].type) == 0) {
			return askr_has_objects(askr_lasting_kinds[i].class_name);
		}
	}
	ZEND_HASH_FOREACH_PTR(&EG(regular_list), resource) {
		if (resource && resource->ptr == lasting->ptr) {
			return true;
		}
	} ZEND_HASH_FOREACH_END();
	return false;
}

static int askr_close_lasting(zval *entry)
{
	if (!askr_is_held(Z_RES_P(entry))) {
		return ZEND_HASH_APPLY_REMOVE;
	}
	php_log_err("A persistent connection is held where workers are forked: they share it");
	return ZEND_HASH_APPLY_KEEP;
}

/* ---- opcache's memory ---- */

/* opcache's own, where it is linked in: who reads its memory holds a lock on one
 * byte of it. */
extern int lock_file __attribute__((weak));

int askr_opcache_lock(void)
{
	return &lock_file ? lock_file : -1;
}

/* A lock is not inherited. Without it an opcache that has run out of memory could
 * start anew under code that this process runs. */
static void askr_hold_opcache(void)
{
	struct flock usage = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = 1};

	if (askr_opcache_lock() >= 0 && fcntl(lock_file, F_SETLK, &usage) == -1) {
		php_log_err("opcache's memory cannot be locked for this worker");
	}
}

/* ---- all of it ---- */

static void askr_prepare(void)
{
	/* Garbage would be copied, and collected by each copy. */
	gc_collect_cycles();
	zend_hash_reverse_apply(&EG(persistent_list), askr_close_lasting);
	/* It would count the work of forking. */
	zend_unset_timeout();
	zend_mm_gc(zend_mm_get_heap());
}

static void askr_renew(void)
{
	char folder[MAXPATHLEN] = "";

	askr_hold_opcache();
	RANDOM_G(combined_lcg_seeded) = false;
	RANDOM_G(mt19937_seeded) = false;
	if (askr_rs_upload_folder(folder, sizeof(folder))) {
		askr_php_set("upload_tmp_dir", folder);
	}
	if (EG(timeout_seconds)) {
		zend_set_timeout(EG(timeout_seconds), false);
	}
}

/* Where requests are to find nothing of one another a copy is born once for each. */
static void askr_be_born(void)
{
	const char *obstacle = askr_rs_is_rewound() ? askr_rewind_arm() : NULL;

	if (obstacle) {
		askr_rs_stay(obstacle, strlen(obstacle));
	}
	askr_renew();
	askr_forks_after();
}

bool askr_copies_make(void)
{
	askr_forks_before();
	if (!EG(exception)) {
		askr_prepare();
	}
	if (EG(exception) || !askr_rs_fork_copies()) {
		return false;
	}
	askr_be_born();
	return true;
}
