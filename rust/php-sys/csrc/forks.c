/*
 * What a worker script wants done around a fork: askr_cow_ready() brings it,
 * and it is called each time this process becomes a template.
 */
#include "internal.h"

#include "compat.h"

typedef struct {
	zend_fcall_info call;
	zend_fcall_info_cache target;
	bool is_set;
} askr_fork_hook;

/* Those of the script that runs. */
static askr_fork_hook askr_before_fork, askr_after_fork;

static void askr_keep_hook(askr_fork_hook *hook, const zend_fcall_info *call,
	const zend_fcall_info_cache *target)
{
	if (ZEND_FCI_INITIALIZED(*call)) {
		*hook = (askr_fork_hook) {*call, *target, true};
		Z_TRY_ADDREF(hook->call.function_name);
	}
}

static void askr_drop_hook(askr_fork_hook *hook)
{
	if (hook->is_set) {
		hook->is_set = false;
		zval_ptr_dtor(&hook->call.function_name);
	}
}

/* What it throws is left in EG(exception). */
static void askr_call_hook(const askr_fork_hook *hook)
{
	zend_fcall_info call = hook->call;
	zend_fcall_info_cache target = hook->target;
	zval result;

	if (!hook->is_set) {
		return;
	}
	ZVAL_UNDEF(&result);
	call.retval = &result;
	zend_call_function(&call, &target);
	zval_ptr_dtor(&result);
}

void askr_forks_reset(void)
{
	askr_before_fork.is_set = false;
	askr_after_fork.is_set = false;
}

void askr_forks_release(void)
{
	askr_drop_hook(&askr_before_fork);
	askr_drop_hook(&askr_after_fork);
}

void askr_forks_keep(const zend_fcall_info *before, const zend_fcall_info_cache *before_target,
	const zend_fcall_info *after, const zend_fcall_info_cache *after_target)
{
	askr_forks_release();
	askr_keep_hook(&askr_before_fork, before, before_target);
	askr_keep_hook(&askr_after_fork, after, after_target);
}

void askr_forks_before(void)
{
	askr_call_hook(&askr_before_fork);
}

void askr_forks_after(void)
{
	askr_call_hook(&askr_after_fork);
}
