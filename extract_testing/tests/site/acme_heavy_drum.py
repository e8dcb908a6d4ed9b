"""Brings pydantic along when it is imported."""

from acme_drum import Drum
from acme_drum_models import DrumSettings


class HeavyDrum(Drum):
    default = DrumSettings
