/* Threads of one program, by theme: threads THEME. Every wait here ends by something that another thread does. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include "check.h"

extern char **environ;

/* linux/futex.h */
enum {
	FUTEX_WAIT, FUTEX_WAKE, FUTEX_CMP_REQUEUE = 4, FUTEX_LOCK_PI = 6, FUTEX_WAIT_BITSET = 9, FUTEX_WAKE_BITSET,
	FUTEX_CLOCK_REALTIME = 256,
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static volatile int step, count;

static void *number(intptr_t n)
{
	return (void *)n;
}

static pthread_t begin(void *(*body)(void *), intptr_t argument)
{
	pthread_t t = 0;
	CHECK(!pthread_create(&t, 0, body, number(argument)));
	return t;
}

static intptr_t end(pthread_t t)
{
	void *value = number(-99);
	CHECK(!pthread_join(t, &value));
	return (intptr_t)value;
}

static struct timespec in_ms(clockid_t clock, long ms)
{
	struct timespec t;
	clock_gettime(clock, &t);
	t.tv_nsec += ms%1000*1000000;
	t.tv_sec += ms/1000 + t.tv_nsec/1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

static void reach(int wanted)
{
	pthread_mutex_lock(&lock);
	step = wanted;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void await(int wanted)
{
	pthread_mutex_lock(&lock);
	while (step < wanted) pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

/* ---- life */

static pthread_t self_of;

static void *give_back(void *argument)
{
	self_of = pthread_self();
	return argument;
}

static void *leave(void *argument)
{
	char large[50000];
	memset(large, (intptr_t)argument, sizeof large);
	pthread_exit(number(large[49999] + 1));
}

static void *say(void *argument)
{
	reach((intptr_t)argument);
	return 0;
}

static int c11(void *argument)
{
	return (intptr_t)argument*2;
}

static void *deep(void *argument)
{
	volatile char page[1000];
	intptr_t n = (intptr_t)argument;
	page[0] = n;
	if (!n) sched_yield();
	else CHECK(deep(number(n - 1)) == number(n - 1));
	CHECK(page[0] == (char)n);
	return number(n);
}

static void *own_stack(void *argument)
{
	pthread_attr_t attr;
	void *low;
	size_t size;
	volatile char here;
	CHECK(!pthread_getattr_np(pthread_self(), &attr) && !pthread_attr_getstack(&attr, &low, &size));
	CHECK(&here > (char *)low && &here < (char *)low + size);
	return number(size);
}

static void life(void)
{
	pthread_t t, many[50];
	pthread_attr_t attr;
	thrd_t c;
	int result = 0, detached;

	t = begin(give_back, 42);
	CHECK(end(t) == 42 && pthread_equal(t, self_of) && !pthread_equal(t, pthread_self()));
	CHECK(end(begin(leave, 7)) == 8);
	for (int i = 0; i < 50; i++) many[i] = begin(give_back, i);
	for (int i = 0; i < 50; i++) CHECK(end(many[i]) == i);
	CHECK(end(begin(own_stack, 0)) >= 200000 && (intptr_t)own_stack(0) >= 1000000);
	for (int i = 0; i < 4; i++) many[i] = begin(deep, 100);
	for (int i = 0; i < 4; i++) CHECK(end(many[i]) == 100);
	CHECK(thrd_create(&c, c11, number(21)) == thrd_success);
	CHECK(thrd_join(c, &result) == thrd_success && result == 42);

	pthread_attr_init(&attr);
	CHECK(!pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED));
	for (int i = 1; i <= 20; i++) {
		CHECK(!pthread_create(&t, &attr, say, number(i)));
		await(i);
	}
	t = begin(say, 21);
	CHECK(!pthread_detach(t));
	await(21);

	static char stack[65536] __attribute__((aligned(16)));
	pthread_attr_init(&attr);
	CHECK(!pthread_attr_setstack(&attr, stack, sizeof stack));
	CHECK(!pthread_attr_getdetachstate(&attr, &detached) && detached == PTHREAD_CREATE_JOINABLE);
	CHECK(!pthread_create(&t, &attr, leave, number(3)) && end(t) == 4);

	/* as many as there may be, and then again */
	static pthread_t all[600];
	step = 0;
	int made = 0;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384);
	static sem_t hold;
	sem_init(&hold, 0, 0);
	while (made < 600 && !pthread_create(&all[made], &attr, (void *(*)(void *))sem_wait, &hold)) made++;
	CHECK(made >= 250 && made < 600);
	for (int i = 0; i < made; i++) sem_post(&hold);
	for (int i = 0; i < made; i++) CHECK(end(all[i]) == 0);
	CHECK(end(begin(give_back, 5)) == 5);
}

/* ---- mutexes */

static void *add(void *argument)
{
	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&lock);
		int before = count;
		if (i%20 == 0) usleep(100);
		count = before + 1;
		pthread_mutex_unlock(&lock);
	}
	return 0;
}

static void *try(void *argument)
{
	return number(pthread_mutex_trylock(argument));
}

static void *lock_in_time(void *argument)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 20);
	return number(pthread_mutex_timedlock(argument, &soon));
}

static void *lock_and_die(void *argument)
{
	return number(pthread_mutex_lock(argument));
}

static void mutexes(void)
{
	pthread_t many[8];
	pthread_mutexattr_t attr;
	pthread_mutex_t m;

	for (int i = 0; i < 8; i++) many[i] = begin(add, i);
	for (int i = 0; i < 8; i++) end(many[i]);
	CHECK(count == 1600);

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&m, &attr);
	CHECK(!pthread_mutex_lock(&m) && !pthread_mutex_lock(&m));
	CHECK(end(begin(try, (intptr_t)&m)) == EBUSY && end(begin(lock_in_time, (intptr_t)&m)) == ETIMEDOUT);
	CHECK(!pthread_mutex_unlock(&m) && end(begin(try, (intptr_t)&m)) == EBUSY);
	CHECK(!pthread_mutex_unlock(&m) && !end(begin(try, (intptr_t)&m)));

	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&m, &attr);
	CHECK(!pthread_mutex_lock(&m) && pthread_mutex_lock(&m) == EDEADLK && !pthread_mutex_unlock(&m));
	CHECK(pthread_mutex_unlock(&m) == EPERM);

	pthread_mutexattr_init(&attr);
	CHECK(!pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST));
	pthread_mutex_init(&m, &attr);
	CHECK(!end(begin(lock_and_die, (intptr_t)&m)));
	CHECK(pthread_mutex_lock(&m) == EOWNERDEAD && !pthread_mutex_consistent(&m));
	CHECK(!pthread_mutex_unlock(&m) && !pthread_mutex_lock(&m) && !pthread_mutex_unlock(&m));

	pthread_spinlock_t spin;
	pthread_spin_init(&spin, 0);
	CHECK(!pthread_spin_lock(&spin) && pthread_spin_trylock(&spin) == EBUSY && !pthread_spin_unlock(&spin));
}

/* ---- conditions, semaphores, barriers, rwlocks */

static int queue[4], filled, taken_sum;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER, not_empty = PTHREAD_COND_INITIALIZER;

static void *produce(void *argument)
{
	for (int i = 1; i <= 300; i++) {
		pthread_mutex_lock(&lock);
		while (filled == 4) pthread_cond_wait(&not_full, &lock);
		queue[filled++] = i;
		pthread_cond_signal(&not_empty);
		pthread_mutex_unlock(&lock);
	}
	return 0;
}

static void *consume(void *argument)
{
	for (int i = 1; i <= 300; i++) {
		pthread_mutex_lock(&lock);
		while (!filled) pthread_cond_wait(&not_empty, &lock);
		taken_sum += queue[--filled];
		pthread_cond_signal(&not_full);
		pthread_mutex_unlock(&lock);
	}
	return 0;
}

static sem_t ping, pong;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static volatile int readers, most_readers, writing, mixed;

static void *answer(void *argument)
{
	for (int i = 0; i < 300; i++) {
		sem_wait(&ping);
		count++;
		sem_post(&pong);
	}
	return 0;
}

static void only_once(void)
{
	usleep(1000);
	count++;
}

static void *meet(void *argument)
{
	intptr_t last = 0;
	pthread_once(&once, only_once);
	for (int i = 0; i < 20; i++) {
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) last++;
		CHECK(count == 1);
	}
	return number(last);
}

static void *read_shared(void *argument)
{
	for (int i = 0; i < 20; i++) {
		pthread_rwlock_rdlock(&rw);
		if (writing) mixed++;
		if (++readers > most_readers) most_readers = readers;
		sched_yield();
		readers--;
		pthread_rwlock_unlock(&rw);
	}
	return 0;
}

static void *write_shared(void *argument)
{
	for (int i = 0; i < 20; i++) {
		pthread_rwlock_wrlock(&rw);
		if (writing++ || readers) mixed++;
		sched_yield();
		writing--;
		pthread_rwlock_unlock(&rw);
		sched_yield();
	}
	return 0;
}

static void *wait_signalled(void *argument)
{
	pthread_mutex_lock(&lock);
	count++;
	while (!step) pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return number(1);
}

static void conditions(void)
{
	pthread_t many[10];
	struct timespec soon = in_ms(CLOCK_REALTIME, 30);
	pthread_condattr_t attr;
	pthread_cond_t c;

	pthread_mutex_lock(&lock);
	CHECK(pthread_cond_timedwait(&changed, &lock, &soon) == ETIMEDOUT);
	pthread_condattr_init(&attr);
	CHECK(!pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) && !pthread_cond_init(&c, &attr));
	soon = in_ms(CLOCK_MONOTONIC, 30);
	CHECK(pthread_cond_timedwait(&c, &lock, &soon) == ETIMEDOUT);
	pthread_mutex_unlock(&lock);

	for (int i = 0; i < 4; i++) many[i] = begin(i%2 ? produce : consume, 0);
	for (int i = 0; i < 4; i++) end(many[i]);
	CHECK(taken_sum == 2*300*301/2 && !filled);

	for (int i = 0; i < 10; i++) many[i] = begin(wait_signalled, 0);
	while (count < 10) sched_yield();
	reach(1);
	for (int i = 0; i < 10; i++) CHECK(end(many[i]) == 1);
}

static void semaphores(void)
{
	pthread_t many[4];
	struct timespec soon = in_ms(CLOCK_REALTIME, 30);
	int value;

	sem_init(&ping, 0, 0);
	sem_init(&pong, 0, 0);
	CHECK(sem_trywait(&ping) == -1 && errno == EAGAIN);
	CHECK(sem_timedwait(&ping, &soon) == -1 && errno == ETIMEDOUT);
	many[0] = begin(answer, 0);
	for (int i = 0; i < 300; i++) {
		sem_post(&ping);
		sem_wait(&pong);
		CHECK(count == i + 1);
	}
	end(many[0]);
	CHECK(!sem_getvalue(&ping, &value) && !value);

	count = 0;
	pthread_barrier_init(&barrier, 0, 4);
	intptr_t last = 0;
	for (int i = 0; i < 4; i++) many[i] = begin(meet, i);
	for (int i = 0; i < 4; i++) last += end(many[i]);
	CHECK(last == 20 && count == 1);

	for (int i = 0; i < 4; i++) many[i] = begin(i < 3 ? read_shared : write_shared, 0);
	for (int i = 0; i < 4; i++) end(many[i]);
	CHECK(!mixed && most_readers > 1);
	CHECK(!pthread_rwlock_wrlock(&rw) && pthread_rwlock_tryrdlock(&rw) == EBUSY && !pthread_rwlock_unlock(&rw));
}

/* ---- what each thread has of its own */

static _Thread_local int started_with = 5;
static _Thread_local char zeros[100];
static __thread struct { int a; double b; } pair = { 1, 2.5 };
static pthread_key_t key, second_key;
static volatile int destroyed;

static void destroy(void *value)
{
	destroyed += (intptr_t)value;
	if ((intptr_t)value == 1) pthread_setspecific(key, number(100));
}

static void *own(void *argument)
{
	intptr_t n = (intptr_t)argument;
	CHECK(started_with == 5 && pair.a == 1 && pair.b == 2.5 && !zeros[99]);
	CHECK(!pthread_getspecific(key));
	pthread_setspecific(key, argument);
	started_with = pair.a = n;
	zeros[99] = n;
	errno = n;
	for (int i = 0; i < 30; i++) {
		sched_yield();
		if (i%10 == 0) usleep(500);
		CHECK(started_with == n && pair.a == n && pair.b == 2.5 && zeros[99] == n);
		errno = n;
		sched_yield();
		CHECK(errno == n && pthread_getspecific(key) == argument);
	}
	return 0;
}

static void variables(void)
{
	pthread_t many[6];
	started_with = 77;
	zeros[99] = 7;
	CHECK(!pthread_key_create(&key, destroy) && !pthread_key_create(&second_key, 0));
	pthread_setspecific(key, number(1000));
	for (int i = 0; i < 6; i++) many[i] = begin(own, i + 1);
	for (int i = 0; i < 6; i++) end(many[i]);
	CHECK(destroyed == 1 + 100 + 2 + 3 + 4 + 5 + 6);
	CHECK(started_with == 77 && zeros[99] == 7 && pair.a == 1 && pthread_getspecific(key) == number(1000));
	CHECK(!pthread_key_delete(key) && !pthread_key_delete(second_key));
}

/* ---- signals */

static volatile int handled, handled_by;
static volatile pid_t sent_by;

static void handle(int sig)
{
	handled++;
	handled_by = gettid();
}

static void *sleep_until_signal(void *argument)
{
	sigset_t set;
	sigemptyset(&set);
	if (argument) sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &set, 0);
	reach(1);
	int r = usleep(argument ? 60000 : 5000000);
	return number(r == -1 && errno == EINTR ? gettid() : 0);
}

static void *wait_for_signal(void *argument)
{
	sigset_t set;
	int sig = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	reach(1);
	CHECK(!sigwait(&set, &sig));
	return number(sig);
}

static void *raise_own(void *argument)
{
	sigset_t set, was, pending;
	sigfillset(&set);
	pthread_sigmask(SIG_SETMASK, &set, &was);
	CHECK(sigismember(&was, SIGHUP));
	handled = 0;
	raise(SIGUSR1);
	sigpending(&pending);
	CHECK(!handled && sigismember(&pending, SIGUSR1));
	reach(2);
	await(3);
	sigdelset(&set, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &set, 0);
	CHECK(handled == 1 && handled_by == gettid());
	return 0;
}

static void signals(void)
{
	struct sigaction action = { .sa_handler = handle };
	sigset_t set, was, pending;
	pthread_t t, u;

	sigaction(SIGUSR1, &action, 0);
	t = begin(sleep_until_signal, 0);
	await(1);
	CHECK(!pthread_kill(t, SIGUSR1));
	int tid = end(t);
	CHECK(tid > getpid() && handled == 1 && handled_by == tid);

	/* to the process: the thread that does not block it takes it, though it sleeps */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, &was);
	step = 0;
	t = begin(sleep_until_signal, 1);
	await(1);
	step = 0;
	u = begin(sleep_until_signal, 0);
	await(1);
	kill(getpid(), SIGUSR1);
	tid = end(u);
	CHECK(tid && handled == 2 && handled_by == tid && !end(t));
	/* nobody takes it: it is pending for the process, also for threads that come later */
	kill(getpid(), SIGUSR1);
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGUSR1) && handled == 2);
	pthread_sigmask(SIG_SETMASK, &was, 0);
	CHECK(handled == 3 && handled_by == getpid());

	/* masks and pending signals are each thread's */
	step = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, 0);
	t = begin(raise_own, 0);
	await(2);
	sigpending(&pending);
	CHECK(!sigismember(&pending, SIGUSR1));
	pthread_sigmask(0, 0, &set);
	CHECK(!sigismember(&set, SIGUSR1) && sigismember(&set, SIGHUP));
	reach(3);
	end(t);

	step = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, 0);
	t = begin(wait_for_signal, 0);
	await(1);
	kill(getpid(), SIGUSR2);
	CHECK(end(t) == SIGUSR2);
	step = 0;
	t = begin(wait_for_signal, 0);
	await(1);
	CHECK(!pthread_kill(t, SIGUSR2) && end(t) == SIGUSR2);

	CHECK(syscall(SYS_tgkill, getpid(), getpid(), 0) == 0);
	CHECK(syscall(SYS_tgkill, getppid(), getpid(), 0) == -1 && errno == ESRCH);
	CHECK(syscall(SYS_tkill, 1 << 20, 0) == -1 && errno == ESRCH);
	CHECK(pthread_kill(pthread_self(), 1000) == EINVAL);
}

/* ---- cancellation */

static int ends[2];
static volatile int cleaned;

static void clean(void *argument)
{
	cleaned += (intptr_t)argument;
}

static void unlock(void *mutex)
{
	pthread_mutex_unlock(mutex);
}

static void *cancelled_in(void *argument)
{
	char c;
	struct pollfd p = { ends[0], POLLIN };
	pthread_cleanup_push(clean, number(1));
	pthread_cleanup_push(clean, number(10));
	reach(1);
	switch ((intptr_t)argument) {
	case 0: read(ends[0], &c, 1); break;
	case 1: sleep(100); break;
	case 2: poll(&p, 1, -1); break;
	case 3: pause(); break;
	case 4: for (;;) pthread_testcancel(), sched_yield();
	case 5:
		pthread_mutex_lock(&lock);
		pthread_cleanup_push(unlock, &lock);
		for (;;) pthread_cond_wait(&changed, &lock);
		pthread_cleanup_pop(1);
		break;
	case 6: for (;;) sem_wait(&ping);
	}
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return 0;
}

static void *not_cancelled(void *argument)
{
	char c = 0;
	int old;
	CHECK(!pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old) && old == PTHREAD_CANCEL_ENABLE);
	reach(1);
	CHECK(read(ends[0], &c, 1) == 1 && c == 'x');
	pthread_testcancel();
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, 0);
	cleaned = 1000;
	pthread_testcancel();
	return 0;
}

static void *busy(void *argument)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, 0);
	reach(1);
	for (volatile unsigned i = 0;; i++) if (getenv("nothing")) return 0;
}

static void cancelling(void)
{
	pthread_t t;
	CHECK(!pipe(ends));
	sem_init(&ping, 0, 0);
	for (int i = 0; i < 7; i++) {
		step = cleaned = 0;
		t = begin(cancelled_in, i);
		await(1);
		usleep(1000);
		CHECK(!pthread_cancel(t));
		CHECK(end(t) == (intptr_t)PTHREAD_CANCELED && cleaned == 11);
	}
	CHECK(!pthread_mutex_trylock(&lock) && !pthread_mutex_unlock(&lock));
	step = cleaned = 0;
	t = begin(not_cancelled, 0);
	await(1);
	CHECK(!pthread_cancel(t));
	usleep(1000);
	CHECK(write(ends[1], "x", 1) == 1);
	CHECK(end(t) == (intptr_t)PTHREAD_CANCELED && cleaned == 1000);
	step = 0;
	t = begin(busy, 0);
	await(1);
	CHECK(!pthread_cancel(t) && end(t) == (intptr_t)PTHREAD_CANCELED);
}

/* ---- turns */

static volatile unsigned long work[4];
static volatile int enough;

static void *toil(void *argument)
{
	intptr_t n = (intptr_t)argument;
	while (!enough) {
		work[n]++;
		if (getenv("nothing")) break; /* (a call: the loop looks at its fuel) */
	}
	return 0;
}

static void *count_up(void *argument)
{
	volatile int *n = argument;
	for (int i = 0; i < 100000; i++) {
		++*n;
		if (getenv("nothing")) break;
	}
	return number(*n);
}

static void *doze(void *argument)
{
	return number(usleep(200000));
}

static void *mix(void *argument)
{
	unsigned seed = (intptr_t)argument;
	char *held[64] = { 0 };
	for (int i = 0; i < 3000; i++) {
		int n = rand_r(&seed)%64;
		size_t size = 1 + rand_r(&seed)%2000;
		if (held[n]) CHECK(held[n][0] == (char)n);
		free(held[n]);
		held[n] = malloc(size);
		memset(held[n], n, size);
	}
	for (int n = 0; n < 64; n++) free(held[n]);
	return 0;
}

static void turns(void)
{
	pthread_t many[50];
	static volatile int own[8];
	struct timespec a, b;

	for (int i = 0; i < 4; i++) many[i] = begin(toil, i);
	while (!work[0] || !work[1] || !work[2] || !work[3]) usleep(1000);
	enough = 1;
	for (int i = 0; i < 4; i++) end(many[i]);

	for (int i = 0; i < 8; i++) many[i] = begin(count_up, (intptr_t)&own[i]);
	for (int i = 0; i < 8; i++) CHECK(end(many[i]) == 100000);

	/* they sleep at the same time: in a row it would be 10 s */
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < 50; i++) many[i] = begin(doze, 0);
	for (int i = 0; i < 50; i++) CHECK(!end(many[i]));
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(b.tv_sec - a.tv_sec < 5);

	for (int i = 0; i < 8; i++) many[i] = begin(mix, i);
	for (int i = 0; i < 8; i++) end(many[i]);
}

/* ---- children */

static intptr_t status_of(pid_t pid)
{
	int status = -1;
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

static void *spawn_some(void *argument)
{
	char *const argv[] = { "sh", "-c", "exit 3", 0 };
	for (int i = 0; i < 3; i++) {
		pid_t pid;
		CHECK(!posix_spawn(&pid, "/bin/sh", 0, 0, argv, environ));
		CHECK(status_of(pid) == 3 << 8);
		CHECK(posix_spawn(&pid, "/nowhere", 0, 0, argv, environ) == ENOENT);
		FILE *f = popen("echo out; sleep 0.01; echo more", "r");
		char line[10] = "";
		CHECK(f && fgets(line, 10, f) && !strcmp(line, "out\n") && fgets(line, 10, f) && !strcmp(line, "more\n"));
		CHECK(!pclose(f));
		CHECK(system("exit 4") == 4 << 8);
		if (!(pid = vfork())) {
			execl("/bin/true", "true", (char *)0);
			_exit(9);
		}
		CHECK(status_of(pid) == 0);
		if (!(pid = vfork())) _exit(5);
		CHECK(status_of(pid) == 5 << 8);
	}
	return 0;
}

static volatile int going;

static void *tick(void *argument)
{
	while (going) {
		count++;
		usleep(100);
		CHECK(getpid() == (intptr_t)argument);
	}
	return 0;
}

static void children(void)
{
	pthread_t many[4], t;
	going = 1;
	t = begin(tick, getpid());
	for (int i = 0; i < 4; i++) many[i] = begin(spawn_some, i);
	for (int i = 0; i < 4; i++) end(many[i]);
	going = 0;
	end(t);
	CHECK(count > 10 && waitpid(-1, 0, 0) == -1 && errno == ECHILD);
}

static void *fork_here(void *argument)
{
	char name[64], text[8] = "";
	int wanted = (intptr_t)argument;
	volatile int local = wanted;
	started_with = wanted;
	pid_t pid = fork();
	if (!pid) {
		snprintf(name, sizeof name, "/proc/self/task/%d/comm", getpid());
		int alone = !access(name, F_OK) && gettid() == getpid();
		pthread_mutex_lock(&lock);
		pthread_mutex_unlock(&lock);
		/* (it can have threads of its own) */
		if (end(begin(give_back, 6)) != 6 || started_with != wanted) _exit(1);
		_exit(alone && local == wanted ? wanted : 2);
	}
	CHECK(pid > 0 && status_of(pid) == wanted << 8 && local == wanted);
	return 0;
}

static void forks(void)
{
	pthread_t many[3], t;
	sem_init(&ping, 0, 0);
	t = begin((void *(*)(void *))sem_wait, (intptr_t)&ping);
	for (int i = 0; i < 3; i++) many[i] = begin(fork_here, i + 10);
	for (int i = 0; i < 3; i++) end(many[i]);
	fork_here(number(20));
	sem_post(&ping);
	end(t);
}

/* ---- names and numbers */

static int threads_told(void)
{
	char line[200];
	int n = -1;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof line, f)) sscanf(line, "Threads: %d", &n);
	if (f) fclose(f);
	return n;
}

static void *named(void *argument)
{
	char path[64], name[20] = "";
	CHECK(!prctl(PR_SET_NAME, "a-worker-of-mine-that-is-long"));
	CHECK(!prctl(PR_GET_NAME, name) && !strcmp(name, "a-worker-of-min"));
	CHECK(!pthread_setname_np(pthread_self(), "worker"));
	snprintf(path, sizeof path, "/proc/self/task/%d/comm", gettid());
	FILE *f = fopen(path, "r");
	CHECK(f && fgets(name, sizeof name, f) && !strcmp(name, "worker\n"));
	fclose(f);
	CHECK(threads_told() == 2 && gettid() != getpid());
	reach(1);
	await(2);
	return number(gettid());
}

static void names(void)
{
	pthread_t t = begin(named, 0);
	char name[20] = "";
	await(1);
	int n = 0, own = 0;
	DIR *d = opendir("/proc/self/task");
	struct dirent *e;
	while (d && (e = readdir(d))) if (e->d_name[0] != '.') n++, own += atoi(e->d_name) == getpid();
	closedir(d);
	CHECK(n == 2 && own == 1 && gettid() == getpid());
	CHECK(!pthread_getname_np(t, name, sizeof name) && !strcmp(name, "worker"));
	CHECK(!pthread_getname_np(pthread_self(), name, sizeof name) && !strcmp(name, "threads"));
	CHECK(system("ps -o lwp=,comm= -L -p $PPID | wc -l | grep -qx 2 && ps -T -p $PPID | grep -q worker") == 0);
	reach(2);
	end(t);
	CHECK(threads_told() == 1);
}

/* ---- futex itself */

static int word;

static long futex(int *at, int operation, int value, void *timeout, void *second, int third)
{
	return syscall(SYS_futex, at, operation, value, timeout, second, third);
}

static void *sleep_on_word(void *argument)
{
	count++;
	return number(futex(&word, FUTEX_WAIT_BITSET, 0, 0, 0, (intptr_t)argument));
}

static void words(void)
{
	struct { long long sec; int nsec, pad; } t = { 0, 20000000 };
	int other = 0;
	pthread_t many[4];
	CHECK(futex(&word, FUTEX_WAIT, 1, 0, 0, 0) == -1 && errno == EAGAIN);
	CHECK(futex(&word, FUTEX_WAIT, 0, &t, 0, 0) == -1 && errno == ETIMEDOUT);
	struct timespec now = in_ms(CLOCK_MONOTONIC, 20);
	t.sec = now.tv_sec, t.nsec = now.tv_nsec;
	CHECK(futex(&word, FUTEX_WAIT_BITSET, 0, &t, 0, -1) == -1 && errno == ETIMEDOUT);
	now = in_ms(CLOCK_REALTIME, 20);
	t.sec = now.tv_sec, t.nsec = now.tv_nsec;
	CHECK(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &t, 0, -1) == -1 && errno == ETIMEDOUT);
	CHECK(futex(&word, FUTEX_WAKE, 1, 0, 0, 0) == 0);
	CHECK(futex((int *)((char *)&word + 1), FUTEX_WAKE, 1, 0, 0, 0) == -1 && errno == EINVAL);
	CHECK(futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0) == -1 && errno == ENOSYS);
	for (int i = 0; i < 4; i++) many[i] = begin(sleep_on_word, i < 2 ? 1 : 2);
	while (count < 4) sched_yield();
	usleep(1000);
	CHECK(futex(&word, FUTEX_WAKE_BITSET, 9, 0, 0, 4) == 0);
	CHECK(futex(&word, FUTEX_WAKE_BITSET, 9, 0, 0, 1) == 2);
	CHECK(futex(&word, FUTEX_CMP_REQUEUE, 0, (void *)9, &other, 1) == -1 && errno == EAGAIN);
	CHECK(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)9, &other, 0) == 2);
	CHECK(futex(&word, FUTEX_WAKE, 9, 0, 0, 0) == 0 && futex(&other, FUTEX_WAKE, 9, 0, 0, 0) == 1);
	for (int i = 0; i < 4; i++) CHECK(end(many[i]) == 0);
}

/* ---- ends of the whole process: the outer shell looks at the status */

static void *exit_here(void *argument)
{
	usleep(1000);
	exit(7);
}

static void *execute_here(void *argument)
{
	execl("/bin/sh", "sh", "-c", "ls /proc/$$/task | grep -cx $$; exit 6", (char *)0);
	return 0;
}

static void *return_late(void *argument)
{
	usleep(20000);
	printf("last\n");
	return 0;
}

static void *trap(void *argument)
{
	__builtin_trap();
}

static void *sleep_long(void *argument)
{
	return number(sleep(1000));
}

static int ending(const char *how)
{
	char c;
	for (int i = 0; i < 3; i++) begin(sleep_long, 0);
	if (!strcmp(how, "exit")) begin(exit_here, 0);
	else if (!strcmp(how, "exec")) begin(execute_here, 0);
	else if (!strcmp(how, "trap")) begin(trap, 0);
	else if (!strcmp(how, "main")) return 8;
	else printf("waits\n"), fflush(stdout);
	read(0, &c, 1);
	sleep(1000);
	return 1;
}

int main(int argc, char **argv)
{
	const char *theme = argc > 1 ? argv[1] : "";
	static const struct { const char *name; void (*run)(void); } themes[] = {
		{ "life", life }, { "mutexes", mutexes }, { "conditions", conditions }, { "semaphores", semaphores },
		{ "variables", variables }, { "signals", signals }, { "cancelling", cancelling }, { "turns", turns },
		{ "children", children }, { "forks", forks }, { "names", names }, { "words", words },
	};
	for (size_t i = 0; i < sizeof themes/sizeof *themes; i++)
		if (!strcmp(theme, themes[i].name)) {
			themes[i].run();
			return report();
		}
	if (!strcmp(theme, "leave")) {
		begin(return_late, 0);
		pthread_exit(0);
	}
	return ending(theme);
}
