"""Point-in-time recovery, by Barman (https://docs.pgbarman.org): base backups and every change since, as it happens."""
