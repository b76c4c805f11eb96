"""The rules that the platform ships with, subject by subject: thresholds, what they mean, why, and from where."""
