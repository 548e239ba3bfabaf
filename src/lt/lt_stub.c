#include "lt/lt.h"

/* Without libtorrent. */

static const struct lt_error nothing = {
	.size = sizeof(nothing),
	.code = SP_ERR_UNSUPPORTED,
	.text = "built without libtorrent",
};

static int
refuse(struct lt_error *why)
{
	if (why != NULL)
		*why = nothing;
	return SP_ERR_UNSUPPORTED;
}

bool
lt_is_there(void)
{
	return false;
}

const char *
lt_version(void)
{
	return "none";
}

int
lt_new(struct lt_session **out, const struct lt_conf *conf SP_UNUSED,
    struct lt_error *why)
{
	*out = NULL;
	return refuse(why);
}

void
lt_abort(struct lt_session *s SP_UNUSED)
{
}

void
lt_free(struct lt_session *s SP_UNUSED)
{
}

const struct lt_error *
lt_why(const struct lt_session *s SP_UNUSED)
{
	return &nothing;
}

int
lt_apply(struct lt_session *s SP_UNUSED, const struct lt_kv *settings SP_UNUSED,
    size_t n SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_fd(const struct lt_session *s SP_UNUSED)
{
	return -1;
}

int
lt_drain(struct lt_session *s SP_UNUSED, lt_cb *cb SP_UNUSED,
    void *ctx SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_post_counters(struct lt_session *s SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_post_state(struct lt_session *s SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_post_status(struct lt_session *s SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_post_status_all(struct lt_session *s SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_post_dht_stats(struct lt_session *s SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_dht_add_node(struct lt_session *s SP_UNUSED, const char *host SP_UNUSED,
    uint16_t port SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_dht_announce(struct lt_session *s SP_UNUSED,
    const uint8_t info_hash[20] SP_UNUSED, uint16_t port SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_dht_get_peers(struct lt_session *s SP_UNUSED,
    const uint8_t info_hash[20] SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_dht_put(struct lt_session *s SP_UNUSED, const struct lt_item *item SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_dht_get(struct lt_session *s SP_UNUSED, const uint8_t key[32] SP_UNUSED,
    const void *salt SP_UNUSED, size_t salt_len SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_map_port(struct lt_session *s SP_UNUSED, bool udp SP_UNUSED,
    uint16_t external SP_UNUSED, uint16_t local SP_UNUSED,
    uint32_t *id SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_unmap_port(struct lt_session *s SP_UNUSED, uint32_t id SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_info_new(struct lt_info **out, const void *p SP_UNUSED, size_t len SP_UNUSED,
    struct lt_error *why)
{
	*out = NULL;
	return refuse(why);
}

void
lt_info_free(struct lt_info *i SP_UNUSED)
{
}

int
lt_add(struct lt_session *s SP_UNUSED, const struct lt_torrent *add SP_UNUSED,
    uint64_t *id SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_remove(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    bool files SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

const struct lt_info *
lt_info_of(const struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED)
{
	return NULL;
}

int
lt_set_flags(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    uint32_t flags SP_UNUSED, uint32_t mask SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_limit(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    uint32_t up_bps SP_UNUSED, uint32_t down_bps SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_connect_peer(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    const struct sp_addr *addr SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_add_piece(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    uint32_t piece SP_UNUSED, const void *p SP_UNUSED, size_t len SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_read_piece(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    uint32_t piece SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_set_deadline(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    uint32_t piece SP_UNUSED, uint32_t ms SP_UNUSED, bool read SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_reset_deadline(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    uint32_t piece SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_clear_deadlines(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_file_priorities(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    const uint8_t *prio SP_UNUSED, size_t n SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_piece_priorities(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    uint32_t first SP_UNUSED, uint32_t n SP_UNUSED, uint8_t prio SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_recheck(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_renew(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    const struct sp_addr *pardon SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_save_resume(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED,
    bool info SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

int
lt_post_peers(struct lt_session *s SP_UNUSED, uint64_t id SP_UNUSED)
{
	return SP_ERR_UNSUPPORTED;
}

void *
lt_hold(const struct lt_event *ev SP_UNUSED)
{
	return NULL;
}

void
lt_release(void *held SP_UNUSED)
{
}
