#ifndef SRC_IO_SOCK_H
#define SRC_IO_SOCK_H

/* Addresses and sockets: conversions, names, and the few socket options. */

#include "base/addr.h"
#include "io/loop.h"

struct sockaddr;
struct sockaddr_storage;

/* Returns the length for bind(2), connect(2), sendto(2); 0 when a is unset. */
int sock_from_addr(struct sockaddr_storage *out, const struct sp_addr *a);
/* Unset when |sa| is neither IPv4 nor IPv6. */
struct sp_addr sock_to_addr(const struct sockaddr *sa);
/* Local and remote end of |fd|; unset on error. */
struct sp_addr sock_local(int fd);
struct sp_addr sock_remote(int fd);

/*
 * The address, without a port, from which packets to |to| would leave; none are
 * sent. SP_ERR_ARG (|to| is unset), SP_ERR_IO (errno: there is no way).
 */
int sock_route(const struct sp_addr *to, struct sp_addr *from);

/*
 * Splits "host:port", "[v6]:port", "host", "v6" at the port; the host comes
 * without brackets. |dflt| when there is no port. SP_ERR_SYNTAX, SP_ERR_RANGE
 * (port), SP_ERR_TOOBIG.
 */
#define SOCK_HOST_MAX 256
int sock_split(const char *s, uint16_t dflt, char host[SOCK_HOST_MAX],
    uint16_t *port);

/*
 * What a program may listen on: "host:port", ":port" and "port" (all
 * addresses), "*:port"; only literal addresses and "localhost". Gives one
 * address, or two (IPv4 and IPv6) for all addresses. Returns the number;
 * SP_ERR_SYNTAX, SP_ERR_RANGE.
 */
int sock_listen_parse(const char *s, struct sp_addr out[2]);

/*
 * The connection ends with an error when the other host has not acknowledged
 * what was sent, nor keepalive, for |t|, or has kept its window shut for that
 * long. Does nothing on other sockets, or where the system cannot.
 */
void sock_give_up(int fd, sp_time t);

/*
 * For src/io itself: a non-blocking socket of |type| (SOCK_STREAM,
 * SOCK_DGRAM) bound to |addr|, streams listening: one that was inherited
 * (io/inherit.h), or a new one. SP_ERR_IO, SP_ERR_EXISTS.
 */
int sock_bind(int *fd, int type, const struct sp_addr *addr);
/*
 * What the kernel makes of losses on it: "bbr", "cubic" and so on (tcp(7),
 * TCP_CONGESTION); what is accepted inherits it. SP_ERR_IO; errno is ENOENT
 * where nothing has that name, EPERM where not everybody may use it.
 */
int sock_congestion(int fd, const char *name);
bool sock_has_congestion(const char *name);
/* An option of SOL_SOCKET that is a number; -1: not a socket. */
int sock_option(int fd, int name);

#endif
