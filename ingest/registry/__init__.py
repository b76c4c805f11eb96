"""What the platform knows without being told by a station: stations, regions, services, the medicine catalogue.

Enters: CSV files of people, the table of regions. Leaves: `ingest.model` nouns and the in-memory registry.
Never: reads a message of a station, or speaks SQL (that is ingest/database/stations.py).
"""
