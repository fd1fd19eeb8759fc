/* An extension of sqlite3: words(text), and an error; a collation that the length decides. */
#include <sqlite3ext.h>
#include <string.h>

SQLITE_EXTENSION_INIT1

static void words(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *text = (const char *)sqlite3_value_text(values[0]);
	int found = 0, within = 0;

	if (!text) {
		sqlite3_result_error(context, "words() wants a text", -1);
		return;
	}
	for (; *text; text++) {
		found += !within && *text != ' ';
		within = *text != ' ';
	}
	sqlite3_result_int(context, found);
}

static int by_length(void *unused, int length, const void *a, int other, const void *b)
{
	return length == other ? memcmp(a, b, length) : length - other;
}

int sqlite3_extension_init(sqlite3 *db, char **error, const sqlite3_api_routines *api)
{
	SQLITE_EXTENSION_INIT2(api);
	sqlite3_create_collation(db, "length", SQLITE_UTF8, 0, by_length);
	return sqlite3_create_function(db, "words", 1, SQLITE_UTF8, 0, words, 0, 0);
}
