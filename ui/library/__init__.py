"""The library page: search, trends by day, storage, deletion; and administration of users."""
