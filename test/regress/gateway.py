#!/usr/bin/env python3
"""A home router's port mapping: UPnP, NAT-PMP and PCP, on one address.

	gateway.py ADDRESS LOG upnp|natpmp|pcp|refuse|other|forward...

Each mapping that is asked for and each that is taken back is a line of LOG:
`upnp add tcp 4711 4711', `natpmp del tcp 4711'. With `refuse' it says no; with
`other', by NAT-PMP and PCP, it gives the port that is 1000 above. With `forward'
who connects to a port that was mapped is led in. Its outside address is
198.51.100.7, which the host must have then.
"""
import re
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

ADDRESS, LOG = sys.argv[1:3]
WAYS = set(sys.argv[3:])
OUTSIDE = "198.51.100.7"
REFUSE = "refuse" in WAYS
SHIFT = 1000 if "other" in WAYS else 0
lock = threading.Lock()
WAN = "urn:schemas-upnp-org:service:WANIPConnection:1"

DESCRIPTION = f"""<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0">
<specVersion><major>1</major><minor>0</minor></specVersion>
<URLBase>http://{ADDRESS}:5000/</URLBase>
<device>
<deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType>
<friendlyName>gateway.py</friendlyName>
<manufacturer>spate</manufacturer><modelName>test</modelName>
<UDN>uuid:00000000-0000-0000-0000-000000000001</UDN>
<deviceList><device>
<deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType>
<deviceList><device>
<deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType>
<serviceList><service>
<serviceType>{WAN}</serviceType>
<serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId>
<controlURL>/control</controlURL><eventSubURL>/event</eventSubURL>
<SCPDURL>/scpd.xml</SCPDURL>
</service></serviceList>
</device></deviceList></device></deviceList></device></root>
"""


def log(*words):
    with lock, open(LOG, "a", encoding="ascii") as f:
        print(*words, file=f)


def pipe(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


led = set()


def lead(outer, to, inner):
    """Leads connections to OUTSIDE:outer to the host that asked."""
    def serve(listener):
        while True:
            a, _ = listener.accept()
            try:
                b = socket.create_connection((to, inner), 5)
            except OSError:
                a.close()
                continue
            for pair in ((a, b), (b, a)):
                threading.Thread(target=pipe, args=pair, daemon=True).start()

    if "forward" not in WAYS or outer in led:
        return
    led.add(outer)
    listener = socket.create_server((OUTSIDE, outer))
    threading.Thread(target=serve, args=(listener,), daemon=True).start()


def soap(action, inner):
    return (f'<?xml version="1.0"?><s:Envelope '
            f'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
            f'<u:{action}Response xmlns:u="{WAN}">{inner}'
            f"</u:{action}Response></s:Body></s:Envelope>")


FAULT = """<?xml version="1.0"?><s:Envelope
 xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>
<faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail>
<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>501</errorCode>
<errorDescription>Action Failed</errorDescription></UPnPError></detail>
</s:Fault></s:Body></s:Envelope>"""


class Control(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, code, text):
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, DESCRIPTION)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()

        def arg(name):
            m = re.search(f"<{name}>([^<]*)</{name}>", body)
            return m.group(1) if m else ""

        action = self.headers["Soapaction"].strip('"').split("#")[1]
        if REFUSE and action == "AddPortMapping":
            log("upnp refuse", arg("NewProtocol").lower())
            self.answer(500, FAULT)
            return
        if action == "AddPortMapping":
            log("upnp add", arg("NewProtocol").lower(),
                arg("NewExternalPort"), arg("NewInternalPort"))
            if arg("NewProtocol") == "TCP":
                lead(int(arg("NewExternalPort")), arg("NewInternalClient"),
                     int(arg("NewInternalPort")))
        elif action == "DeletePortMapping":
            log("upnp del", arg("NewProtocol").lower(),
                arg("NewExternalPort"))
        inner = ""
        if action == "GetExternalIPAddress":
            inner = f"<NewExternalIPAddress>{OUTSIDE}</NewExternalIPAddress>"
        self.answer(200, soap(action, inner))


def ssdp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", 1900))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                 socket.inet_aton("239.255.255.250") +
                 socket.inet_aton(ADDRESS))
    while True:
        data, peer = s.recvfrom(2048)
        if data.startswith(b"M-SEARCH"):
            what = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
            s.sendto((f"HTTP/1.1 200 OK\r\nST:{what}\r\nEXT:\r\n"
                      f"LOCATION: http://{ADDRESS}:5000/root.xml\r\n"
                      f"USN: uuid:00000000-0000-0000-0000-000000000001::"
                      f"{what}\r\nSERVER: x UPnP/1.0 gateway.py/1\r\n"
                      "CACHE-CONTROL: max-age=120\r\n\r\n").encode(), peer)


def natpmp(data, peer):
    """NAT-PMP (RFC 6886)."""
    if data[1] == 0:
        return struct.pack("!BBHI", 0, 128, 0, 1) + socket.inet_aton(OUTSIDE)
    inner, outer, life = struct.unpack("!HHI", data[4:12])
    proto = {1: "udp", 2: "tcp"}[data[1]]
    if REFUSE:
        log("natpmp refuse", proto)
        return struct.pack("!BBHIHHI", 0, data[1] + 128, 2, 1, inner, 0, 0)
    if life == 0:
        log("natpmp del", proto, inner)
    else:
        log("natpmp add", proto, outer, inner)
        if proto == "tcp":
            lead((outer or inner) + SHIFT, peer[0], inner)
    return struct.pack("!BBHIHHI", 0, data[1] + 128, 0, 1, inner,
                       (outer or inner) + SHIFT, life)


def pcp(data, peer):
    """PCP MAP (RFC 6887)."""
    life, = struct.unpack("!I", data[4:8])
    nonce, proto = data[24:36], data[36]
    inner, outer = struct.unpack("!HH", data[40:44])
    name = {6: "tcp", 17: "udp"}.get(proto, "all")
    log("pcp", "del" if life == 0 else "add", name, outer, inner)
    if life > 0 and name == "tcp":
        lead((outer or inner) + SHIFT, peer[0], inner)
    return (struct.pack("!BBBBII", 2, 0x81, 0, 0, life, 1) + bytes(12) +
            nonce + bytes([proto, 0, 0, 0]) +
            struct.pack("!HH", inner, (outer or inner) + SHIFT) +
            bytes(10) + b"\xff\xff" + socket.inet_aton(OUTSIDE))


def mappings():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((ADDRESS, 5351))
    while True:
        data, peer = s.recvfrom(1100)
        if data[0] == 0 and "natpmp" in WAYS:
            s.sendto(natpmp(data, peer), peer)
        elif data[0] == 2 and "pcp" in WAYS and data[1] == 1:
            s.sendto(pcp(data, peer), peer)
        elif data[0] == 2 and "natpmp" in WAYS:
            # RFC 6886, 3.5: a version that is not supported.
            s.sendto(struct.pack("!BBHI", 0, 128, 1, 1), peer)


if WAYS & {"natpmp", "pcp"}:
    threading.Thread(target=mappings, daemon=True).start()
if "upnp" in WAYS:
    threading.Thread(target=ssdp, daemon=True).start()
log("ready")
HTTPServer((ADDRESS, 5000), Control).serve_forever()
