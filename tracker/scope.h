#ifndef TRACKER_SCOPE_H
#define TRACKER_SCOPE_H

/*
 * Who may be handed whose address. Addresses have a scope, and an asker gets
 * those of its own scope and of the wider ones:
 *
 *	asker       scopes handed (SCOPE_LAN_AUTO)
 *	public      public
 *	private     public, private
 *	loopback    all
 *
 * SCOPE_LAN_YES hands out all scopes to all; with SCOPE_LAN_NO nothing but
 * public addresses is stored or handed out.
 */

#include "base/addr.h"

enum scope {
	SCOPE_PUBLIC,
	SCOPE_PRIVATE,
	SCOPE_LOOPBACK,
};

#define SCOPE_COUNT 3

enum scope_lan {
	SCOPE_LAN_AUTO,
	SCOPE_LAN_YES,
	SCOPE_LAN_NO,
};

enum scope scope_of(const struct sp_addr *a);
/* May an address of |s| be stored? */
bool scope_is_stored(enum scope_lan lan, enum scope s);
/* The highest scope that an asker of scope |s| is handed. */
enum scope scope_handed(enum scope_lan lan, enum scope s);

#endif
