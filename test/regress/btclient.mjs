// btclient.mjs URL...: a client of bittorrent-tracker for each URL, all in one
// swarm. Each has to be told of all others; then one completes and leaves, and
// the counts have to say so.
import { register } from 'node:module'
import { pathToFileURL } from 'node:url'

// Its WebRTC is compiled code, and not needed here.
const none = 'data:text/javascript,' + encodeURIComponent(`
export const RTCPeerConnection = null
export const RTCSessionDescription = null
export const RTCIceCandidate = null`)
register('data:text/javascript,' + encodeURIComponent(`
export async function resolve (name, context, next) {
  return name === 'webrtc-polyfill'
    ? { url: ${JSON.stringify(none)}, shortCircuit: true }
    : next(name, context)
}`))

const { default: Client } = await import(pathToFileURL(
  process.env.NODE_PATH + '/bittorrent-tracker/client.js'))

const urls = process.argv.slice(2)
const hash = 'b7'.repeat(20)

function fail (why) {
  console.error(why)
  process.exit(1)
}

function client (i, url) {
  const c = new Client({
    infoHash: hash,
    peerId: Buffer.from('-XX0001-' + String(i).padStart(12, '0')),
    announce: [url],
    port: 7000 + i
  })
  c.seen = new Set()
  c.on('error', e => fail(url + ': ' + e.message))
  c.on('warning', e => fail(url + ': ' + e.message))
  c.on('peer', p => c.seen.add(p))
  return c
}

// What the next answer to an announce says.
function ask (c, how, opts) {
  return new Promise(resolve => {
    c.once('update', resolve)
    c[how](opts)
  })
}

function is (what, got, want) {
  if (got !== want) fail(what + ': ' + got + ' and not ' + want)
}

// Two for each URL.
const clients = [...urls, ...urls].map((url, i) => client(i, url))
for (const c of clients) await ask(c, 'start', { left: 1000 })
for (const c of clients) await ask(c, 'update', { left: 1000, numwant: 50 })
clients.forEach((c, i) => {
  const others = clients.map((_, k) => '127.0.0.1:' + (7000 + k))
    .filter((_, k) => k !== i).sort()
  is(urls[i % urls.length] + ' tells of', [...c.seen].sort().join(),
    others.join())
})
let d = await ask(clients[0], 'complete', { left: 0 })
is('complete', d.complete, 1)
is('incomplete', d.incomplete, clients.length - 1)
for (const c of clients.slice(-urls.length)) {
  d = await new Promise(resolve => {
    c.once('scrape', resolve)
    c.scrape()
  })
  is('scrape', [d.complete, d.downloaded, d.incomplete].join(),
    [1, 1, clients.length - 1].join())
}
await ask(clients[0], 'stop', { left: 0 })
d = await ask(clients.at(-1), 'update', { left: 1000 })
is('after the seed has left', d.complete + ',' + d.incomplete,
  '0,' + (clients.length - 1))
process.exit(0)
