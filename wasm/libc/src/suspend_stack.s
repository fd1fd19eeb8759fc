# Each thread has a stack of its own in the memory. What suspends keeps the stack pointer here, in wasm: others run
# between the end of a wait and the return from it.
	.globaltype	__stack_pointer, i32
	.functype	__tabux_kernel_wait () -> (i32)
	.import_module	__tabux_kernel_wait, tabux
	.import_name	__tabux_kernel_wait, wait
	.functype	__tabux_kernel_preempt () -> ()
	.import_module	__tabux_kernel_preempt, tabux
	.import_name	__tabux_kernel_preempt, preempt

	.hidden	__tabux_stacked_wait
	.globl	__tabux_stacked_wait
	.type	__tabux_stacked_wait,@function
__tabux_stacked_wait:
	.functype	__tabux_stacked_wait () -> (i32)
	.local	i32
	global.get	__stack_pointer
	local.set	0
	call	__tabux_kernel_wait
	local.get	0
	global.set	__stack_pointer
	end_function

	.hidden	__tabux_stacked_preempt
	.globl	__tabux_stacked_preempt
	.type	__tabux_stacked_preempt,@function
__tabux_stacked_preempt:
	.functype	__tabux_stacked_preempt () -> ()
	.local	i32
	global.get	__stack_pointer
	local.set	0
	call	__tabux_kernel_preempt
	local.get	0
	global.set	__stack_pointer
	end_function
