#ifndef TEST_UNIT_UNIT_H
#define TEST_UNIT_UNIT_H

/*
 * What every check_<module>.c starts from. The whole of one:
 *
 *	#include "base/addr.h"
 *	#include "test/unit/unit.h"
 *
 *	START_TEST(mapped_v6_folds_to_v4)
 *	{
 *		...
 *	}
 *	END_TEST
 *
 *	UNIT_MAIN("addr", mapped_v6_folds_to_v4, ...)
 *
 * Test names are sentences. Output is TAP. CK_RUN_CASE, CK_FORK=no and the
 * other variables of Check work as usual.
 */

#include <check.h>

#include "base/base.h"
#include "test/unit/failmem.h"

#define UNIT_MAIN(suite, ...)                                           \
	int main(void)                                                  \
	{                                                               \
		const TTest *const unit_tests[] = { __VA_ARGS__ };      \
                                                                        \
		return unit_run(suite, unit_tests, SP_LEN(unit_tests)); \
	}

/* Runs |n| tests in one suite; the exit status for main. */
int unit_run(const char *suite, const TTest *const *tests, size_t n);

/*
 * The file |name|, relative to the top of the source tree, wherever the
 * build is; caller frees |*p| with free(3). A NUL, not counted, follows the
 * bytes. Fails the test when there is no such file.
 */
void unit_read(const char *name, uint8_t **p, size_t *len);

/* |hex| (blanks are skipped) must spell exactly the |len| bytes at |p|. */
void unit_hex_eq(const void *p, size_t len, const char *hex);

#endif
