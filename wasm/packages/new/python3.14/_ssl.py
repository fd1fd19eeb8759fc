"""What the module ssl stands on, where TLS is the browser's (docs/network.md of tabux).

Inside the sandbox port 443 is plain HTTP: the gateway makes the request by HTTPS, and the browser has checked
the certificate before there is a response. So a handshake does nothing here, and bytes pass as they are.
Between two programs of the sandbox that both use this module, nothing is encrypted or checked.
"""

from _socket import socket as _socket
from os import stat as _stat
from os import urandom as _urandom
from sys import audit as _audit

# (urllib3 looks at how it begins)
OPENSSL_VERSION = "OpenSSL 3.0's interface; TLS is the browser's (tabux)"
OPENSSL_VERSION_INFO = _OPENSSL_API_VERSION = (3, 0, 0, 0, 0)
OPENSSL_VERSION_NUMBER = 0x30000000
_DEFAULT_CIPHERS = "DEFAULT"
ENCODING_PEM, ENCODING_DER = 1, 2

HAS_SNI = HAS_ECDH = HAS_ALPN = HAS_TLSv1_2 = HAS_TLSv1_3 = True
HAS_NPN = HAS_SSLv2 = HAS_SSLv3 = HAS_TLSv1 = HAS_TLSv1_1 = HAS_PSK = HAS_PHA = HAS_PSK_TLS13 = False

CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED = range(3)
PROTOCOL_TLS, PROTOCOL_TLSv1_2, PROTOCOL_TLS_CLIENT, PROTOCOL_TLS_SERVER = 2, 5, 16, 17
PROTOCOL_SSLv23 = PROTOCOL_TLS
PROTO_MINIMUM_SUPPORTED, PROTO_MAXIMUM_SUPPORTED = -2, -1
PROTO_SSLv3, PROTO_TLSv1, PROTO_TLSv1_1, PROTO_TLSv1_2, PROTO_TLSv1_3 = range(0x300, 0x305)

VERIFY_DEFAULT, VERIFY_CRL_CHECK_LEAF, VERIFY_CRL_CHECK_CHAIN = 0, 4, 12
VERIFY_X509_STRICT, VERIFY_ALLOW_PROXY_CERTS = 0x20, 0x40
VERIFY_X509_TRUSTED_FIRST, VERIFY_X509_PARTIAL_CHAIN = 0x8000, 0x80000

OP_ALL, OP_NO_SSLv2, OP_NO_SSLv3 = 0x80000050, 0, 0x2000000
OP_NO_TLSv1, OP_NO_TLSv1_1, OP_NO_TLSv1_2, OP_NO_TLSv1_3 = 0x4000000, 0x10000000, 0x8000000, 0x20000000
OP_CIPHER_SERVER_PREFERENCE, OP_SINGLE_DH_USE, OP_SINGLE_ECDH_USE = 0x400000, 0, 0
OP_NO_TICKET, OP_NO_COMPRESSION, OP_NO_RENEGOTIATION = 0x4000, 0x20000, 0x40000000
OP_ENABLE_MIDDLEBOX_COMPAT, OP_IGNORE_UNEXPECTED_EOF, OP_ENABLE_KTLS = 0x100000, 0x80, 8
OP_LEGACY_SERVER_CONNECT = 4

HOSTFLAG_ALWAYS_CHECK_SUBJECT, HOSTFLAG_NO_WILDCARDS, HOSTFLAG_NO_PARTIAL_WILDCARDS = 1, 2, 4
HOSTFLAG_MULTI_LABEL_WILDCARDS, HOSTFLAG_SINGLE_LABEL_SUBDOMAINS, HOSTFLAG_NEVER_CHECK_SUBJECT = 8, 16, 32

SSL_ERROR_SSL, SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE, SSL_ERROR_WANT_X509_LOOKUP = range(1, 5)
SSL_ERROR_SYSCALL, SSL_ERROR_ZERO_RETURN, SSL_ERROR_WANT_CONNECT, SSL_ERROR_EOF = range(5, 9)
SSL_ERROR_INVALID_ERROR_CODE = 10

# RFC 8446, 6
for _number, _name in {
    0: "CLOSE_NOTIFY", 10: "UNEXPECTED_MESSAGE", 20: "BAD_RECORD_MAC", 22: "RECORD_OVERFLOW",
    30: "DECOMPRESSION_FAILURE", 40: "HANDSHAKE_FAILURE", 42: "BAD_CERTIFICATE",
    43: "UNSUPPORTED_CERTIFICATE", 44: "CERTIFICATE_REVOKED", 45: "CERTIFICATE_EXPIRED",
    46: "CERTIFICATE_UNKNOWN", 47: "ILLEGAL_PARAMETER", 48: "UNKNOWN_CA", 49: "ACCESS_DENIED",
    50: "DECODE_ERROR", 51: "DECRYPT_ERROR", 70: "PROTOCOL_VERSION", 71: "INSUFFICIENT_SECURITY",
    80: "INTERNAL_ERROR", 90: "USER_CANCELLED", 100: "NO_RENEGOTIATION", 110: "UNSUPPORTED_EXTENSION",
    111: "CERTIFICATE_UNOBTAINABLE", 112: "UNRECOGNIZED_NAME", 113: "BAD_CERTIFICATE_STATUS_RESPONSE",
    114: "BAD_CERTIFICATE_HASH_VALUE", 115: "UNKNOWN_PSK_IDENTITY",
}.items():  # fmt: skip
    globals()[f"ALERT_DESCRIPTION_{_name}"] = _number


class SSLError(OSError):
    """An error of the module ssl."""

    library = reason = None

    def __str__(self):
        return str(self.strerror if self.strerror is not None else self.args)


class SSLZeroReturnError(SSLError):
    pass


class SSLWantReadError(SSLError):
    pass


class SSLWantWriteError(SSLError):
    pass


class SSLSyscallError(SSLError):
    pass


class SSLEOFError(SSLError):
    pass


class SSLCertVerificationError(SSLError, ValueError):
    pass


for _class in (SSLError, *SSLError.__subclasses__()):
    _class.__module__ = "ssl"


def _want_read():
    return SSLWantReadError(SSL_ERROR_WANT_READ, "The operation did not complete (read)")


def _not_here(what):
    return SSLError(SSL_ERROR_SSL, f"{what} is the browser's affair: TLS ends there")


class SSLSession:
    """No session is ever resumed here."""


class Certificate:
    """What the browser has seen and shows nobody."""


class MemoryBIO:
    """Bytes on their way (the module ssl's documentation)."""

    def __init__(self):
        self._bytes = bytearray()
        self._ended = False

    def read(self, size=-1, /):
        size = len(self._bytes) if size is None or size < 0 else size
        taken = bytes(self._bytes[:size])
        del self._bytes[:size]
        return taken

    def write(self, data, /):
        if self._ended:
            raise SSLError("cannot write() after write_eof()")
        self._bytes += data
        return memoryview(data).nbytes

    def write_eof(self):
        self._ended = True

    @property
    def pending(self):
        return len(self._bytes)

    @property
    def eof(self):
        return self._ended and not self._bytes


class _SSLSocket:
    """A connection: `_receive(size)` and `_send(data)` are those of a socket or of a pair of MemoryBIO."""

    def __init__(self, owner, receive, send, pending, server_side, server_hostname):
        self.context = owner
        self.owner = None
        self._receive, self._send, self._pending = receive, send, pending
        self.server_side, self.server_hostname = server_side, server_hostname
        self.session = self.session_reused = None
        self._shaken = False

    def do_handshake(self):
        self._shaken = True

    def read(self, size, buffer=None, /):
        if buffer is None:
            if size < 0:
                raise ValueError("size should not be negative")
            return self._receive(size)
        with memoryview(buffer).cast("B") as view:
            wanted = min(size, len(view)) if size > 0 else len(view)
            data = self._receive(wanted)
            view[: len(data)] = data
        return len(data)

    def write(self, data, /):
        return self._send(data)

    def pending(self):
        return self._pending()

    def shutdown(self):
        return None

    def version(self):
        return "TLSv1.3" if self._shaken else None

    def cipher(self):
        return ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256) if self._shaken else None

    def shared_ciphers(self):
        return None

    def compression(self):
        return None

    def selected_alpn_protocol(self):
        # (the gateway speaks nothing else)
        return "http/1.1" if self._shaken and "http/1.1" in self.context._protocols else None

    def getpeercert(self, binary_form=False, /):
        if not self._shaken:
            raise ValueError("handshake not done yet")
        if binary_form or self.server_side:
            return None
        if self.context.verify_mode == CERT_NONE or not self.server_hostname:
            return {}
        name = self.server_hostname
        return {"subject": ((("commonName", name),),), "subjectAltName": (("DNS", name),)}

    def get_verified_chain(self):
        return None

    def get_unverified_chain(self):
        return None

    def get_channel_binding(self, cb_type="tls-unique", /):
        if cb_type != "tls-unique":
            raise ValueError(f"'{cb_type}' channel binding type not implemented")

    def verify_client_post_handshake(self):
        raise _not_here("authentication after the handshake")


class _SSLContext:
    """Remembers what it is told, and passes bytes."""

    def __new__(cls, protocol, /):
        if protocol not in (PROTOCOL_TLS, PROTOCOL_TLSv1_2, PROTOCOL_TLS_CLIENT, PROTOCOL_TLS_SERVER):
            raise ValueError("invalid or unsupported protocol version")
        self = object.__new__(cls)
        client = protocol == PROTOCOL_TLS_CLIENT
        self._protocol = int(protocol)
        self._options = OP_ALL | OP_NO_SSLv3 | OP_NO_COMPRESSION | OP_CIPHER_SERVER_PREFERENCE
        self._verify_mode = CERT_REQUIRED if client else CERT_NONE
        self._verify_flags = VERIFY_X509_TRUSTED_FIRST
        self._check_hostname = client
        self._minimum, self._maximum = PROTO_TLSv1_2, PROTO_MAXIMUM_SUPPORTED
        self._host_flags = HOSTFLAG_NO_PARTIAL_WILDCARDS
        # (subclasses put properties of theirs over the public names: pip's truststore)
        self._callback = self._sni_callback = self._keylog = None
        self._protocols = ()
        self._certificates = 0
        self._tickets, self._authenticate = 2, False
        return self

    protocol = property(lambda self: self._protocol)
    security_level = property(lambda self: 2)

    def _stored(name, check=int):
        def put(self, value):
            setattr(self, name, check(value))

        return property(lambda self: getattr(self, name), put)

    options = _stored("_options")
    verify_flags = _stored("_verify_flags")
    minimum_version = _stored("_minimum")
    maximum_version = _stored("_maximum")
    num_tickets = _stored("_tickets")
    post_handshake_auth = _stored("_authenticate", bool)
    _msg_callback = _stored("_callback", lambda value: value)
    sni_callback = _stored("_sni_callback", lambda value: value)
    keylog_filename = _stored("_keylog", lambda value: value)
    del _stored

    @property
    def check_hostname(self):
        return self._check_hostname

    @check_hostname.setter
    def check_hostname(self, value):
        self._check_hostname = bool(value)
        if value and self._verify_mode == CERT_NONE:
            self._verify_mode = CERT_REQUIRED

    @property
    def verify_mode(self):
        return self._verify_mode

    @verify_mode.setter
    def verify_mode(self, value):
        if value not in (CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED):
            raise ValueError("invalid value for verify_mode")
        if value == CERT_NONE and self._check_hostname:
            raise ValueError("Cannot set verify_mode to CERT_NONE when check_hostname is enabled.")
        self._verify_mode = int(value)

    def _wrap_socket(self, sock, server_side, server_hostname=None, *, owner=None, session=None):
        def receive(size):
            try:
                return _socket.recv(sock, size)
            except BlockingIOError:
                raise _want_read() from None
            except TimeoutError:
                raise TimeoutError("The read operation timed out") from None

        def send(data):
            try:
                return _socket.send(sock, data)
            except BlockingIOError:
                said = "The operation did not complete (write)"
                raise SSLWantWriteError(SSL_ERROR_WANT_WRITE, said) from None
            except TimeoutError:
                raise TimeoutError("The write operation timed out") from None

        hostname = self._named(server_hostname, server_side)
        return _SSLSocket(self, receive, send, lambda: 0, server_side, hostname)

    def _wrap_bio(self, incoming, outgoing, server_side, server_hostname=None, *, owner=None, session=None):
        def receive(size):
            if not incoming.pending and not incoming.eof:
                raise _want_read()
            return incoming.read(size)

        hostname = self._named(server_hostname, server_side)
        return _SSLSocket(self, receive, outgoing.write, lambda: incoming.pending, server_side, hostname)

    def _named(self, hostname, server_side):
        if server_side and self._protocol == PROTOCOL_TLS_CLIENT:
            raise SSLError("Cannot create a server socket with a PROTOCOL_TLS_CLIENT context")
        if not server_side and self._protocol == PROTOCOL_TLS_SERVER:
            raise SSLError("Cannot create a client socket with a PROTOCOL_TLS_SERVER context")
        if hostname is not None and (not hostname or hostname.startswith(".")):
            raise ValueError("server_hostname cannot be an empty string or start with a leading dot.")
        return hostname

    def load_verify_locations(self, cafile=None, capath=None, cadata=None):
        if cafile is None and capath is None and cadata is None:
            raise TypeError("cafile, capath and cadata cannot be all omitted")
        for path in (cafile, capath):
            if path is not None:
                _stat(path)
        self._certificates += 1

    def load_cert_chain(self, certfile, keyfile=None, password=None):
        for path in (certfile, keyfile):
            if path is not None:
                _stat(path)

    def set_default_verify_paths(self):
        pass

    def set_ciphers(self, cipherlist, /):
        if not isinstance(cipherlist, str):
            raise TypeError("argument must be str")

    set_ciphersuites = set_groups = set_ecdh_curve = set_ciphers

    def get_ciphers(self):
        name = "TLS_AES_256_GCM_SHA384"
        return [{"name": name, "protocol": "TLSv1.3", "strength_bits": 256, "alg_bits": 256}]

    def get_groups(self, *, include_aliases=False):
        return []

    def _set_alpn_protocols(self, protocols, /):
        names, rest = [], bytes(protocols)
        while rest:
            names.append(rest[1 : 1 + rest[0]].decode("ascii", "replace"))
            rest = rest[1 + rest[0] :]
        self._protocols = tuple(names)

    def load_dh_params(self, path, /):
        _audit("open", path, "rb", 0)
        _stat(path)

    def get_ca_certs(self, binary_form=False):
        return []

    def cert_store_stats(self):
        return {"x509": self._certificates, "crl": 0, "x509_ca": self._certificates}

    def session_stats(self):
        names = ("number", "connect", "connect_good", "connect_renegotiate", "accept", "accept_good",
                 "accept_renegotiate", "hits", "misses", "timeouts", "cache_full")  # fmt: skip
        return dict.fromkeys(names, 0)

    def set_psk_client_callback(self, callback):
        raise _not_here("a pre-shared key")

    def set_psk_server_callback(self, callback, identity_hint=None):
        raise _not_here("a pre-shared key")


def RAND_bytes(n, /):
    return _urandom(n)


def RAND_add(string, entropy, /):
    pass


def RAND_status():
    return True


def get_default_verify_paths():
    return ("SSL_CERT_FILE", "/usr/lib/ssl/cert.pem", "SSL_CERT_DIR", "/usr/lib/ssl/certs")


_OBJECTS = {
    "1.3.6.1.5.5.7.3.1": (129, "serverAuth", "TLS Web Server Authentication"),
    "1.3.6.1.5.5.7.3.2": (130, "clientAuth", "TLS Web Client Authentication"),
}


def txt2obj(txt, name=False):
    for oid, (nid, short, long) in _OBJECTS.items():
        if txt == oid or (name and txt in (short, long)):
            return nid, short, long, oid
    raise ValueError(f"unknown object '{txt[:100]}'")


def nid2obj(nid, /):
    for oid, (number, short, long) in _OBJECTS.items():
        if nid == number:
            return number, short, long, oid
    raise ValueError(f"unknown NID {nid}")


def _test_decode_cert(path, /):
    raise _not_here("a certificate")
