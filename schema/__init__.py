"""What clients see: declarations over the providers' records."""
