"""What operators ask: the addresses below `/v1/ops/`, each behind a token with a role (api/access.py)."""
