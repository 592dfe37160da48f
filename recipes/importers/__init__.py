"""What users have (data sets, annotation formats) to cases.csv and detector labels.

See `python3 -m importers --help`.
"""
