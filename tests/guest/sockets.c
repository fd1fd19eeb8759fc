/* Carries out socket calls that it reads, and prints what each comes to: the same source runs here and on Linux.
 * One call a line; sockets are slots 0 to 15. "seq N" closes everything and starts anew. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define SLOTS 16

static int slot[SLOTS];
static int sequence;
static unsigned char counter;
static int ports[64], port_count;
static volatile sig_atomic_t broken;
static char buffer[1 << 17];

static void on_pipe(int sig)
{
	broken++;
}

/* Ports that the kernel has chosen differ: they are told by the order in which they are seen. */
static const char *port_name(int port)
{
	static char text[32];
	int i;
	if (port == 0 || (port >= 20000 && port < 32000)) {
		snprintf(text, sizeof text, "%d", port);
		return text;
	}
	for (i = 0; i < port_count && ports[i] != port; i++);
	if (i == port_count && port_count < 64) ports[port_count++] = port;
	snprintf(text, sizeof text, "P%d", i);
	return text;
}

static void show_address(const void *address, socklen_t length)
{
	const struct sockaddr_un *un = address;
	const struct sockaddr_in *in = address;
	const struct sockaddr_in6 *in6 = address;
	char text[64];
	if (length < 2) {
		printf(" none/%d", (int)length);
		return;
	}
	switch (un->sun_family) {
	case AF_UNIX:
		if (length == 2) printf(" un/2");
		else if (un->sun_path[0]) printf(" un:%s/%d", un->sun_path, (int)length);
		else if (length == 8) printf(" un@auto");
		else printf(" un@%.*s/%d", (int)length - 3, un->sun_path + 1, (int)length);
		break;
	case AF_INET:
		printf(" %s:%s/%d", inet_ntop(AF_INET, &in->sin_addr, text, sizeof text),
			port_name(ntohs(in->sin_port)), (int)length);
		break;
	case AF_INET6:
		printf(" [%s]:%s/%d", inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text),
			port_name(ntohs(in6->sin6_port)), (int)length);
		break;
	default:
		printf(" family%d/%d", un->sun_family, (int)length);
	}
}

static int port_of(const char *text)
{
	struct sockaddr_in6 own = { 0 };
	socklen_t length = sizeof own;
	if (*text != '=') return atoi(text) ? 20000 + (sequence % 1400)*8 + atoi(text) : 0;
	/* (an AF_INET address has its port at the same place) */
	if (getsockname(slot[atoi(text + 1)], (void *)&own, &length)) return 0;
	return own.sin6_family == AF_UNIX ? 0 : ntohs(own.sin6_port);
}

/* un:PATH, ab:NAME, in:HOST,PORT, in6:HOST,PORT, unspec, short, auto; PORT =SLOT is that of a socket. */
static socklen_t parse_address(char *text, struct sockaddr_storage *to)
{
	struct sockaddr_un *un = (void *)to;
	struct sockaddr_in *in = (void *)to;
	struct sockaddr_in6 *in6 = (void *)to;
	char *comma = strchr(text, ',');
	memset(to, 0, sizeof *to);
	if (comma) *comma++ = 0;
	if (!strncmp(text, "un:", 3)) {
		un->sun_family = AF_UNIX;
		strcpy(un->sun_path, text + 3);
		return offsetof(struct sockaddr_un, sun_path) + strlen(text + 3) + 1;
	}
	if (!strncmp(text, "ab:", 3)) {
		un->sun_family = AF_UNIX;
		return offsetof(struct sockaddr_un, sun_path) + 1 +
			sprintf(un->sun_path + 1, "tabux-%d-%s", sequence, text + 3);
	}
	if (!strncmp(text, "in:", 3)) {
		in->sin_family = AF_INET;
		inet_pton(AF_INET, text + 3, &in->sin_addr);
		in->sin_port = htons(port_of(comma));
		return sizeof *in;
	}
	if (!strncmp(text, "in6:", 4)) {
		in6->sin6_family = AF_INET6;
		inet_pton(AF_INET6, text + 4, &in6->sin6_addr);
		in6->sin6_port = htons(port_of(comma));
		return sizeof *in6;
	}
	if (!strcmp(text, "auto")) un->sun_family = AF_UNIX;
	if (!strcmp(text, "short")) return 1;
	return !strcmp(text, "unspec") ? sizeof *in : 2;
}

static void fill(size_t length)
{
	for (size_t i = 0; i < length; i++) buffer[i] = counter++;
}

static void outcome(long result)
{
	int error = errno;
	if (result >= 0) printf(" %ld", result);
	else printf(" E%d", error);
	if (broken) printf(" SIGPIPE");
	broken = 0;
}

/* What was received: its length, first and last byte, and a sum. */
static void show_data(long count)
{
	unsigned sum = 0;
	for (long i = 0; i < count; i++) sum = sum*31 + (unsigned char)buffer[i];
	if (count > 0) printf(" %02x..%02x %08x", (unsigned char)buffer[0], (unsigned char)buffer[count - 1], sum);
}

static void place(int to, int fd)
{
	if (fd < 0) return;
	if (slot[to] >= 0) close(slot[to]);
	slot[to] = fd;
}

/* sendmsg with a descriptor, credentials or an address; the bytes come from two buffers. */
static long send_message(int fd, size_t length, int flags, int passed, int credentials)
{
	struct iovec parts[2] = { { buffer, length/2 }, { buffer + length/2, length - length/2 } };
	union { char room[256]; struct cmsghdr align; } control = { 0 };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	struct cmsghdr *header = (void *)control.room;
	size_t used = 0;
	if (passed >= 0) {
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &passed, sizeof(int));
		used = CMSG_SPACE(sizeof(int));
	}
	if (credentials) {
		struct ucred who = { getpid(), getuid(), getgid() };
		header = (void *)(control.room + used);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_CREDENTIALS;
		header->cmsg_len = CMSG_LEN(sizeof who);
		memcpy(CMSG_DATA(header), &who, sizeof who);
		used += CMSG_SPACE(sizeof who);
	}
	if (used) {
		message.msg_control = control.room;
		message.msg_controllen = used;
	}
	return sendmsg(fd, &message, flags);
}

static void receive_message(int fd, size_t length, int flags, int room, int to)
{
	struct iovec parts[2] = { { buffer, length/2 }, { buffer + length/2, length - length/2 } };
	union { char room[256]; struct cmsghdr align; } control = { 0 };
	struct sockaddr_storage from;
	struct msghdr message = {
		.msg_iov = parts, .msg_iovlen = 2, .msg_name = &from, .msg_namelen = sizeof from,
		.msg_control = room ? control.room : 0, .msg_controllen = room ? CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred)) : 0,
	};
	memset(&from, 0, sizeof from);
	long count = recvmsg(fd, &message, flags);
	outcome(count);
	if (count < 0) return;
	show_data(count < (long)length ? count : (long)length);
	show_address(&from, message.msg_namelen);
	printf(" flags=%x", (unsigned)message.msg_flags & ~(unsigned)MSG_CMSG_CLOEXEC);
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
		if (header->cmsg_type == SCM_RIGHTS) {
			int fd;
			memcpy(&fd, CMSG_DATA(header), sizeof fd);
			printf(" fd:%x", fcntl(fd, F_GETFD));
			place(to, fd);
		} else {
			struct ucred who;
			memcpy(&who, CMSG_DATA(header), sizeof who);
			printf(" from:%s,%d", who.pid == getpid() ? "me" : who.pid ? "?" : "0", who.uid == getuid() ? 0 : who.uid);
		}
	}
}

static void poll_all(void)
{
	for (int i = 0; i < SLOTS; i++) {
		struct pollfd one = { slot[i], POLLIN | POLLOUT | POLLRDHUP };
		if (slot[i] < 0) continue;
		poll(&one, 1, 0);
		printf(" %d:%x", i, one.revents);
	}
}

static void restart(int number)
{
	for (int i = 0; i < SLOTS; i++) {
		if (slot[i] >= 0) close(slot[i]);
		slot[i] = -1;
	}
	sequence = number;
	counter = 0;
	port_count = 0;
	for (const char *name = "abcd"; *name; name++) {
		char path[2] = { *name };
		unlink(path);
	}
}

static void carry_out(char *line)
{
	char what[32], text[128] = "";
	int a = 0, b = 0, c = 0, d = 0, e = 0;
	struct sockaddr_storage address;
	socklen_t length;
	long result;

	sscanf(line, "%31s", what);
	printf("%s:", what);
	errno = 0;
#define ARGUMENTS(count) (sscanf(line, "%*s %d %d %d %d %d", &a, &b, &c, &d, &e) >= (count))
#define ADDRESS() (sscanf(line, "%*s %d %127s", &a, text), length = parse_address(text, &address))
	if (!strcmp(what, "seq") && ARGUMENTS(1)) {
		restart(a);
	} else if (!strcmp(what, "socket") && ARGUMENTS(4)) {
		int fd = socket(b, c, d);
		outcome(fd < 0 ? fd : 0);
		place(a, fd);
	} else if (!strcmp(what, "pair") && ARGUMENTS(5)) {
		int fds[2] = { -1, -1 };
		outcome(socketpair(c, d, e, fds));
		place(a, fds[0]);
		place(b, fds[1]);
	} else if (!strcmp(what, "bind")) {
		ADDRESS();
		outcome(bind(slot[a], (void *)&address, length));
	} else if (!strcmp(what, "connect")) {
		ADDRESS();
		outcome(connect(slot[a], (void *)&address, length));
		/* nothing after this waits for what never comes */
		fcntl(slot[a], F_SETFL, O_NONBLOCK);
	} else if (!strcmp(what, "listen") && ARGUMENTS(2)) {
		outcome(listen(slot[a], b));
	} else if (!strcmp(what, "accept") && ARGUMENTS(2)) {
		length = sizeof address;
		memset(&address, 0, sizeof address);
		int fd = accept4(slot[a], (void *)&address, &length, SOCK_NONBLOCK | c);
		outcome(fd < 0 ? fd : 0);
		if (fd >= 0) show_address(&address, length);
		place(b, fd);
	} else if (!strcmp(what, "name") && ARGUMENTS(1)) {
		length = sizeof address;
		outcome(result = getsockname(slot[a], (void *)&address, &length));
		if (!result) show_address(&address, length);
	} else if (!strcmp(what, "peer") && ARGUMENTS(1)) {
		length = sizeof address;
		outcome(result = getpeername(slot[a], (void *)&address, &length));
		if (!result) show_address(&address, length);
	} else if (!strcmp(what, "send") && ARGUMENTS(3)) {
		fill(b);
		outcome(send(slot[a], buffer, b, c));
	} else if (!strcmp(what, "sendto")) {
		sscanf(line, "%*s %d %127s %d %d", &a, text, &b, &c);
		length = parse_address(text, &address);
		fill(b);
		outcome(sendto(slot[a], buffer, b, c, (void *)&address, length));
	} else if (!strcmp(what, "write") && ARGUMENTS(2)) {
		fill(b);
		outcome(write(slot[a], buffer, b));
	} else if (!strcmp(what, "recv") && ARGUMENTS(3)) {
		outcome(result = recv(slot[a], buffer, b, c));
		show_data(result < b ? result : b);
	} else if (!strcmp(what, "recvfrom") && ARGUMENTS(3)) {
		length = sizeof address;
		memset(&address, 0, sizeof address);
		outcome(result = recvfrom(slot[a], buffer, b, c, (void *)&address, &length));
		show_data(result < b ? result : b);
		if (result >= 0) show_address(&address, length);
	} else if (!strcmp(what, "read") && ARGUMENTS(2)) {
		outcome(result = read(slot[a], buffer, b));
		show_data(result);
	} else if (!strcmp(what, "sendmsg") && ARGUMENTS(5)) {
		fill(b);
		outcome(send_message(slot[a], b, c, d >= 0 ? slot[d] : -1, e));
	} else if (!strcmp(what, "recvmsg") && ARGUMENTS(5)) {
		receive_message(slot[a], b, c, d, e);
	} else if (!strcmp(what, "shutdown") && ARGUMENTS(2)) {
		outcome(shutdown(slot[a], b));
	} else if (!strcmp(what, "close") && ARGUMENTS(1)) {
		outcome(close(slot[a]));
		slot[a] = -1;
	} else if (!strcmp(what, "dup") && ARGUMENTS(2)) {
		int fd = dup(slot[a]);
		outcome(fd < 0 ? fd : 0);
		place(b, fd);
	} else if (!strcmp(what, "poll")) {
		poll_all();
	} else if (!strcmp(what, "waiting") && ARGUMENTS(1)) {
		int count = -1;
		outcome(result = ioctl(slot[a], FIONREAD, &count));
		if (!result) printf(" %d", count);
	} else if (!strcmp(what, "get") && ARGUMENTS(3)) {
		int value[4] = { -1, -1, -1, -1 };
		length = sizeof value;
		outcome(result = getsockopt(slot[a], b, c, value, &length));
		if (!result && b == SOL_SOCKET && c == SO_PEERCRED)
			printf(" %s %d", value[0] == getpid() ? "me" : "?", (unsigned)value[1] == getuid() ? 0 : value[1]);
		else if (!result) printf(" %d/%d", value[0], (int)length);
	} else if (!strcmp(what, "set") && ARGUMENTS(4)) {
		int value[2] = { d, e };
		outcome(setsockopt(slot[a], b, c, value, c == SO_LINGER && b == SOL_SOCKET ? sizeof value : sizeof *value));
	} else if (!strcmp(what, "stat")) {
		struct stat st;
		sscanf(line, "%*s %127s", text);
		outcome(result = stat(text, &st));
		if (!result) printf(" %o", (unsigned)st.st_mode);
	} else if (!strcmp(what, "open")) {
		sscanf(line, "%*s %127s", text);
		outcome(open(text, O_RDWR));
	} else if (!strcmp(what, "unlink")) {
		sscanf(line, "%*s %127s", text);
		outcome(unlink(text));
	} else if (!strcmp(what, "fill") && ARGUMENTS(2)) {
		/* until it would block: all that went comes out at the other end */
		long total = 0;
		for (fill(b); (result = send(slot[a], buffer, b, MSG_NOSIGNAL)) > 0; total++);
		printf(" E%d", errno);
		if (c) printf(" %ld", total);
	} else {
		printf(" not understood: %s", line);
	}
	putchar('\n');
}

int main(void)
{
	char line[512];
	struct sigaction action = { .sa_handler = on_pipe };
	umask(022);
	sigaction(SIGPIPE, &action, 0);
	for (int i = 0; i < SLOTS; i++) slot[i] = -1;
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (*line) carry_out(line);
		fflush(stdout);
	}
	return 0;
}
