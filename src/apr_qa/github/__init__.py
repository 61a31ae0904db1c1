"""The door to GitHub: who may ask for what, and the one place where effects are performed."""
