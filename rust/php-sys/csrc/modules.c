/*
 * What the bundled extensions keep for the length of a request. Their own end
 * and start of a request are used where nothing that outlives a turn hangs on
 * them; the rest is compared with what booting left, and put back.
 */
#include "internal.h"

#include "compat.h"

#include "ext/date/php_date.h"
#include "ext/mbstring/mbstring.h"
#include "ext/pcre/php_pcre.h"
#include "ext/session/php_session.h"
#include "zend_smart_str.h"

typedef struct {
	const char *name;
	bool ends;
	bool starts;
	zend_module_entry *entry;
} askr_turn_module;

/* End before the reply does, for that may run code of the application, and
 * start with the next request. */
static askr_turn_module askr_reply_modules[] = {
	{"filter", true, true, NULL},
	{"session", true, true, NULL},
	/* What the client accepts, and the buffer that compresses for it. */
	{"zlib", true, true, NULL},
	{NULL, false, false, NULL},
};

/* Renewed between two requests. */
static askr_turn_module askr_quiet_modules[] = {
	{"intl", true, true, NULL},
	{"json", true, true, NULL},
	{"mbstring", true, true, NULL},
	{"mysqli", true, true, NULL},
	{"pgsql", true, true, NULL},
	{"random", true, true, NULL},
	{"soap", false, true, NULL},
	{NULL, false, false, NULL},
};

static zend_module_entry *askr_module(const char *name)
{
	return zend_hash_str_find_ptr(&module_registry, name, strlen(name));
}

/* Where a module keeps its globals; also right for one loaded at run time. */
static void *askr_module_globals(const char *name)
{
	zend_module_entry *module = askr_module(name);

	return module ? module->globals_ptr : NULL;
}

static void askr_find_modules(askr_turn_module *modules)
{
	for (; modules->name; modules++) {
		modules->entry = askr_module(modules->name);
	}
}

static void askr_end_modules(const askr_turn_module *modules)
{
	for (; modules->name; modules++) {
		zend_module_entry *module = modules->entry;

		if (modules->ends && module && module->request_shutdown_func) {
			module->request_shutdown_func(module->type, module->module_number);
		}
	}
}

static void askr_start_modules(const askr_turn_module *modules)
{
	for (; modules->name; modules++) {
		zend_module_entry *module = modules->entry;

		if (modules->starts && module && module->request_startup_func) {
			module->request_startup_func(module->type, module->module_number);
		}
	}
}

bool askr_call_function(const char *name, zval *result, uint32_t count, zval *arguments)
{
	zend_function *function = zend_hash_str_find_ptr(CG(function_table), name, strlen(name));
	zval unused;

	ZVAL_UNDEF(&unused);
	if (function) {
		zend_call_known_function(function, NULL, NULL, result ? result : &unused, count, arguments, NULL);
		zval_ptr_dtor(&unused);
	}
	return function != NULL;
}

/* ---- session: a handler that booting set stays ---- */

#define ASKR_SESSION_HANDLERS (sizeof(((php_ps_globals *) 0)->mod_user_names) / sizeof(zval))

static php_ps_globals *askr_session;
static zval askr_boot_session_handlers[ASKR_SESSION_HANDLERS];
static bool askr_boot_session_is_user, askr_boot_session_is_object;

static void askr_session_take(void)
{
	askr_session = askr_module_globals("session");
	askr_boot_session_is_user = false;
	if (!askr_session || !askr_session->mod || strcmp(askr_session->mod->s_name, "user") != 0) {
		return;
	}
	askr_boot_session_is_user = true;
	askr_boot_session_is_object = askr_session->mod_user_implemented;
	for (size_t i = 0; i < ASKR_SESSION_HANDLERS; i++) {
		ZVAL_COPY(&askr_boot_session_handlers[i], &((zval *) &askr_session->mod_user_names)[i]);
	}
}

/* The setting may only go back to "user" while a handler is being set. */
static void askr_session_prepare(void)
{
	if (askr_boot_session_is_user) {
		askr_session->set_handler = true;
	}
}

static void askr_session_restore(void)
{
	zval *handlers;

	if (!askr_boot_session_is_user) {
		return;
	}
	askr_session->set_handler = false;
	askr_session->mod_user_implemented = askr_boot_session_is_object;
	handlers = (zval *) &askr_session->mod_user_names;
	for (size_t i = 0; i < ASKR_SESSION_HANDLERS; i++) {
		if (Z_ISUNDEF(handlers[i])) {
			ZVAL_COPY(&handlers[i], &askr_boot_session_handlers[i]);
		}
	}
}

static void askr_session_release(void)
{
	for (size_t i = 0; askr_boot_session_is_user && i < ASKR_SESSION_HANDLERS; i++) {
		zval_ptr_dtor(&askr_boot_session_handlers[i]);
	}
}

/* ---- date: date_default_timezone_set(), date_get_last_errors() ---- */

static zend_date_globals *askr_date;
static char *askr_boot_timezone;

static void askr_date_take(void)
{
	askr_date = askr_module_globals("date");
	askr_boot_timezone = askr_date && askr_date->timezone ? estrdup(askr_date->timezone) : NULL;
}

static void askr_date_restore(void)
{
	if (!askr_date) {
		return;
	}
	if (askr_date->timezone && (!askr_boot_timezone || strcmp(askr_date->timezone, askr_boot_timezone))) {
		efree(askr_date->timezone);
		askr_date->timezone = NULL;
	}
	if (!askr_date->timezone && askr_boot_timezone) {
		askr_date->timezone = estrdup(askr_boot_timezone);
	}
	if (askr_date->last_errors) {
		/* Objects of the application use the zones in the cache. */
		HashTable *zones = askr_date->tzcache;

		askr_date->tzcache = NULL;
		askr_module("date")->post_deactivate_func();
		askr_date->tzcache = zones;
	}
}

/* ---- mbstring: mb_internal_encoding() and the like ---- */

static zend_mbstring_globals *askr_mbstring;
static zend_mbstring_globals askr_boot_mbstring;
static zval askr_boot_regex_encoding;

static void askr_mbstring_take(void)
{
	size_t order_bytes;

	askr_mbstring = askr_module_globals("mbstring");
	ZVAL_UNDEF(&askr_boot_regex_encoding);
	if (!askr_mbstring) {
		return;
	}
	askr_boot_mbstring = *askr_mbstring;
	order_bytes = askr_mbstring->current_detect_order_list_size * sizeof(mbfl_encoding *);
	askr_boot_mbstring.current_detect_order_list = emalloc(order_bytes);
	memcpy((void *) askr_boot_mbstring.current_detect_order_list,
		askr_mbstring->current_detect_order_list, order_bytes);
	askr_call_function("mb_regex_encoding", &askr_boot_regex_encoding, 0, NULL);
}

static void askr_mbstring_restore_order(void)
{
	size_t count = askr_boot_mbstring.current_detect_order_list_size;
	size_t order_bytes = count * sizeof(mbfl_encoding *);

	if (askr_mbstring->current_detect_order_list_size == count
	 && memcmp(askr_mbstring->current_detect_order_list,
			askr_boot_mbstring.current_detect_order_list, order_bytes) == 0) {
		return;
	}
	efree((void *) askr_mbstring->current_detect_order_list);
	askr_mbstring->current_detect_order_list = emalloc(order_bytes);
	memcpy((void *) askr_mbstring->current_detect_order_list,
		askr_boot_mbstring.current_detect_order_list, order_bytes);
	askr_mbstring->current_detect_order_list_size = count;
}

/* The first time tells whether booting chose another one than php.ini. */
static void askr_mbstring_restore_regex(void)
{
	zval encoding;

	if (Z_TYPE(askr_boot_regex_encoding) != IS_STRING) {
		return;
	}
	ZVAL_UNDEF(&encoding);
	askr_call_function("mb_regex_encoding", &encoding, 0, NULL);
	if (zend_is_identical(&encoding, &askr_boot_regex_encoding)) {
		zval_ptr_dtor(&askr_boot_regex_encoding);
		ZVAL_UNDEF(&askr_boot_regex_encoding);
	} else {
		askr_call_function("mb_regex_encoding", NULL, 1, &askr_boot_regex_encoding);
	}
	zval_ptr_dtor(&encoding);
}

/* The module's own start has set everything to php.ini's values. */
static void askr_mbstring_restore(void)
{
	if (!askr_mbstring) {
		return;
	}
#define ASKR_PUT(field) askr_mbstring->field = askr_boot_mbstring.field
	ASKR_PUT(current_internal_encoding);
	ASKR_PUT(current_http_output_encoding);
	ASKR_PUT(current_filter_illegal_mode);
	ASKR_PUT(current_filter_illegal_substchar);
	ASKR_PUT(internal_encoding_set);
	ASKR_PUT(http_output_set);
	ASKR_PUT(http_input_set);
#undef ASKR_PUT
	askr_mbstring_restore_order();
	askr_mbstring_restore_regex();
}

static void askr_mbstring_release(void)
{
	if (askr_mbstring) {
		efree((void *) askr_boot_mbstring.current_detect_order_list);
		zval_ptr_dtor(&askr_boot_regex_encoding);
	}
}

/* ---- mysqli: mysqli_report() ---- */

/* Undefined when booting left it as it is by default. */
static zval askr_boot_report_mode;

static void askr_report_mode(zval *mode)
{
	zend_class_entry *driver = zend_hash_str_find_ptr(CG(class_table), ZEND_STRL("mysqli_driver"));
	zval object, unused, *found;

	ZVAL_UNDEF(mode);
	if (driver && object_init_ex(&object, driver) == SUCCESS) {
		found = zend_read_property(driver, Z_OBJ(object), ZEND_STRL("report_mode"), true, &unused);
		ZVAL_COPY(mode, found);
		zval_ptr_dtor(&object);
	}
}

/* Once the module was renewed, its mode is the default. */
static void askr_mysqli_restore(void)
{
	zval mode;

	if (Z_TYPE(askr_boot_report_mode) != IS_LONG) {
		return;
	}
	askr_report_mode(&mode);
	if (Z_TYPE(mode) == IS_LONG && Z_LVAL(mode) == Z_LVAL(askr_boot_report_mode)) {
		ZVAL_UNDEF(&askr_boot_report_mode);
	} else {
		askr_call_function("mysqli_report", NULL, 1, &askr_boot_report_mode);
	}
}

/* ---- libxml: internal errors, entity loader, streams context ---- */

/* The beginning of its globals. Its own header asks for those of libxml2, which
 * need not be installed where the engine is. */
typedef struct {
	zval stream_context;
	smart_str error_buffer;
	zend_llist *error_list;
	/* What identifies the entity loader, in each version in its own way. */
	char entity_loader[sizeof(zend_fcall_info_cache)];
} askr_libxml_globals;

/* libxml2's own memory of the last error; NULL when there was none. */
extern const void *xmlGetLastError(void) __attribute__((weak));

static zend_module_entry *askr_libxml_module;
static askr_libxml_globals *askr_libxml, askr_boot_libxml;
static zval askr_boot_entity_loader, askr_boot_streams_context;

static void askr_libxml_take(void)
{
	askr_libxml_module = askr_module("libxml");
	askr_libxml = askr_module_globals("libxml");
	ZVAL_NULL(&askr_boot_entity_loader);
	ZVAL_UNDEF(&askr_boot_streams_context);
	if (askr_libxml) {
		askr_boot_libxml = *askr_libxml;
		ZVAL_COPY(&askr_boot_streams_context, &askr_libxml->stream_context);
		askr_call_function("libxml_get_external_entity_loader", &askr_boot_entity_loader, 0, NULL);
	}
}

static bool askr_libxml_is_untouched(void)
{
	return !askr_libxml->error_buffer.s
		&& !askr_libxml->error_list == !askr_boot_libxml.error_list
		&& (!askr_libxml->error_list || zend_llist_count(askr_libxml->error_list) == 0)
		&& Z_TYPE(askr_libxml->stream_context) == Z_TYPE(askr_boot_streams_context)
		&& (Z_ISUNDEF(askr_boot_streams_context)
			|| Z_PTR(askr_libxml->stream_context) == Z_PTR(askr_boot_streams_context))
		&& memcmp(askr_libxml->entity_loader, askr_boot_libxml.entity_loader,
			sizeof(askr_boot_libxml.entity_loader)) == 0
		&& xmlGetLastError && !xmlGetLastError();
}

static void askr_libxml_restore(void)
{
	zend_module_entry *module = askr_libxml_module;
	zval yes;

	if (!askr_libxml || askr_libxml_is_untouched()) {
		return;
	}
	zval_ptr_dtor(&askr_libxml->stream_context);
	ZVAL_UNDEF(&askr_libxml->stream_context);
	module->request_shutdown_func(module->type, module->module_number);
	module->post_deactivate_func();
	module->request_startup_func(module->type, module->module_number);
	ZVAL_COPY(&askr_libxml->stream_context, &askr_boot_streams_context);
	if (askr_boot_libxml.error_list) {
		ZVAL_TRUE(&yes);
		askr_call_function("libxml_use_internal_errors", NULL, 1, &yes);
	}
	if (Z_TYPE(askr_boot_entity_loader) != IS_NULL) {
		askr_call_function("libxml_set_external_entity_loader", NULL, 1, &askr_boot_entity_loader);
	}
}

static void askr_libxml_release(void)
{
	zval_ptr_dtor(&askr_boot_entity_loader);
	zval_ptr_dtor(&askr_boot_streams_context);
}

/* ---- all of them, for baseline.c and turns.c ---- */

void askr_modules_take(void)
{
	askr_find_modules(askr_reply_modules);
	askr_find_modules(askr_quiet_modules);
	askr_session_take();
	askr_date_take();
	askr_mbstring_take();
	askr_report_mode(&askr_boot_report_mode);
	askr_libxml_take();
	askr_streams_take();
}

void askr_modules_end(void)
{
	askr_end_modules(askr_reply_modules);
	zend_hash_str_del(&EG(symbol_table), ZEND_STRL("_SESSION"));
	askr_session_prepare();
}

void askr_modules_restore(void)
{
	askr_session_restore();
	askr_end_modules(askr_quiet_modules);
	askr_start_modules(askr_quiet_modules);
	PCRE_G(error_code) = PHP_PCRE_NO_ERROR;
	askr_mbstring_restore();
	askr_mysqli_restore();
	askr_date_restore();
	askr_libxml_restore();
	askr_streams_restore();
}

void askr_modules_start(void)
{
	askr_start_modules(askr_reply_modules);
}

void askr_modules_release(void)
{
	askr_session_release();
	askr_mbstring_release();
	askr_libxml_release();
	askr_streams_release();
	if (askr_boot_timezone) {
		efree(askr_boot_timezone);
	}
}
