"""The payloads printed on Musement's page about activity images, and the activities that have them here."""

from providers.emulation.payload import Payload
from providers.emulation.sights import BARGELLO_UUIDS

TITLE = "Tickets for the Bargello National Museum"

COVER_IMAGE_URL = "https://images-sandbox.musement.com/cover/0001/02/tickets-for-the-bargello-national-museum_header-1445.jpeg?w=540"

GALLERY_UUID, FLAGGED_UUID = BARGELLO_UUIDS
"""The first one's gallery lacks the cover (the page's first block), the other's has it (the third)."""

# In the page's HTML this reads `&amp;`; the wire has the plain `&`.
_HEADER_URL = "https://images-sandbox.musement.com/default/0001/19/tickets-for-the-bargello-national-museum_header-{}.jpeg?w=750&h=500"

GALLERY: list[Payload] = [
    {"id": number, "title": TITLE, "url": _HEADER_URL.format(number), "type": "image", "is_cover": False}
    for number in (18313, 18314)
]

FLAGGED_GALLERY: list[Payload] = [
    {"id": 1445, "title": TITLE, "url": COVER_IMAGE_URL, "type": "image", "is_cover": True}
]
