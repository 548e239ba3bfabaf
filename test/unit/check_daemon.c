#include "io/daemon.h"
#include "test/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char out[8192];

/* Runs |f| in a child; its stderr lands in out. Returns the exit status. */
static int
child(void (*f)(void))
{
	ssize_t n;
	size_t len = 0;
	int p[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(p), 0);
	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		dup2(p[1], 2);
		close(p[0]);
		close(p[1]);
		f();
		_exit(0);
	}
	close(p[1]);
	while ((n = read(p[0], out + len, sizeof(out) - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(p[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void
fails(void)
{
	daemon_setup("prog");
	daemon_fail("file", "is gone");
}

static void
misused(void)
{
	daemon_setup("prog");
	daemon_usage("-x", "no such option");
}

START_TEST(errors_have_one_form_and_two_statuses)
{
	ck_assert_int_eq(child(fails), 1);
	ck_assert_str_eq(out, "prog: file: is gone\n");
	ck_assert_int_eq(child(misused), 2);
	ck_assert_str_eq(out, "prog: -x: no such option\n");
}
END_TEST

static void
say_two(void)
{
	static const struct conf_std std;
	const struct sp_log *log = daemon_log_open(&std);

	log_msg(log, LOG_LEVEL_WARN, "tag: one\ntwo k=%d", 5);
	log_msg(log, LOG_LEVEL_DEBUG, "tag: not shown");
}

static void
say_debug(void)
{
	static const struct conf_std std = { .verbose = 1 };

	log_msg(daemon_log_open(&std), LOG_LEVEL_DEBUG, "tag: shown");
}

static void
say_to_journal(void)
{
	struct stat st;
	char id[64];

	if (fstat(2, &st) < 0)
		_exit(9);
	snprintf(id, sizeof(id), "%llu:%llu", (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", id, 1);
	say_two();
}

static void
say_to_other(void)
{
	setenv("JOURNAL_STREAM", "1:1", 1);
	say_two();
}

START_TEST(log_lines_are_stamped_and_escaped)
{
	unsetenv("JOURNAL_STREAM");
	ck_assert_int_eq(child(say_two), 0);
	/* "2026-11-21T22:42:49.123Z tag: ..." */
	ck_assert_uint_gt(strlen(out), 25);
	ck_assert_int_eq(out[10], 'T');
	ck_assert_int_eq(out[23], 'Z');
	ck_assert_str_eq(out + 25, "tag: one\\x0atwo k=5\n");
	ck_assert_int_eq(child(say_debug), 0);
	ck_assert_str_eq(out + 25, "tag: shown\n");
}
END_TEST

START_TEST(journal_gets_priorities_if_it_is_the_journal)
{
	ck_assert_int_eq(child(say_to_journal), 0);
	ck_assert_str_eq(out, "<4>tag: one\\x0atwo k=5\n");
	ck_assert_int_eq(child(say_to_other), 0);
	ck_assert_str_eq(out + 25, "tag: one\\x0atwo k=5\n");
}
END_TEST

START_TEST(escape_keeps_text_and_cuts)
{
	char s[8], t[16];

	ck_assert_uint_eq(daemon_log_escape(s, sizeof(s), "a\x7f"), 5);
	ck_assert_str_eq(s, "a\\x7f");
	/* Never half an escape. */
	ck_assert_uint_eq(daemon_log_escape(s, sizeof(s), "abcdefgh"), 4);
	ck_assert_str_eq(s, "abcd");
	ck_assert_uint_eq(daemon_log_escape(s, sizeof(s), "\xc3\xa4"), 2);
	ck_assert_str_eq(s, "\xc3\xa4");
	/* U+009B begins a control sequence, U+00A0 is a space. */
	ck_assert_uint_eq(daemon_log_escape(s, sizeof(s), "\xc2\x9b"), 4);
	ck_assert_str_eq(s, "\\xc2");
	ck_assert_uint_eq(daemon_log_escape(t, sizeof(t), "\xc2\x9b"), 8);
	ck_assert_uint_eq(daemon_log_escape(s, sizeof(s), "\xc2\xa0"), 2);
	ck_assert_uint_eq(daemon_log_escape(s, sizeof(s), ""), 0);
}
END_TEST

static char pidpath[64];

static void
take_pidfile(void)
{
	long pid;

	if (daemon_pidfile(pidpath, &pid) == SP_ERR_EXISTS)
		_exit(pid == (long)getppid() ? 3 : 4);
}

START_TEST(pidfile_is_locked_and_tells_who)
{
	char text[32] = { 0 };
	int fd;

	snprintf(pidpath, sizeof(pidpath), "/tmp/check_daemon.%ld",
	    (long)getpid());
	ck_assert_int_eq(daemon_pidfile(pidpath, NULL), 0);
	fd = open(pidpath, O_RDONLY);
	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	ck_assert_int_eq(strtol(text, NULL, 10), (long)getpid());
	ck_assert_int_eq(child(take_pidfile), 3);
	daemon_pidfile_remove();
	ck_assert_int_ne(access(pidpath, F_OK), 0);
	/* A file that was left behind by a dead one is no obstacle. */
	ck_assert_int_eq(child(take_pidfile), 0);
	ck_assert_int_eq(access(pidpath, F_OK), 0);
	ck_assert_int_eq(daemon_pidfile(pidpath, NULL), 0);
	daemon_pidfile_remove();
	ck_assert_int_eq(daemon_pidfile("/no/such/dir/pid", NULL), SP_ERR_IO);
}
END_TEST

static void
detach_and_live(void)
{
	if (daemon_detach() < 0)
		_exit(9);
	daemon_ready();
}

static void
detach_and_die(void)
{
	if (daemon_detach() < 0)
		_exit(9);
	daemon_complain("socket", "is taken");
}

START_TEST(detached_process_reports_how_it_went)
{
	unsetenv("NOTIFY_SOCKET");
	ck_assert_int_eq(child(detach_and_live), 0);
	ck_assert_int_eq(child(detach_and_die), 1);
	ck_assert_ptr_nonnull(strstr(out, ": socket: is taken\n"));
}
END_TEST

START_TEST(supervisor_is_notified)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char text[64] = { 0 };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "/tmp/check_notify.%ld",
	    (long)getpid());
	unlink(un.sun_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	setenv("NOTIFY_SOCKET", un.sun_path, 1);
	daemon_ready();
	ck_assert_int_gt(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), 0);
	ck_assert_str_eq(text, "READY=1");
	unsetenv("NOTIFY_SOCKET");
	daemon_notify("STOPPING=1");
	ck_assert_int_lt(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), 0);
	close(fd);
	unlink(un.sun_path);
}
END_TEST

START_TEST(setup_ignores_sigpipe_and_raises_files)
{
	struct sigaction sa;
	struct rlimit rl;

	daemon_setup("prog");
	ck_assert_int_eq(sigaction(SIGPIPE, NULL, &sa), 0);
	ck_assert(sa.sa_handler == SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &rl), 0);
	ck_assert_uint_gt(rl.rlim_cur, 100);
	ck_assert_int_eq(umask(022), 027);
}
END_TEST

UNIT_MAIN("daemon", errors_have_one_form_and_two_statuses,
    log_lines_are_stamped_and_escaped,
    journal_gets_priorities_if_it_is_the_journal, escape_keeps_text_and_cuts,
    pidfile_is_locked_and_tells_who, detached_process_reports_how_it_went,
    supervisor_is_notified, setup_ignores_sigpipe_and_raises_files)
