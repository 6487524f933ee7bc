"""Analyses written for other programs and for people: tables, captions, video, reports. ``formats`` lists them."""
