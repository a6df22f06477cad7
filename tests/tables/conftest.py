"""Properties are about values, not about the time that a busy machine takes for one of them."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
