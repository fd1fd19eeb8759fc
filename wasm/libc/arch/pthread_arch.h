extern hidden uintptr_t __tabux_thread;

static inline uintptr_t __get_tp()
{
	return __tabux_thread;
}

#define MC_PC __unused[0]
