"""STS and the SSO portal behind TLS on port 443, which clients do not let one choose; the container's and
the instance's service on plain HTTP."""

import hashlib
import json
import random
import ssl
import subprocess
import threading
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from fake_s3.signature import is_signed
from fake_s3.wire import Request

from .keys import KeyStore

ROLE = "arn:aws:iam::123456789012:role/lake-reader"
INSTANCE_TOKEN = "AQAAA-token-of-the-instance"
INSTANCE_ROLE = "role-of-the-instance"


@dataclass(frozen=True)
class Asked:
    """A request for credentials, or for the way to them."""

    service: str
    name: str  # what of it: an action of STS, a path of the others
    parameters: dict[str, str]
    headers: dict[str, str] = field(repr=False)  # names in lower case
    proof: str = field(default="", repr=False)  # the token that was shown, or the access key


class FakeAws:
    """Until stop(). What it takes is in the fields: a base key of a role, tokens of a pod and of a login."""

    def __init__(self, folder: Path):
        self.keys = KeyStore()
        self.base_access, self.base_secret = (
            "AKIAQ3EGTESTONLYBASE",
            "bASEjalrXUtnFEMI/K7MDENG+bPxRfiCYz9TEST0",
        )
        self.external_id = "7f3c"
        self.web_token = "eyJhbGciOiJSUzI1NiJ9.TESTONLY.web-identity-of-the-pod"
        self.container_token = "token-of-the-pod-TESTONLY"
        self.login_token = "aoaAAAAAGTESTONLY-token-of-the-login"
        self.refusing = False  # every service answers 403
        self.asked: list[Asked] = []
        self._folder = folder
        # An address of its own for each, as nobody can choose the port.
        self.host = f"127.{random.randint(64, 254)}.{random.randint(1, 254)}.{random.randint(2, 254)}"
        self.bundle = folder / "authority.pem"
        self._secure = _Server((self.host, 443), self)
        self._secure.socket = self._tls().wrap_socket(self._secure.socket, server_side=True)
        self._plain = _Server(("127.0.0.1", 0), self)
        for server in (self._secure, self._plain):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.plain_url = f"http://127.0.0.1:{self._plain.server_port}"

    def stop(self) -> None:
        for server in (self._secure, self._plain):
            server.shutdown()
            server.server_close()

    def secrets(self) -> list[str]:
        """What nobody may tell, of all that was handed out or shown here."""
        own = [self.base_secret, self.web_token, self.container_token, self.login_token, INSTANCE_TOKEN]
        return own + [text for keys in self.keys.issued for text in (keys.secret, keys.token)]

    def _tls(self) -> ssl.SSLContext:
        def openssl(words: str) -> None:
            subprocess.run(["openssl", *words.split()], cwd=self._folder, capture_output=True, check=True)

        new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
        openssl(f"req -x509 {new_key} -days 2 -keyout authority.key -out authority.pem -subj /CN=authority")
        openssl(f"req {new_key} -keyout server.key -out server.csr -subj /CN=aws")
        (self._folder / "names").write_text(f"subjectAltName=IP:{self.host}")
        signing = "-CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile names"
        openssl(f"x509 -req -in server.csr {signing} -out server.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / "server.pem", self._folder / "server.key")
        return context

    def answer(self, request: Request, body: bytes) -> tuple[int, str]:
        path = request.path
        if request.method == "POST" and path == "/":
            reply = self._sts(request, body)
        elif path.startswith("/federation/"):
            reply = self._portal(request)
        elif path.startswith("/latest/"):
            reply = self._instance(request)
        else:
            reply = self._container(request)
        return (
            (403, "<Error><Code>AccessDenied</Code></Error>") if self.refusing or not reply else (200, reply)
        )

    def _note(self, request: Request, service: str, name: str, parameters=None, proof: str = "") -> None:
        self.asked.append(Asked(service, name, parameters or dict(request.query), request.headers, proof))

    def _sts(self, request: Request, body: bytes) -> str:
        parameters = dict(urllib.parse.parse_qsl(body.decode()))
        action = parameters.get("Action", "")
        if action == "AssumeRole":
            # What a request to STS has in the place of S3's header is its body's hash.
            request.headers["x-amz-content-sha256"] = hashlib.sha256(body).hexdigest()
            access = request.headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]
            known = self.keys.find(access)
            secret = known.secret if known else self.base_secret
            is_base = known is not None or access == self.base_access
            taken = is_base and is_signed(request, secret)
            taken = taken and parameters.get("ExternalId", "") == self.external_id
            proof = access
        else:
            proof = parameters.get("WebIdentityToken", "")
            taken = action == "AssumeRoleWithWebIdentity" and proof == self.web_token
        self._note(request, "sts", action, parameters, proof)
        if not taken or parameters["RoleArn"] != ROLE or self.refusing:
            return ""
        keys = self.keys.issue(action)
        return (
            f"<{action}Response><{action}Result><Credentials><AccessKeyId>{keys.access}</AccessKeyId>"
            f"<SecretAccessKey>{keys.secret}</SecretAccessKey><SessionToken>{keys.token}</SessionToken>"
            f"<Expiration>{keys.expires_as_text()}</Expiration></Credentials></{action}Result></{action}Response>"
        )

    def _proven(self, request: Request, service: str, header: str, token: str) -> bool:
        proof = request.headers.get(header, "")
        self._note(request, service, request.path, proof=proof)
        return proof == token and not self.refusing

    def _portal(self, request: Request) -> str:
        if not self._proven(request, "portal", "x-amz-sso_bearer_token", self.login_token):
            return ""
        keys = self.keys.issue("portal")
        given = {"accessKeyId": keys.access, "secretAccessKey": keys.secret, "sessionToken": keys.token}
        return json.dumps({"roleCredentials": {**given, "expiration": keys.expires * 1000}})

    def _container(self, request: Request) -> str:
        if not self._proven(request, "container", "authorization", self.container_token):
            return ""
        keys = self.keys.issue("container")
        given = {"AccessKeyId": keys.access, "SecretAccessKey": keys.secret, "Token": keys.token}
        return json.dumps({**given, "Expiration": keys.expires_as_text()})

    def _instance(self, request: Request) -> str:
        proven = self._proven(request, "instance", "x-aws-ec2-metadata-token", INSTANCE_TOKEN)
        if request.method == "PUT":
            return INSTANCE_TOKEN
        if not proven:
            return ""
        if request.path.endswith("/security-credentials/"):
            return INSTANCE_ROLE
        if not request.path.endswith("/" + INSTANCE_ROLE):
            return ""
        keys = self.keys.issue("instance")
        given = {"AccessKeyId": keys.access, "SecretAccessKey": keys.secret, "Token": keys.token}
        return json.dumps({"Code": "Success", **given, "Expiration": keys.expires_as_text()})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], aws: FakeAws):
        self.aws = aws
        super().__init__(address, _Handler)

    def handle_error(self, request, client_address):
        pass  # the client left


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        parameters = dict(urllib.parse.parse_qsl(query))
        request = Request(self.command, urllib.parse.unquote(path), self.path, parameters, headers)
        status, text = self.server.aws.answer(request, body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_PUT = do_POST = _answer

    def log_message(self, *_):
        pass
