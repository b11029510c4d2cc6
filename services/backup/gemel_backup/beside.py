"""Work that goes on in a thread as long as a block does."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(
    work: Callable[[threading.Event], None],
    name: str,
    *,
    ended: threading.Event | None = None,
    seconds: float | None = None,
) -> Iterator[None]:
    """Work in a thread until the block ends.

    :param work: told by the event when that is.
    :param ended: one that others may set, too.
    :param seconds: to wait for the thread at the end; ``None``: as long as it takes.
    """
    over = ended if ended is not None else threading.Event()
    thread = threading.Thread(target=work, args=(over,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(seconds)
