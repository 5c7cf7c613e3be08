/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For cppcheck alone, which sees no system headers: loops of jansson, which
 * it would take for syntax errors.
 */
#define json_array_foreach(a, i, v)                                            \
	for ((i) = 0; ((v) = json_array_get((a), (i))); (i)++)
#define json_object_foreach(o, k, v)                                           \
	for ((k) = 0; ((v) = json_object_get((o), (k)));)
