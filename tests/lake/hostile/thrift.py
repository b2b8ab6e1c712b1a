"""Thrift's compact protocol, as much of it as Parquet's headers and footers need.

A struct is a dict of field number → (type, value); types are those of fields. A list is List.
"""

from dataclasses import dataclass

TRUE, FALSE, I8, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)


@dataclass
class List:
    type: int
    items: list


class Encoded(bytes):
    """A value, or the items of a list, that is in its final form already."""


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def integer(number: int) -> bytes:
    return varint((number << 1) ^ (number >> 63) if number >= 0 else (-number << 1) - 1)


def list_head(type: int, size: int) -> bytes:
    return bytes([size << 4 | type]) if size < 15 else bytes([0xF0 | type]) + varint(size)


def encode(fields: dict) -> bytes:
    """A struct."""
    out = bytearray()
    last = 0
    for number in sorted(fields):
        type, value = fields[number]
        if 0 < number - last < 16:
            out.append((number - last) << 4 | type)
        else:
            out += bytes([type]) + integer(number)
        last = number
        if type not in (TRUE, FALSE):
            out += _value(type, value)
    return bytes(out + b"\0")


def _value(type: int, value) -> bytes:
    if isinstance(value, Encoded):
        return bytes(value)
    if type in (I16, I32, I64):
        return integer(value)
    if type == BINARY:
        value = value.encode() if isinstance(value, str) else value
        return varint(len(value)) + value
    if type == LIST:
        return list_head(value.type, len(value.items)) + b"".join(_value(value.type, i) for i in value.items)
    if type == STRUCT:
        return encode(value)
    if type in (I8, DOUBLE, TRUE, FALSE):
        return bytes(value)
    raise ValueError(f"type {type}")


class _Reader:
    def __init__(self, data: bytes):
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def varint(self) -> int:
        number = shift = 0
        while True:
            (byte,) = self.take(1)
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    def integer(self) -> int:
        number = self.varint()
        return number >> 1 if number & 1 == 0 else -(number >> 1) - 1

    def struct(self) -> dict:
        fields = {}
        number = 0
        while True:
            (head,) = self.take(1)
            if head == 0:
                return fields
            number = number + (head >> 4) if head >> 4 else self.integer()
            type = head & 0xF
            fields[number] = (type, None if type in (TRUE, FALSE) else self.value(type))

    def value(self, type: int):
        if type in (I16, I32, I64):
            return self.integer()
        if type == BINARY:
            return self.take(self.varint())
        if type == STRUCT:
            return self.struct()
        if type == LIST:
            (head,) = self.take(1)
            size = head >> 4 if head >> 4 < 15 else self.varint()
            return List(head & 0xF, [self.value(head & 0xF) for _ in range(size)])
        return self.take({I8: 1, DOUBLE: 8, TRUE: 1, FALSE: 1}[type])


def decode(data: bytes) -> tuple[dict, int]:
    """The struct that `data` begins with, and how many bytes it has."""
    reader = _Reader(data)
    return reader.struct(), reader.at
