#ifndef SWARM_WIRECOST_H
#define SWARM_WIRECOST_H

/*
 * What a limit on the uplink has to count besides the bytes that we hand out:
 * the headers of the packets that carry them, and an acknowledgement for each
 * packet that comes in. TCP with time stamps over IPv4 in Ethernet; IPv6 is
 * 20 bytes more.
 *
 * It is an estimate. Small messages that leave together share a packet, and
 * hosts that receive much acknowledge only every second packet or fewer: then
 * less leaves than is counted. What is sent again after a loss is not counted.
 */

#include "base/base.h"

#define WIRECOST_PACKET 1448 /* payload of a full one */
#define WIRECOST_HEADER 66

/* Bytes on the wire for |len| bytes of a stream, sent at once. */
static inline uint64_t
wirecost_sent(uint64_t len)
{
	return len + WIRECOST_HEADER *
			 (len / WIRECOST_PACKET + (len % WIRECOST_PACKET != 0));
}

/* Bytes that leave because |len| came in at once. */
static inline uint64_t
wirecost_acks(uint64_t len)
{
	return wirecost_sent(len) - len;
}

#endif
