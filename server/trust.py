"""The documents that the operator trusts, out of settings."""

import structlog

from server.operations.preparation import Operations
from server.operations.trusted import StaleManifest, TrustedDocuments, load_trusted
from server.settings import Settings, SettingsError

_log = structlog.get_logger()


def trusted_documents(settings: Settings, operations: Operations) -> TrustedDocuments:
    """Load what the settings name; raises SettingsError where a file cannot be used, or a document could not run."""
    path = settings.trusted_documents
    try:
        trusted = TrustedDocuments(load_trusted(path) if path else {}, settings.trusted_mode, _notice)
        trusted.check(operations)
    except StaleManifest as error:
        raise SettingsError(f"MEDIAGRAPH_TRUSTED_DOCUMENTS: {error}") from None
    return trusted


def _notice(digest: str) -> None:
    _log.warning("document_not_trusted", sha256=digest)
