#include "lt/lt_int.hpp"

#include <cstdlib>
#include <cstring>

#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace bt = libtorrent;

/*
 * libtorrent 2.0.8 asks gateways from the sockets on which it listens, and
 * without them it has no gateway. So for who wants ports mapped and no peers
 * they are there, but shut as soon as it tells of them: a TCP socket that is
 * shut down listens no more, one of UDP that is connected to itself hears
 * nobody. What it has mapped for itself is taken back.
 */

/* Of libtorrent's own: TCP and UDP, before any of ours. */
static const int OWN_MAPPINGS = 2;

/* The end of |fd|; unset when it is none of the internet. */
static sp_addr
end_of(int fd) noexcept
{
	sockaddr_storage ss = {};
	socklen_t len = sizeof(ss);
	sp_addr out = {};

	if (getsockname(fd, reinterpret_cast<sockaddr *>(&ss), &len) < 0)
		return out;
	if (ss.ss_family == AF_INET) {
		auto *v4 = reinterpret_cast<sockaddr_in *>(&ss);

		out.family = 4;
		out.port = ntohs(v4->sin_port);
		memcpy(out.ip, &v4->sin_addr, sizeof(v4->sin_addr));
	} else if (ss.ss_family == AF_INET6) {
		auto *v6 = reinterpret_cast<sockaddr_in6 *>(&ss);

		out.family = 6;
		out.port = ntohs(v6->sin6_port);
		memcpy(out.ip, &v6->sin6_addr, sizeof(v6->sin6_addr));
	}
	return out;
}

static void
shut(int fd, bool udp) noexcept
{
	sockaddr_storage ss = {};
	socklen_t len = sizeof(ss);

	if (!udp)
		shutdown(fd, SHUT_RDWR);
	else if (getsockname(fd, reinterpret_cast<sockaddr *>(&ss), &len) == 0)
		(void)!connect(fd, reinterpret_cast<sockaddr *>(&ss), len);
}

void
lt_mute_socket(const sp_addr &at, bool udp) noexcept
{
	DIR *dir = opendir("/proc/self/fd");
	int type, want = udp ? SOCK_DGRAM : SOCK_STREAM;
	socklen_t len;

	if (dir == nullptr)
		return;
	while (dirent *e = readdir(dir)) {
		int fd = static_cast<int>(strtol(e->d_name, nullptr, 10));
		sp_addr a = end_of(fd);

		len = sizeof(type);
		if (a.family != 0 && memcmp(&a, &at, sizeof(a)) == 0 &&
		    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
		    type == want)
			shut(fd, udp);
	}
	closedir(dir);
}

void
lt_mute_mapping(lt_session &s, bt::port_mapping_t handle)
{
	if (static_cast<int>(handle) < OWN_MAPPINGS && s.ses)
		LT_CALL(s.ses->delete_port_mapping(handle));
}
