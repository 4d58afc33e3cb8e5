"""A webhook's receiver for the tests: writes each request as a line of JSON, answers as it is told.

hook_receiver.py LOG ANSWERS PORT [CERT KEY]: prints its port (PORT of 0: any).  ANSWERS is a file whose first line is what the next request gets:
a status, "STATUS SECONDS" (Retry-After), "redirect URL", "flood" (an endless body), "stall" (no answer).
The line is taken away when it is not the last.
"""
import http.server
import json
import socketserver
import ssl
import sys
import time

log, answers = sys.argv[1:3]


def next_answer():
    with open(answers) as f:
        lines = f.read().split("\n")
    lines = [line for line in lines if line]
    if len(lines) > 1:
        with open(answers, "w") as f:
            f.write("\n".join(lines[1:]) + "\n")
    return (lines[0] if lines else "200").split()


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        what = next_answer()
        with open(log, "a") as f:
            f.write(json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()},
                                "body": body, "answer": what}) + "\n")
        if what[0] == "stall":
            time.sleep(60)
        self.send_response(307 if what[0] == "redirect" else 200 if what[0] == "flood" else int(what[0]))
        if what[0] == "redirect":
            self.send_header("Location", what[1])
        elif what[0] != "flood" and len(what) > 1:
            self.send_header("Retry-After", what[1])
        if what[0] == "flood":
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                return
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"said")

    def log_message(self, *unused):
        pass


class Server(socketserver.ThreadingTCPServer):  # HTTPServer would ask for its own name, which may take seconds
    daemon_threads = True
    allow_reuse_address = True


server = Server(("127.0.0.1", int(sys.argv[3])), Receiver)
if len(sys.argv) > 5:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
