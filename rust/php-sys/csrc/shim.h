/*
 * The only door between Rust and the PHP engine.
 *
 * Rust calls askr_php_*; every such function contains its own bailout and
 * returns a status. C calls askr_rs_*, implemented by the `php` crate; none of
 * them calls back into the engine, so no longjmp ever crosses a Rust frame.
 */
#ifndef ASKR_PHP_SHIM_H
#define ASKR_PHP_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
	ASKR_PHP_OK = 0,
	/* The script ended with an uncaught exception or could not be opened. */
	ASKR_PHP_FAILED = 1,
	/* A fatal error unwound the engine; the request must be stopped. */
	ASKR_PHP_BAILED_OUT = 2,
} askr_php_status;

/* Borrowed bytes, not NUL-terminated. */
typedef struct {
	const char *bytes;
	size_t len;
} askr_php_text;

typedef struct {
	askr_php_text name;
	askr_php_text value;
} askr_php_pair;

/* Settings of one engine; everything is borrowed until askr_php_stop(). */
typedef struct {
	const char *sapi_name;
	/* Lines "name=value\n" that win over every php.ini. */
	const char *ini_entries;
	/* Settings that any php.ini may replace. */
	const askr_php_pair *ini_defaults;
	size_t ini_default_count;
	/* -c and -n of the command line; NULL and false in a worker. */
	const char *ini_path;
	bool ini_ignored;
	/* What PHP_BINARY says. */
	const char *executable;
	/* A command-line engine has no native functions of the server. */
	bool command_line;
} askr_php_config;

/* One request; everything is borrowed until the next take or request stop. */
typedef struct {
	/* NUL-terminated; NULL while a worker script boots. */
	const char *method;
	char *query_string;
	char *uri;
	char *script_path;
	/* NULL when the client sent none. */
	const char *content_type;
	const char *authorization;
	char *cookies;
	int64_t content_length;
	/* 1000 is HTTP/1.0, 1001 HTTP/1.1. */
	int protocol;
	/* Unix time in seconds at which the gateway received the request. */
	double received;
	/* The entries of $_SERVER. */
	const askr_php_pair *variables;
	size_t variable_count;
	/* Header fields for the handler's array, names in lower case. */
	const askr_php_pair *headers;
	size_t header_count;
} askr_php_request;

/* The version of the engine that was compiled in. */
const char *askr_php_version(void);

/* ---- engine ---- */
askr_php_status askr_php_start(const askr_php_config *config);
void askr_php_stop(void);

/* Where PHP puts uploaded files: upload_tmp_dir, or the system's folder, which
 * it takes when that one cannot be used. Cut at `capacity`; returns the bytes
 * written, 0 when there is none. */
size_t askr_php_upload_folder(bool is_systems, char *text, size_t capacity);
/* Changes a setting for all requests to come; both are NUL-terminated. Not to be
 * called while a request is active. */
askr_php_status askr_php_set(const char *name, const char *value);

/* How the stack of PHP calls lies in memory, also in that of a process forked from
 * this one: an address, then sizes and places in bytes. */
typedef struct {
	/* Of the pointer to the innermost frame. */
	size_t current_frame;
	size_t frame_bytes;
	size_t frame_opcode;
	size_t frame_function;
	size_t frame_caller;
	/* What all functions begin with. */
	size_t function_bytes;
	size_t function_type;
	size_t function_name;
	size_t function_class;
	/* A function of type `is_code` is written in PHP and has these, too. */
	size_t code_bytes;
	size_t code_file;
	size_t code_opcodes;
	size_t code_opcode_count;
	size_t opcode_bytes;
	size_t opcode_line;
	size_t class_name;
	size_t text_len;
	size_t text_bytes;
	uint8_t is_code;
} askr_php_stack;

void askr_php_stack_layout(askr_php_stack *stack);

/* ---- one request ---- */
askr_php_status askr_php_request_start(const askr_php_request *request);
/* `path` is NUL-terminated; NULL means the script_path of the request. */
askr_php_status askr_php_run(const char *path, int *exit_status);
/* The last error as "message in file on line N", cut at `capacity`; returns
 * the bytes written, 0 when there was no error. */
size_t askr_php_last_error(char *text, size_t capacity);
/* Runs what is left to run, sends what is left to send, ends the reply. */
void askr_php_request_stop(void);

/* ---- command line ---- */
typedef enum {
	ASKR_PHP_CLI_FILE = 0,
	ASKR_PHP_CLI_CODE = 1,
	ASKR_PHP_CLI_STDIN = 2,
	ASKR_PHP_CLI_INFO = 3,
	ASKR_PHP_CLI_MODULES = 4,
	ASKR_PHP_CLI_VERSION = 5,
	ASKR_PHP_CLI_LINT = 6,
} askr_php_cli_action;

typedef struct {
	askr_php_cli_action action;
	/* A script's path or the code of -r; NUL-terminated, NULL if unused. */
	const char *subject;
	int argc;
	char **argv;
} askr_php_cli_job;

/* Runs one command-line job in a request of its own; returns the exit status. */
int askr_php_cli_run(const askr_php_cli_job *job);
/* Makes PHP_BINARY say `path`, NUL-terminated. */
void askr_php_cli_name_binary(const char *path);

/* ---- implemented in Rust ---- */
/* Waits for the next request; NULL when the worker is to leave. */
const askr_php_request *askr_rs_take(void);
/* Returns false when the client is gone. */
bool askr_rs_write(const char *bytes, size_t len);
/* Returns false when the client is gone. */
bool askr_rs_flush(void);
/* One header line of the reply, "Name: value". */
void askr_rs_header(const char *line, size_t len);
/* The head is complete. */
void askr_rs_head(int status);
size_t askr_rs_read_body(char *out, size_t len);
/* The script failed after the first part of its reply was given out: the reply
 * must not look whole. */
void askr_rs_reply_fail(void);
/* The reply is complete; later output is dropped. */
void askr_rs_reply_end(void);
void askr_rs_log(int priority, const char *message, size_t len);
int64_t askr_rs_worker_id(void);
/* For how many ms the request that runs has done so, if its time is over; -1 if
 * it is not. */
int64_t askr_rs_expired(void);
/* The request that runs has at least so many ms from now on; 0 is no limit. */
void askr_rs_extend_deadline(int64_t ms);
/* Whether a request waits for a worker, or this one serves no other. */
bool askr_rs_is_awaited(void);
/* The worker asks for a successor once the request is over. */
void askr_rs_recycle(void);
/* Whether this process is to fork copies of itself where its script can go on
 * in them: at askr_cow_ready(), or when it was given no request. */
bool askr_rs_is_template(void);
/* Whether this process is to be put back after each request to where it is now. */
bool askr_rs_is_rewound(void);
/* It cannot be, ever. */
void askr_rs_stay(const char *why, size_t len);
/* The request is over, and the process is about to be put back. */
void askr_rs_rest(void);
/* It could not be: ends the process. */
void askr_rs_leave(const char *why, size_t len);
/* Forks copies on command. True in each copy; does not return in a process that
 * has forked any; false when it forks none. */
bool askr_rs_fork_copies(void);
/* Where uploads of this copy go, NUL-terminated; `path` holds zeros. False when
 * nothing changes. */
bool askr_rs_upload_folder(char *path, size_t capacity);

#include "store.h"

#endif
