// Error numbers at the boundary to libraries that others have compiled. Emscripten has WASI's numbers for errno
// (EAGAIN is 6), compiled into every comparison, where programs here have Linux's (11). So such a library gets an
// errno of its own, and the functions that set, read, return or take an error number stand behind a stub that
// translates (wasm/libc/src/errno_foreign.c). What our own compiler has made has Linux's numbers, and says so in a
// custom section.
import { signature } from "./wasm-binary.js";

/** @param {string[]} lines of names @returns {Set<string>} */
const names = (...lines) => new Set(lines.flatMap((line) => line.split(" ")));

/** Functions that set errno where they fail, or that look at it; but not for ENOMEM alone: malloc has to be fast. */
const ERRNO = names(
  "access acct chdir chmod chown chroot close closedir creat dup dup2 dup3 eaccess faccessat fchdir fchmod fchmodat",
  "fchown fchownat fclose fcntl fdatasync fdopen fdopendir fflush fgetc fgetpos fgets fgetwc fileno flock fopen",
  "fpathconf fprintf fputc fputs fputwc fread freopen fscanf fseek fseeko fsetpos fstat fstatat fstatfs fstatvfs fsync",
  "ftell ftello ftruncate ftw futimens futimes fwrite getc getchar getcwd getdelim getentropy getline getrandom getwc",
  "glob ioctl isatty lchown link linkat lockf lseek lstat mkdir mkdirat mkdtemp mkfifo mkfifoat mknod mkostemp mkstemp",
  "mkstemps mmap mprotect mremap msync munmap nftw open openat opendir pathconf pclose pipe pipe2 poll popen",
  "posix_openpt ppoll pread preadv printf pselect ptsname putc putchar puts pwrite pwritev read readdir readlink",
  "readlinkat readv realpath remove rename renameat rewind rmdir scandir select setvbuf shm_open shm_unlink stat statfs",
  "statvfs statx symlink symlinkat tcgetattr tcgetpgrp tcsetattr tcsetpgrp tmpfile truncate ttyname ungetc unlink",
  "unlinkat utime utimensat utimes vdprintf vfprintf vfscanf vprintf write writev dprintf sendfile copy_file_range",
  "execl execle execlp execv execve execvp execvpe fexecve fork vfork _Fork getgroups getitimer getpgid getpriority",
  "getrlimit getrusage getsid initgroups kill killpg nice pause prlimit raise sched_getaffinity sched_getparam",
  "sched_getscheduler sched_setaffinity sched_setparam sched_setscheduler sched_yield setegid seteuid setgid setgroups",
  "setitimer setpgid setpriority setregid setreuid setrlimit setsid setuid sigaction sigaltstack signal sigpending",
  "sigprocmask sigqueue sigsuspend sigtimedwait sigwaitinfo sleep system times usleep wait wait3 wait4 waitid waitpid",
  "clock_getres clock_gettime clock_settime gettimeofday nanosleep settimeofday timer_create timer_settime",
  "accept accept4 bind connect getaddrinfo getpeername getsockname getsockopt if_indextoname if_nametoindex inet_ntop",
  "inet_pton listen recv recvfrom recvmmsg recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socket socketpair",
  "confstr dlopen gethostname getgrent getgrgid getgrnam getlogin getpwent getpwnam getpwuid getspnam iconv iconv_close",
  "iconv_open mktime putenv sem_close sem_destroy sem_getvalue sem_init sem_open sem_post sem_timedwait sem_trywait",
  "sem_unlink sem_wait setenv setlocale sethostname syscall sysconf sysinfo timegm uname unsetenv",
  "fwprintf fwscanf mblen mbrlen mbrtowc mbsnrtowcs mbsrtowcs mbstowcs mbtowc scanf sscanf strtod strtof strtoimax strtol",
  "strtold strtoll strtoul strtoull strtoumax swprintf vsscanf wcrtomb wcsnrtombs wcsrtombs wcstod wcstof wcstoimax",
  "wcstol wcstold wcstoll wcstombs wcstoul wcstoull wcstoumax wctomb strtod_l strtof_l strtold_l",
  "err perror psignal verr vwarn warn",
  "PyErr_SetFromErrno PyErr_SetFromErrnoWithFilename PyErr_SetFromErrnoWithFilenameObject",
  "PyErr_SetFromErrnoWithFilenameObjects PyEval_AcquireThread PyEval_ReleaseThread PyEval_RestoreThread",
  "PyEval_SaveThread PyGILState_Ensure PyGILState_Release",
);
/** Functions whose result is an error number. */
const RESULT = names(
  "posix_fadvise posix_fallocate posix_madvise posix_memalign posix_spawn posix_spawnp clock_nanosleep getgrgid_r",
  "getgrnam_r getlogin_r getpwnam_r getpwuid_r ptsname_r readdir_r sigwait strerror_r __xpg_strerror_r ttyname_r",
  "clock_getcpuclockid aio_error",
);
const PTHREAD = /^pthread_/;
/** Results of these are none. */
const OTHER_RESULT = names("pthread_self pthread_equal pthread_getspecific pthread_exit pthread_testcancel");
/** Functions whose first parameter is an error number. */
const ARGUMENT = names("strerror strerror_l strerror_r __xpg_strerror_r");

const I32 = 0x7f;

/**
 * The stub behind which a library with WASI's error numbers gets a function of the program.
 * @param {string} name
 * @param {Uint8Array} type
 * @param {number} slot the function's place in the table
 * @param {import("./dynlink-symbols.js").ProgramSymbols} symbols
 * @returns {import("./dynlink-stubs.js").Stub | null} null where the function itself will do
 */
export function foreignStub(name, type, slot, symbols) {
  /** @param {string} helper */
  const place = (helper) => symbols.functions.get(`__tabux_foreign_${helper}`) ?? 0;
  if (name === "__errno_location") return { type, slot: place("errno") || slot };
  const { parameters, results } = signature(type);
  if (ERRNO.has(name)) return { type, slot, before: place("enter"), after: place("leave") };
  const result = RESULT.has(name) || (PTHREAD.test(name) && !OTHER_RESULT.has(name));
  const argument = ARGUMENT.has(name) && parameters[0] === I32;
  if (!result && !argument) return null;
  return {
    type,
    slot,
    argument: argument ? place("to_linux") : 0,
    result: result && results[0] === I32 ? place("from_linux") : 0,
  };
}
