#ifndef SRC_IO_PRIV_H
#define SRC_IO_PRIV_H

/*
 * Giving up privileges: once, when sockets and files are open, and as a whole
 * or not at all.
 */

#include "io/loop.h"

#define PRIV_WHY 256

/*
 * Who the process becomes. |user| is NAME, NAME:GROUP, or numbers; without a
 * group, the user's own ones. NULL: nobody else. |root| is the directory that
 * becomes "/", or NULL.
 */
struct priv {
	const char *user;
	const char *root;
};

/*
 * Is there such a user, and such a directory; would priv_drop be allowed? 0,
 * SP_ERR_NOTFOUND, SP_ERR_DENIED; |why| tells.
 */
int priv_check(const struct priv *p, char why[PRIV_WHY]);
/*
 * Changes the root, then the groups, then the user, forbids to gain
 * privileges, and looks whether there is a way back. Who is that user already
 * and has no other rights only does the last two. On an error, which |why|
 * tells, the process may have lost a part of its rights: it must end.
 */
int priv_drop(const struct priv *p, char why[PRIV_WHY]);

/*
 * Gives the file |path| to whom we become, if that is somebody else. SP_ERR_IO
 * (errno), SP_ERR_NOTFOUND.
 */
int priv_own(const struct priv *p, const char *path);

/*
 * Raises the limit of open files to |want|, beyond the hard one if that is
 * allowed. Returns what it is then.
 */
size_t priv_files(size_t want);

#endif
