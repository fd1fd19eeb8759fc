#include "pthread_impl.h"

/* To do something in every thread: here ids and limits are the process's, so once is enough. */
void __synccall(void (*function)(void *), void *context)
{
	function(context);
}
