"""Files for tests, in one line."""

from typing import Any

from datahandling.handlers.catalogue import Catalogue, Declaration, Maker


def declare_files(
    experiment: str,
    dataset: str,
    count: int,
    *,
    stem: str | None = None,
    suffix: str = ".root",
    maker: Maker | None = None,
    parents: tuple[str, ...] = (),
    located: bool = True,
    **metadata: Any,
) -> list[str]:
    """Declare ``count`` files ``<stem>_001<suffix>`` … into the dataset; return their names."""
    names = [f"{stem or dataset}_{number:03d}{suffix}" for number in range(1, count + 1)]
    Catalogue(experiment).declare(
        [
            Declaration(
                name,
                size=1000,
                metadata=metadata,
                locations=[f"file:///data/{name}"] if located else [],
                parents=parents,
                datasets=[dataset],
            )
            for name in names
        ],
        maker,
    )
    return names
