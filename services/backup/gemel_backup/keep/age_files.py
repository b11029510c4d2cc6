"""Encrypts or decrypts files: ``age_files.py encrypt|decrypt LIST``. It is run as a file, and imports nothing of Gemel.

``LIST`` is a JSON list of pairs of paths, and is removed; the keys are a JSON list in the environment.
"""

import json
import os
import sys
from pathlib import Path

import pyrage

KEYS = "GEMEL_AGE_KEYS"


def main() -> int:
    """Exit status: 0 if all was done."""
    verb, listed = sys.argv[1], Path(sys.argv[2])
    pairs = json.loads(listed.read_text())
    listed.unlink()
    given = json.loads(os.environ[KEYS])
    encrypting = verb == "encrypt"
    keys = [(pyrage.x25519.Recipient if encrypting else pyrage.x25519.Identity).from_str(key) for key in given]
    for source, target in pairs:
        try:
            (pyrage.encrypt_file if encrypting else pyrage.decrypt_file)(source, target, keys)
        except (pyrage.DecryptError, pyrage.EncryptError, OSError) as error:
            sys.stderr.write(f"{Path(source).name}: {error}")
            return 1
        if encrypting:
            Path(source).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
