#ifndef SRC_WIRE_LIMITS_H
#define SRC_WIRE_LIMITS_H

/*
 * Every size that a peer, a tracker, a seeder or an origin may choose, and
 * the most that is accepted. The text in spate-protocol(7) quotes this file.
 */

#include "base/base.h"

#define LIM_BLOCK         16384 /* bytes of a block, the last may be shorter */
#define LIM_PIECE_BLOCKS  1024  /* so a piece is at most 16 MiB */
#define LIM_PIECE_BYTES   (LIM_BLOCK * LIM_PIECE_BLOCKS)
#define LIM_TRACKS        32  /* media tracks of a channel: ids 0..31 */
#define LIM_TRACK_INIT    128 /* init pieces of track t are track t + 128 */
#define LIM_WINDOW_PIECES 512 /* pieces of one track in a window */
#define LIM_NUMBER        (UINT64_C(1) << 53) /* piece numbers stay below */

#define LIM_AVAIL_MS    (INT64_MAX / 1000000) /* fits ns; the year 2262 */
#define LIM_DURATION_US UINT32_C(3600000000)  /* of a piece: one hour */

#define LIM_URI         2048
#define LIM_LINES       4096  /* playlist lines of one record */
#define LIM_RECORD      12288 /* a record's dictionary, bencoded */
#define LIM_ENVELOPE    49152 /* record or manifest with hashes, signature */
#define LIM_MANIFEST    32768
#define LIM_TITLE       256
#define LIM_ORIGINS     16
#define LIM_TRACKERS    16
#define LIM_MASTER_REFS 64

#define LIM_MSG         49408 /* a peer message with type, without length */
#define LIM_FRAME       65535 /* sealed frame of the peer link */
#define LIM_HAVE_GROUPS 256   /* pieces told of in one have */
#define LIM_RECORD_WANT 64    /* records asked for in one message */
#define LIM_PEX_PEERS   50
#define LIM_BYE_TEXT    128
#define LIM_REQUESTS_IN 256 /* requests of one peer that may be queued */

#define LIM_BENCODE_DEPTH 16
#define LIM_LINK          8192 /* a channel link's text */
#define LIM_LINK_PEERS    8
#define LIM_PLAYLIST      (4 * 1024 * 1024)
#define LIM_M3U8_SEGMENTS 20000
#define LIM_ANNOUNCE_URI  4096
#define LIM_SCRAPE_URI    8192 /* LIM_SCRAPE_HASHES of them, all escaped */
#define LIM_NUMWANT       200
#define LIM_SCRAPE_HASHES 74
#define LIM_UDP_URL       1024 /* BEP 41: path and query of a tracker's URL */
#define LIM_UDP_REPLY     1232 /* of a tracker: what IPv6 carries unbroken */
#define LIM_TRACKER_REPLY (1024 * 1024)
#define LIM_PUBLISH       (2 * 1024 * 1024) /* body of a publish */
#define LIM_FEED_FRAME    (LIM_ENVELOPE + 64)
#define LIM_ROSTER        128   /* members of a duty roster */
#define LIM_PLACES        48    /* peers in one frame of planned places */
#define LIM_RECEIPTS      64    /* neighbours in one batch of receipts */
#define LIM_RECEIPT_SPAN  12    /* slices of 10 s that a batch covers */
#define LIM_WT_MESSAGE    65536 /* a message by WebSocket to the tracker */
#define LIM_WT_OFFERS     20    /* offers of one announce that are relayed */
#define LIM_WT_OFFER_ID   64    /* bytes */
#define LIM_WT_SDP        16384 /* an offer or answer, as JSON */

#define LIM_WINDOW_WAIT 60    /* seconds that a window is waited for */
#define LIM_LIVE_TAIL   65536 /* bytes of the window in an announce's answer */
#define LIM_LAGS        16    /* lags in what a viewer tells of itself */
#define LIM_TELE_SPAN   600   /* seconds that it covers */

#define LIM_METAINFO       (64 * 1024 * 1024) /* bytes of a .torrent */
#define LIM_METAINFO_FILES 200000
#define LIM_METAINFO_PATH  2048 /* bytes of a path in it, and of texts */

#define LIM_HEAD        1000 /* BEP 44: value of an item in the DHT */
#define LIM_SALT        64   /* of such an item */
#define LIM_HEAD_PIECES 4    /* tracks whose newest piece it names */
#define LIM_HEAD_URLS   4    /* trackers, and as many origins */
#define LIM_HEAD_PEERS  4

#define LIM_SHARE_BATCH 4096 /* bytes that trackers tell each other at once */

#endif
