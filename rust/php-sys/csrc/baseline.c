/*
 * The baseline: what booting left behind. A request may change it for itself;
 * afterwards it is put back, by the engine and out of reach of PHP code.
 *
 * Nothing here costs more than a comparison while nothing was changed. Boot's
 * own changes are taken out of the engine's books for as long as the worker
 * asks for requests, so that the books only hold what the request did; at the
 * end of the worker script they are entered again and undone as ever.
 * docs/fpm.md lists what is put back and what is not.
 */
#include "internal.h"

#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"

#include "ext/standard/basic_functions.h"
#include "zend_ini.h"

/* ---- ini settings: set_time_limit(), error_reporting() and many others too ---- */

typedef struct {
	zend_ini_entry *entry;
	zend_string *original;
	int original_modifiable;
} askr_boot_setting;

static askr_boot_setting *askr_boot_settings;
static size_t askr_boot_setting_count;
/* Has room for every setting, so that entering boot's again allocates nothing. */
static HashTable *askr_spare_directives;

static void askr_settings_take(void)
{
	HashTable *changed = EG(modified_ini_directives);
	zend_ini_entry *entry;

	if (!changed) {
		return;
	}
	EG(modified_ini_directives) = NULL;
	askr_boot_settings = safe_emalloc(zend_hash_num_elements(changed), sizeof(askr_boot_setting), 0);
	ZEND_HASH_FOREACH_PTR(changed, entry) {
		/* `@` marks error_reporting without changing it. */
		if (entry->modified && entry->value != entry->orig_value) {
			askr_boot_settings[askr_boot_setting_count++] = (askr_boot_setting) {
				entry, entry->orig_value, entry->orig_modifiable,
			};
		}
		entry->modified = 0;
		entry->orig_value = NULL;
		entry->orig_modifiable = 0;
	} ZEND_HASH_FOREACH_END();
	zend_hash_clean(changed);
	zend_hash_extend(changed, zend_hash_num_elements(EG(ini_directives)), false);
	askr_spare_directives = changed;
}

static void askr_settings_restore(void)
{
	if (EG(modified_ini_directives)) {
		zend_ini_deactivate();
		/* Lowering it fails while more is in use; by now less may be. */
		zend_set_memory_limit(PG(memory_limit));
	}
}

static void askr_setting_enter(const askr_boot_setting *setting)
{
	zend_ini_entry *entry = setting->entry;

	if (entry->modified) {
		/* The request's original is boot's value. */
		if (entry->orig_value != entry->value) {
			zend_string_release(entry->orig_value);
		}
	} else {
		entry->modified = 1;
	}
	entry->orig_value = setting->original;
	entry->orig_modifiable = setting->original_modifiable;
}

static void askr_settings_release(void)
{
	HashTable *of_request = EG(modified_ini_directives);
	zend_ini_entry *entry;

	if (!askr_spare_directives) {
		return;
	}
	EG(modified_ini_directives) = askr_spare_directives;
	if (of_request) {
		zend_hash_copy(askr_spare_directives, of_request, NULL);
		zend_hash_destroy(of_request);
		FREE_HASHTABLE(of_request);
	}
	for (size_t i = 0; i < askr_boot_setting_count; i++) {
		entry = askr_boot_settings[i].entry;
		askr_setting_enter(&askr_boot_settings[i]);
		zend_hash_update_ptr(askr_spare_directives, entry->name, entry);
	}
	efree(askr_boot_settings);
	askr_spare_directives = NULL;
	askr_boot_setting_count = 0;
}

/* ---- set_error_handler() and set_exception_handler() ---- */

typedef struct {
	/* The handler in force, then those below it, the lowest first. */
	zval *handlers;
	int count;
} askr_handlers;

static askr_handlers askr_boot_error_handlers, askr_boot_exception_handlers;
static int askr_boot_error_mask;
static int *askr_boot_error_masks;

static askr_handlers askr_handlers_copy(const zval *current, const zend_stack *below)
{
	askr_handlers copy = {safe_emalloc(below->top + 1, sizeof(zval), 0), below->top + 1};

	ZVAL_COPY(&copy.handlers[0], current);
	for (int i = 0; i < below->top; i++) {
		ZVAL_COPY(&copy.handlers[i + 1], &((zval *) below->elements)[i]);
	}
	return copy;
}

static bool askr_handler_is(const zval *handler, const zval *other)
{
	return Z_TYPE_P(handler) == Z_TYPE_P(other)
		&& (Z_TYPE_P(handler) == IS_UNDEF || Z_PTR_P(handler) == Z_PTR_P(other));
}

static bool askr_handlers_are(const askr_handlers *boot, const zval *current, const zend_stack *below)
{
	bool same = boot->count == below->top + 1 && askr_handler_is(&boot->handlers[0], current);

	for (int i = 0; same && i < below->top; i++) {
		same = askr_handler_is(&boot->handlers[i + 1], &((zval *) below->elements)[i]);
	}
	return same;
}

static void askr_handlers_put(const askr_handlers *boot, zval *current, zend_stack *below)
{
	zval leaving;

	ZVAL_COPY_VALUE(&leaving, current);
	ZVAL_COPY(current, &boot->handlers[0]);
	zend_stack_clean(below, (void (*)(void *)) zval_ptr_dtor, true);
	for (int i = 1; i < boot->count; i++) {
		zend_stack_push(below, &boot->handlers[i]);
		Z_TRY_ADDREF(boot->handlers[i]);
	}
	zval_ptr_dtor(&leaving);
}

static void askr_handlers_free(askr_handlers *boot)
{
	for (int i = 0; i < boot->count; i++) {
		zval_ptr_dtor(&boot->handlers[i]);
	}
	efree(boot->handlers);
	*boot = (askr_handlers) {0};
}

static void askr_all_handlers_take(void)
{
	const zend_stack *masks = &EG(user_error_handlers_error_reporting);

	askr_boot_error_handlers = askr_handlers_copy(&EG(user_error_handler), &EG(user_error_handlers));
	askr_boot_exception_handlers =
		askr_handlers_copy(&EG(user_exception_handler), &EG(user_exception_handlers));
	askr_boot_error_mask = EG(user_error_handler_error_reporting);
	askr_boot_error_masks = safe_emalloc(masks->top + 1, sizeof(int), 0);
	for (int i = 0; i < masks->top; i++) {
		askr_boot_error_masks[i] = ((int *) masks->elements)[i];
	}
}

static void askr_all_handlers_restore(void)
{
	zend_stack *masks = &EG(user_error_handlers_error_reporting);

	if (!askr_handlers_are(&askr_boot_error_handlers, &EG(user_error_handler), &EG(user_error_handlers))
	 || askr_boot_error_mask != EG(user_error_handler_error_reporting)) {
		EG(user_error_handler_error_reporting) = askr_boot_error_mask;
		zend_stack_clean(masks, NULL, true);
		for (int i = 0; i < askr_boot_error_handlers.count - 1; i++) {
			zend_stack_push(masks, &askr_boot_error_masks[i]);
		}
		askr_handlers_put(&askr_boot_error_handlers, &EG(user_error_handler), &EG(user_error_handlers));
	}
	if (!askr_handlers_are(&askr_boot_exception_handlers, &EG(user_exception_handler),
			&EG(user_exception_handlers))) {
		askr_handlers_put(&askr_boot_exception_handlers, &EG(user_exception_handler),
			&EG(user_exception_handlers));
	}
}

static void askr_all_handlers_release(void)
{
	askr_handlers_free(&askr_boot_error_handlers);
	askr_handlers_free(&askr_boot_exception_handlers);
	efree(askr_boot_error_masks);
}

/* error_get_last() */
static void askr_forget_last_error(void)
{
	if (!PG(last_error_message)) {
		return;
	}
	PG(last_error_type) = 0;
	PG(last_error_lineno) = 0;
	zend_string_release(PG(last_error_message));
	PG(last_error_message) = NULL;
	if (PG(last_error_file)) {
		zend_string_release(PG(last_error_file));
		PG(last_error_file) = NULL;
	}
}

/* ---- putenv(), $_ENV, and what booting wrote to $_SERVER ---- */

static HashTable askr_boot_putenv;
static zval askr_boot_env;
static HashTable askr_boot_variables;

static zval *askr_superglobal(zend_string *name)
{
	zval *value = zend_hash_find_known_hash(&EG(symbol_table), name);

	if (value && Z_TYPE_P(value) == IS_INDIRECT) {
		value = Z_INDIRECT_P(value);
	}
	return value;
}

static zend_string *askr_env_name(void)
{
	static zend_string *name;

	if (!name) {
		name = zend_string_init_interned(ZEND_STRL("_ENV"), true);
		zend_string_hash_val(name);
	}
	return name;
}

/* What `.env` gave to $_SERVER is there in each request under FPM, where it is
 * read in each. A name that could pass for a header is left out, as from the
 * environment. */
static void askr_boot_variables_take(void)
{
	zval *server = zend_hash_str_find_ind(&EG(symbol_table), ZEND_STRL("_SERVER"));
	zend_string *name;
	zval *value;

	zend_hash_init(&askr_boot_variables, 0, NULL, ZVAL_PTR_DTOR, false);
	if (!server || Z_TYPE_P(server) != IS_ARRAY) {
		return;
	}
	ZEND_HASH_FOREACH_STR_KEY_VAL(Z_ARRVAL_P(server), name, value) {
		ZVAL_DEREF(value);
		if (name && Z_TYPE_P(value) <= IS_STRING
		 && !zend_string_starts_with_literal(name, "REQUEST_TIME")
		 && !zend_string_starts_with_literal(name, "HTTP_")
		 && !zend_string_equals_literal(name, "argc")
		 && !askr_in_environment(name, value)) {
			Z_TRY_ADDREF_P(value);
			zend_hash_update(&askr_boot_variables, name, value);
		}
	} ZEND_HASH_FOREACH_END();
}

void askr_baseline_add_variables(zval *array)
{
	if (askr_boot_variables.nNumOfElements) {
		zend_hash_copy(Z_ARRVAL_P(array), &askr_boot_variables, zval_add_ref);
	}
}

static void askr_environment_take(void)
{
	zval *env;

	askr_boot_putenv = BG(putenv_ht);
	zend_hash_init(&BG(putenv_ht), 1, NULL, askr_boot_putenv.pDestructor, false);
	/* Code compiled in a request must not be the first to read it. */
	zend_is_auto_global(askr_env_name());
	env = askr_superglobal(askr_env_name());
	if (env) {
		ZVAL_DEREF(env);
		ZVAL_COPY(&askr_boot_env, env);
	} else {
		ZVAL_UNDEF(&askr_boot_env);
	}
	askr_boot_variables_take();
}

static void askr_environment_restore(void)
{
	zval *env = askr_superglobal(askr_env_name());

	if (zend_hash_num_elements(&BG(putenv_ht))) {
		zend_hash_clean(&BG(putenv_ht));
	}
	if (env) {
		ZVAL_DEREF(env);
	}
	if (!Z_REFCOUNTED(askr_boot_env) || (env && Z_TYPE_P(env) == Z_TYPE(askr_boot_env)
	 && Z_PTR_P(env) == Z_PTR(askr_boot_env))) {
		return;
	}
	Z_ADDREF(askr_boot_env);
	if (env) {
		zval_ptr_dtor(env);
		ZVAL_COPY_VALUE(env, &askr_boot_env);
	} else {
		zend_hash_update(&EG(symbol_table), askr_env_name(), &askr_boot_env);
	}
}

static void askr_environment_release(void)
{
	zend_hash_destroy(&BG(putenv_ht));
	BG(putenv_ht) = askr_boot_putenv;
	zval_ptr_dtor(&askr_boot_env);
	zend_hash_destroy(&askr_boot_variables);
	memset(&askr_boot_variables, 0, sizeof(askr_boot_variables));
}

/* ---- the process: umask(), chdir(), setlocale() ---- */

static int askr_boot_umask;
static char *askr_boot_directory;
static bool askr_directory_changed;
static zif_handler askr_chdir;
static char *askr_boot_locale;
static zend_string *askr_boot_ctype;
static bool askr_boot_locale_changed;

/* Asking the kernel after each request would cost more than all the rest. */
static ZEND_NAMED_FUNCTION(askr_watched_chdir)
{
	askr_directory_changed = true;
	askr_chdir(INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

void askr_baseline_watch(void)
{
	zend_function *chdir_function = zend_hash_str_find_ptr(CG(function_table), ZEND_STRL("chdir"));

	if (chdir_function) {
		askr_chdir = chdir_function->internal_function.handler;
		chdir_function->internal_function.handler = askr_watched_chdir;
	}
}

static void askr_process_take(void)
{
	char directory[MAXPATHLEN];

	askr_boot_umask = BG(umask);
	BG(umask) = -1;
	askr_boot_directory = getcwd(directory, sizeof(directory)) ? estrdup(directory) : NULL;
	askr_directory_changed = false;
	askr_boot_locale = estrdup(setlocale(LC_ALL, NULL));
	askr_boot_ctype = BG(ctype_string) ? zend_string_copy(BG(ctype_string)) : NULL;
	askr_boot_locale_changed = BG(locale_changed);
	BG(locale_changed) = false;
}

static void askr_locale_restore(void)
{
	setlocale(LC_ALL, askr_boot_locale);
	zend_update_current_locale();
	if (BG(ctype_string)) {
		zend_string_release_ex(BG(ctype_string), false);
	}
	BG(ctype_string) = askr_boot_ctype ? zend_string_copy(askr_boot_ctype) : NULL;
	BG(locale_changed) = false;
}

static void askr_process_restore(void)
{
	if (BG(umask) != -1) {
		umask((mode_t) BG(umask));
		BG(umask) = -1;
	}
	if (askr_directory_changed && askr_boot_directory) {
		zval path;

		/* Through PHP, for opcache keeps the folder in mind, too. */
		ZVAL_STRING(&path, askr_boot_directory);
		askr_call_function("chdir", NULL, 1, &path);
		zval_ptr_dtor(&path);
		askr_directory_changed = false;
	}
	if (BG(locale_changed)) {
		askr_locale_restore();
	}
}

static void askr_process_release(void)
{
	if (askr_boot_umask != -1) {
		BG(umask) = askr_boot_umask;
	}
	BG(locale_changed) |= askr_boot_locale_changed;
	if (askr_boot_ctype) {
		zend_string_release_ex(askr_boot_ctype, false);
	}
	efree(askr_boot_locale);
	if (askr_boot_directory) {
		efree(askr_boot_directory);
	}
}

/* ---- all of it ---- */

static bool askr_baseline_is_taken;

void askr_baseline_take(void)
{
	askr_settings_take();
	askr_all_handlers_take();
	askr_environment_take();
	askr_process_take();
	askr_modules_take();
	askr_baseline_is_taken = true;
}

void askr_baseline_restore(void)
{
	askr_all_handlers_restore();
	askr_forget_last_error();
	askr_settings_restore();
	askr_environment_restore();
	askr_process_restore();
	askr_modules_restore();
	zend_memory_reset_peak_usage();
}

void askr_baseline_release(void)
{
	if (!askr_baseline_is_taken) {
		return;
	}
	askr_baseline_is_taken = false;
	askr_settings_release();
	askr_all_handlers_release();
	askr_environment_release();
	askr_process_release();
	askr_modules_release();
}
