// hlsjs.mjs MODULES URL SECONDS: plays URL with hls.js in headless Chromium
// and prints one line of JSON. A stall is media time behind the wall, from 2 s
// after the start: a Chromium without CPU slows its clock and fires no event.

import fs from "fs";
import http from "http";
import { createRequire } from "module";
import path from "path";

const [modules, url, seconds] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, "x.js"));
const { chromium } = require("playwright-core");
const hls = fs.readFileSync(path.join(modules, "hls.js/dist/hls.min.js"));
const page =
    "<!doctype html><video id=v muted></video><script src=/hls.js></script>";

// Of another origin than the stream: without CORS nothing plays.
const site = http.createServer((req, res) => {
	const js = req.url === "/hls.js";
	res.setHeader("Content-Type", js ? "text/javascript" : "text/html");
	res.end(js ? hls : page);
});
await new Promise((done) => site.listen(0, "127.0.0.1", done));

const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM,
	headless: true,
	args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required",
	    "--mute-audio", "--disable-gpu", "--disable-dev-shm-usage",
	    "--disable-background-timer-throttling"],
});

async function play({ url, seconds }) {
	const video = document.getElementById("v");
	const out = { startup: null, frags: 0, waits: 0, behind: 0, errors: [],
	    levels: [] };
	const begun = performance.now();
	const now = () => (performance.now() - begun) / 1000;
	const player = new Hls();
	let base = null;

	player.on(Hls.Events.ERROR, (_, d) => out.errors.push(d.details));
	player.on(Hls.Events.FRAG_LOADED, (_, d) => {
		out.frags++;
		if (d.frag.type === "main")
			out.levels.push(player.levels[d.frag.level].height);
	});
	video.addEventListener("waiting", () => out.waits++);
	player.loadSource(url);
	player.attachMedia(video);
	video.play().catch(() => {});
	while (now() < seconds) {
		await new Promise((done) => setTimeout(done, 50));
		if (video.currentTime === 0 || video.paused)
			continue;
		out.startup ??= now();
		if (now() < out.startup + 2)
			continue;
		const lag = now() - video.currentTime;
		base = base === null ? lag : Math.min(base, lag);
		out.behind = Math.max(out.behind, lag - base);
	}
	out.latency = player.latency;
	out.kbps = Math.round(player.bandwidthEstimate / 1000);
	return out;
}

try {
	const tab = await browser.newPage();
	await tab.goto(`http://127.0.0.1:${site.address().port}/`);
	console.log(JSON.stringify(await tab.evaluate(play, { url,
	    seconds: Number(seconds) })));
} finally {
	await browser.close();
	site.close();
}
