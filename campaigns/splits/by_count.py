"""Splits by counting the files of a dataset that stays as it is."""

from dataclasses import dataclass
from typing import ClassVar

from campaigns.splits.base import Look, Slice, Split, argument


@dataclass(frozen=True)
class NFiles(Split):
    """Take n files at a time, in order. For a dataset that no longer grows."""

    name: ClassVar[str] = "nfiles"
    n: int = argument("files per slice")

    def next_slice(self, look: Look) -> Slice | None:
        start = look.index * self.n
        files = look.files[start : start + self.n]
        if not look.has_files(files):
            return None
        return Slice(f"{look.stem}_slice{look.index}_files{self.n}", files, look.index + 1)


@dataclass(frozen=True)
class Mod(Split):
    """Deal the files out over n slices, one by one. For a dataset that no longer grows."""

    name: ClassVar[str] = "mod"
    n: int = argument("number of slices")

    def next_slice(self, look: Look) -> Slice | None:
        if look.index >= self.n:
            return None
        files = look.files.stride(self.n, look.index)
        if not look.has_files(files):  # nor has any slice after this one
            return None
        return Slice(f"{look.stem}_slice{look.index}_of_{self.n}", files, look.index + 1)


@dataclass(frozen=True)
class LimitN(Split):
    """Take the first n files, every time the same ones: for trying something out."""

    name: ClassVar[str] = "limitn"
    ends: ClassVar[bool] = False
    n: int = argument("number of files")

    def next_slice(self, look: Look) -> Slice | None:
        files = look.files[: self.n]
        if not look.has_files(files):
            return None
        return Slice(f"{look.stem}_{look.unique}_limit{self.n}", files, look.index + 1)
