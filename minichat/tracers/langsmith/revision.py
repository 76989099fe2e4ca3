"""Which commit a program runs from, read out of the `.git` directory around it: no process is started for it.

The SDK asks `git describe --tags --always --dirty`. Of that this gives the tag, where one stands at the commit, else
the beginning of the commit's name: what the files say in a few reads. How far a tag is away and whether files were
changed it cannot say, for that means reading the whole history and tree. A process of its own would also be the
traced program's child, which a program that waits for its children would meet.
Source: gitrepository-layout(5); git-describe(1) for the form.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Dict, List, Optional, Tuple

__all__ = ["described", "revision"]

SHORT = 7  # digits of a commit's name
LARGEST = 4 * 1024 * 1024  # bytes of `packed-refs` that are looked at
HEXADECIMAL = frozenset("0123456789abcdef")

_known: Dict[str, Optional[str]] = {}


def revision() -> Optional[str]:
    """Give the tag or commit of the working directory at the first call; None outside of a repository."""
    if "" not in _known:
        try:
            _known[""] = described(os.getcwd())
        except Exception:  # a directory that is gone or may not be read; nobody misses it
            _known[""] = None
    return _known[""]


def described(directory: str) -> Optional[str]:
    """Give the tag at the commit that is checked out in a directory or above it, else its first seven digits.

    Raises: OSError for a repository that cannot be read.
    """
    own = _git_directory(directory)
    if own is None:
        return None
    link = _read(os.path.join(own, "commondir"))  # a worktree shares its refs with the repository
    common = os.path.normpath(os.path.join(own, link.strip())) if link else own
    head = (_read(os.path.join(own, "HEAD")) or "").strip()
    packed = list(_packed(_read(os.path.join(common, "packed-refs"), LARGEST) or ""))
    if head.startswith("ref:"):
        name = head[4:].strip()
        text = _read(os.path.join(own, name)) or _read(os.path.join(common, name))
        head = text.strip() if text else next((commit for ref, commit, _ in packed if ref == name), "")
    if len(head) < 40 or not HEXADECIMAL.issuperset(head):
        return None  # nothing is committed yet, or the refs are kept in another form
    return _tag_at(head, common, packed) or head[:SHORT]


def _tag_at(commit: str, common: str, packed: List[Tuple[str, str, str]]) -> Optional[str]:
    """Give the tag of a commit; an annotated one only once it is packed, its target stands in an object before."""
    tags = [ref[10:] for ref, at, peeled in packed if ref.startswith("refs/tags/") and commit in (at, peeled)]
    place = os.path.join(common, "refs", "tags")
    if os.path.isdir(place):
        for name in os.listdir(place):
            path = os.path.join(place, name)
            if os.path.isfile(path) and (_read(path) or "").strip() == commit:
                tags.append(name)
    return max(tags) if tags else None


def _packed(text: str) -> Iterator[Tuple[str, str, str]]:
    """Read `packed-refs`: (name, what it names, the commit of an annotated tag or "")."""
    last = None
    for line in text.splitlines():
        if line.startswith("^") and last is not None:
            yield (*last, line[1:].strip())
            last = None
            continue
        if last is not None:
            yield (*last, "")
        commit, _, name = line.partition(" ")
        last = (name, commit) if name and not line.startswith("#") else None
    if last is not None:
        yield (*last, "")


def _git_directory(directory: str) -> Optional[str]:
    while True:
        place = os.path.join(directory, ".git")
        if os.path.isdir(place):
            return place
        if os.path.isfile(place):  # of a worktree or a submodule: it says where
            said = (_read(place) or "").partition("gitdir:")[2].strip()
            return os.path.normpath(os.path.join(directory, said)) if said else None
        above = os.path.dirname(directory)
        if above == directory:
            return None
        directory = above


def _read(path: str, most: int = 4096) -> Optional[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(most)
    except (FileNotFoundError, NotADirectoryError):
        return None
