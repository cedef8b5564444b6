/* Where the stack of PHP calls is: nothing here looks at it. */
#include "internal.h"

#include "compat.h"

void askr_php_stack_layout(askr_php_stack *stack)
{
	*stack = (askr_php_stack) {
		.current_frame = (size_t) &EG(current_execute_data),
		.frame_bytes = sizeof(zend_execute_data),
		.frame_opcode = offsetof(zend_execute_data, opline),
		.frame_function = offsetof(zend_execute_data, func),
		.frame_caller = offsetof(zend_execute_data, prev_execute_data),
		.function_bytes = sizeof(((zend_function *) 0)->common),
		.function_type = offsetof(zend_function, type),
		.function_name = offsetof(zend_function, common.function_name),
		.function_class = offsetof(zend_function, common.scope),
		.code_bytes = sizeof(zend_op_array),
		.code_file = offsetof(zend_op_array, filename),
		.code_opcodes = offsetof(zend_op_array, opcodes),
		.code_opcode_count = offsetof(zend_op_array, last),
		.opcode_bytes = sizeof(zend_op),
		.opcode_line = offsetof(zend_op, lineno),
		.class_name = offsetof(zend_class_entry, name),
		.text_len = offsetof(zend_string, len),
		.text_bytes = offsetof(zend_string, val),
		.is_code = ZEND_USER_FUNCTION,
	};
}
