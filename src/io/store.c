#include "io/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

static int
fail_errno(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return SP_ERR_NOTFOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return SP_ERR_DENIED;
	case EEXIST:
		return SP_ERR_EXISTS;
	case ENOMEM:
		return SP_ERR_NOMEM;
	default:
		return SP_ERR_IO;
	}
}

/* Closes without losing errno. */
static void
shut(int fd)
{
	int e = errno;

	close(fd);
	errno = e;
}

/* ---- reading ---- */

static int
read_all(int fd, size_t max, uint8_t **out, size_t *len)
{
	size_t cap = 4096, n = 0;
	uint8_t *p = NULL, *grown;
	ssize_t k;

	for (;;) {
		/* One byte more than the maximum tells "more". */
		cap = SP_MIN(cap, max + 1);
		if ((grown = realloc(p, cap + 1)) == NULL) {
			free(p);
			return SP_ERR_NOMEM;
		}
		p = grown;
		k = read(fd, p + n, cap - n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0) {
			free(p);
			return fail_errno();
		}
		n += (size_t)k;
		if (n > max) {
			free(p);
			return SP_ERR_TOOBIG;
		}
		if (k == 0)
			break;
		if (n == cap)
			cap *= 2;
	}
	p[n] = '\0';
	*out = p;
	*len = n;
	return 0;
}

static int
read_path(const char *path, size_t max, bool secret, uint8_t **out, size_t *len)
{
	struct stat st;
	int fd, rc;

	/* O_NONBLOCK: opening a FIFO must not hang. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fail_errno();
	if (fstat(fd, &st) < 0) {
		rc = fail_errno();
	} else if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		rc = SP_ERR_IO;
	} else if (secret && ((st.st_uid != geteuid() && st.st_uid != 0) ||
				 (st.st_mode & 077) != 0)) {
		errno = EPERM;
		rc = SP_ERR_DENIED;
	} else {
		rc = read_all(fd, max, out, len);
	}
	shut(fd);
	return rc;
}

int
store_read(const char *path, size_t max, uint8_t **out, size_t *len)
{
	return read_path(path, max, false, out, len);
}

int
store_read_secret(const char *path, size_t max, uint8_t **out, size_t *len)
{
	return read_path(path, max, true, out, len);
}

/* ---- writing ---- */

static int
write_all(int fd, const uint8_t *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The rename is on disk when the directory is. */
static void
sync_dir(const char *path)
{
	char *copy = strdup(path);
	int fd;

	if (copy == NULL)
		return;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

static int
put(const char *path, const void *p, size_t len, unsigned mode, bool replace)
{
	const char *base = strrchr(path, '/');
	size_t size = strlen(path) + 16;
	char *tmp;
	int fd, rc = 0;

	if ((tmp = malloc(size)) == NULL)
		return SP_ERR_NOMEM;
	/* A leading dot: who lists or watches the directory skips it. */
	base = base != NULL ? base + 1 : path;
	snprintf(tmp, size, "%.*s.%s.XXXXXX", (int)(base - path), path, base);
	if ((fd = mkostemp(tmp, O_CLOEXEC)) < 0) {
		rc = fail_errno();
		free(tmp);
		return rc;
	}
	if (write_all(fd, p, len) < 0 || fchmod(fd, mode) < 0 || fsync(fd) < 0)
		rc = fail_errno();
	shut(fd);
	/* link(2) does not replace. */
	if (rc == 0 && (replace ? rename(tmp, path) : link(tmp, path)) < 0)
		rc = fail_errno();
	if (rc < 0 || !replace) {
		int e = errno;

		unlink(tmp);
		errno = e;
	}
	if (rc == 0)
		sync_dir(path);
	free(tmp);
	return rc;
}

int
store_write(const char *path, const void *p, size_t len, unsigned mode)
{
	return put(path, p, len, mode, true);
}

int
store_create(const char *path, const void *p, size_t len, unsigned mode)
{
	return put(path, p, len, mode, false);
}

/* ---- directories ---- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
name_fits(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return name[0] != '.' && n >= k && strcmp(name + n - k, suffix) == 0;
}

static int
add_name(char ***names, int n, const char *name)
{
	char **grown;

	/* Powers of two. */
	if ((n & (n - 1)) == 0) {
		grown = realloc(*names,
		    (size_t)(n == 0 ? 1 : 2 * n) * sizeof(**names));
		if (grown == NULL)
			return SP_ERR_NOMEM;
		*names = grown;
	}
	if (((*names)[n] = strdup(name)) == NULL)
		return SP_ERR_NOMEM;
	return 0;
}

int
store_list(const char *dir, const char *suffix, size_t max, char ***out)
{
	struct dirent *de;
	char **names = NULL;
	int n = 0, rc = 0;
	DIR *d;

	if ((d = opendir(dir)) == NULL)
		return fail_errno();
	while (rc == 0 && (de = readdir(d)) != NULL) {
		if (!name_fits(de->d_name, suffix))
			continue;
		if ((size_t)n == max || n == INT_MAX / 2)
			rc = SP_ERR_TOOBIG;
		else if ((rc = add_name(&names, n, de->d_name)) == 0)
			n++;
	}
	closedir(d);
	if (rc < 0) {
		store_list_free(names, n);
		return rc;
	}
	if (n > 0)
		qsort(names, (size_t)n, sizeof(*names), by_name);
	*out = names;
	return n;
}

void
store_list_free(char **names, int n)
{
	int i;

	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
}
