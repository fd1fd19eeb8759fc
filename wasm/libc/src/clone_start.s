# Where the gate enters a new thread: (function, argument, thread pointer, stack). And the end of a detached one, which
# must not stand on the stack that it gives back.
	.globaltype	__stack_pointer, i32
	.functype	__tabux_thread_main (i32, i32, i32) -> ()
	.functype	__tabux_unmap_and_exit (i32, i32) -> ()

	.globl	__tabux_thread_start
	.type	__tabux_thread_start,@function
	.export_name	__tabux_thread_start, __tabux_thread_start
__tabux_thread_start:
	.functype	__tabux_thread_start (i32, i32, i32, i32) -> ()
	local.get	3
	global.set	__stack_pointer
	local.get	0
	local.get	1
	local.get	2
	call	__tabux_thread_main
	end_function

	.hidden	__unmapself
	.globl	__unmapself
	.type	__unmapself,@function
__unmapself:
	.functype	__unmapself (i32, i32) -> ()
	i32.const	__tabux_last_stack+1024
	global.set	__stack_pointer
	local.get	0
	local.get	1
	call	__tabux_unmap_and_exit
	unreachable
	end_function
