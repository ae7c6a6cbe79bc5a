"""The list item that Forge's page about photos prints."""

from providers.emulation.payload import Payload

CULTURE = "en-us"
SLUG = "2019-05-29-redgrave-pintest-featured"

# The page shows the dump of a tree viewer; these are its values in the JSON that the wire has.
PHOTO: Payload = {
    "type": "photo",
    "_translationId": "e69fdc4e-c4ea-415b-aeb3-d1927dfa2bef",
    "_entityId": "811f692a-2d5f-418c-b0d7-9b2e907c8d38",
    "selfUrl": "https://acme.org/v2/content/en-us/photos/2019-05-29-redgrave-pintest-featured",
    "slug": SLUG,
    "title": "2019-05-29-redgrave-pintest-featured",
    "tags": [],
    "fields": {},
    "createdBy": "Frank Becker",
    "lastUpdatedBy": "Frank Becker",
    "lastUpdatedDate": "2020-07-21T07:33:43.554Z",
    "contentDate": "2020-07-21T07:33:43.554Z",
    "featured": 0,
    "image": {
        "title": "2019-05-29-redgrave-pintest-featured",
        "templateUrl": "https://images.acme.org/media/image/private/{formatInstructions}/forge/zaxax7s7k6z2lgoyb59x",
        "thumbnailUrl": (
            "https://images.acme.org/media/image/private/w_250,h_250,c_thumb,g_auto,q_auto,f_jpg/forge/zaxax7s7k6z2lgoyb59x"
        ),
        "format": "jpg",
        "overriddenFormats": {},
    },
}
