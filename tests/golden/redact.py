#!/usr/bin/env python3
"""Reference hashes for tests/unit/test_redact.c, by Python's hmac and base64 (3.11)."""
import base64
import hmac


def mac(key, text):
    return hmac.new(key, text, "sha256").digest()


def short(digest):
    return base64.b32encode(digest).decode().lower()[:26]


key = mac(b"0123456789abcdef0123456789ABCDEF-test", b"hone redact: hash")
print(short(mac(key, b"jane@example.org")))
print(short(mac(mac(key, b"email"), b"jane@example.org")))
