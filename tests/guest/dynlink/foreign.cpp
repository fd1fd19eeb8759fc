// A library as Emscripten makes them: C++ of std::__2, WASI's error numbers, nothing needed by name.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>
#include <pthread.h>

static std::map<std::string, int> made = { { "one", 1 }, { "two", 2 } };

struct Counter {
	static int alive;
	Counter() { alive++; }
	~Counter() { alive--; }
};
int Counter::alive;

extern "C" int host_apply(int (*)(int), int);

static int throws(int x)
{
	Counter counter;
	if (x > 2) throw std::out_of_range("too large: " + std::to_string(x));
	return made.at("two") * x;
}

extern "C" {

int catches(int x)
{
	try {
		return throws(x);
	} catch (const std::out_of_range &e) {
		return std::string(e.what()) == "too large: 5" ? -Counter::alive - 7 : -1;
	}
}

// The exception goes through a frame of the program, which is C.
int through(int x)
{
	try {
		return host_apply(throws, x);
	} catch (const std::exception &e) {
		return std::strlen(e.what());
	}
}

int prints(int x)
{
	std::cout << "streams " << x << ' ' << 1.5 << std::endl;
	return x;
}

const char *formats()
{
	static std::string text;
	std::ostringstream out;
	out << std::hex << 255 << " " << std::vector<int>(3, 1).size();
	text = out.str();
	return text.c_str();
}

int numbers(int)
{
	return EAGAIN * 10000 + EBADF * 100 + ENOENT;
}

int sets_errno(int)
{
	errno = 0;
	return close(-1) == -1 ? errno : -1;
}

int keeps_errno(int)
{
	errno = ENOENT;
	std::unique_ptr<char[]> room(new char[100]);
	std::strtol("5", nullptr, 10);
	return errno;
}

const char *says(void)
{
	return std::strerror(ENOENT);
}

const char *category(void)
{
	static std::string text;
	text = std::error_code(EACCES, std::generic_category()).message();
	if (std::error_code(EACCES, std::generic_category()) != std::errc::permission_denied) text = "another";
	return text.c_str();
}

int busy(int)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&mutex);
	int first = pthread_mutex_trylock(&mutex);
	pthread_mutex_unlock(&mutex);
	return first;
}

}
