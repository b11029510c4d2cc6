"""Fill the empty secrets of an example file with random ones. Standard library only: nothing is installed yet.

``new_secrets.py docker.example.env docker.env`` writes ``docker.env`` (mode 600), never over an old one;
``new_secrets.py --kubernetes`` prints the Secret of ``k8s/overlays/development``.
"""

import os
import re
import secrets
import sys
from pathlib import Path

EMPTY = re.compile(r"^([A-Z][A-Z0-9_]*)=$", re.MULTILINE)


def secret() -> str:
    """192 random bits as hexadecimal digits, which stand in any address as they are."""
    return secrets.token_hex(24)


def environment_file(example: Path, target: Path) -> None:
    """Copy ``example`` to ``target`` with every ``KEY=`` filled.

    :raises FileExistsError: ``target`` is there: the databases know its passwords, so it is not replaced.
    """
    if target.exists():
        raise FileExistsError(target)
    text = EMPTY.sub(lambda found: f"{found[1]}={secret()}", example.read_text(encoding="utf-8"))
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)


def kubernetes_secret() -> str:
    """The Secret ``gemel`` of the development overlay, whose servers are called ``postgres`` and ``redis``."""
    postgres, redis = secret(), secret()
    values = {
        "POSTGRES_PASSWORD": postgres,
        "REDIS_PASSWORD": redis,
        "GEMEL_DATABASE_URI": f"postgresql://app:{postgres}@postgres:5432/gemel",
        "GEMEL_SCRATCH_DATABASE_URI": f"postgresql://app:{postgres}@scratch:5432/gemel",
        "GEMEL_REDIS_URI": f"redis://:{redis}@redis:6379/0",
        "GEMEL_ADMIN_SECRET": secret(),
    }
    lines = [f'  {key}: "{value}"' for key, value in values.items()]
    return "\n".join(["apiVersion: v1", "kind: Secret", "metadata: {name: gemel}", "stringData:", *lines, ""])


def main(arguments: list[str]) -> int:
    """Exit status: 0 when written, 1 when refused, 2 when not understood."""
    if arguments == ["--kubernetes"]:
        sys.stdout.write(kubernetes_secret())
        return 0
    if len(arguments) != 2:
        sys.stderr.write(__doc__ or "")
        return 2
    example, target = map(Path, arguments)
    try:
        environment_file(example, target)
    except FileExistsError:
        sys.stderr.write(f"{target} is already there, and the databases know its passwords: it is left as it is\n")
        return 1
    sys.stdout.write(f"wrote {target} with new secrets\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
