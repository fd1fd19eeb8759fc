/* Written by LLVM's setjmp lowering through wasm/libc/src/setjmp.c. */
typedef unsigned long __jmp_buf[8];
