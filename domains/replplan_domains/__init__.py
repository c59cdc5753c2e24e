"""The worlds in which plans act, one folder each."""
