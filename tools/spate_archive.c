/* spate-archive: makes torrents of what a channel has broadcast. */

#include "tools/archive.h"
#include "tools/command.h"

static const struct command commands[] = {
	{ "make", archive_make, "make a torrent of a span of a channel" },
	{ "verify", archive_verify, "prove that it is what was broadcast" },
	{ "show", archive_show, "show what a torrent holds" },
};

int
main(int argc, char **argv)
{
	return command_main("spate-archive", commands, SP_LEN(commands), argc,
	    argv);
}
