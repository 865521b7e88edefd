"""Formulas: pure functions of arrays, one number per example."""
