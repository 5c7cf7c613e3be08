/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DESK_LIST_H
#define DEVID_DESK_LIST_H

/* `devid-registrar list add|import|show`: the site's list. */

int desk_list(int argc, char **argv);

#endif
