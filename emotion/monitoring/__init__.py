"""Monitoring for operators: metrics for Prometheus.

- :mod:`emotion.telemetry.logs`: logs without personal data
- :mod:`emotion.telemetry.counters`: counters of this process
- :mod:`emotion.monitoring.figures`: current values from the database and the operating system
- :mod:`emotion.monitoring.exposition`: both in Prometheus' text format
"""
