"""Which file systems a palace may be written on: SQLite's log needs memory and locks that all who open it share.

Through a network or a mount in user space two sides see the same file, and not each other's memory and locks: what one
of them committed the other writes over.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from pathlib import Path

# fmt: off
_REMOTE = frozenset(
    # Networks, hosts of virtual machines and containers, clusters.
    {"9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "fakeowner", "gfs2", "gfs",
     "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "osxfs", "panfs", "prl_fs", "pvfs2",
     "smb", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "webdav"}
)
_LOCAL_FUSE = frozenset(
    # A disk of this machine, or one folder of it that nobody reaches but through the mount.
    {"fuseblk", "fuse.cryfs", "fuse.encfs", "fuse.exfat", "fuse.ext2", "fuse.fuse-ext2", "fuse.fuse-overlayfs",
     "fuse.gocryptfs", "fuse.ntfs", "fuse.ntfs-3g", "fuse.securefs", "fuse.zfs"}
)
# fmt: on
_ESCAPE = re.compile(r"\\([0-7]{3})")
_MACOS_MOUNT = re.compile(r"^.+ on (?P<point>/.*) \((?P<kind>[^,)]+)", re.MULTILINE)


def two_sides(path: Path) -> str | None:
    """Return why somebody could open this database past the log that all who write it have to share, or ``None``."""
    if kind := shared_file_system(path.parent):
        return f"{path.parent} is on a file system that may have two sides ({kind})"
    with suppress(OSError):
        if (links := path.stat().st_nlink) > 1:
            return f"{path} has {links} names (hard links)"
    return None


def shared_file_system(folder: Path) -> str | None:
    """Return the type of the file system that a folder is on or would be made on, if others may see it from elsewhere.

    ``None`` where it is local, and where nobody can tell.
    """
    there = Path(os.path.realpath(folder))
    kind = None
    with suppress(OSError):
        if sys.platform == "darwin":
            # Slow to load, and of use there alone.
            import subprocess

            said = subprocess.run(["/sbin/mount"], capture_output=True, check=False).stdout
            kind = kind_by_mount(said.decode(errors="surrogateescape"), there)
        else:
            kind = kind_by_mountinfo(Path("/proc/self/mountinfo").read_text(errors="surrogateescape"), there)
    return kind if kind is not None and is_shared(kind) else None


def is_shared(kind: str) -> bool:
    """Return whether two sides of a file system of this type may each have memory and locks of their own."""
    kind = kind.lower()
    if kind.startswith(("fuse", "macfuse", "osxfuse")):
        return kind not in _LOCAL_FUSE
    return kind in _REMOTE


def kind_by_mountinfo(text: str, path: Path) -> str | None:
    """Return the type of the file system at a path, by what Linux says in ``/proc/self/mountinfo``."""
    mounts = []
    for line in text.splitlines():
        mount, _, rest = line.partition(" - ")
        fields, kinds = mount.split(" "), rest.split(" ")
        if len(fields) > 4 and kinds[0]:
            mounts.append((_ESCAPE.sub(lambda code: chr(int(code[1], 8)), fields[4]), kinds[0]))
    return _innermost(mounts, path)


def kind_by_mount(text: str, path: Path) -> str | None:
    """Return the type of the file system at a path, by what ``mount`` prints on macOS."""
    return _innermost([(found["point"], found["kind"]) for found in _MACOS_MOUNT.finditer(text)], path)


def _innermost(mounts: list[tuple[str, str]], path: Path) -> str | None:
    """Return the type of the mount that the path is on; of two at one place the later one covers the other."""
    best = -1
    found = None
    for point, kind in mounts:
        if len(point) >= best and (path == Path(point) or Path(point) in path.parents):
            best, found = len(point), kind
    return found
