"""Which versions can be asked for, alike in every store."""

from collections.abc import Callable

from graph_model.errors import UnknownVersion, VersionNotYet
from graph_model.nodes import Version


def there(version: Version, known: Version, look: Callable[[], Version]) -> Version:
    """Give a version that is there; `known` is the latest one seen, and versions only grow, so `look` is asked rarely.

    Raises:
        VersionNotYet: beyond the latest.
        UnknownVersion: negative.

    """
    if version > known and version > (latest := look()):
        raise VersionNotYet(
            f"版本尚未产生 / version {version} is not yet there; the latest is {latest}",
            hint="ask for an earlier version, or wait until it is written",
        )
    if version < 0:
        raise UnknownVersion(
            f"版本不存在 / there is no version {version}", hint="versions begin with 0, the empty store"
        )
    return version
