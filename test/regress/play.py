#!/usr/bin/env python3
"""play.py ffmpeg|mpv URL --log FILE: runs a real player and keeps its media
clock against the wall.

ffmpeg: reads in real time (-re) and decodes to nothing; what its progress is
behind the wall beyond STALL_S is a stall. mpv: --vo=null --ao=null; its
paused-for-cache is exact.
"""

import argparse
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time

from measure import STALL_S, Idle, Log, Stalls


PLAYERS = []


def start(cmd, **more):
    PLAYERS.append(subprocess.Popen(cmd, stdin=subprocess.DEVNULL, **more))
    return PLAYERS[-1]


def stop(*_):
    """SIGTERM: leave no player behind."""
    for proc in PLAYERS:
        finish(proc)
    sys.exit(143)


def finish(proc):
    proc.terminate()
    try:
        proc.wait(5)
    except subprocess.TimeoutExpired:
        proc.kill()
        proc.wait()


class Clock:
    """Media progress against the wall: excursions behind are stalls."""

    def __init__(self, stalls):
        self.stalls = stalls
        self.base = None  # wall - media when all is well
        self.since = None
        self.worst = 0

    def tick(self, now, media):
        lag = now - media
        if self.base is None or lag < self.base:
            self.base = lag
        behind = lag - self.base
        if behind > STALL_S:
            self.worst = max(self.worst, behind)
            self.since = self.since or now
        elif self.since:
            self.stalls.add(self.worst, now)
            self.since, self.worst = None, 0

    def end(self):
        if self.since:
            self.stalls.add(self.worst)


def ffmpeg(args, stalls, end):
    cmd = ["ffmpeg", "-hide_banner", "-nostdin", "-nostats", "-loglevel",
        "repeat+level+warning", "-progress", "pipe:1", "-stats_period", "0.2",
        "-user_agent", args.agent, "-re", "-i", args.url,
        "-map", "0:v:0", "-map", "0:a:0", "-f", "null", "-"]
    proc = start(cmd, stdout=subprocess.PIPE)
    clock = Clock(stalls)
    out = {"startup": None, "media": 0.0, "ended": False, "faults": []}
    buf = b""
    while time.monotonic() < end:
        ready, _, _ = select.select([proc.stdout], [], [], 0.2)
        now = time.monotonic()
        if ready:
            data = os.read(proc.stdout.fileno(), 65536)
            if not data:
                out["ended"] = True
                break
            buf += data
        *lines, buf = buf.split(b"\n")
        for line in lines:
            k, _, v = line.partition(b"=")
            if k == b"out_time_us" and v.lstrip(b"-").isdigit():
                out["media"] = max(out["media"], int(v) / 1e6)
        if out["media"] > 0:
            if out["startup"] is None:
                out["startup"] = now - args.begun
            clock.tick(now, out["media"])
    clock.end()
    finish(proc)
    if out["ended"]:
        out["faults"].append(f"ffmpeg ended by itself, {proc.returncode}")
    return out


class Ipc:
    """mpv's JSON socket."""

    def __init__(self, path, end):
        self.sock = None
        self.buf = b""
        while self.sock is None and time.monotonic() < end:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(path)
                self.sock = s
            except OSError:
                s.close()
                time.sleep(0.02)

    def say(self, *command):
        self.sock.sendall(json.dumps({"command": command}).encode() + b"\n")

    def events(self, seconds):
        ready, _, _ = select.select([self.sock], [], [], seconds)
        if not ready:
            return []
        data = self.sock.recv(65536)
        if not data:
            return [{"event": "gone"}]
        self.buf += data
        *lines, self.buf = self.buf.split(b"\n")
        return [json.loads(x) for x in lines if x]


def mpv(args, stalls, end):
    path = args.log + ".sock"
    cmd = ["mpv", "--no-config", "--vo=null", "--ao=null", "--no-terminal",
        "--no-ytdl", "--user-agent=" + args.agent,
        "--input-ipc-server=" + path, args.url]
    out = {"startup": None, "media": 0.0, "ended": False, "faults": []}
    proc = start(cmd)
    ipc = Ipc(path, end)
    if ipc.sock is None:
        finish(proc)
        out["faults"].append("mpv opened no socket")
        return out
    for i, name in enumerate(("paused-for-cache", "playback-time"), 1):
        ipc.say("observe_property", i, name)
    first, paused = None, None
    while time.monotonic() < end and not out["ended"]:
        for e in ipc.events(0.2):
            now = time.monotonic()
            kind, name, data = (e.get(k) for k in ("event", "name", "data"))
            if kind in ("end-file", "gone"):
                out["ended"] = True
                out["faults"].append(f"mpv: {kind} {e.get('reason')}")
            elif kind == "playback-restart" and out["startup"] is None:
                out["startup"] = now - args.begun
            elif name == "playback-time" and data is not None:
                first = data if first is None else first
                out["media"] = data - first
            elif name == "paused-for-cache" and out["startup"] is not None:
                if data and paused is None:
                    paused = now
                elif not data and paused is not None:
                    stalls.add(now - paused, now)
                    paused = None
    if paused is not None:
        stalls.add(time.monotonic() - paused)
    finish(proc)
    return out


def main():
    p = argparse.ArgumentParser()
    p.add_argument("player", choices=("ffmpeg", "mpv"))
    p.add_argument("url")
    p.add_argument("--log", required=True)
    p.add_argument("--seconds", type=float, default=30)
    p.add_argument("--begun", type=float, default=0)
    p.add_argument("--agent", default="")
    args = p.parse_args()
    signal.signal(signal.SIGTERM, stop)
    args.agent = args.agent or args.player
    args.begun = args.begun or time.monotonic()
    end = args.begun + args.seconds
    idle = Idle()
    stalls = Stalls(idle, args.begun)
    run = {"ffmpeg": ffmpeg, "mpv": mpv}[args.player]
    out = run(args, stalls, end)
    if out["startup"] is None:
        out["faults"].append("nothing was played")
    Log(args.log).put("player", player=args.player, url=args.url,
        begun=args.begun, stalls=stalls.list, idle=idle.overall(), **out)
    sys.exit(1 if out["faults"] else 0)


main()
