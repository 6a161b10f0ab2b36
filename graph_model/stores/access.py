"""How a graph server is reached: who asks, how many connections, and how long anything may take."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Access:
    """What a server's address does not say. Times are seconds, each below a request's own deadline (docs/settings.md).

    user, password  of the server; the address never holds them
    connections     at most, in one process
    connect         to open a connection
    acquire         to get one, opening included; when all are in use, that long and no longer
    transaction     for a read or one change set, on the server; it ends what takes longer
    bulk            the same for what reads or fills the whole store
    """

    user: str = "neo4j"
    password: str = field(default="", repr=False)
    connections: int = 32
    connect: float = 2.0
    acquire: float = 3.0
    transaction: float = 5.0
    bulk: float = 600.0
