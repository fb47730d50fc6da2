"""Scripts that build the bundled crises from the data collected next to the checkout."""
