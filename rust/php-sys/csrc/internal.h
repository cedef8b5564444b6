/* What the C files of this crate share; Rust never sees it. */
#ifndef ASKR_PHP_INTERNAL_H
#define ASKR_PHP_INTERNAL_H

#include "shim.h"

#include "php.h"
#include "SAPI.h"

/* native.c: the functions PHP code can call. */
zend_module_entry *askr_native_module(void);

/* cli.c: replaces the slots that a command line fills in its own way. */
void askr_cli_fill_slots(sapi_module_struct *module);

/* shim.c */
/* The request the engine works on; NULL while a worker script boots or waits. */
const askr_php_request *askr_current(void);
void askr_describe_request(const askr_php_request *request);
void askr_forget_freed(void);
/* Whether the process was started with this variable. */
bool askr_in_environment(zend_string *name, const zval *value);

/* baseline.c: what booting left, and what of it a request has changed. */
/* Once, when the engine starts. */
void askr_baseline_watch(void);
/* At the first call for work, after each request, and at the end of the script. */
void askr_baseline_take(void);
void askr_baseline_restore(void);
void askr_baseline_release(void);
/* What booting put into $_SERVER. */
void askr_baseline_add_variables(zval *array);

/* modules.c: the same for extensions. */
void askr_modules_take(void);
/* The session is written and its lock released. */
void askr_modules_end(void);
void askr_modules_restore(void);
void askr_modules_start(void);
void askr_modules_release(void);
/* Calls a function of PHP's; false when there is none of that name. */
bool askr_call_function(const char *name, zval *result, uint32_t count, zval *arguments);

/* streams.c: the same for ext/standard. */
void askr_streams_take(void);
void askr_streams_restore(void);
void askr_streams_release(void);

/* deferred.c: askr_defer() */
void askr_deferred_reset(void);
/* Runs what was put off, in order; with a frame around it an exception or an
 * exit ends only the one that threw it. */
void askr_deferred_run(void);
/* In classic mode: completes the reply first, if something was put off. */
void askr_deferred_finish(void);
ZEND_FUNCTION(askr_defer);

/* deadline.c: Askr\RequestTimeout, askr_extend_deadline(), askr_recycle() */
/* Once, when the engine starts. */
void askr_deadline_startup(void);
/* Around the time in which a request may be told that its own is over. */
void askr_deadline_begin(void);
void askr_deadline_end(void);
/* Does what the engine does between two operations of PHP code when it was
 * interrupted; for functions that wait. False when an exception was thrown. */
bool askr_interrupts_serve(void);
ZEND_FUNCTION(askr_extend_deadline);
ZEND_FUNCTION(askr_recycle);

/* garbage.c */
void askr_garbage_reset(void);
/* After the reply, while destructors may still print to nobody and throw. */
void askr_garbage_collect(void);
/* Before the mark is reset of how much memory the request has needed. */
void askr_memory_trim(void);

/* forks.c: what the arguments of askr_cow_ready() want done around a fork. */
void askr_forks_reset(void);
void askr_forks_keep(const zend_fcall_info *before, const zend_fcall_info_cache *before_target,
	const zend_fcall_info *after, const zend_fcall_info_cache *after_target);
/* In the process that is about to become a template, and in each worker that it
 * has forked. What they throw is left in EG(exception). */
void askr_forks_before(void);
void askr_forks_after(void);
/* The run of the worker script is over. */
void askr_forks_release(void);

/* copies.c: forks copies of this process for the rest of its life. Returns true
 * in a copy, and again each time the copy is put back to its birth; otherwise there
 * is none. What a hook throws is left in EG(exception). */
bool askr_copies_make(void);

/* The descriptor of the file whose lock keeps opcache's memory; -1 without one. */
int askr_opcache_lock(void);

/* rewind.c: in a process whose requests are to find nothing of one another. */
/* Comes back each time the process is put back to this moment: NULL, or what stands
 * in the way of ever doing so. */
const char *askr_rewind_arm(void);
bool askr_rewind_is_armed(void);
/* Puts the process back. Returns only when that cannot be: it must end then. */
const char *askr_rewind(void);

/* opcache.c: before a boot, at the first call for work, and with each request. */
void askr_opcache_refresh(void);
void askr_opcache_take(void);
void askr_opcache_tick(double now);

/* store.c: Askr\StoreException. Once, when the engine starts. */
void askr_store_startup(void);

/* headers.c */
ZEND_FUNCTION(headers_send);

/* turns.c */
void askr_turns_reset(void);
/* Waits for the next request; false when the worker is to leave. */
bool askr_turn_next(void);
/* An exception that nobody caught ends what threw it, never the worker. Where
 * it leaves half a reply, the reply is cut. */
void askr_turn_settle(bool reply_is_cut);
/* Whether it is an exception, not the unwinding of exit(). */
bool askr_is_failure(const zend_object *exception);
/* Whether an exception or an exit has ended the output before its end. */
bool askr_output_is_lost(void);
/* Ends the reply and releases what belongs to the request. */
void askr_turn_close(void);
/* The run of the worker script is over: what its boot put off runs now. */
void askr_turns_end(void);

#endif
