// wsclient.mjs MODULES URL: two clients of bittorrent-tracker (npm) announce
// themselves by WebSocket, find each other, and hand over an offer and an
// answer. WebRTC itself is a stand-in here (p2pml.sh has the real one), whose
// texts have every kind of character in them. Prints one line of JSON.

import { createRequire, register } from "module";
import path from "path";
import { pathToFileURL } from "url";

const [modules, url] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, "x.js"));

const rtc = `
const awkward = " \\"\\\\/\\b\\t\\r\\n\\0\\u007f\\u00e4\\u20ac\\ud83d\\ude00";
let n = 0;
export const seen = globalThis.seenByRtc = [];
class Channel {
	constructor() { this.label = "x"; this.readyState = "connecting"; }
	close() {}
	send() {}
}
export class RTCPeerConnection {
	constructor() {
		this.signalingState = "stable";
		this.iceConnectionState = "new";
		this.iceGatheringState = "complete";
	}
	createDataChannel() { return new Channel(); }
	async createOffer() {
		return { type: "offer", sdp: "offer " + n++ + awkward };
	}
	async createAnswer() {
		return { type: "answer", sdp: "answer " + n++ + awkward };
	}
	async setLocalDescription(d) {
		this.localDescription = d;
		setTimeout(() => this.onicecandidate?.({ candidate: null }), 5);
	}
	async setRemoteDescription(d) {
		seen.push(d);
		this.remoteDescription = d;
	}
	async addIceCandidate() {}
	async getStats() { return []; }
	getSenders() { return []; }
	close() {}
}
export class RTCSessionDescription {
	constructor(d) { Object.assign(this, d); }
}
export class RTCIceCandidate {}
`;
const hooks = `
export async function resolve(name, context, next) {
	if (name === "webrtc-polyfill")
		return { url: ${JSON.stringify("data:text/javascript," +
		    encodeURIComponent(rtc))}, shortCircuit: true };
	return next(name, context);
}
`;
register("data:text/javascript," + encodeURIComponent(hooks));
const where = path.join(modules, "bittorrent-tracker/client.js");
const { default: Client } = await import(pathToFileURL(where).href);

const out = { warnings: [], offers: 0, answers: 0, errors: [] };
// Every byte is in one of them.
const hash = (k) => Uint8Array.from({ length: 20 }, (_, i) => k * 20 + i);
const infoHash = hash(12);

function make(name, k, left) {
	const client = new Client({ infoHash, peerId: hash(k), port: 1,
	    announce: [url], getAnnounceOpts: () => ({ left }) });
	client.on("error", (e) => out.errors.push(name + ": " + e.message));
	client.on("warning", (e) => out.warnings.push(name + ": " + e.message));
	return client;
}

const once = (client, event) => new Promise((done, fail) => {
	const late = setTimeout(() => fail(new Error("no " + event)), 30000);
	client.once(event, (x) => {
		clearTimeout(late);
		done(x);
	});
});

const [a, b] = [make("a", 0, 0), make("b", 6, 7)];
try {
	a.start();
	out.first = await once(a, "update");
	const peers = Promise.all([once(a, "peer"), once(b, "peer")]);
	b.start({ numwant: 2 });
	out.second = await once(b, "update");
	const [ofA, ofB] = await peers;
	out.ids = [ofA.id === b.peerId, ofB.id === a.peerId];
	a.scrape();
	out.scrape = await once(a, "scrape");
	b.complete();
	out.third = await once(b, "update");
	b.stop();
	out.fourth = await once(b, "update");
	out.seen = globalThis.seenByRtc?.map((d) => d.sdp) ?? [];
} catch (e) {
	out.errors.push(e.message);
}
console.log(JSON.stringify(out));
process.exit(0);
