#ifndef TOOLS_BT_PROC_H
#define TOOLS_BT_PROC_H

/* What the kernel says that a process has used (Linux: /proc). */

#include "base/err.h"

struct bt_proc {
	uint64_t user_us, system_us; /* CPU time of all its threads */
	uint64_t rss_bytes;
};

/* SP_ERR_NOTFOUND: no such process, or no /proc. */
int bt_proc_read(struct bt_proc *out, int64_t pid);

#endif
