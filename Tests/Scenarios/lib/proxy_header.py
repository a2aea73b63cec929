# SPDX-License-Identifier: Apache-2.0
"""PROXY protocol headers as bytes, right ones and the parts to build wrong ones from."""

import socket
import struct

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def version1(source="192.0.2.7", destination="192.0.2.1", source_port=40_000, destination_port=25):
    family = b"TCP6" if ":" in source else b"TCP4"
    return b"PROXY %s %s %s %d %d\r\n" % (family, source.encode(), destination.encode(), source_port, destination_port)


def version2(
    source="192.0.2.7",
    destination="192.0.2.1",
    source_port=40_000,
    destination_port=25,
    command=1,
    family_byte=None,
    values=b"",
    length=None,
    checksum=False,
):
    """`values` are encoded TLVs; `checksum` adds a right CRC32C; `length` overrides the length field."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    addresses = socket.inet_pton(family, source) + socket.inet_pton(family, destination)
    block = addresses + struct.pack("!HH", source_port, destination_port) + values
    if checksum:
        block += value(0x03, bytes(4))
    kind = family_byte if family_byte is not None else (0x21 if family == socket.AF_INET6 else 0x11)
    size = length if length is not None else len(block)
    header = SIGNATURE + bytes([0x20 | command, kind]) + struct.pack("!H", size) + block
    if checksum:
        header = header[:-4] + struct.pack("!I", crc32c(header))
    return header


def local():
    return SIGNATURE + b"\x20\x00\x00\x00"


def value(kind, content):
    return bytes([kind]) + struct.pack("!H", len(content)) + content


def crc32c(content):
    """RFC 3720's polynomial, reflected, bit by bit: headers are short."""
    remainder = 0xFFFFFFFF
    for byte in content:
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder >> 1) ^ (0x82F63B78 if remainder & 1 else 0)
    return remainder ^ 0xFFFFFFFF
