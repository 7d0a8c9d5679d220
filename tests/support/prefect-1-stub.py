#!/usr/bin/env python3
"""
Loopback-only stub of the Prefect Cloud / Server 1.x GraphQL API.

Two modes
---------
scripted   rules (a list of dicts) decide every reply; used for the conformance cases
stateful   a tiny in-memory emulator of the secret + key-value endpoints

Rule fields (all optional unless noted)
    match      substring that must occur in the decoded request body (else any request)
    times      how many requests this rule may answer (default 1; the last matching rule
               repeats forever when all others are used up)
    status     HTTP status (default 200)
    headers    dict of reply headers
    body_json  reply body as JSON        } at most one
    body_text  reply body as text        }
    body_b64   reply body as base64      }
    delay_s    sleep before replying
    drop       true: close the connection without replying
    partial    true: announce a longer Content-Length than is sent, then close

Every request is stored as a dict: method, path, http_version, headers (ordered list of
[name, value] exactly as received), body (text), body_json, t (seconds since first request).

Standalone:
    stub_server.py --port 14200 --rules rules.json --log requests.jsonl
    stub_server.py --port 14200 --stateful --api-key KEY --log requests.jsonl
    (optional --tls cert.pem key.pem)
"""
import argparse
import base64
import gzip
import json
import re
import socket
import ssl
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Stub:
    def __init__(self, rules=None, handler=None, port=0, tls=None, log_path=None):
        self.rules = [dict(r) for r in (rules or [])]
        for r in self.rules:
            r["_used"] = 0
        self.handler_fn = handler
        self.requests = []
        self.lock = threading.Lock()
        self.t0 = None
        self.log_path = log_path
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            server_version = "stub"
            sys_version = ""

            def log_message(self, *a):
                pass

            def _any(self):
                n = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(n) if n else b""
                stub._serve(self, raw)

            do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = do_CONNECT = _any

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.tls = bool(tls)
        if tls:
            ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            ctx.load_cert_chain(tls[0], tls[1])
            self.server.socket = ctx.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    # ------------------------------------------------------------------
    def start(self):
        self.thread.start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *a):
        self.stop()

    # ------------------------------------------------------------------
    def _pick(self, text):
        last = None
        for r in self.rules:
            if r.get("match") and r["match"] not in text:
                continue
            last = r
            if r["_used"] < r.get("times", 1):
                r["_used"] += 1
                return r
        return last

    def _serve(self, h, raw):
        now = time.time()
        text = raw.decode("utf-8", "replace")
        try:
            body_json = json.loads(text) if text else None
        except ValueError:
            body_json = None
        with self.lock:
            if self.t0 is None:
                self.t0 = now
            rec = {
                "method": h.command,
                "path": h.path,
                "http_version": h.request_version,
                "headers": [[k, v] for k, v in h.headers.items()],
                "body": text,
                "body_json": body_json,
                "t": round(now - self.t0, 3),
            }
            self.requests.append(rec)
            if self.log_path:
                with open(self.log_path, "a") as f:
                    f.write(json.dumps(rec) + "\n")
            if self.handler_fn:
                rule = self.handler_fn(rec)
            else:
                rule = self._pick(text) or {
                    "status": 599,
                    "body_text": "stub: no rule",
                }
        if rule.get("delay_s"):
            time.sleep(rule["delay_s"])
        if rule.get("drop"):
            h.close_connection = True
            try:
                h.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            return
        headers = dict(rule.get("headers") or {})
        if "body_json" in rule:
            out = json.dumps(rule["body_json"], ensure_ascii=rule.get("ascii", True)).encode(
                "utf-8", "surrogatepass"
            )
            headers.setdefault("Content-Type", "application/json")
        elif "body_b64" in rule:
            out = base64.b64decode(rule["body_b64"])
        else:
            out = rule.get("body_text", "").encode()
        if rule.get("gzip"):
            out = gzip.compress(out)
            headers["Content-Encoding"] = "gzip"
        status = rule.get("status", 200)
        try:
            h.send_response_only(status)
            for k, v in headers.items():
                h.send_header(k, v)
            length = len(out) + (100 if rule.get("partial") else 0)
            if status not in (204, 304):
                h.send_header("Content-Length", str(length))
            h.end_headers()
            if h.command != "HEAD" and status not in (204, 304):
                h.wfile.write(out)
            h.wfile.flush()
            if rule.get("partial"):
                h.close_connection = True
        except (BrokenPipeError, ConnectionResetError):
            h.close_connection = True


# ----------------------------------------------------------------------
class StatefulApi:
    """In-memory emulation good enough for secrets + KV of Prefect 1.x clients, and for the aliases of pfx."""

    def __init__(self, api_key=None, secrets=None, kv=None, tenant_id=None):
        self.api_key = api_key
        self.secrets = dict(secrets or {})
        self.kv = {k: (str(uuid.uuid4()), v) for k, v in (kv or {}).items()}
        self.tenant_id = tenant_id or "11111111-2222-3333-4444-555555555555"

    @staticmethod
    def _err(message, path, code):
        return {
            "status": 200,
            "body_json": {
                "errors": [
                    {"path": [path], "message": message, "extensions": {"code": code}}
                ],
                "data": {path: None},
            },
        }

    def __call__(self, rec):
        hdr = {k.lower(): v for k, v in rec["headers"]}
        if self.api_key and hdr.get("authorization") != "Bearer " + self.api_key:
            return {
                "status": 400,
                "body_json": {
                    "errors": [
                        {
                            "message": "Unauthorized",
                            "extensions": {"code": "UNAUTHENTICATED"},
                        }
                    ]
                },
            }
        b = rec["body_json"] or {}
        q = b.get("query") or ""
        v = b.get("variables")
        if isinstance(v, str):
            v = json.loads(v)
        v = v or {}
        ok = lambda data: {"status": 200, "body_json": {"data": data}}
        if "set_secret(" in q:
            i = v["input"]
            self.secrets[i["name"]] = i["value"]
            return ok({"set_secret": {"success": True}})
        if "delete_secret(" in q:
            return ok({"delete_secret": {"success": self.secrets.pop(v["input"]["name"], None) is not None}})
        aliases = re.findall(r"^\s*(\w+): secret_value\(name: \$(\w+)\)$", q, re.M)
        if aliases:
            data, errors = {}, []
            for alias, variable in aliases:
                data[alias] = self.secrets.get(v[variable])
                if v[variable] not in self.secrets:
                    message = "No value found for the requested key"
                    errors.append({"path": [alias], "message": message, "extensions": {"code": "INTERNAL_SERVER_ERROR"}})
            return {"status": 200, "body_json": {"data": data, **({"errors": errors} if errors else {})}}
        aliases = re.findall(r'(\w+): key_value\(where: \{ key: \{ _eq: ("(?:[^"\\]|\\.)*") \} \}\)', q)
        if aliases:
            rows = lambda key: [{"value": self.kv[key][1]}] if key in self.kv else []
            return ok({alias: rows(json.loads(key)) for alias, key in aliases})
        if "secret_value" in q:
            if v.get("name") not in self.secrets:
                return self._err(
                    "No value found for the requested key",
                    "secret_value",
                    "INTERNAL_SERVER_ERROR",
                )
            return ok({"secret_value": self.secrets[v["name"]]})
        if "secret_names" in q:
            return ok({"secret_names": sorted(self.secrets)})
        if "set_key_value(" in q:
            i = v["input"]
            kid = self.kv.get(i["key"], (str(uuid.uuid4()),))[0]
            self.kv[i["key"]] = (kid, i["value"])
            return ok({"set_key_value": {"id": kid}})
        if "delete_key_value(" in q:
            kid = v["input"]["key_value_id"]
            for k, (i, _) in list(self.kv.items()):
                if i == kid:
                    del self.kv[k]
                    return ok({"delete_key_value": {"success": True}})
            return ok({"delete_key_value": {"success": False}})
        m = re.search(r'key_value\(where: \{ key: \{ _eq: ("(?:[^"\\]|\\.)*") \} \}\)', q)
        if m:
            key = json.loads(m.group(1))
            rows = [(k, i, val) for k, (i, val) in self.kv.items() if k == key]
        elif "key_value" in q:
            rows = [(k, i, val) for k, (i, val) in self.kv.items()]
        elif "auth_info" in q:
            return ok({"auth_info": {"tenant_id": self.tenant_id}})
        elif "tenant" in q:
            return ok({"tenant": [{"id": self.tenant_id, "slug": "acme", "name": "Acme"}]})
        else:
            return {
                "status": 400,
                "body_json": {
                    "errors": [
                        {
                            "message": "Cannot query field",
                            "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
                        }
                    ]
                },
            }
        want = [f for f in ("id", "key", "value") if re.search(r"^\s*%s\s*$" % f, q, re.M)]
        return ok(
            {"key_value": [{f: dict(id=i, key=k, value=val)[f] for f in want} for k, i, val in rows]}
        )


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--port", type=int, default=14200)
    ap.add_argument("--rules")
    ap.add_argument("--stateful", action="store_true")
    ap.add_argument("--state", help="JSON file {secrets:{},kv:{}} for --stateful")
    ap.add_argument("--api-key")
    ap.add_argument("--log")
    ap.add_argument("--tls", nargs=2)
    ap.add_argument("--max-seconds", type=float, default=1800)
    a = ap.parse_args()
    handler = None
    rules = []
    if a.stateful:
        st = json.load(open(a.state)) if a.state else {}
        handler = StatefulApi(api_key=a.api_key, **st)
    elif a.rules:
        rules = json.load(open(a.rules))
    stub = Stub(rules=rules, handler=handler, port=a.port, tls=a.tls, log_path=a.log)
    stub.start()
    print(f"stub listening on 127.0.0.1:{stub.port}", flush=True)
    try:
        time.sleep(a.max_seconds)
    except KeyboardInterrupt:
        pass
    stub.stop()


if __name__ == "__main__":
    sys.exit(main())
