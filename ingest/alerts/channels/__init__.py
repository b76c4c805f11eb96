"""Ways to reach people: one file a service; what it sends and how its answers are read is pure, sending is a shell."""
