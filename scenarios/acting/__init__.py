"""The steps of the language, and what each does to a world."""
