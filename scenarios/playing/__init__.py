"""Playing scenarios, one or many, and what comes of it."""
