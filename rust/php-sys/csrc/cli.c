/* PHP on the command line: the slots and the jobs of the `cli` SAPI. */
#include "internal.h"

#include "compat.h"

#include "ext/standard/info.h"
#include "php_ini.h"
#include "php_main.h"
#include "php_output.h"
#include "php_variables.h"
#include "zend_exceptions.h"
#include "zend_extensions.h"

#include <unistd.h>

static const char *askr_cli_script = "";

/* ---- slots ---- */

static size_t askr_cli_write(const char *bytes, size_t len)
{
	size_t written = 0;

	while (written < len) {
		ssize_t step = write(STDOUT_FILENO, bytes + written, len - written);

		if (step < 0 && errno != EINTR && errno != EAGAIN) {
			php_handle_aborted_connection();
			break;
		}
		written += step > 0 ? (size_t) step : 0;
	}
	return len;
}

static void askr_cli_flush(void *context)
{
}

static int askr_cli_send_headers(sapi_headers_struct *headers)
{
	return SAPI_HEADER_SENT_SUCCESSFULLY;
}

static char *askr_cli_read_cookies(void)
{
	return NULL;
}

static void askr_cli_register_variables(zval *array)
{
	static const char *const of_script[] = {
		"PHP_SELF", "SCRIPT_NAME", "SCRIPT_FILENAME", "PATH_TRANSLATED",
	};

	php_import_environment_variables(array);
	for (size_t i = 0; i < sizeof(of_script) / sizeof(*of_script); i++) {
		php_register_variable(of_script[i], askr_cli_script, array);
	}
	php_register_variable("DOCUMENT_ROOT", "", array);
}

static void askr_cli_log(const char *message, int priority)
{
	fprintf(stderr, "%s\n", message);
}

void askr_cli_fill_slots(sapi_module_struct *module)
{
	module->pretty_name = "Command Line Interface";
	module->ub_write = askr_cli_write;
	module->flush = askr_cli_flush;
	module->send_headers = askr_cli_send_headers;
	module->read_post = NULL;
	module->read_cookies = askr_cli_read_cookies;
	module->register_server_variables = askr_cli_register_variables;
	module->log_message = askr_cli_log;
	module->get_request_time = NULL;
	module->phpinfo_as_text = 1;
	module->php_ini_ignore_cwd = 0;
}

/* ---- jobs ---- */

static void askr_cli_define_stream(const char *name, const char *url, const char *mode)
{
	php_stream *stream = php_stream_open_wrapper_ex(url, mode, 0, NULL, NULL);
	zend_constant constant;

	if (stream) {
		/* The descriptor stays open for whoever writes after the script. */
		stream->flags |= PHP_STREAM_FLAG_NO_RSCR_DTOR_CLOSE;
		php_stream_to_zval(stream, &constant.value);
		ZEND_CONSTANT_SET_FLAGS(&constant, 0, 0);
		constant.name = zend_string_init_interned(name, strlen(name), 0);
		zend_register_constant(&constant);
	}
}

static void askr_cli_define_streams(void)
{
	askr_cli_define_stream("STDIN", "php://stdin", "rb");
	askr_cli_define_stream("STDOUT", "php://stdout", "wb");
	askr_cli_define_stream("STDERR", "php://stderr", "wb");
}

/* The engine resolves links when it looks for itself; tools that start
 * PHP_BINARY need the link, whose name makes the binary behave as PHP. */
void askr_php_cli_name_binary(const char *path)
{
	zend_string *name = zend_string_init("PHP_BINARY", strlen("PHP_BINARY"), false);
	zval *value = zend_get_constant(name);

	zend_string_release(name);
	if (value) {
		zval_ptr_dtor_str(value);
		ZVAL_NEW_STR(value, zend_string_init(path, strlen(path), true));
	}
}

static void askr_cli_open_script(zend_file_handle *file, const askr_php_cli_job *job)
{
	if (job->action == ASKR_PHP_CLI_STDIN) {
		zend_stream_init_fp(file, stdin, "Standard input code");
	} else {
		zend_stream_init_filename(file, job->subject);
	}
	file->primary_script = true;
	CG(skip_shebang) = 1;
}

static void askr_cli_run_script(const askr_php_cli_job *job)
{
	zend_file_handle file;

	/* A command works where it was called, and finds its script from there. */
	SG(options) |= SAPI_OPTION_NO_CHDIR;
	askr_cli_open_script(&file, job);
	php_execute_script(&file);
	zend_destroy_file_handle(&file);
}

static void askr_cli_run_code(const char *code)
{
	/* With a place for a result the engine would take an expression only. */
	zend_eval_string_ex(code, NULL, "Command line code", 1);
}

static void askr_cli_lint(const askr_php_cli_job *job)
{
	zend_file_handle file;

	askr_cli_open_script(&file, job);
	if (php_lint_script(&file) == SUCCESS) {
		php_printf("No syntax errors detected in %s\n", job->subject);
	} else {
		php_printf("Errors parsing %s\n", job->subject);
		EG(exit_status) = 255;
	}
	zend_destroy_file_handle(&file);
}

static int askr_cli_by_name(Bucket *left, Bucket *right)
{
	return strcasecmp(((zend_module_entry *) Z_PTR(left->val))->name,
		((zend_module_entry *) Z_PTR(right->val))->name);
}

static void askr_cli_print_extension(zend_extension *extension)
{
	php_printf("%s\n", extension->name);
}

static void askr_cli_list_modules(void)
{
	HashTable sorted;
	zend_module_entry *module;

	zend_hash_init(&sorted, 64, NULL, NULL, 1);
	zend_hash_copy(&sorted, &module_registry, NULL);
	zend_hash_sort(&sorted, askr_cli_by_name, 0);
	php_printf("[PHP Modules]\n");
	ZEND_HASH_FOREACH_PTR(&sorted, module) {
		php_printf("%s\n", module->name);
	} ZEND_HASH_FOREACH_END();
	zend_hash_destroy(&sorted);
	php_printf("\n[Zend Modules]\n");
	zend_llist_apply(&zend_extensions, (llist_apply_func_t) askr_cli_print_extension);
	php_printf("\n");
}

static void askr_cli_print_version(void)
{
	php_printf("PHP %s (%s) (NTS) in Askr\n%s", PHP_VERSION, sapi_module.name, get_zend_version());
}

static void askr_cli_perform(const askr_php_cli_job *job)
{
	switch (job->action) {
		case ASKR_PHP_CLI_FILE:
		case ASKR_PHP_CLI_STDIN:
			askr_cli_run_script(job);
			break;
		case ASKR_PHP_CLI_CODE:
			askr_cli_run_code(job->subject);
			break;
		case ASKR_PHP_CLI_INFO:
			php_print_info(0xFFFFFFFF);
			break;
		case ASKR_PHP_CLI_MODULES:
			askr_cli_list_modules();
			break;
		case ASKR_PHP_CLI_VERSION:
			askr_cli_print_version();
			break;
		case ASKR_PHP_CLI_LINT:
			askr_cli_lint(job);
			break;
	}
}

int askr_php_cli_run(const askr_php_cli_job *job)
{
	int exit_status;

	askr_cli_script = job->action == ASKR_PHP_CLI_FILE ? job->subject : "";
	SG(request_info).argc = job->argc;
	SG(request_info).argv = job->argv;
	SG(request_info).path_translated = job->subject ? (char *) askr_cli_script : NULL;
	EG(exit_status) = 0;
	if (php_request_startup() != SUCCESS) {
		return 1;
	}
	SG(headers_sent) = 1;
	SG(request_info).no_headers = 1;
	PG(during_request_startup) = 0;
	zend_try {
		askr_cli_define_streams();
		askr_cli_perform(job);
	} zend_end_try();
	/* Destructors and shutdown functions may still change it. */
	php_request_shutdown(NULL);
	exit_status = EG(exit_status);
	return exit_status;
}
