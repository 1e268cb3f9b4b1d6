"""Records to the shapes that other systems read."""
