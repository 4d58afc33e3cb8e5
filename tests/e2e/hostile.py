"""Send the hostile requests of hostile_cases.py to a running server, each on a connection of its own.

usage: hostile.py GROUP HOST:PORT [--tokens FILE] [--rounds N] [--only WORD]    GROUP: plain, token, rate, tls
       hostile.py mutate HOST:PORT [--count N] [--seed N]    bytes of the plain ones, changed at random
       hostile.py records        the plain ones as records for the load driver, to stdout
       hostile.py count

Prints "ok NAME" or "FAIL NAME: why" for each; with --rounds only what fails, and without those that take their time.
Exit 1 when something failed.
"""
import json
import random
import re
import socket
import sys
import threading
import time

import hostile_cases as table

PATIENCE = 120  # s for any one reply: a sanitizer on a busy machine


class Closed(Exception):
    pass


class Connection:
    def __init__(self, place, source=None):
        host, port = place.rsplit(":", 1)
        self.sock = socket.create_connection((host, int(port)), PATIENCE, source and (source, 0))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it refused what it had seen; its reply says so

    def more(self):
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed()
        self.got += data

    def until(self, mark):
        while mark not in self.got:
            self.more()
        head, self.got = self.got.split(mark, 1)
        return head

    def reply(self, no_body=False):
        """(status, headers, body) of the next reply; what goes before it ("100 Continue") is passed over."""
        status = 100
        while status == 100:
            lines = self.until(b"\r\n\r\n").split(b"\r\n")
            first = re.fullmatch(rb"HTTP/1\.[01] (\d\d\d) [ -~]*", lines[0])
            if not first:
                raise ValueError("no status line: %r" % lines[0][:100])
            status = int(first.group(1))
        headers = {}
        for line in lines[1:]:
            name, value = line.split(b":", 1)
            headers[name.strip().lower()] = value.strip()
        size = 0 if no_body else int(headers.get(b"content-length", b"0"))
        while len(self.got) < size:
            self.more()
        body, self.got = self.got[:size], self.got[size:]
        return status, headers, body

    def closes(self):
        """Whether it is hung up, and what came before that."""
        self.sock.settimeout(PATIENCE)
        try:
            while True:
                self.more()
        except Closed:
            return True
        except socket.timeout:
            return False

    def close(self):
        self.sock.close()


# --- how some are sent -------------------------------------------------------------------------------------------


def byte_by_byte(connection, case):
    for byte in case.data:
        connection.send(bytes([byte]))


def trickle(connection, case):
    """A byte now and then, for ever: the server must lose its patience, not we."""
    connection.send(case.data)
    connection.sock.settimeout(0.2)
    begin = time.monotonic()
    while time.monotonic() < begin + PATIENCE:
        connection.send(b"a")
        try:
            connection.more()
        except socket.timeout:
            continue
        except Closed:
            break
    connection.sock.settimeout(PATIENCE)


def deaf(connection, case):
    """Ask for more than the buffers on the way hold and read nothing until the server has given up."""
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sock.settimeout(0.2)
    body = b"[" + b"{}," * 999 + b"{}]"
    asked = table.post(b"/predict", body)
    begin = time.monotonic()
    while time.monotonic() < begin + PATIENCE:
        try:
            connection.sock.sendall(asked)
        except socket.timeout:
            continue
        except OSError:
            break
    connection.got = b""
    connection.sock.settimeout(PATIENCE)


def say_no_more(connection, case):
    connection.send(case.data)


WAYS = {"bytes": byte_by_byte, "trickle": trickle, "deaf": deaf, "silent": say_no_more}
SLOW = ("trickle", "deaf", "silent")


# --- what must come back ----------------------------------------------------------------------------------------


def no_constant(word):
    raise ValueError("%s is no JSON" % word)


def wrong_body(case, status, headers, body):
    """What is wrong with the form of a reply; None: nothing."""
    if case.form in ("none", "any"):
        return None
    text = body.decode()  # UTF-8, or it is wrong
    kind = headers.get(b"content-type", b"").decode()
    if case.form == "text":
        return None if kind.startswith("text/plain") else "type %s" % kind
    if kind.startswith("text/csv") and status == 200:
        return None
    if kind != "application/json" and not (status == 200 and case.form == "ok"):
        return "type %s" % kind
    value = json.loads(text, parse_constant=no_constant)
    if case.form == "error" and not isinstance(value.get("error"), str):
        return "no text in \"error\""
    if case.form == "mlflow" and sorted(value) != ["error_code", "message"]:
        return "not MLflow's form"
    return None


def wrong_headers(headers):
    told = headers.get(b"x-request-id")
    if told is not None and not re.fullmatch(rb"[!-~]{1,128}", told):
        return "X-Request-Id %r" % told[:60]
    return None


def try_case(place, case):
    """None when all is as it must be, else what is not."""
    connection = Connection(place)
    try:
        if case.pieces in WAYS:
            WAYS[case.pieces](connection, case)
        else:
            connection.send(case.data)
        if case.half:
            try:
                connection.sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        if case.pieces == "deaf":
            return None if connection.closes() else "it sends for ever"
        try:
            status, headers, body = connection.reply(case.head)
        except Closed:
            if connection.got:
                return "cut off: %r" % connection.got[:200]
            return None if 0 in case.status else "hung up without a reply"
        if status not in case.status:
            return "status %d, expected %s: %r" % (status, case.status, body[:200])
        if not re.search(case.word, body.decode(), re.S):
            return "no %r in %r" % (case.word, body[:300])
        wrong = wrong_body(case, status, headers, body) or wrong_headers(headers)
        if wrong is not None:
            return "%s: %r" % (wrong, body[:200])
        if case.pieces == "pipeline":
            rest = [connection.reply()[0] for _ in range(2)]
            if rest != [400, 200]:
                return "pipelined replies %r" % rest
        return wrong_end(connection, case)
    except (ValueError, AttributeError, UnicodeDecodeError, socket.timeout) as error:
        return "%s: %s" % (type(error).__name__, error)
    finally:
        connection.close()


def wrong_end(connection, case):
    if case.after == table.OPEN:
        connection.send(table.LIVE)
        try:
            status, _, body = connection.reply()
        except Closed:
            return "the connection is closed, the next request can not be asked"
        return None if (status, body) == (200, b'{"live":true}\n') else "then %d: %r" % (status, body[:200])
    if case.after == table.CLOSE:
        if not connection.closes():
            return "the connection stays open"
        if connection.got:
            return "more than one reply: %r" % connection.got[:200]
    return None


def cases_of(group, tokens):
    if group == "plain":
        return table.plain_cases()
    if group == "token":
        return table.token_cases(named(tokens))
    return {"rate": table.rate_cases, "tls": table.tls_cases}[group]()


def named(path):
    """The lines "NAME TOKEN" of a file."""
    with open(path, "rb") as file:
        return {line.split()[0].decode(): line.split()[1] for line in file if line.strip()}


def records():
    out = sys.stdout.buffer
    for case in table.plain_cases():
        if case.pieces or len(case.data) > 65536 or not case.data:
            continue
        names = "|".join("none" if s == 0 else str(s) for s in case.status)
        flags = [f for f, on in (("close", case.after != table.OPEN), ("half", case.half), ("head", case.head)) if on]
        name = re.sub(r"[^A-Za-z0-9]+", "-", case.name).strip("-")
        out.write(b"request %s bytes=%d expect=%s %s\n" % (name.encode(), len(case.data), names.encode(),
                                                           " ".join(flags).encode()))
        out.write(case.data + b"\n")


def main():
    if sys.argv[1] == "records":
        return records()
    if sys.argv[1] == "count":
        return print(len(table.plain_cases()) + len(table.rate_cases()) + len(table.tls_cases()) +
                     len(table.token_cases(dict.fromkeys(
                         "admin writer reader revoked expired digest".split(), b"x"))))
    group, place = sys.argv[1:3]
    options = dict(zip(sys.argv[3::2], sys.argv[4::2]))
    if group == "mutate":
        return mutate(place, int(options.get("--count", 1000)), int(options.get("--seed", 1)))
    return run(group, place, options)


def tell(case, wrong, quiet):
    if wrong is not None:
        print("FAIL %s: %s" % (case.name, wrong), flush=True)
    elif not quiet:
        print("ok %s" % case.name, flush=True)
    return wrong is not None


def run(group, place, options):
    rounds = int(options.get("--rounds", 0))
    cases = [c for c in cases_of(group, options.get("--tokens")) if options.get("--only", "") in c.name]
    failed = []
    slow = [threading.Thread(target=lambda c=c: failed.append(tell(c, try_case(place, c), False)))
            for c in cases if c.pieces in SLOW and not rounds]
    for thread in slow:
        thread.start()
    for _ in range(max(rounds, 1)):
        for case in cases:
            if case.pieces not in SLOW:
                failed.append(tell(case, try_case(place, case), rounds))
    for thread in slow:
        thread.join()
    return 1 if any(failed) else 0


# --- requests that nobody thought of ----------------------------------------------------------------------------


def changed(rng, pool):
    """One of the requests with some bytes changed, cut, doubled or taken from another."""
    data = bytearray(rng.choice(pool))
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        length = rng.choice((1, 1, 2, 8, 64))
        kind = rng.randrange(5)
        if kind == 0 and at < len(data):
            data[at] = rng.choice((0, 10, 13, 32, 34, 37, 58, 91, 123, 127, 255, rng.randrange(256)))
        elif kind == 1:
            del data[at:at + length]
        elif kind == 2:
            data[at:at] = data[at:at + length]
        elif kind == 3:
            other = rng.choice(pool)
            start = rng.randrange(len(other))
            data[at:at + length] = other[start:start + length]
        else:
            data[at:at] = rng.choice((b"\r\n", b"\r\n\r\n", b"0\r\n\r\n", b"9" * 20, b"Content-Length: 3\r\n",
                                      table.LIVE))
    return bytes(data)


def mutate(place, count, seed):
    rng = random.Random(seed)
    pool = [c.data for c in table.plain_cases() if 0 < len(c.data) < 4096 and c.pieces not in SLOW]
    failed = 0
    for number in range(count):
        data = changed(rng, pool)
        connection = Connection(place)
        connection.send(data)
        try:
            connection.sock.shutdown(socket.SHUT_WR)
            connection.closes()
        except OSError:
            pass
        statuses = [int(m) for m in re.findall(rb"HTTP/1\.1 (\d\d\d) ", connection.got)]
        wrong = [s for s in statuses if s >= 500 and s not in (501, 505)]
        if wrong or (connection.got and not connection.got.startswith(b"HTTP/1.1 ")):
            failed += 1
            print("FAIL change %d of seed %d: %r: %r" % (number, seed, data[:400], connection.got[:200]))
        connection.close()
    print("%d changed requests" % count)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
