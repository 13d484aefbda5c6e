"""The window's language: a compiled Qt translation from resources/translations, where there is one for the locale."""

from __future__ import annotations

from importlib.resources import as_file, files

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator


def install_translation(application: QCoreApplication, locale: QLocale | None = None) -> bool:
    """Translate everything that goes through Qt; English where there is no ``limner_LOCALE.qm``.

    Args:
        application: keeps the translator.
        locale: by default the system's.

    Returns:
        True when a translation is in use.
    """
    wanted = locale or QLocale.system()
    translator = QTranslator(application)
    with as_file(files("resources") / "translations") as folder:
        if not translator.load(wanted, "limner", "_", str(folder)):
            return False
    return QCoreApplication.installTranslator(translator)
