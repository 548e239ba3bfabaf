#ifndef SRC_BASE_ADDR_H
#define SRC_BASE_ADDR_H

/*
 * An endpoint: IPv4 or IPv6 address and port, without any socket header.
 * IPv4-mapped IPv6 addresses are folded to IPv4 on construction.
 */

#include "base/err.h"

struct sp_addr {
	uint8_t ip[16]; /* v4 in the first four bytes, rest zero */
	uint16_t port;  /* host order */
	uint8_t family; /* 0 unset, 4, 6 */
	uint8_t zero;   /* no padding: the bytes may be a map key */
};

#define ADDR_STRLEN 56 /* "[" 45 "]:65535" NUL, rounded */

/* ip has 4 or 16 bytes as |family| (4, 6) says; unset for any other. */
struct sp_addr addr_make(int family, const void *ip, uint16_t port);
bool addr_eq(const struct sp_addr *a, const struct sp_addr *b);
bool addr_ip_eq(const struct sp_addr *a, const struct sp_addr *b);
/* "1.2.3.4:80", "[2001:db8::1]:80" (RFC 5952), "-" unset. Returns |out|. */
const char *addr_str(const struct sp_addr *a, char out[ADDR_STRLEN]);
/* The address alone: "1.2.3.4", "2001:db8::1". Returns |out|. */
const char *addr_ip_str(const struct sp_addr *a, char out[ADDR_STRLEN]);
/*
 * Literal with port as above; "1.2.3.4", "[::1]" and "::1" give port 0. No
 * leading zeros in decimals, no zone. SP_ERR_SYNTAX leaves |out| alone.
 */
int addr_parse(struct sp_addr *out, const char *s, size_t len);
/* 127/8, ::1 */
bool addr_is_loopback(const struct sp_addr *a);
/* Loopback, private, link-local, CGNAT, unique local. */
bool addr_is_private(const struct sp_addr *a);
/* Unset, 0/8, multicast, 240/4, ::, port 0: cannot be dialled. */
bool addr_is_bogus(const struct sp_addr *a);
/* Same /24 (v4) or /48 (v6); never when unset. */
bool addr_same_net(const struct sp_addr *a, const struct sp_addr *b);
/*
 * Who can answer for it, without port: a public v6 address is cut to its /64,
 * of which one line has all.
 */
struct sp_addr addr_host(const struct sp_addr *a);

#endif
