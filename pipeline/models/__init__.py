"""Games: which networks exist, and which player lowers which terms. One model a file."""
