/* Sockets between processes, and calls that wait: every check holds on Linux too. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "check.h"

static char big[1 << 20];

static void nothing(int sig)
{
}

static int status_of(pid_t pid)
{
	int status;
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int listener(struct sockaddr_in *at, int backlog)
{
	socklen_t length = sizeof *at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	CHECK(!bind(fd, (void *)at, sizeof *at));
	CHECK(!listen(fd, backlog));
	CHECK(!getsockname(fd, (void *)at, &length));
	return fd;
}

static int client(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(!connect(fd, (void *)at, sizeof *at));
	return fd;
}

/* All of it, in both directions, through buffers that are smaller. */
static void streams(void)
{
	struct sockaddr_in at;
	int door = listener(&at, 5);
	pid_t child = fork();
	if (!child) {
		int fd = client(&at);
		size_t done = 0;
		close(door);
		for (size_t i = 0; i < sizeof big; i++) big[i] = i % 251;
		if (write(fd, big, sizeof big) != sizeof big) _exit(1);
		shutdown(fd, SHUT_WR);
		memset(big, 0, sizeof big);
		while (done < sizeof big) {
			ssize_t n = read(fd, big + done, sizeof big - done);
			if (n <= 0) _exit(2);
			done += n;
		}
		if (read(fd, big, 1) != 0) _exit(3);
		for (size_t i = 0; i < sizeof big; i++) if (big[i] != (char)(i % 251)) _exit(4);
		_exit(0);
	}
	int fd = accept(door, 0, 0);
	CHECK(fd >= 0);
	CHECK(recv(fd, big, sizeof big, MSG_WAITALL) == sizeof big);
	CHECK(recv(fd, big, 1, 0) == 0);
	CHECK(send(fd, big, sizeof big, 0) == sizeof big);
	close(fd);
	CHECK(status_of(child) == 0);
	close(door);
}

/* A process that waits in each of the calls, killed; then the same with a handler. */
static void ends(void)
{
	struct sigaction action = { .sa_handler = nothing };
	struct sockaddr_in at;
	int door = listener(&at, 0);
	int pair[2], fd, full[2];
	sigaction(SIGUSR1, &action, 0);
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, full));
	while (send(full[0], big, 1000, MSG_DONTWAIT) > 0);
	CHECK(errno == EAGAIN);
	for (int sig = SIGKILL;; sig = SIGUSR1) {
		for (int what = 0; what < 4; what++) {
			pid_t child = fork();
			if (!child) {
				long result = what == 0 ? accept(door, 0, 0)
					: what == 1 ? read(pair[0], big, 1)
					: what == 2 ? write(full[0], big, 1000)
					: poll(&(struct pollfd){ pair[0], POLLIN }, 1, -1);
				_exit(result == -1 && errno == EINTR ? 7 : 1);
			}
			usleep(30000);
			kill(child, sig);
			CHECK(status_of(child) == (sig == SIGKILL ? -SIGKILL : 7));
		}
		if (sig == SIGUSR1) break;
	}
	/* what was written is still there, and goes on when there is room */
	pid_t child = fork();
	if (!child) _exit(write(full[0], "end", 3) == 3 ? 0 : 1);
	while ((fd = recv(full[1], big, sizeof big, 0)) > 0 && memcmp(big + fd - 3, "end", 3));
	CHECK(status_of(child) == 0);
}

static void timeouts(void)
{
	struct timeval short_time = { 0, 20000 }, got = { 0 };
	socklen_t length = sizeof got;
	int pair[2];
	CHECK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	CHECK(!setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &short_time, sizeof short_time));
	CHECK(!getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &got, &length));
	CHECK(got.tv_sec == 0 && got.tv_usec >= 20000 && got.tv_usec < 30000);
	CHECK(recv(pair[0], big, 1, 0) == -1 && errno == EAGAIN);
	CHECK(send(pair[1], "x", 1, 0) == 1 && recv(pair[0], big, 1, 0) == 1);
}

/* A descriptor goes to another process, which had no other way to it. */
static void rights(void)
{
	int pair[2], ends[2];
	char room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { big, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room };
	CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	pid_t child = fork();
	if (!child) {
		int fd;
		close(pair[0]);
		if (recvmsg(pair[1], &message, 0) != 1) _exit(1);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		if (!header || header->cmsg_type != SCM_RIGHTS) _exit(2);
		memcpy(&fd, CMSG_DATA(header), sizeof fd);
		_exit(write(fd, "through", 7) == 7 ? 0 : 3);
	}
	close(pair[1]);
	CHECK(!pipe(ends));
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &ends[1], sizeof(int));
	CHECK(sendmsg(pair[0], &message, 0) == 1);
	close(ends[1]);
	CHECK(read(ends[0], big, 100) == 7 && !memcmp(big, "through", 7));
	CHECK(status_of(child) == 0);
	CHECK(read(ends[0], big, 100) == 0);
	CHECK(recv(pair[0], big, 1, 0) == 0);
}

/* As many go as Linux takes. */
static void sizes(void)
{
	int pair[2], count;
	CHECK(!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair));
	for (count = 0; send(pair[0], "x", 1, 0) == 1; count++);
	CHECK(errno == EAGAIN && count == 278);
	CHECK(recv(pair[1], big, 10, 0) == 1 && send(pair[0], "x", 1, 0) == 1);
	CHECK(send(pair[0], big, 300000, 0) == -1 && errno == EMSGSIZE);
	struct sockaddr_un at = { AF_UNIX, "sizes" };
	int to = socket(AF_UNIX, SOCK_DGRAM, 0), from = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	unlink("sizes");
	CHECK(!bind(to, (void *)&at, sizeof at) && !connect(from, (void *)&at, sizeof at));
	for (count = 0; send(from, "x", 1, 0) == 1; count++);
	CHECK(errno == EAGAIN && count == 11);
	CHECK(poll(&(struct pollfd){ from, POLLOUT }, 1, 0) == 0);
	unlink("sizes");
}

static void names(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_INET }, *found;
	CHECK(!getaddrinfo("localhost", "http", &hints, &found));
	struct sockaddr_in *at = (void *)found->ai_addr;
	CHECK(at->sin_addr.s_addr == htonl(INADDR_LOOPBACK) && at->sin_port == htons(80));
	CHECK(getservbyname("domain", "udp")->s_port == htons(53));
	char own[64];
	gethostname(own, sizeof own);
	CHECK(!getaddrinfo(own, 0, &hints, &found));
}

/* The resolver of the sandbox answers at once; on Linux whatever is there may. */
static void resolver(void)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	CHECK(!getaddrinfo("a.localhost", 0, &hints, &found));
	CHECK(getaddrinfo("example.org", 0, &hints, &found) == EAI_NONAME);
	CHECK(getaddrinfo("nowhere.example", "80", &hints, &found) == EAI_NONAME);
	CHECK(!gethostbyname("example.org"));
}

/* One after the other; the port is free again. */
static void thousand(void)
{
	struct sockaddr_in at;
	int door = listener(&at, 5);
	for (int i = 0; i < 1000; i++) {
		int one = client(&at), other = accept(door, 0, 0);
		if (write(one, "x", 1) != 1 || read(other, big, 10) != 1) CHECK(0);
		close(one);
		if (read(other, big, 10) != 0) CHECK(0);
		close(other);
	}
	CHECK(dup(door) == door + 1);
}

int main(int count, char **arguments)
{
	signal(SIGPIPE, SIG_IGN);
	streams();
	ends();
	timeouts();
	rights();
	sizes();
	names();
	thousand();
	if (count > 1) resolver();
	return report();
}
