/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REPORT_STYLE_H
#define DEVID_REPORT_STYLE_H

/* The one style sheet of all pages: screens, light and dark, and paper. */
extern const char report_style[];

#endif
