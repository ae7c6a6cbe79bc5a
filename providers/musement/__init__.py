"""Musement (TUI Musement): activities with a cover image and a media list.

Documents: the provider's "Images" page and its partner API reference 3.4.0.
Auth: ``X-Musement-Application`` on every call; a bearer token from ``POST /login`` is recommended, not demanded.
Quirks: one call an activity and one for its media (no multi-get); keys are omitted when empty; a 404 on media
means "no gallery"; the list envelope is an object or a bare array; error codes are strings.
"""
