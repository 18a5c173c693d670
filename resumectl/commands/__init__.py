"""The commands. Each module reads as the story of one of them; no command imports another one."""
