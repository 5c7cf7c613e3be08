/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DESK_END_H
#define DEVID_DESK_END_H

/* `devid-registrar revoke|retire`: the end of a unit. */

int desk_revoke(int argc, char **argv);
int desk_retire(int argc, char **argv);

#endif
