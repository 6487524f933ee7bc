"""What an operator sees: logs without personal data, and figures for Prometheus.

- :mod:`emotion.telemetry.logs`: one format for all logs; what may name a person is never in them
- :mod:`emotion.telemetry.counters`: what is counted as it happens, in this process
- :mod:`emotion.monitoring.figures`: what the database and the operating system know at the moment of asking
- :mod:`emotion.monitoring.exposition`: both as Prometheus' text
"""
