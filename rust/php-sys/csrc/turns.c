/*
 * Turns: requests inside one long-lived run of a worker script. Each begins
 * with the engine as a fresh request would have it, and leaves nothing behind.
 */
#include "internal.h"

#include "compat.h"

#include "ext/standard/basic_functions.h"
#include "ext/standard/head.h"
#include "php_main.h"
#include "php_output.h"
#include "php_variables.h"
#include "zend_exceptions.h"

/* True between the moment a worker took a request and the end of its reply. */
static bool askr_turn_is_open;
/* Whether nothing but output that was kept back is to come. */
static bool askr_turn_is_completing;
/* Whether the script that runs is a worker script that has asked for work. */
static bool askr_loop_has_begun;
/* How many resources there were when the script asked for its first request. */
static zend_long askr_booted_resources;
/* Shutdown functions registered while booting; they run when the worker ends. */
static HashTable *askr_boot_shutdown_functions;

void askr_turns_reset(void)
{
	askr_turn_is_open = false;
	askr_turn_is_completing = false;
	askr_loop_has_begun = false;
	askr_boot_shutdown_functions = NULL;
	askr_deferred_reset();
	askr_garbage_reset();
	askr_forks_reset();
}

/* A handle on php://input that outlives its request would point into the body
 * freed below. */
static void askr_close_input_streams(void)
{
	zend_resource *resource;

	ZEND_HASH_FOREACH_PTR(&EG(regular_list), resource) {
		php_stream *stream = resource ? resource->ptr : NULL;

		if (stream && resource->type == php_file_le_stream()
		 && strcmp(stream->ops->label, "Input") == 0) {
			zend_list_close(resource);
		}
	} ZEND_HASH_FOREACH_END();
}

static void askr_release_body(void)
{
	php_stream *body = SG(request_info).request_body;

	SG(post_read) = 1;
	if (body) {
		askr_close_input_streams();
		SG(request_info).request_body = NULL;
		php_stream_free(body, PHP_STREAM_FREE_CLOSE);
	}
}

/* PHP remembers where each path led, and the names of uploads never come back:
 * they would fill the cache that scripts are found with. */
static void askr_forget_uploads(void)
{
	zend_string *path;

	if (!SG(rfc1867_uploaded_files)) {
		return;
	}
	ZEND_HASH_FOREACH_STR_KEY(SG(rfc1867_uploaded_files), path) {
		if (path) {
			realpath_cache_del(ZSTR_VAL(path), ZSTR_LEN(path));
		}
	} ZEND_HASH_FOREACH_END();
}

/* $_ENV belongs to the worker; all others are made anew, whatever
 * auto_globals_jit says: code compiled long ago does not arm them again. */
static void askr_import_superglobals(void)
{
	zend_auto_global *global;

	for (int i = 0; i < NUM_TRACK_VARS; i++) {
		if (i != TRACK_VARS_ENV) {
			zval_ptr_dtor(&PG(http_globals)[i]);
			ZVAL_UNDEF(&PG(http_globals)[i]);
		}
	}
	ZEND_HASH_MAP_FOREACH_PTR(CG(auto_globals), global) {
		if (global->auto_global_callback && !zend_string_equals_literal(global->name, "_ENV")) {
			global->armed = global->auto_global_callback(global->name);
		}
	} ZEND_HASH_FOREACH_END();
}

/* php_call_shutdown_functions() catches a bailout itself; a turn must not go on
 * after one. */
static void askr_run_shutdown_functions(void)
{
	php_call_shutdown_functions();
	php_free_shutdown_functions();
	if (CG(unclean_shutdown)) {
		zend_bailout();
	}
	askr_turn_settle(false);
}

/* Under FPM an exception or an exit in a callback of the output throws away what
 * was still to be printed. */
bool askr_output_is_lost(void)
{
	return askr_turn_is_completing && EG(exception);
}

/* Each of these may run code of the application, and so leave an exception. */
static void askr_complete_reply(void)
{
	bool has_begun = SG(headers_sent);

	askr_turn_is_completing = true;
	php_output_end_all();
	askr_turn_settle(has_begun);
	askr_modules_end();
	askr_turn_settle(false);
	php_header();
	askr_turn_settle(false);
	askr_turn_is_completing = false;
	if (askr_turn_is_open) {
		askr_turn_is_open = false;
		askr_rs_reply_end();
	}
}

/* Ends what is open, the boot or a turn, and leaves the engine waiting. A
 * bailout goes to the run of the whole script, whose stop ends the reply. */
void askr_turn_close(void)
{
	if (askr_turn_is_open) {
		askr_run_shutdown_functions();
	}
	askr_complete_reply();
	askr_deferred_run();
	askr_run_shutdown_functions();
	askr_garbage_collect();
	askr_deadline_end();
	php_output_discard_all();
	php_output_deactivate();
	askr_release_body();
	askr_forget_uploads();
	sapi_deactivate_module();
	sapi_deactivate_destroy();
	askr_memory_trim();
	askr_baseline_restore();
	askr_turn_settle(false);
	askr_forget_freed();
}

static void askr_start_output(void)
{
	php_output_activate();
	PG(header_is_being_sent) = 0;
	PG(connection_status) = PHP_CONNECTION_NORMAL;
	if (PG(output_handler) && PG(output_handler)[0]) {
		zval handler;

		ZVAL_STRING(&handler, PG(output_handler));
		php_output_start_user(&handler, 0, PHP_OUTPUT_HANDLER_STDFLAGS);
		zval_ptr_dtor(&handler);
	} else if (PG(output_buffering)) {
		php_output_start_user(NULL, PG(output_buffering) > 1 ? PG(output_buffering) : 0,
			PHP_OUTPUT_HANDLER_STDFLAGS);
	} else if (PG(implicit_flush)) {
		php_output_set_implicit_flush(1);
	}
}

static void askr_turn_open(const askr_php_request *request)
{
	askr_turn_is_open = true;
	EG(exit_status) = 0;
	askr_describe_request(request);
	askr_opcache_tick(request->received);
	sapi_activate();
	SG(request_info).proto_num = request->protocol;
	zend_set_timeout(INI_INT("max_execution_time"), 0);
	askr_start_output();
	if (PG(expose_php)) {
		sapi_add_header(SAPI_PHP_VERSION_HEADER, sizeof(SAPI_PHP_VERSION_HEADER) - 1, 1);
	}
	SG(sapi_started) = 1;
	askr_import_superglobals();
	askr_modules_start();
	askr_deadline_begin();
}

/* The first call for work ends the boot: its shutdown functions are kept for
 * the end of the worker. */
static void askr_loop_begin(void)
{
	askr_loop_has_begun = true;
	askr_boot_shutdown_functions = BG(user_shutdown_function_names);
	BG(user_shutdown_function_names) = NULL;
	PG(during_request_startup) = 0;
	/* Each turn arms the timer anew. It counts processor time, of which a
	 * waiting worker uses none, so nothing has to disarm it in between. */
	zend_unset_timeout();
}

/* What a request leaves open is closed like at its end under FPM, the newest first:
 * some have more to do than the kernel would, such as to remove a file. */
static void askr_close_resources(void)
{
	zend_long number = (zend_long) zend_hash_next_free_element(&EG(regular_list)) - 1;

	for (; number >= askr_booted_resources; number--) {
		zend_resource *resource = zend_hash_index_find_ptr(&EG(regular_list), (zend_ulong) number);

		if (resource && resource->type >= 0) {
			zend_list_close(resource);
		}
	}
	askr_turn_settle(false);
}

/* Where requests are to find nothing of one another this process is put back to its
 * birth after each, or ends. */
static void askr_turn_be_reborn(void)
{
	const char *obstacle;

	askr_close_resources();
	askr_rs_rest();
	obstacle = askr_rewind();
	askr_rs_leave(obstacle, strlen(obstacle));
	_exit(EXIT_FAILURE);
}

bool askr_turn_next(void)
{
	const askr_php_request *request;

	if (!askr_loop_has_begun) {
		askr_loop_begin();
		askr_opcache_take();
		askr_baseline_take();
		askr_turn_close();
		askr_booted_resources = (zend_long) zend_hash_next_free_element(&EG(regular_list));
	} else if (askr_rewind_is_armed()) {
		askr_turn_be_reborn();
	}
	request = askr_rs_take();
	while (!request && askr_rs_is_template() && askr_copies_make()) {
		askr_turn_settle(false);
		request = askr_rs_take();
	}
	if (request) {
		askr_turn_open(request);
	}
	return request != NULL;
}

bool askr_is_failure(const zend_object *exception)
{
	return exception && !zend_is_unwind_exit(exception) && !zend_is_graceful_exit(exception);
}

/* As zend_user_exception_handler(), which with a frame around it drops without a
 * word what the handler throws. */
static void askr_hand_to_handler(void)
{
	zend_object *thrown = EG(exception);
	zval handler, argument, result;

	EG(exception) = NULL;
	ZVAL_OBJ(&argument, thrown);
	ZVAL_UNDEF(&result);
	ZVAL_COPY_VALUE(&handler, &EG(user_exception_handler));
	zend_stack_push(&EG(user_exception_handlers), &handler);
	ZVAL_UNDEF(&EG(user_exception_handler));
	call_user_function(NULL, NULL, &handler, &result, 1, &argument);
	zval_ptr_dtor(&result);
	OBJ_RELEASE(thrown);
	if (Z_TYPE(EG(user_exception_handler)) == IS_UNDEF) {
		zval *below = zend_stack_top(&EG(user_exception_handlers));

		if (below) {
			ZVAL_COPY_VALUE(&EG(user_exception_handler), below);
			zend_stack_del_top(&EG(user_exception_handlers));
		}
	}
}

void askr_turn_settle(bool reply_is_cut)
{
	if (askr_is_failure(EG(exception)) && Z_TYPE(EG(user_exception_handler)) != IS_UNDEF) {
		askr_hand_to_handler();
	}
	if (askr_is_failure(EG(exception))) {
		if (reply_is_cut && SG(headers_sent)) {
			askr_rs_reply_fail();
		}
		zend_exception_error(EG(exception), E_ERROR);
	} else if (EG(exception)) {
		OBJ_RELEASE(EG(exception));
		EG(exception) = NULL;
	}
}

/* A worker that ends runs what its boot registered, before the turn's own. */
static void askr_rejoin_shutdown_functions(void)
{
	HashTable *of_turn = BG(user_shutdown_function_names);

	BG(user_shutdown_function_names) = askr_boot_shutdown_functions;
	askr_boot_shutdown_functions = NULL;
	if (of_turn) {
		php_call_shutdown_functions();
		php_free_shutdown_functions();
		BG(user_shutdown_function_names) = of_turn;
	}
}

void askr_turns_end(void)
{
	askr_baseline_release();
	askr_forks_release();
	if (askr_boot_shutdown_functions) {
		zend_try {
			askr_rejoin_shutdown_functions();
		} zend_end_try();
	}
	askr_turn_is_open = false;
}
