/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DESK_INIT_H
#define DEVID_DESK_INIT_H

/* `devid-registrar init`: the site's CA and an empty list. */

int desk_init_site(int argc, char **argv);

#endif
