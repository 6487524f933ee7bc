"""The frame of every page: access, navigation, the consent notice; and the metrics route."""
