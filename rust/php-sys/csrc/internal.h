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
void askr_apply_ini_defaults(HashTable *configuration);
/* Waits for the next request; false when the worker is to leave. */
bool askr_turn_next(void);
/* The request being answered, or NULL. */
const askr_php_request *askr_turn_request(void);
void askr_turn_settle_exception(void);
/* Ends the reply and releases what belongs to the request. */
void askr_turn_close(void);

#endif
