// p2pml.mjs MODULES TRACKER STREAM SECONDS: two pages play STREAM with hls.js
// and p2p-media-loader, which meets others through TRACKER (ws://). Prints one
// line of JSON: what each got of whom, in bytes.

import fs from "fs";
import http from "http";
import { createRequire } from "module";
import path from "path";

const [modules, tracker, stream, seconds] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, "x.js"));
const { chromium } = require("playwright-core");

const files = {
	"/hls.js": "hls.js/dist/hls.mjs",
	"/core.js": "p2p-media-loader-core/dist/p2p-media-loader-core.es.min.js",
	"/hlsjs.js":
	    "p2p-media-loader-hlsjs/dist/p2p-media-loader-hlsjs.es.min.js",
};
const page = `<!doctype html><video id=v muted></video>
<script type=importmap>{"imports": {"hls.js": "/hls.js",
    "p2p-media-loader-core": "/core.js",
    "p2p-media-loader-hlsjs": "/hlsjs.js"}}</script>
<script type=module>
	import Hls from "hls.js";
	import { HlsJsP2PEngine } from "p2p-media-loader-hlsjs";
	globalThis.HlsWithP2P = HlsJsP2PEngine.injectMixin(Hls);
</script>`;
const site = http.createServer((req, res) => {
	const file = files[req.url];
	res.setHeader("Content-Type", file ? "text/javascript" : "text/html");
	res.end(file ? fs.readFileSync(path.join(modules, file)) : page);
});
await new Promise((done) => site.listen(0, "127.0.0.1", done));

const args = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required",
    "--mute-audio", "--disable-gpu", "--disable-dev-shm-usage",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding", ...(process.env.P2PML_ARGS ?? "")
    .split(" ").filter((s) => s)];
const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM,
    headless: true, args });

async function begin({ tracker, stream }) {
	const out = globalThis.out = { http: 0, p2p: 0, up: 0, peers: 0,
	    errors: [], warnings: [], time: 0 };
	const video = document.getElementById("v");
	const hls = new HlsWithP2P({ p2p: {
		core: {
			announceTrackers: [tracker],
			rtcConfig: { iceServers: [] },
			swarmId: "p2pml-test",
			highDemandTimeWindow: 4,
			httpDownloadTimeWindow: 8,
			simultaneousHttpDownloads: 1,
		},
		onHlsJsCreated(hls) {
			const on = (name, fn) => hls.p2pEngine.addEventListener(name,
			    fn);
			on("onPeerConnect", () => out.peers++);
			on("onChunkDownloaded", (n, from) => out[from] += n);
			on("onChunkUploaded", (n) => out.up += n);
			on("onTrackerError", (d) => out.errors.push(String(d.error)));
			on("onTrackerWarning",
			    (d) => out.warnings.push(String(d.warning)));
		},
	} });
	hls.attachMedia(video);
	hls.loadSource(stream);
	video.play().catch(() => {});
}

const report = () => {
	out.time = document.getElementById("v").currentTime;
	return out;
};

// Two browsers, as on two hosts: nothing of one is known to the other.
const browsers = [await launch(), await launch()];
try {
	const tabs = [];
	for (const b of browsers) {
		const tab = await b.newPage();
		await tab.goto(`http://127.0.0.1:${site.address().port}/`);
		await tab.waitForFunction("globalThis.HlsWithP2P");
		await tab.evaluate(begin, { tracker, stream });
		tabs.push(tab);
		await new Promise((done) => setTimeout(done, 4000));
	}
	const end = Date.now() + Number(seconds) * 1000;
	let got;
	do {
		await new Promise((done) => setTimeout(done, 500));
		got = await Promise.all(tabs.map((tab) => tab.evaluate(report)));
	} while (Date.now() < end && !got.some((g) => g.p2p > 0 && g.time > 0));
	console.log(JSON.stringify(got));
} finally {
	await Promise.all(browsers.map((b) => b.close()));
	site.close();
}
