/* See shim.h. Sections: SAPI slots, engine, requests. */
#include "shim.h"

#include "compat.h"
#include "internal.h"

#include "SAPI.h"
#include "ext/standard/basic_functions.h"
#include "ext/standard/head.h"
#include "ext/standard/info.h"
#include "php_ini.h"
#include "php_main.h"
#include "php_open_temporary_file.h"
#include "php_output.h"
#include "php_variables.h"
#include "zend_exceptions.h"
#include "zend_extensions.h"
#include "zend_interfaces.h"

static const askr_php_config *askr_config;

const char *askr_php_version(void)
{
	return PHP_VERSION;
}

/* ---- SAPI slots, in the order of sapi_module_struct ---- */

static int askr_sapi_startup(sapi_module_struct *module)
{
	return php_module_startup(module, askr_config->command_line ? NULL : askr_native_module());
}

/* Ends the script that writes to a client that left, as exit() would: without
 * a bailout, so that a worker keeps its booted application. */
static void askr_client_is_gone(void)
{
	PG(connection_status) = PHP_CONNECTION_ABORTED;
	php_output_set_status(PHP_OUTPUT_DISABLED);
	if (!PG(ignore_user_abort) && EG(current_execute_data) && !EG(exception)) {
		zend_throw_exception_internal(zend_create_unwind_exit());
	}
}

static size_t askr_sapi_write(const char *bytes, size_t len)
{
	if (!askr_output_is_lost() && !askr_rs_write(bytes, len)) {
		askr_client_is_gone();
	}
	return len;
}

static void askr_sapi_flush(void *context)
{
	if (!context) {
		return;
	}
	if (!SG(headers_sent)) {
		php_header();
	}
	if (!askr_rs_flush()) {
		askr_client_is_gone();
	}
}

/* What a CGI program answers with, where other servers have a status line. */
static bool askr_states_status(const sapi_header_struct *header)
{
	return header->header_len > strlen("Status:")
		&& strncasecmp(header->header, "Status:", strlen("Status:")) == 0;
}

/* The first one counts, as under FPM, unless there is a line that says else. */
static int askr_stated_status(const sapi_headers_struct *headers, const sapi_header_struct *header)
{
	int status = atoi(header->header + strlen("Status:"));
	bool is_overruled = headers->http_status_line && headers->http_response_code != 200;

	return is_overruled || status < 100 || status > 999 ? headers->http_response_code : status;
}

static int askr_sapi_send_headers(sapi_headers_struct *headers)
{
	zend_llist_position position;
	bool is_stated = false;
	sapi_header_struct *header = zend_llist_get_first_ex(&headers->headers, &position);
	int status = headers->http_response_code ? headers->http_response_code : 200;

	while (header) {
		if (!askr_states_status(header)) {
			askr_rs_header(header->header, header->header_len);
		} else if (!is_stated) {
			status = askr_stated_status(headers, header);
			is_stated = true;
		}
		header = zend_llist_get_next_ex(&headers->headers, &position);
	}
	if (status == 200 && askr_output_is_lost() && askr_is_failure(EG(exception))
	 && !PG(display_errors)) {
		status = 500;
	}
	askr_rs_head(status);
	return SAPI_HEADER_SENT_SUCCESSFULLY;
}

static size_t askr_sapi_read_post(char *out, size_t len)
{
	return askr_rs_read_body(out, len);
}

const askr_php_request *askr_current(void)
{
	return SG(server_context);
}

static char *askr_sapi_read_cookies(void)
{
	return askr_current()->cookies;
}

static void askr_register_variable(zval *array, const askr_php_pair *pair)
{
	char *value = estrndup(pair->value.bytes, pair->value.len);
	size_t len = pair->value.len;

	if (!sapi_module.input_filter
	 || sapi_module.input_filter(PARSE_SERVER, pair->name.bytes, &value, len, &len)) {
		zval entry;

		ZVAL_STRINGL_FAST(&entry, value, len);
		zend_hash_str_update(Z_ARRVAL_P(array), pair->name.bytes, pair->name.len, &entry);
	}
	efree(value);
}

/* The environment as the process was given it. It is read once: a request that
 * changes it must not be seen by the next, and reading it took half of the
 * time that a small request spends in the engine. */
static HashTable askr_environment;

/* Outlives every request, so it must never be freed at the end of one. */
static zend_string *askr_lasting_string(const zend_string *text)
{
	zend_string *copy = zend_string_init(ZSTR_VAL(text), ZSTR_LEN(text), true);

	zend_string_hash_val(copy);
	GC_ADD_FLAGS(copy, IS_STR_INTERNED | IS_STR_PERMANENT);
	return copy;
}

static void askr_read_environment(void)
{
	zend_string *name;
	zval variables, *value;

	zend_hash_init(&askr_environment, 64, NULL, NULL, true);
	array_init(&variables);
	php_import_environment_variables(&variables);
	ZEND_HASH_FOREACH_STR_KEY_VAL(Z_ARRVAL(variables), name, value) {
		/* Such a name could pass for a header of the request. */
		if (name && !zend_string_starts_with_literal(name, "HTTP_") && Z_TYPE_P(value) == IS_STRING) {
			zval lasting;

			ZVAL_INTERNED_STR(&lasting, askr_lasting_string(Z_STR_P(value)));
			zend_hash_update(&askr_environment, askr_lasting_string(name), &lasting);
		}
	} ZEND_HASH_FOREACH_END();
	zval_ptr_dtor(&variables);
}

bool askr_in_environment(zend_string *name, const zval *value)
{
	const zval *entry = zend_hash_find(&askr_environment, name);

	return entry && zend_is_identical((zval *) entry, (zval *) value);
}

/* The environment first, as FPM does, then the request, which wins. */
static void askr_sapi_register_variables(zval *array)
{
	const askr_php_request *request = askr_current();

	if (askr_environment.nTableSize == 0) {
		askr_read_environment();
	}
	zend_hash_extend(Z_ARRVAL_P(array), zend_hash_num_elements(&askr_environment) + 48, false);
	zend_hash_copy(Z_ARRVAL_P(array), &askr_environment, NULL);
	askr_baseline_add_variables(array);
	for (size_t i = 0; request && i < request->variable_count; i++) {
		askr_register_variable(array, &request->variables[i]);
	}
}

static void askr_sapi_log(const char *message, int priority)
{
	askr_rs_log(priority, message, strlen(message));
}

static zend_result askr_sapi_request_time(double *time)
{
	if (!askr_current()) {
		return FAILURE;
	}
	*time = askr_current()->received;
	return SUCCESS;
}

static void askr_apply_ini_defaults(HashTable *configuration)
{
	for (size_t i = 0; i < askr_config->ini_default_count; i++) {
		const askr_php_pair *pair = &askr_config->ini_defaults[i];
		zval value;

		ZVAL_NEW_STR(&value, zend_string_init(pair->value.bytes, pair->value.len, true));
		zend_hash_str_update(configuration, pair->name.bytes, pair->name.len, &value);
	}
}

#ifdef ASKR_REGISTERS_OPCACHE
extern zend_extension askr_opcache_extension_entry;
#endif

/* The engine reads its configuration here: its extension list exists already
 * and no extension has been started yet. */
static void askr_sapi_ini_defaults(HashTable *configuration)
{
#ifdef ASKR_REGISTERS_OPCACHE
	zend_register_extension(&askr_opcache_extension_entry, NULL);
#endif
	askr_apply_ini_defaults(configuration);
}

static sapi_module_struct askr_sapi = {
	.pretty_name = "Askr",
	.startup = askr_sapi_startup,
	.shutdown = php_module_shutdown_wrapper,
	.ub_write = askr_sapi_write,
	.flush = askr_sapi_flush,
	.sapi_error = php_error,
	.send_headers = askr_sapi_send_headers,
	.read_post = askr_sapi_read_post,
	.read_cookies = askr_sapi_read_cookies,
	.register_server_variables = askr_sapi_register_variables,
	.log_message = askr_sapi_log,
	.get_request_time = askr_sapi_request_time,
	.ini_defaults = askr_sapi_ini_defaults,
};

/* ---- engine ---- */

askr_php_status askr_php_start(const askr_php_config *config)
{
	askr_config = config;
	askr_sapi.name = (char *) config->sapi_name;
	askr_sapi.php_ini_path_override = (char *) config->ini_path;
	askr_sapi.php_ini_ignore = config->ini_ignored;
	askr_sapi.php_ini_ignore_cwd = 1;
	askr_sapi.executable_location = (char *) config->executable;
	if (config->command_line) {
		askr_cli_fill_slots(&askr_sapi);
	}

	askr_signals_startup();
	sapi_startup(&askr_sapi);
	/* sapi_startup() forgets what was set before it. */
	askr_sapi.ini_entries = (char *) config->ini_entries;
	return askr_sapi.startup(&askr_sapi) == SUCCESS ? ASKR_PHP_OK : ASKR_PHP_FAILED;
}

void askr_php_stop(void)
{
	php_module_shutdown();
	sapi_shutdown();
}

size_t askr_php_upload_folder(bool is_systems, char *text, size_t capacity)
{
	const char *folder = is_systems ? php_get_temporary_directory() : PG(upload_tmp_dir);
	int len = snprintf(text, capacity, "%s", folder ? folder : "");

	return len < 0 ? 0 : MIN((size_t) len, capacity - 1);
}

/* As FPM applies the php_admin_value of a pool: the entry itself changes, so no
 * request's end puts anything back. What it had before may be another's. */
askr_php_status askr_php_set(const char *name, const char *value)
{
	zend_ini_entry *entry = zend_hash_str_find_ptr(EG(ini_directives), name, strlen(name));
	zend_string *text;

	if (!entry) {
		return ASKR_PHP_FAILED;
	}
	text = zend_string_init(value, strlen(value), true);
	if (entry->on_modify && entry->on_modify(entry, text, entry->mh_arg1, entry->mh_arg2,
			entry->mh_arg3, ZEND_INI_STAGE_STARTUP) != SUCCESS) {
		zend_string_release(text);
		return ASKR_PHP_FAILED;
	}
	entry->value = text;
	return ASKR_PHP_OK;
}

/* ---- one request ---- */

void askr_describe_request(const askr_php_request *request)
{
	SG(server_context) = request->method ? (void *) request : NULL;
	SG(sapi_headers).http_response_code = 200;
	SG(request_info).request_method = request->method;
	SG(request_info).query_string = request->query_string;
	SG(request_info).request_uri = request->uri;
	SG(request_info).path_translated = request->script_path;
	SG(request_info).content_type = request->content_type;
	SG(request_info).content_length = request->content_length;
	SG(request_info).proto_num = request->protocol;
	php_handle_auth_data(request->authorization);
}

/* The engine frees these when it deactivates and only sets them anew for a
 * request that has a context; a worker deactivates without one. */
void askr_forget_freed(void)
{
	SG(server_context) = NULL;
	SG(request_info).content_type_dup = NULL;
	SG(request_info).current_user = NULL;
}

askr_php_status askr_php_request_start(const askr_php_request *request)
{
	askr_turns_reset();
	EG(exit_status) = 0;
	askr_describe_request(request);
	if (php_request_startup() != SUCCESS) {
		return ASKR_PHP_BAILED_OUT;
	}
	SG(request_info).proto_num = request->protocol;
	if (request->method) {
		askr_deadline_begin();
	} else {
		askr_opcache_refresh();
	}
	return ASKR_PHP_OK;
}

askr_php_status askr_php_run(const char *path, int *exit_status)
{
	zend_file_handle file;
	volatile askr_php_status status = ASKR_PHP_FAILED;

	zend_try {
		zend_stream_init_filename(&file, path ? path : SG(request_info).path_translated);
		file.primary_script = true;
		if (php_execute_script(&file)) {
			status = ASKR_PHP_OK;
		}
		zend_destroy_file_handle(&file);
	} zend_end_try();

	if (CG(unclean_shutdown)) {
		status = ASKR_PHP_BAILED_OUT;
	} else if (EG(exit_status) == 255) {
		status = ASKR_PHP_FAILED;
	}
	*exit_status = EG(exit_status);
	return status;
}

size_t askr_php_last_error(char *text, size_t capacity)
{
	int len;

	if (!PG(last_error_message)) {
		return 0;
	}
	len = snprintf(text, capacity, "%s in %s on line %d", ZSTR_VAL(PG(last_error_message)),
		PG(last_error_file) ? ZSTR_VAL(PG(last_error_file)) : "unknown", PG(last_error_lineno));
	return len < 0 ? 0 : MIN((size_t) len, capacity - 1);
}

#define ASKR_FATAL_ERRORS \
	(E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR)

/* Before the head is sent a failure becomes a 500; afterwards it must be seen. */
static void askr_settle_failure(void)
{
	bool failed = PG(last_error_message) && (PG(last_error_type) & ASKR_FATAL_ERRORS);

	if (SG(headers_sent) && (failed || CG(unclean_shutdown))) {
		askr_rs_reply_fail();
	}
}

void askr_php_request_stop(void)
{
	askr_settle_failure();
	askr_turns_end();
	askr_deferred_finish();
	/* Nothing has to read what is left of the body. */
	SG(post_read) = 1;
	php_request_shutdown(NULL);
	askr_deadline_end();
	askr_forget_freed();
	askr_rs_reply_end();
}
