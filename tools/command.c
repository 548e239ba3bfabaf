#include "tools/command.h"

#include "base/hash.h"
#include "io/daemon.h"

static void
print_usage(FILE *f, const char *program, const struct command *v, size_t n)
{
	fprintf(f, "usage: %s COMMAND [options] ...\n\n", program);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "  %-10s%s\n", v[i].name, v[i].text);
	fprintf(f, "\n%s COMMAND --help tells the options.\n", program);
}

static int
dump_options(const struct command *v, size_t n, char *self)
{
	static char option[] = "--dump-options";
	char *argv[] = { self, option, NULL };
	int rv = 0;

	for (size_t i = 0; i < n && rv == 0; i++)
		rv = v[i].run(2, argv);
	return rv;
}

static bool
is_either(const char *s, const char *a, const char *b)
{
	return strcmp(s, a) == 0 || strcmp(s, b) == 0;
}

int
command_main(const char *program, const struct command *v, size_t n, int argc,
    char **argv)
{
	char why[128];

	daemon_setup(program);
	if (hash_setup() < 0)
		daemon_fail("libsodium", "cannot be set up");
	if (argc < 2) {
		print_usage(stderr, program, v, n);
		return 2;
	}
	for (size_t i = 0; i < n; i++)
		if (strcmp(argv[1], v[i].name) == 0)
			return v[i].run(argc - 1, argv + 1);
	if (is_either(argv[1], "-h", "--help")) {
		print_usage(stdout, program, v, n);
		return 0;
	}
	if (is_either(argv[1], "-V", "--version")) {
		daemon_version(stdout, program);
		return 0;
	}
	if (strcmp(argv[1], "--dump-options") == 0)
		return dump_options(v, n, argv[0]);
	snprintf(why, sizeof(why), "no such command; %s --help", program);
	daemon_usage(argv[1], why);
}
