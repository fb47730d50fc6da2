"""Bundled crises, one folder each, and the scripts that build them."""
