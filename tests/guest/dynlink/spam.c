/* An extension module of Python by its stable interface, which is declared here as far as it is used: the tests
 * have no headers of Python. Structures are those of 32-bit machines. */
#include <errno.h>

typedef struct Object Object;
struct method { const char *name; void *call; int flags; const char *doc; };
struct definition {
	struct { int references; void *type; } head;
	void *init;
	int index;
	void *copy;
	const char *name, *doc;
	int size;
	struct method *methods;
	void *slots, *traverse, *clear, *release;
};
enum { VERSION = 1013, NOARGS = 4, O = 8 };

Object *PyModule_Create2(struct definition *, int);
Object *PyLong_FromLong(long);
long PyLong_AsLong(Object *);
Object *PyErr_Occurred(void);
Object *PyErr_SetFromErrno(Object *);
Object *PyObject_CallNoArgs(Object *);
extern Object *PyExc_OSError;

/* Declared with fewer parameters than it is called with, as much code does. */
static Object *answer(void) { return PyLong_FromLong(42); }

static Object *twice(Object *self, Object *number)
{
	long value = PyLong_AsLong(number);
	return PyErr_Occurred() ? 0 : PyLong_FromLong(2 * value);
}

static Object *fail(Object *self, Object *nothing)
{
	errno = EAGAIN;
	return PyErr_SetFromErrno(PyExc_OSError);
}

static Object *call(Object *self, Object *function) { return PyObject_CallNoArgs(function); }

static Object *spin(Object *self, Object *nothing)
{
	for (;;) PyErr_Occurred();
}

static struct method methods[] = {
	{"answer", answer, NOARGS}, {"twice", twice, O}, {"fail", fail, NOARGS}, {"call", call, O}, {"spin", spin, NOARGS}, {0},
};
static struct definition spam = {.head = {1}, .name = "spam", .size = -1, .methods = methods};

Object *PyInit_spam(void) { return PyModule_Create2(&spam, VERSION); }
