"""Signatures of snapshots: Ed25519 over the manifest, in the forms that OpenSSL reads and writes.

The manifest names the checksum of every file, so its signature covers all of them::

    openssl genpkey -algorithm ed25519 -out private.pem
    openssl pkey -in private.pem -pubout -out public.pem
    openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in manifest.json -sigfile manifest.sig
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from corpora.errors import BadSnapshotFile, ConfigurationError

SIGNATURE_BYTES = 64


def sign(manifest: bytes, private_key: Path) -> bytes:
    """The signature of a manifest. Raises ConfigurationError where the key can't be used."""
    try:
        key = load_pem_private_key(private_key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(private_key, error) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(private_key, "it is no Ed25519 private key")
    return key.sign(manifest)


def check_signature(manifest: bytes, signature: bytes | None, public_key: Path) -> None:
    """Check that the owner of a key has signed this manifest. Raises BadSnapshotFile."""
    try:
        key = load_pem_public_key(public_key.read_bytes())
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(public_key, error) from error
    if not isinstance(key, Ed25519PublicKey):
        raise _unusable(public_key, "it is no Ed25519 public key")
    if signature is None:
        raise BadSnapshotFile(
            "The snapshot is not signed.",
            hint=f"Only snapshots signed for {public_key} are taken: export it with --sign.",
        )
    try:
        key.verify(signature, manifest)
    except InvalidSignature:
        raise BadSnapshotFile(
            f"The signature of the snapshot is not of {public_key}.",
            hint="It was changed, or signed by somebody else. Get it again from its source.",
        ) from None


def _unusable(file: Path, why: object) -> ConfigurationError:
    return ConfigurationError(
        f"The key {file} can't be used: {why}.",
        hint="Make one: openssl genpkey -algorithm ed25519 -out private.pem",
    )
