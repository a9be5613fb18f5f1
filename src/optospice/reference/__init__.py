"""``optospice reference``: pages and JSON Schemas that are made from the code."""
