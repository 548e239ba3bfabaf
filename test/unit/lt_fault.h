#ifndef TEST_UNIT_LT_FAULT_H
#define TEST_UNIT_LT_FAULT_H

/*
 * src/lt compiled with -DLT_FAULTS asks here before each call of libtorrent,
 * and what is asked for is thrown. One at a time, on one thread or the others.
 */

#include "base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

enum lt_fault_kind {
	LT_FAULT_BAD_ALLOC,
	LT_FAULT_SYSTEM_ERROR, /* EIO of the category "system" */
	LT_FAULT_RUNTIME_ERROR,
	LT_FAULT_INT, /* nothing that anybody expects */
	LT_FAULT_KINDS,
};

/* The |nth| call (from 0) throws |kind|; |here|: of this thread, or others. */
void lt_fault_arm(enum lt_fault_kind kind, unsigned nth, bool here);
/* Where it was thrown, NULL if it was not; nothing throws any more. */
const char *lt_fault_disarm(void);

#ifdef __cplusplus
}
#endif

#endif
