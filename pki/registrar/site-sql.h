/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SITE_SQL_H
#define DEVID_SITE_SQL_H

/* The schema files of this folder, as they are in the tree: SQL, with a NUL
 * behind. */

extern const char site_sql[];      /* site.sql: the site's list */
extern const char seen_sql[];      /* seen.sql: what RADIUS writes */
extern const char registrar_sql[]; /* registrar.sql: the registrar's own */

#endif
