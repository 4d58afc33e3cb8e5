"""The hostile requests: raw bytes, and what the server must say to them.

A case is what goes over the socket, the status that must come back, a word that the message must have, the form of
the error and whether the connection must still answer afterwards.  Cases are told apart by the server that they are
for: `plain` (--max-body 1 --max-rows 1000 --timeout 2), `token`, `rate` and `tls`.
"""
import json
import struct

LIVE = b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
ROW = b'{"age":70,"job":"nurse"}'
HOST = b"Host: localhost\r\n"

OPEN, CLOSE, ANY = "open", "close", "any"


class Case:
    def __init__(self, name, data, status, word="", after=OPEN, form="error", head=False, half=False, pieces=None):
        self.name = name  # unique within its server
        self.data = data  # bytes
        self.status = status if isinstance(status, tuple) else (status,)  # 0: closed without a reply
        self.word = word  # regular expression, searched in the reply's body
        self.after = after  # OPEN: the next request on it is answered; CLOSE: it is hung up
        self.form = form  # of the body: error, mlflow, text, ok (any JSON), any, none
        self.head = head  # the reply has no body
        self.half = half  # we end our side behind the bytes
        self.pieces = pieces  # how the driver sends it: a name in its table; None: all at once


def request(method, path, body=None, headers=b"", host=HOST, version=b"HTTP/1.1"):
    length = b"" if body is None else b"Content-Length: %d\r\n" % len(body)
    return method + b" " + path + b" " + version + b"\r\n" + host + headers + length + b"\r\n" + (body or b"")


def get(path, headers=b"", **more):
    return request(b"GET", path, None, headers, **more)


def post(path, body, headers=b"", **more):
    return request(b"POST", path, body, headers, **more)


def head_of(headers, path=b"/predict"):
    """A POST whose framing is up to the caller."""
    return b"POST " + path + b" HTTP/1.1\r\n" + HOST + headers


def chunked(raw, headers=b""):
    return head_of(headers + b"Transfer-Encoding: chunked\r\n\r\n") + raw


def whole_chunk(body):
    return b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"


V2 = b"/v2/models/buyers/infer"


def v2_input(name="age", shape=(1,), datatype="FP32", data=(70,), **more):
    entry = {"name": name, "shape": shape, "datatype": datatype}
    if data is not None:
        entry["data"] = data
    entry.update(more)
    return entry


def v2(*inputs, **more):
    return post(V2, json.dumps({"inputs": list(inputs), **more}).encode())


def v2_raw(text):
    return post(V2, text.encode() if isinstance(text, str) else text)


def v2_binary(inputs, blob, length=None):
    text = json.dumps({"inputs": inputs}).encode()
    told = str(len(text)) if length is None else str(length)
    return post(V2, text + blob, b"Inference-Header-Content-Length: %s\r\n" % told.encode())


def sized(n, data=None, **more):
    return v2_input(data=data, parameters={"binary_data_size": n}, **more)


# --- the frame of a request: RFC 9112 -----------------------------------------------------------------------------

GET_BODY = b"Content-Length: %d\r\n\r\n" % len(LIVE) + LIVE
TEN = b'{"age":70}'

FRAMES = [
    Case("a good request", post(b"/predict", ROW), 200, '"prediction":"yes"', form="ok"),
    Case("a body with GET is no second request", b"GET /v2 HTTP/1.1\r\n" + HOST + GET_BODY, 200, "hone", form="ok"),
    Case("nor where nothing is", b"GET /nope HTTP/1.1\r\n" + HOST + GET_BODY, 404, "nothing at /nope"),
    Case("nor with DELETE", b"DELETE /v2 HTTP/1.1\r\n" + HOST + GET_BODY, 405, "takes GET"),
    Case("nor with an unknown method", b"FROB /v2 HTTP/1.1\r\n" + HOST + GET_BODY, (400, 405, 501), "", CLOSE),
    Case("length and chunks together",
         head_of(b"Content-Length: 10\r\nTransfer-Encoding: chunked\r\n\r\n") + whole_chunk(TEN) + LIVE,
         400, "", CLOSE),
    Case("chunks and length together",
         head_of(b"Transfer-Encoding: chunked\r\nContent-Length: 10\r\n\r\n") + whole_chunk(TEN) + LIVE,
         400, "", CLOSE),
    Case("the length twice, the same", head_of(b"Content-Length: 10\r\n" * 2 + b"\r\n") + TEN + LIVE,
         400, "", CLOSE),
    Case("the length twice, another", head_of(b"Content-Length: 10\r\nContent-Length: 99\r\n\r\n") + TEN + LIVE,
         400, "", CLOSE),
    Case("a list of lengths", head_of(b"Content-Length: 10, 10\r\n\r\n") + TEN + LIVE, 400, "", CLOSE),
    Case("a length with a sign", head_of(b"Content-Length: +10\r\n\r\n") + TEN + LIVE, 400, "", CLOSE),
    Case("a negative length", head_of(b"Content-Length: -10\r\n\r\n") + TEN + LIVE, 400, "", CLOSE),
    Case("a hexadecimal length", head_of(b"Content-Length: 0xa\r\n\r\n") + TEN + LIVE, 400, "", CLOSE),
    Case("an empty length", head_of(b"Content-Length: \r\n\r\n") + TEN + LIVE, 400, "", CLOSE),
    Case("a length in words", head_of(b"Content-Length: ten\r\n\r\n") + TEN + LIVE, 400, "", CLOSE),
    Case("a length beyond 64 bits", head_of(b"Content-Length: 99999999999999999999999\r\n\r\n") + TEN + LIVE,
         (400, 413), "", CLOSE),
    Case("a length that wraps to 10", head_of(b"Content-Length: 18446744073709551626\r\n\r\n") + TEN + LIVE,
         (400, 413), "", CLOSE),
    Case("a length over the limit", head_of(b"Content-Length: 1048577\r\n\r\n"), 413, "over 1 MiB", CLOSE),
    Case("a length of 2^63 - 1", head_of(b"Content-Length: 9223372036854775807\r\n\r\n"), 413, "over 1 MiB", CLOSE),
    Case("no length at all", head_of(b"\r\n"), (400, 411), "", ANY),
    Case("a space before the colon", head_of(b"Content-Length : 10\r\n\r\n") + TEN + LIVE, 400, "", CLOSE),
    Case("a folded length", head_of(b"Content-Length:\r\n 10\r\n\r\n") + TEN + LIVE, 400, "", CLOSE),
    Case("a folded coding", head_of(b"Transfer-Encoding:\r\n chunked\r\n\r\n") + whole_chunk(TEN) + LIVE,
         400, "", CLOSE),
    Case("a fold before all headers",
         b"POST /predict HTTP/1.1\r\n X: y\r\n" + HOST + b"Content-Length: 10\r\n\r\n" + TEN, 400, "", CLOSE),
    Case("a header without a colon", head_of(b"foo\r\nContent-Length: 10\r\n\r\n") + TEN + LIVE,
         400, "", CLOSE),
    Case("a header without a name", head_of(b": foo\r\nContent-Length: 10\r\n\r\n") + TEN + LIVE, 400, "", CLOSE),
    Case("a space in a header's name", head_of(b"a b: foo\r\nContent-Length: 10\r\n\r\n") + TEN, 400, "", CLOSE),
    Case("a control character in a name", head_of(b"a\x01b: x\r\nContent-Length: 10\r\n\r\n") + TEN,
         400, "", CLOSE),
    Case("a control character in a value", head_of(b"X: a\x01b\r\nContent-Length: 10\r\n\r\n") + TEN,
         400, "", CLOSE),
    Case("a bare CR in a value", head_of(b"X: a\rTransfer-Encoding: chunked\r\nContent-Length: 10\r\n\r\n") + TEN,
         400, "", CLOSE),
    Case("a NUL in a name", head_of(b"X\0y: a\r\nContent-Length: 10\r\n\r\n") + TEN, 400, "", CLOSE),
    Case("a NUL in a length", head_of(b"Content-Length: 10\0 99\r\n\r\n") + TEN, 400, "", CLOSE),
    Case("a NUL in a value", head_of(b"X: a\0b\r\nContent-Length: 10\r\n\r\n") + TEN, 400, "", CLOSE),
    Case("a NUL in a path", get(b"/v2\0x"), 400, "", CLOSE),
    Case("a NUL in a method", get(b"/v2").replace(b"GET", b"GE\0T"), 400, "", CLOSE),
    Case("no coding, and no length", head_of(b"Transfer-Encoding: \r\n\r\n") + LIVE, (400, 501), "", CLOSE),
    Case("no coding beside a length", head_of(b"Transfer-Encoding: \r\nContent-Length: 2\r\n\r\n{}") + LIVE, (400, 501), "", CLOSE),
    Case("a protocol of others", get(b"/v2", version=b"RTSP/1.0"), 400, "", CLOSE),
    Case("unknown coding", head_of(b"Transfer-Encoding: gzip\r\n\r\n") + LIVE, (400, 501), "", CLOSE),
    Case("two codings", head_of(b"Transfer-Encoding: gzip, chunked\r\n\r\n") + whole_chunk(TEN) + LIVE,
         (400, 501), "", CLOSE),
    Case("chunked twice", head_of(b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n") + whole_chunk(TEN) + LIVE,
         400, "", CLOSE),
    Case("nearly chunked", head_of(b"Transfer-Encoding: xchunked\r\n\r\n") + whole_chunk(TEN) + LIVE,
         (400, 501), "", CLOSE),
    Case("identity beside a length", head_of(b"Transfer-Encoding: identity\r\nContent-Length: 10\r\n\r\n") + TEN,
         400, "", CLOSE),
    Case("chunks in HTTP/1.0",
         b"POST /predict HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + whole_chunk(TEN),
         400, "", CLOSE),
    Case("a good chunk", chunked(whole_chunk(TEN)), 200, "yes", form="ok"),
    Case("three chunks", chunked(b"1\r\n{\r\n8\r\n\"age\":70\r\n1\r\n}\r\n0\r\n\r\n"), 200, "yes", form="ok"),
    Case("a chunk's extension", chunked(b"a;x=y\r\n" + TEN + b"\r\n0\r\n\r\n"), 200, "yes", form="ok"),
    Case("trailers are not believed",
         chunked(b"a\r\n" + TEN + b"\r\n0\r\nHost: evil.example\r\nContent-Length: 5\r\n\r\n"), 200, "yes", form="ok"),
    Case("a negative chunk", chunked(b"-1\r\n{}\r\n0\r\n\r\n"), 400, "", CLOSE),
    Case("a chunk beyond 64 bits", chunked(b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n"), (400, 413), "", CLOSE),
    Case("a chunk with 0x", chunked(b"0xa\r\n" + TEN + b"\r\n0\r\n\r\n"), 400, "", CLOSE),
    Case("a chunk longer than told", chunked(b"5\r\n" + TEN + b"\r\n0\r\n\r\n"), 400, "", CLOSE),
    Case("no line end behind a chunk", chunked(b"a\r\n" + TEN + b"0\r\n\r\n"), 400, "", CLOSE),
    Case("an empty chunk size", chunked(b"\r\n" + TEN + b"\r\n0\r\n\r\n"), 400, "", CLOSE),
    Case("a space before a chunk size", chunked(b" a\r\n" + TEN + b"\r\n0\r\n\r\n"), 400, "", CLOSE),
    Case("a chunk of no digits", chunked(b"zz\r\n{}\r\n0\r\n\r\n"), 400, "", CLOSE),
    Case("too many chunks of one byte", chunked(b"1\r\n \r\n" * 2000 + b"a\r\n" + TEN + b"\r\n0\r\n\r\n"),
         200, "yes", form="ok"),
    Case("chunks over the limit, one by one", chunked((b"10000\r\n" + b" " * 65536 + b"\r\n") * 17 + b"0\r\n\r\n"),
         413, "over 1 MiB", ANY),
    Case("a body just below the limit", post(b"/predict", b" " * (1048576 - len(ROW)) + ROW), 200, "yes", form="ok"),
    Case("a body of one more", post(b"/predict", b" " * (1048577 - len(ROW)) + ROW), 413, "over 1 MiB", CLOSE),
    Case("a body coded as gzip", post(b"/predict", b"\x1f\x8b\x08" + b"\0" * 17, b"Content-Encoding: gzip\r\n"),
         415, "gzip", ANY),
    Case("coded as identity", post(b"/predict", ROW, b"Content-Encoding: identity\r\n"), 200, "yes", form="ok"),
    Case("bare line feeds", post(b"/predict", TEN).replace(b"\r", b""), 400, "", CLOSE),
    Case("bare carriage returns", get(b"/v2").replace(b"\n", b""), (400, 505), "", CLOSE),
    Case("a bare line feed behind a chunk size", chunked(b"a\n" + TEN + b"\r\n0\r\n\r\n"), 400, "", CLOSE),
    Case("a chunk's extension of 30000", chunked(b"a;x=" + b"y" * 30000 + b"\r\n" + TEN + b"\r\n0\r\n\r\n"),
         200, "yes", form="ok"),
    Case("trailers of 30000", chunked(b"a\r\n" + TEN + b"\r\n0\r\nX: " + b"y" * 30000 + b"\r\n\r\n"), 200, "yes",
         form="ok"),
    Case("the largest chunk of 64 bits", chunked(b"ffffffffffffffff\r\n{}\r\n0\r\n\r\n"), (400, 413), "", CLOSE),
    Case("blank lines before a request", b"\r\n\r\n" + LIVE, 200, "live", form="ok"),
    Case("a head over 16 KiB", get(b"/ping", b"X: " + b"a" * 60000 + b"\r\n"), 431, "", CLOSE),
    Case("a head of 10 KiB", get(b"/v2", b"X: " + b"a" * 10000 + b"\r\n"), 200, "hone", form="ok"),
    Case("2000 headers", get(b"/ping", b"A: b\r\n" * 2000), 431, "", CLOSE),
    Case("150 headers", get(b"/v2", b"A: b\r\n" * 150), 431, "", CLOSE),
    Case("HTTP/0.9", b"GET /ping\r\n", 400, "", CLOSE),
    Case("a version below", get(b"/v2", version=b"HTTP/0.9"), 505, "", CLOSE),
    Case("a version above", get(b"/v2", version=b"HTTP/3.0"), 505, "", CLOSE),
    Case("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505), "", CLOSE),
    Case("an upgrade to HTTP/2 is passed over",
         get(b"/v2", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
         200, "hone", form="ok"),
    Case("a version of letters", get(b"/v2", version=b"HTTP/1.x"), (400, 505), "", CLOSE),
    Case("another protocol", get(b"/v2", version=b"ICAP/1.0"), 400, "", CLOSE),
    Case("two spaces in the first line", b"GET  /v2  HTTP/1.1\r\n" + HOST + b"\r\n", 400, "", CLOSE),
    Case("a space in the path", get(b"/v 2"), 400, "", CLOSE),
    Case("no path", b"GET HTTP/1.1\r\n" + HOST + b"\r\n", 400, "", CLOSE),
    Case("not HTTP", b"hello\r\n\r\n", 400, "", CLOSE),
    Case("bytes of no kind", bytes(range(256)) * 8 + b"\r\n\r\n", 400, "", CLOSE),
    Case("TLS to a plain port", bytes.fromhex("16030100a5010000a10303") + b"\n" * 160, 400, "", CLOSE, half=True),
    Case("a method of 30 KB", b"G" * 30000 + b" / HTTP/1.1\r\n" + HOST + b"\r\n", (400, 414, 431), "", CLOSE),
    Case("a wrong method", request(b"PUT", b"/predict", ROW), 405, "takes POST"),
    Case("a method of odd letters", get(b"/v2").replace(b"GET", b"G@T"), 400, "", CLOSE),
    Case("a method in small letters", get(b"/v2").replace(b"GET", b"get"), (400, 501), "", CLOSE),
    Case("TRACE tells nothing back", request(b"TRACE", b"/v2", None, b"Cookie: secret\r\n"), 405, "^(?!.*secret)"),
    Case("CONNECT", b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n", (400, 405), "", CLOSE),
    Case("OPTIONS of all", b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 400, "path", CLOSE),
    Case("HEAD has no body", request(b"HEAD", b"/v2"), 200, form="none", head=True),
    Case("HEAD of a POST", request(b"HEAD", b"/predict"), 405, form="none", head=True),
    Case("go on is told", post(b"/predict", ROW, b"Expect: 100-continue\r\n"), 200, "yes", form="ok"),
    Case("a body that need not come", head_of(b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"),
         413, "over 1 MiB", CLOSE),
    Case("what we do not expect", post(b"/predict", ROW, b"Expect: 200-ok\r\n"), 417, "expect", ANY),
    Case("good and bad in one go", LIVE + post(b"/predict", b"{") + post(b"/predict", ROW), 200, "live", form="ok",
         pieces="pipeline"),
    Case("a head cut off", b"GET /v2 HTT", (0, 400), "", CLOSE, "none", half=True),
    Case("a body cut off", post(b"/predict", ROW)[:-3], (0, 400), "", CLOSE, "none", half=True),
    Case("a chunk cut off", chunked(b"a\r\n{\"ag"), (0, 400), "", CLOSE, "none", half=True),
    Case("nothing is said", b"", 0, "", CLOSE, "none", half=True),
    Case("a whole request, then the end", post(b"/predict", ROW), 200, "yes", CLOSE, "ok", half=True),
    Case("a whole request in HTTP/1.0", b"GET /v2 HTTP/1.0\r\n\r\n", 200, "hone", CLOSE, "ok"),
    Case("byte by byte", post(b"/predict", ROW), 200, "yes", form="ok", pieces="bytes"),
    Case("a head that never ends", b"GET /v2 HTTP/1.1\r\nX: ", (0, 408), "", CLOSE, "none", pieces="trickle"),
    Case("a silent head", b"GET /v2 HTTP/1.1\r\n", (0, 408), "", CLOSE, "none", pieces="silent"),
    Case("a body that never ends", head_of(b"Content-Length: 1000000\r\n\r\n"), (0, 408), "", CLOSE, "none",
         pieces="trickle"),
    Case("chunks that never end", chunked(b"1\r\n"), (0, 400, 408), "", CLOSE, pieces="trickle"),
    Case("replies that nobody reads", b"", 0, "", CLOSE, "none", pieces="deaf"),
]

# --- targets and hosts ---------------------------------------------------------------------------------------------

TARGETS = [
    Case("nothing there", get(b"/nothing"), 404, "nothing at /nothing"),
    Case("the whole address", get(b"http://localhost/v2"), 200, "hone", form="ok"),
    Case("the whole address with a port", get(b"http://127.0.0.1:80/v2?x"), 200, "hone", form="ok"),
    Case("the address of another", get(b"http://evil.example/v2"), 403, "host"),
    Case("the address of another, our Host", get(b"http://localhost@evil.example/v2"), 403, "host"),
    Case("an address of no name", get(b"http:///v2"), 400, "", CLOSE),
    Case("another scheme", get(b"gopher://localhost/v2"), 400, "path", CLOSE),
    Case("no slash", get(b"v2"), 400, "", CLOSE),
    Case("two slashes", get(b"//v2"), 404, "nothing at //v2"),
    Case("two slashes within", get(b"/v2//models"), 404, "nothing"),
    Case("a slash behind", get(b"/v2/"), 200, "hone", form="ok"),
    Case("dots", get(b"/v2/models/../../etc/passwd"), 404, "nothing"),
    Case("coded dots", get(b"/v2/models/%2e%2e/%2e%2e/etc/passwd"), 404, "nothing"),
    Case("coded slashes are no slashes", get(b"/v2/models/buyers%2fready"), 404, "nothing|no model"),
    Case("a coded slash in a name", get(b"/v2/models/a%2Fb"), 404, "nothing|no model"),
    Case("coded twice", get(b"/v2/models/%252e%252e"), 404, 'no model \\\\"%252e%252e\\\\"'),
    Case("a backslash", get(b"/v2\\models"), 404, "nothing"),
    Case("a coded NUL", get(b"/v2/models/buyers%00x"), 404, "no model"),
    Case("a coded NUL behind a good path", get(b"/v2%00"), 404, "nothing"),
    Case("coded line ends", get(b"/v2/models/a%0d%0aSet-Cookie:x"), 404, r"a\\r\\nSet-Cookie"),
    Case("no such coding", get(b"/v2%zz"), 404, "nothing at /v2%zz"),
    Case("half a coding", get(b"/v2/models/buyers%"), 404, "no model"),
    Case("bytes beyond ASCII", get(b"/v2/models/\xff\xfe"), 400, "", CLOSE),
    Case("coded bytes that are no UTF-8", get(b"/v2/models/%ff%fe"), 404, "no model"),
    Case("over-long UTF-8", get(b"/v2/models/%c0%ae%c0%ae"), 404, "no model"),
    Case("a semicolon", get(b"/v2;x=y"), 404, "nothing"),
    Case("a fragment", get(b"/v2#top"), 404, "nothing"),
    Case("a query is passed over", get(b"/v2?a=b&c=%00&&=&d"), 200, "hone", form="ok"),
    Case("a path of 4000", get(b"/" + b"a" * 4000), 404, "nothing at /aaa"),
    Case("a path of 30000", get(b"/" + b"a" * 30000), 414, "", CLOSE),
    Case("a query of 30000", get(b"/v2?" + b"a" * 30000), 414, "", CLOSE),
    Case("a name of 3000", get(b"/v2/models/" + b"m" * 3000), 404, "no model"),
    Case("no such model", post(b"/v2/models/loans/infer", b"{}"), 404, 'no model \\\\"loans\\\\"'),
    Case("a model in other letters", get(b"/v2/models/Buyers"), 404, "no model"),
    Case("no such version", get(b"/v2/models/buyers/versions/7"), 404, "version 7"),
    Case("a version beyond 64 bits", get(b"/v2/models/buyers/versions/99999999999999999999"), 404, "version 999"),
    Case("version minus one", get(b"/v2/models/buyers/versions/-1"), 404, "version -1"),
    Case("version one with a zero", get(b"/v2/models/buyers/versions/01"), 404, "version 01"),
    Case("an empty version", get(b"/v2/models/buyers/versions/"), 404, "nothing"),
    Case("an empty name", get(b"/v2/models//ready"), 404, "nothing"),
    Case("a verb that V1 has not", post(b"/v1/models/buyers:regress", b"{}"), (404, 405), "buyers:regress"),
    Case("two verbs", post(b"/v1/models/buyers:predict:predict", b"{}"), (404, 405), "predict:predict"),
    Case("GET of a POST", get(V2), 405, "takes POST"),
    Case("POST of a GET", post(b"/metrics", b"x"), 405, "takes GET"),
    Case("no Host", get(b"/v2", host=b""), 400, "Host", CLOSE),
    Case("two Hosts", get(b"/v2", b"Host: evil.example\r\n"), 400, "Host.*twice", CLOSE),
    Case("two Hosts, ours behind", get(b"/v2", HOST, host=b"Host: evil.example\r\n"), 400, "Host.*twice", CLOSE),
    Case("an empty Host", get(b"/v2", host=b"Host:\r\n"), 403, "host"),
    Case("another Host", get(b"/v2", host=b"Host: evil.example\r\n"), 403, "host"),
    Case("another Host with a port", get(b"/v2", host=b"Host: evil.example:8080\r\n"), 403, "host"),
    Case("a Host that begins like ours", get(b"/v2", host=b"Host: localhost.evil.example\r\n"), 403, "host"),
    Case("a Host with a user", get(b"/v2", host=b"Host: localhost@evil.example\r\n"), 403, "host"),
    Case("a Host with a user and a port", get(b"/v2", host=b"Host: localhost:80@evil.example\r\n"), 403, "host"),
    Case("a list of Hosts", get(b"/v2", host=b"Host: localhost, evil.example\r\n"), 403, "host"),
    Case("a Host with a dot behind", get(b"/v2", host=b"Host: localhost.\r\n"), 403, "host"),
    Case("a Host as a number", get(b"/v2", host=b"Host: 2130706433\r\n"), 403, "host"),
    Case("a Host in IPv6", get(b"/v2", host=b"Host: [::1]:8080\r\n"), 200, "hone", form="ok"),
    Case("half an IPv6", get(b"/v2", host=b"Host: [::1\r\n"), 403, "host"),
    Case("an IPv6 with a tail", get(b"/v2", host=b"Host: [::1].evil.example\r\n"), 403, "host"),
    Case("another Origin", post(b"/feedback", b"{}", b"Origin: http://evil.example\r\n"), 403, "origin"),
    Case("another Origin looks", get(b"/status", b"Origin: http://evil.example\r\n"), 403, "origin"),
    Case("no Origin", get(b"/v2", b"Origin: null\r\n"), 403, "origin"),
    Case("an Origin that is a file", get(b"/v2", b"Origin: file://\r\n"), 403, "origin"),
    Case("an Origin with a user", get(b"/v2", b"Origin: http://localhost:1@evil.example\r\n"), 403, "origin"),
    Case("two Origins", get(b"/v2", b"Origin: http://localhost\r\nOrigin: http://evil.example\r\n"), 400,
         "Origin.*twice", CLOSE),
    Case("our Origin", post(b"/predict", ROW, b"Origin: http://127.0.0.1:1\r\n"), 200, "yes", form="ok"),
    Case("an id that is kept", get(b"/v2", b"X-Request-Id: r-1\r\n"), 200, "hone", form="ok"),
    Case("an id with a space", get(b"/v2", b"X-Request-Id: a b\r\n"), 200, "hone", form="ok"),
    Case("an id of 1000", get(b"/v2", b"X-Request-Id: " + b"a" * 1000 + b"\r\n"), 200, "hone", form="ok"),
]

# --- bodies ----------------------------------------------------------------------------------------------------------


def predict(body, status=400, word="", headers=b"", **more):
    body = body.encode() if isinstance(body, str) else body
    return post(b"/predict", body, headers), status, word, more


def table(make, form, rows):
    cases = []
    for name, *what in rows:
        data, status, word, more = make(*what)
        after = CLOSE if status in (411,) else OPEN
        cases.append(Case(name, data, status, word, after, "ok" if status == 200 else form, **more))
    return cases


JSON = table(predict, "error", [
    ("no JSON", '{"age":}', 400, "byte 7"),
    ("cut off", '{"age":1', 400, "ends"),
    ("empty", b"", 400, "byte 0"),
    ("only blanks", " \r\n\t ", 400, "byte 5"),
    ("two values", "{} {}", 400, "more text"),
    ("a comma too many", '{"age":1,}', 400, "name was expected"),
    ("a comma too many in a list", "[{},]", 400, "byte"),
    ("single quotes", "{'age':1}", 400, "byte 1"),
    ("a comment", '{"age":1/*x*/}', 400, "byte 8"),
    ("a name without quotes", "{age:1}", 400, "byte 1"),
    ("no colon", '{"age" 1}', 400, "':'"),
    ("the wrong bracket", '{"age":1]', 400, "expected"),
    ("a word", "{\"age\":tru}", 400, "byte 7"),
    ("a zero in front", '{"age":012}', 400, "begins with 0"),
    ("a plus", '{"age":+1}', 400, "byte 7"),
    ("a point at the end", '{"age":1.}', 400, "point"),
    ("no digits in the exponent", '{"age":1e}', 400, "exponent"),
    ("hexadecimal", '{"age":0x10}', 400, "byte 8"),
    ("a number of 5000 digits", '{"age":%s}' % ("9" * 5000), 400, "1000 characters"),
    ("no such escape", '{"job":"\\x41"}', 400, "escape"),
    ("half an escape", '{"job":"\\u12"}', 400, "hexadecimal"),
    ("a lone high surrogate", '{"job":"\\ud800"}', 400, "surrogate"),
    ("a lone low surrogate", '{"job":"\\udc00x"}', 400, "surrogate"),
    ("surrogates the wrong way round", '{"job":"\\udc00\\ud800"}', 400, "surrogate"),
    ("a surrogate as UTF-8", b'{"job":"\xed\xa0\x80"}', 400, "UTF-8"),
    ("no UTF-8", b'{"job":"\xff"}', 400, "UTF-8"),
    ("over-long UTF-8", b'{"job":"\xc0\xaf"}', 400, "UTF-8"),
    ("UTF-8 cut off", b'{"job":"\xe2\x82"}', 400, "UTF-8"),
    ("no UTF-8 in a name", b'{"\xff":1}', 400, "UTF-8"),
    ("Latin 1", '{"job":"caf\xe9"}'.encode("latin-1"), 400, "UTF-8"),
    ("UTF-16", '{"age":1}'.encode("utf-16-le"), 400, "byte 1"),
    ("UTF-16 with its mark", '{"age":1}'.encode("utf-16"), 400, "byte 0"),
    ("UTF-8 with a mark", b'\xef\xbb\xbf{"age":1}', 400, "byte order mark"),
    ("a line end in a string", '{"job":"a\nb"}', 400, "control character"),
    ("a NUL in a string", b'{"job":"a\0b"}', 400, "control character"),
    ("a NUL behind", b'{"age":1}\0', 400, "more text"),
    ("deep lists", '{"x":' + "[" * 100000, 400, "too deep"),
    ("deep objects", '{"x":' * 10000, 400, "too deep"),
    ("deep within a field that is not known", '{"age":1,"x":%s}' % ("[" * 80 + "]" * 80), 400, "too deep"),
    ("a bare number", "1", 400, "must be a row"),
    ("a bare text", '"age"', 400, "must be a row"),
    ("null", "null", 400, "must be a row"),
    ("a row of null", "[null]", 400, "row 0"),
    ("a row of text", '[{"age":1},"x"]', 400, "row 1"),
    ("no rows", "[]", 400, "no rows"),
    ("no rows in rows", '{"rows":[]}', 400, "no rows"),
    ("rows that are none", '{"rows":{}}', 400, '\\\\"rows\\\\" must be an array'),
    ("too many rows", "[" + "{}," * 1000 + "{}]", 413, "more than 1000 rows"),
    ("too few values", "[[1]]", 400, "row 0: an array of 4"),
    ("too many values", '[[1,"a",null,true,5]]', 400, "row 0: an array of 4"),
    ("a field twice", '{"age":1,"age":2}', 400, 'row 0: field \\\\"age\\\\" is given twice'),
    ("a field twice, once coded", '{"age":1,"\\u0061ge":2}', 400, "given twice"),
    ("no field known", '{"Age":1,"jobb":2}', 400, 'none of its fields \\(\\\\"Age'),
    ("a name of 100000", '{"%s":1}' % ("n" * 100000), 400, "none of its fields"),
    ("20000 fields that are not known", "{%s}" % ",".join('"f%d":%d' % (i, i) for i in range(20000)), 400,
     "none of its fields"),
    ("text for a number", '{"age":"old"}', 400, 'row 0: field \\\\"age\\\\": a number was expected'),
    ("text for a number in row 2", '[{"age":1},{"age":2},{"age":"x"}]', 400, "row 2"),
    ("an object for a number", '{"age":{}}', 400, "one value"),
    ("a list for a number", '{"age":[1,2]}', 400, "one value"),
    ("a list for a text", '{"job":["nurse","clerk"]}', 400, 'field \\\\"job\\\\"'),
    ("no date", '{"since":"soon"}', 400, 'row 0: field \\\\"since\\\\": a date'),
    ("February 30", '{"since":"2024-02-30"}', 400, "date"),
    ("a date of true", '{"since":true}', 400, "date"),
    ("a date beyond 64 bits", '{"since":123456789012345678901234567890}', 400, "whole number of days"),
    ("a date that is no whole number", '{"since":1.5}', 400, "whole number of days"),
    ("a truth that is none", '{"member":"perhaps"}', 400, "true or false"),
    ("a number too large is infinite", '{"age":1e999}', 200, "prediction"),
    ("a number too small is zero", '{"age":1e-999}', 200, "prediction"),
    ("minus zero", '{"age":-0,"job":-0}', 200, "prediction"),
    ("an int beyond 64 bits", '{"age":123456789012345678901234567890}', 200, "prediction"),
    ("NaN", '{"age":NaN}', 200, "prediction"),
    ("minus infinity", '{"age":-Infinity}', 200, "prediction"),
    ("a word like NaN", '{"age":NaNa}', 400, "expected"),
    ("a category that is new", '{"age":70,"job":"\\ud83d\\ude00<script>"}', 200, "prediction"),
    ("a zero byte in a category", '{"age":70,"job":"nurse\\u0000"}', 400, "job.*zero byte"),
    ("fields that the log can not hold", '[{"age":70,"a":NaN,"b":"\\u0000","c":1,"c":2,"d\\u0000":1,"e":%s}]' % (
        "9" * 900), 200, "prediction"),
    ("a category of 131072", '{"age":70,"job":"%s"}' % ("j" * 131072), 200, "prediction"),
    ("a category of 131073", '{"age":70,"job":"%s"}' % ("j" * 131073), 413, "job.*131073 bytes; at most 131072"),
    ("no values at all", "{}", 200, "prediction"),
])

CSV_TYPE = b"Content-Type: text/csv\r\n"
CSV = table(lambda body, status, word: predict(body, status, word, CSV_TYPE), "error", [
    ("CSV without rows", "", 400, "no rows"),
    ("CSV of a header alone", "age,job\n", 400, "no rows"),
    ("CSV too short", "1,2\n", 400, "row 0: 2 fields, expected 4"),
    ("CSV too long", "age\n1,2\n", 400, "row 0: 2 fields, expected 1"),
    ("CSV with a quote that does not end", 'age,job\n1,"x\n', 400, "row 0: a quoted field does not end"),
    ("CSV with text behind a quote", 'age,job\n1,"x"y\n', 400, "comma was expected"),
    ("CSV that is no UTF-8", b"age,job\n1,\xff\n", 400, "row 0: a field is not UTF-8"),
    ("CSV with a column twice", "age,age\n1,2\n", 400, "given twice"),
    ("CSV with text for a number", "age\n1\nx\n", 400, "row 1: field"),
    ("CSV of too many rows", "age\n" + "1\n" * 1001, 413, "more than 1000 rows"),
    ("CSV of 70000 fields", "age" + "," * 70000 + "\n", 413, "more than 65536 fields"),
    ("CSV with a mark", b"\xef\xbb\xbfage,job\r\n70,nurse\r\n", 200, "yes"),
    ("CSV with a zero byte", b"age,job\n1,a\0b\n", 400, "job.*zero byte"),
    ("CSV of JSON", '{"age":70}', 400, "fields"),
])

V2_JSON = [Case(name, data, status, word, form="ok" if status == 200 else "error") for name, data, status, word in [
    ("v2: a good request", v2(v2_input()), 200, "outputs"),
    ("v2: an array", v2_raw("[]"), 400, "body must be an object"),
    ("v2: no inputs", v2_raw("{}"), 400, 'no \\\\"inputs\\\\"'),
    ("v2: inputs of another type", v2_raw('{"inputs":{}}'), 400, '\\\\"inputs\\\\" must be an array'),
    ("v2: empty inputs", v2_raw('{"inputs":[]}'), 400, "none of the inputs"),
    ("v2: an input that is none", v2_raw('{"inputs":[1]}'), 400, "input must be an object"),
    ("v2: no name", v2_raw('{"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]}'), 400, 'no \\\\"name'),
    ("v2: a name of another type", v2(v2_input(name=1)), 400, 'name\\\\" must be a string'),
    ("v2: no shape", v2_raw('{"inputs":[{"name":"age","datatype":"FP32","data":[1]}]}'), 400, 'age.*no \\\\"shape'),
    ("v2: no datatype", v2_raw('{"inputs":[{"name":"age","shape":[1],"data":[1]}]}'), 400, 'age.*no \\\\"datatype'),
    ("v2: no data", v2(v2_input(data=None)), 400, 'age.*no \\\\"data'),
    ("v2: an unknown datatype", v2(v2_input(datatype="FP31")), 400, "FP31.*is no datatype"),
    ("v2: a datatype of another type", v2(v2_input(datatype=32)), 400, 'datatype\\\\" must be a string'),
    ("v2: data of another type", v2(v2_input(data="x")), 400, 'data\\\\" must be an array'),
    ("v2: too few values", v2(v2_input(shape=[3])), 400, "age.*fewer values, its shape 3"),
    ("v2: too many values", v2(v2_input(data=[1, 2])), 400, "age.*more values, its shape 1"),
    ("v2: nested too deep", v2(v2_input(data=[[[1]]])), 400, "age"),
    ("v2: a value of another type", v2(v2_input(data=["x"])), 400, "age.*value 0 is a string"),
    ("v2: a whole number with a fraction", v2(v2_input(datatype="INT32", data=[1.5])), 400, "value 0 .*no INT32"),
    ("v2: INT8 of 128", v2(v2_input(datatype="INT8", data=[128])), 400, "value 0 .*128.*INT8"),
    ("v2: UINT8 of -1", v2(v2_input(datatype="UINT8", data=[-1])), 400, "UINT8"),
    ("v2: INT64 beyond", v2(v2_input(datatype="INT64", data=[2 ** 63])), 400, "INT64"),
    ("v2: BOOL of 2", v2(v2_input(datatype="BOOL", data=[2])), 400, "BOOL"),
    ("v2: BYTES of a number", v2(v2_input(name="job", datatype="BYTES", data=[1])), 400, "job.*BYTES"),
    ("v2: a negative shape", v2(v2_input(shape=[-1])), 400, "age.*shape"),
    ("v2: a shape with a fraction", v2(v2_input(shape=[1.0])), 400, "age.*shape"),
    ("v2: a shape beyond 64 bits", v2_raw('{"inputs":[{"name":"age","shape":[99999999999999999999],"datatype":"FP32",'
                                          '"data":[1]}]}'), 400, "age.*shape"),
    ("v2: a shape of 2^31 - 1", v2(v2_input(shape=[2147483647])), 413, "more than 1000 rows"),
    ("v2: a shape that multiplies to 2^64", v2(v2_input(shape=[1, 2147483647, 2147483647, 4])), 400, "age.*shape"),
    ("v2: a shape that wraps to 1", v2(v2_input(shape=[1] + [65536] * 4)), 400, "age.*shape"),
    ("v2: a shape of 100 sizes", v2(v2_input(shape=[1] * 100)), 400, "age.*shape"),
    ("v2: a shape of texts", v2(v2_input(shape=["1"])), 400, "age.*shape"),
    ("v2: a shape of no size", v2(v2_input(shape=[])), 400, "age.*shape"),
    ("v2: a shape that is a number", v2(v2_input(shape=1)), 400, 'shape\\\\" must be an array'),
    ("v2: the wrong width", v2(v2_input(shape=[1, 3], data=[1, 2, 3])), 400, r"age.*\[N\] or \[N, 1\]"),
    ("v2: no rows", v2(v2_input(shape=[0], data=[])), 400, "no rows"),
    ("v2: inputs of other lengths", v2(v2_input(), v2_input(name="job", datatype="BYTES", shape=[2], data=["a", "b"])),
     400, "job.*2 rows.*age.*1"),
    ("v2: an input twice", v2(v2_input(), v2_input()), 400, "age.*given twice"),
    ("v2: only what is not known", v2(v2_input(name="Age")), 400, 'none of the inputs \\(\\\\"Age'),
    ("v2: parameters of another type", v2(v2_input(parameters=[])), 400, 'parameters\\\\" must be an object'),
    ("v2: an output that is not there", v2(v2_input(), outputs=[{"name": "nope"}]), 400, "nope"),
    ("v2: an output without a name", v2(v2_input(), outputs=[{}]), 400, "output has no"),
    ("v2: 1000 outputs", v2(v2_input(), outputs=[{"name": "label"}] * 1000), 413, "outputs are asked for"),
    ("v2: an id of another type", v2(v2_input(), id=5), 400, 'id\\\\" must be a string'),
    ("v2: the classes extension", v2(v2_input(), outputs=[{"name": "label", "parameters": {"classification": 3}}]), 400,
     "classif"),
    ("v2: an id that looks like JSON comes back as text", v2(v2_input(), id='"},{"x'), 200, r'\\"},{\\"x'),
    ("v2: binary without its header", v2(sized(4)), 400, "binary_data_size"),
    ("v2: a header of words", post(V2, b"{}", b"Inference-Header-Content-Length: x\r\n"), 400, "Inference-Header"),
    ("v2: a header of 0", v2_binary([v2_input()], b"", 0), 400, "Inference-Header"),
    ("v2: a negative header", v2_binary([v2_input()], b"", -5), 400, "Inference-Header"),
    ("v2: a header beyond the body", v2_binary([v2_input()], b"", 999), 400, "999.*body has"),
    ("v2: a header beyond 64 bits", v2_binary([v2_input()], b"", 2 ** 64), 400, "Inference-Header"),
    ("v2: a header amid the JSON", v2_binary([v2_input()], b"", 20), 400, "not JSON"),
    ("v2: good binary", v2_binary([sized(4)], struct.pack("<f", 70)), 200, "outputs"),
    ("v2: binary too short", v2_binary([sized(3)], b"abc"), 400, "age.*ends at value 0 of 1"),
    ("v2: binary too long", v2_binary([sized(8)], b"\0" * 8), 400, "age.*more binary data"),
    ("v2: binary that nobody claims", v2_binary([sized(4)], b"\0" * 9), 400, "5 bytes after the tensors"),
    ("v2: binary claimed beyond the body", v2_binary([sized(5)], b"\0" * 4), 400, "binary_data_size"),
    ("v2: a binary size beyond 64 bits", v2_binary([sized(2 ** 64)], b"\0" * 4), 400, "binary_data_size"),
    ("v2: a binary size of 2^64 - 1", v2_binary([sized(2 ** 64 - 1)], b"\0" * 4), 400, "binary_data_size"),
    ("v2: a negative binary size", v2_binary([sized(-4)], b"\0" * 4), 400, "binary_data_size"),
    ("v2: a binary size as text", v2_binary([sized("4")], b"\0" * 4), 400, "binary_data_size"),
    ("v2: the same bytes twice", v2_binary([sized(4), sized(4, name="job", datatype="BYTES")], b"\0" * 4), 400,
     "binary_data_size"),
    ("v2: binary for 1000 rows in 4 bytes", v2_binary([sized(4, shape=[1000])], b"\0" * 4), 400, "ends at value 1 of"),
    ("v2: binary for 2^31 rows", v2_binary([sized(4, shape=[2147483647])], b"\0" * 4), 413, "more than 1000 rows"),
    ("v2: good BYTES", v2_binary([sized(9, name="job", datatype="BYTES")], b"\5\0\0\0nurse"), 200, "outputs"),
    ("v2: BYTES past the end", v2_binary([sized(9, name="job", datatype="BYTES")], b"\6\0\0\0nurse"), 400, "job.*ends"),
    ("v2: BYTES of 4 GiB", v2_binary([sized(9, name="job", datatype="BYTES")], b"\xff\xff\xff\xffnurse"), 400,
     "job.*ends"),
    ("v2: BYTES without a length", v2_binary([sized(3, name="job", datatype="BYTES")], b"\0\0\0"), 400, "job.*ends"),
    ("v2: BYTES that are no UTF-8", v2_binary([sized(5, name="job", datatype="BYTES")], b"\1\0\0\0\xff"), 400,
     "job.*UTF-8"),
    ("v2: BYTES with a zero byte", v2_binary([sized(5, name="job", datatype="BYTES")], b"\1\0\0\0\0"), 400,
     "job.*zero byte"),
    ("v2: binary and data", v2_binary([sized(4, data=[1])], b"\0" * 4), 400, "age.*both"),
    ("v2: bad JSON before binary", post(V2, b"{\0\0\0\0", b"Inference-Header-Content-Length: 1\r\n"), 400, "not JSON"),
]]

V1 = b"/v1/models/buyers:predict"
DIALECTS = [Case(name, post(path, body.encode(), headers), status, word,
                 form="ok" if status == 200 else form) for name, path, body, headers, status, word, form in [
    ("v1: both forms", V1, '{"instances":[],"inputs":{}}', b"", 400, "exactly one", "error"),
    ("v1: no form", V1, "{}", b"", 400, "instances", "error"),
    ("v1: an array", V1, "[1]", b"", 400, "must be an object", "error"),
    ("v1: instances of another type", V1, '{"instances":{}}', b"", 400, "instances.*array", "error"),
    ("v1: no instances", V1, '{"instances":[]}', b"", 400, "no rows", "error"),
    ("v1: inputs of other lengths", V1, '{"inputs":{"age":[1,2],"job":["a"]}}', b"", 400, "job.*1 values.*2", "error"),
    ("v1: an input twice", V1, '{"inputs":{"age":[1],"age":[2]}}', b"", 400, "age.*given twice", "error"),
    ("v1: inputs not known", V1, '{"inputs":{"x":[1]}}', b"", 400, "none of the fields", "error"),
    ("v1: inputs of a number", V1, '{"inputs":7}', b"", 400, "inputs.*must be", "error"),
    ("v1: a bad value", V1, '{"instances":[{"age":1},{"age":"x"}]}', b"", 400, "row 1.*age", "error"),
    ("v1: too many rows", V1, '{"inputs":{"age":[%s1]}}' % ("1," * 1000), b"", 413, "more than 1000", "error"),
    ("mlflow: no form", b"/invocations", "{}", b"Content-Type: application/json\r\n", 400, "dataframe_split",
     "mlflow"),
    ("mlflow: two forms", b"/invocations", '{"instances":[],"dataframe_records":[]}', b"", 400, "exactly one",
     "mlflow"),
    ("mlflow: columns without data", b"/invocations", '{"dataframe_split":{"columns":["age"]}}', b"", 400, "data",
     "mlflow"),
    ("mlflow: columns that are none", b"/invocations", '{"dataframe_split":{"columns":[1],"data":[]}}', b"", 400,
     "columns.*strings", "mlflow"),
    ("mlflow: columns not known", b"/invocations", '{"dataframe_split":{"columns":["x"],"data":[[1]]}}', b"", 400,
     "none of the", "mlflow"),
    ("mlflow: a column twice", b"/invocations", '{"dataframe_split":{"columns":["age","age"],"data":[[1,2]]}}', b"",
     400, "given twice", "mlflow"),
    ("mlflow: a row too short", b"/invocations", '{"dataframe_split":{"columns":["age","job"],"data":[[1]]}}', b"",
     400, "row 0: an array of 2", "mlflow"),
    ("mlflow: a row that is none", b"/invocations", '{"dataframe_split":{"columns":["age"],"data":[1]}}', b"", 400,
     "row of data", "mlflow"),
    ("mlflow: no JSON", b"/invocations", "{", b"Content-Type: application/json; charset=utf-8\r\n", 400, "not JSON",
     "mlflow"),
    ("mlflow: another type", b"/invocations", "a=b", b"Content-Type: application/x-www-form-urlencoded\r\n", 415,
     "takes application/json", "text"),
    ("mlflow: a type of odd letters", b"/invocations", "a", b"Content-Type: \"><script>;;;=\r\n", 415,
     "takes application/json", "text"),
    ("mlflow: a type of 5000", b"/invocations", "a", b"Content-Type: " + b"t" * 5000 + b"\r\n", 415,
     "takes application/json", "text"),
    ("feedback: no id", b"/feedback", '{"label":1}', b"", 400, 'feedback 0 has no \\\\"id', "error"),
    ("feedback: no label", b"/feedback", '[{"id":"a","label":1},{"id":"b"}]', b"", 400, 'feedback 1 has no', "error"),
    ("feedback: no object", b"/feedback", "[1]", b"", 400, "feedback 0 must be an object", "error"),
    ("feedback: a text", b"/feedback", '"a"', b"", 400, "must be an object", "error"),
    ("feedback: nothing", b"/feedback", "[]", b"", 400, "no labels", "error"),
    ("feedback: an empty id", b"/feedback", '{"id":"","label":1}', b"", 400, "id.*empty", "error"),
    ("feedback: an id with a NUL", b"/feedback", '{"id":"a\\u0000","label":1}', b"", 400, "NUL", "error"),
    ("feedback: an id of 70000", b"/feedback", '{"id":"%s","label":1}' % ("i" * 70000), b"", 400, "too long", "error"),
    ("feedback: an id twice", b"/feedback", '{"id":"a","id":"b","label":1}', b"", 400, "id.*twice", "error"),
    ("feedback: a label of null", b"/feedback", '{"id":"a","label":null}', b"", 400, "label.*one value", "error"),
    ("feedback: a label of an object", b"/feedback", '{"id":"a","label":{}}', b"", 400, "label.*one value", "error"),
    ("feedback: a label of NaN", b"/feedback", '{"id":"a","label":NaN}', b"", 400, "NaN", "error"),
    ("feedback: a time in words", b"/feedback", '{"id":"a","label":1,"time":"yesterday"}', b"", 400, "time.*ISO",
     "error"),
    ("feedback: a time before 1970", b"/feedback", '{"id":"a","label":1,"time":-5}', b"", 400, "time", "error"),
    ("feedback: a time beyond 64 bits", b"/feedback", '{"id":"a","label":1,"time":99999999999999999999}', b"", 400,
     "time", "error"),
    ("feedback: a time of true", b"/feedback", '{"id":"a","label":1,"time":true}', b"", 400, "time", "error"),
    ("feedback: a source of an object", b"/feedback", '{"id":"a","label":1,"source":{}}', b"", 400, "source", "error"),
    ("feedback: an unknown field of a list", b"/feedback", '{"id":"a","label":1,"x":[]}', b"", 400, "x.*not known",
     "error"),
    ("feedback: nobody's id", b"/feedback", '{"id":"nobody","label":1}', b"", 404, "nobody", "error"),
    ("feedback: an id with SQL", b"/feedback", '{"id":"\' OR 1=1 --","label":"x\'); DROP TABLE prediction;--"}', b"",
     404, "OR 1=1", "error"),
    ("feedback: bad JSON", b"/feedback", '{"id":"a"', b"", 400, "not JSON", "error"),
]]

# --- who may ask -----------------------------------------------------------------------------------------------------


def bearer(token):
    return b"Authorization: " + token + b"\r\n"


def token_cases(tokens):
    """tokens: of the names admin, writer, reader, revoked, expired."""
    def good(name):
        return bearer(b"Bearer " + tokens[name])
    need = "a token is needed"
    return [
        Case("no token", post(b"/predict", ROW), 401, need),
        Case("no token for the page", get(b"/"), 401, need),
        Case("no token for the metrics", get(b"/metrics"), 401, need),
        Case("no token for what is not there", get(b"/secret"), 401, need),
        Case("no token for another method", request(b"DELETE", b"/v2"), 401, need),
        Case("no token tells no model", post(b"/v2/models/loans/infer", b"{}"), 401, need),
        Case("no token, in MLflow's form", post(b"/invocations", b"{}"), 401, "UNAUTHENTICATED", form="mlflow"),
        Case("an empty token", get(b"/v2", bearer(b"Bearer ")), 401, need),
        Case("only the scheme", get(b"/v2", bearer(b"Bearer")), 401, need),
        Case("another scheme", get(b"/v2", bearer(b"Basic YTpi")), 401, need),
        Case("a wrong token", get(b"/v2", bearer(b"Bearer hone_" + b"0" * 64)), 401, need),
        Case("a token cut short", get(b"/v2", bearer(b"Bearer " + tokens["admin"][:-1])), 401, need),
        Case("a token with one more", get(b"/v2", bearer(b"Bearer " + tokens["admin"] + b"0")), 401, need),
        Case("a token in other letters", get(b"/v2", bearer(b"Bearer " + tokens["admin"].upper())), 401, need),
        Case("a token's digest is no token", get(b"/v2", bearer(b"Bearer " + tokens["digest"])), 401, need),
        Case("a token of 10000", get(b"/v2", bearer(b"Bearer " + b"x" * 10000)), 401, need),
        Case("a token that is no UTF-8", get(b"/v2", bearer(b"Bearer \xff\xfe")), 401, need),
        Case("a token in the query", get(b"/v2?token=" + tokens["admin"] + b"&access_token=" + tokens["admin"]),
             401, need),
        Case("a token in a cookie", get(b"/v2", b"Cookie: Authorization=Bearer " + tokens["admin"] + b"\r\n"),
             401, need),
        Case("a revoked token", get(b"/v2", good("revoked")), 401, need),
        Case("an expired token", get(b"/v2", good("expired")), 401, need),
        Case("two tokens", get(b"/v2", good("reader") + good("admin")), 400, "Authorization.*twice", CLOSE),
        Case("a reader predicts", post(b"/predict", ROW, good("reader")), 403, "may read, this needs write"),
        Case("a reader tells labels", post(b"/feedback", b"{}", good("reader")), 403, "may read"),
        Case("a reader, in MLflow's form", post(b"/invocations", b"{}", good("reader")), 403, "PERMISSION_DENIED",
             form="mlflow"),
        Case("a reader looks", get(b"/v2", good("reader")), 200, "hone", form="ok"),
        Case("a writer predicts", post(b"/predict", ROW, good("writer")), 200, "yes", form="ok"),
        Case("probes need none", LIVE, 200, "live", form="ok"),
    ]


def rate_cases():
    return [Case("rate: %s" % name, data, 429, "requests a second", after) for name, data, after in [
        ("a prediction", post(b"/predict", ROW), OPEN),
        ("a look", get(b"/v2"), OPEN),
        ("what is not there", get(b"/nothing"), OPEN),
    ]]


def tls_cases():
    return [Case("plain HTTP to a TLS port", LIVE, (0, 400), "", CLOSE, "none"),
            Case("noise to a TLS port", bytes(range(256)) * 8, 0, "", CLOSE, "none"),
            Case("a TLS record cut off", bytes.fromhex("1603010200010001fc0303"), 0, "", CLOSE, "none", half=True),
            Case("a TLS record of 65535", b"\x16\x03\x01\xff\xff" + b"\1" * 70000, 0, "", CLOSE, "none"),
            Case("SSL 2", bytes.fromhex("802e0100020015000000100100800200800300800400800500800600400700c0"), 0, "",
                 CLOSE, "none", half=True),
            Case("a handshake that never ends", b"\x16\x03\x01", 0, "", CLOSE, "none", pieces="trickle")]


def plain_cases():
    return FRAMES + TARGETS + JSON + CSV + V2_JSON + DIALECTS
