/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_LOG_H
#define DEVID_LOG_H

/*
 * Logging for programs; libraries return errors instead. One line per event:
 * `what: subject: cause`. Lines go to stderr, with an sd-daemon(3) level
 * prefix "<n>" when stderr is the journal ($JOURNAL_STREAM is set).
 * Control characters are escaped as \xNN and lines are cut at 1024 bytes.
 */

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARN = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* Sets the program name put before each line and the highest level shown.
 * @program is borrowed for the life of the process. */
void log_init(const char *program, enum log_level max);

void log_print(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_print(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_print(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_print(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
