/*
 * Deadlines. A signal interrupts what a worker does; the engine then stops at
 * the next point where it allows for it, and asks whether the request that runs
 * has had its time. If so an error is thrown there, once per request, which PHP
 * code can catch as any other.
 */
#include "internal.h"

#include <math.h>
#include <signal.h>

#include "compat.h"

#include "zend_exceptions.h"

/* Its default is to be ignored, so one that comes too early or too late does no
 * harm, and nothing in PHP or in its extensions uses it. */
#define ASKR_INTERRUPT SIGURG

/* More than any request takes, and less than the clock can hold. */
#define ASKR_DEADLINE_SECONDS_MAX 1e12

static zend_class_entry *askr_request_timeout;
static void (*askr_interrupt_before)(zend_execute_data *frame);
/* Written by the signal handler. */
static volatile sig_atomic_t askr_is_interrupted;
/* True while code of the application may run on behalf of a request. */
static bool askr_request_runs;
/* Whether that request has been given its error. */
static bool askr_is_told;
static bool askr_is_listening;

static void askr_on_interrupt(int number)
{
	(void) number;
	askr_is_interrupted = 1;
	zend_atomic_bool_store_ex(&EG(vm_interrupt), true);
}

/* Without SA_RESTART, so that a system call that waits comes back. By default the
 * kernel drops the signal, and what cleans up after the error is not disturbed. */
static void askr_listen(bool listens)
{
	struct sigaction action = {0};

	action.sa_handler = listens ? askr_on_interrupt : SIG_DFL;
	action.sa_flags = SA_ONSTACK;
	sigemptyset(&action.sa_mask);
	askr_is_listening = listens;
	sigaction(ASKR_INTERRUPT, &action, NULL);
}

static void askr_tell(int64_t ran_ms)
{
	askr_is_told = true;
	askr_listen(false);
	zend_throw_exception_ex(askr_request_timeout, 0,
		"The request has exceeded its request_timeout: it has run for %.1F seconds",
		(double) ran_ms / 1000);
}

/* Where nothing can be thrown the engine is asked to come here again. */
static void askr_look_at_deadline(void)
{
	int64_t ran_ms;

	askr_is_interrupted = 0;
	if (!askr_request_runs || askr_is_told) {
		return;
	}
	if (EG(exception) || !EG(current_execute_data)) {
		askr_is_interrupted = 1;
		zend_atomic_bool_store_ex(&EG(vm_interrupt), true);
		return;
	}
	ran_ms = askr_rs_expired();
	if (ran_ms >= 0) {
		askr_tell(ran_ms);
	}
}

static void askr_interrupted(zend_execute_data *frame)
{
	if (askr_is_interrupted) {
		askr_look_at_deadline();
	}
	if (askr_interrupt_before) {
		askr_interrupt_before(frame);
	}
}

bool askr_interrupts_serve(void)
{
	if (zend_atomic_bool_load_ex(&EG(vm_interrupt))) {
		zend_atomic_bool_store_ex(&EG(vm_interrupt), false);
		if (zend_atomic_bool_load_ex(&EG(timed_out))) {
			zend_timeout();
		}
		if (zend_interrupt_function) {
			zend_interrupt_function(EG(current_execute_data));
		}
	}
	return !EG(exception);
}

void askr_deadline_startup(void)
{
	zend_class_entry class;

	INIT_NS_CLASS_ENTRY(class, "Askr", "RequestTimeout", NULL);
	askr_request_timeout = zend_register_internal_class_ex(&class, zend_ce_error);
	askr_interrupt_before = zend_interrupt_function;
	zend_interrupt_function = askr_interrupted;
	askr_listen(true);
}

/* Not earlier: a signal that is late for the last request finds nobody. One that
 * comes even later takes no error, but a system call that waits, from this one;
 * main only sends it while it sees the other one run. */
void askr_deadline_begin(void)
{
	askr_request_runs = true;
	if (!askr_is_listening) {
		askr_listen(true);
	}
}

void askr_deadline_end(void)
{
	askr_request_runs = false;
	askr_is_told = false;
}

ZEND_FUNCTION(askr_extend_deadline)
{
	zval *number;
	double seconds;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_NUMBER(number)
	ZEND_PARSE_PARAMETERS_END();

	seconds = zval_get_double(number);
	if (!(seconds >= 0 && seconds <= ASKR_DEADLINE_SECONDS_MAX)) {
		zend_argument_value_error(1, "must be a number of seconds, or 0 for no limit");
		RETURN_THROWS();
	}
	if (!askr_request_runs) {
		zend_throw_error(NULL, "askr_extend_deadline() needs a request that runs");
		RETURN_THROWS();
	}
	askr_rs_extend_deadline((int64_t) ceil(seconds * 1000));
	if (askr_is_told) {
		askr_is_told = false;
		askr_listen(true);
	}
}

ZEND_FUNCTION(askr_recycle)
{
	ZEND_PARSE_PARAMETERS_NONE();
	askr_rs_recycle();
}
