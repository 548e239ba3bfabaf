#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

/* The main of a program that has subcommands, a file each. */

#include <stddef.h>

struct command {
	const char *name;
	/* argv[0] is the subcommand's name. Returns the exit status. */
	int (*run)(int argc, char **argv);
	const char *text; /* of the list that --help prints */
};

/*
 * Runs the one of |n| commands that argv[1] names, or answers --help,
 * --version and --dump-options, which is for the gate that compares options
 * with the man page. Returns the exit status; a usage error does not return.
 */
int command_main(const char *program, const struct command *commands, size_t n,
    int argc, char **argv);

#endif
