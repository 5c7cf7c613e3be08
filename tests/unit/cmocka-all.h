/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_CMOCKA_ALL_H
#define TEST_CMOCKA_ALL_H

/* cmocka.h with what it wants before it, and a few checks of our own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"

/* The call returns @code. */
#define assert_rc(call, want) assert_int_equal((call), (want))

/* @err holds a cause with @part in it. */
#define assert_cause(err, part) check_cause((err), (part), __FILE__, __LINE__)

static inline void check_cause(const struct devid_error *err, const char *part,
	const char *file, int line)
{
	if (strstr(err->text, part))
		return;
	print_error("ERROR: '%s' lacks '%s'\n", err->text, part);
	_fail(file, line);
}

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

#endif
