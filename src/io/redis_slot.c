#include "io/redis_net.h"

#include <stdio.h>

#include "io/sock.h"

/* CRC-16/XMODEM, as Redis Cluster has it. */
static unsigned
crc16(const uint8_t *p, size_t len)
{
	unsigned crc = 0;

	for (; len > 0; len--, p++) {
		crc ^= (unsigned)*p << 8;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
		crc &= 0xffff;
	}
	return crc;
}

unsigned
redis_slot(const void *key, size_t len)
{
	const char *p = key, *open = memchr(p, '{', len), *close = NULL;

	if (open != NULL)
		close = memchr(open, '}', len - (size_t)(open - p));
	if (close != NULL && close > open + 1) {
		p = open + 1;
		len = (size_t)(close - p);
	}
	return crc16((const uint8_t *)p, len) % REDIS_SLOTS;
}

/* Digits up to |end|; -1: none, or above |max|. */
static long
number(const char *p, char end, long max)
{
	long n = 0;

	if (*p < '0' || *p > '9')
		return -1;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (*p - '0');
		if (n > max)
			return -1;
	}
	return *p == end ? n : -1;
}

/* MOVED 3999 127.0.0.1:6381, the address of IPv6 without brackets. */
int
redis_redirect_parse(struct redis_redirect *out, const char *error)
{
	const char *at, *colon;
	long slot, port;

	memset(out, 0, sizeof(*out));
	out->ask = strncmp(error, "ASK ", 4) == 0;
	if (!out->ask && strncmp(error, "MOVED ", 6) != 0)
		return SP_ERR_SYNTAX;
	error = strchr(error, ' ') + 1;
	slot = number(error, ' ', REDIS_SLOTS - 1);
	if (slot < 0)
		return SP_ERR_SYNTAX;
	at = strchr(error, ' ') + 1;
	colon = strrchr(at, ':');
	port = colon == NULL ? -1 : number(colon + 1, '\0', UINT16_MAX);
	if (port <= 0 || (size_t)(colon - at) >= sizeof(out->host))
		return SP_ERR_SYNTAX;
	memcpy(out->host, at, (size_t)(colon - at));
	out->slot = (unsigned)slot;
	out->port = (uint16_t)port;
	return 0;
}
