"""What lies in a store and what it means: sealed documents, encryption, the list of backups, and how long they stay."""
