/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_API_H
#define DEVID_API_H

/*
 * Marks what libdevid.so.0 exports; everything else is hidden. The public
 * headers are api.h, error.h, profile.h and verify.h: what they declare with
 * DEVID_API stays compatible within one soname.
 */
#define DEVID_API __attribute__((visibility("default")))

#endif
