"""Where runs execute, and the records that they leave."""
