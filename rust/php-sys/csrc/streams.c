/* What ext/standard keeps for the length of a request: stream wrappers and
 * filters, the default context, and the remains of single functions. */
#include "internal.h"

#include "compat.h"

#include "ext/standard/basic_functions.h"
#include "ext/standard/file.h"
#include "ext/standard/php_filestat.h"
#include "php_syslog.h"
#include "zend_smart_str.h"

/* ---- stream_wrapper_register() and its opposites ---- */

/* Booting's own tables; PHP makes one when the first change is made. */
static HashTable askr_boot_wrappers, askr_boot_filters;
static bool askr_boot_has_wrappers, askr_boot_has_filters;
static uint32_t askr_boot_user_filters;

static bool askr_table_take(HashTable *boot, const HashTable *table)
{
	if (table) {
		zend_hash_init(boot, zend_hash_num_elements(table), NULL, NULL, false);
		zend_hash_copy(boot, (HashTable *) table, NULL);
	}
	return table != NULL;
}

static bool askr_table_is(HashTable *boot, HashTable *table)
{
	zend_string *name;
	void *entry;

	if (zend_hash_num_elements(boot) != zend_hash_num_elements(table)) {
		return false;
	}
	ZEND_HASH_FOREACH_STR_KEY_PTR(table, name, entry) {
		if (zend_hash_find_ptr(boot, name) != entry) {
			return false;
		}
	} ZEND_HASH_FOREACH_END();
	return true;
}

/* Puts boot's table back; false when there was nothing to do. */
static bool askr_table_restore(HashTable *boot, bool has, HashTable **table)
{
	if (!*table || (has && askr_table_is(boot, *table))) {
		return false;
	}
	if (has) {
		zend_hash_clean(*table);
		zend_hash_copy(*table, boot, NULL);
	} else {
		zend_hash_destroy(*table);
		efree(*table);
		*table = NULL;
	}
	return true;
}

static bool askr_wrapper_is_boots(void *wrapper)
{
	void *entry;

	if (askr_boot_has_wrappers) {
		ZEND_HASH_FOREACH_PTR(&askr_boot_wrappers, entry) {
			if (entry == wrapper) {
				return true;
			}
		} ZEND_HASH_FOREACH_END();
	}
	return false;
}

/* Closing runs code of the application, after which the list may be another:
 * each search begins anew. */
static zend_resource *askr_stream_of(const void *wrapper)
{
	zend_resource *resource;

	ZEND_HASH_FOREACH_PTR(&EG(regular_list), resource) {
		const php_stream *stream = resource ? resource->ptr : NULL;

		if (stream && resource->type == php_file_le_stream() && stream->wrapper
		 && stream->wrapper->abstract == wrapper) {
			return resource;
		}
	} ZEND_HASH_FOREACH_END();
	return NULL;
}

/* A registered class is a resource of its own, which nobody else would free. */
static zend_resource *askr_wrapper_of_request(void)
{
	int type = zend_fetch_list_dtor_id("stream factory");
	zend_resource *resource;

	ZEND_HASH_FOREACH_PTR(&EG(regular_list), resource) {
		/* What it points to begins with the wrapper. */
		if (resource && resource->type == type && resource->ptr
		 && !askr_wrapper_is_boots(resource->ptr)) {
			return resource;
		}
	} ZEND_HASH_FOREACH_END();
	return NULL;
}

/* A stream that a request left open in a static must not point to a wrapper
 * that is gone. */
static void askr_free_wrappers(void)
{
	zend_resource *wrapper, *stream;

	while ((wrapper = askr_wrapper_of_request())) {
		while ((stream = askr_stream_of(wrapper->ptr))) {
			zend_list_close(stream);
		}
		zend_list_delete(wrapper);
	}
}

/* Unregistering gives up one of these references, so it frees nothing of boot's. */
static void askr_hold_wrappers(void)
{
	int type = zend_fetch_list_dtor_id("stream factory");
	zend_resource *resource;

	ZEND_HASH_FOREACH_PTR(&EG(regular_list), resource) {
		if (resource && resource->type == type && askr_wrapper_is_boots(resource->ptr)) {
			GC_SET_REFCOUNT(resource, 2);
		}
	} ZEND_HASH_FOREACH_END();
}

static void askr_wrappers_restore(void)
{
	if (askr_table_restore(&askr_boot_wrappers, askr_boot_has_wrappers, &FG(stream_wrappers))) {
		askr_free_wrappers();
		askr_hold_wrappers();
	}
	if (askr_table_restore(&askr_boot_filters, askr_boot_has_filters, &FG(stream_filters))) {
		while (zend_hash_num_elements(BG(user_filter_map)) > askr_boot_user_filters) {
			HashPosition last;
			zend_string *name;
			zend_ulong index;

			zend_hash_internal_pointer_end_ex(BG(user_filter_map), &last);
			zend_hash_get_current_key_ex(BG(user_filter_map), &name, &index, &last);
			zend_hash_del(BG(user_filter_map), name);
		}
	}
}

/* ---- stream_context_set_default() ---- */

/* Undefined when booting used none. Shared with the context, so that a change
 * makes a new array there. */
static zval askr_boot_context_options;

static void askr_context_take(void)
{
	ZVAL_UNDEF(&askr_boot_context_options);
	if (FG(default_context)) {
		ZVAL_COPY(&askr_boot_context_options, &FG(default_context)->options);
	}
}

/* PHP makes an empty one for most calls that could take one. */
static void askr_context_restore(void)
{
	php_stream_context *context = FG(default_context);

	if (!context) {
		return;
	}
	if (context->notifier) {
		php_stream_notification_free(context->notifier);
		context->notifier = NULL;
	}
	if (Z_TYPE(askr_boot_context_options) == IS_ARRAY) {
		if (Z_ARR(askr_boot_context_options) != Z_ARR(context->options)) {
			zval_ptr_dtor(&context->options);
			ZVAL_COPY(&context->options, &askr_boot_context_options);
		}
	} else if (zend_hash_num_elements(Z_ARRVAL(context->options))) {
		zval_ptr_dtor(&context->options);
		array_init(&context->options);
	}
}

/* ---- the remains of single functions ---- */

static size_t askr_boot_ticks;
static bool askr_boot_logs;

static void askr_rewriter_forget(url_adapt_state_ex_t *state)
{
	if (!state->active && !state->url_app.s && !state->form_app.s) {
		return;
	}
	smart_str_free(&state->result);
	smart_str_free(&state->buf);
	smart_str_free(&state->tag);
	smart_str_free(&state->arg);
	smart_str_free(&state->attr_val);
	smart_str_free(&state->form_app);
	smart_str_free(&state->url_app);
	state->active = 0;
	state->tag_type = 0;
	state->attr_type = 0;
}

static void askr_functions_restore(void)
{
	if (BG(strtok_string)) {
		zend_string_release(BG(strtok_string));
		BG(strtok_string) = NULL;
		BG(strtok_last) = NULL;
	}
	if (BG(syslog_device) && !askr_boot_logs) {
		php_closelog();
		free(BG(syslog_device));
		BG(syslog_device) = NULL;
	}
	while (BG(user_tick_functions) && zend_llist_count(BG(user_tick_functions)) > askr_boot_ticks) {
		zend_llist_remove_tail(BG(user_tick_functions));
	}
	askr_rewriter_forget(&BG(url_adapt_session_ex));
	askr_rewriter_forget(&BG(url_adapt_output_ex));
	askr_forget_response_headers();
	php_clear_stat_cache(false, NULL, 0);
}

/* ---- all of it ---- */

void askr_streams_take(void)
{
	askr_boot_has_wrappers = askr_table_take(&askr_boot_wrappers, FG(stream_wrappers));
	askr_boot_has_filters = askr_table_take(&askr_boot_filters, FG(stream_filters));
	askr_boot_user_filters = BG(user_filter_map) ? zend_hash_num_elements(BG(user_filter_map)) : 0;
	askr_boot_ticks = BG(user_tick_functions) ? zend_llist_count(BG(user_tick_functions)) : 0;
	askr_boot_logs = BG(syslog_device) != NULL;
	askr_hold_wrappers();
	askr_context_take();
}

void askr_streams_restore(void)
{
	askr_wrappers_restore();
	askr_context_restore();
	askr_functions_restore();
}

void askr_streams_release(void)
{
	if (askr_boot_has_wrappers) {
		zend_hash_destroy(&askr_boot_wrappers);
	}
	if (askr_boot_has_filters) {
		zend_hash_destroy(&askr_boot_filters);
	}
	zval_ptr_dtor(&askr_boot_context_options);
}
