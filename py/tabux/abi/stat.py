"""File modes, device numbers and the constants of statx and utimensat (inode(7), statx(2), utimensat(2))."""

from __future__ import annotations

# file types
S_IFMT = 0o170000
S_IFSOCK = 0o140000
S_IFLNK = 0o120000
S_IFREG = 0o100000
S_IFBLK = 0o060000
S_IFDIR = 0o040000
S_IFCHR = 0o020000
S_IFIFO = 0o010000

# permission bits
S_ISUID = 0o4000
S_ISGID = 0o2000
S_ISVTX = 0o1000
S_IRWXU = 0o700
S_IRUSR = 0o400
S_IWUSR = 0o200
S_IXUSR = 0o100
S_IRWXG = 0o070
S_IRGRP = 0o040
S_IWGRP = 0o020
S_IXGRP = 0o010
S_IRWXO = 0o007
S_IROTH = 0o004
S_IWOTH = 0o002
S_IXOTH = 0o001
#: everything chmod can set
S_IALLUGO = 0o7777

# utimensat(2): special values of tv_nsec
UTIME_NOW = 0x3FFFFFFF
UTIME_OMIT = 0x3FFFFFFE

# statx(2): fields
STATX_TYPE = 0x001
STATX_MODE = 0x002
STATX_NLINK = 0x004
STATX_UID = 0x008
STATX_GID = 0x010
STATX_ATIME = 0x020
STATX_MTIME = 0x040
STATX_CTIME = 0x080
STATX_INO = 0x100
STATX_SIZE = 0x200
STATX_BLOCKS = 0x400
STATX_BASIC_STATS = 0x7FF
STATX_BTIME = 0x800
STATX_MNT_ID = 0x1000
STATX_ATTR_MOUNT_ROOT = 0x2000

# getdents64(2): d_type, which is the file type of the mode shifted down
DT_UNKNOWN = 0
DT_FIFO = 1
DT_CHR = 2
DT_DIR = 4
DT_BLK = 6
DT_REG = 8
DT_LNK = 10
DT_SOCK = 12


def S_ISDIR(mode: int) -> bool:
    """True for a directory's mode."""
    return mode & S_IFMT == S_IFDIR


def S_ISREG(mode: int) -> bool:
    """True for a regular file's mode."""
    return mode & S_IFMT == S_IFREG


def S_ISLNK(mode: int) -> bool:
    """True for a symbolic link's mode."""
    return mode & S_IFMT == S_IFLNK


def S_ISCHR(mode: int) -> bool:
    """True for a character device's mode."""
    return mode & S_IFMT == S_IFCHR


def S_ISBLK(mode: int) -> bool:
    """True for a block device's mode."""
    return mode & S_IFMT == S_IFBLK


def S_ISFIFO(mode: int) -> bool:
    """True for a pipe's or fifo's mode."""
    return mode & S_IFMT == S_IFIFO


def S_ISSOCK(mode: int) -> bool:
    """True for a socket's mode."""
    return mode & S_IFMT == S_IFSOCK


def dirent_type(mode: int) -> int:
    """The d_type of getdents64 for a mode."""
    return (mode & S_IFMT) >> 12


def makedev(major: int, minor: int) -> int:
    """A device number as st_rdev holds it in user space (makedev(3): 12 bits major, 20 bits minor)."""
    return (minor & 0xFF) | ((major & 0xFFF) << 8) | ((minor & ~0xFF) << 12)


def major(device: int) -> int:
    """The major number of a device."""
    return (device >> 8) & 0xFFF


def minor(device: int) -> int:
    """The minor number of a device."""
    return (device & 0xFF) | ((device >> 12) & 0xFFF00)
