"""Who may ask, and how much, before anything is answered."""

import msgspec

from server.access import Access
from server.rate_limits import RateLimit


class Admission(msgspec.Struct, frozen=True):
    """The access of clients, and the limits of their requests and of the calls that these are priced at."""

    access: Access
    requests: RateLimit
    calls: RateLimit
