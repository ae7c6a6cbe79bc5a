"""Postcards' one call: a card by its code."""

from collections.abc import Iterable, Mapping

import msgspec

from providers.client import Ask, Call, ProviderClient, Sample, path_segment
from providers.errors import ProviderError
from providers.images import usable_url
from providers.records import Answer, Origin
from providers.scope import CallScope
from providers.transport import Reply

from .records import Card, CardWire

_CARD = msgspec.json.Decoder(CardWire, strict=False)
_SAMPLE = Sample(body=lambda: b"{}")


class PostcardsClient:
    """Cards by key."""

    def __init__(self, client: ProviderClient) -> None:
        self._client = client

    async def cards(
        self, codes: Iterable[str], scope: CallScope
    ) -> Mapping[str, Answer[Card] | ProviderError]:
        """Fetch the cards, per key; the value is None for a 404."""

        def ask(code: str) -> Ask[Card]:
            def decode(reply: Reply, origin: Origin) -> Card:
                wire = _CARD.decode(reply.body)
                picture = wire.picture if usable_url(wire.picture) else None
                return Card(code=code, origin=origin, title=wire.title, picture_url=picture)

            call = Call(route="GET /cards/{code}", path=f"/cards/{path_segment(code)}")
            return Ask(call, decode, _SAMPLE)

        return await self._client.by_key(codes, ask, scope)
