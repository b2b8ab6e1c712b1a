"""What a fault does to a reply, and to the bucket."""

import re

from .bucket import Bucket
from .replies import error_reply
from .wire import Reply, Request

KNOWN = {
    *("status", "code", "message", "echo"),
    *("headers", "status_line", "content_length"),
    *("body", "repeat", "substitute", "append", "cut_bytes", "whole"),
    *("send_head", "send_bytes", "then", "drip_seconds"),
    *("ignore_if_match", "before", "after"),
}


class Action:
    def __init__(self, given: dict, names: dict[str, str]):
        if unknown := set(given) - KNOWN:
            raise ValueError(f"unknown {sorted(unknown)} in an action, known are {sorted(KNOWN)}")
        self._given = given
        self._names = names

    @property
    def ignores_if_match(self) -> bool:
        return self._given.get("ignore_if_match", False)

    def touch(self, when: str, bucket: Bucket | None, request: Request) -> None:
        """Changes the bucket: {"overwrite": key}, {"delete": key}; the key "=" is the one asked for."""
        for what, key in self._given.get(when, {}).items():
            key = request.key if key == "=" else key
            if what == "overwrite":
                bucket.overwrite(key)
            elif what == "delete":
                bucket.delete(key)
            else:
                raise ValueError(f"{what} is nothing that can be done to an object")

    def change(self, bucket: Bucket | None, request: Request, reply: Reply) -> Reply:
        given = self._given
        if "status" in given:
            reply = self._error(request, reply)
        if given.get("whole"):
            reply.status, reply.body = 200, bucket.get(request.key).body
            reply.headers.pop("Content-Range", None)
        body = self._body(reply.body)
        if body is not reply.body or "whole" in given:
            reply.body = body
            reply.headers["Content-Length"] = str(len(body))
        self._change_head(reply)
        for name in ("send_head", "send_bytes", "then", "drip_seconds"):
            setattr(reply, name, given.get(name, getattr(reply, name)))
        return reply

    def _error(self, request: Request, reply: Reply) -> Reply:
        message = self._given.get("message", "Said by a test")
        if self._given.get("echo"):
            message += " " + " ".join(f"{name}: {value}" for name, value in request.headers.items())
        error = error_reply(self._given["status"], self._given.get("code", "Odd"), message)
        kept = {name: value for name, value in reply.headers.items() if name in ("Date", "x-amz-request-id")}
        error.headers = {**kept, **error.headers, "Content-Length": str(len(error.body))}
        return error

    def _body(self, body: bytes) -> bytes:
        given = self._given
        if "body" in given:
            body = given["body"].encode()
        if "repeat" in given:
            text, size = given["repeat"]
            body = (text.encode() * (size // len(text.encode()) + 1))[:size]
        for pattern, replacement, *count in given.get("substitute", []):
            changed = re.sub(pattern.encode(), replacement.encode(), body, count=count[0] if count else 0)
            if changed == body:
                raise ValueError(f"{pattern} is not in the reply")
            body = changed
        if "append" in given:
            body = body + given["append"].encode()
        if "cut_bytes" in given:
            body = body[: -given["cut_bytes"]]
        return body

    def _change_head(self, reply: Reply) -> None:
        given = self._given
        reply.status = given.get("status_line", reply.status)
        length = given.get("content_length", 0)
        changes = dict(given.get("headers", {}))
        if length is None:
            changes["Content-Length"] = None
        elif length:
            changes["Content-Length"] = str(int(reply.headers["Content-Length"]) + length)
        for name, value in changes.items():
            if value is None:
                reply.headers.pop(name, None)
                continue
            for placeholder, meaning in self._names.items():
                value = value.replace("{" + placeholder + "}", meaning)
            reply.headers[name] = value
