"""The path walk (path_resolution(7), symlink(7)).

Written for speed on the common path, which is: directories everyone can search, no links, no dots. Everything
else leaves the loop for `_step`.
"""

from __future__ import annotations

from tabux.abi.errno import EACCES, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, SysError
from tabux.abi.stat import S_IFDIR, S_IFMT
from tabux.fs.credentials import MAY_EXEC, Credentials, permitted
from tabux.fs.inode import Inode
from tabux.fs.virtual import MagicLink, VirtualDirectory, VirtualLink

#: a path with its final NUL (PATH_MAX)
PATH_MAX = 4096
NAME_MAX = 255
#: symbolic links followed in one walk, wherever they appear
MAXSYMLINKS = 40

#: last names that no entry can have: the root itself, and the dots
SPECIAL = ("", ".", "..")


class Walker:
    """Walks paths from `root`. After a walk, its last step is left in `parent`, `name` and `slash`.

    parent  the directory in which the last name was looked up
    name    the last name; "" for the root, else possibly "." or ".."
    slash   whether a slash followed it
    """

    __slots__ = ("_context", "_creating", "_links", "name", "parent", "root", "slash")

    def __init__(self, root: Inode) -> None:
        self.root = root
        self.parent = root
        self.name = ""
        self.slash = False
        self._context: object = None
        self._creating = False
        self._links = 0

    @property
    def context(self) -> object:
        """What the last walk was given for virtual files: who makes the call."""
        return self._context

    def walk(
        self,
        start: Inode,
        path: str,
        cred: Credentials,
        follow: bool = True,
        context: object = None,
        creating: bool = False,
    ) -> Inode | None:
        """The inode `path` leads to from `start`, or None when only the last name does not exist.

        A link as the last name is followed when `follow` or when a slash comes after it. `creating` is for
        open(O_CREAT): a slash after the last name is then EISDIR, whether the path or a link ends with it.

        ENOENT (an empty path, a missing directory, a dangling link on the way), ENOTDIR (also a slash after
        something else than a directory), EACCES (a directory without search permission), ELOOP, ENAMETOOLONG.
        """
        self._links = 0
        self._context = context
        self._creating = creating
        return self._walk(start, path, cred, follow)

    def to_parent(self, start: Inode, path: str, cred: Credentials, context: object = None) -> Inode:
        """Walks all but the last name and returns that directory, which is known to be searchable.

        `name` may be one of SPECIAL. Errors as for `walk`.
        """
        self._links = 0
        self._context = context
        self._creating = False
        directory = self._prefix(start, path, cred)
        # (nothing is looked up for the root itself)
        if directory.mode & 0o111 != 0o111 and self.name and not permitted(directory, MAY_EXEC, cred):
            raise SysError(EACCES)
        return directory

    def entry(self, directory: Inode, name: str) -> Inode | None:
        """The entry `name` of a directory, links not followed. ENAMETOOLONG."""
        children = directory.children
        if children is not None:
            child = children.get(name)
        elif isinstance(directory, VirtualDirectory):
            child = directory.lookup(name, self._context)
        else:
            raise SysError(ENOTDIR)
        # (a removed directory is not even asked)
        if child is None and len(name) > NAME_MAX and directory.nlink != 0:
            raise SysError(ENAMETOOLONG)
        return child

    def _walk(self, node: Inode, path: str, cred: Credentials, follow: bool) -> Inode | None:
        node = self._prefix(node, path, cred)
        name = self.name
        children = node.children
        if children is not None and (node.mode & 0o111 == 0o111 or permitted(node, MAY_EXEC, cred)):
            child = children.get(name)
            if child is not None and child.target is None and not self.slash:
                return child
        if not name:
            return node
        if not permitted(node, MAY_EXEC, cred):
            raise SysError(EACCES)
        if name == "." or name == "..":
            return node if name == "." else node.parent
        slash = self.slash
        if slash and self._creating:
            raise SysError(EISDIR)
        child = self.entry(node, name)
        if child is None:
            return None
        if child.target is not None and (follow or slash):
            child = self._follow(node, child, cred)
        if slash and child is not None and child.mode & S_IFMT != S_IFDIR:
            raise SysError(ENOTDIR)
        return child

    def _prefix(self, node: Inode, path: str, cred: Credentials) -> Inode:
        """The directory all but the last name lead to; sets `parent`, `name` and `slash`."""
        if not path:
            raise SysError(ENOENT)
        if len(path) >= PATH_MAX:
            raise SysError(ENAMETOOLONG)
        if path[0] == "/":
            node = self.root
        names = path.split("/")
        last = names.pop()
        slash = not last
        while not last and names:
            last = names.pop()
        for name in names:
            children = node.children
            if children is not None and (node.mode & 0o111 == 0o111 or permitted(node, MAY_EXEC, cred)):
                child = children.get(name)
                if child is not None and child.target is None:
                    node = child
                    continue
            if name:
                node = self._step(node, name, cred)
        if node.children is None and node.mode & S_IFMT != S_IFDIR:
            raise SysError(ENOTDIR)
        self.parent = node
        self.name = last
        self.slash = slash
        return node

    def _step(self, node: Inode, name: str, cred: Credentials) -> Inode:
        """One name in the middle of a path, in full generality."""
        if node.mode & S_IFMT != S_IFDIR:
            raise SysError(ENOTDIR)
        if not permitted(node, MAY_EXEC, cred):
            raise SysError(EACCES)
        if name == ".":
            return node
        if name == "..":
            return node.parent or node
        child = self.entry(node, name)
        if child is not None and child.target is not None:
            creating, self._creating = self._creating, False
            child = self._follow(node, child, cred)
            self._creating = creating
        if child is None:
            raise SysError(ENOENT)
        return child

    def _follow(self, directory: Inode, link: Inode, cred: Credentials) -> Inode | None:
        self._links += 1
        if self._links > MAXSYMLINKS:
            raise SysError(ELOOP)
        if isinstance(link, MagicLink):
            return link.resolve(self._context)
        if isinstance(link, VirtualLink):
            return self._walk(directory, link.readlink(self._context), cred, True)
        return self._walk(directory, link.target or "", cred, True)
