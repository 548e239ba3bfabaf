#include "tools/seed_int.h"

#include <errno.h>

#include "io/daemon.h"

/*
 * The journal (--journal): what is signed is written before anybody gets it
 * over the network, and is on the disk before a tracker does. A disk that is
 * full stops nothing: up to JOURNAL_WAITING bytes wait, and a hole is told.
 */

static const char *
why(int rv)
{
	switch (rv) {
	case SP_ERR_IO:
		return strerror(errno);
	case SP_ERR_EXISTS:
		return "another spate-seed writes it";
	case SP_ERR_WRONGCHAN:
		return "belongs to another channel";
	case SP_ERR_SYNTAX:
		return "not a journal, or damaged";
	default:
		return sp_strerror(rv);
	}
}

static void
say(struct seed *s, int rv, bool had_failed, uint64_t had_lost)
{
	const struct journal *j = &s->journal;

	if (rv < 0) {
		snprintf(s->journal_why, sizeof(s->journal_why), "%s", why(rv));
		if (!had_failed)
			log_msg(s->log, LOG_LEVEL_ERROR,
			    "journal: %s, the channel goes on file=%s",
			    s->journal_why, s->opts->journal);
	} else if (had_failed) {
		s->journal_why[0] = '\0';
		log_msg(s->log, LOG_LEVEL_WARN, "journal: writes again file=%s",
		    s->opts->journal);
	}
	if (had_lost == 0 && j->lost > 0)
		log_msg(s->log, LOG_LEVEL_ERROR,
		    "journal: has a hole from here on file=%s",
		    s->opts->journal);
}

void
seed_log_add(struct seed *s, const uint8_t *env, size_t len)
{
	bool failed = s->journal.failed;
	uint64_t lost = s->journal.lost;

	if (s->opts->journal != NULL)
		say(s, journal_add(&s->journal, env, len), failed, lost);
}

void
seed_log_sync(struct seed *s)
{
	bool failed = s->journal.failed;

	if (s->opts->journal != NULL)
		say(s, journal_sync(&s->journal), failed, s->journal.lost);
}

/* Signed, and saved in the state, when a crash kept them from the journal. */
static void
catch_up(struct seed *s)
{
	for (size_t i = 0; i < s->state->n_pending; i++)
		seed_log_add(s, s->state->pending[i].p,
		    s->state->pending[i].len);
}

int
seed_log_open(struct seed *s)
{
	char where[4200];
	int rv;

	if (s->opts->journal == NULL)
		return 0;
	rv = journal_open(&s->journal, s->opts->journal, s->key->link.pk);
	if (rv == SP_ERR_SYNTAX) {
		snprintf(where, sizeof(where), "%s: at byte %" PRIu64,
		    s->opts->journal, s->journal.size);
		daemon_complain(where, why(rv));
	} else if (rv < 0) {
		daemon_complain(s->opts->journal, why(rv));
	}
	if (rv < 0)
		return rv;
	if (s->journal.cut > 0)
		log_msg(s->log, LOG_LEVEL_WARN,
		    "journal: cut off what a crash left bytes=%llu file=%s",
		    (unsigned long long)s->journal.cut, s->opts->journal);
	catch_up(s);
	seed_log_sync(s);
	if (!s->journal.failed)
		return 0;
	/* Not found out when the first record has left. */
	daemon_complain(s->opts->journal, s->journal_why);
	return SP_ERR_IO;
}
