"""What every page stands in: access, navigation, the consent notice, the metrics route."""
