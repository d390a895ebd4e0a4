"""An authority, people's certificates, and proxies that they make for themselves (RFC 3820)."""

from datetime import UTC, datetime, timedelta

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier

PROXY_INFORMATION = ObjectIdentifier("1.3.6.1.5.5.7.1.14")
# SEQUENCE { SEQUENCE { OBJECT IDENTIFIER id-ppl-inheritAll } }: it may do all that its holder may.
INHERITS_ALL = bytes.fromhex("300c300a06082b06010505071501")


class Authority:
    """Vouches for servers on this machine, and for people."""

    def __init__(self, name="Authority"):
        self._authority = trustme.CA(organization_name=name)

    def write(self, file):
        """Write its own certificate, for those who trust it."""
        self._authority.cert_pem.write_to_path(str(file))
        return file

    def write_server(self, file):
        made = self._authority.issue_cert("127.0.0.1")
        made.private_key_and_cert_chain_pem.write_to_path(str(file))
        return file

    def person(self, name):
        return Person(self._authority.issue_cert(common_name=name, organization_name="Example"))


class Person:
    """Holds a certificate for years, and makes proxies of it for hours."""

    def __init__(self, held):
        self.pem = held.cert_chain_pems[0].bytes()
        self.key = serialization.load_pem_private_key(held.private_key_pem.bytes(), None)
        self.certificate = x509.load_pem_x509_certificate(self.pem)

    @property
    def subject(self):
        return self.certificate.subject.rfc4514_string()

    def write_proxy(self, file, lasts=timedelta(hours=12), password=None):
        """Write a proxy as grid tools do: its certificate, its key, the person's certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        proxy = self._proxy(key.public_key(), datetime.now(UTC) + lasts)
        locked = serialization.NoEncryption()
        if password:
            locked = serialization.BestAvailableEncryption(password)
        parts = [
            proxy.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked
            ),
            self.pem,
        ]
        file.write_bytes(b"".join(parts))
        return file

    def _proxy(self, key, ends):
        number = x509.random_serial_number()
        own = x509.RelativeDistinguishedName(
            [x509.NameAttribute(NameOID.COMMON_NAME, str(number % 10**9))]
        )
        information = x509.UnrecognizedExtension(PROXY_INFORMATION, INHERITS_ALL)
        usage = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([*self.certificate.subject.rdns, own]))
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .serial_number(number)
            .not_valid_before(min(datetime.now(UTC), ends) - timedelta(hours=1))
            .not_valid_after(ends)
            .add_extension(usage, critical=True)
            .add_extension(information, critical=True)
            .sign(self.key, hashes.SHA256())
        )
