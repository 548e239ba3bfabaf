#include "tracker/scope.h"

enum scope
scope_of(const struct sp_addr *a)
{
	if (addr_is_loopback(a))
		return SCOPE_LOOPBACK;
	return addr_is_private(a) ? SCOPE_PRIVATE : SCOPE_PUBLIC;
}

bool
scope_is_stored(enum scope_lan lan, enum scope s)
{
	return lan != SCOPE_LAN_NO || s == SCOPE_PUBLIC;
}

enum scope
scope_handed(enum scope_lan lan, enum scope s)
{
	if (lan == SCOPE_LAN_AUTO)
		return s;
	return lan == SCOPE_LAN_YES ? SCOPE_LOOPBACK : SCOPE_PUBLIC;
}
