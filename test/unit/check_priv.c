#include "io/priv.h"
#include "test/unit/unit.h"

#include <grp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What cannot be undone runs in a child; its status is returned. */
static int
child(int (*f)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(f());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static char why[PRIV_WHY];

static int
check(const char *user, const char *root)
{
	struct priv p = { user, root };

	return priv_check(&p, why);
}

START_TEST(users_groups_and_directories_are_looked_up)
{
	ck_assert_int_eq(check(NULL, NULL), 0);
	ck_assert_int_eq(check("nobody", NULL), 0);
	ck_assert_int_eq(check("nobody:nogroup", "/tmp"), 0);
	ck_assert_int_eq(check("65534", NULL), 0);
	ck_assert_int_eq(check("4000000:4000001", NULL), 0);
	ck_assert_int_eq(check("no-such-user", NULL), SP_ERR_NOTFOUND);
	ck_assert_str_eq(why, "no-such-user: no such user");
	ck_assert_int_eq(check("nobody:no-such-group", NULL), SP_ERR_NOTFOUND);
	ck_assert_str_eq(why, "no-such-group: no such group");
	ck_assert_int_eq(check(":nogroup", NULL), SP_ERR_NOTFOUND);
	ck_assert_int_eq(check("nobody:", NULL), SP_ERR_NOTFOUND);
	ck_assert_int_eq(check("-1", NULL), SP_ERR_NOTFOUND);
	ck_assert_int_eq(check("4294967295", NULL), SP_ERR_NOTFOUND);
	ck_assert_int_eq(check("root", NULL), SP_ERR_DENIED);
	ck_assert_int_eq(check("0:65534", NULL), SP_ERR_DENIED);
	ck_assert_int_eq(check("nobody", "/no/such/dir"), SP_ERR_NOTFOUND);
	ck_assert_int_eq(check("nobody", "/etc/passwd"), SP_ERR_NOTFOUND);
	/* Root gets out of a chroot: it is no protection. */
	ck_assert_int_eq(check(NULL, "/tmp"), SP_ERR_DENIED);
}
END_TEST

static int
drop_all(void)
{
	struct priv p = { "65534:65533", "/proc" };
	gid_t groups[8];

	if (priv_drop(&p, why) < 0)
		return 1;
	if (getuid() != 65534 || geteuid() != 65534 || getgid() != 65533)
		return 2;
	if (getgroups(8, groups) != 1 || groups[0] != 65533)
		return 3;
	if (setuid(0) == 0 || setgid(0) == 0 || setgroups(0, NULL) == 0)
		return 4;
	/* /proc is "/" now. */
	if (access("/self/status", R_OK) < 0 || access("/etc", F_OK) == 0)
		return 5;
	/* Once more is fine: the successor of an upgrade does that. */
	p.root = NULL;
	return priv_drop(&p, why) < 0 ? 6 : 0;
}

static int
drop_unknown(void)
{
	struct priv p = { "no-such-user", NULL };

	return priv_drop(&p, why) == SP_ERR_NOTFOUND && getuid() == 0 ? 0 : 1;
}

static int
drop_half(void)
{
	struct priv p = { "65534", NULL };

	/* The saved id is root's: half dropped before, so not given up. */
	if (setresgid(65534, 65534, 65534) < 0 ||
	    setresuid(65534, 65534, 0) < 0)
		return 1;
	if (priv_drop(&p, why) >= 0 && setuid(0) == 0)
		return 2;
	return 0;
}

static int
drop_other(void)
{
	struct priv p = { "65533", NULL };

	if (setresuid(65534, 65534, 65534) < 0)
		return 1;
	return priv_drop(&p, why) == SP_ERR_DENIED ? 0 : 2;
}

START_TEST(dropped_privileges_do_not_come_back)
{
	if (getuid() != 0)
		return;
	ck_assert_int_eq(child(drop_all), 0);
	ck_assert_int_eq(child(drop_half), 0);
}
END_TEST

START_TEST(who_cannot_drop_is_told)
{
	if (getuid() != 0)
		return;
	ck_assert_int_eq(child(drop_unknown), 0);
	ck_assert_int_eq(child(drop_other), 0);
}
END_TEST

static int
files(void)
{
	struct rlimit rl = { 50, 60 };

	if (setrlimit(RLIMIT_NOFILE, &rl) < 0)
		return 1;
	if (priv_files(40) != 50 || priv_files(55) != 55)
		return 2;
	if (getuid() != 0)
		return priv_files(100) == 60 ? 0 : 3;
	/* Root in a container may lack the right. */
	if (priv_files(100) == 60)
		return 0;
	if (priv_files(100) != 100)
		return 4;
	if (setresuid(65534, 65534, 65534) < 0)
		return 5;
	return priv_files(200) == 100 ? 0 : 6;
}

START_TEST(limit_of_files_is_raised_as_far_as_allowed)
{
	ck_assert_int_eq(child(files), 0);
}
END_TEST

UNIT_MAIN("priv", users_groups_and_directories_are_looked_up,
    dropped_privileges_do_not_come_back, who_cannot_drop_is_told,
    limit_of_files_is_raised_as_far_as_allowed)
