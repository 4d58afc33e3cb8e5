"""What one client may take of a server from the others: connections, wrong tokens, time.

usage: limits.py address HOST:PORT MOST              --max-per-address MOST
       limits.py mapped HOST:PORT TOKEN MOST         the same where one socket takes IPv4 and IPv6
       limits.py own HOST:PORT COUNT                 this machine's own connections are not limited
       limits.py strangers ADDRESS PORT TOKEN MOST   another address of this machine is
       limits.py guesses HOST:PORT TOKEN             wrong tokens
       limits.py slow HOST:PORT                      slow clients, --max-per-address 1, short patience

Each address is one of 127.0.0.0/8.  Prints "ok NAME" or "FAIL NAME: why"; nothing depends on how fast the machine is:
what must end is waited for, and a rate is compared with the time that it took.
"""
import errno
import socket
import sys
import threading
import time

from hostile import Closed, Connection

PATIENCE = 120  # s for anything: a sanitizer on a busy machine
failures = 0


def check(name, good, why=""):
    global failures
    failures += not good
    print("ok " + name if good else "FAIL %s: %s" % (name, why))


def get(path, token=None):
    shown = b"" if token is None else b"Authorization: Bearer " + token.encode() + b"\r\n"
    return b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + shown + b"\r\n"


def post(path, body, said=None):
    return b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (
        path, len(body) if said is None else said, body)


def status_of(connection, request):
    """Of its reply; 0: it was hung up on instead."""
    connection.send(request)
    try:
        return connection.reply()[0]
    except Closed:
        return 0


def until(what):
    """Whether it comes to be true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


# --- connections -------------------------------------------------------------------------------------------------


class Crowd:
    """The connections of one address, each asked something, so that the server has counted it."""

    def __init__(self, place, source, request):
        self.place, self.source, self.request = place, source, request
        self.all = []

    def one_more(self):
        connection = Connection(self.place, self.source)
        status = status_of(connection, self.request)
        if status != 0:
            self.all.append(connection)
        elif not (connection.got == b"" and connection.closes()):
            status = -1
        else:
            connection.close()
        return status

    def fill(self, n):
        return [self.one_more() for _ in range(n)]

    def answers(self):
        return [status_of(connection, self.request) for connection in self.all]

    def leave(self, n):
        for _ in range(min(n, len(self.all))):
            self.all.pop().close()


def fills(name, crowd, most):
    got = crowd.fill(most)
    check("%s: as many as it may have" % name, got == [200] * most, "statuses %s" % got)
    got = crowd.fill(3)
    check("%s: the next are hung up on without a word" % name, got == [0] * 3, "statuses %s" % got)


def address(place, most):
    most = int(most)
    first = Crowd(place, "127.0.0.2", get(b"/v2/health/live"))
    second = Crowd(place, "127.0.0.3", first.request)
    fills("one address", first, most)
    got = first.answers()
    check("those that it has are answered", got == [200] * most, "statuses %s" % got)
    fills("another meanwhile", second, most)
    first.leave(1)
    check("one leaves, one may come", until(lambda: first.one_more() == 200), "none was let in")
    check("and only one", first.one_more() == 0, "it was answered")
    # A count that were not taken back, or twice, would show in the second round.
    first.leave(most)
    check("all leave", until(lambda: first.one_more() == 200), "none was let in")
    got = []
    check("as many may come", until(lambda: len(first.all) == most or got.append(first.one_more())),
          "statuses %s" % got)
    check("and no more", first.one_more() == 0, "it was answered")
    got = second.answers()
    check("the other's stayed all the time", got == [200] * most, "statuses %s" % got)


def mapped(place, token, most):
    most = int(most)
    one = Crowd(place, "127.0.0.2", get(b"/v2", token))
    fills("by IPv4 to a socket of IPv6", one, most)
    fills("another by IPv4", Crowd(place, "127.0.0.3", one.request), most)
    fills("one by IPv6", Crowd("::1:" + place.rsplit(":", 1)[1], "::1", one.request), most)


def own(place, count):
    got = Crowd(place, "127.0.0.2", get(b"/v2/health/live")).fill(int(count))
    check("this machine has more than half", got == [200] * int(count), "statuses %s" % got)


def strangers(there, port, token, most):
    crowd = Crowd("%s:%s" % (there, port), there, get(b"/v2", token))
    fills("an address beyond loopback", crowd, int(most))
    crowd.place, crowd.source = "127.0.0.1:" + port, "127.0.0.1"
    check("loopback meanwhile", crowd.one_more() == 200, "it was hung up on")


# --- wrong tokens -------------------------------------------------------------------------------------------------


def replies_to(connection, requests):
    """(status, headers, body) of each, sent all at once."""
    sender = threading.Thread(target=connection.send, args=(b"".join(requests),))
    sender.start()
    got = [connection.reply() for _ in requests]
    sender.join()
    return got


RATE = 100  # HONE_GUESSES of src/serve/access.h


def too_many(name, place, source, wrong, extra):
    """More wrong ones than may be, from an address that is new: with extra ones among them, whose replies come back."""
    connection = Connection(place, source)
    begin = time.monotonic()
    got = replies_to(connection, [wrong] * 3000 + extra + [wrong] * 300)
    most = RATE * (time.monotonic() - begin) + RATE + 1
    asked = got[:3000] + got[-300:]
    statuses = [reply[0] for reply in asked]
    check("%s: wrong, then too many" % name, set(statuses) == {401, 429}, "statuses %s" % set(statuses))
    check("%s: no more than that are looked at" % name, RATE <= statuses.count(401) <= most,
          "%d, expected at most %g" % (statuses.count(401), most))
    check("%s: still too many at the end" % name, 429 in statuses[-300:], "none of 300")
    refused = [reply for reply in asked if reply[0] == 429]
    check("%s: says why" % name, all(
        b"more than 100 requests a second without a token that is in force; wait " in reply[2]
        for reply in refused), refused[:1])
    check("%s: and when to come again" % name,
          all(reply[1].get(b"retry-after") == b"1" for reply in refused), refused[:1])
    check("%s: the connection goes on" % name, status_of(connection, get(b"/v2/health/live")) == 200,
          "it was hung up on")
    connection.close()
    return got[3000:3000 + len(extra)]


def guesses(place, token):
    wrong = get(b"/v2", "hone_" + 64 * "0")
    right = get(b"/v2", token)
    got = [reply[0] for reply in too_many("tokens", place, "127.0.0.2", wrong, [right, right])]
    check("a right token of the same address is answered", got == [200, 200], "statuses %s" % got)
    got = [status_of(Connection(place, "127.0.0.3"), what) for what in (wrong, right)]
    check("another address is asked for a token as ever", got == [401, 200], "statuses %s" % got)
    check("it ends", until(lambda: status_of(Connection(place, "127.0.0.2"), wrong) == 401), "429 for ever")

    too_many("no token", place, "127.0.0.4", get(b"/v2"), [])

    form = [post(b"/sign-in", b"to=/&token=" + text) for text in (b"hone_0", token.encode())]
    too_many("the form", place, "127.0.0.5", form[0], [])
    got = [status_of(Connection(place, "127.0.0.3"), what) for what in form]
    check("another address may sign in", got == [401, 303], "statuses %s" % got)
    check("soon this one may, too",
          until(lambda: status_of(Connection(place, "127.0.0.5"), form[1]) == 303), "429 for ever")


# --- slow clients -------------------------------------------------------------------------------------------------


class Slow(threading.Thread):
    """One client with an address of its own; what it did is in said: (whether it was right, what it saw)."""

    def __init__(self, name, place, source, work):
        super().__init__(daemon=True)
        self.name, self.place, self.source, self.work = name, place, source, work
        self.said = (False, "it is still there")
        self.begun = threading.Event()  # its connection waits for the server, or is there

    def run(self):
        try:
            self.said = self.work(self)
        except Exception as error:  # a thread's would go to nobody
            self.said = (False, repr(error))
        self.begun.set()

    def trickle(self, begin, byte):
        """Send it, then a byte now and then until the server has enough; all that it said."""
        connection = Connection(self.place, self.source)
        self.begun.set()
        connection.send(begin)
        connection.sock.settimeout(0.2)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            connection.send(byte)
            try:
                connection.more()
            except socket.timeout:
                continue
            except Closed:
                return connection.got
        raise TimeoutError(connection.got[:200])


def late(status, message):
    def judge(got):
        said = got.split(b"\r\n", 1)[0]
        return (said.startswith(b"HTTP/1.1 %d " % status) and message in got and
                b"\r\nconnection: close\r\n" in got.lower() and got.count(b"HTTP/1.1 ") == 1, got[:300])
    return judge


def sends(begin, byte, judge):
    return lambda slow: judge(slow.trickle(begin, byte))


# Rows without number: the reply has some megabytes.
ROWS = b"[" + b"{}," * 19999 + b"{}]"


def reads(each, pause):
    """Asks for much and takes it bit by bit, through small buffers: a steady client, but a slow one."""
    def work(slow):
        host, port = slow.place.rsplit(":", 1)
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)  # the server's buffer is small then, too
        sock.bind((slow.source, 0))
        sock.settimeout(PATIENCE)
        sock.connect((host, int(port)))
        slow.begun.set()
        sock.sendall(post(b"/predict", ROWS))
        begin, got = time.monotonic(), 0
        while time.monotonic() < begin + PATIENCE:
            data = sock.recv(each)
            got += len(data)
            if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNRESET:
                return True, ""  # what had come by then could still be read
            if not data:
                return False, "an orderly end after %d bytes" % got
            time.sleep(pause)
        raise TimeoutError("it still gets bytes, %d so far" % got)
    return work


def slow(place):
    message = b'{"error":"the request took too long to come"}'
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nX-A: "
    clients = [
        Slow("a head, byte by byte", place, "127.0.1.1", sends(head, b"a", late(408, message))),
        Slow("a body, byte by byte", place, "127.0.1.2",
             sends(post(b"/predict", b"[", 100000), b" ", late(408, message))),
        Slow("chunks, byte by byte", place, "127.0.1.3", sends(
            head + b"b\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n", b"1\r\n \r\n", late(408, message))),
        Slow("a refused body, byte by byte", place, "127.0.1.4",
             sends(post(b"/nothing", b"[", 1000), b" ", late(404, b"there is nothing at /nothing"))),
        Slow("blank lines", place, "127.0.1.5", sends(b"", b"\r\n", lambda got: (got == b"", got[:300]))),
        Slow("a reply, some bytes a second", place, "127.0.1.6", reads(4, 0.1)),
        Slow("a reply, some kilobytes a second", place, "127.0.1.7", reads(2000, 0.1)),
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.begun.wait(PATIENCE)
    crowded = status_of(Connection(place, clients[1].source), get(b"/v2"))
    clients[1].join(1)  # where it is gone by now, its place may have been free
    check("its connection is counted while it lasts", crowded == 0 or not clients[1].is_alive(),
          "status %d" % crowded)
    held = Connection(place, "127.0.1.8")
    others = [status_of(held, post(b"/predict", b'{"age":70}'))]
    while any(client.is_alive() for client in clients):
        # Each from an address of its own: the one before may not have been seen to leave yet.
        other = Connection(place, "127.0.2.%d" % (1 + len(others) % 250))
        others.append(status_of(other, post(b"/predict", b'{"age":70}')))
        other.close()
        time.sleep(0.1)
    for client in clients:
        check("%s: the server loses its patience" % client.name, *client.said)
    check("others are answered meanwhile", set(others) == {200}, "statuses %s" % set(others))
    for client in clients:
        check("%s: the place is free again" % client.name, until(
            lambda client=client: status_of(Connection(place, client.source), get(b"/v2")) == 200),
            "it is not")
    check("a connection of which nothing is heard is closed", held.closes() and held.got == b"", held.got)


GROUPS = {"address": address, "mapped": mapped, "own": own, "strangers": strangers, "guesses": guesses,
          "slow": slow}
GROUPS[sys.argv[1]](*sys.argv[2:])
sys.exit(failures != 0)
