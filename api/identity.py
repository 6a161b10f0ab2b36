"""Where the secret of the keyed hash of identity numbers comes from."""

from pathlib import Path
from secrets import token_bytes

from api.settings import KEY_BYTES, Settings
from graph_model.identifiers import read_or_make_key

_SQLITE = "sqlite:///"


def identity_key(settings: Settings) -> bytes:
    """Give the secret of the keyed hash: `id_key`, else what `id_key_file` holds (made at first use).

    Where neither is set, the file is `xinheng-id.key` beside the SQLite store (the keyed ids in a store and the key
    belong together), or in the working folder for other stores. A store in memory gets a key of its own.
    """
    if settings.id_key is not None:
        return settings.id_key
    if settings.id_key_file is not None:
        return read_or_make_key(settings.id_key_file)
    path = settings.store.removeprefix(_SQLITE)
    if path == ":memory:":
        return token_bytes(KEY_BYTES)
    folder = Path(path).parent if settings.store.startswith(_SQLITE) else Path()
    return read_or_make_key(folder / "xinheng-id.key")
