"""On which file systems a palace is written: by what the system says of its mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.palace.mounts import is_shared, kind_by_mount, kind_by_mountinfo, shared_file_system

LINUX = r"""
22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw
28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 28 0:30 / /home/ann/far rw,nosuid,nodev shared:2 - fuse.sshfs ann@host:/srv rw,user_id=1000
31 28 0:31 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\
32 28 0:32 / /srv/my\040goals rw - nfs4 10.0.0.1:/goals rw,vers=4.2
33 28 0:33 / /home/ann/far/near rw - tmpfs tmpfs rw
34 28 8:17 / /media/stick rw master:5 - fuseblk /dev/sdb1 rw
35 28 0:35 / /covered rw - cifs //host/share rw
36 28 0:36 / /covered rw - btrfs /dev/sdc rw
37 28 0:37 / /container rw - overlay overlay rw,lowerdir=/a:/b
"""
MACOS = """
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)
//ann@nas/home on /Volumes/home (smbfs, nodev, nosuid, mounted by ann)
/dev/disk4s1 on /Volumes/a (b) c (hfs, local, nodev)
bindfs@macfuse0 on /Volumes/bound (macfuse, synchronous)
"""


@pytest.mark.parametrize(
    "path, kind, shared",
    [
        ("/home/ann/.local/share/goalgate", "ext4", False),
        ("/home/ann/far", "fuse.sshfs", True),
        ("/home/ann/far/goalgate/palaces", "fuse.sshfs", True),
        ("/home/ann/farther", "ext4", False),
        ("/home/ann/far/near/root", "tmpfs", False),
        ("/mnt/c/Users/ann", "9p", True),
        ("/srv/my goals/root", "nfs4", True),
        ("/media/stick/root", "fuseblk", False),
        ("/covered/root", "btrfs", False),
        ("/container/root", "overlay", False),
    ],
)
def test_linux(path, kind, shared):
    assert kind_by_mountinfo(LINUX, Path(path)) == kind
    assert is_shared(kind) is shared


@pytest.mark.parametrize(
    "path, kind, shared",
    [
        ("/Users/ann/goalgate", "apfs", False),
        ("/Volumes/home/goalgate", "smbfs", True),
        ("/Volumes/a (b) c/root", "hfs", False),
        ("/Volumes/bound/root", "macfuse", True),
    ],
)
def test_macos(path, kind, shared):
    assert kind_by_mount(MACOS, Path(path)) == kind
    assert is_shared(kind) is shared


@pytest.mark.parametrize("kind", ["fuse", "fuse.bindfs", "fuse.grpcfuse", "virtiofs", "cifs", "smb3", "drvfs", "ceph"])
def test_what_is_seen_from_two_sides(kind):
    assert is_shared(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "apfs", "fuse.gocryptfs", "new"])
def test_what_is_local_or_unknown(kind):
    assert not is_shared(kind)


def test_nothing_known_is_nothing_said():
    assert kind_by_mountinfo("", Path("/a")) is None
    assert kind_by_mountinfo("not a mount\n\n 1 2 - ", Path("/a")) is None
    assert kind_by_mount("map auto_home on nothing", Path("/a")) is None


def test_what_the_system_says_here():
    """The folder of the process itself is told from what the kernel serves; one that is yet to be made, too."""
    assert shared_file_system(Path("/proc/self")) is None
    assert shared_file_system(Path("/proc/self/not/there")) is None
