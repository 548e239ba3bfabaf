#ifndef SRC_IO_INHERIT_H
#define SRC_IO_INHERIT_H

/*
 * Descriptors that a process gets from who starts it, as sd_listen_fds(3) has
 * it: LISTEN_PID says to whom, LISTEN_FDS how many there are from number 3 on,
 * LISTEN_FDNAMES what they are called. A supervisor gives sockets; a process
 * that makes room for its successor gives what io/upgrade.h says.
 *
 * sock_bind takes a socket from here when there is one of its type at its
 * address, so nothing else has to know.
 */

#include "base/addr.h"

/*
 * Descriptors that are taken, more are closed; bytes of a name with its NUL,
 * longer ones are cut.
 */
#define INHERIT_MAX  256
#define INHERIT_NAME 32

/*
 * Reads the environment and clears it there, so that no child sees it. Returns
 * the number of descriptors. First thing in main, before threads.
 */
int inherit_setup(void);
/*
 * Each takes one descriptor out, non-blocking and closed on exec: it is the
 * caller's. -1: there is none.
 */
int inherit_take(int type, const struct sp_addr *addr);
int inherit_take_unix(const char *path); /* listens there */
int inherit_take_named(const char *name);
/*
 * Addresses of the IPv4 and IPv6 sockets of |type| called |name|, which stay:
 * at most |max|. Returns their number.
 */
size_t inherit_addrs(const char *name, int type, struct sp_addr *out,
    size_t max);
/* Closes what nobody took. Returns how many. */
size_t inherit_close_rest(void);

#endif
