"""Ready controllers: one module each, named in scenarios under ``[controller]``."""
