"""Visits, counted exactly from meters: see docs/visits.md."""
