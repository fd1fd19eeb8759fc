/* Shared libraries: WebAssembly side modules with a dylink.0 section. The gate compiles and links them
 * (web/gate/dynlink.js); files, memory, the order of things and constructors are libc's. docs/abi.md. */
#ifndef DL_H
#define DL_H

#include <link.h>
#include <sys/types.h>

/* Filled by tabux_dlmodule: what a side module needs. */
struct dl_needs {
	unsigned memory;    /* bytes */
	unsigned alignment; /* bytes, a power of two */
	unsigned libraries; /* how many others it names */
	unsigned runpath;   /* whether it has one */
};

/* One library of those that tabux_dllink links together. */
struct dl_linked {
	int module;
	void *memory;
	const int *scope;        /* modules to look for symbols in, after those that all see; in order, itself among them */
	int scope_length;
	void (*relocate)(void);  /* filled: __wasm_apply_data_relocs, null where it has none */
	void (*construct)(void); /* filled: __wasm_call_ctors */
};

/* Filled by tabux_dladdr: the module that an address lies in, and its nearest symbol. */
struct dl_place {
	int module;
	void *symbol; /* null: none is known */
};

struct dl {
	struct link_map map; /* a handle is a link_map, as dlinfo(3) has it */
	int module;          /* the gate's number; PROGRAM for the program itself */
	dev_t device;
	ino_t inode;
	char *short_name;    /* by which others need it: set where it was found by a search */
	char *runpath;
	struct dl_needs needs;
	void *memory;
	struct dl *needed_by;
	struct dl **needed;  /* directly, ended by null */
	int *scope;          /* modules: itself, then what it needs, breadth first */
	int scope_length;
	void (*relocate)(void), (*construct)(void);
	int references;      /* by dlopen */
	char linked, constructed, global, kept, marked;
};

#define PROGRAM 0
/* Longest message of the gate, and longest name of a library, with their NULs. */
#define DL_MESSAGE 256
#define DL_NAME 4096

/* The program, then all that is loaded, in that order. */
extern hidden struct dl __dl_program;

/* Opens the file of a library; *path is its name (allocated). A descriptor, or -1 and errno. */
hidden int __dl_search(const char *name, const struct dl *needed_by, char **path);
hidden struct dl *__dl_of_module(int module);
hidden int __dl_is_open(const void *handle);
hidden void __dl_lock(void);
hidden void __dl_unlock(void);
hidden void __dl_seterr(const char *, ...);
void __cxa_finalize(void *library);

static inline struct dl *next(const struct dl *d)
{
	return (struct dl *)d->map.l_next;
}

#endif
