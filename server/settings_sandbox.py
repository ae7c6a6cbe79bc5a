"""Where the emulated providers listen, and settings that point at them."""

import msgspec

from server.secret import Secret
from server.settings_kinds import Kind, checked_url
from server.settings_providers import ClubMedSettings, ForgeSettings, MusementSettings


class SandboxUrls(msgspec.Struct, frozen=True):
    """Base URLs of the three emulators and the origin of their pictures, as the sandbox prints them."""

    musement: str
    clubmed: str
    forge: str
    images: str


def sandbox_urls(line: str | bytes) -> SandboxUrls:
    """Read the line of JSON that the sandbox process prints; raise ValueError for anything else."""
    urls = msgspec.json.decode(line, type=SandboxUrls)
    for url in msgspec.structs.astuple(urls):
        # The line can also come out of the environment, by MEDIAGRAPH_SANDBOX_URLS.
        checked_url(url)
    return urls


def emulated_musement(real: MusementSettings, urls: SandboxUrls) -> MusementSettings:
    """Point Musement at its emulator: nothing of the operator's account goes there, its bounds stay."""
    return msgspec.structs.replace(
        real,
        url=urls.musement,
        application=Secret("sandbox"),
        # The emulator knows four markets and would refuse an account's own.
        market="",
        currency="",
        token=Secret(),
        client_id=Secret("sandbox-client"),
        client_secret=Secret("sandbox-secret"),
    )


def emulated_clubmed(real: ClubMedSettings, urls: SandboxUrls) -> ClubMedSettings:
    """Point Club Med at its emulator, with a key that means nothing elsewhere."""
    return msgspec.structs.replace(real, url=urls.clubmed, api_key=Secret("sandbox"))


def emulated_forge(real: ForgeSettings, urls: SandboxUrls) -> ForgeSettings:
    """Point Forge at its emulator, whose cultures are its own."""
    return msgspec.structs.replace(real, url=urls.forge, cultures=())


SANDBOX_URLS = Kind("the line of JSON that the sandbox prints", sandbox_urls)
