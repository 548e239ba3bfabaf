#include "io/control.h"
#include "test/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct loop *loop;
static struct control *control;
static char path[64];
static unsigned asked;

/* "echo X" gives X, "large N" N bytes; anything else is refused. */
static int
serve(void *ctx SP_UNUSED, char *line, struct sp_buf *out)
{
	asked++;
	if (strncmp(line, "echo ", 5) == 0) {
		buf_put_str(out, line + 5);
		return 0;
	}
	if (strncmp(line, "large ", 6) == 0) {
		for (long n = strtol(line + 6, NULL, 10); n > 0; n--)
			buf_put(out, "x", 1);
		return 0;
	}
	if (line[0] == '!')
		return SP_ERR_NOTFOUND;
	buf_put_str(out, "what is ");
	buf_put_str(out, line);
	return SP_ERR_SYNTAX;
}

static void
start(void)
{
	snprintf(path, sizeof(path), "/tmp/check_control.%ld", (long)getpid());
	unlink(path);
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(control_new(&control, loop, path, serve, NULL), 0);
}

static void
finish(void)
{
	control_free(control);
	loop_free(loop);
	ck_assert_int_ne(access(path, F_OK), 0);
}

/* In a child: asks, and exits with 0 if the answer is |text| and |err|. */
static void
expect(const char *line, const char *text, int err)
{
	struct sp_buf b;
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		buf_init(&b, io_mem(), CONTROL_REPLY);
		if (control_ask(path, line, 5 * SP_S, &b) != err)
			_exit(1);
		_exit(b.len != strlen(text) || memcmp(b.p, text, b.len) != 0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		loop_step(loop, io_now() + 5 * SP_MS);
	ck_assert_int_eq(status, 0);
}

START_TEST(a_line_is_answered_or_refused)
{
	struct stat st;

	start();
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0660);
	expect("echo hello there", "hello there", 0);
	expect("nonsense", "what is nonsense", SP_ERR_DENIED);
	expect("!", sp_strerror(SP_ERR_NOTFOUND), SP_ERR_DENIED);
	ck_assert_uint_eq(asked, 3);
	finish();
	asked = 0;
}
END_TEST

START_TEST(a_long_answer_comes_whole)
{
	static char text[3000001];

	memset(text, 'x', sizeof(text) - 1);
	start();
	expect("large 3000000", text, 0);
	finish();
}
END_TEST

static int
dial(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(un.sun_path, path, strlen(path));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

START_TEST(who_sends_too_much_or_comes_too_often_is_closed)
{
	char junk[CONTROL_LINE + 100];
	int fd[CONTROL_CLIENTS + 1];

	start();
	for (size_t i = 0; i < SP_LEN(fd); i++) {
		fd[i] = dial();
		loop_step(loop, io_now());
	}
	/* The last one found no place. */
	ck_assert_int_eq(recv(fd[CONTROL_CLIENTS], junk, 1, MSG_DONTWAIT), 0);
	ck_assert_int_lt(recv(fd[0], junk, 1, MSG_DONTWAIT), 0);
	memset(junk, 'x', sizeof(junk));
	ck_assert_int_eq(send(fd[0], junk, sizeof(junk), MSG_NOSIGNAL),
	    (int)sizeof(junk));
	while (recv(fd[0], junk, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN)
		loop_step(loop, io_now() + 5 * SP_MS);
	for (size_t i = 0; i < SP_LEN(fd); i++)
		close(fd[i]);
	ck_assert_uint_eq(asked, 0);
	finish();
}
END_TEST

/* A process that has no descriptors left tells its operator so. */
START_TEST(without_descriptors_one_client_is_let_in)
{
	int fd[2], extra[4], n = 0;
	struct rlimit was, few;
	char text[100] = "";
	ssize_t len;

	start();
	fd[0] = dial();
	fd[1] = dial();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	while (n < (int)SP_LEN(extra) && (extra[n] = dup(0)) >= 0)
		n++;
	few.rlim_cur = (rlim_t)extra[n - 1] + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(send(fd[i], "echo it is full\n", 16, 0), 16);
	while ((len = recv(fd[0], text, sizeof(text) - 1, MSG_DONTWAIT)) < 0)
		loop_step(loop, io_now() + 5 * SP_MS);
	text[SP_MAX(len, 0)] = '\0';
	ck_assert_str_eq(text, "ok\nit is full");
	/* The other one has its turn when that one has gone. */
	while ((len = recv(fd[1], text, sizeof(text) - 1, MSG_DONTWAIT)) < 0)
		loop_step(loop, io_now() + 5 * SP_MS);
	ck_assert_int_eq(len, 13);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
	while (n > 0)
		close(extra[--n]);
	close(fd[0]);
	close(fd[1]);
	finish();
	asked = 0;
}
END_TEST

START_TEST(a_dead_socket_is_replaced_and_a_live_one_is_not)
{
	struct control *other;
	int fd;

	start();
	ck_assert_int_eq(control_new(&other, loop, path, serve, NULL),
	    SP_ERR_EXISTS);
	/* The successor has it: it stays. */
	control_leave(control);
	control_free(control);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(control_new(&control, loop, path, serve, NULL), 0);
	expect("echo again", "again", 0);
	finish();
	loop_new(&loop);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	ck_assert_int_eq(control_new(&other, loop, path, serve, NULL),
	    SP_ERR_IO);
	ck_assert_int_eq(errno, EEXIST);
	unlink(path);
	loop_free(loop);
}
END_TEST

UNIT_MAIN("control", a_line_is_answered_or_refused, a_long_answer_comes_whole,
    who_sends_too_much_or_comes_too_often_is_closed,
    without_descriptors_one_client_is_let_in,
    a_dead_socket_is_replaced_and_a_live_one_is_not)
