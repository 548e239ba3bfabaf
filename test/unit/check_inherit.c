#include "io/inherit.h"
#include "test/unit/unit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/sock.h"

/*
 * Descriptors from 3 on are Check's own: what is tested runs in a child that
 * has none of them.
 */
#define MUST(x)                                                    \
	do {                                                       \
		if (!(x)) {                                        \
			fprintf(stderr, "%d: %s\n", __LINE__, #x); \
			_exit(1);                                  \
		}                                                  \
	} while (0)

static void
alone(void (*f)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		MUST(close_range(3, ~0U, 0) == 0);
		f();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static struct sp_addr
parse(const char *text)
{
	struct sp_addr a;

	MUST(addr_parse(&a, text, strlen(text)) == 0);
	return a;
}

/* What a supervisor does: |fd| becomes 3 + |i| in a process that execs us. */
static void
pass(int fd, int i)
{
	MUST(dup2(fd, 3 + i) == 3 + i);
}

static void
tell(int n, const char *names)
{
	char text[16];

	snprintf(text, sizeof(text), "%ld", (long)getpid());
	setenv("LISTEN_PID", text, 1);
	snprintf(text, sizeof(text), "%d", n);
	setenv("LISTEN_FDS", text, 1);
	if (names != NULL)
		setenv("LISTEN_FDNAMES", names, 1);
	else
		unsetenv("LISTEN_FDNAMES");
}

/* Binds |type| on any port of |host|, out of the way of number 3 on. */
static int
make(int type, const char *host, struct sp_addr *at)
{
	struct sp_addr any = parse(host);
	int fd, high;

	MUST(sock_bind(&fd, type, &any) == 0);
	high = fcntl(fd, F_DUPFD, 100);
	close(fd);
	*at = sock_local(high);
	return high;
}

static void
by_address(void)
{
	struct sp_addr tcp, udp;
	int fd, a, b;

	a = make(SOCK_STREAM, "127.0.0.1:0", &tcp);
	b = make(SOCK_DGRAM, "127.0.0.1:0", &udp);
	pass(a, 0);
	pass(b, 1);
	close(a);
	close(b);
	tell(2, NULL);
	MUST(inherit_setup() == 2);
	MUST(getenv("LISTEN_FDS") == NULL);
	MUST(inherit_take(SOCK_DGRAM, &tcp) == -1);
	/* The address is in use: binding works because it is taken over. */
	MUST(sock_bind(&fd, SOCK_STREAM, &tcp) == 0);
	MUST(fd == 3);
	MUST(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	MUST((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	MUST(inherit_take(SOCK_STREAM, &tcp) == -1);
	MUST(inherit_take(SOCK_DGRAM, &udp) == 4);
	MUST(inherit_close_rest() == 0);
	close(3);
	close(4);
}

START_TEST(sockets_are_found_by_type_and_address)
{
	alone(by_address);
}
END_TEST

static void
by_name(void)
{
	struct sp_addr at[3], out[2];
	int fd[3];

	for (int i = 0; i < 3; i++)
		fd[i] = make(SOCK_STREAM, "127.0.0.1:0", &at[i]);
	for (int i = 0; i < 3; i++) {
		pass(fd[i], i);
		close(fd[i]);
	}
	tell(3, "listen:admin:listen");
	MUST(inherit_setup() == 3);
	MUST(inherit_addrs("listen", SOCK_STREAM, out, 2) == 2);
	MUST(addr_eq(&out[0], &at[0]));
	MUST(addr_eq(&out[1], &at[2]));
	MUST(inherit_addrs("listen", SOCK_STREAM, out, 1) == 1);
	MUST(inherit_addrs("listen", SOCK_DGRAM, out, 2) == 0);
	MUST(inherit_take_named("admin") == 4);
	MUST(inherit_take_named("admin") == -1);
	MUST(inherit_close_rest() == 2);
	MUST(fcntl(3, F_GETFD) == -1);
	MUST(inherit_take_named("listen") == -1);
	close(4);
}

START_TEST(names_are_those_of_the_list)
{
	alone(by_name);
}
END_TEST

static void
by_path(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = fcntl(socket(AF_UNIX, SOCK_STREAM, 0), F_DUPFD, 100);

	snprintf(un.sun_path, sizeof(un.sun_path), "/tmp/check_inherit.%ld",
	    (long)getpid());
	unlink(un.sun_path);
	MUST(bind(fd, (struct sockaddr *)&un, sizeof(un)) == 0);
	MUST(listen(fd, 1) == 0);
	pass(fd, 0);
	tell(1, "control");
	MUST(inherit_setup() == 1);
	MUST(inherit_take_unix("/tmp/other") == -1);
	MUST(inherit_take_unix(un.sun_path) == 3);
	unlink(un.sun_path);
	close(3);
	close(fd);
}

START_TEST(a_unix_socket_is_found_by_its_path)
{
	alone(by_path);
}
END_TEST

static void
not_ours(void)
{
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "3", 1);
	MUST(inherit_setup() == 0);
	MUST(getenv("LISTEN_PID") == NULL);
	MUST(inherit_setup() == 0);
	tell(-5, NULL);
	MUST(inherit_setup() == 0);
	tell(0, ":::");
	setenv("LISTEN_FDS", "nonsense", 1);
	MUST(inherit_setup() == 0);
}

START_TEST(what_is_not_for_us_is_left_alone)
{
	alone(not_ours);
}
END_TEST

static void
nonsense(void)
{
	char names[400];

	for (int fd = 3; fd < 20; fd++)
		close(fd);
	memset(names, 'x', sizeof(names) - 1);
	names[sizeof(names) - 1] = '\0';
	tell(32767, names);
	MUST(inherit_setup() == 0);
	MUST(inherit_close_rest() == 0);
}

START_TEST(numbers_that_are_no_descriptors_and_long_names_do_no_harm)
{
	alone(nonsense);
}
END_TEST

UNIT_MAIN("inherit", sockets_are_found_by_type_and_address,
    names_are_those_of_the_list, a_unix_socket_is_found_by_its_path,
    what_is_not_for_us_is_left_alone,
    numbers_that_are_no_descriptors_and_long_names_do_no_harm)
