/* Error numbers of libraries that Emscripten has compiled: WASI's, and its own for what WASI has not. The gate puts
 * these functions around those that such a library calls (web/gate/dynlink-errno.js). */
#include <errno.h>

/* Emscripten's number for each of Linux's. */
static const unsigned char numbers[] = {
	[E2BIG] = 1, [EACCES] = 2, [EADDRINUSE] = 3, [EADDRNOTAVAIL] = 4, [EAFNOSUPPORT] = 5,
	[EAGAIN] = 6, [EALREADY] = 7, [EBADF] = 8, [EBADMSG] = 9, [EBUSY] = 10,
	[ECANCELED] = 11, [ECHILD] = 12, [ECONNABORTED] = 13, [ECONNREFUSED] = 14,
	[ECONNRESET] = 15, [EDEADLK] = 16, [EDESTADDRREQ] = 17, [EDOM] = 18, [EDQUOT] = 19,
	[EEXIST] = 20, [EFAULT] = 21, [EFBIG] = 22, [EHOSTUNREACH] = 23, [EIDRM] = 24,
	[EILSEQ] = 25, [EINPROGRESS] = 26, [EINTR] = 27, [EINVAL] = 28, [EIO] = 29,
	[EISCONN] = 30, [EISDIR] = 31, [ELOOP] = 32, [EMFILE] = 33, [EMLINK] = 34,
	[EMSGSIZE] = 35, [EMULTIHOP] = 36, [ENAMETOOLONG] = 37, [ENETDOWN] = 38,
	[ENETRESET] = 39, [ENETUNREACH] = 40, [ENFILE] = 41, [ENOBUFS] = 42, [ENODEV] = 43,
	[ENOENT] = 44, [ENOEXEC] = 45, [ENOLCK] = 46, [ENOLINK] = 47, [ENOMEM] = 48,
	[ENOMSG] = 49, [ENOPROTOOPT] = 50, [ENOSPC] = 51, [ENOSYS] = 52, [ENOTCONN] = 53,
	[ENOTDIR] = 54, [ENOTEMPTY] = 55, [ENOTRECOVERABLE] = 56, [ENOTSOCK] = 57,
	[ENOTTY] = 59, [ENXIO] = 60, [EOVERFLOW] = 61, [EOWNERDEAD] = 62, [EPERM] = 63,
	[EPIPE] = 64, [EPROTO] = 65, [EPROTONOSUPPORT] = 66, [EPROTOTYPE] = 67, [ERANGE] = 68,
	[EROFS] = 69, [ESPIPE] = 70, [ESRCH] = 71, [ESTALE] = 72, [ETIMEDOUT] = 73,
	[ETXTBSY] = 74, [EXDEV] = 75, [ENOSTR] = 100, [EBFONT] = 101, [EBADSLT] = 102,
	[EBADRQC] = 103, [ENOANO] = 104, [ENOTBLK] = 105, [ECHRNG] = 106, [EL3HLT] = 107,
	[EL3RST] = 108, [ELNRNG] = 109, [EUNATCH] = 110, [ENOCSI] = 111, [EL2HLT] = 112,
	[EBADE] = 113, [EBADR] = 114, [EXFULL] = 115, [ENODATA] = 116, [ETIME] = 117,
	[ENOSR] = 118, [ENONET] = 119, [ENOPKG] = 120, [EREMOTE] = 121, [EADV] = 122,
	[ESRMNT] = 123, [ECOMM] = 124, [EDOTDOT] = 125, [ENOTUNIQ] = 126, [EBADFD] = 127,
	[EREMCHG] = 128, [ELIBACC] = 129, [ELIBBAD] = 130, [ELIBSCN] = 131, [ELIBMAX] = 132,
	[ELIBEXEC] = 133, [ESTRPIPE] = 135, [EUSERS] = 136, [ESOCKTNOSUPPORT] = 137,
	[EOPNOTSUPP] = 138, [EPFNOSUPPORT] = 139, [ESHUTDOWN] = 140,
	[ETOOMANYREFS] = 141, [EHOSTDOWN] = 142, [ENOMEDIUM] = 148, [EL2NSYNC] = 156,
};
#define COUNT (int)(sizeof numbers/sizeof *numbers)
/* Linux's numbers that it has none for are so much higher. */
#define OTHER 1000

/* errno as such a library sees it. */
static int foreign;

int __tabux_foreign_from_linux(int number)
{
	if (number <= 0) return number;
	return number < COUNT && numbers[number] ? numbers[number] : number + OTHER;
}

int __tabux_foreign_to_linux(int number)
{
	if (number <= 0) return number;
	if (number >= OTHER) return number - OTHER;
	for (int i = 1; i < COUNT; i++)
		if (numbers[i] == number) return i;
	return number;
}

int *__tabux_foreign_errno(void)
{
	return &foreign;
}

/* Before a call: what the library may have set. */
void __tabux_foreign_enter(void)
{
	errno = __tabux_foreign_to_linux(foreign);
}

/* After it: what it is to see. */
void __tabux_foreign_leave(void)
{
	foreign = __tabux_foreign_from_linux(errno);
}
