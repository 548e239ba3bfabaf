#include "tools/bt_proc.h"

#include <unistd.h>

static int
read_file(int64_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/%s", pid, name);
	if ((f = fopen(path, "r")) == NULL)
		return SP_ERR_NOTFOUND;
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	fclose(f);
	return n > 0 ? 0 : SP_ERR_NOTFOUND;
}

/* Field |n|, from 0, of what blanks separate; NULL: there is none. */
static const char *
field(const char *s, int n)
{
	for (; n > 0 && s != NULL; n--) {
		s = strchr(s, ' ');
		s = s != NULL ? s + 1 : NULL;
	}
	return s;
}

static uint64_t
number(const char *s)
{
	return s != NULL ? strtoull(s, NULL, 10) : 0;
}

int
bt_proc_read(struct bt_proc *out, int64_t pid)
{
	uint64_t tick_us = 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	char text[1024];
	const char *s;

	memset(out, 0, sizeof(*out));
	/* The name, field 1, may have blanks and parentheses in it. */
	if (read_file(pid, "stat", text, sizeof(text)) < 0 ||
	    (s = strrchr(text, ')')) == NULL)
		return SP_ERR_NOTFOUND;
	out->user_us = number(field(s, 12)) * tick_us;
	out->system_us = number(field(s, 13)) * tick_us;
	if (read_file(pid, "statm", text, sizeof(text)) < 0)
		return SP_ERR_NOTFOUND;
	out->rss_bytes =
	    number(field(text, 1)) * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}
