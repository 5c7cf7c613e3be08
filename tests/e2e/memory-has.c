/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory-has PID: whether a process has the bytes of standard input, as hex, in
 * its memory. Exit 0: yes, 1: no, 2: it could not be looked at.
 */
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"

int main(int argc, char **argv)
{
	static unsigned char what[4096];
	size_t len = 0;
	unsigned byte;

	while (len < sizeof(what) && scanf("%2x", &byte) == 1)
		what[len++] = (unsigned char)byte;
	if (argc != 2 || len < 8) {
		(void)fprintf(stderr, "usage: memory-has PID <HEX\n");
		return 2;
	}
	return memory_has((pid_t)atoi(argv[1]), (struct view) { what, len })
		       ? 0
		       : 1;
}
