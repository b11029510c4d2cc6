"""What Gemel is measured against."""
