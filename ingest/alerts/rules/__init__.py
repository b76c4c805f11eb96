"""What a value means: how bad it is, and whether it is clear again. Nothing here knows of time's holds or of people."""
