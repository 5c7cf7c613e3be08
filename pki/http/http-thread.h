/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_HTTP_THREAD_H
#define DEVID_HTTP_THREAD_H

/* Threads beside that of the events. */

#include <pthread.h>

/* Starts a thread that gets no signals: they are the event thread's. 0, or an
 * errno value. */
int http_thread_start(pthread_t *ret, void *(*run)(void *), void *arg);

#endif
