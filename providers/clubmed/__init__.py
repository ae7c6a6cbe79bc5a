"""Club Med: resort products, their pictures and their videos.

Documents: the provider's "Retrieve resort media" page and its products API.
Auth: a static ``x-api-key``; ``accept-language`` is demanded on every call.
Quirks: three endpoint versions on purpose (products v2, pictures v1, videos v0); lists are paged by ``page`` and
answer 206 with ``Content-Range``; ``Link`` carries the key in clear and is never used; pictures and videos have no
ids; an empty text means that there is none.
"""
