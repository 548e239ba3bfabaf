#ifndef TOOLS_PROBE_H
#define TOOLS_PROBE_H

/*
 * What spate-probe finds out of how others can reach this machine, and what is
 * made of it. The parts that ask (probe_int.h) fill struct probe_facts; the
 * verdict and the printing are pure.
 */

#include "base/addr.h"
#include "base/buf.h"
#include "io/mcast.h"
#include "wire/limits.h"

#define PROBE_TRACKERS 32
#define PROBE_CALLERS  8

struct probe_lsd {
	bool asked;
	unsigned networks; /* that took what was said */
	bool back;         /* it came back: they carry it */
	unsigned heard;    /* datagrams of others */
};

struct probe_gateway {
	bool asked, mapped;
	char by[12];            /* "upnp", "nat-pmp", "pcp"; "natpmp": either */
	uint16_t port;          /* of the gateway */
	struct sp_addr outside; /* its own; no port; unset: it did not tell */
	char why[120];          /* not mapped */
};

struct probe_dht {
	bool asked;
	uint32_t nodes;
	struct sp_addr found; /* as others found what we announced; or unset */
	struct sp_addr seen;  /* as nodes see us; no port; or unset */
	char why[120];        /* it cannot be begun */
};

enum probe_udp {
	PROBE_UDP_UNKNOWN, /* not asked */
	PROBE_UDP_SILENT,
	PROBE_UDP_ANSWERS,
};

struct probe_tracker {
	const char *url;
	bool done, ok;
	char why[120];          /* not ok */
	struct sp_addr outside; /* BEP 24; no port; or unset */
	uint32_t complete, incomplete;
	size_t peers;
	uint32_t ms; /* that the answer took */
	enum probe_udp udp;
	uint32_t udp_ms;
};

struct probe_origin {
	bool asked, done, ok;
	char url[2 * LIM_URI + 8];
	char why[120]; /* not ok */
	bool range;    /* it sent the bytes that were asked for, alone */
	bool has_clock;
	int64_t clock_ms; /* its clock - ours */
	uint32_t ms;
};

struct probe_facts {
	struct iface ifaces[IFACE_MAX];
	size_t n_ifaces;
	struct sp_addr route[2]; /* our end of the way out, IPv4 and IPv6 */
	uint16_t port;           /* where we listen, TCP */
	struct probe_lsd lsd;
	struct probe_gateway gateway;
	struct probe_dht dht;
	struct probe_tracker trackers[PROBE_TRACKERS];
	size_t n_trackers;
	struct probe_origin origin;
	/* Who connected to us from elsewhere than this house. */
	struct sp_addr callers[PROBE_CALLERS];
	size_t n_callers;
	bool hairpin_tried;
	bool hairpin; /* through the gateway to ourselves */
};

/* Whether somebody outside can connect to us. */
enum probe_reach {
	PROBE_REACH_YES,      /* somebody did, or we through the gateway */
	PROBE_REACH_PROBABLY, /* nothing speaks against it */
	PROBE_REACH_UNKNOWN,
	PROBE_REACH_NO,
};

#define PROBE_PROBLEMS 16
struct probe_verdict {
	enum probe_reach reach;
	const char *why;        /* for people */
	struct sp_addr outside; /* where others find us; family 0: not known */
	bool nat;               /* that is no address of this machine */
	/* What does not work of what was asked for. */
	char problem[PROBE_PROBLEMS][160];
	size_t n_problems;
};

void probe_judge(struct probe_verdict *out, const struct probe_facts *f);
/* "yes", "probably", ...: static. */
const char *probe_reach_name(enum probe_reach r);
/* |a| is an address of this machine. */
bool probe_is_ours(const struct probe_facts *f, const struct sp_addr *a);

/*
 * Takes from what libtorrent logs of gateways which protocol answers and the
 * gateway's own address. What is not understood is left out: the texts are
 * libtorrent's and may change.
 */
void probe_gateway_log(struct probe_gateway *g, const char *line);

void probe_print_text(struct sp_buf *b, const struct probe_facts *f,
    const struct probe_verdict *v);
/* SP_ERR_NOMEM. */
int probe_print_json(struct sp_buf *b, const struct probe_facts *f,
    const struct probe_verdict *v);

#endif
