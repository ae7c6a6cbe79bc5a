"""Postcards: a toy provider, as a fourth one would be added.

Documents: none, it is made up. Auth: none. Quirks: a card is found by its code; a picture has no sizes.
"""
