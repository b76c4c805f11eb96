"""Alerts: what is wrong at which station, since when, who was told, and whether it is mended (docs/alerts.md)."""
