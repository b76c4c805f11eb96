"""Readings in InfluxDB 1.x, 2.x and 3.x: line protocol in, InfluxQL out."""
