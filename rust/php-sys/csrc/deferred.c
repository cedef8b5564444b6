/* askr_defer(): work that the client does not wait for. */
#include "internal.h"

#include "compat.h"

#include "ext/standard/basic_functions.h"
#include "ext/standard/head.h"
#include "php_main.h"
#include "php_output.h"

typedef struct askr_deferred_call {
	zend_fcall_info call;
	zend_fcall_info_cache target;
	struct askr_deferred_call *next;
} askr_deferred_call;

/* In the order in which they were put off. */
static askr_deferred_call *askr_deferred, **askr_deferred_end = &askr_deferred;

void askr_deferred_reset(void)
{
	askr_deferred = NULL;
	askr_deferred_end = &askr_deferred;
}

ZEND_FUNCTION(askr_defer)
{
	zend_fcall_info call;
	zend_fcall_info_cache target;
	askr_deferred_call *deferred;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_FUNC(call, target)
	ZEND_PARSE_PARAMETERS_END();

	deferred = emalloc(sizeof(*deferred));
	*deferred = (askr_deferred_call) {call, target, NULL};
	Z_TRY_ADDREF(deferred->call.function_name);
	*askr_deferred_end = deferred;
	askr_deferred_end = &deferred->next;
}

void askr_deferred_run(void)
{
	while (askr_deferred) {
		askr_deferred_call deferred = *askr_deferred;
		zval result;

		efree(askr_deferred);
		askr_deferred = deferred.next;
		if (!askr_deferred) {
			askr_deferred_reset();
		}
		ZVAL_UNDEF(&result);
		deferred.call.retval = &result;
		zend_call_function(&deferred.call, &deferred.target);
		zval_ptr_dtor(&result);
		zval_ptr_dtor(&deferred.call.function_name);
		askr_turn_settle(false);
	}
}

static void askr_complete_classic_reply(void)
{
	php_call_shutdown_functions();
	php_free_shutdown_functions();
	php_output_end_all();
	askr_call_function("session_write_close", NULL, 0, NULL);
	php_header();
}

/* Without a frame around it, an exception or an exit is a bailout here. */
void askr_deferred_finish(void)
{
	if (!askr_deferred || CG(unclean_shutdown)) {
		return;
	}
	zend_try {
		askr_complete_classic_reply();
	} zend_end_try();
	askr_rs_reply_end();
	while (askr_deferred) {
		zend_try {
			askr_deferred_run();
		} zend_end_try();
	}
}
