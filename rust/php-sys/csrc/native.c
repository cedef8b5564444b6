/* The functions PHP code can call; declared for people in stubs/. */
#include "internal.h"

#include "compat.h"
#include "store_arginfo.h"

#include "ext/standard/head.h"
#include "ext/standard/info.h"
#include "php_main.h"
#include "php_output.h"
#include "zend_exceptions.h"

static void askr_add_headers(zval *array, const askr_php_request *request)
{
	zval headers;

	array_init_size(&headers, request->header_count);
	for (size_t i = 0; i < request->header_count; i++) {
		const askr_php_pair *pair = &request->headers[i];
		zval value;

		ZVAL_STRINGL_FAST(&value, pair->value.bytes, pair->value.len);
		zend_hash_str_update(Z_ARRVAL(headers), pair->name.bytes, pair->name.len, &value);
	}
	add_assoc_zval(array, "headers", &headers);
}

static void askr_add_superglobal(zval *array, const char *key, int which)
{
	zval *global = &PG(http_globals)[which];

	if (Z_TYPE_P(global) == IS_ARRAY) {
		Z_ADDREF_P(global);
		add_assoc_zval(array, key, global);
	} else {
		zval empty;

		ZVAL_EMPTY_ARRAY(&empty);
		add_assoc_zval(array, key, &empty);
	}
}

static void askr_add_body(zval *array)
{
	php_stream *stream = php_stream_open_wrapper("php://input", "rb", 0, NULL);
	zend_string *body = stream ? php_stream_copy_to_mem(stream, PHP_STREAM_COPY_ALL, 0) : NULL;

	if (stream) {
		php_stream_close(stream);
	}
	add_assoc_str(array, "body", body ? body : ZSTR_EMPTY_ALLOC());
}

static void askr_build_request_array(zval *array, const askr_php_request *request)
{
	array_init_size(array, 8);
	add_assoc_string(array, "method", (char *) request->method);
	add_assoc_string(array, "uri", request->uri);
	add_assoc_string(array, "query", request->query_string);
	askr_add_headers(array, request);
	askr_add_superglobal(array, "cookies", TRACK_VARS_COOKIE);
	askr_add_superglobal(array, "server", TRACK_VARS_SERVER);
	askr_add_body(array);
	askr_add_superglobal(array, "files", TRACK_VARS_FILES);
}

static bool askr_takes_an_argument(const zend_fcall_info_cache *handler)
{
	const zend_function *function = handler->function_handler;

	return function->common.num_args > 0 || (function->common.fn_flags & ZEND_ACC_VARIADIC);
}

static void askr_call_handler(zend_fcall_info *call, zend_fcall_info_cache *handler)
{
	zval result, array;

	ZVAL_UNDEF(&result);
	ZVAL_UNDEF(&array);
	call->retval = &result;
	if (askr_takes_an_argument(handler)) {
		askr_build_request_array(&array, askr_current());
		call->params = &array;
		call->param_count = 1;
	}
	zend_call_function(call, handler);
	/* Some builds of 8.2 come back here after running out of memory. */
	if (CG(unclean_shutdown)) {
		zend_bailout();
	}
	zval_ptr_dtor(&result);
	zval_ptr_dtor(&array);
	askr_turn_settle(true);
}

ZEND_FUNCTION(askr_handle_request)
{
	zend_fcall_info call;
	zend_fcall_info_cache handler;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_FUNC(call, handler)
	ZEND_PARSE_PARAMETERS_END();

	if (SG(server_context)) {
		zend_throw_error(NULL, "askr_handle_request() belongs into a worker script's loop, "
			"not into the handling of a request");
		RETURN_THROWS();
	}
	if (!askr_turn_next()) {
		RETURN_FALSE;
	}
	askr_call_handler(&call, &handler);
	askr_turn_close();
	RETURN_TRUE;
}

/* Returns in the workers that are forked here; where they have booted by
 * themselves nobody is called. */
ZEND_FUNCTION(askr_cow_ready)
{
	zend_fcall_info before = empty_fcall_info, after = empty_fcall_info;
	zend_fcall_info_cache before_target = empty_fcall_info_cache;
	zend_fcall_info_cache after_target = empty_fcall_info_cache;

	ZEND_PARSE_PARAMETERS_START(0, 2)
		Z_PARAM_OPTIONAL
		Z_PARAM_FUNC_OR_NULL(before, before_target)
		Z_PARAM_FUNC_OR_NULL(after, after_target)
	ZEND_PARSE_PARAMETERS_END();

	askr_forks_keep(&before, &before_target, &after, &after_target);
	if (askr_rs_is_template() && !askr_copies_make() && !EG(exception)) {
		zend_throw_error(NULL, "askr_cow_ready() could not fork a worker");
	}
}

ZEND_FUNCTION(askr_finish_request)
{
	ZEND_PARSE_PARAMETERS_NONE();
	if (!SG(server_context)) {
		RETURN_FALSE;
	}
	php_output_end_all();
	php_header();
	askr_rs_reply_end();
	RETURN_TRUE;
}

/* FPM has it, too, and goes by the same variables. Their bytes end with a NUL. */
ZEND_FUNCTION(apache_request_headers)
{
	const askr_php_request *request = askr_current();

	ZEND_PARSE_PARAMETERS_NONE();
	array_init(return_value);
	for (size_t i = 0; request && i < request->variable_count; i++) {
		const askr_php_pair *pair = &request->variables[i];

		sapi_add_request_header(pair->name.bytes, (unsigned int) pair->name.len,
			(char *) pair->value.bytes, (unsigned int) pair->value.len, return_value);
	}
}

ZEND_FUNCTION(askr_worker_id)
{
	ZEND_PARSE_PARAMETERS_NONE();
	RETURN_LONG((zend_long) askr_rs_worker_id());
}

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_handle_request, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, handler, IS_CALLABLE, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_frankenphp_handle_request, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, callback, IS_CALLABLE, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_defer, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, callback, IS_CALLABLE, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_cow_ready, 0, 0, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, beforeFork, IS_CALLABLE, 1, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, afterFork, IS_CALLABLE, 1, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_finish_request, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_apache_request_headers, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_headers_send, 0, 0, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, status, IS_LONG, 0, "200")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_worker_id, 0, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_extend_deadline, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_MASK(0, seconds, MAY_BE_LONG | MAY_BE_DOUBLE, NULL)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_askr_recycle, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

static const zend_function_entry askr_native_functions[] = {
	ZEND_FE(askr_handle_request, arginfo_askr_handle_request)
	ZEND_FALIAS(frankenphp_handle_request, askr_handle_request, arginfo_frankenphp_handle_request)
	ZEND_FE(askr_cow_ready, arginfo_askr_cow_ready)
	ZEND_FE(askr_defer, arginfo_askr_defer)
	ZEND_FE(askr_finish_request, arginfo_askr_finish_request)
	ZEND_FALIAS(fastcgi_finish_request, askr_finish_request, arginfo_askr_finish_request)
	ZEND_FALIAS(frankenphp_finish_request, askr_finish_request, arginfo_askr_finish_request)
	ZEND_FE(apache_request_headers, arginfo_apache_request_headers)
	ZEND_FALIAS(getallheaders, apache_request_headers, arginfo_apache_request_headers)
	ZEND_FALIAS(frankenphp_request_headers, apache_request_headers, arginfo_apache_request_headers)
	ZEND_FE(headers_send, arginfo_headers_send)
	ZEND_FE(askr_worker_id, arginfo_askr_worker_id)
	ZEND_FE(askr_extend_deadline, arginfo_askr_extend_deadline)
	ZEND_FE(askr_recycle, arginfo_askr_recycle)
	ASKR_STORE_FUNCTIONS
	ZEND_FE_END
};

/* The engine's own functions exist by now. */
static PHP_MINIT_FUNCTION(askr)
{
	askr_baseline_watch();
	askr_deadline_startup();
	askr_store_startup();
	return SUCCESS;
}

/* Whose classes ours extend. */
static const zend_module_dep askr_native_needs[] = {
	ZEND_MOD_REQUIRED("spl")
	ZEND_MOD_END
};

static zend_module_entry askr_native_entry = {
	STANDARD_MODULE_HEADER_EX,
	NULL,
	askr_native_needs,
	.name = "askr",
	.functions = askr_native_functions,
	.module_startup_func = PHP_MINIT(askr),
	.version = "0.1.0",
	STANDARD_MODULE_PROPERTIES,
};

zend_module_entry *askr_native_module(void)
{
	return &askr_native_entry;
}
