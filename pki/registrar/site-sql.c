/* SPDX-License-Identifier: Apache-2.0 */
#include "site-sql.h"

/* The program uses the very files that are in the tree and that an
 * administrator reads: there is no copy that could differ. */
#define TAKE_IN(name, file)                                                    \
	__asm__(".pushsection .rodata\n"                                       \
		".global " #name "\n"                                          \
		".hidden " #name "\n" #name ":\n"                              \
		".incbin \"pki/registrar/" file "\"\n"                         \
		".byte 0\n"                                                    \
		".popsection\n")

TAKE_IN(site_sql, "site.sql");
TAKE_IN(seen_sql, "seen.sql");
TAKE_IN(registrar_sql, "registrar.sql");
