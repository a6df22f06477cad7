"""The morning report: one self-contained page, made from a built warehouse, verdict first."""
