"""Two agents of aioice that know each other's relayed addresses alone, and what they say to each other through them.

Arguments: the relay's host and port, udp or tcp, user name and password. Says "both heard" at the end.
"""

import asyncio
import sys

from aioice import Connection, TransportPolicy

HOST, PORT, TRANSPORT, USER, PASSWORD = sys.argv[1:]


def agent(controlling: bool) -> Connection:
    return Connection(
        ice_controlling=controlling,
        turn_server=(HOST, int(PORT)),
        turn_username=USER,
        turn_password=PASSWORD,
        turn_transport=TRANSPORT,
        transport_policy=TransportPolicy.RELAY,
    )


async def introduce(one: Connection, other: Connection) -> None:
    candidates = one.local_candidates
    assert candidates, "no allocation"
    for candidate in candidates:
        assert candidate.type == "relay", candidate
        await other.add_remote_candidate(candidate)
    await other.add_remote_candidate(None)
    other.remote_username = one.local_username
    other.remote_password = one.local_password


async def main() -> None:
    one, two = agent(True), agent(False)
    await asyncio.gather(one.gather_candidates(), two.gather_candidates())
    await introduce(one, two)
    await introduce(two, one)
    await asyncio.gather(one.connect(), two.connect())
    for size in (1, 2, 3, 4, 160, 1_200):
        for sender, receiver in ((one, two), (two, one)):
            await sender.send(bytes([size % 251]) * size)
            assert await receiver.recv() == bytes([size % 251]) * size, size
    await asyncio.gather(one.close(), two.close())
    print("both heard")


asyncio.run(asyncio.wait_for(main(), 30))
