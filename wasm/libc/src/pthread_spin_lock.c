#include <errno.h>
#include <sched.h>
#include "pthread_impl.h"

/* Whoever holds the lock runs only when this thread does not. */
int pthread_spin_lock(pthread_spinlock_t *lock)
{
	while (*lock) sched_yield();
	*lock = EBUSY;
	return 0;
}
