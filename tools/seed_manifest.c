#include "tools/place.h"
#include "tools/seed_int.h"

static struct manifest_text
text(const char *s)
{
	struct manifest_text t = { s, strlen(s) };

	return t;
}

void
seed_add_host(struct seed *s, const char *url, size_t len)
{
	struct sp_buf b;
	bool known = false;

	buf_init(&b, io_mem(), 2 * LIM_URI);
	buf_put(&b, url, len);
	buf_put_u8(&b, 0);
	len = b.len;
	if (b.err == 0 && place_host(&b, (const char *)b.p) == 0) {
		buf_put_u8(&b, 0);
		for (size_t i = 0; i < s->n_hosts && !known; i++)
			known = strcmp(s->hosts[i], (char *)b.p + len) == 0;
		if (!known && s->n_hosts < LIM_ORIGINS / 2) {
			s->hosts[s->n_hosts] = strdup((char *)b.p + len);
			s->n_hosts += s->hosts[s->n_hosts] != NULL;
			s->manifest_stale = true;
		}
	}
	buf_fini(&b);
}

void
seed_manifest_origins(const struct seed *s, struct manifest *m)
{
	for (size_t i = 0; i < s->n_origins; i++)
		m->origins[m->n_origins++] = text(s->origins[i]);
	if (s->n_origins == 0 && s->dir == NULL && s->base != NULL)
		m->origins[m->n_origins++] = text(s->base);
	for (size_t i = 0; i < s->n_hosts && m->n_origins < LIM_ORIGINS; i++)
		m->origins[m->n_origins++] = text(s->hosts[i]);
}

static bool
has_ended(const struct seed *s)
{
	for (size_t i = 0; i < s->n_tracks; i++)
		if (!s->state->tracks[s->tracks[i].id].used ||
		    !s->state->tracks[s->tracks[i].id].mark.ended)
			return false;
	return s->n_tracks > 0;
}

static void
fill_manifest(struct seed *s, struct manifest *m)
{
	memcpy(m->pk, s->key->link.pk, HASH_PK_LEN);
	m->epoch = s->state->epoch;
	m->serial =
	    SP_MAX(s->state->serial + 1, (uint64_t)seed_now_ms(s) / 1000);
	m->window_ms = (uint32_t)(s->opts->window / SP_MS);
	m->holdback_ms = 3000 * plan_target(&s->plan);
	m->policy = s->ended ? MANIFEST_ENDED : 0;
	m->title = text(s->key->link.name);
	plan_manifest(&s->plan, m);
	m->files.p = (const char *)s->file.packed;
	m->files.len = s->file.packed_len;
	seed_manifest_origins(s, m);
	for (size_t i = 0; i < s->n_trackers; i++)
		m->trackers[m->n_trackers++] = text(s->trackers[i].announce);
}

void
seed_manifest_sign(struct seed *s)
{
	struct manifest *m = calloc(1, sizeof(*m));
	int rv = SP_ERR_NOMEM;

	s->manifest_stale = false;
	s->ended = has_ended(s);
	buf_reset(&s->env);
	if (m != NULL) {
		fill_manifest(s, m);
		rv = manifest_seal(&s->env, m, s->key->sk);
	}
	if (rv == 0) {
		s->state->serial = m->serial;
		seed_state_save(s);
		seed_log_add(s, s->env.p, s->env.len);
		rv = spool_manifest(&s->spool, s->env.p, s->env.len);
	}
	if (rv == 0 && s->mesh != NULL)
		rv = mesh_manifest(mesh_host_mesh(s->mesh), s->env.p,
		    s->env.len, false, loop_now(s->loop));
	if (rv < 0)
		log_msg(s->log, LOG_LEVEL_ERROR, "manifest: %s",
		    sp_strerror(rv));
	else
		seed_dht_changed(s);
	free(m);
}

void
seed_manifest_link(struct seed *s)
{
	struct manifest *m = calloc(1, sizeof(*m));
	struct link *l = calloc(1, sizeof(*l));
	struct sp_buf b;

	buf_init(&b, io_mem(), 4 * LIM_LINK);
	if (m != NULL && l != NULL) {
		*l = s->key->link;
		l->n_trackers = l->n_origins = 0;
		if (!s->has_source) {
			l->n_salt = strlen(FILEITEM_SALT);
			memcpy(l->salt, FILEITEM_SALT, l->n_salt);
		}
		for (size_t i = 0; i < s->n_trackers; i++)
			snprintf(l->trackers[l->n_trackers++], LIM_URI + 1,
			    "%s", s->trackers[i].announce);
		seed_manifest_origins(s, m);
		for (size_t i = 0; i < m->n_origins; i++)
			snprintf(l->origins[l->n_origins++], LIM_URI + 1, "%s",
			    m->origins[i].p);
		link_write(&b, l);
	}
	if (b.err == 0 && b.len > 0) {
		printf("link: %.*s\n", (int)b.len, (const char *)b.p);
		fflush(stdout);
	}
	buf_fini(&b);
	free(l);
	free(m);
}
