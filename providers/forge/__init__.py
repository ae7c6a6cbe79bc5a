"""Forge (Deltatre's distribution API): photos of an editorial system, by culture and slug.

Documents: the provider's "Photos" page of its distribution API, version 2.
Auth: none.
Quirks: names that begin with ``$`` must leave unencoded; unknown parameters are ignored, so answers are checked
against the filter; a repeated tag means AND; list items are partial; no total exists; an unknown culture answers 404
like an unknown slug; photos have a template URL, whose placeholder a tenant's rule fills.
"""
