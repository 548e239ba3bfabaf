#include "io/priv.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/conf.h"

#define GROUPS 64
#define NAME   256

struct who {
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS];
	int ngroups;
};

static int
sorry(char *why, int err, const char *what, const char *reason)
{
	snprintf(why, PRIV_WHY, "%.150s: %.100s", what, reason);
	return err;
}

/* A number that names a user or a group. -1 is not one. */
static bool
get_id(const char *text, uint32_t *out)
{
	int64_t v;

	if (conf_get_int(text, &v) < 0 || v < 0 || v >= UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

static bool
find_user(struct who *w, const char *name)
{
	const struct passwd *pw = getpwnam(name);
	uint32_t id;

	if (pw == NULL && get_id(name, &id)) {
		w->uid = id;
		w->gid = id;
		pw = getpwuid(id);
		if (pw == NULL)
			return true;
	}
	if (pw == NULL)
		return false;
	w->uid = pw->pw_uid;
	w->gid = pw->pw_gid;
	w->ngroups = GROUPS;
	if (getgrouplist(pw->pw_name, w->gid, w->groups, &w->ngroups) < 0)
		w->ngroups = GROUPS;
	return true;
}

static bool
find_group(struct who *w, const char *name)
{
	const struct group *gr = getgrnam(name);
	uint32_t id;

	if (gr != NULL)
		w->gid = gr->gr_gid;
	else if (get_id(name, &id))
		w->gid = id;
	else
		return false;
	w->groups[0] = w->gid;
	w->ngroups = 1;
	return true;
}

static int
find(struct who *w, const char *user, char *why)
{
	const char *colon = strchr(user, ':');
	size_t len = colon == NULL ? strlen(user) : (size_t)(colon - user);
	char name[NAME];

	memset(w, 0, sizeof(*w));
	if (len == 0 || len >= sizeof(name))
		return sorry(why, SP_ERR_NOTFOUND, user, "no name of a user");
	memcpy(name, user, len);
	name[len] = '\0';
	if (!find_user(w, name))
		return sorry(why, SP_ERR_NOTFOUND, name, "no such user");
	if (colon != NULL && !find_group(w, colon + 1))
		return sorry(why, SP_ERR_NOTFOUND, colon + 1, "no such group");
	if (w->ngroups == 0) {
		w->groups[0] = w->gid;
		w->ngroups = 1;
	}
	if (w->uid == 0)
		return sorry(why, SP_ERR_DENIED, name, "is root");
	return 0;
}

/* Real, effective and saved ids are those of |w|. */
static bool
is_who(const struct who *w)
{
	uid_t u[3];
	gid_t g[3];

	if (getresuid(&u[0], &u[1], &u[2]) < 0 ||
	    getresgid(&g[0], &g[1], &g[2]) < 0)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (u[i] != w->uid || g[i] != w->gid)
			return false;
	}
	return true;
}

int
priv_check(const struct priv *p, char why[PRIV_WHY])
{
	struct stat st;
	struct who w;
	int r;

	why[0] = '\0';
	if (p->user == NULL)
		return p->root == NULL ? 0
				       : sorry(why, SP_ERR_DENIED, p->root,
					     "root finds its way out of it: "
					     "name a user");
	if ((r = find(&w, p->user, why)) < 0)
		return r;
	if (p->root != NULL && stat(p->root, &st) < 0)
		return sorry(why, SP_ERR_NOTFOUND, p->root, strerror(errno));
	if (p->root != NULL && !S_ISDIR(st.st_mode))
		return sorry(why, SP_ERR_NOTFOUND, p->root, strerror(ENOTDIR));
	return 0;
}

static int
enter(const char *root, char *why)
{
	if (chroot(root) < 0 || chdir("/") < 0)
		return sorry(why, SP_ERR_DENIED, root, strerror(errno));
	return 0;
}

/* No way back, by any of the ways. */
static int
check_lost(const struct who *w, const char *user, char *why)
{
	if (!is_who(w))
		return sorry(why, SP_ERR_DENIED, user, "not all ids changed");
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
		return sorry(why, SP_ERR_DENIED, user,
		    "privileges can be had again");
	return 0;
}

int
priv_drop(const struct priv *p, char why[PRIV_WHY])
{
	struct who w;
	int r;

	why[0] = '\0';
	if (p->user == NULL)
		return 0;
	if ((r = find(&w, p->user, why)) < 0)
		return r;
	if (p->root != NULL && (r = enter(p->root, why)) < 0)
		return r;
	if (!is_who(&w)) {
		if (setgroups((size_t)w.ngroups, w.groups) < 0 ||
		    setresgid(w.gid, w.gid, w.gid) < 0 ||
		    setresuid(w.uid, w.uid, w.uid) < 0)
			return sorry(why, SP_ERR_DENIED, p->user,
			    strerror(errno));
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return sorry(why, SP_ERR_DENIED, p->user, strerror(errno));
	return check_lost(&w, p->user, why);
}

int
priv_own(const struct priv *p, const char *path)
{
	char why[PRIV_WHY];
	struct who w;
	int r;

	if (p->user == NULL || geteuid() != 0)
		return 0;
	if ((r = find(&w, p->user, why)) < 0)
		return r;
	return lchown(path, w.uid, w.gid) < 0 ? SP_ERR_IO : 0;
}

size_t
priv_files(size_t want)
{
	struct rlimit rl, more;

	if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
		return 0;
	more = rl;
	more.rlim_cur = SP_MAX(rl.rlim_cur, SP_MIN(rl.rlim_max, (rlim_t)want));
	if (rl.rlim_max < want) {
		more = (struct rlimit){ .rlim_cur = want, .rlim_max = want };
		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return want;
		more = rl;
		more.rlim_cur = rl.rlim_max;
	}
	if (more.rlim_cur != rl.rlim_cur && setrlimit(RLIMIT_NOFILE, &more) < 0)
		return (size_t)rl.rlim_cur;
	return (size_t)more.rlim_cur;
}
