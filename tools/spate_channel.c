/* spate-channel: makes, shows and checks what a channel signs with. */

#include "tools/channel.h"
#include "tools/command.h"

static const struct command commands[] = {
	{ "create", channel_create, "make the key of a new channel" },
	{ "show", channel_show, "show what a key file holds" },
	{ "link", channel_link, "print the channel link" },
	{ "verify", channel_verify, "check manifests, records, feeds" },
};

int
main(int argc, char **argv)
{
	return command_main("spate-channel", commands, SP_LEN(commands), argc,
	    argv);
}
