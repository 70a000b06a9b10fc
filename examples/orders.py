#!/usr/bin/env python3
"""A small order service to drill: orders are lines of a file, on disk before they are acknowledged."""

import argparse
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

PAGE = 1000


class Orders:
    """The file of orders. Lines are appended and synced by one writer at a time."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "orders.jsonl")
        self.lock = threading.Lock()
        self.lines = []
        if os.path.exists(path):
            with open(path, "rb") as file:
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]  # a torn last line was never acknowledged
            self.lines = [json.loads(line) for line in whole.splitlines()]
            os.truncate(path, len(whole))
        self.file = open(path, "ab", buffering=0)

    def add(self, order):
        with self.lock:
            self.file.write(json.dumps(order).encode() + b"\n")
            os.fdatasync(self.file.fileno())
            self.lines.append(order)

    def page(self, after):
        orders = self.lines[after : after + PAGE]
        more = after + PAGE < len(self.lines)
        return {"orders": orders, **({"next": str(after + PAGE)} if more else {})}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    orders = None

    def answer(self, status, body):
        data = json.dumps(body).encode()
        head = "HTTP/1.1 %d \r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(data))
        self.wfile.write(head.encode() + data)

    def do_GET(self):
        url = urlparse(self.path)
        if url.path == "/health":
            self.answer(200, {"status": "UP"})
        elif url.path == "/orders":
            after = parse_qs(url.query).get("after", ["0"])[0]
            self.answer(200, self.orders.page(int(after or "0")))
        else:
            self.answer(404, {"error": "there are /health and /orders"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            order = json.loads(body)
            kept = {"ref": str(order["ref"]), "item": int(order["item"]), "note": str(order["note"])}
        except (ValueError, KeyError, TypeError) as error:
            self.answer(400, {"error": "an order needs ref, item and note: %s" % error})
            return
        self.orders.add(kept)
        self.answer(201, {"ref": kept["ref"]})

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", required=True)
    arguments = parser.parse_args()
    Handler.orders = Orders(arguments.data)
    print("orders on port", arguments.port, "with", len(Handler.orders.lines), "orders", flush=True)
    Server(("127.0.0.1", arguments.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
