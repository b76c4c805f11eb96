"""What all public data has in common: shared answers, validators, origins, limits, and the formats of others."""
