/* There is no dynamic linker, and no thread that could unmap its own stack. */
#define LDSO_ARCH "wasm32"
#define CRTJMP(pc, sp) __builtin_trap()
