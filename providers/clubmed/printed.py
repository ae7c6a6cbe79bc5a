"""The payloads printed on Club Med's page about resort media, and the product that has them here."""

from providers.emulation.payload import Payload
from providers.emulation.resorts import ANNEX

(PRODUCT_ID,) = ANNEX.product_ids

# The page prints one placeholder for a picture and a video alike, in plain http: so neither the scheme nor the
# file's ending proves anything.
PICTURES: list[Payload] = [{"url": "http://image.jpg", "keywords": ["MAIN_KEY_VISUAL"]}]

VIDEOS: list[str] = ["http://image.jpg"]
