/* spate-archive: makes torrents of what a channel has broadcast. */

#include <sys/stat.h>

#include "base/hash.h"
#include "io/daemon.h"
#include "tools/archive.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *text;
} commands[] = {
	{ "make", archive_make, "make a torrent of a span of a channel" },
	{ "verify", archive_verify, "prove that it is what was broadcast" },
	{ "show", archive_show, "show what a torrent holds" },
};

static void
print_usage(FILE *f)
{
	fputs("usage: spate-archive COMMAND [options] ...\n\n", f);
	for (size_t i = 0; i < SP_LEN(commands); i++)
		fprintf(f, "  %-10s%s\n", commands[i].name, commands[i].text);
	fputs("\nspate-archive COMMAND --help tells the options.\n", f);
}

/* For the gate that compares them with the man page. */
static int
dump_options(char *self)
{
	static char option[] = "--dump-options";
	char *argv[] = { self, option, NULL };
	int rv = 0;

	for (size_t i = 0; i < SP_LEN(commands) && rv == 0; i++)
		rv = commands[i].run(2, argv);
	return rv;
}

static bool
is_either(const char *s, const char *a, const char *b)
{
	return strcmp(s, a) == 0 || strcmp(s, b) == 0;
}

int
main(int argc, char **argv)
{
	daemon_setup("spate-archive");
	/* What it writes is for web servers and torrent clients to read. */
	umask(022);
	if (hash_setup() < 0)
		daemon_fail("libsodium", "cannot be set up");
	if (argc < 2) {
		print_usage(stderr);
		return 2;
	}
	for (size_t i = 0; i < SP_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (is_either(argv[1], "-h", "--help")) {
		print_usage(stdout);
		return 0;
	}
	if (is_either(argv[1], "-V", "--version")) {
		daemon_version(stdout, "spate-archive");
		return 0;
	}
	if (strcmp(argv[1], "--dump-options") == 0)
		return dump_options(argv[0]);
	daemon_usage(argv[1], "no such command; spate-archive --help");
}
