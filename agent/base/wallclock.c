/* SPDX-License-Identifier: Apache-2.0 */
#include "wallclock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

#define DAY (24 * 60 * 60)

time_t wallclock_build_date(void)
{
	struct tm tm = { 0 };

	/* "Mmm dd yyyy"; the compiler takes it from SOURCE_DATE_EPOCH for a
	 * reproducible build */
	if (!strptime(__DATE__, "%b %d %Y", &tm))
		return 0;
	return timegm(&tm) - DAY;
}

static bool take_digits(const char *text, int n, int *ret)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*ret = value;
	return true;
}

enum devid_err wallclock_parse_date(const char *text, time_t *ret)
{
	struct tm tm = { 0 };
	struct tm back;
	time_t t;

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' ||
		!take_digits(text, 4, &tm.tm_year) ||
		!take_digits(text + 5, 2, &tm.tm_mon) ||
		!take_digits(text + 8, 2, &tm.tm_mday))
		return DEVID_ERR_SYNTAX;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	back = tm;
	t = timegm(&back);
	/* timegm() mends 02-31 silently */
	if (t < 0 || back.tm_mon != tm.tm_mon || back.tm_mday != tm.tm_mday)
		return DEVID_ERR_SYNTAX;
	*ret = t;
	return DEVID_OK;
}

time_t wallclock_floor(time_t setting, const char *stamp)
{
	time_t newest = wallclock_build_date();
	struct stat st;

	if (setting > newest)
		newest = setting;
	if (stamp && lstat(stamp, &st) == 0 && S_ISREG(st.st_mode) &&
		st.st_mtime > newest)
		newest = st.st_mtime;
	return newest;
}

enum devid_err wallclock_refresh(const char *stamp, struct devid_error *err)
{
	CLEANUP(cleanup_close)
	int fd = open(stamp,
		O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644);

	if (fd < 0 || futimens(fd, NULL) < 0)
		return devid_fail(err, DEVID_ERR_IO, "touch: %s: %s", stamp,
			strerror(errno));
	return DEVID_OK;
}

void wallclock_text(time_t t, char out[WALLCLOCK_TEXT_MAX])
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(out, WALLCLOCK_TEXT_MAX,
					  "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
}
