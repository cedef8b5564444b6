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

/* turns.c */
void askr_turns_reset(void);
/* Waits for the next request; false when the worker is to leave. */
bool askr_turn_next(void);
/* An exception that nobody caught ends the turn, never the worker. */
void askr_turn_settle_exception(void);
/* Ends the reply and releases what belongs to the request. */
void askr_turn_close(void);
/* The run of the worker script is over: what its boot put off runs now. */
void askr_turns_end(void);

#endif
